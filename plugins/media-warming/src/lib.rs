//! Fetches pictures before somebody looks at them (MediaProxyWarming).

use nagaya_plugin::{Decision, Effect, Envelope, Settings};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    let wanted =
        !post.actor.local && !post.attachments.is_empty() && matches!(post.activity.as_str(), "Create" | "Update");
    // What nobody here will see need not be fetched.
    let seen = post.actor.local_followers > 0 || post.local_mentions > 0 || !settings.flag("only_followed");
    Ok(if wanted && seen { Decision::accept().with(Effect::PrefetchMedia) } else { Decision::accept() })
}

nagaya_plugin::plugin! { filter: decide }
