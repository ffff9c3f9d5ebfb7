//! Which types of activities and objects are spoken here (Vocabulary).

use nagaya_plugin::{Decision, Envelope, Settings};

pub fn judge(post: &Envelope, settings: &Settings) -> Decision {
    let types: Vec<&str> = [post.activity.as_str()].into_iter().chain(post.object.as_deref()).collect();
    let (only, never) = (settings.list("types_accept"), settings.list("types_reject"));
    let refused = types.iter().find(|kind| never.contains(kind) || (!only.is_empty() && !only.contains(kind)));
    match refused {
        Some(kind) => Decision::reject(format!("{kind} is not taken here. / {kind}は受け付けていません。")),
        None => Decision::accept(),
    }
}
