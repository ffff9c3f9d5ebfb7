//! Greets people of this server when they follow it: once each.

use nagaya_plugin::{Event, EventBody, Settings, Visibility, actions, draft, kv};

fn on_event(event: &Event, settings: &Settings) -> Result<(), String> {
    let EventBody::Followed((person, request)) = &event.body else { return Ok(()) };
    let failed = |failure| format!("{failure:?}");
    if person.locked && settings.flag("follow_back") {
        // Would only leave a request behind.
    } else if settings.flag("follow_back") && person.local {
        actions::follow(&person.id, true).map_err(failed)?;
    }
    if !request.is_empty() && settings.flag("accept") {
        actions::answer_follow(request, true).map_err(failed)?;
    }
    let key = format!("greeted-{}", person.id);
    if !person.local || key.len() > 256 || kv::get(&key).map_err(failed)?.is_some() {
        return Ok(());
    }
    let text = format!("@{} {}", person.handle, settings.text("greeting").replace("{name}", &person.display_name));
    actions::post(&draft(&text, Visibility::Unlisted, &key.chars().take(60).collect::<String>())).map_err(failed)?;
    kv::set(&key, b"1", None).map_err(failed)
}

nagaya_plugin::plugin! { bot: on_event }
