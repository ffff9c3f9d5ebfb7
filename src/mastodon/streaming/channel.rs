//! The channels that a client can listen to, and what each shows of a happening.

use std::borrow::Cow;

use crate::actions::access::{self, Feed};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ListId, NotificationId, StatusId};
use crate::mastodon::auth::Auth;
use crate::mastodon::render::{self, Base};
use crate::store::notifications::{self, Filter};
use crate::store::page::Page;
use crate::store::statuses::Status;
use crate::store::timelines::{self, Place, Tagged};
use crate::store::{Connection, announcements, conversations, lists, tags};
use crate::streams::{Change, Happening};
use crate::text::hashtags;

/// What a client can listen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Channel {
    /// The home timeline, and notifications when the token may read them.
    User,
    /// Notifications alone.
    Notifications,
    /// A public timeline.
    Public { place: Place, only_media: bool },
    /// Posts with a hashtag; `asked` is how the client wrote it.
    Hashtag { tag: String, asked: String, local: bool },
    /// One's own list.
    List { id: ListId },
    /// Conversations.
    Direct,
}

/// Something to tell the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub name: &'static str,
    /// JSON text, or a bare id for deletions; `None` where the name says it all.
    pub payload: Option<String>,
}

/// Who listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listening {
    pub viewer: AccountId,
    /// Whether the token may read notifications.
    pub notifications: bool,
    pub now: Time,
}

impl Channel {
    /// The channel that the API calls `name`, if `auth` may listen to it. [`Error::NotFound`] for somebody else's list,
    /// [`Error::Forbidden`] when the scope is missing; otherwise as [`Channel::parse`].
    pub async fn open(app: &App, auth: &Auth, name: &str, tag: Option<&str>, list: Option<&str>) -> Result<Self> {
        let channel = Self::parse(name, tag, list)?;
        if let Self::List { id } = channel {
            let me = auth.id();
            app.store.read(move |db| lists::by_id(db, me, id)).await?.ok_or(Error::NotFound("list"))?;
        }
        channel.permit(auth)?;
        Ok(channel)
    }

    /// The channel that the API calls `name`. [`Error::Malformed`] for an unknown one or a missing tag or list.
    pub fn parse(name: &str, tag: Option<&str>, list: Option<&str>) -> Result<Self> {
        let public = |place, only_media| Ok(Self::Public { place, only_media });
        let hashtag = |local| {
            let asked = tag.map(str::trim).filter(|tag| !tag.is_empty());
            let asked = asked.ok_or_else(|| Error::Malformed("Missing tag name parameter".into()))?;
            let tag = hashtags::normalise(asked).ok_or_else(|| Error::Malformed("This is no hashtag".into()))?;
            Ok(Self::Hashtag { tag, asked: asked.to_owned(), local })
        };
        match name {
            "user" => Ok(Self::User),
            "user:notification" => Ok(Self::Notifications),
            "public" => public(Place::Everywhere, false),
            "public:media" => public(Place::Everywhere, true),
            "public:local" => public(Place::Local, false),
            "public:local:media" => public(Place::Local, true),
            "public:remote" => public(Place::Remote, false),
            "public:remote:media" => public(Place::Remote, true),
            "hashtag" => hashtag(false),
            "hashtag:local" => hashtag(true),
            "direct" => Ok(Self::Direct),
            "list" => {
                let id = list.ok_or_else(|| Error::Malformed("Missing list id parameter".into()))?;
                id.trim().parse().map(|id| Self::List { id }).map_err(|_| Error::NotFound("list"))
            }
            _ => Err(Error::Malformed("Unknown stream type".into())),
        }
    }

    /// As messages name it: the stream, and its parameter if it has one.
    pub fn label(&self) -> Vec<Cow<'_, str>> {
        let label = match self {
            Self::List { id } => return vec!["list".into(), id.to_string().into()],
            Self::User => vec!["user"],
            Self::Notifications => vec!["user:notification"],
            Self::Public { place: Place::Everywhere, only_media: false } => vec!["public"],
            Self::Public { place: Place::Everywhere, only_media: true } => vec!["public:media"],
            Self::Public { place: Place::Local, only_media: false } => vec!["public:local"],
            Self::Public { place: Place::Local, only_media: true } => vec!["public:local:media"],
            Self::Public { place: Place::Remote, only_media: false } => vec!["public:remote"],
            Self::Public { place: Place::Remote, only_media: true } => vec!["public:remote:media"],
            Self::Hashtag { asked, local: false, .. } => vec!["hashtag", asked],
            Self::Hashtag { asked, local: true, .. } => vec!["hashtag:local", asked],
            Self::Direct => vec!["direct"],
        };
        label.into_iter().map(Cow::Borrowed).collect()
    }

    /// Refuses (403) unless the token may listen to it.
    fn permit(&self, auth: &Auth) -> Result<()> {
        match self {
            Self::Notifications => auth.needs("read:notifications"),
            _ => auth.needs("read:statuses"),
        }
    }

    /// Whether the happening may be of interest at all, told without asking the database.
    pub fn concerns(&self, listening: Listening, happening: &Happening) -> bool {
        match happening {
            Happening::Posted { homes, listed, .. }
            | Happening::Edited { homes, listed, .. }
            | Happening::Deleted { homes, listed, .. } => match self {
                Self::User => homes.contains(&listening.viewer),
                Self::Public { .. } | Self::Hashtag { .. } => *listed,
                Self::Notifications | Self::List { .. } | Self::Direct => false,
            },
            Happening::Listed { lists, .. } => matches!(self, Self::List { id } if lists.contains(id)),
            Happening::Notified { account, .. } | Happening::Merged(account) => {
                *account == listening.viewer
                    && match self {
                        Self::User => listening.notifications,
                        Self::Notifications => true,
                        _ => false,
                    }
            }
            Happening::Conversed { account, .. } => *account == listening.viewer && *self == Self::Direct,
            Happening::FiltersChanged { account } => *account == listening.viewer && *self == Self::User,
            Happening::Announced(_) | Happening::AnnouncementReacted { .. } | Happening::AnnouncementGone(_) => {
                *self == Self::User
            }
            Happening::ShutOut { .. } | Happening::Revoked(_) | Happening::Stopping => false,
        }
    }

    /// The post, if the viewer finds it in the timeline of this name.
    fn find(&self, db: &Connection, listening: Listening, id: StatusId) -> Result<Option<Status>> {
        let (viewer, now, page) = (Some(listening.viewer), listening.now, only(id.0));
        let mut found = match self {
            Self::User => timelines::home(db, listening.viewer, &page, now)?,
            Self::Public { place, only_media } => {
                let Some(place) = access::place(db, Feed::Live, *place, true)? else { return Ok(None) };
                timelines::public(db, viewer, place, *only_media, &page, now)?
            }
            Self::Hashtag { tag, local, .. } => {
                let Some(tag) = tags::by_name(db, tag)? else { return Ok(None) };
                let tagged = Tagged { any: vec![tag.id], all: Vec::new(), none: Vec::new() };
                let place = if *local { Place::Local } else { Place::Everywhere };
                let Some(place) = access::place(db, Feed::Topic, place, true)? else { return Ok(None) };
                timelines::tagged(db, viewer, &tagged, place, false, &page, now)?
            }
            Self::List { id } => timelines::list(db, listening.viewer, *id, &page, now)?,
            Self::Notifications | Self::Direct => Vec::new(),
        };
        Ok(found.pop())
    }
}

/// What each of `channels` shows of the happening; a post that shows in several is rendered once.
pub(super) fn events(
    db: &Connection,
    base: &Base,
    listening: Listening,
    channels: Vec<Channel>,
    happening: &Happening,
) -> Result<Vec<(Channel, Event)>> {
    match happening {
        Happening::Posted { status, .. } | Happening::Listed { status, change: Change::Posted, .. } => {
            posts(db, base, listening, channels, *status, "update")
        }
        Happening::Edited { status, .. } | Happening::Listed { status, change: Change::Edited, .. } => {
            posts(db, base, listening, channels, *status, "status.update")
        }
        Happening::Deleted { status, .. } | Happening::Listed { status, change: Change::Deleted, .. } => {
            let event = Event { name: "delete", payload: Some(status.to_string()) };
            Ok(channels.into_iter().map(|channel| (channel, event.clone())).collect())
        }
        Happening::Notified { notification, .. } => {
            let event = notification_event(db, base, listening, *notification)?;
            Ok(event
                .map_or_else(Vec::new, |event| channels.into_iter().map(|channel| (channel, event.clone())).collect()))
        }
        Happening::Merged(_) => {
            // Clients take no notice of the payload.
            let event = Event { name: "notifications_merged", payload: Some("1".into()) };
            Ok(channels.into_iter().map(|channel| (channel, event.clone())).collect())
        }
        Happening::Conversed { conversation, .. } => {
            let row = conversations::by_id(db, listening.viewer, *conversation)?;
            let Some(row) = row.map(|row| [row]) else { return Ok(Vec::new()) };
            let rendered = render::conversations(db, base, &row, listening.viewer)?;
            let Some(rendered) = rendered.first() else { return Ok(Vec::new()) };
            let event = Event { name: "conversation", payload: Some(json(rendered)?) };
            Ok(channels.into_iter().map(|channel| (channel, event.clone())).collect())
        }
        Happening::FiltersChanged { .. } => {
            let event = Event { name: "filters_changed", payload: None };
            Ok(channels.into_iter().map(|channel| (channel, event.clone())).collect())
        }
        Happening::Announced(_) | Happening::AnnouncementReacted { .. } | Happening::AnnouncementGone(_) => {
            let event = announcement_event(db, base, listening, happening)?;
            Ok(event
                .map_or_else(Vec::new, |event| channels.into_iter().map(|channel| (channel, event.clone())).collect()))
        }
        Happening::ShutOut { .. } | Happening::Revoked(_) | Happening::Stopping => Ok(Vec::new()),
    }
}

fn posts(
    db: &Connection,
    base: &Base,
    listening: Listening,
    channels: Vec<Channel>,
    id: StatusId,
    name: &'static str,
) -> Result<Vec<(Channel, Event)>> {
    let mut rendered: Option<Event> = None;
    let mut shown = Vec::new();
    for channel in channels {
        let Some(row) = channel.find(db, listening, id)? else { continue };
        let event = match &rendered {
            Some(event) => event.clone(),
            None => {
                let Some(status) = render::statuses(db, base, vec![row], Some(listening.viewer))?.pop() else {
                    return Ok(Vec::new());
                };
                let event = Event { name, payload: Some(json(&status)?) };
                rendered = Some(event.clone());
                event
            }
        };
        shown.push((channel, event));
    }
    Ok(shown)
}

fn announcement_event(
    db: &Connection,
    base: &Base,
    listening: Listening,
    happening: &Happening,
) -> Result<Option<Event>> {
    match happening {
        Happening::Announced(id) => {
            let row = announcements::by_id(db, *id)?.filter(|row| row.published_at.is_some());
            let rendered = render::announcements(db, base, row.as_slice(), listening.viewer)?;
            rendered.first().map(|row| Ok(Event { name: "announcement", payload: Some(json(row)?) })).transpose()
        }
        Happening::AnnouncementReacted { announcement, name } => {
            let reaction = render::announcement_reaction(db, base, *announcement, name)?;
            Ok(Some(Event { name: "announcement.reaction", payload: Some(json(&reaction)?) }))
        }
        Happening::AnnouncementGone(id) => {
            Ok(Some(Event { name: "announcement.delete", payload: Some(id.to_string()) }))
        }
        _ => Ok(None),
    }
}

fn notification_event(db: &Connection, base: &Base, listening: Listening, id: NotificationId) -> Result<Option<Event>> {
    let rows = notifications::list(db, listening.viewer, &Filter::default(), &only(id.0), listening.now)?;
    let rendered = render::notifications(db, base, &rows, listening.viewer)?;
    rendered.first().map(|row| Ok(Event { name: "notification", payload: Some(json(row)?) })).transpose()
}

/// The page on which stands this id and nothing else.
fn only(id: i64) -> Page {
    Page { max: Some(id.saturating_add(1)), since: Some(id - 1), min: None, limit: 1 }
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Bug(format!("an entity is no JSON: {error}")))
}
