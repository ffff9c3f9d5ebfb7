//! Custom emoji: taking ours in, keeping those of other servers, and finding which one is meant.
//!
//! A server's word counts for its own emoji only: what somebody on another server shows under a foreign name is looked
//! up among those we know. Spec: FEP-9098, https://w3id.org/fep/9098

use std::collections::HashSet;
use std::path::Path;

use futures_util::StreamExt;

use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::{EmojiId, StatusId};
use crate::media::{Place, Purpose, mime_of};
use crate::store::accounts::Account;
use crate::store::custom_emojis::{self, CustomEmoji};
use crate::store::{Connection, Tx, reactions};
use crate::text::{emoji as unicode, shortcodes};

use super::plugin;

/// The largest picture that we take for one of ours, in bytes. Mastodon takes no larger ones from us.
pub const LARGEST: u64 = 256 * 1024;
/// How many emoji of one document of another server are kept.
const LEARNED: usize = 100;
/// The longest address of a picture.
const ADDRESS: usize = 2048;

/// What to change of an emoji of ours; `None` leaves it as it is, an empty category removes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the table")]
pub struct Changes {
    pub category: Option<String>,
    pub visible_in_picker: Option<bool>,
    pub disabled: Option<bool>,
}

/// Makes an emoji of ours from the picture at `file`; one with this name gets the new picture.
pub async fn add(app: &App, shortcode: &str, file: &Path, changes: Changes) -> Result<CustomEmoji> {
    if !shortcodes::is_shortcode(shortcode) {
        return Err(Error::invalid("shortcode", "must be two or more of the letters a-z, digits and _"));
    }
    let size = tokio::fs::metadata(file).await.map_err(Error::io(format!("cannot read {}", file.display())))?.len();
    if size > LARGEST {
        return Err(Error::invalid("image", format!("is larger than {} KB", LARGEST / 1024)));
    }
    let picture = app.media.picture(file).await.map_err(|error| match error {
        Error::Invalid { why, .. } => Error::invalid("image", why),
        error => error,
    })?;
    let (now, name) = (app.clock.now(), shortcode.to_owned());
    let id = app.ids.next(now);
    let (emoji, old) = app
        .store
        .write(move |tx| {
            let before = custom_emojis::by_name(tx, &name, None)?;
            let old = before.as_ref().map(files).unwrap_or_default();
            let emoji = CustomEmoji {
                id: before.as_ref().map_or(id, |before| before.id),
                shortcode: name,
                domain: None,
                file: Some(picture.file),
                static_file: Some(picture.thumbnail),
                remote_url: None,
                category: before.as_ref().and_then(|before| before.category.clone()),
                visible_in_picker: before.as_ref().is_none_or(|before| before.visible_in_picker),
                disabled: before.as_ref().is_some_and(|before| before.disabled),
                updated_at: now,
            };
            let emoji = changed(emoji, changes);
            custom_emojis::upsert(tx, &emoji)?;
            Ok((emoji, old))
        })
        .await?;
    app.media.remove(old).await?;
    Ok(emoji)
}

/// Makes one of ours of another server's emoji, under its name or another.
pub async fn copy(app: &App, id: EmojiId, shortcode: Option<String>, changes: Changes) -> Result<CustomEmoji> {
    let found = app.store.read(move |db| custom_emojis::by_id(db, id)).await?;
    let found = found.filter(|emoji| emoji.domain.is_some()).ok_or(Error::NotFound("emoji"))?;
    let name = shortcode.unwrap_or_else(|| found.shortcode.clone());
    let taken = {
        let name = name.clone();
        app.store.read(move |db| custom_emojis::by_name(db, &name, None)).await?
    };
    if taken.is_some() {
        return Err(Error::invalid("shortcode", "is the name of an emoji of this server already"));
    }
    let file = match (&found.file, &found.remote_url) {
        (Some(file), _) => file.clone(),
        (None, Some(url)) => plugin::media(app, Purpose::Original, url).await?,
        (None, None) => return Err(Error::NotFound("emoji")),
    };
    match app.media.locate(&file)?.0 {
        Place::Here(path) => add(app, &name, &path, changes).await,
        Place::Public(_) | Place::Bucket => {
            let mut streamed = app.media.from_bucket(&file, None).await?;
            let path = app.config.data.join("tmp").join(format!("emoji-{id}"));
            let mut bytes: Vec<u8> = Vec::new();
            while let Some(piece) = streamed.body.next().await {
                bytes.extend_from_slice(&piece.map_err(Error::io("the bucket broke off"))?);
                if bytes.len() as u64 > LARGEST {
                    return Err(Error::invalid("image", format!("is larger than {} KB", LARGEST / 1024)));
                }
            }
            let failed = || Error::io(format!("cannot write {}", path.display()));
            tokio::fs::create_dir_all(app.config.data.join("tmp")).await.map_err(failed())?;
            tokio::fs::write(&path, bytes).await.map_err(failed())?;
            let made = add(app, &name, &path, changes).await;
            let _ = tokio::fs::remove_file(&path).await;
            made
        }
    }
}

/// The picture at an address of another server as an emoji of ours, not written yet; `None`: there is one of this name.
pub(super) async fn fetched(app: &App, shortcode: &str, url: &str) -> Result<Option<CustomEmoji>> {
    let name = shortcode.to_owned();
    if app.store.read(move |db| custom_emojis::by_name(db, &name, None)).await?.is_some() {
        return Ok(None);
    }
    let now = app.clock.now();
    let file = plugin::media(app, Purpose::Original, url).await?;
    let path = app.config.data.join("tmp").join(format!("emoji-{:016x}", app.random.u64()));
    copied(app, &file, &path).await?;
    let size = tokio::fs::metadata(&path).await.map_err(Error::io("cannot read a picture"))?.len();
    let picture = if size > LARGEST {
        Err(Error::invalid("image", format!("is larger than {} KB", LARGEST / 1024)))
    } else {
        app.media.picture(&path).await
    };
    let _ = tokio::fs::remove_file(&path).await;
    let picture = picture?;
    Ok(Some(CustomEmoji {
        id: app.ids.next(now),
        shortcode: shortcode.to_owned(),
        domain: None,
        file: Some(picture.file),
        static_file: Some(picture.thumbnail),
        remote_url: None,
        category: None,
        visible_in_picker: true,
        disabled: false,
        updated_at: now,
    }))
}

/// Copies a file of ours, wherever it is kept, to `path`.
async fn copied(app: &App, file: &str, path: &Path) -> Result<()> {
    let failed = || Error::io(format!("cannot write {}", path.display()));
    tokio::fs::create_dir_all(app.config.data.join("tmp")).await.map_err(failed())?;
    let bytes = match app.media.locate(file)?.0 {
        Place::Here(from) => tokio::fs::read(from).await.map_err(Error::io("cannot read a picture"))?,
        Place::Public(_) | Place::Bucket => {
            let mut streamed = app.media.from_bucket(file, None).await?;
            let mut bytes: Vec<u8> = Vec::new();
            while let Some(piece) = streamed.body.next().await {
                bytes.extend_from_slice(&piece.map_err(Error::io("the bucket broke off"))?);
                if bytes.len() as u64 > LARGEST {
                    return Err(Error::invalid("image", format!("is larger than {} KB", LARGEST / 1024)));
                }
            }
            bytes
        }
    };
    tokio::fs::write(path, bytes).await.map_err(failed())
}

/// Changes what stands beside the picture.
pub async fn edit(app: &App, id: EmojiId, changes: Changes) -> Result<CustomEmoji> {
    let write = move |tx: &Tx| {
        let emoji = changed(custom_emojis::by_id(tx, id)?.ok_or(Error::NotFound("emoji"))?, changes);
        custom_emojis::upsert(tx, &emoji)?;
        Ok(emoji)
    };
    app.store.write(write).await
}

/// Removes an emoji, its files, and the reactions of its kind.
pub async fn remove(app: &App, id: EmojiId) -> Result<()> {
    let old = app
        .store
        .write(move |tx| {
            let emoji = custom_emojis::by_id(tx, id)?.ok_or(Error::NotFound("emoji"))?;
            custom_emojis::delete(tx, id)?;
            Ok(files(&emoji))
        })
        .await?;
    app.media.remove(old).await
}

/// Makes one of every picture in `folder`, named by its file; answers what was made and what was not, with the reason.
pub async fn import(app: &App, folder: &Path, category: Option<&str>) -> Result<(Vec<String>, Vec<(String, String)>)> {
    let failed = || Error::io(format!("cannot read the folder {}", folder.display()));
    let mut entries = tokio::fs::read_dir(folder).await.map_err(failed())?;
    let mut paths = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(failed())? {
        if entry.file_type().await.map_err(failed())?.is_file() {
            paths.push(entry.path());
        }
    }
    paths.sort();
    let (mut made, mut refused) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().replace(['-', ' '], "_");
        let changes = Changes { category: category.map(str::to_owned), ..Changes::default() };
        match add(app, &name, &path, changes).await {
            Ok(emoji) => made.push(emoji.shortcode),
            Err(error @ (Error::Invalid { .. } | Error::Io { .. })) => {
                refused.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok((made, refused))
}

/// Keeps the emoji that came along with a document of somebody on another server.
pub fn learn(tx: &Tx, app: &App, from: &Account, emojis: &[(String, String)], now: Time) -> Result<()> {
    let Some(domain) = from.domain.as_deref() else { return Ok(()) };
    for (name, url) in emojis.iter().take(LEARNED).filter(|(_, url)| url.len() <= ADDRESS) {
        custom_emojis::learn(tx, app.ids.next(now), name, domain, url, now)?;
    }
    Ok(())
}

/// Those of ours that stand in `texts`, as other servers are to know them.
pub fn in_texts<'t>(
    db: &Connection,
    config: &Config,
    texts: impl IntoIterator<Item = &'t str>,
) -> Result<Vec<build::Emoji>> {
    let wanted: HashSet<_> = texts.into_iter().flat_map(shortcodes::find).map(|name| (name, None)).collect();
    Ok(custom_emojis::among(db, &wanted)?.iter().map(|emoji| on_the_wire(config, emoji)).collect())
}

/// An emoji as other servers are to know it.
pub fn on_the_wire(config: &Config, emoji: &CustomEmoji) -> build::Emoji {
    let file = emoji.file.as_deref();
    build::Emoji {
        id: emoji.domain.is_none().then(|| ids::emoji(&config.url(""), &emoji.shortcode)),
        name: emoji.shortcode.clone(),
        url: file
            .map_or_else(|| emoji.remote_url.clone().unwrap_or_default(), |file| config.url(&format!("/media/{file}"))),
        media_type: file.map(|file| mime_of(file).to_owned()),
        updated: emoji.domain.is_none().then_some(emoji.updated_at),
    }
}

/// What somebody of ours puts under something: its name as kept, and which custom emoji it is.
///
/// Unicode, one of ours (`blobcat`, `:blobcat:`), or (under a post) one of another server that stands there already.
pub fn chosen(
    db: &Connection,
    config: &Config,
    asked: &str,
    under: Option<StatusId>,
) -> Result<(String, Option<EmojiId>)> {
    if unicode::is_emoji(asked) {
        return Ok((asked.to_owned(), None));
    }
    let unknown = || Error::invalid("emoji", "is neither one Unicode emoji nor a custom emoji of this server");
    let name = asked.trim_matches(':');
    let (shortcode, domain) = name.split_once('@').map_or((name, None), |(name, domain)| (name, Some(domain)));
    if domain.is_none_or(|domain| domain.eq_ignore_ascii_case(&config.handle_domain)) {
        let emoji = custom_emojis::by_name(db, shortcode, None)?.filter(|emoji| !emoji.disabled);
        let emoji = emoji.ok_or_else(unknown)?;
        return Ok((emoji.shortcode, Some(emoji.id)));
    }
    let known = under.map_or(Ok(None), |status| reactions::emoji_called(db, status, name))?;
    Ok((name.to_owned(), Some(known.ok_or_else(unknown)?)))
}

/// What somebody of another server put under a post: `content` as they wrote it, with the emoji that came along.
/// `None`: no emoji that we can show.
pub fn received(
    tx: &Tx,
    app: &App,
    from: &Account,
    content: &str,
    along: &[(String, String)],
    now: Time,
) -> Result<Option<(String, Option<EmojiId>)>> {
    let content = content.trim();
    if unicode::is_emoji(content) {
        return Ok(Some((content.to_owned(), None)));
    }
    let name = content.trim_matches(':');
    // Misskey writes the server of a foreign one behind the name, and `.` for its own.
    let (shortcode, domain) = name.split_once('@').map_or((name, None), |(name, domain)| (name, Some(domain)));
    let domain = domain.filter(|domain| *domain != "." && Some(*domain) != from.domain.as_deref());
    let picture = along.iter().find(|(known, _)| known == shortcode || known == name).map(|(_, url)| url.as_str());
    let ours = picture.is_some_and(|url| ids::same_origin(url, &app.config.url("/")))
        || domain.is_some_and(|domain| domain.eq_ignore_ascii_case(&app.config.handle_domain));
    let emoji = match (ours, domain) {
        (true, _) => custom_emojis::by_name(tx, shortcode, None)?,
        (false, Some(domain)) => custom_emojis::by_name(tx, shortcode, Some(&domain.to_lowercase()))?,
        (false, None) => {
            if let Some(url) = picture {
                learn(tx, app, from, &[(shortcode.to_owned(), url.to_owned())], now)?;
            }
            custom_emojis::by_name(tx, shortcode, from.domain.as_deref())?
        }
    };
    Ok(emoji.map(|emoji| (emoji.name(), Some(emoji.id))))
}

fn files(emoji: &CustomEmoji) -> Vec<String> {
    emoji.file.iter().chain(&emoji.static_file).cloned().collect()
}

fn changed(emoji: CustomEmoji, changes: Changes) -> CustomEmoji {
    let category = changes.category.map(|text| Some(text.trim().to_owned()).filter(|text| !text.is_empty()));
    CustomEmoji {
        category: category.unwrap_or(emoji.category),
        visible_in_picker: changes.visible_in_picker.unwrap_or(emoji.visible_in_picker),
        disabled: changes.disabled.unwrap_or(emoji.disabled),
        ..emoji
    }
}
