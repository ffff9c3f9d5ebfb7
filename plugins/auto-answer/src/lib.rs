//! Answers those who call on it: the first rule whose word occurs (`opening hours => We are open from 9 to 5.`).

use nagaya_plugin::{Event, EventBody, Settings, reply, words};

fn on_event(event: &Event, settings: &Settings) -> Result<(), String> {
    let (EventBody::Mention(post) | EventBody::Direct(post)) = &event.body else { return Ok(()) };
    let text = words::fold(&post.text);
    let rules = settings.pairs("answers");
    let rule = rules.iter().find(|(word, _)| words::contains(&text, word));
    let answer = rule.map_or(settings.text("otherwise"), |(_, answer)| answer);
    if answer.is_empty() {
        return Ok(());
    }
    reply(post, answer).map(drop).map_err(|failure| format!("{failure:?}"))
}

nagaya_plugin::plugin! { bot: on_event }
