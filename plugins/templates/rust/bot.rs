//! Answers everybody who mentions it.

use nagaya_plugin::{Event, EventBody, Settings, reply};

fn on_event(event: &Event, settings: &Settings) -> Result<(), String> {
    if let EventBody::Mention(post) = &event.body {
        reply(post, settings.text("answer")).map_err(|failure| format!("{failure:?}"))?;
    }
    Ok(())
}

nagaya_plugin::plugin! { bot: on_event }

#[cfg(test)]
mod tests {
    use nagaya_plugin::{Event, EventBody, Settings, testing};

    #[test]
    fn whoever_mentions_it_is_answered() {
        testing::reset();
        let event = Event { seq: 1, body: EventBody::Mention(testing::post("hello")) };
        super::on_event(&event, &Settings::parse(r#"{"answer": "Hi!"}"#)).expect("answers");
        testing::host(|host| assert_eq!(host.drafts[0].content, "@carol@peer.example Hi!"));
    }
}
