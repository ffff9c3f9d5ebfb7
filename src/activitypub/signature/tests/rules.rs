//! One test for each rule of signing and checking; the long tables are next door.

use super::*;

fn signed_in(manner: &Manner, scheme: Scheme, method: &'static str) -> Letter {
    let url = Url::parse(&format!("https://here.example{INBOX}")).unwrap();
    let body = (method == "POST").then_some(("application/activity+json", BODY));
    let outgoing = Outgoing { method, url: &url, accept: "application/activity+json", body };
    let headers = sign_in_manner(scheme, KEY_ID, &private(), &outgoing, NOW, manner).unwrap();
    Letter {
        method,
        target: INBOX.into(),
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body: body.map(|(_, body)| body.to_vec()).unwrap_or_default(),
    }
}

#[test]
fn s5_the_target_includes_the_query_unless_the_receiver_wants_the_path_alone() {
    let usual = Letter::signed(Scheme::Cavage, "GET");
    let bare = signed_in(&Manner { without_query: true, ..Manner::default() }, Scheme::Cavage, "GET");
    let base = |target: &str| {
        format!(
            "(request-target): get {target}\nhost: here.example\ndate: {}\naccept: application/activity+json",
            NOW.http_date()
        )
    };
    for (letter, target) in [(&usual, INBOX), (&bare, "/users/bob/inbox")] {
        let presented = parse("GET", INBOX, &letter.headers, b"").unwrap();
        let signature = key::BASE64.decode(&presented.signature).unwrap();
        assert!(public().verifies(base(target).as_bytes(), &signature), "{target}");
        assert_eq!(letter.judge(&public()), Ok(()), "{target}");
    }
}

#[test]
fn s7_s8_a_wished_signature_covers_what_was_wished_and_sends_the_nonce_back() {
    let wish = Wish::read(r#"web=("@method" "@path" "date" "content-type");created;nonce="n-1";tag="app""#).unwrap();
    let letter = signed_in(&Manner { wish: Some(wish), ..Manner::default() }, Scheme::Rfc9421, "POST");
    let input = letter.value("signature-input");
    let covered =
        r#"web=("@method" "@target-uri" "@authority" "content-digest" "@path" "date" "content-type");created="#;
    assert!(input.starts_with(covered), "{input}");
    assert!(input.ends_with(r#";alg="rsa-v1_5-sha256";nonce="n-1";tag="app""#) && input.contains(KEY_ID), "{input}");
    assert!(letter.value("signature").starts_with("web=:"));
    assert_eq!(letter.judge(&public()), Ok(()));
    assert!(letter.set("date", "Fri, 07 Aug 2026 14:02:36 GMT").judge(&public()).is_err(), "the date is covered");
}

/// Misskey CVE-2023-49079 (and Forgejo's CVE-2026-90679): the body was not bound to the signature.
#[test]
fn cve_2023_49079_v3_a_post_binds_its_body_target_and_time() {
    let post = || Letter::post();
    for (what, letter) in [
        ("no digest", post().old("", "(request-target) host date")),
        ("no target", post().old("", "host date digest")),
        ("no time", post().old("", "(request-target) host digest")),
        ("another body", Letter::signed(Scheme::Cavage, "POST").body(b"{}")),
        ("another body, new", Letter::signed(Scheme::Rfc9421, "POST").body(b"{}")),
        ("no digest header", Letter::signed(Scheme::Cavage, "POST").without("digest")),
        ("a short digest", post().set("digest", "SHA-256=AAAA").old("", POST_ALL)),
        ("only SHA-512", post().set("digest", "SHA-512=AAAA").old("", POST_ALL)),
        ("a GET without host", Letter::get().old("", "(request-target) date")),
        ("a GET without target", Letter::get().old("", "host date")),
    ] {
        assert!(letter.judge(&public()).is_err(), "{what}");
    }
    let several = post().set("digest", &format!("MD5=x,{},SHA-512=AAAA", digest::legacy(BODY))).old("", POST_ALL);
    assert_eq!(several.judge(&public()), Ok(()), "others may stand beside the one that counts");
}

#[test]
fn v4_a_request_signed_for_another_server_is_refused() {
    for (host, expected) in [
        ("here.example", true),
        ("HERE.example:443", true),
        ("127.0.0.1:4001", true),
        ("there.example", false),
        ("here.example.evil.example", false),
        ("here.example:8443", false),
        ("", false),
    ] {
        let letter = Letter::post().set("host", host).old("", POST_ALL);
        assert_eq!(letter.judge(&public()).is_ok(), expected, "{host}");
    }
}

#[test]
fn v5_time_has_a_window() {
    let date = |minutes: i64| Letter::post().set("date", &Time(NOW.0 + minutes * 60_000).http_date()).old("", POST_ALL);
    for (minutes, expected) in [(0, true), (-64, true), (-66, false), (59, true), (61, false)] {
        assert_eq!(date(minutes).judge(&public()).is_ok(), expected, "{minutes} minutes");
    }
    let secs = NOW.seconds();
    // An end by the signer itself, capped at twelve hours after the beginning, plus an hour of wrong clocks.
    for (created, expires, expected) in [
        (secs - 12 * 3_600 - 3_500, secs + 99_999, true),
        (secs - 13 * 3_600 - 60, secs + 99_999, false),
        (secs - 3_590, secs - 3_500, true),
        (secs - 7_200, secs - 3_700, false),
    ] {
        let letter = Letter::post()
            .old(&format!("created={created},expires={expires}"), "(request-target) (created) (expires) host digest");
        assert_eq!(letter.judge(&public()).is_ok(), expected, "{created} {expires}");
    }
}

#[test]
fn v7_a_signature_of_the_path_alone_is_tried_too() {
    let by = |base: &[u8]| private().sign(base).unwrap();
    for (target, expected) in
        [(INBOX, true), ("/users/bob/inbox", true), ("/users/bob", false), ("/users/bob/inbox?via=y", false)]
    {
        let letter = Letter::post().old_over("", POST_ALL, target, by);
        assert_eq!(letter.judge(&public()).is_ok(), expected, "{target}");
    }
}

#[test]
fn v8_header_values_are_taken_as_they_came() {
    let letter = Letter::get().with("X-A", " a  b ").with("x-a", "C").old("", "(request-target) host date x-a");
    assert_eq!(letter.judge(&public()), Ok(()), "several are joined, inner space and case are kept");
    // A proxy that rewrites one of them breaks the signature, and Host is named in the refusal.
    let rewritten = Letter::signed(Scheme::Cavage, "POST").set("host", "backend:3000");
    assert_eq!(rewritten.judge(&public()), Err(Refusal::Host("backend:3000".into())));
    for (name, value) in [("date", "Fri, 07 Aug 2026 14:02:36 GMT"), ("content-type", "application/json")] {
        assert!(Letter::signed(Scheme::Cavage, "POST").set(name, value).judge(&public()).is_err(), "{name}");
    }
    assert!(Letter::signed(Scheme::Cavage, "GET").set("accept", "*/*").judge(&public()).is_err());
}
