//! Both schemes: round trips, the standards' own examples, forgeries and oddities.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test panics; the counts are for notes")]

mod rules;

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    Ed25519KeyPair, KeyPair, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_SHA512, RsaKeyPair,
    UnparsedPublicKey,
};
use proptest::prelude::*;

use super::*;

const NOW: Time = Time(1_786_111_355_000);
const KEY_ID: &str = "https://peer.example/users/alice#main-key";
const INBOX: &str = "/users/bob/inbox?via=x";
const BODY: &[u8] = br#"{"type":"Like"}"#;

/// Making a key takes a second in a debug build.
static KEYS: LazyLock<[(String, String); 2]> = LazyLock::new(|| [generate().unwrap(), generate().unwrap()]);

fn ours() -> Vec<String> {
    vec!["here.example".into(), "127.0.0.1:4001".into()]
}

fn public() -> PublicKey {
    PublicKey::from_pem(&KEYS[0].1).unwrap()
}

fn private() -> PrivateKey {
    PrivateKey::from_pem(&KEYS[0].0).unwrap()
}

/// A request as it arrives.
#[derive(Clone, Debug)]
struct Letter {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Letter {
    /// An unsigned POST with everything one may want to cover.
    fn post() -> Self {
        let letter = Self { method: "POST", target: INBOX.into(), headers: Vec::new(), body: BODY.to_vec() };
        letter
            .with("Host", "here.example")
            .with("Date", &NOW.http_date())
            .with("Digest", &digest::legacy(BODY))
            .with("Content-Digest", &digest::content(BODY))
            .with("Content-Type", "application/activity+json")
    }

    fn get() -> Self {
        Self { method: "GET", body: Vec::new(), ..Self::post() }.without("digest").without("content-digest")
    }

    /// Signed by [`sign`] itself.
    fn signed(scheme: Scheme, method: &'static str) -> Self {
        let body = (method == "POST").then_some(("application/activity+json", BODY));
        Self::signed_to(scheme, method, &format!("https://here.example{INBOX}"), body, NOW)
    }

    fn signed_to(scheme: Scheme, method: &'static str, url: &str, body: Option<(&str, &[u8])>, now: Time) -> Self {
        let url = Url::parse(url).unwrap();
        let outgoing = Outgoing { method, url: &url, accept: "application/activity+json", body };
        let headers = sign(scheme, KEY_ID, &private(), &outgoing, now).unwrap();
        Self {
            method,
            target: url[Position::BeforePath..Position::AfterQuery].to_owned(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: body.map(|(_, body)| body.to_vec()).unwrap_or_default(),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    fn set(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    fn edit(mut self, name: &str, from: &str, to: &str) -> Self {
        for (known, value) in &mut self.headers {
            if known.eq_ignore_ascii_case(name) {
                assert!(value.contains(from), "{name} has no {from}: {value}");
                *value = value.replace(from, to);
            }
        }
        self
    }

    fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    fn target(mut self, target: &str) -> Self {
        self.target = target.to_owned();
        self
    }

    fn value(&self, name: &str) -> String {
        let values: Vec<_> =
            self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim()).collect();
        values.join(", ")
    }

    /// The old scheme by hand: `extra` are further parameters, `covered` the names; the base is built independently.
    fn old(self, extra: &str, covered: &str) -> Self {
        self.old_by(extra, covered, |base| private().sign(base).unwrap())
    }

    fn old_by(self, extra: &str, covered: &str, signer: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let target = self.target.clone();
        self.old_over(extra, covered, &target, signer)
    }

    fn old_over(self, extra: &str, covered: &str, target: &str, signer: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let parameter = |name: &str| {
            let (_, rest) = extra.split_once(&format!("{name}=")).unwrap();
            rest.split(',').next().unwrap().trim_matches('"').to_owned()
        };
        let lines: Vec<_> = covered
            .split(' ')
            .map(|name| match name {
                "(request-target)" => format!("{name}: {} {target}", self.method.to_lowercase()),
                "(created)" => format!("{name}: {}", parameter("created")),
                "(expires)" => format!("{name}: {}", parameter("expires")),
                _ => format!("{}: {}", name.to_lowercase(), self.value(name)),
            })
            .collect();
        let signature = key::encode(&signer(lines.join("\n").as_bytes()));
        let comma = if extra.is_empty() { "" } else { "," };
        let value = format!(r#"keyId="{KEY_ID}",{extra}{comma}headers="{covered}",signature="{signature}""#);
        self.with("Signature", &value)
    }

    /// The new scheme by hand: `lines` is the base without its last line, `input` the member's value.
    fn fresh(self, lines: &str, input: &str) -> Self {
        self.new_by(lines, input, |base| private().sign(base).unwrap())
    }

    fn new_by(self, lines: &str, input: &str, signer: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let signature = key::encode(&signer(format!("{lines}\"@signature-params\": {input}").as_bytes()));
        self.with("Signature-Input", &format!("sig1={input}")).with("Signature", &format!("sig1=:{signature}:"))
    }

    fn judge(&self, key: &PublicKey) -> Result<(), Refusal> {
        let presented = parse(self.method, &self.target, &self.headers, &self.body)?;
        // What is stored and read again must judge the same.
        let presented: Presented = serde_json::from_str(&serde_json::to_string(&presented).unwrap()).unwrap();
        presented.check(&ours(), NOW)?;
        if presented.verify(key) { Ok(()) } else { Err(Refusal::Mismatch) }
    }
}

const POST_ALL: &str = "(request-target) host date digest content-type";
const LINES: &str = "\"@method\": POST\n\"@target-uri\": https://here.example/users/bob/inbox?via=x\n";

/// The base lines and the parameters of a good RFC 9421 POST.
fn good_new() -> (String, String) {
    let lines = format!("{LINES}\"content-digest\": {}\n", digest::content(BODY));
    (lines, format!(r#"("@method" "@target-uri" "content-digest");created={};keyid="{KEY_ID}""#, NOW.seconds()))
}

fn hours(hours: i64) -> Time {
    Time(NOW.0 + hours * 3_600_000)
}

#[test]
fn what_we_sign_we_accept() {
    for scheme in [Scheme::Cavage, Scheme::Rfc9421] {
        for method in ["GET", "POST"] {
            let letter = Letter::signed(scheme, method);
            assert_eq!(letter.judge(&public()), Ok(()), "{scheme:?} {method}: {letter:?}");
            let presented = parse(method, &letter.target, &letter.headers, &letter.body).unwrap();
            assert_eq!((presented.key_id(), presented.scheme()), (KEY_ID, scheme));
            assert_eq!(presented.created(), Some(NOW));
        }
    }
    let dev = Letter::signed_to(Scheme::Rfc9421, "GET", "http://127.0.0.1:4001/users/bob", None, NOW);
    assert_eq!(dev.judge(&public()), Ok(()));
    let dev = Letter::signed_to(Scheme::Cavage, "GET", "http://127.0.0.1:4001/users/bob", None, NOW);
    assert_eq!(dev.judge(&public()), Ok(()));
}

#[test]
fn s1_post_signs_request_target_host_date_digest_content_type() {
    let names = |letter: &Letter| letter.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(" ");
    let post = Letter::signed(Scheme::Cavage, "POST");
    let start = format!(
        r#"keyId="{KEY_ID}",algorithm="rsa-sha256",headers="(request-target) host date digest content-type",signature=""#
    );
    assert!(post.value("signature").starts_with(&start), "{post:?}");
    assert_eq!(names(&post), "host date digest content-type accept signature");
    let get = Letter::signed(Scheme::Cavage, "GET");
    assert!(get.value("signature").contains(r#"headers="(request-target) host date accept""#), "{get:?}");
    assert_eq!(names(&get), "host date accept signature");
    let post = Letter::signed(Scheme::Rfc9421, "POST");
    let input = format!(
        r#"sig1=("@method" "@target-uri" "@authority" "content-digest");created={};keyid="{KEY_ID}";alg="rsa-v1_5-sha256""#,
        NOW.seconds()
    );
    assert_eq!(post.value("signature-input"), input);
    assert_eq!(names(&post), "host date accept content-type content-digest signature-input signature");
    let get = Letter::signed(Scheme::Rfc9421, "GET");
    assert!(get.value("signature-input").starts_with(r#"sig1=("@method" "@target-uri" "@authority");"#));
}

#[test]
fn s6_a_key_id_that_breaks_the_header_is_not_signed_with() {
    let url = Url::parse("https://here.example/").unwrap();
    let outgoing = Outgoing { method: "GET", url: &url, accept: "*/*", body: None };
    for bad in ["https://a/\"", "https://a/,b", "https://a/ b", "https://a/\n", "https://a/ü", "https://a/\\"] {
        assert!(sign(Scheme::Cavage, bad, &private(), &outgoing, NOW).is_err(), "{bad}");
    }
}

/// Spec: draft-cavage-http-signatures-12, appendix C. Its key has 1024 bits, so our own door stays shut to it.
#[test]
fn the_examples_of_the_draft_verify() {
    const KEY: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C36rPJj+CvfSC8+q28hxA161QFNUd13wu\
                       CTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xj\
                       JwoYi+1hqp1fIekaxsyQIDAQAB";
    let request = |signature: &str| {
        let headers = [
            ("Host", "example.com"),
            ("Date", "Sun, 05 Jan 2014 21:31:40 GMT"),
            ("Content-Type", "application/json"),
            ("Digest", "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="),
            ("Content-Length", "18"),
            ("Authorization", signature),
        ];
        parse("POST", "/foo?param=value&pet=dog", &headers, b"{\"hello\": \"world\"}").unwrap()
    };
    let verifies = |presented: &Presented| {
        let key = key::BASE64.decode(KEY).unwrap();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, key);
        let signature = key::BASE64.decode(&presented.signature).unwrap();
        key.verify(presented.bases[0].as_bytes(), &signature).is_ok()
    };
    for signature in [
        // C.1: date alone, the default.
        r#"Signature keyId="Test",algorithm="rsa-sha256",signature="SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEaDV5lp7q25WqS+lavg7T8hc0GppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM=""#,
        // C.2: the usual three.
        r#"Signature keyId="Test",algorithm="rsa-sha256",headers="(request-target) host date", signature="qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFYRqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0=""#,
        // C.3: everything. The printed signature is that of the earlier drafts, without (created) and (expires).
        r#"Signature keyId="Test",algorithm="rsa-sha256",created=1402170695, expires=1402170699,headers="(request-target) host date content-type digest content-length",signature="vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE=""#,
    ] {
        assert!(verifies(&request(signature)), "{signature}");
    }
}

/// Spec: RFC 9421, appendix B.2.6.
#[test]
fn the_example_of_the_rfc_verifies() {
    let key = PublicKey::from_pem(
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----",
    )
    .unwrap();
    let headers = [
        ("Host", "example.com"),
        ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("Content-Type", "application/json"),
        ("Content-Length", "18"),
        (
            "Signature-Input",
            r#"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#,
        ),
        (
            "Signature",
            "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
        ),
    ];
    let presented = parse("POST", "/foo?param=Value&Pet=dog", &headers, b"{\"hello\": \"world\"}").unwrap();
    assert!(presented.verify(&key));
    assert!(matches!(presented.check(&["example.com".into()], Time(1_618_884_500_000)), Err(Refusal::KeyId(_))));
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn t22_forgeries_are_refused() {
    let old = || Letter::signed(Scheme::Cavage, "POST");
    let new = || Letter::signed(Scheme::Rfc9421, "POST");
    let (lines, input) = good_new();
    let other = |base: &[u8]| PrivateKey::from_pem(&KEYS[1].0).unwrap().sign(base).unwrap();
    let by_public_key =
        |base: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, KEYS[0].1.as_bytes()), base).as_ref().to_vec();
    let at = |time: Time| Letter::post().set("Date", &time.http_date()).old("", POST_ALL);
    let created = |time: Time| (lines.clone(), input.replace(&NOW.seconds().to_string(), &time.seconds().to_string()));
    let moved = |(lines, input): (String, String)| Letter::post().fresh(&lines, &input);
    let other_digest = digest::legacy(b"other");
    let secs = NOW.seconds();

    let table: Vec<(&str, Letter)> = vec![
        // Nothing there, or nothing readable.
        ("unsigned", Letter::post()),
        ("empty signature", Letter::post().with("Signature", "")),
        ("garbage", Letter::post().with("Signature", "garbage")),
        ("no key id", old().edit("signature", "keyId", "keyName")),
        ("no signature parameter", old().edit("signature", "signature=", "sig=")),
        ("unclosed quote", Letter::post().with("Signature", r#"keyId="https://peer.example/k"#)),
        ("signature not base64", old().edit("signature", r#"signature=""#, r#"signature="!!"#)),
        ("key id twice", {
            let letter = old();
            let value = letter.value("signature");
            letter.set("signature", &format!(r#"keyId="https://evil.example/k",{value}"#))
        }),
        (
            "key id twice in two cases",
            old().edit("signature", "algorithm=", r#"keyid="https://evil.example/k",algorithm="#),
        ),
        ("headers twice", old().edit("signature", "algorithm=", r#"headers="date",algorithm="#)),
        ("signature twice", old().edit("signature", "algorithm=", r#"signature="AAAA",algorithm="#)),
        ("two signature headers", {
            let letter = old();
            let value = letter.value("signature");
            letter.with("Signature", &value)
        }),
        // The key.
        ("by another key", Letter::post().old_by("", POST_ALL, other)),
        ("new, by another key", Letter::post().new_by(&lines, &input, other)),
        (
            "hmac with the public key as secret",
            Letter::post().old_by(r#"algorithm="hmac-sha256""#, POST_ALL, by_public_key),
        ),
        ("the same, labelled hs2019", Letter::post().old_by(r#"algorithm="hs2019""#, POST_ALL, by_public_key)),
        ("the same, labelled rsa", Letter::post().old_by(r#"algorithm="rsa-sha256""#, POST_ALL, by_public_key)),
        ("algorithm none", Letter::post().old_by(r#"algorithm="none""#, POST_ALL, |_| Vec::new())),
        ("algorithm unknown", Letter::post().old(r#"algorithm="rsa-sha1""#, POST_ALL)),
        ("new, hmac", Letter::post().new_by(&lines, &format!(r#"{input};alg="hmac-sha256""#), by_public_key)),
        ("new, label of another kind of key", Letter::post().fresh(&lines, &format!(r#"{input};alg="ed25519""#))),
        ("new, label of the old scheme", Letter::post().fresh(&lines, &format!(r#"{input};alg="hs2019""#))),
        ("key id of acct form", old().edit("signature", KEY_ID, "acct:alice@peer.example")),
        ("key id a number", old().edit("signature", KEY_ID, "1")),
        ("key id with credentials", old().edit("signature", "https://peer", "https://x:y@peer")),
        ("key id a file", old().edit("signature", "https://", "file:///")),
        // The body.
        ("another body", old().body(b"{}")),
        ("new, another body", new().body(b"{}")),
        ("no digest", Letter::post().without("digest").old("", "(request-target) host date content-type")),
        ("digest not covered", Letter::post().old("", "(request-target) host date")),
        ("digest not covered, body changed", Letter::post().body(b"{}").old("", "(request-target) host date")),
        ("digest covered but absent", Letter::post().without("digest").old("", POST_ALL)),
        ("wrong digest, signed", Letter::post().set("digest", &other_digest).old("", POST_ALL)),
        ("two digest headers", Letter::post().with("digest", &other_digest).old("", POST_ALL)),
        ("two digests in one", {
            Letter::post().set("digest", &format!("{other_digest},{}", digest::legacy(BODY))).old("", POST_ALL)
        }),
        ("short digest", Letter::post().set("digest", "SHA-256=AAAA").old("", POST_ALL)),
        ("digest of md5", Letter::post().set("digest", "MD5=1B2M2Y8AsgTpgAmY7PhCfg==").old("", POST_ALL)),
        ("one of two covered digests wrong", {
            Letter::post().set("content-digest", &digest::content(b"x")).old("", &format!("{POST_ALL} content-digest"))
        }),
        ("digest swapped after signing", old().body(b"{}").set("digest", &digest::legacy(b"{}"))),
        ("new, digest not covered", { Letter::post().fresh(LINES, &input.replace(r#" "content-digest""#, "")) }),
        ("new, content-digest of sha-512 only", {
            let letter = Letter::post().set("content-digest", "sha-512=:AAAA:");
            letter.fresh(&format!("{LINES}\"content-digest\": sha-512=:AAAA:\n"), &input)
        }),
        ("GET with a body that is not covered", { Letter::get().body(b"{}").old("", "(request-target) host date") }),
        // The target.
        ("target not covered", Letter::post().old("", "host date digest")),
        ("another path", old().target("/users/carol/inbox?via=x")),
        ("another query", old().target("/users/bob/inbox?via=y")),
        ("another method", Letter { method: "PUT", ..old() }),
        ("GET sent as POST", Letter { method: "POST", ..Letter::signed(Scheme::Cavage, "GET") }),
        ("path alone covers no other path", {
            Letter::post().old_over("", POST_ALL, "/users/carol/inbox", |base| private().sign(base).unwrap())
        }),
        ("new, another path", new().target("/users/carol/inbox?via=x")),
        ("new, another query", new().target("/users/bob/inbox?via=y")),
        ("new, method not covered", {
            let lines = lines.replace("\"@method\": POST\n", "");
            Letter::post().fresh(&lines, &input.replace(r#""@method" "#, ""))
        }),
        ("new, query not covered", {
            let lines = lines.replace(
                "\"@target-uri\": https://here.example/users/bob/inbox?via=x\n",
                "\"@authority\": here.example\n\"@path\": /users/bob/inbox\n",
            );
            Letter::post().fresh(&lines, &input.replace("\"@target-uri\"", "\"@authority\" \"@path\""))
        }),
        // The host.
        (
            "signed for another server",
            Letter::signed_to(Scheme::Cavage, "GET", "https://there.example/users/bob", None, NOW),
        ),
        (
            "new, signed for another server",
            Letter::signed_to(Scheme::Rfc9421, "GET", "https://there.example/users/bob", None, NOW),
        ),
        (
            "host replaced after signing",
            Letter::signed_to(Scheme::Cavage, "GET", "https://there.example/users/bob", None, NOW)
                .set("host", "here.example"),
        ),
        (
            "new, host replaced after signing",
            Letter::signed_to(Scheme::Rfc9421, "GET", "https://there.example/users/bob", None, NOW)
                .set("host", "here.example"),
        ),
        ("host of another port", Letter::signed_to(Scheme::Cavage, "GET", "https://here.example:8443/", None, NOW)),
        ("host not covered", Letter::post().old("", "(request-target) date digest")),
        ("host not covered, GET", Letter::get().old("", "(request-target) date")),
        ("two hosts", Letter::post().with("Host", "there.example").old("", POST_ALL)),
        ("no host", Letter::post().without("host").old("", "(request-target) date digest")),
        ("new, no host", Letter::post().without("host").fresh(&lines, &input)),
        ("our host as suffix", Letter::get().set("host", "evil-here.example").old("", "(request-target) host date")),
        // The time.
        ("two hours old", at(hours(-2))),
        ("two hours ahead", at(hours(2))),
        ("date not covered", Letter::post().old("", "(request-target) host digest")),
        ("date unreadable", Letter::post().set("date", "yesterday").old("", POST_ALL)),
        ("date absent", Letter::post().without("date").old("", "(request-target) host digest")),
        ("date refreshed after signing", at(hours(-2)).set("date", &NOW.http_date())),
        ("two dates", Letter::post().with("date", &NOW.http_date()).old("", POST_ALL)),
        ("created unreadable", Letter::post().old(r#"created=soon"#, "(request-target) (created) host digest")),
        ("created not covered", Letter::post().old(&format!("created={secs}"), "(request-target) host digest")),
        (
            "created two hours ahead",
            Letter::post().old(&format!("created={}", secs + 7200), "(request-target) (created) host digest"),
        ),
        (
            "created refreshed after signing",
            Letter::post().old(&format!("created={}", secs - 7200), "(request-target) (created) host digest").edit(
                "signature",
                &format!("created={}", secs - 7200),
                &format!("created={secs}"),
            ),
        ),
        (
            "created beyond reason",
            Letter::post().old("created=99999999999999999999", "(request-target) (created) host digest"),
        ),
        (
            "expired",
            Letter::post().old(
                &format!("created={},expires={}", secs - 7300, secs - 7200),
                "(request-target) (created) (expires) host digest",
            ),
        ),
        (
            "expires a year ahead, signed a day ago",
            Letter::post().old(
                &format!("created={},expires={}", secs - 86_400, secs + 31_536_000),
                "(request-target) (created) (expires) host digest",
            ),
        ),
        (
            "an unsigned expires lengthens nothing",
            Letter::post().old(
                &format!("created={},expires={}", secs - 7200, secs + 7200),
                "(request-target) (created) host digest",
            ),
        ),
        (
            "expires before created",
            Letter::post().old(
                &format!("created={secs},expires={}", secs - 60),
                "(request-target) (created) (expires) host digest",
            ),
        ),
        ("new, two hours old", moved(created(hours(-2)))),
        ("new, two hours ahead", moved(created(hours(2)))),
        ("new, no created", moved((lines.clone(), input.replace(&format!(";created={secs}"), "")))),
        ("new, created a string", moved((lines.clone(), input.replace(&secs.to_string(), &format!("\"{secs}\""))))),
        ("new, expired", {
            let (lines, input) = created(Time(NOW.0 - 7_300_000));
            Letter::post().fresh(&lines, &format!("{input};expires={}", secs - 7200))
        }),
        ("new, created refreshed", {
            let (lines, input) = created(hours(-2));
            Letter::post().fresh(&lines, &input).edit("signature-input", &(secs - 7200).to_string(), &secs.to_string())
        }),
        // The list of names.
        ("no list: date alone", {
            let signature = key::encode(&private().sign(format!("date: {}", NOW.http_date()).as_bytes()).unwrap());
            Letter::post().with("Signature", &format!(r#"keyId="{KEY_ID}",signature="{signature}""#))
        }),
        ("empty list", Letter::post().with("Signature", &format!(r#"keyId="{KEY_ID}",headers="",signature="AAAA""#))),
        ("a name twice", Letter::post().old("", &format!("{POST_ALL} host"))),
        ("a name in two cases", Letter::post().old("", &format!("{POST_ALL} Host"))),
        ("a name with a colon", Letter::post().old("", &format!("{POST_ALL} x:y"))),
        ("an unknown special name", Letter::post().old("", &format!("{POST_ALL} (body)"))),
        ("a covered header that is absent", Letter::post().old("", &format!("{POST_ALL} x-absent"))),
        ("a list of a thousand names", {
            let names: Vec<_> = (0..1000).map(|n| format!("x-{n}")).collect();
            Letter::post().old("", &format!("{POST_ALL} {}", names.join(" ")))
        }),
        ("an endless header", Letter::post().with("Signature", &format!(r#"keyId="{}""#, "a".repeat(20_000)))),
        // Smuggled lines.
        ("a header with a line break", {
            let value = format!("{}\ndigest: {other_digest}", NOW.http_date());
            Letter::post().set("date", &value).old("", POST_ALL)
        }),
        ("a target with a line break", Letter::post().target("/inbox\nhost: here.example").old("", POST_ALL)),
        ("a target with a space", Letter::post().target("/inbox HTTP/1.1").old("", POST_ALL)),
        ("new, a component with a line break", {
            let name = "x\\\": y\\n\\\"@method";
            moved((lines.clone(), input.replace("(\"@method\"", &format!("(\"{name}\" \"@method\""))))
        }),
        ("new, a component with a quote", {
            moved((format!("\"x\\\": a\": b\n{lines}"), input.replace("(\"@method\"", "(\"x\\\": a\" \"@method\"")))
        }),
        ("new, a method hidden in a header value", {
            // The value pretends to end its line; the true method differs.
            let letter = Letter::get().with("x", "1\n\"@method\": GET");
            letter.fresh(&lines, &input.replace("(\"@method\"", "(\"x\" \"@method\""))
        }),
        ("new, @signature-params covered", {
            moved((lines.clone(), input.replace("(\"@method\"", "(\"@signature-params\" \"@method\"")))
        }),
        ("new, a component twice", {
            moved((format!("\"@method\": POST\n{lines}"), input.replace("(\"@method\"", "(\"@method\" \"@method\"")))
        }),
        ("new, an upper-case component", {
            moved((
                format!("\"Date\": {}\n{lines}", NOW.http_date()),
                input.replace("(\"@method\"", "(\"Date\" \"@method\""),
            ))
        }),
        ("new, a component of another message", {
            moved((lines.replace("\"@method\"", "\"@method\";req"), input.replace("\"@method\"", "\"@method\";req")))
        }),
        ("new, an unknown derived component", {
            moved((format!("\"@status\": 200\n{lines}"), input.replace("(\"@method\"", "(\"@status\" \"@method\"")))
        }),
        ("new, a token as component", moved((lines.clone(), input.replace("\"@method\"", "method")))),
        ("new, a covered header that is absent", {
            moved((format!("\"x\": \n{lines}"), input.replace("(\"@method\"", "(\"x\" \"@method\"")))
        }),
        // Labels.
        ("new, no list but a token", moved((lines.clone(), format!("a;created={secs};keyid=\"{KEY_ID}\"")))),
        ("new, no keyid", moved((lines.clone(), input.replace(&format!(";keyid=\"{KEY_ID}\""), "")))),
        ("new, keyid twice", moved((lines.clone(), format!("{input};keyid=\"https://evil.example/k\"")))),
        ("new, keyid changed after signing", new().edit("signature-input", "alice", "mallory")),
        ("new, a label twice", {
            let letter = new();
            let value = letter.value("signature-input");
            letter.with("Signature-Input", &value)
        }),
        ("new, labels that do not meet", new().edit("signature", "sig1=", "sig2=")),
        ("new, no signature", new().without("signature")),
        (
            "new, the signature a string",
            Letter::post().with("Signature-Input", &format!("sig1={input}")).with("Signature", "sig1=\"AAAA\""),
        ),
        ("new, unreadable input", new().set("signature-input", "sig1=(")),
        ("new, input empties the old", old().with("Signature-Input", "sig1=()")),
        ("new, a hundred labels", {
            let inputs: Vec<_> = (0..100).map(|n| format!("s{n}={input}")).collect();
            Letter::post().with("Signature-Input", &inputs.join(", ")).with("Signature", "s0=:AAAA:")
        }),
        ("a dictionary without input", Letter::post().with("Signature", "sig1=:AAAA:")),
        ("method unreadable", Letter { method: "PO ST", ..old() }),
        ("target of another server", old().target("https://here.example/users/bob/inbox?via=x")),
    ];
    assert!(table.len() >= 100, "{}", table.len());
    let key = public();
    println!("{} forgeries", table.len());
    for (name, letter) in &table {
        let verdict = letter.judge(&key);
        assert!(verdict.is_err(), "{name} was accepted: {letter:?}");
        assert!(matches!(verdict.unwrap_err().status(), 400 | 401), "{name}");
    }
}

#[test]
fn t22_unusual_but_valid_forms_are_accepted() {
    let secs = NOW.seconds();
    let (lines, input) = good_new();
    let sha512 = |base: &[u8]| {
        let pem = &KEYS[0].0;
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let pair = RsaKeyPair::from_pkcs8(&key::BASE64.decode(body).unwrap()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA512, &aws_lc_rs::rand::SystemRandom::new(), base, &mut signature).unwrap();
        signature
    };
    let hs2019 =
        |created: &str, covered: &str| Letter::post().old(&format!(r#"algorithm="hs2019",{created}"#), covered);
    let authority_path = format!(
        "\"@method\": POST\n\"@authority\": here.example\n\"@path\": /users/bob/inbox\n\"@query\": ?via=x\n\"content-digest\": {}\n",
        digest::content(BODY)
    );
    let table: Vec<(&str, Letter)> = vec![
        (
            "GoToSocial: hs2019 that means SHA-256",
            Letter::post().old(r#"algorithm="hs2019""#, "(request-target) host date digest"),
        ),
        ("hs2019 as the draft means it", Letter::post().old_by(r#"algorithm="hs2019""#, POST_ALL, sha512)),
        ("no algorithm", Letter::post().old("", POST_ALL)),
        ("an algorithm in capitals", Letter::post().old(r#"algorithm="RSA-SHA256""#, POST_ALL)),
        (
            "Lemmy: (created) and (expires)",
            hs2019(
                &format!("created={secs},expires={}", secs + 300),
                "(request-target) (created) (expires) content-type digest host",
            ),
        ),
        ("created in quotes", hs2019(&format!("created=\"{secs}\""), "(request-target) (created) digest host")),
        ("created with a fraction", hs2019(&format!("created={secs}.25"), "(request-target) (created) digest host")),
        (
            "(created) under rsa-sha256",
            Letter::post()
                .old(&format!(r#"algorithm="rsa-sha256",created={secs}"#), "(request-target) (created) digest host"),
        ),
        (
            "Misskey: the path without its query",
            Letter::get()
                .old_over("", "(request-target) date host accept", "/users/bob/inbox", |b| private().sign(b).unwrap())
                .with("accept", ""),
        ),
        ("Mastodon: the target last", Letter::post().old("", "host date content-type digest (request-target)")),
        ("names in capitals", {
            let letter = Letter::post().old("", "(request-target) host date digest");
            letter.edit("signature", "host date digest", "Host Date Digest")
        }),
        ("spaces between parameters", Letter::signed(Scheme::Cavage, "POST").edit("signature", "\",", "\" , ")),
        (
            "spaces around the equals sign",
            Letter::signed(Scheme::Cavage, "POST").edit("signature", "keyId=", "keyId = "),
        ),
        ("a trailing comma", {
            let letter = Letter::signed(Scheme::Cavage, "POST");
            let value = letter.value("signature");
            letter.set("signature", &format!("{value},"))
        }),
        ("a scheme in front", {
            let letter = Letter::signed(Scheme::Cavage, "POST");
            let value = letter.value("signature");
            letter.set("signature", &format!("Signature {value}"))
        }),
        ("as Authorization", {
            let letter = Letter::signed(Scheme::Cavage, "GET");
            let value = letter.value("signature");
            letter.without("signature").with("Authorization", &format!("Signature {value}"))
        }),
        ("unknown parameters", Letter::post().old(r#"version="2",nonce=abc"#, POST_ALL)),
        ("a signature without padding", Letter::signed(Scheme::Cavage, "POST").edit("signature", "==\"", "\"")),
        (
            "several digests",
            Letter::post().set("digest", &format!("sha-512=AAAA,{}", digest::legacy(BODY))).old("", POST_ALL),
        ),
        ("a digest in small letters", {
            Letter::post().set("digest", &digest::legacy(BODY).replace("SHA", "sha")).old("", POST_ALL)
        }),
        ("a content-digest in the old scheme", Letter::post().old("", "(request-target) host date content-digest")),
        ("several values of one header", {
            Letter::get().with("X-A", " 1 ").with("x-a", "2").old("", "(request-target) host date x-a")
        }),
        ("an empty header", Letter::get().with("x-a", "").old("", "(request-target) host date x-a")),
        ("a key id with a comma", {
            let letter = Letter::post().old("", POST_ALL);
            letter.edit("signature", "users/alice", "users/a,b")
        }),
        ("key id /main-key", Letter::post().old("", POST_ALL).edit("signature", "#main-key", "/main-key")),
        ("a host in capitals with its port", Letter::post().set("host", "Here.Example:443").old("", POST_ALL)),
        ("an hour old", Letter::post().set("date", &Time(NOW.0 - 3_840_000).http_date()).old("", POST_ALL)),
        ("55 minutes ahead", Letter::post().set("date", &Time(NOW.0 + 3_300_000).http_date()).old("", POST_ALL)),
        ("a date with a numeric zone", {
            Letter::post().set("date", &NOW.http_date().replace("GMT", "+0000")).old("", POST_ALL)
        }),
        (
            "half a day by expires",
            Letter::post().old(
                &format!("created={},expires={}", secs - 43_000, secs + 99_999),
                "(request-target) (created) (expires) host digest",
            ),
        ),
        // RFC 9421.
        ("Mastodon: no alg", Letter::post().fresh(&lines, &input)),
        ("Fedify: more than needed", {
            let lines = format!(
                "\"@method\": POST\n\"@target-uri\": https://here.example/users/bob/inbox?via=x\n\"@authority\": here.example\n\"host\": here.example\n\"date\": {}\n\"content-digest\": {}\n",
                NOW.http_date(),
                digest::content(BODY)
            );
            let input = format!(
                r#"("@method" "@target-uri" "@authority" "host" "date" "content-digest");alg="rsa-v1_5-sha256";keyid="{KEY_ID}";created={secs}"#
            );
            Letter::post().fresh(&lines, &input)
        }),
        ("authority, path and query", {
            Letter::post()
                .fresh(&authority_path, &input.replace("\"@target-uri\"", "\"@authority\" \"@path\" \"@query\""))
        }),
        ("authority and request-target", {
            let lines = format!(
                "\"@authority\": here.example\n\"@method\": POST\n\"@request-target\": {INBOX}\n\"content-digest\": {}\n",
                digest::content(BODY)
            );
            Letter::post().fresh(
                &lines,
                &format!(
                    r#"("@authority" "@method" "@request-target" "content-digest");created={secs};keyid="{KEY_ID}""#
                ),
            )
        }),
        ("an empty query covered", {
            let input = format!(r#"("@method" "@authority" "@path" "@query");created={secs};keyid="{KEY_ID}""#);
            let lines = "\"@method\": GET\n\"@authority\": here.example\n\"@path\": /users/bob\n\"@query\": ?\n";
            Letter::get().target("/users/bob").fresh(lines, &input)
        }),
        ("behind a terminator: signed as http", Letter::post().fresh(&lines.replace("https:", "http:"), &input)),
        ("loose spaces in the input", {
            let letter = Letter::post().fresh(&lines, &input);
            letter.edit("signature-input", "(\"@method\" ", "( \"@method\"   ").edit(
                "signature-input",
                ";created",
                "; created",
            )
        }),
        ("tag and nonce", Letter::post().fresh(&lines, &format!(r#"{input};nonce="n";tag="fediverse""#))),
        ("with expires", Letter::post().fresh(&lines, &format!("{input};expires={}", secs + 60))),
        ("a second label by somebody else", {
            let letter = Letter::post().fresh(&lines, &input);
            letter.edit("signature-input", "sig1=", "proxy=(\"@method\");created=1;keyid=\"p\", sig1=").edit(
                "signature",
                "sig1=",
                "proxy=:AAAA:, sig1=",
            )
        }),
        ("a label of our choice", {
            Letter::post().fresh(&lines, &input).edit("signature", "sig1", "x-1").edit("signature-input", "sig1", "x-1")
        }),
        ("time by a covered date", {
            let lines = format!("{lines}\"date\": {}\n", NOW.http_date());
            let input = format!(r#"("@method" "@target-uri" "content-digest" "date");keyid="{KEY_ID}""#);
            Letter::post().fresh(&lines, &input)
        }),
    ];
    let key = public();
    println!("{} unusual but valid forms", table.len());
    assert!(table.len() >= 30, "{}", table.len());
    for (name, letter) in &table {
        assert_eq!(letter.judge(&key), Ok(()), "{name}: {letter:?}");
    }
}

#[test]
fn v6_the_kind_of_key_decides_not_the_label() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let key = PublicKey::Ed25519(pair.public_key().as_ref().try_into().unwrap());
    let by = |base: &[u8]| pair.sign(base).as_ref().to_vec();
    let (lines, input) = good_new();
    for label in [r#"algorithm="hs2019""#, r#"algorithm="ed25519""#, ""] {
        assert_eq!(Letter::post().old_by(label, POST_ALL, by).judge(&key), Ok(()), "{label}");
    }
    for label in ["", r#";alg="ed25519""#] {
        assert_eq!(Letter::post().new_by(&lines, &format!("{input}{label}"), by).judge(&key), Ok(()), "{label}");
    }
    let wrong = Letter::post().new_by(&lines, &format!(r#"{input};alg="rsa-v1_5-sha256""#), by);
    assert_eq!(wrong.judge(&key), Err(Refusal::Mismatch));
    assert_eq!(Letter::signed(Scheme::Cavage, "POST").judge(&key), Err(Refusal::Mismatch));
}

#[test]
fn v12_refusals_have_the_status_that_makes_senders_knock_again() {
    for (letter, expected) in [
        (Letter::post(), 401),
        (Letter::post().with("Signature", "garbage"), 400),
        (Letter::signed(Scheme::Cavage, "POST").body(b"{}"), 401),
        (Letter::post().old("", "(request-target) host date"), 401),
        (Letter::signed(Scheme::Cavage, "POST").edit("signature", KEY_ID, "acct:a@b"), 401),
    ] {
        assert_eq!(letter.judge(&public()).map_err(|why| why.status()), Err(expected), "{letter:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn nothing_makes_the_reader_panic(
        method in "\\PC{0,6}", target in "/?\\PC{0,20}",
        signature in r#"[a-zA-Z0-9=",:;() \\@/-]{0,80}|\PC{0,60}"#,
        input in r#"[a-z0-9=",:;() \\@?-]{0,80}|\PC{0,60}"#, both: bool,
    ) {
        let mut headers = vec![("signature", signature), ("host", "here.example".into())];
        if both {
            headers.push(("signature-input", input));
        }
        if let Ok(presented) = parse(&method, &target, &headers, b"") {
            let _ = presented.check(&ours(), NOW);
        }
    }
}
