//! Reading someone: a Person, Service, Application, Group or Organization from another server.
//!
//! Refuses an actor without a usable id, inbox or name. Collections that lie at another origin than the actor are left out:
//! a borrowed followers collection would be somebody else's audience. Everything that is too long is cut (rule J12).
//!
//! Spec: ActivityPub §4.1, https://www.w3.org/TR/activitypub/#actor-objects

use serde_json::Value;

use super::keys::{self, PublicKey};
use super::{ids, note, read};
use crate::clock::Time;
use crate::error::{Error, Result};

const KINDS: &[&str] = &["Person", "Service", "Application", "Group", "Organization"];

/// The longest user name, in characters; longer ones are refused.
const USERNAME: usize = 128;
/// The longest display name, in characters.
const NAME: usize = 2048;
/// The longest description of the person, in characters.
const SUMMARY: usize = 20_000;
/// The longest name or value of a profile field, in characters.
const FIELD: usize = 2047;
/// How many profile fields are read.
const FIELDS: usize = 50;
/// How many other ids of the same person are read.
const ALIASES: usize = 256;
/// How many sites that may name it as an author are read.
const DOMAINS: usize = 256;
/// The longest description of a picture, in characters.
const DESCRIPTION: usize = 10_000;

/// Someone, as their server describes them. HTML is not cleaned yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Its identity; the text itself is the key.
    pub id: String,
    /// Person, Service, Application, Group or Organization.
    pub kind: &'static str,
    /// The part of the handle before the `@`.
    pub username: String,
    /// What it calls itself: plain text, empty when it says nothing.
    pub name: String,
    /// About itself: HTML.
    pub summary_html: String,
    /// The page for people, perhaps on another host; the id when there is none. Shown, never believed (rule F8).
    pub url: String,
    /// Where to deliver.
    pub inbox: String,
    /// Where to deliver for all of its server at once; on the inbox's origin.
    pub shared_inbox: Option<String>,
    /// What it did.
    pub outbox: Option<String>,
    /// Who follows it.
    pub followers: Option<String>,
    /// Whom it follows.
    pub following: Option<String>,
    /// Its pinned posts.
    pub featured: Option<String>,
    /// Whether it decides about each follower.
    pub locked: bool,
    /// Whether it wants to be recommended.
    pub discoverable: Option<bool>,
    /// Whether its public posts may be searched by anybody. Spec: FEP-5feb
    pub indexable: bool,
    /// Whether the person has died.
    pub memorial: bool,
    /// Whether its own server suspended it.
    pub suspended: bool,
    /// Lines of the profile's table: plain name, HTML value.
    pub fields: Vec<(String, String)>,
    /// The avatar.
    pub icon: Option<String>,
    /// What the avatar shows.
    pub icon_description: String,
    /// The header picture.
    pub image: Option<String>,
    /// What the header picture shows.
    pub image_description: String,
    /// Its signing keys.
    pub public_keys: Vec<PublicKey>,
    /// Other ids that it says are itself.
    pub also_known_as: Vec<String>,
    /// Where it moved.
    pub moved_to: Option<String>,
    /// Whether its profile shows media, its replies among them, and whom it features; `None` when it says nothing.
    pub shows: [Option<bool>; 3],
    /// Sites that may name it as an author.
    pub attribution_domains: Vec<String>,
    /// When it came into being, as claimed.
    pub published: Option<Time>,
    /// Its handle, `user@domain`, when it says so itself. Proof is up to WebFinger. Spec: FEP-2c59
    pub webfinger: Option<String>,
    /// Custom emoji in its texts: shortcode and address of the picture.
    pub emojis: Vec<(String, String)>,
}

/// Whether the document is of a kind that [`read`] reads.
pub fn is_actor(document: &Value) -> bool {
    read::kind(document, KINDS).is_some()
}

/// Whether the actor, or the server that made it, says that it implements what is at `capability`. Spec: FEP-844e
pub fn implements(document: &Value, capability: &str) -> bool {
    let generator = read::first(document, "generator").unwrap_or(&Value::Null);
    [document, generator]
        .into_iter()
        .flat_map(|holder| read::objects(holder, "implements"))
        .take(FIELDS)
        .filter_map(read::id_of)
        .any(|href| href.trim_end_matches('/') == capability)
}

/// Reads an actor. `development` admits http ids.
pub fn read(document: &Value, development: bool) -> Result<Actor> {
    let malformed = |why: &str| Error::Malformed(format!("unusable actor: {why}"));
    let kind = read::kind(document, KINDS).ok_or_else(|| malformed("it is of no known type"))?;
    let id = document.get("id").and_then(Value::as_str).ok_or_else(|| malformed("it has no id"))?.to_owned();
    let address = ids::valid_remote_id(&id, development)?;
    let host = address.host_str().unwrap_or_default();
    // A server's own actor is called like the server, port and all.
    let host = address.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let inbox = read::id(document, "inbox").ok_or_else(|| malformed("it has no inbox"))?.to_owned();
    ids::valid_remote_id(&inbox, development)?;
    let webfinger = read::string(document, "webfinger").and_then(handle);
    let username = read::string(document, "preferredUsername")
        .or_else(|| Some(webfinger.as_ref()?.split_once('@')?.0))
        .filter(|name| is_username(name) || *name == host)
        .ok_or_else(|| malformed("it has no usable name"))?
        .to_owned();

    let own = |key: &str| read::id(document, key).filter(|other| ids::same_origin(other, &id)).map(str::to_owned);
    let shared_inbox = read::first(document, "endpoints")
        .and_then(|endpoints| read::id(endpoints, "sharedInbox"))
        .filter(|shared| ids::valid_remote_id(shared, development).is_ok() && ids::same_origin(shared, &inbox));
    let (icon, icon_description) = picture(document, "icon");
    let (image, image_description) = picture(document, "image");
    Ok(Actor {
        kind,
        username,
        name: text(document, "name", NAME),
        summary_html: text(document, "summary", SUMMARY),
        url: read::page(document).unwrap_or_else(|| id.clone()),
        shared_inbox: shared_inbox.map(str::to_owned),
        outbox: own("outbox"),
        followers: own("followers"),
        following: own("following"),
        featured: own("featured"),
        locked: read::flag(document, "manuallyApprovesFollowers").unwrap_or(false),
        discoverable: read::flag(document, "discoverable"),
        indexable: read::flag(document, "indexable").unwrap_or(false),
        memorial: read::flag(document, "memorial").unwrap_or(false),
        suspended: read::flag(document, "suspended").unwrap_or(false),
        fields: fields(document),
        icon,
        icon_description,
        image,
        image_description,
        public_keys: keys::listed(document, &id),
        also_known_as: read::ids(document, "alsoKnownAs")
            .into_iter()
            .filter(|other| ids::valid_remote_id(other, development).is_ok())
            .take(ALIASES)
            .collect(),
        moved_to: read::id(document, "movedTo")
            .filter(|target| ids::valid_remote_id(target, development).is_ok())
            .map(str::to_owned),
        shows: ["showMedia", "showRepliesInMedia", "showFeatured"].map(|key| read::flag(document, key)),
        attribution_domains: read::objects(document, "attributionDomains")
            .into_iter()
            .filter_map(Value::as_str)
            .filter(|domain| (1..=253).contains(&domain.len()))
            .map(str::to_lowercase)
            .take(DOMAINS)
            .collect(),
        published: read::date(document, "published"),
        emojis: note::emojis_of(document),
        webfinger,
        id,
        inbox,
    })
}

fn text(document: &Value, key: &str, chars: usize) -> String {
    read::text(document, key).map(|text| read::at_most(&text.text, chars)).unwrap_or_default()
}

/// The first picture of a property that has an address, and what it shows: Mastodon says so in `summary`, others in `name`.
fn picture(document: &Value, key: &str) -> (Option<String>, String) {
    for picture in read::objects(document, key) {
        let address = match picture {
            Value::String(address) => Some(address.as_str()).filter(|address| ids::web_address(address).is_some()),
            // An Image, or a Link to one.
            picture => {
                let address = read::links(picture, "url").first().map(|(address, _)| *address);
                address.or_else(|| read::string(picture, "href").filter(|href| ids::web_address(href).is_some()))
            }
        };
        if let Some(address) = address {
            let description = read::text(picture, "summary").or_else(|| read::text(picture, "name"));
            let description = description.map(|text| read::at_most(&text.text, DESCRIPTION)).unwrap_or_default();
            return (Some(address.to_owned()), description);
        }
    }
    (None, String::new())
}

fn fields(document: &Value) -> Vec<(String, String)> {
    read::objects(document, "attachment")
        .into_iter()
        .filter(|field| read::kind(field, &["PropertyValue", "schema:PropertyValue"]).is_some())
        .filter_map(|field| Some((read::string(field, "name")?, read::string(field, "value").unwrap_or_default())))
        .map(|(name, value)| (read::at_most(name, FIELD), read::at_most(value, FIELD)))
        .take(FIELDS)
        .collect()
}

/// What may stand in a handle. Mastodon's are ASCII with inner dots and dashes; others are less strict, so any letter will do.
fn is_username(name: &str) -> bool {
    let fits = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | '~' | '+');
    !name.is_empty() && name.chars().count() <= USERNAME && name.chars().all(fits)
}

/// `user@domain` from any way to write it.
fn handle(text: &str) -> Option<String> {
    let text = text.strip_prefix("acct:").unwrap_or(text);
    let (user, domain) = text.strip_prefix('@').unwrap_or(text).split_once('@')?;
    let domain_fits = (1..=253).contains(&domain.len())
        && domain.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '.' | ':'));
    (is_username(user) && domain_fits).then(|| format!("{user}@{}", domain.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bob(change: impl FnOnce(&mut Value)) -> Result<Actor> {
        let mut document = json!({"id": "https://b.example/bob", "type": "Person", "preferredUsername": "bob",
            "inbox": "https://b.example/bob/inbox"});
        change(&mut document);
        super::read(&document, false)
    }

    #[test]
    fn the_least_an_actor_needs() {
        let actor = bob(|_| ()).expect("readable");
        assert_eq!((actor.username.as_str(), actor.url.as_str()), ("bob", "https://b.example/bob"));
        for (key, value) in [
            ("id", json!(null)),
            ("id", json!(1)),
            ("id", json!("http://b.example/bob")),
            ("type", json!("Note")),
            ("inbox", json!(null)),
            ("inbox", json!("javascript:x")),
            ("preferredUsername", json!(null)),
            ("preferredUsername", json!("b@b")),
            ("preferredUsername", json!("<b>")),
            ("preferredUsername", json!("b".repeat(129))),
        ] {
            assert!(bob(|document| document[key] = value.clone()).is_err(), "{key} {value}");
        }
        let named = bob(|document| {
            document["preferredUsername"] = Value::Null;
            document["webfinger"] = json!("acct:bob@B.example");
        });
        let named = named.expect("readable");
        assert_eq!((named.username.as_str(), named.webfinger.as_deref()), ("bob", Some("bob@b.example")));
    }

    #[test]
    fn a1_what_lies_elsewhere_is_left_out() {
        let actor = bob(|document| {
            document["followers"] = json!("https://c.example/followers");
            document["outbox"] = json!({"id": "https://b.example/bob/outbox", "type": "OrderedCollection"});
            document["endpoints"] = json!({"sharedInbox": "https://c.example/inbox"});
            document["url"] = json!(["javascript:alert(1)", "https://www.b.example/@bob"]);
            document["icon"] = json!([{"type": "Image", "url": "data:image/png,"}, {"url": ["https://cdn.example/1.png"], "name": "me"}]);
            document["movedTo"] = json!("acct:bob@c.example");
            document["alsoKnownAs"] = json!(["https://c.example/bob", "did:web:c.example", 5]);
        });
        let actor = actor.expect("readable");
        assert_eq!(actor.followers, None);
        assert_eq!(actor.outbox.as_deref(), Some("https://b.example/bob/outbox"));
        assert_eq!(actor.shared_inbox, None);
        assert_eq!(actor.url, "https://www.b.example/@bob");
        assert_eq!((actor.icon.as_deref(), actor.icon_description.as_str()), (Some("https://cdn.example/1.png"), "me"));
        assert_eq!(actor.moved_to, None);
        assert_eq!(actor.also_known_as, ["https://c.example/bob"]);
    }

    /// Mastodon CVE-2026-23962.
    #[test]
    fn j12_everything_has_a_limit() {
        let actor = bob(|document| {
            document["name"] = json!("長".repeat(NAME + 1));
            document["summary"] = json!("屋".repeat(SUMMARY + 1));
            let field = json!({"type": "PropertyValue", "name": "n".repeat(FIELD + 1), "value": "v".repeat(FIELD + 1)});
            document["attachment"] = json!(vec![field; FIELDS + 1]);
            document["alsoKnownAs"] = json!(vec!["https://c.example/bob"; ALIASES + 1]);
        });
        let actor = actor.expect("readable");
        assert_eq!(actor.name.chars().count(), NAME);
        assert_eq!(actor.summary_html.chars().count(), SUMMARY);
        assert_eq!((actor.fields.len(), actor.also_known_as.len()), (FIELDS, ALIASES));
        assert!(actor.fields.iter().all(|(name, value)| name.len() == FIELD && value.len() == FIELD));
    }
}
