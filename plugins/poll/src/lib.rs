//! Asks the neighbours: `@poll Soup or salad? soup / salad`. People answer with a number; after a day it counts.
//!
//! The contract has no polls of the protocol yet, so the choices stand in the post and votes are answers to it.

use nagaya_plugin::{Event, EventBody, Json, Settings, Visibility, actions, clock, draft, kv, reply, timers};

fn on_event(event: &Event, settings: &Settings) -> Result<(), String> {
    let failed = |failure| format!("{failure:?}");
    match &event.body {
        EventBody::Mention(post) => {
            let Some((question, choices)) = question(&post.text) else {
                return reply(post, settings.text("help")).map(drop).map_err(failed);
            };
            let mut text = question.clone();
            for (index, choice) in choices.iter().enumerate() {
                text.push_str(&format!("\n{}. {choice}", index + 1));
            }
            let id = actions::post(&draft(&text, Visibility::Public, &post.id.chars().take(60).collect::<String>()))
                .map_err(failed)?;
            let poll = Json::object([
                ("question", question.into()),
                ("choices", Json::List(choices.into_iter().map(Json::from).collect())),
                ("votes", Json::Object(Vec::new())),
            ]);
            kv::set(&key(&id), poll.to_string().as_bytes(), Some(30 * 86_400)).map_err(failed)?;
            let at = clock::now() + (settings.number("hours") * 3_600_000.0) as u64;
            timers::set(&format!("count-{}", event.seq), at, id.as_bytes()).map_err(failed)
        }
        EventBody::Reply(post) => {
            let Some(asked) = post.reply_to.as_ref().map(|parent| parent.id.as_str()) else { return Ok(()) };
            let Some(mut poll) = read(asked) else { return Ok(()) };
            let number = post.text.split_whitespace().find_map(|word| word.trim_matches('.').parse::<usize>().ok());
            let Some(number) = number.filter(|number| (1..=poll.get("choices").items().len()).contains(number)) else {
                return Ok(());
            };
            // Whoever votes again changes their vote.
            if let Json::Object(members) = &mut poll
                && let Some((_, Json::Object(votes))) = members.iter_mut().find(|(key, _)| key == "votes")
            {
                votes.retain(|(voter, _)| *voter != post.actor.handle);
                votes.push((post.actor.handle.clone(), Json::Number(number as f64)));
            }
            kv::set(&key(asked), poll.to_string().as_bytes(), Some(30 * 86_400)).map_err(failed)
        }
        _ => Ok(()),
    }
}

fn on_timer(name: &str, payload: &[u8], settings: &Settings) -> Result<(), String> {
    let id = String::from_utf8_lossy(payload);
    let Some(poll) = read(&id) else { return Ok(()) };
    let votes: Vec<usize> = match poll.get("votes") {
        Json::Object(votes) => votes.iter().filter_map(|(_, vote)| Some(vote.number()? as usize)).collect(),
        _ => Vec::new(),
    };
    let mut text = format!("{} {}", settings.text("result"), poll.get("question").text().unwrap_or_default());
    for (index, choice) in poll.get("choices").items().iter().enumerate() {
        let count = votes.iter().filter(|vote| **vote == index + 1).count();
        text.push_str(&format!("\n{}: {count}", choice.text().unwrap_or_default()));
    }
    let mut result = draft(&text, Visibility::Public, name);
    result.reply_to = Some(id.into_owned());
    actions::post(&result).map(drop).map_err(|failure| format!("{failure:?}"))
}

fn key(id: &str) -> String {
    format!("poll-{}", id.chars().take(200).collect::<String>())
}

fn read(id: &str) -> Option<Json> {
    Json::parse(std::str::from_utf8(&kv::get(&key(id)).ok()??).ok()?)
}

/// `Soup or salad? soup / salad`: what is asked, and two to nine choices.
fn question(text: &str) -> Option<(String, Vec<String>)> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.starts_with('@')).collect();
    let text = words.join(" ");
    let at = text.find(['?', '？'])?;
    let end = at + text[at..].chars().next()?.len_utf8();
    let choices: Vec<String> =
        text[end..].split(['/', '／']).map(str::trim).filter(|choice| !choice.is_empty()).map(str::to_owned).collect();
    (2..=9).contains(&choices.len()).then(|| (text[..end].trim().to_owned(), choices))
}

nagaya_plugin::plugin! { bot: on_event, timer: on_timer }
