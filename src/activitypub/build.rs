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
mod emoji;
mod interaction;
mod note;
mod quote;

pub use activities::{
    Follow, Pinned, accept, add_pin, announce, block, create, delete, delete_actor, flag, follow, like, react, reject,
    relocate, remove_pin, undo, update_actor, update_note, update_tallies, vote,
};
pub use actor::{Actor, Picture, actor, instance_actor, stub};
pub use collections::{
    Page, conversation, ordered_collection, ordered_collection_of, ordered_collection_page, replies, replies_page,
};
pub use emoji::{Emoji, emoji};
pub use interaction::{
    InteractionRequest, accept_interaction, authorized, instrument, interaction_authorization, interaction_request,
    reject_interaction,
};
pub use note::{Hashtag, Note, Poll, Quoted, note, tombstone};
/// The name of RFC 9421 among the things that a server implements.
pub const RFC_9421: &str = "https://datatracker.ietf.org/doc/html/rfc9421";

pub use quote::{
    QuoteRequest, accept_quote, delete_quote_authorization, quote_authorization, quote_request, reject_quote,
};

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

    fn an_emoji() -> Emoji {
        Emoji {
            id: Some(ids::emoji(BASE, "blob")),
            name: "blob".into(),
            url: "https://a.example/media/2.png".into(),
            media_type: Some("image/png".into()),
            updated: Some(AT),
        }
    }

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
            emojis: vec![an_emoji()],
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
            quote: Some(Quoted {
                uri: "https://b.example/2".into(),
                deleted: false,
                stamp: Some("https://b.example/stamps/2".into()),
            }),
            reply_stamp: None,
            audience: None,
            can_quote: vec![PUBLIC.to_owned()],
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
            show_media: true,
            show_replies_in_media: false,
            show_featured: true,
            attribution_domains: vec!["blog.example".into()],
            emojis: vec![an_emoji()],
            proof_key: Some("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2".into()),
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
            quote: None,
            emojis: Vec::new(),
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
        insta::assert_json_snapshot!(instance_actor(BASE, "a.example", &an_actor().public_key_pem, None));
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
        let quote = note.quote.expect("read");
        assert_eq!((quote.uri.as_str(), quote.legacy), ("https://b.example/2", false));
        assert_eq!(quote.stamp.as_deref(), Some("https://b.example/stamps/2"));
        assert_eq!(note.can_quote.expect("read").automatic, [PUBLIC]);
        assert_eq!((note.hashtags, note.sensitive), (vec!["長屋".to_owned()], true));
        let blob = vec![("blob".to_owned(), "https://a.example/media/2.png".to_owned())];
        assert_eq!(note.emojis, blob);

        let written = an_actor();
        let actor = read_actor::read(&actor(&written), false).expect("readable");
        assert_eq!((actor.id, actor.username, actor.name), (written.id, written.username, written.name));
        assert_eq!((actor.fields, actor.webfinger), (written.fields, written.webfinger));
        assert_eq!((actor.icon, actor.icon_description), (written.icon.map(|icon| icon.url), "my icon".to_owned()));
        assert_eq!(actor.shared_inbox, Some(written.shared_inbox));
        assert_eq!(actor.public_keys[0].pem, written.public_key_pem);
        assert_eq!(actor.emojis, blob);
        assert_eq!((actor.locked, actor.discoverable, actor.indexable), (true, Some(true), false));
        assert_eq!((actor.also_known_as, actor.published), (written.also_known_as, Some(AT.midnight())));
    }

    fn a_request() -> QuoteRequest {
        QuoteRequest {
            id: "https://b.example/q/1".into(),
            actor: "https://b.example/users/bob".into(),
            object: ids::status(&ids::actor(BASE, "alice"), 7),
            instrument: "https://b.example/3".into(),
        }
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
            ("react", react(&ids::reaction(&alice, 6), &alice, post, ":blob:", Some(&an_emoji()))),
            ("update_tallies", update_tallies(&a_note(), AT)),
            ("vote", vote(&ids::vote(&alice, 5), &alice, bob, post, "tea")),
            ("quote_request", quote_request(&ids::quote_request(&alice, 9), bob, post, &a_note())),
            (
                "accept_quote",
                accept_quote(&ids::accept_quote(&alice, 9), &alice, &a_request(), &ids::quote_stamp(&alice, 9)),
            ),
            ("reject_quote", reject_quote(&ids::reject_quote(&alice, 9), &alice, &a_request())),
            (
                "delete_stamp",
                delete_quote_authorization(
                    &ids::quote_stamp(&alice, 9),
                    &alice,
                    "https://b.example/3",
                    &ids::status(&alice, 7),
                ),
            ),
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
            short("delete_actor"),
            short("accept_quote"),
            short("delete_stamp")
        ]));
    }

    #[test]
    fn r16_r17_answers_and_undo_embed_the_follow_exactly_as_it_was() {
        let alice = ids::actor(BASE, "alice");
        // Ids that nobody would write himself: they come back as they came.
        let received = Follow {
            id: "https://b.example/f/1?x=Y#z".into(),
            actor: "https://b.example/users/bob/".into(),
            object: alice.clone(),
        };
        let inner = json!({"id": received.id, "type": "Follow", "actor": received.actor, "object": received.object});
        for answer in [accept(&ids::accept(&alice, 2), &received), reject(&ids::reject(&alice, 2), &received)] {
            assert_eq!(answer["object"], inner, "{answer}");
        }
        let sent = Follow { id: ids::follow(&alice, 1), actor: alice, object: "https://b.example/users/bob".into() };
        let undone = undo(&follow(&sent));
        for (key, value) in
            [("id", &sent.id), ("type", &"Follow".to_owned()), ("actor", &sent.actor), ("object", &sent.object)]
        {
            assert_eq!(undone["object"][key], **value, "{key}");
        }
    }

    #[test]
    fn r5_requests_answers_and_proofs_are_read_back() {
        use crate::activitypub::policy::Deed;
        let (alice, bob) = (ids::actor(BASE, "alice"), "https://b.example/users/bob");
        let post = ids::status(&alice, 7);
        for deed in Deed::ALL {
            let like = like(&ids::like(&alice, 3), &alice, "https://b.example/1");
            let asked = interaction_request(
                deed,
                &ids::interaction_request(&alice, 1),
                &alice,
                bob,
                "https://b.example/1",
                &like,
            );
            let activity = envelope::read(asked, false).expect("readable");
            assert_eq!(
                (activity.kind.as_str(), read::id(&activity.raw, "instrument")),
                (deed.request(), Some(ids::like(&alice, 3).as_str()))
            );
            let request = InteractionRequest {
                deed,
                id: "https://b.example/r/1".into(),
                actor: bob.into(),
                object: post.clone(),
                instrument: "https://b.example/l/1".into(),
            };
            let stamp = ids::interaction_stamp(&alice, 5);
            let yes = accept_interaction(&ids::interaction_answer(&alice, 6), &alice, &request, &stamp);
            assert_eq!(
                (&yes["result"], &yes["object"]["id"], &yes["object"]["type"]),
                (&json!(stamp), &json!("https://b.example/r/1"), &json!(deed.request()))
            );
            assert!(reject_interaction(&ids::interaction_answer(&alice, 6), &alice, &request).get("result").is_none());
            let proof = interaction_authorization(deed, &stamp, &alice, "https://b.example/l/1", &post);
            assert_eq!(
                (&proof["type"], &proof["interactingObject"]),
                (&json!(deed.authorization()), &json!("https://b.example/l/1"))
            );
            assert_eq!(authorized(like.clone(), deed, &stamp)[deed.property()], json!(stamp));
        }
        let answered = note(&Note {
            reply_stamp: Some("https://b.example/s".into()),
            audience: Some("https://b.example/c/x".into()),
            ..a_note()
        });
        assert_eq!(
            (&answered["replyAuthorization"], &answered["audience"]),
            (&json!("https://b.example/s"), &json!("https://b.example/c/x"))
        );
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
            replies(
                &ids::replies(&ids::status(&alice, 7)),
                "https://a.example/first",
                vec!["https://a.example/2".into()],
                None
            ),
            conversation(&ids::conversation(BASE, 7), &alice, 2, "https://a.example/contexts/7?page=1"),
            tombstone(&ids::status(&alice, 7)),
        ]));
    }
}
