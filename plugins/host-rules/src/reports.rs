//! Reports of other servers that help nobody (RemoteReport).

use nagaya_plugin::{ActorKind, Decision, Envelope, Settings};

/// `reports` names the kinds that are refused: `all`, `anonymous`, `third-party`, `empty`.
pub fn judge(post: &Envelope, settings: &Settings) -> Decision {
    if post.activity != "Flag" || post.actor.local {
        return Decision::accept();
    }
    let kinds = settings.list("reports");
    let is = |kind: &str| match kind {
        "all" => true,
        // Mastodon reports in the name of its instance actor.
        "anonymous" => post.actor.kind == ActorKind::Application,
        "third-party" => post.local_mentions == 0,
        "empty" => post.text.trim().is_empty(),
        _ => false,
    };
    match kinds.iter().find(|kind| is(kind)) {
        Some(kind) => Decision::reject(format!(
            "Such reports are not taken ({kind}). / このような通報は受け付けていません（{kind}）。"
        )),
        None => Decision::accept(),
    }
}
