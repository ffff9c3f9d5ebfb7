//! Rules for whole servers, for kinds of activities, and for single people that moderators tagged.

mod peers;
mod people;
mod reports;
mod vocabulary;

use nagaya_plugin::{Actor, Decision, Envelope, Json, Settings, Visibility, log};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    if settings.flag("drop_everything") {
        log::write(log::Level::Info, &format!("dropped {} {}", post.activity, post.id));
        return Ok(Decision::reject(
            "This server takes nothing at the moment. / このサーバーは現在何も受け付けていません。",
        ));
    }
    let rules = [peers::judge, people::allowed, vocabulary::judge, reports::judge, public, people::tagged];
    let mut decision = Decision::accept();
    for rule in rules {
        decision = decision.and(rule(post, settings));
        if decision.is_rejection() {
            break;
        }
    }
    Ok(decision)
}

/// Posts for few eyes, where they are not wanted.
fn public(post: &Envelope, settings: &Settings) -> Decision {
    let refused = match post.visibility {
        Visibility::Followers => settings.flag("refuse_followers_only"),
        Visibility::Direct => settings.flag("refuse_direct"),
        _ => false,
    };
    if refused && matches!(post.activity.as_str(), "Create" | "Update") {
        return Decision::reject("Only public posts are taken here. / ここでは公開投稿だけを受け付けています。");
    }
    Decision::accept()
}

fn decide_actor(actor: &Actor, _raw: &str, settings: &Settings) -> Result<Decision, String> {
    Ok(if settings.flag("drop_everything") && !actor.local {
        Decision::reject("This server takes nothing at the moment. / このサーバーは現在何も受け付けていません。")
    } else {
        peers::judge_actor(actor, settings)
    })
}

fn allow(url: &str, _purpose: &str, settings: &Settings) -> bool {
    !settings.flag("drop_everything") && peers::may_fetch(host_of(url), settings)
}

fn describe(settings: &Settings) -> String {
    Json::object([
        ("rejects", Json::Number(settings.list("reject").len() as f64)),
        ("accepts_only", Json::Number(settings.list("accept").len() as f64)),
    ])
    .to_string()
}

/// The host of an address, with its port.
pub(crate) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

nagaya_plugin::plugin! { filter: decide, actor_filter: decide_actor, gate: allow, describe: describe }
