//! Announcements: what the server tells its people, now, later or not yet; and the emoji that they put under it.

use crate::app::App;
use crate::clock::Time;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::AnnouncementId;
use crate::store::accounts::{self, Account};
use crate::store::announcements::{self, Announcement, Reaction};
use crate::store::{Connection, Tx, statuses};
use crate::streams::{Announcements, Happening};
use crate::text::{clean, hashtags, render};

use super::emoji;

/// The longest text, in characters.
const LONGEST: usize = 10_000;
/// How many different emoji one announcement may get.
const MOST: usize = 8;

/// What to say; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the table")]
pub struct Changes {
    pub text: Option<String>,
    pub markdown: Option<bool>,
    pub starts_at: Option<Option<Time>>,
    pub ends_at: Option<Option<Time>>,
    pub all_day: Option<bool>,
    /// When it is published; `Some(None)`: not before somebody says so.
    pub publish_at: Option<Option<Time>>,
}

/// Makes an announcement. Without a time to publish it, everybody is told at once.
pub async fn create(app: &App, changes: Changes) -> Result<Announcement> {
    let now = app.clock.now();
    let blank = Announcement {
        id: app.ids.next(now),
        text: String::new(),
        markdown: false,
        content: String::new(),
        starts_at: None,
        ends_at: None,
        all_day: false,
        publish_at: None,
        published_at: None,
        updated_at: now,
        created_at: now,
        mentions: Vec::new(),
        statuses: Vec::new(),
        tags: Vec::new(),
    };
    let at_once = changes.publish_at.is_none();
    let deed = app.clone();
    let write = move |tx: &Tx| {
        let row = changed(tx, &deed.config, blank, changes, now)?;
        let publish = at_once || row.publish_at.is_some_and(|at| at <= now);
        store(tx, Announcement { published_at: publish.then_some(now), ..row })
    };
    told(app, app.store.write(write).await?)
}

/// Changes an announcement.
pub async fn edit(app: &App, id: AnnouncementId, changes: Changes) -> Result<Announcement> {
    let (now, deed) = (app.clock.now(), app.clone());
    let write = move |tx: &Tx| store(tx, changed(tx, &deed.config, known(tx, id)?, changes, now)?);
    told(app, app.store.write(write).await?)
}

/// Publishes an announcement now.
pub async fn publish(app: &App, id: AnnouncementId) -> Result<Announcement> {
    let now = app.clock.now();
    let write = move |tx: &Tx| {
        let row = known(tx, id)?;
        let published_at = Some(row.published_at.unwrap_or(now));
        store(tx, Announcement { published_at, publish_at: None, ..row })
    };
    told(app, app.store.write(write).await?)
}

/// Takes an announcement back; it stays as a draft.
pub async fn unpublish(app: &App, id: AnnouncementId) -> Result<Announcement> {
    let write = move |tx: &Tx| {
        let row = Announcement { published_at: None, publish_at: None, ..known(tx, id)? };
        announcements::put(tx, &row)?;
        Ok((row, gone(id)))
    };
    told(app, app.store.write(write).await?)
}

/// Deletes an announcement.
pub async fn delete(app: &App, id: AnnouncementId) -> Result<()> {
    let write = move |tx: &Tx| {
        known(tx, id)?;
        announcements::delete(tx, id)?;
        Ok(gone(id))
    };
    app.store.write(write).await?.announce(app);
    Ok(())
}

/// Publishes those whose time has come and takes those away that are over; answers how many.
pub async fn turn_over(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let write = move |tx: &Tx| {
        let mut told = Announcements::default();
        let mut count = 0;
        for row in announcements::due(tx, now)? {
            let (_, more) = store(tx, Announcement { published_at: Some(now), publish_at: None, ..row })?;
            told.extend(more);
            count += 1;
        }
        for row in announcements::over(tx, now)? {
            announcements::put(tx, &Announcement { published_at: None, ..row.clone() })?;
            told.extend(gone(row.id));
            count += 1;
        }
        Ok((count, told))
    };
    let (count, told) = app.store.write(write).await?;
    told.announce(app);
    Ok(count)
}

/// Notes that `me` has read it.
pub async fn dismiss(app: &App, me: &Account, id: AnnouncementId) -> Result<()> {
    let me = me.id;
    let write = move |tx: &Tx| {
        shown(tx, id)?;
        announcements::dismiss(tx, id, me)
    };
    app.store.write(write).await
}

/// Puts an emoji under it: Unicode, or one of ours. Doing it twice is fine.
pub async fn react(app: &App, me: &Account, id: AnnouncementId, name: &str) -> Result<()> {
    let (me, name, deed, now) = (me.id, name.to_owned(), app.clone(), app.clock.now());
    let write = move |tx: &Tx| {
        shown(tx, id)?;
        let (name, emoji_id) = emoji::chosen(tx, &deed.config, &name, None)?;
        let mut names: Vec<String> = announcements::reactions(tx, &[id])?.into_iter().map(|known| known.name).collect();
        names.sort_unstable();
        names.dedup();
        if !names.contains(&name) && names.len() >= MOST {
            return Err(Error::invalid("name", format!("is one more than the {MOST} kinds that are allowed")));
        }
        let reaction = Reaction { announcement_id: id, account_id: me, name: name.clone(), emoji_id };
        let new = announcements::react(tx, deed.ids.next(now), &reaction)?;
        Ok(reacted(new, id, name))
    };
    app.store.write(write).await?.announce(app);
    Ok(())
}

/// Takes an emoji back.
pub async fn unreact(app: &App, me: &Account, id: AnnouncementId, name: &str) -> Result<()> {
    let (me, name) = (me.id, name.trim_matches(':').to_owned());
    let write = move |tx: &Tx| {
        shown(tx, id)?;
        let gone = announcements::unreact(tx, id, me, &name)?;
        Ok(reacted(gone, id, name))
    };
    app.store.write(write).await?.announce(app);
    Ok(())
}

fn told(app: &App, (row, told): (Announcement, Announcements)) -> Result<Announcement> {
    told.announce(app);
    Ok(row)
}

fn known(db: &Connection, id: AnnouncementId) -> Result<Announcement> {
    announcements::by_id(db, id)?.ok_or(Error::NotFound("announcement"))
}

fn shown(db: &Connection, id: AnnouncementId) -> Result<Announcement> {
    known(db, id)?.published_at.map_or(Err(Error::NotFound("announcement")), |_| known(db, id))
}

/// Writes the row; whoever listens is told when it is published.
fn store(tx: &Tx, row: Announcement) -> Result<(Announcement, Announcements)> {
    announcements::put(tx, &row)?;
    let mut told = Announcements::default();
    if row.published_at.is_some() {
        told.push(Happening::Announced(row.id));
    }
    Ok((row, told))
}

fn gone(id: AnnouncementId) -> Announcements {
    let mut told = Announcements::default();
    told.push(Happening::AnnouncementGone(id));
    told
}

fn reacted(changed: bool, announcement: AnnouncementId, name: String) -> Announcements {
    let mut told = Announcements::default();
    if changed {
        told.push(Happening::AnnouncementReacted { announcement, name });
    }
    told
}

/// The row after the changes, with all that follows from its text.
fn changed(db: &Connection, config: &Config, row: Announcement, changes: Changes, now: Time) -> Result<Announcement> {
    let text = changes.text.map_or(row.text, |text| text.trim().to_owned());
    let markdown = changes.markdown.unwrap_or(row.markdown);
    let (starts_at, ends_at) = (changes.starts_at.unwrap_or(row.starts_at), changes.ends_at.unwrap_or(row.ends_at));
    if text.is_empty() {
        return Err(Error::invalid("text", "can't be blank"));
    }
    if text.chars().count() > LONGEST {
        return Err(Error::invalid("text", format!("is longer than {LONGEST} characters")));
    }
    if let (Some(start), Some(end)) = (starts_at, ends_at)
        && end < start
    {
        return Err(Error::invalid("ends_at", "lies before the beginning"));
    }
    let entities = render::find(&text);
    let (mut mentions, mut linked, mut tags) = (Vec::new(), Vec::new(), Vec::<String>::new());
    for entity in &entities {
        match &entity.kind {
            render::Kind::Mention { user, domain } => mentions.extend(named(db, config, user, domain.as_deref())?),
            render::Kind::Link { url } => linked.extend(
                statuses::by_uri_or_url(db, url)?.filter(|status| status.visibility.is_open()).map(|status| status.id),
            ),
            render::Kind::Hashtag { name } if hashtags::normalise(name).is_some() => tags.push(name.clone()),
            render::Kind::Hashtag { .. } => {}
        }
    }
    let content = if markdown { from_markdown(&text) } else { from_plain(config, &text, &entities, &mentions) };
    Ok(Announcement {
        text,
        markdown,
        content,
        starts_at,
        ends_at,
        all_day: changes.all_day.unwrap_or(row.all_day),
        publish_at: changes.publish_at.unwrap_or(row.publish_at),
        updated_at: now,
        mentions: mentions.into_iter().map(|account| account.id).collect(),
        statuses: linked,
        tags,
        ..row
    })
}

/// The account that is meant, if we know it.
fn named(db: &Connection, config: &Config, user: &str, domain: Option<&str>) -> Result<Option<Account>> {
    let domain = domain.filter(|domain| !domain.eq_ignore_ascii_case(&config.handle_domain));
    let found = accounts::by_handle(db, user, domain)?;
    Ok(found.filter(|account| account.suspended_at.is_none() && account.deleted_at.is_none()))
}

fn from_plain(config: &Config, text: &str, entities: &[render::Entity], known: &[Account]) -> String {
    let resolved = |user: &str, domain: Option<&str>| {
        let domain = domain.filter(|domain| !domain.eq_ignore_ascii_case(&config.handle_domain));
        let found = known
            .iter()
            .find(|account| account.username.eq_ignore_ascii_case(user) && account.domain.as_deref() == domain)?;
        Some((found.username.clone(), found.url.clone()))
    };
    let base = config.url("");
    render::html(text, entities, resolved, |tag| crate::activitypub::ids::tag_page(&base, tag))
}

fn from_markdown(text: &str) -> String {
    let mut html = String::new();
    pulldown_cmark::html::push_html(
        &mut html,
        pulldown_cmark::Parser::new_ext(text, pulldown_cmark::Options::ENABLE_STRIKETHROUGH),
    );
    clean::html(&html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_comes_out_clean() {
        for (text, expected) in [
            ("**hi** <script>alert(1)</script>", "<p><strong>hi</strong> </p>"),
            ("[x](javascript:alert(1))", "<p>x</p>"),
            ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ] {
            let html = from_markdown(text).replace('\n', "");
            assert!(!html.contains("script"), "{html}");
            if text.starts_with('-') {
                assert_eq!(html, expected);
            }
        }
    }
}
