//! Copies new custom emoji from the servers that the admin names (StealEmoji).

use nagaya_plugin::http::{self, Request};
use nagaya_plugin::words::{fits, on_host};
use nagaya_plugin::{Event, EventBody, Settings, actions, kv};

fn on_event(event: &Event, settings: &Settings) -> Result<(), String> {
    let (EventBody::Timeline(post) | EventBody::Mention(post)) = &event.body else { return Ok(()) };
    if !settings.list("hosts").iter().any(|host| on_host(&post.actor.host, host)) {
        return Ok(());
    }
    for (code, url) in &post.emoji {
        let key = format!("seen-{code}");
        let wanted = !settings.list("never").iter().any(|pattern| fits(code, pattern));
        if !wanted || key.len() > 256 || kv::get(&key).ok().flatten().is_some() {
            continue;
        }
        if small(url, settings.number("kilobytes")) {
            actions::import_emoji(code, url).map_err(|failure| format!("{code}: {failure:?}"))?;
        }
        kv::set(&key, url.as_bytes(), None).map_err(|failure| format!("{failure:?}"))?;
    }
    Ok(())
}

/// Whether the picture is no larger than that. With a limit of 0 nobody is asked; the server has limits of its own.
fn small(url: &str, kilobytes: f64) -> bool {
    if kilobytes <= 0.0 {
        return true;
    }
    let request = Request {
        method: "GET".into(),
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: 0,
        sign: false,
    };
    http::send(&request).is_ok_and(|response| {
        response.status == 200 && !response.truncated && (response.body.len() as f64) <= kilobytes * 1000.0
    })
}

nagaya_plugin::plugin! { bot: on_event }
