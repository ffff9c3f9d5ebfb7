//! Follows the people whose posts it sees, so that their posts arrive (FollowBot). Never those who would rather not.

use nagaya_plugin::{Actor, Event, EventBody, Failure, Settings, actions, kv, words};

fn on_event(event: &Event, settings: &Settings) -> Result<(), String> {
    let (EventBody::Timeline(post) | EventBody::Mention(post)) = &event.body else { return Ok(()) };
    let author = &post.actor;
    let key = format!("followed-{}", author.id);
    if !may(author, settings) || key.len() > 256 || kv::get(&key).ok().flatten().is_some() {
        return Ok(());
    }
    match actions::follow(&author.id, true) {
        Ok(()) => kv::set(&key, b"1", None).map_err(|failure| format!("{failure:?}")),
        // Enough for today; tomorrow is another day.
        Err(Failure::Limit(_)) => Ok(()),
        Err(failure) => Err(format!("{failure:?}")),
    }
}

fn may(author: &Actor, settings: &Settings) -> bool {
    let bio = words::fold(&author.bio);
    let refuses = bio.contains("nobot") || settings.list("never_words").iter().any(|word| words::contains(&bio, word));
    let never = words::named(&author.handle, &author.id, &settings.list("never"));
    !author.local && !author.locked && !refuses && !never
}

nagaya_plugin::plugin! { bot: on_event }
