//! Our documents: plain values in, JSON out. Reading them back with the readers next door gives what went in.
//!
//! `to` and `cc` are always lists, the public collection is always spelled out, and `@context` names only the terms that the
//! document uses. Times go out as we store them, in milliseconds; an actor's birth only as a day.
//!
//! Spec: ActivityPub, https://www.w3.org/TR/activitypub/; names and shapes as Mastodon sends them, since that is what
//! everybody reads.

mod activities;
mod actor;
mod collections;
mod context;
mod note;

pub use activities::{
    Follow, Pinned, accept, add_pin, announce, block, create, delete, delete_actor, follow, like, react, reject,
    remove_pin, undo, update_actor, update_note, update_tallies, vote,
};
pub use actor::{Actor, Picture, actor, instance_actor};
pub use collections::{Page, ordered_collection, ordered_collection_of, ordered_collection_page, replies};
pub use note::{Hashtag, Note, Poll, note, tombstone};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::activitypub::audience::{PUBLIC, Visibility};
    use crate::activitypub::note::{Attachment, Mention};
    use crate::activitypub::{actor as read_actor, envelope, ids, note as read_note, poll as read_poll, read};
    use crate::clock::Time;

    const BASE: &str = "https://a.example";
    const AT: Time = Time(1_786_111_355_123);

    fn a_note() -> Note {
        let alice = ids::actor(BASE, "alice");
        let bob = "https://b.example/users/bob";
        let (to, cc) = Visibility::Public.address(&ids::followers(&alice), &[bob.to_owned()]);
        Note {
            id: ids::status(&alice, 7),
            url: ids::status_page(BASE, "alice", 7),
            actor: alice,
            content: "<p>hello</p>".into(),
            language: Some("en".into()),
            summary: "warning".into(),
            sensitive: true,
            in_reply_to: Some("https://b.example/1".into()),
            published: AT,
            updated: Some(AT),
            to,
            cc,
            conversation: Some(ids::conversation(BASE, 7)),
            mentions: vec![Mention { href: bob.into(), name: "@bob@b.example".into() }],
            hashtags: vec![Hashtag { name: "長屋".into(), href: ids::tag_page(BASE, "長屋") }],
            attachments: vec![Attachment {
                url: "https://a.example/media/1.png".into(),
                media_type: Some("image/png".into()),
                name: "a cat".into(),
                blurhash: Some("LEHV6nWB2yk8pyo0adR*.7kCMdnj".into()),
                width: Some(640),
                height: Some(480),
                focal_point: Some((0.5, -0.25)),
            }],
            poll: None,
        }
    }

    fn an_actor() -> Actor {
        let picture = |name: &str| Picture {
            url: format!("https://a.example/media/{name}"),
            media_type: "image/png".into(),
            description: format!("my {name}"),
        };
        Actor {
            id: ids::actor(BASE, "alice"),
            kind: "Person".into(),
            username: "alice".into(),
            name: "Alice".into(),
            summary_html: "<p>hi</p>".into(),
            url: ids::profile_page(BASE, "alice"),
            shared_inbox: ids::shared_inbox(BASE),
            public_key_pem: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".into(),
            webfinger: Some("alice@a.example".into()),
            locked: true,
            discoverable: true,
            indexable: false,
            memorial: false,
            suspended: false,
            published: Some(AT),
            fields: vec![("Web".into(), "<a href=\"https://a.example\">a</a>".into())],
            icon: Some(picture("icon")),
            image: Some(picture("image")),
            also_known_as: vec!["https://old.example/alice".into()],
            moved_to: None,
        }
    }

    #[test]
    fn a_note_is_what_everybody_reads() {
        insta::assert_json_snapshot!(create(&a_note()));
        let bare = Note {
            summary: String::new(),
            language: None,
            mentions: Vec::new(),
            hashtags: Vec::new(),
            attachments: Vec::new(),
            in_reply_to: None,
            updated: None,
            conversation: None,
            ..a_note()
        };
        insta::assert_json_snapshot!(note(&bare));
    }

    #[test]
    fn a_poll_is_a_question_that_is_read_back() {
        let options = vec![("tea".to_owned(), Some(2)), ("coffee".to_owned(), None)];
        for (multiple, closed) in [(false, false), (true, true)] {
            let poll = Poll { options: options.clone(), multiple, ends: Some(AT), closed, voters: 2 };
            let document = note(&Note { poll: Some(poll), ..a_note() });
            assert_eq!(document["type"], "Question");
            assert_eq!(document["closed"].is_string(), closed);
            assert!(document["@context"].to_string().contains("toot:votersCount"));
            let read = read_poll::read(&document).expect("readable");
            assert_eq!(read.options, [("tea".to_owned(), Some(2)), ("coffee".to_owned(), None)]);
            assert_eq!((read.multiple, read.ends, read.voters), (multiple, Some(AT), Some(2)));
        }
        let alice = ids::actor(BASE, "alice");
        let vote = vote(&ids::vote(&alice, 5), &alice, "https://b.example/users/bob", "https://b.example/1", "tea");
        let activity = envelope::read(vote, false).expect("readable");
        let ballot = read_note::read(activity.own_object().expect("our own"), false).expect("readable");
        assert!(read_poll::is_vote(&ballot));
        assert_eq!((ballot.name.as_str(), ballot.in_reply_to.as_deref()), ("tea", Some("https://b.example/1")));
    }

    #[test]
    fn an_actor_is_what_everybody_reads() {
        insta::assert_json_snapshot!(actor(&an_actor()));
        insta::assert_json_snapshot!(instance_actor(BASE, "a.example", &an_actor().public_key_pem));
    }

    #[test]
    fn what_we_write_we_read_back() {
        let written = a_note();
        let activity = envelope::read(create(&written), false).expect("readable");
        assert_eq!(activity.id.as_deref(), Some(ids::activity(&written.id).as_str()));
        assert_eq!((&activity.to, &activity.cc), (&written.to, &written.cc));
        let note = read_note::read(activity.own_object().expect("our own"), false).expect("readable");
        assert_eq!((note.id, note.content_html, note.summary), (written.id, written.content, written.summary));
        assert_eq!((note.language, note.url), (written.language, Some(written.url)));
        assert_eq!((note.published, note.updated), (Some(AT), Some(AT)));
        assert_eq!((note.in_reply_to, note.conversation), (written.in_reply_to, written.conversation));
        assert_eq!((note.mentions, note.attachments), (written.mentions, written.attachments));
        assert_eq!((note.hashtags, note.sensitive), (vec!["長屋".to_owned()], true));

        let written = an_actor();
        let actor = read_actor::read(&actor(&written), false).expect("readable");
        assert_eq!((actor.id, actor.username, actor.name), (written.id, written.username, written.name));
        assert_eq!((actor.fields, actor.webfinger), (written.fields, written.webfinger));
        assert_eq!((actor.icon, actor.icon_description), (written.icon.map(|icon| icon.url), "my icon".to_owned()));
        assert_eq!(actor.shared_inbox, Some(written.shared_inbox));
        assert_eq!(actor.public_keys[0].pem, written.public_key_pem);
        assert_eq!((actor.locked, actor.discoverable, actor.indexable), (true, Some(true), false));
        assert_eq!((actor.also_known_as, actor.published), (written.also_known_as, Some(AT.midnight())));
    }

    #[test]
    fn every_activity_has_an_id_an_actor_and_the_context() {
        let alice = ids::actor(BASE, "alice");
        let (bob, post) = ("https://b.example/users/bob", "https://b.example/1");
        let follow_of_bob = Follow { id: ids::follow(&alice, 1), actor: alice.clone(), object: bob.into() };
        let to = || vec![PUBLIC.to_owned()];
        let boost = announce(&ids::boost(&alice, 8), &alice, post, AT, &to(), &[ids::followers(&alice)]);
        let pinned =
            Pinned { actor: &alice, object: &ids::status(&alice, 7), at: AT, to: &to(), cc: &[ids::followers(&alice)] };
        let documents = [
            ("add_pin", add_pin(&pinned)),
            ("remove_pin", remove_pin(&pinned)),
            ("follow", follow(&follow_of_bob)),
            (
                "accept",
                accept(
                    &ids::accept(&alice, 2),
                    &Follow { id: "https://b.example/f/1".into(), actor: bob.into(), object: alice.clone() },
                ),
            ),
            (
                "reject",
                reject(
                    &ids::reject(&alice, 2),
                    &Follow { id: "https://b.example/f/1".into(), actor: bob.into(), object: alice.clone() },
                ),
            ),
            ("undo_follow", undo(&follow(&follow_of_bob))),
            ("like", like(&ids::like(&alice, 3), &alice, post)),
            ("block", block(&ids::block(&alice, 4), &alice, bob)),
            ("announce", boost.clone()),
            ("undo_announce", undo(&boost)),
            ("update_note", update_note(&a_note())),
            ("react", react(&ids::reaction(&alice, 6), &alice, post, "👍")),
            ("update_tallies", update_tallies(&a_note(), AT)),
            ("vote", vote(&ids::vote(&alice, 5), &alice, bob, post, "tea")),
            ("update_actor", update_actor(&an_actor(), AT)),
            ("delete", delete(&alice, &ids::status(&alice, 7), &to(), &[])),
            ("delete_actor", delete_actor(&alice)),
        ];
        for (name, document) in &documents {
            assert!(read::has_context(document), "{name}");
            let activity = envelope::read(document.clone(), false).expect(name);
            assert!(activity.id.is_some_and(|id| id.starts_with(BASE)), "{name}");
            assert_eq!((activity.actor.as_str(), activity.object.is_null()), (alice.as_str(), false), "{name}");
            for field in ["to", "cc"] {
                assert!(document.get(field).is_none_or(serde_json::Value::is_array), "{name} {field}");
            }
        }
        let short = |name: &str| {
            let found = documents.iter().find(|(known, _)| *known == name).map(|(_, document)| document.clone());
            found.expect("built above")
        };
        insta::assert_json_snapshot!(json!([
            short("accept"),
            short("undo_follow"),
            short("undo_announce"),
            short("delete"),
            short("delete_actor")
        ]));
    }

    #[test]
    fn collections_are_what_everybody_reads() {
        let alice = ids::actor(BASE, "alice");
        let outbox = ids::outbox(&alice);
        let page = Page {
            id: format!("{outbox}?page=true"),
            part_of: outbox.clone(),
            items: vec![json!("https://a.example/1")],
            next: Some(format!("{outbox}?page=true&max_id=1")),
            prev: None,
        };
        insta::assert_json_snapshot!(json!([
            ordered_collection(&outbox, 2, Some(&page.id)),
            ordered_collection(&ids::followers(&alice), 2, None),
            ordered_collection_of(&ids::featured(&alice), vec![json!("https://a.example/1")]),
            ordered_collection_page(page),
            replies(&ids::replies(&ids::status(&alice, 7)), vec!["https://a.example/2".into()], None),
            tombstone(&ids::status(&alice, 7)),
        ]));
    }
}
