//! Does nothing (NoOp). With `note`, it leaves a note beside what it saw, so that an admin can see it run.

use nagaya_plugin::{Decision, Effect, Envelope, Settings};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    Ok(if settings.flag("note") {
        Decision::accept().with(Effect::Label(format!("seen: {}", post.activity)))
    } else {
        Decision::accept()
    })
}

nagaya_plugin::plugin! { filter: decide }
