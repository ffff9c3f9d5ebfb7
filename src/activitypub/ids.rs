//! Addresses: how ours are spelled and read back, and what an id from outside must look like.
//!
//! Everything of ours is a pure function of the server's base (`https://domain`, without a slash at the end) or of the
//! actor's or post's id, so that no address is ever stored twice. A boost's id is the address that its status would have,
//! with `/activity`, exactly like the Create of a post: a boost and a post never share a status id, so the two cannot meet.
//!
//! Refuses ids that are not absolute addresses: no numbers, no local keys, no credentials, no control characters.
//! Spec: ActivityPub §3.1, https://www.w3.org/TR/activitypub/#obj-id

use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::clock::Time;
use crate::error::{Error, Result};

/// The longest id that we keep, in bytes.
pub const LONGEST: usize = 2048;

/// What is escaped in the name of a tag page.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'~');

/// The id of the local person `name`.
pub fn actor(base: &str, name: &str) -> String {
    format!("{base}/users/{name}")
}

/// The id of the server itself as an actor; the functions that take an actor's id work for it too.
pub fn instance_actor(base: &str) -> String {
    format!("{base}/actor")
}

/// The inbox that all local people share.
pub fn shared_inbox(base: &str) -> String {
    format!("{base}/inbox")
}

/// The page of `name`, for people.
pub fn profile_page(base: &str, name: &str) -> String {
    format!("{base}/@{name}")
}

/// The page of a post, for people.
pub fn status_page(base: &str, name: &str, id: impl Display) -> String {
    format!("{base}/@{name}/{id}")
}

/// The page of a hashtag, for people. `tag` is written without `#`.
pub fn tag_page(base: &str, tag: &str) -> String {
    format!("{base}/tags/{}", utf8_percent_encode(tag, SEGMENT))
}

/// A custom emoji of ours.
pub fn emoji(base: &str, shortcode: &str) -> String {
    format!("{base}/emojis/{shortcode}")
}

/// The thread that begins with the status `id`: our `context` and `conversation`.
pub fn conversation(base: &str, id: impl Display) -> String {
    format!("{base}/contexts/{id}")
}

/// The inbox of a local actor.
pub fn inbox(actor: &str) -> String {
    format!("{actor}/inbox")
}

/// The outbox of a local actor.
pub fn outbox(actor: &str) -> String {
    format!("{actor}/outbox")
}

/// Who follows a local actor.
pub fn followers(actor: &str) -> String {
    format!("{actor}/followers")
}

/// Which followers of a local actor live where the asker does.
pub fn followers_synchronization(actor: &str) -> String {
    format!("{actor}/followers_synchronization")
}

/// Whom a local actor follows.
pub fn following(actor: &str) -> String {
    format!("{actor}/following")
}

/// The pinned posts of a local actor.
pub fn featured(actor: &str) -> String {
    format!("{actor}/collections/featured")
}

/// The id of an actor's key for proofs.
pub fn proof_key(actor: &str) -> String {
    format!("{actor}#ed25519-key")
}

/// The id of an actor's signing key.
pub fn main_key(actor: &str) -> String {
    format!("{actor}#main-key")
}

/// The id of a local post.
pub fn status(actor: &str, id: impl Display) -> String {
    format!("{actor}/statuses/{id}")
}

/// The id of the Create of the post `status`.
pub fn activity(status: &str) -> String {
    format!("{status}/activity")
}

/// The id of the Announce that is the local boost `id`.
pub fn boost(actor: &str, id: impl Display) -> String {
    activity(&status(actor, id))
}

/// The replies to the post `status`.
pub fn replies(status: &str) -> String {
    format!("{status}/replies")
}

/// A collection of people of this actor.
pub fn collection(actor: &str, id: impl Display) -> String {
    format!("{actor}/collections/{id}")
}

/// The id of a Follow by a local actor.
pub fn follow(actor: &str, id: impl Display) -> String {
    format!("{actor}#follows/{id}")
}

/// The id of a Like by a local actor.
pub fn like(actor: &str, id: impl Display) -> String {
    format!("{actor}#likes/{id}")
}

/// The id of a reaction by a local actor.
pub fn reaction(actor: &str, id: impl Display) -> String {
    format!("{actor}#reactions/{id}")
}

/// The id of a local actor's request to quote in the post `id`.
pub fn quote_request(actor: &str, id: impl Display) -> String {
    format!("{actor}/quote_requests/{id}")
}

/// The id of a local actor's stamp on a quote.
pub fn quote_stamp(actor: &str, id: impl Display) -> String {
    format!("{actor}/quote_authorizations/{id}")
}

/// The id of a local actor's Accept of a request to quote.
pub fn accept_quote(actor: &str, id: impl Display) -> String {
    format!("{actor}#accepts/quote_requests/{id}")
}

/// The id of a local actor's Reject of a request to quote.
pub fn reject_quote(actor: &str, id: impl Display) -> String {
    format!("{actor}#rejects/quote_requests/{id}")
}

/// The id of a local actor's request to do something to a post.
pub fn interaction_request(actor: &str, id: impl Display) -> String {
    format!("{actor}/interaction_requests/{id}")
}

/// The id of a local actor's proof that something may be done to a post of theirs.
pub fn interaction_stamp(actor: &str, id: impl Display) -> String {
    format!("{actor}/interaction_authorizations/{id}")
}

/// The id of a local actor's answer to such a request.
pub fn interaction_answer(actor: &str, id: impl Display) -> String {
    format!("{actor}#answers/interaction_requests/{id}")
}

/// The id of a vote by a local actor.
pub fn vote(actor: &str, id: impl Display) -> String {
    format!("{actor}#votes/{id}")
}

/// The id of the Add of the local post `status` to its author's pinned ones.
pub fn pin(status: &str, at: Time) -> String {
    format!("{status}#pins/{}", at.0)
}

/// The id of the Remove.
pub fn unpin(status: &str, at: Time) -> String {
    format!("{status}#unpins/{}", at.0)
}

/// The id of a Block by a local actor.
pub fn block(actor: &str, id: impl Display) -> String {
    format!("{actor}#blocks/{id}")
}

/// The id of a Flag by the instance actor.
pub fn flag(actor: &str, id: impl Display) -> String {
    format!("{actor}#flags/{id}")
}

/// The id of a local actor's Accept of the follow `id`.
pub fn accept(actor: &str, id: impl Display) -> String {
    format!("{actor}#accepts/follows/{id}")
}

/// The id of a local actor's Reject of the follow `id`.
pub fn reject(actor: &str, id: impl Display) -> String {
    format!("{actor}#rejects/follows/{id}")
}

/// The id of the Undo of the local `activity`.
pub fn undo(activity: &str) -> String {
    format!("{activity}/undo")
}

/// The id of the Update of a local actor or post that happened `at`.
pub fn update(object: &str, at: Time) -> String {
    format!("{object}#updates/{}", at.0)
}

/// The id of the Move of a local actor.
pub fn relocation(actor: &str, id: impl Display) -> String {
    format!("{actor}#moves/{id}")
}

/// The id of the Delete of a local actor or post.
pub fn delete(object: &str) -> String {
    format!("{object}#delete")
}

/// An address of ours, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "named like the functions that make them")]
pub enum Ours {
    InstanceActor,
    InstanceInbox,
    InstanceOutbox,
    SharedInbox,
    Actor(String),
    Inbox(String),
    Outbox(String),
    Followers(String),
    Following(String),
    Featured(String),
    MainKey(String),
    Status {
        name: String,
        id: i64,
    },
    /// The Create of a post, or a boost.
    Activity {
        name: String,
        id: i64,
    },
    Replies {
        name: String,
        id: i64,
    },
    QuoteRequest {
        name: String,
        id: i64,
    },
    QuoteStamp {
        name: String,
        id: i64,
    },
    Follow {
        name: String,
        id: i64,
    },
    Like {
        name: String,
        id: i64,
    },
    Block {
        name: String,
        id: i64,
    },
    ProfilePage(String),
    StatusPage {
        name: String,
        id: i64,
    },
    TagPage(String),
    Conversation(i64),
}

/// What `address` is, if it is an address of the server at `base` that we make ourselves.
///
/// Names are not looked up, only checked for their grammar; paths are compared exactly, with no slash folded away.
pub fn parse(base: &str, address: &str) -> Option<Ours> {
    let url = web_address(address)?;
    if url.origin() != Url::parse(base).ok()?.origin() || url.query().is_some() {
        return None;
    }
    let segments: Vec<&str> = url.path_segments()?.collect();
    let fragment = url.fragment().map(|fragment| fragment.split('/').collect::<Vec<_>>());
    match (segments.as_slice(), fragment.as_deref()) {
        (["users", name], Some(fragment)) => part_of_actor(local_name(name)?, fragment),
        (segments, None) => page(segments),
        _ => None,
    }
}

fn part_of_actor(name: String, fragment: &[&str]) -> Option<Ours> {
    Some(match fragment {
        ["main-key"] => Ours::MainKey(name),
        ["follows", id] => Ours::Follow { name, id: number(id)? },
        ["likes", id] => Ours::Like { name, id: number(id)? },
        ["blocks", id] => Ours::Block { name, id: number(id)? },
        _ => return None,
    })
}

fn page(segments: &[&str]) -> Option<Ours> {
    Some(match segments {
        ["actor"] => Ours::InstanceActor,
        ["actor", "inbox"] => Ours::InstanceInbox,
        ["actor", "outbox"] => Ours::InstanceOutbox,
        ["inbox"] => Ours::SharedInbox,
        ["contexts", id] => Ours::Conversation(number(id)?),
        ["tags", tag] => Ours::TagPage(percent_encoding::percent_decode_str(tag).decode_utf8().ok()?.into_owned()),
        ["users", name, rest @ ..] => {
            let name = local_name(name)?;
            match rest {
                [] => Ours::Actor(name),
                ["inbox"] => Ours::Inbox(name),
                ["outbox"] => Ours::Outbox(name),
                ["followers"] => Ours::Followers(name),
                ["following"] => Ours::Following(name),
                ["collections", "featured"] => Ours::Featured(name),
                ["quote_requests", id] => Ours::QuoteRequest { name, id: number(id)? },
                ["quote_authorizations", id] => Ours::QuoteStamp { name, id: number(id)? },
                ["statuses", id] => Ours::Status { name, id: number(id)? },
                ["statuses", id, "activity"] => Ours::Activity { name, id: number(id)? },
                ["statuses", id, "replies"] => Ours::Replies { name, id: number(id)? },
                _ => return None,
            }
        }
        [name] => Ours::ProfilePage(local_name(name.strip_prefix('@')?)?),
        [name, id] => Ours::StatusPage { name: local_name(name.strip_prefix('@')?)?, id: number(id)? },
        _ => return None,
    })
}

fn local_name(name: &str) -> Option<String> {
    let fits =
        !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    fits.then(|| name.to_owned())
}

/// Digits only: `+1` or `007` would give one thing several names.
fn number(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| *number >= 0 && number.to_string() == text)
}

/// The registrable domain of `host`, after the public suffix list: `a.b.co.jp` belongs to `b.co.jp`. Addresses, and names
/// that are themselves public suffixes, are their own.
pub fn site(host: &str) -> String {
    let address = host.contains(':') || host.parse::<std::net::Ipv4Addr>().is_ok();
    let found = if address { None } else { psl::domain_str(host) };
    found.unwrap_or(host).to_owned()
}

/// Whether both are http(s) addresses with the same scheme, host and port.
pub fn same_origin(a: &str, b: &str) -> bool {
    match (web_address(a), web_address(b)) {
        (Some(a), Some(b)) => a.origin() == b.origin(),
        _ => false,
    }
}

/// An http(s) address that may be shown as a link; never proof of who owns what (rule F8).
pub fn web_address(text: &str) -> Option<Url> {
    // The URL parser forgives tabs, blanks around and backslashes; whoever compares the text instead would see another host.
    let odd = |char: char| char.is_control() || char.is_whitespace() || char == '\\';
    if text.len() > LONGEST || text.contains(odd) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.host_str().is_some_and(|host| !host.is_empty());
    (matches!(url.scheme(), "https" | "http") && plain).then_some(url)
}

/// Reads an id from outside (rules J10, A1): https (`development` admits http), at most [`LONGEST`] bytes, with a host,
/// without credentials or control characters. Keep the text itself as the key, not the parsed address.
pub fn valid_remote_id(text: &str, development: bool) -> Result<Url> {
    web_address(text)
        .filter(|url| development || url.scheme() == "https")
        .ok_or_else(|| Error::Malformed(format!("{:?} is no usable id", text.chars().take(200).collect::<String>())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://a.example";

    #[test]
    fn our_addresses_are_read_back() {
        let alice = actor(BASE, "alice");
        let post = status(&alice, 7);
        let name = || "alice".to_owned();
        for (address, expected) in [
            (alice.clone(), Ours::Actor(name())),
            (inbox(&alice), Ours::Inbox(name())),
            (outbox(&alice), Ours::Outbox(name())),
            (followers(&alice), Ours::Followers(name())),
            (following(&alice), Ours::Following(name())),
            (featured(&alice), Ours::Featured(name())),
            (main_key(&alice), Ours::MainKey(name())),
            (post.clone(), Ours::Status { name: name(), id: 7 }),
            (activity(&post), Ours::Activity { name: name(), id: 7 }),
            (boost(&alice, 8), Ours::Activity { name: name(), id: 8 }),
            (replies(&post), Ours::Replies { name: name(), id: 7 }),
            (quote_request(&alice, 7), Ours::QuoteRequest { name: name(), id: 7 }),
            (quote_stamp(&alice, 8), Ours::QuoteStamp { name: name(), id: 8 }),
            (follow(&alice, 9), Ours::Follow { name: name(), id: 9 }),
            (like(&alice, 9), Ours::Like { name: name(), id: 9 }),
            (block(&alice, 9), Ours::Block { name: name(), id: 9 }),
            (profile_page(BASE, "alice"), Ours::ProfilePage(name())),
            (status_page(BASE, "alice", 7), Ours::StatusPage { name: name(), id: 7 }),
            (tag_page(BASE, "長屋"), Ours::TagPage("長屋".to_owned())),
            (conversation(BASE, 7), Ours::Conversation(7)),
            (instance_actor(BASE), Ours::InstanceActor),
            (inbox(&instance_actor(BASE)), Ours::InstanceInbox),
            (outbox(&instance_actor(BASE)), Ours::InstanceOutbox),
            (shared_inbox(BASE), Ours::SharedInbox),
            ("HTTPS://A.example:443/users/alice".to_owned(), Ours::Actor(name())),
        ] {
            assert_eq!(parse(BASE, &address), Some(expected), "{address}");
        }
    }

    #[test]
    fn what_we_did_not_make_is_not_ours() {
        for address in [
            "https://b.example/users/alice",
            "http://a.example/users/alice",
            "https://a.example:8443/users/alice",
            "https://a.example/users/alice/",
            "https://a.example/users/alice?page=1",
            "https://a.example/users/al%69ce",
            "https://a.example/users/",
            "https://a.example/users/alice/statuses/07",
            "https://a.example/users/alice/statuses/+7",
            "https://a.example/users/alice/statuses/-7",
            "https://a.example/users/alice/statuses/7#x",
            "https://a.example/users/alice#follows/x",
            "https://a.example/",
            "https://a.example@b.example/users/alice",
            "/users/alice",
            "",
        ] {
            assert_eq!(parse(BASE, address), None, "{address}");
        }
    }

    #[test]
    fn j10_ids_from_outside_are_absolute_and_plain() {
        let long = format!("https://b.example/{}", "x".repeat(LONGEST));
        for (id, production, development) in [
            ("https://b.example/users/bob", true, true),
            ("https://b.example/%E6%97%A5", true, true),
            ("https://b.example/日本", true, true),
            ("http://127.0.0.2:3000/users/bob", false, true),
            ("https://bob:secret@b.example/", false, false),
            ("https://b.example/a b", false, false),
            (" https://b.example/", false, false),
            ("https://b.example/\t", false, false),
            ("https://b.example\\@c.example/", false, false),
            ("https:///x", true, true), // the URL standard reads the host `x`
            ("https://", false, false),
            ("ftp://b.example/", false, false),
            ("javascript:alert(1)", false, false),
            ("acct:bob@b.example", false, false),
            ("1", false, false),
            ("", false, false),
            (&long, false, false),
        ] {
            assert_eq!(valid_remote_id(id, false).is_ok(), production, "{id}");
            assert_eq!(valid_remote_id(id, true).is_ok(), development, "{id}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (a, b, expected) in [
            ("https://b.example/1", "https://B.EXAMPLE:443/2", true),
            ("https://b.example/", "http://b.example/", false),
            ("https://b.example/", "https://b.example:444/", false),
            ("https://b.example/", "https://c.b.example/", false),
            ("https://bücher.example/", "https://xn--bcher-kva.example/", true),
            ("data:x", "data:x", false),
        ] {
            assert_eq!(same_origin(a, b), expected, "{a} {b}");
        }
    }
}
