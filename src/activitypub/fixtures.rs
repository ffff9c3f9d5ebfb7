//! What other programs write, and what we understand of it: `tests/fixtures/<software>/*.json`, each with a snapshot beside it.
//!
//! The documents are written by hand in the shapes that these programs send; `_fixture` says what each one shows. A new peer
//! is a new file and a new line here.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{actor, envelope, keys, note, read};

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
    a_create_of_mastodon: activity_and_note, "mastodon/create_note";
    an_undo_of_mastodon: activity, "mastodon/undo_announce";
    an_actor_of_gotosocial: actor, "gotosocial/actor";
    an_accept_of_gotosocial: activity, "gotosocial/accept";
    a_note_of_misskey: note, "misskey/note";
    a_reaction_of_misskey: activity, "misskey/like";
    a_note_of_pleroma: note, "pleroma/note";
    a_page_of_lemmy: note, "lemmy/page";
    a_community_of_lemmy: actor, "lemmy/group";
    a_video_of_peertube: note, "peertube/video";
    a_photo_of_pixelfed: note, "pixelfed/note";
    an_article_of_wordpress: note, "wordpress/article";
    a_website_of_bridgy: actor, "bridgy/actor";
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
