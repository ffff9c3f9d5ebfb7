//! Markup as plain as the admin likes it (NormalizeMarkup).

use nagaya_plugin::{Decision, Effect, Envelope, Settings, text};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    let Some(html) = post.html.as_deref().filter(|_| matches!(post.activity.as_str(), "Create" | "Update")) else {
        return Ok(Decision::accept());
    };
    let clean = text::sanitize(html, settings.text("profile"));
    Ok(if clean == html {
        Decision::accept()
    } else {
        Decision::accept().with(Effect::SetText(("html".into(), clean)))
    })
}

nagaya_plugin::plugin! { filter: decide }
