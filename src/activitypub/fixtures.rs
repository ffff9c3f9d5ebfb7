//! What other programs write, and what we understand of it: `tests/fixtures/<software>/*.json`, each with a snapshot beside it.
//!
//! The documents have the shapes that these programs send, with values of our own, or were captured; `_fixture` says what
//! each one shows and `SOURCE.md` what it follows. A new peer is a new file and a new line in both.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{actor, envelope, keys, note, poll, read};

macro_rules! understood {
    ($($test:ident: $reader:expr, $path:literal;)+) => {$(
        #[test]
        fn $test() {
            let document = include_str!(concat!("../../tests/fixtures/", $path, ".json"));
            let document = read::parse_document(document.as_bytes()).expect("a readable document");
            assert!(document["_fixture"].is_string() && read::has_context(&document));
            let (folder, name) = $path.split_once('/').expect("a folder and a file");
            insta::with_settings!({
                snapshot_path => format!("../../tests/fixtures/{folder}"), prepend_module_to_snapshot => false, omit_expression => true,
            }, { insta::assert_debug_snapshot!(name, $reader(&document)) });
        }
    )+};
}

understood! {
    an_actor_of_mastodon: actor, "mastodon/actor";
    q1_a_create_of_mastodon: activity_and_note, "mastodon/create_note";
    an_undo_of_mastodon: activity, "mastodon/undo_announce";
    q2_r5_a_policy_of_gotosocial: note, "gotosocial/note_policy";
    q2_r5_a_request_of_gotosocial: activity, "gotosocial/reply_request";
    q3_a_note_of_misskey: note, "misskey/note";
    q3_r3_a_reaction_of_misskey: activity, "misskey/like";
    q3_r4_an_edited_quote_of_sharkey: activity_and_note, "sharkey/update_note";
    a_note_of_pleroma: note, "pleroma/note";
    q4_a_chat_message_of_pleroma: activity_and_note, "pleroma/chat_message";
    q4_r4_a_quote_of_akkoma: note, "akkoma/note";
    q4_r3_a_reaction_of_akkoma: activity, "akkoma/emoji_react";
    q5_a_page_of_lemmy: note, "lemmy/page";
    q5_a_community_of_lemmy: actor, "lemmy/group";
    q5_r12_an_announced_create_of_lemmy: activity, "lemmy/announce_create_page";
    q5_a_dislike_of_lemmy: activity, "lemmy/dislike";
    q5_a_page_of_piefed: note, "piefed/page";
    q6_j7_a_video_of_peertube: note, "peertube/video";
    q6_a_view_of_peertube: activity, "peertube/view";
    a_photo_of_pixelfed: note, "pixelfed/note";
    q7_a_story_of_pixelfed: activity, "pixelfed/add_story";
    q8_an_article_of_wordpress: note, "wordpress/article";
    q8_an_author_of_wordpress: actor, "wordpress/actor";
    a_website_of_bridgy: actor, "bridgy/actor";
    q9_a_post_through_bridgy: activity_and_note, "bridgy/create_note";
    q10_a_quote_of_threads: activity_and_note, "threads/create_note";
    q11_a_page_of_friendica: activity_and_note, "friendica/create_page";
    q12_a_titled_note_of_hubzilla: activity_and_note, "hubzilla/create_note";
    q12_a_container_of_hubzilla: activity, "hubzilla/add_container";
    q14_a_note_of_hollo: activity_and_note, "hollo/create_note";
    q15_a_stream_of_owncast: activity_and_note, "owncast/create_note";
    q15_an_article_of_ghost: activity_and_note, "ghost/create_article";
    q15_a_topic_of_nodebb: note, "nodebb/note";
    q15_a_topic_of_discourse: note, "discourse/note";
    an_event_of_mobilizon: note, "mobilizon/event";
}

// What runs showed: captured between these servers and Nagaya.
understood! {
    q2_an_actor_of_gotosocial: actor, "gotosocial/actor";
    q2_an_accept_of_gotosocial: activity, "gotosocial/accept";
    q2_a_refusal_of_gotosocial: activity, "gotosocial/reject";
    q2_a_follow_of_gotosocial: activity, "gotosocial/follow";
    q2_an_undone_follow_of_gotosocial: activity, "gotosocial/undo_follow";
    q2_a_post_of_gotosocial: activity_and_note, "gotosocial/create_note";
    q2_a_picture_of_gotosocial: activity_and_note, "gotosocial/create_picture";
    q2_an_emoji_of_gotosocial: activity_and_note, "gotosocial/create_emoji";
    q2_a_warning_of_gotosocial: activity_and_note, "gotosocial/create_warned";
    q2_an_answer_of_gotosocial: activity_and_note, "gotosocial/create_reply";
    q2_a_direct_post_of_gotosocial: activity_and_note, "gotosocial/create_direct";
    q2_a_post_for_followers_of_gotosocial: activity_and_note, "gotosocial/create_followers";
    q2_a_poll_of_gotosocial: activity_and_note, "gotosocial/create_question";
    q2_r1_a_vote_of_gotosocial: vote, "gotosocial/vote";
    q2_an_edit_of_gotosocial: activity_and_note, "gotosocial/update_note";
    q2_a_counted_poll_of_gotosocial: activity_and_note, "gotosocial/update_question";
    q2_a_new_name_of_gotosocial: activity, "gotosocial/update_person";
    q2_a_deletion_of_gotosocial: activity, "gotosocial/delete";
    q2_a_like_of_gotosocial: activity, "gotosocial/like";
    q2_an_undone_like_of_gotosocial: activity, "gotosocial/undo_like";
    q2_a_boost_of_gotosocial: activity, "gotosocial/announce";
    q2_an_undone_boost_of_gotosocial: activity, "gotosocial/undo_announce";
    q2_a_report_of_gotosocial: activity, "gotosocial/flag";
    q2_a_block_of_gotosocial: activity, "gotosocial/block";
    q13_an_actor_of_snac: actor, "snac/actor";
    q13_an_accept_of_snac: activity, "snac/accept";
    q13_a_follow_of_snac: activity, "snac/follow";
    q13_an_undone_follow_of_snac: activity, "snac/undo_follow";
    q13_a_post_of_snac: activity_and_note, "snac/create_note";
    q13_a_picture_of_snac: activity_and_note, "snac/create_picture";
    q13_a_warning_of_snac: activity_and_note, "snac/create_warned";
    q13_an_answer_of_snac: activity_and_note, "snac/create_reply";
    q13_a_direct_post_of_snac: activity_and_note, "snac/create_direct";
    q13_a_post_for_followers_of_snac: activity_and_note, "snac/create_followers";
    q13_a_poll_of_snac: activity_and_note, "snac/create_question";
    q13_r1_a_vote_of_snac: vote, "snac/vote";
    q13_an_edit_of_snac: activity_and_note, "snac/update_note";
    q13_a_counted_poll_of_snac: activity_and_note, "snac/update_question";
    q13_a_new_name_of_snac: activity, "snac/update_person";
    q13_a_deletion_of_snac: activity, "snac/delete";
    q13_a_like_of_snac: activity, "snac/like";
    q13_an_undone_like_of_snac: activity, "snac/undo_like";
    q13_a_boost_of_snac: activity, "snac/announce";
    q13_an_undone_boost_of_snac: activity, "snac/undo_announce";
    an_actor_of_mitra: actor, "mitra/actor";
    an_accept_of_mitra: activity, "mitra/accept";
    a_refusal_of_mitra: activity, "mitra/reject";
    a_follow_of_mitra: activity, "mitra/follow";
    an_undone_follow_of_mitra: activity, "mitra/undo_follow";
    a_post_of_mitra: activity_and_note, "mitra/create_note";
    a_picture_of_mitra: activity_and_note, "mitra/create_picture";
    an_answer_of_mitra: activity_and_note, "mitra/create_reply";
    a_direct_post_of_mitra: activity_and_note, "mitra/create_direct";
    a_post_for_followers_of_mitra: activity_and_note, "mitra/create_followers";
    a_poll_of_mitra: activity_and_note, "mitra/create_question";
    r1_a_vote_of_mitra: vote, "mitra/vote";
    an_edit_of_mitra: activity_and_note, "mitra/update_note";
    a_counted_poll_of_mitra: activity_and_note, "mitra/update_question";
    a_new_name_of_mitra: activity, "mitra/update_person";
    a_deletion_of_mitra: activity, "mitra/delete";
    r3_a_reaction_of_mitra: activity, "mitra/like_emoji";
    a_like_of_mitra: activity, "mitra/like";
    an_undone_like_of_mitra: activity, "mitra/undo_like";
    a_boost_of_mitra: activity, "mitra/announce";
    an_undone_boost_of_mitra: activity, "mitra/undo_announce";
    a_pin_of_mitra: activity, "mitra/add_pin";
    a_pin_taken_off_of_mitra: activity, "mitra/remove_pin";
}

/// Every document names program, version and source in the `SOURCE.md` beside it.
#[test]
fn every_fixture_says_what_it_follows() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut programs = 0;
    for program in std::fs::read_dir(folder).expect("the fixtures").map(|entry| entry.expect("readable").path()) {
        let Ok(source) = std::fs::read_to_string(program.join("SOURCE.md")) else { continue };
        programs += 1;
        for file in std::fs::read_dir(&program).expect("a folder").map(|entry| entry.expect("readable").path()) {
            if file.extension().is_some_and(|kind| kind == "json") {
                let name = file.file_name().expect("a name").to_string_lossy().into_owned();
                let line = source.lines().find(|line| line.contains(&name));
                let line = line.unwrap_or_else(|| panic!("{} is not in its SOURCE.md", file.display()));
                assert!(line.split(": ").count() >= 3, "{name}: file, program and version, source: {line}");
                assert!(line.bytes().any(|byte| byte.is_ascii_digit()), "{name}: a version: {line}");
            }
        }
    }
    assert!(programs >= 12, "{programs} programs");
}

fn actor(document: &Value) -> actor::Actor {
    actor::read(document, false).expect("a readable actor")
}

fn note(document: &Value) -> note::Note {
    note::read(document, false).expect("a readable post")
}

/// The envelope, without the document in it.
fn activity(document: &Value) -> envelope::Activity {
    envelope::Activity { raw: Value::Null, ..envelope::read(document.clone(), false).expect("a readable activity") }
}

fn activity_and_note(document: &Value) -> (envelope::Activity, note::Note) {
    let whole = envelope::read(document.clone(), false).expect("a readable activity");
    let note = note(whole.own_object().expect("its own post"));
    (envelope::Activity { object: Value::Null, ..activity(document) }, note)
}

/// A vote, and whether it is seen as one.
fn vote(document: &Value) -> (note::Note, bool) {
    let (_, note) = activity_and_note(document);
    let seen = poll::is_vote(&note);
    (note, seen)
}

/// JSON that looks like a document: the names and types that the readers ask for, with any values.
fn any_document() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "id",
        "type",
        "actor",
        "object",
        "to",
        "cc",
        "attributedTo",
        "inbox",
        "preferredUsername",
        "name",
        "summary",
        "content",
        "contentMap",
        "url",
        "href",
        "icon",
        "image",
        "tag",
        "attachment",
        "publicKey",
        "publicKeyPem",
        "publicKeyMultibase",
        "assertionMethod",
        "owner",
        "endpoints",
        "sharedInbox",
        "mediaType",
        "width",
        "focalPoint",
        "blurhash",
        "published",
        "inReplyTo",
        "replies",
        "preview",
        "webfinger",
        "alsoKnownAs",
        "@value",
        "@language",
        "x",
    ]);
    let texts = prop::sample::select(vec![
        "",
        "https://b.example/1",
        "https://b.example/bob",
        "http://[::1",
        "Person",
        "Note",
        "Video",
        "Page",
        "Create",
        "Mention",
        "Hashtag",
        "Emoji",
        "Document",
        "Link",
        "PropertyValue",
        "Multikey",
        "text/html",
        "video/mp4",
        "bob",
        "@bob@b.example",
        "#長屋",
        ":x:",
        "2026-08-07T14:02:35Z",
        "-999999-01-01T00:00:00Z",
        "z6Mk",
        "<p>&",
        "-----BEGIN PUBLIC KEY-----",
        "\u{ff03}",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 96, 12, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..12).prop_map(|pairs| pairs
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    /// The second document has what each reader asks for first, so that it reads on.
    #[test]
    fn no_document_makes_a_reader_panic(document in any_document()) {
        let mut complete = document.clone();
        if let Value::Object(object) = &mut complete {
            for (key, value) in [
                ("id", "https://b.example/1"), ("actor", "https://b.example/bob"), ("attributedTo", "https://b.example/bob"),
                ("inbox", "https://b.example/inbox"), ("preferredUsername", "bob"),
            ] {
                object.insert(key.to_owned(), value.into());
            }
        }
        for document in [document, complete] {
            for kind in ["Person", "Note", "Video", "Page", "Create"] {
                let mut document = document.clone();
                if let Value::Object(object) = &mut document {
                    object.insert("type".to_owned(), kind.into());
                }
                let _ = actor::read(&document, true);
                let _ = note::read(&document, true);
                let _ = keys::fetched(&document, "https://b.example/1");
                if let Ok(activity) = envelope::read(document, true) {
                    let _ = (activity.object_id(), activity.object_ids(), activity.embedded(), activity.own_object());
                }
            }
        }
    }
}
