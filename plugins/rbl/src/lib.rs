//! Asks a block list in the DNS about the server that a post comes from (DNSRBL). No answer is no objection.

use nagaya_plugin::{Decision, Direction, Envelope, Settings, act, dns, log};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    let zone = settings.text("zone").trim_matches('.');
    let foreign = !post.actor.local && !matches!(post.direction, Direction::Outbound | Direction::Local);
    if zone.is_empty() || !foreign {
        return Ok(Decision::accept());
    }
    let host = post.actor.host.split(':').next().unwrap_or_default();
    let name = format!("{host}.{zone}");
    let addresses = dns::lookup(&name, "A").unwrap_or_else(|failure| {
        log::write(log::Level::Warn, &format!("{name}: {failure:?}"));
        Vec::new()
    });
    // Lists answer with 127.0.0.x for what they hold; anything else is a broken resolver.
    if !addresses.iter().any(|address| address.starts_with("127.")) {
        return Ok(Decision::accept());
    }
    let why = dns::lookup(&name, "TXT").unwrap_or_default().join(" ");
    let why: String = why.chars().take(200).collect();
    let reason = format!("{host} is on the block list {zone}. {why} / {host}はブロックリスト{zone}に載っています。");
    Ok(act(settings.text("action"), settings.number("points") as i16, &reason))
}

nagaya_plugin::plugin! { filter: decide }
