//! Posts what is new in RSS and Atom feeds. Of a feed that it sees for the first time, only the newest entry.

mod feed;

use nagaya_plugin::http::{self, Request};
use nagaya_plugin::{Event, Settings, Visibility, actions, draft, kv, log};

/// The server takes five posts an event.
const AT_ONCE: usize = 5;

fn on_event(_event: &Event, _settings: &Settings) -> Result<(), String> {
    Ok(())
}

fn on_timer(_name: &str, _payload: &[u8], settings: &Settings) -> Result<(), String> {
    let mut left = AT_ONCE;
    for url in settings.list("feeds") {
        match read(url, settings, left) {
            Ok(posted) => left -= posted,
            Err(why) => log::write(log::Level::Warn, &format!("{url}: {why}")),
        }
    }
    Ok(())
}

/// Posts what is new of one feed, oldest first, at most `left`; how many.
fn read(url: &str, settings: &Settings, left: usize) -> Result<usize, String> {
    let request = Request {
        method: "GET".into(),
        url: url.into(),
        headers: vec![("accept".into(), "application/atom+xml, application/rss+xml, text/xml".into())],
        body: Vec::new(),
        timeout_ms: 0,
        sign: false,
    };
    let response = http::send(&request).map_err(|failure| format!("{failure:?}"))?;
    if response.status != 200 {
        return Err(format!("status {}", response.status));
    }
    let entries = feed::entries(&String::from_utf8_lossy(&response.body));
    let known = format!("feed-{:016x}", hash(url));
    let failed = |failure| format!("{failure:?}");
    let first_time = kv::get(&known).map_err(failed)?.is_none();
    // Feeds begin with the newest.
    let mut fresh = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let key = format!("entry-{:016x}", hash(&format!("{url} {}", entry.id)));
        let seen = kv::get(&key).map_err(failed)?.is_some();
        if first_time && index > 0 && !seen {
            kv::set(&key, b"1", Some(90 * 86_400)).map_err(failed)?;
        } else if !seen {
            fresh.push((entry, key));
        }
    }
    let mut posted = 0;
    for (entry, key) in fresh.into_iter().rev().take(left) {
        let text = settings.text("template").replace("{title}", &entry.title).replace("{link}", &entry.link);
        actions::post(&draft(text.trim(), Visibility::Public, &key)).map_err(failed)?;
        kv::set(&key, b"1", Some(90 * 86_400)).map_err(failed)?;
        posted += 1;
    }
    kv::set(&known, b"1", None).map_err(failed)?;
    Ok(posted)
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

nagaya_plugin::plugin! { bot: on_event, timer: on_timer }
