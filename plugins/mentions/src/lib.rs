//! Who is called on by whom: crowds, strangers, people who want no letters, and answers that forget whom they answer.

mod crowds;
mod manners;

use nagaya_plugin::{Decision, Envelope, Settings};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    if !matches!(post.activity.as_str(), "Create" | "Update") {
        return Ok(Decision::accept());
    }
    let decision = crowds::hellthread(post, settings).and(crowds::stranger(post, settings));
    if decision.is_rejection() {
        return Ok(decision);
    }
    Ok(decision
        .and(crowds::letters(post, settings))
        .and(manners::answered(post, settings))
        .and(manners::in_content(post, settings))
        .and(manners::re(post, settings)))
}

nagaya_plugin::plugin! { filter: decide }
