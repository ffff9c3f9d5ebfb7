//! From what a bot wants to what can be written: people looked up, posts composed and judged by filters, pictures made.
//! Writes nothing but uploads that nobody uses yet.

use std::collections::HashMap;

use crate::actions::moderation::report;
use crate::actions::plugin::{self, Judged};
use crate::actions::post::{self, Draft, Edit, compose::Composed};
use crate::actions::resolve::{self, Found};
use crate::actions::upload::{self, Upload};
use crate::actions::{account, emoji};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, MediaId, StatusId};
use crate::plugins::Early;
use crate::plugins::bot::{self as wish, Act};
use crate::store::accounts::{self, Account};
use crate::store::custom_emojis::CustomEmoji;
use crate::store::held::Held;
use crate::store::statuses;

/// One act, ready to be written.
pub(super) enum Ready {
    Post(Box<NewPost>),
    Edit { composed: Box<Composed>, edit: Edit },
    Delete(StatusId),
    React { post: StatusId, emoji: Option<String> },
    Boost(StatusId),
    Follow { target: AccountId, on: bool, new: bool },
    AnswerFollow { request: String, accept: bool },
    Emoji(CustomEmoji),
    Report { sender: Box<Account>, new: report::New },
}

/// A new post, and what filters said.
pub(super) struct NewPost {
    pub draft: Draft,
    pub way: Way,
    pub idem: Option<String>,
    pub uri: String,
    pub id: StatusId,
}

/// What becomes of a new post.
pub(super) enum Way {
    /// It is published.
    Out(Composed),
    /// Filters of the late stage judge it first.
    Late(Composed, Early),
    /// A moderator must look first.
    Held(Box<Held>, Vec<MediaId>),
}

/// Prepares all acts, in order.
pub(super) async fn all(app: &App, me: &Account, acts: Vec<Act>, now: Time) -> Result<Vec<Ready>> {
    let mut ready = Vec::with_capacity(acts.len());
    let mut uploads: HashMap<String, MediaId> = HashMap::new();
    for act in acts {
        ready.push(match act {
            Act::Upload { name, bytes, alt } => {
                uploads.insert(name, uploaded(app, me, bytes, alt).await?);
                continue;
            }
            Act::Post { id, draft } => {
                let made = new_post(app, me, StatusId(id), draft, &uploads, &ready, now).await?;
                Ready::Post(Box::new(made))
            }
            Act::Edit { post, draft } => edited(app, me, &post, draft, &uploads, now).await?,
            Act::Delete { post } => Ready::Delete(known(app, &post).await?),
            Act::React { post, emoji } => Ready::React { post: known(app, &post).await?, emoji },
            Act::Boost { post } => Ready::Boost(known(app, &post).await?),
            Act::Follow { actor, on, new } => Ready::Follow { target: somebody(app, &actor).await?.id, on, new },
            Act::AnswerFollow { request, accept } => Ready::AnswerFollow { request, accept },
            Act::ImportEmoji { shortcode, url } => match emoji::fetched(app, &shortcode, &url).await? {
                Some(emoji) => Ready::Emoji(emoji),
                None => continue,
            },
            Act::Report { actor, posts, note } => {
                let mut statuses = Vec::new();
                for post in &posts {
                    statuses.push(known(app, post).await?);
                }
                let target = somebody(app, &actor).await?.id;
                let comment = note.chars().take(1_000).collect();
                let new = report::New {
                    target,
                    statuses,
                    comment,
                    category: None,
                    rules: Vec::new(),
                    forward: false,
                    domains: Vec::new(),
                };
                Ready::Report { sender: Box::new(account::ensure_instance_actor(app).await?), new }
            }
        });
    }
    Ok(ready)
}

async fn known(app: &App, id: &str) -> Result<StatusId> {
    let id = id.to_owned();
    let found = app.store.read(move |db| statuses::by_uri(db, &id)).await?;
    found.map(|status| status.id).ok_or(Error::NotFound("status"))
}

async fn somebody(app: &App, id: &str) -> Result<Account> {
    let asked = id.to_owned();
    if let Some(known) = app.store.read(move |db| accounts::by_uri(db, &asked)).await? {
        return Ok(known);
    }
    match resolve::by_url(app, id).await? {
        Some(Found::Account(account)) => Ok(*account),
        _ => Err(Error::NotFound("account")),
    }
}

async fn uploaded(app: &App, me: &Account, bytes: Vec<u8>, alt: String) -> Result<MediaId> {
    let folder = app.config.data.join("tmp");
    let path = folder.join(format!("bot-{:016x}", app.random.u64()));
    let failed = || Error::io(format!("cannot write {}", path.display()));
    tokio::fs::create_dir_all(&folder).await.map_err(failed())?;
    let size = bytes.len() as u64;
    tokio::fs::write(&path, bytes).await.map_err(failed())?;
    let description = Some(alt).filter(|alt| !alt.is_empty());
    let upload = Upload { file: &path, size, thumbnail: None, description, focus: None };
    let made = upload::accept(app, me.id, upload).await;
    let _ = tokio::fs::remove_file(&path).await;
    Ok(made?.id)
}

async fn new_post(
    app: &App,
    me: &Account,
    id: StatusId,
    wish: wish::Draft,
    uploads: &HashMap<String, MediaId>,
    before: &[Ready],
    now: Time,
) -> Result<NewPost> {
    // What it answers may be a post of this very event, which is not written yet.
    let parent = wish.reply_to.as_deref().and_then(|uri| {
        before.iter().find_map(|ready| match ready {
            Ready::Post(post) if post.uri == uri => match &post.way {
                Way::Out(composed) => Some(composed.status.clone()),
                Way::Late(..) | Way::Held(..) => None,
            },
            _ => None,
        })
    });
    let in_reply_to = match (&wish.reply_to, &parent) {
        (Some(uri), None) => Some(known(app, uri).await?),
        _ => None,
    };
    let quoted = match &wish.quote_of {
        Some(uri) => Some(known(app, uri).await?),
        None => None,
    };
    let draft = Draft {
        text: wish.content,
        spoiler_text: wish.summary.unwrap_or_default(),
        sensitive: Some(wish.sensitive),
        visibility: wish.visibility,
        language: wish.language,
        in_reply_to,
        media: wish.media.iter().filter_map(|name| uploads.get(name)).copied().collect(),
        quoted,
        held: Some(id),
        expires_s: wish.expires_s,
        ..Draft::default()
    };
    let mut composed = post::composed(app, me, &draft, now).await?;
    if let Some(parent) = parent {
        composed.status.in_reply_to_id = Some(parent.id);
        composed.status.in_reply_to_uri = Some(parent.uri);
        composed.status.in_reply_to_account_id = Some(parent.account_id);
        composed.status.conversation = parent.conversation;
    }
    let uri = composed.status.uri.clone();
    let way = match Box::pin(plugin::judge_own(app, me, composed, now)).await? {
        Judged::Pass(composed) => Way::Out(composed),
        Judged::Late(composed, early) => Way::Late(composed, early),
        Judged::Held(held) => Way::Held(Box::new(plugin::held_row(&held, &draft, now)?), draft.media.clone()),
    };
    let idem = Some(wish.idem).filter(|word| !word.is_empty());
    Ok(NewPost { draft, way, idem, uri, id })
}

async fn edited(
    app: &App,
    me: &Account,
    uri: &str,
    wish: wish::Draft,
    uploads: &HashMap<String, MediaId>,
    now: Time,
) -> Result<Ready> {
    let id = known(app, uri).await?;
    let edit = Edit {
        text: Some(wish.content),
        spoiler_text: Some(wish.summary.unwrap_or_default()),
        sensitive: Some(wish.sensitive),
        language: wish.language,
        media: wish.media.iter().filter_map(|name| uploads.get(name)).copied().collect(),
        ..Edit::default()
    };
    let composed = post::recomposed(app, me, id, &edit, now).await?;
    match Box::pin(plugin::judge_own(app, me, composed, now)).await? {
        Judged::Pass(composed) | Judged::Late(composed, _) => Ok(Ready::Edit { composed: Box::new(composed), edit }),
        Judged::Held(held) => Err(held.refused()),
    }
}
