//! Reminds people: `@reminder in 2 hours: water the plants`, 「@reminder 2時間後 水やり」.

mod when;

use nagaya_plugin::actions::Draft;
use nagaya_plugin::{Event, EventBody, Json, Settings, Visibility, actions, clock, draft, reply, timers};

fn on_event(event: &Event, settings: &Settings) -> Result<(), String> {
    let (EventBody::Mention(post) | EventBody::Direct(post) | EventBody::Reply(post)) = &event.body else {
        return Ok(());
    };
    let failed = |failure| format!("{failure:?}");
    let said: String = post.text.split_whitespace().filter(|word| !word.starts_with('@')).collect::<Vec<_>>().join(" ");
    let Some((wait_s, what)) = when::parse(&said) else {
        // Only whoever begins a conversation is taught; an answer like “thanks!” is none.
        let teach = !matches!(event.body, EventBody::Reply(_));
        return if teach { reply(post, settings.text("help")).map(drop).map_err(failed) } else { Ok(()) };
    };
    let private = !matches!(post.visibility, Visibility::Public | Visibility::Unlisted);
    let payload = Json::object([
        ("to", post.actor.handle.as_str().into()),
        ("about", post.id.as_str().into()),
        ("what", what.chars().take(1_000).collect::<String>().into()),
        ("private", private.into()),
    ]);
    let at = clock::now() + u64::from(wait_s.max(60)) * 1000;
    timers::set(&format!("remind-{}", event.seq), at, payload.to_string().as_bytes()).map_err(failed)?;
    reply(post, settings.text("noted")).map(drop).map_err(failed)
}

fn on_timer(name: &str, payload: &[u8], settings: &Settings) -> Result<(), String> {
    let payload = std::str::from_utf8(payload).ok().and_then(Json::parse).ok_or("the payload is not JSON")?;
    let text = |key: &str| payload.get(key).text().unwrap_or_default().to_owned();
    let visibility = if payload.get("private").is_true() { Visibility::Direct } else { Visibility::Unlisted };
    let content = format!("@{} {} {}", text("to"), settings.text("prefix"), text("what"));
    let note =
        Draft { reply_to: Some(text("about")).filter(|id| !id.is_empty()), ..draft(content.trim(), visibility, name) };
    actions::post(&note).map(drop).map_err(|failure| format!("{failure:?}"))
}

nagaya_plugin::plugin! { bot: on_event, timer: on_timer }
