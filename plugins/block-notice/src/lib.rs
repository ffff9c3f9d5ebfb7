//! Tells when somebody blocks or unblocks a person here (BlockNotification). Whoever runs this should ask people first.

use nagaya_plugin::{Event, EventBody, Json, Settings, Visibility, actions, draft};

fn on_event(event: &Event, settings: &Settings) -> Result<(), String> {
    let EventBody::Extra((name, json)) = &event.body else { return Ok(()) };
    let template = match name.as_str() {
        "blocked" => settings.text("blocked"),
        "unblocked" => settings.text("unblocked"),
        _ => return Ok(()),
    };
    let facts = Json::parse(json).ok_or("the event is not JSON")?;
    let (Some(by), Some(whom)) = (facts.get("by").text(), facts.get("whom").text()) else { return Ok(()) };
    if template.is_empty() || settings.list("except").contains(&whom) {
        return Ok(());
    }
    let visibility = match settings.text("visibility") {
        "public" => Visibility::Public,
        "unlisted" => Visibility::Unlisted,
        _ => Visibility::Direct,
    };
    // Whoever blocked is named without being called on.
    let text = template.replace("{by}", by).replace("{whom}", &format!("@{whom}"));
    let posted = actions::post(&draft(&text, visibility, &format!("block-{}", event.seq)));
    posted.map(drop).map_err(|failure| format!("{failure:?}"))
}

nagaya_plugin::plugin! { bot: on_event }
