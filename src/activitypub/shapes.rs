//! T20: every property that the readers know, in every shape that JSON has, with what is understood of it; and documents
//! made to hurt.
//!
//! The golden results lie in `tests/fixtures/shapes/*.snap`: for each property and shape the lines in which the reading
//! differs from that of the plain document. Read such a change in review like code.

use serde_json::{Value, json};

use super::{actor, envelope, keys, note, parse, policy, poll, quote, read};

const URL: &str = "https://b.example/x";

/// Each property in each of these; absent is the first.
fn shapes() -> Vec<(&'static str, Option<Value>)> {
    let nested = (0..40).fold(json!(URL), |value, _| json!([value]));
    vec![
        ("absent", None),
        ("null", Some(json!(null))),
        ("true", Some(json!(true))),
        ("text true", Some(json!("true"))),
        ("zero", Some(json!(0))),
        ("negative", Some(json!(-1))),
        ("fraction", Some(json!(1.5))),
        ("huge", Some(json!(1e300))),
        ("empty text", Some(json!(""))),
        ("text", Some(json!("text"))),
        ("address", Some(json!(URL))),
        ("script", Some(json!("javascript:alert(1)"))),
        ("date", Some(json!("2026-08-07T14:02:35+09:00"))),
        ("empty object", Some(json!({}))),
        ("object with id", Some(json!({"id": URL}))),
        ("object with number", Some(json!({"id": 7}))),
        ("link", Some(json!({"type": "Link", "href": URL, "mediaType": "text/html"}))),
        ("value", Some(json!({"@value": "text", "@language": "ja"}))),
        ("empty list", Some(json!([]))),
        ("list of null", Some(json!([null, null]))),
        ("list of one", Some(json!([URL]))),
        ("mixed list", Some(json!([null, 7, "text", {"id": URL}, [URL]]))),
        ("nested lists", Some(nested)),
        ("map", Some(json!({"ja": "文", "en": "text"}))),
    ]
}

/// The reading of `base` with each property in each shape, as what differs from the reading of `base` itself.
fn golden(base: &Value, properties: &[&str], understand: impl Fn(&Value) -> String) -> String {
    let plain = understand(base);
    let known: Vec<&str> = plain.lines().collect();
    let mut golden = String::new();
    for property in properties {
        for (name, shape) in shapes() {
            let mut document = base.clone();
            let object = document.as_object_mut().expect("an object");
            match shape {
                Some(shape) => drop(object.insert((*property).to_owned(), shape)),
                None => drop(object.remove(*property)),
            }
            // As it would come: written, and read by the same parser as everything else.
            let document = parse::parse_document(document.to_string().as_bytes()).expect("readable");
            let found = understand(&document);
            let differing: Vec<&str> =
                found.lines().filter(|line| !known.contains(line)).map(str::trim).take(12).collect();
            let gone = known.iter().filter(|line| !found.lines().any(|other| other == **line)).count();
            golden += &format!("{property} {name}: -{gone} +{}\n", differing.join(" "));
        }
    }
    golden
}

fn check(name: &str, golden: &str) {
    assert!(golden.lines().count() >= 100, "{name} has few shapes");
    insta::with_settings!({
        snapshot_path => "../../tests/fixtures/shapes", prepend_module_to_snapshot => false, omit_expression => true,
    }, { insta::assert_snapshot!(name, golden) });
}

#[test]
fn t20_j2_an_activity_in_every_shape() {
    let base = json!({"id": "https://b.example/1", "type": "Like", "actor": "https://b.example/bob", "object": "https://a.example/1",
        "to": ["https://a.example/alice"], "published": "2026-08-07T14:02:35Z"});
    let understand = |document: &Value| match envelope::read(document.clone(), false) {
        Ok(activity) => {
            let inner =
                (activity.object_id().map(str::to_owned), activity.object_ids(), activity.own_object().is_some());
            let activity = envelope::Activity { raw: Value::Null, ..activity };
            format!("{activity:#?}\n{inner:?}")
        }
        Err(error) => error.to_string(),
    };
    check(
        "activity",
        &golden(&base, &["id", "type", "actor", "object", "target", "to", "cc", "published"], understand),
    );
}

#[test]
fn t20_j2_a_post_in_every_shape() {
    let base = json!({"id": "https://b.example/1", "type": "Note", "attributedTo": "https://b.example/bob", "content": "<p>Hi</p>",
        "to": ["https://a.example/alice"], "published": "2026-08-07T14:02:35Z", "url": "https://b.example/@bob/1"});
    let understand = |document: &Value| match note::read(document, false) {
        Ok(note) => format!("{note:#?}"),
        Err(error) => error.to_string(),
    };
    let properties = [
        "id",
        "type",
        "attributedTo",
        "content",
        "contentMap",
        "summary",
        "name",
        "sensitive",
        "published",
        "updated",
        "url",
        "inReplyTo",
        "context",
        "conversation",
        "replies",
        "to",
        "cc",
        "tag",
        "attachment",
        "quote",
        "quoteUrl",
        "audience",
        "interactionPolicy",
    ];
    check("post", &golden(&base, &properties, understand));
}

#[test]
fn t20_j2_an_actor_in_every_shape() {
    let base = json!({"id": "https://b.example/bob", "type": "Person", "preferredUsername": "bob", "inbox": "https://b.example/bob/inbox",
        "publicKey": {"id": "https://b.example/bob#main-key", "owner": "https://b.example/bob", "publicKeyPem": "x"}});
    let understand = |document: &Value| match actor::read(document, false) {
        Ok(actor) => format!("{actor:#?}"),
        Err(error) => error.to_string(),
    };
    let properties = [
        "id",
        "type",
        "preferredUsername",
        "inbox",
        "outbox",
        "followers",
        "following",
        "featured",
        "endpoints",
        "name",
        "summary",
        "url",
        "icon",
        "image",
        "attachment",
        "publicKey",
        "assertionMethod",
        "alsoKnownAs",
        "movedTo",
        "manuallyApprovesFollowers",
        "discoverable",
        "indexable",
        "memorial",
        "suspended",
        "published",
        "webfinger",
        "tag",
        "attributionDomains",
    ];
    check("actor", &golden(&base, &properties, understand));
}

#[test]
fn t20_j2_a_poll_in_every_shape() {
    let base =
        json!({"type": "Question", "oneOf": [{"type": "Note", "name": "tea"}], "endTime": "2026-08-07T14:02:35Z"});
    let understand = |document: &Value| format!("{:#?}", poll::read(document));
    check("poll", &golden(&base, &["type", "oneOf", "anyOf", "endTime", "closed", "votersCount"], understand));
}

/// Documents made to hurt: read or refused without a panic, and without work beyond their length.
#[test]
fn t20_j1_documents_made_to_hurt_are_read_or_refused() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000)).into_bytes();
    let long = "k".repeat(1_000_000);
    let many: String = (0..50_000).map(|number| format!("\"k{number}\":{number},")).collect();
    let cases: Vec<(&str, Vec<u8>, bool)> = vec![
        ("100,000 lists", deep("[", "]"), false),
        ("100,000 objects", deep("{\"a\":", "}"), false),
        (
            "100,000 objects below a keyword",
            format!("{{\"@graph\":{}}}", String::from_utf8(deep("{\"a\":", "}")).expect("text")).into_bytes(),
            true,
        ),
        ("a list that never ends", b"[".repeat(200_000), false),
        ("a key of a megabyte", format!("{{\"{long}\":1}}").into_bytes(), true),
        ("a text of a megabyte", format!("{{\"content\":\"{long}\"}}").into_bytes(), true),
        ("a number of a megabyte", format!("{{\"a\":{}}}", "9".repeat(1_000_000)).into_bytes(), false),
        ("a number out of range", b"{\"a\":1e999}".to_vec(), false),
        ("many keys", format!("{{{many}\"z\":1}}").into_bytes(), true),
        ("one key often", format!("{{{}\"z\":1}}", "\"id\":1,".repeat(50_000)).into_bytes(), true),
        ("a lone surrogate", br#"{"a":"\ud800"}"#.to_vec(), false),
        ("surrogates in the wrong order", br#"{"a":"\udc00\ud800"}"#.to_vec(), false),
        ("a lone surrogate in a name", br#"{"\udfff":1}"#.to_vec(), false),
        ("a surrogate in UTF-8", b"{\"a\":\"\xed\xa0\x80\"}".to_vec(), false),
        ("a pair", br#"{"a":"\ud83c\udf75"}"#.to_vec(), true),
        ("half a document", br#"{"a":{"b":"#.to_vec(), false),
        ("two documents", b"{}{}".to_vec(), false),
        ("nothing", Vec::new(), false),
    ];
    for (name, bytes, expected) in cases {
        let found = parse::parse_document(&bytes);
        assert_eq!(found.is_ok(), expected, "{name}: {:?}", found.err().map(|error| error.to_string()));
        let Ok(document) = found else { continue };
        // What is kept is no more than what came, and every reader takes it.
        assert!(nodes(&document) <= bytes.len(), "{name}");
        let mut complete = document.clone();
        for (key, value) in [
            ("id", "https://b.example/1"),
            ("actor", "https://b.example/bob"),
            ("attributedTo", "https://b.example/bob"),
            ("inbox", "https://b.example/inbox"),
            ("preferredUsername", "bob"),
        ] {
            complete[key] = json!(value);
        }
        for kind in ["Note", "Question", "Article", "Person", "Create", "QuoteAuthorization"] {
            complete["type"] = json!(kind);
            let _ = (
                note::read(&complete, true),
                actor::read(&complete, true),
                poll::read(&complete),
                quote::stamp(&complete),
            );
            let _ = (envelope::read(complete.clone(), true), policy::of(&complete), keys::fetched(&complete, URL));
        }
    }
}

/// A deep document is refused at the depth where it becomes too deep, not at its end.
#[test]
fn t20_what_is_too_deep_is_not_read_to_its_end() {
    let bytes = b"[".repeat(1_000_000);
    let error = parse::parse_document(&[b"{\"a\":".as_slice(), &bytes].concat()).expect_err("too deep").to_string();
    let column: usize = error.rsplit("column ").next().and_then(|end| end.trim().parse().ok()).expect("a place");
    assert!(column <= 2 * read::DEPTH + 10, "{error}");
}

fn nodes(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(nodes).sum::<usize>(),
        Value::Object(object) => 1 + object.values().map(nodes).sum::<usize>(),
        _ => 1,
    }
}
