//! Links: without what follows people around, and quotes that every program can see.

mod quotes;
mod tracking;

use nagaya_plugin::{Decision, Envelope, Settings};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    if !matches!(post.activity.as_str(), "Create" | "Update") {
        return Ok(Decision::accept());
    }
    let clean = tracking::removed(post, settings);
    Ok(quotes::told(post, clean, settings))
}

nagaya_plugin::plugin! { filter: decide }
