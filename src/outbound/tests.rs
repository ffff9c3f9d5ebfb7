//! The client against listeners on this machine, and against a network that is played.
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Instant;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::activitypub::signature::PublicKey;
use crate::clock::Time;

const NOW: Time = Time(1_786_111_355_000);
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
/// 64 KiB of zeros, by gzip.
const BOMB: &str = "1f8b08000000000002ffedc101010000008090feafee080a0000000000000000000000000000000000000000000000000000000000\
                    000000000000000000000000000000000000000000000000000000000000006aeb8e97d700000100";
/// `hello`, by gzip.
const HELLO: &str = "1f8b08000000000002ffcb48cdc9c9070086a6103605000000";

/// The first byte of a client that wants to speak TLS.
const TLS: u8 = 0x16;

static KEYS: LazyLock<(String, String)> = LazyLock::new(|| signature::generate().unwrap());

fn signer() -> Signer {
    let key = PrivateKey::from_pem(&KEYS.0).unwrap();
    Signer { key_id: "https://here.example/users/alice#main-key".into(), key }
}

fn options(development: bool) -> Options {
    Options { user_agent: "Nagaya/0 (+https://here.example/)".into(), development, clock: Clock::manual(NOW) }
}

/// A client on real sockets whose names mean what `names` says.
fn real(names: &[(&str, &[&str])]) -> Outbound {
    let names: HashMap<String, Vec<SocketAddr>> = names
        .iter()
        .map(|(name, found)| ((*name).to_owned(), found.iter().map(|ip| format!("{ip}:0").parse().unwrap()).collect()))
        .collect();
    let lookup: guard::Lookup = Arc::new(move |name| {
        let found = names.get(&name).cloned().ok_or_else(|| std::io::Error::other("no such name"));
        Box::pin(std::future::ready(found))
    });
    Outbound::with(options(true), Transport::real(true, lookup).unwrap(), Transport::to_services().unwrap())
}

fn get(url: &str) -> Request {
    Request {
        method: "GET",
        url: Url::parse(url).unwrap(),
        accept: "application/activity+json",
        body: None,
        headers: Vec::new(),
        signed: None,
        redirects: 3,
        limit: 10_000,
        deadline: Duration::from_secs(10),
    }
}

fn post(url: &str) -> Request {
    Request { method: "POST", body: Some(("application/activity+json", Bytes::from_static(b"{}"))), ..get(url) }
}

/// A listener on this machine; `answer` gets each request's text and the socket. The socket closes when it is done.
async fn listen<F>(answer: F) -> u16
where
    F: Fn(String, TcpStream) -> BoxFuture<'static, ()> + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let mut buffer = [0; 4096];
            // Good enough for requests this small: the head, and as much body as it announces.
            loop {
                let read = socket.read(&mut buffer).await.unwrap_or(0);
                bytes.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&bytes);
                let announced = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                let announced: usize = announced.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
                let complete = text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= announced);
                if read == 0 || complete || bytes[0] == TLS {
                    break;
                }
            }
            tokio::spawn(answer(String::from_utf8_lossy(&bytes).into_owned(), socket));
        }
    });
    port
}

async fn listen_and_say(what: impl Into<Vec<u8>>) -> u16 {
    let what: Vec<u8> = what.into();
    listen(move |_, mut socket| {
        let what = what.clone();
        Box::pin(async move {
            let _ = socket.write_all(&what).await;
        })
    })
    .await
}

/// A played network: `answer` maps `METHOD address` to a status and headers; what was asked is kept.
fn played(
    development: bool,
    answer: impl Fn(&Hop) -> (u16, Vec<(&'static str, String)>) + Send + Sync + 'static,
) -> (Outbound, Arc<Mutex<Vec<Hop>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    let handler: Handler = Arc::new(move |hop| {
        let (status, headers) = answer(&hop);
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let response = Response { status, url: hop.url.clone(), headers, body: Bytes::from_static(b"hello") };
        log.lock().unwrap().push(hop);
        Box::pin(std::future::ready(Ok(response)))
    });
    (Outbound::fake_with(options(development), handler), asked)
}

fn fault<T: std::fmt::Debug>(result: Result<T>) -> Fault {
    match result {
        Err(Error::Peer { fault, .. }) => fault,
        other => panic!("not the peer's fault: {other:?}"),
    }
}

fn verify(method: &str, target: &str, headers: &[(String, String)], body: &[u8], host: &str) {
    let presented = signature::parse(method, target, headers, body).unwrap();
    presented.check(&[host.to_owned()], NOW).unwrap();
    assert!(presented.verify(&PublicKey::from_pem(&KEYS.1).unwrap()));
}

#[tokio::test]
async fn s4_signed_requests_arrive_as_they_were_signed() {
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let port = listen(move |text, mut socket| {
        sender.send(text).unwrap();
        Box::pin(async move {
            let _ = socket.write_all(OK.as_bytes()).await;
        })
    })
    .await;
    let outbound = real(&[("peer.test", &["127.0.0.1"])]);
    for host in [format!("127.0.0.1:{port}"), format!("peer.test:{port}")] {
        for scheme in [Scheme::Cavage, Scheme::Rfc9421] {
            for base in [get("http://x.test/"), post("http://x.test/")] {
                let url = Url::parse(&format!("http://{host}/users/bob?page=1#fragment")).unwrap();
                let request = Request { url, signed: Some((signer(), scheme)), ..base };
                let method = request.method;
                let response = outbound.send(request).await.unwrap();
                assert_eq!((response.status, &response.body[..]), (200, &b"hello"[..]));
                assert_eq!(response.content_type().as_deref(), Some("text/plain"));

                let text = received.recv().await.unwrap();
                let (head, body) = text.split_once("\r\n\r\n").unwrap();
                let mut lines = head.lines();
                assert_eq!(lines.next().unwrap(), format!("{method} /users/bob?page=1 HTTP/1.1"));
                let headers: Vec<(String, String)> = lines
                    .map(|line| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned())).unwrap())
                    .collect();
                let count = |wanted: &str| headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).count();
                for once in ["host", "date", "accept", "user-agent", "signature"] {
                    assert_eq!(count(once), 1, "{once}: {head}");
                }
                assert!(head.contains("Nagaya/0 (+https://here.example/)"));
                verify(method, "/users/bob?page=1", &headers, body.as_bytes(), &host);
            }
        }
    }
}

#[tokio::test]
async fn s9_every_hop_of_a_redirect_is_signed_anew() {
    let (outbound, asked) = played(false, |hop| match hop.url.as_str() {
        "https://one.example/a?x=1" => (302, vec![("location", "/b#there".into())]),
        "https://one.example/b" => (308, vec![("location", "https://two.example/c?y=2".into())]),
        _ => (200, vec![]),
    });
    let request = Request {
        signed: Some((signer(), Scheme::Cavage)),
        headers: vec![("authorization", "secret".into()), ("x-other", "1".into()), ("host", "evil.example".into())],
        ..get("https://one.example/a?x=1")
    };
    let response = outbound.send(request).await.unwrap();
    assert_eq!((response.status, response.url.as_str()), (200, "https://two.example/c?y=2"));
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 3);
    for (hop, host, secret) in
        [(&asked[0], "one.example", true), (&asked[1], "one.example", true), (&asked[2], "two.example", false)]
    {
        verify("GET", hop.path_and_query(), &hop.headers, b"", host);
        assert_eq!(hop.header("authorization").is_some(), secret, "{host}");
        assert_eq!((hop.header("host"), hop.header("x-other")), (Some(host), Some("1")));
    }
}

#[tokio::test]
async fn f9_redirects_have_an_end() {
    let (outbound, asked) = played(false, |hop| {
        let number: u32 = hop.url.path().trim_start_matches('/').parse().unwrap();
        if number == 0 { (200, vec![]) } else { (301, vec![("location", format!("/{}", number - 1))]) }
    });
    assert_eq!(outbound.send(get("https://peer.example/3")).await.unwrap().url.path(), "/0");
    assert!(matches!(fault(outbound.send(get("https://peer.example/4")).await), Fault::Nonsense(_)));
    assert_eq!(asked.lock().unwrap().len(), 8);
    let none = Request { redirects: 0, ..get("https://peer.example/4") };
    assert_eq!(outbound.send(none).await.unwrap().status, 301);
    // A redirect without a target is an answer.
    let (outbound, _) = played(false, |_| (302, vec![]));
    assert_eq!(outbound.send(get("https://peer.example/")).await.unwrap().status, 302);
}

#[tokio::test]
async fn s9_a_post_is_never_redirected() {
    for status in [301, 302, 303, 307, 308] {
        let (outbound, asked) = played(false, move |_| (status, vec![("location", "https://two.example/".into())]));
        let answer = outbound.send(post("https://one.example/inbox")).await.unwrap();
        assert_eq!((answer.status, answer.header("location")), (status, Some("https://two.example/")));
        assert_eq!(asked.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn f2_redirects_to_where_we_may_not_go_are_refused() {
    for target in [
        "http://peer.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "//169.254.169.254/latest/meta-data",
        "https://2130706433/",
        "https://user:pass@peer.example/",
        "https://peer.example:22/",
        "https://localhost/",
        "https://printer/",
        "file:///etc/passwd",
        "gopher://peer.example/",
        "https://",
    ] {
        let (outbound, asked) = played(false, move |_| (302, vec![("location", target.into())]));
        let fault = fault(outbound.send(get("https://peer.example/")).await);
        assert!(matches!(fault, Fault::Refused(_) | Fault::Nonsense(_)), "{target}: {fault}");
        assert_eq!(asked.lock().unwrap().len(), 1, "{target}");
    }
}

#[tokio::test]
async fn a_real_redirect_to_a_private_address_is_refused() {
    let hits = Arc::new(AtomicUsize::new(0));
    for target in ["http://10.0.0.1/", "http://[fd00::1]/", "http://metadata.test/", "http://[::ffff:10.0.0.1]/"] {
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        let count = hits.clone();
        let port = listen(move |_, mut socket| {
            count.fetch_add(1, Ordering::Relaxed);
            let answer = answer.clone();
            Box::pin(async move {
                let _ = socket.write_all(answer.as_bytes()).await;
            })
        })
        .await;
        let outbound = real(&[("metadata.test", &["169.254.169.254"])]);
        let fault = fault(outbound.send(get(&format!("http://127.0.0.1:{port}/"))).await);
        assert!(matches!(fault, Fault::Refused(_)), "{target}: {fault}");
    }
    assert_eq!(hits.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn of_many_addresses_only_the_permitted_are_tried() {
    let port = listen_and_say(OK).await;
    let outbound = real(&[
        ("mixed.test", &["10.0.0.1", "192.168.0.1", "127.0.0.1"]),
        ("private.test", &["10.0.0.1", "192.168.0.1"]),
        ("nowhere.test", &[]),
    ]);
    let started = Instant::now();
    assert_eq!(outbound.send(get(&format!("http://mixed.test:{port}/"))).await.unwrap().status, 200);
    // Had it tried 10.0.0.1, it would have waited for that first.
    assert!(started.elapsed() < Duration::from_secs(1));
    for name in ["private.test", "nowhere.test"] {
        let fault = fault(outbound.send(get(&format!("http://{name}:{port}/"))).await);
        assert!(matches!(fault, Fault::Refused(_)), "{name}: {fault}");
    }
    let unknown = fault(outbound.send(get("http://unknown.test/")).await);
    assert!(matches!(&unknown, Fault::Unreachable(why) if why.contains("no such name")), "{unknown}");
}

#[tokio::test]
async fn f9_bodies_over_the_limit_are_cut_off() {
    let long = "x".repeat(10_001);
    let fits = "x".repeat(10_000);
    let gzip = |hexadecimal: &str| {
        let body = hex::decode(hexadecimal).unwrap();
        let mut answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ".to_vec();
        answer.extend_from_slice(format!("{}\r\n\r\n", body.len()).as_bytes());
        answer.extend_from_slice(&body);
        answer
    };
    let outbound = real(&[]);
    for (what, answer, expected) in [
        ("announced", format!("HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n{long}").into_bytes(), None),
        ("announced, never sent", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec(), None),
        ("until the end", format!("HTTP/1.1 200 OK\r\n\r\n{long}").into_bytes(), None),
        (
            "chunked",
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n{long}\r\n0\r\n\r\n").into(),
            None,
        ),
        ("a gzip bomb", gzip(BOMB), None),
        ("fits", format!("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n{fits}").into_bytes(), Some(10_000)),
        ("small gzip", gzip(HELLO), Some(5)),
    ] {
        let port = listen_and_say(answer).await;
        let result = outbound.send(get(&format!("http://127.0.0.1:{port}/"))).await;
        match expected {
            Some(length) => assert_eq!(result.unwrap().body.len(), length, "{what}"),
            None => assert!(matches!(fault(result), Fault::Nonsense(_)), "{what}"),
        }
    }
    let (outbound, _) = played(false, |_| (200, vec![]));
    let tight = Request { limit: 4, ..get("https://peer.example/") };
    assert!(matches!(fault(outbound.send(tight).await), Fault::Nonsense(_)));
    let head = Request { method: "HEAD", limit: 0, ..get("https://peer.example/") };
    assert!(outbound.send(head).await.unwrap().body.is_empty());
}

#[tokio::test]
async fn cve_2023_36461_f9_slow_servers_are_given_up() {
    let drip = listen(|_, mut socket| {
        Box::pin(async move {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while socket.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
    })
    .await;
    let slow_head = listen(|_, mut socket| {
        Box::pin(async move {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n").await;
            while socket.write_all(b"x: y\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
    })
    .await;
    let silent = listen(|_, socket| {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(socket);
        })
    })
    .await;
    let outbound = real(&[]);
    for port in [drip, slow_head, silent] {
        let started = Instant::now();
        let request = Request { deadline: Duration::from_millis(300), ..get(&format!("http://127.0.0.1:{port}/")) };
        let fault = fault(outbound.send(request).await);
        assert!(matches!(fault, Fault::Unreachable(_)), "{fault}");
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn broken_answers_are_unreachable() {
    let outbound = real(&[]);
    for answer in [
        "",
        "garbage\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let port = listen_and_say(answer).await;
        let fault = fault(outbound.send(get(&format!("http://127.0.0.1:{port}/"))).await);
        assert!(matches!(fault, Fault::Unreachable(_)), "{answer}: {fault}");
        assert!(fault.is_retryable());
    }
    // A server that speaks no TLS, and a port where nobody listens.
    let plain = listen_and_say(OK).await;
    assert!(matches!(fault(outbound.send(get(&format!("https://127.0.0.1:{plain}/"))).await), Fault::Unreachable(_)));
    assert!(matches!(fault(outbound.send(get("http://127.0.0.1:1/")).await), Fault::Unreachable(_)));
}

#[tokio::test]
async fn outside_development_nothing_local_is_asked() {
    let (outbound, asked) = played(false, |_| (200, vec![]));
    for url in [
        "http://peer.example/",
        "https://127.0.0.1/",
        "https://8.8.8.8/",
        "https://[::1]/",
        "https://peer.example:444/",
    ] {
        assert!(matches!(fault(outbound.send(get(url)).await), Fault::Refused(_)), "{url}");
        assert!(matches!(fault(outbound.send(post(url)).await), Fault::Refused(_)), "{url}");
    }
    assert!(asked.lock().unwrap().is_empty());
    let real = Outbound::new(options(false)).unwrap();
    let port = listen_and_say(OK).await;
    assert!(matches!(fault(real.send(get(&format!("http://127.0.0.1:{port}/"))).await), Fault::Refused(_)));
}

#[tokio::test]
async fn downloads_are_whole_or_absent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture");
    let outbound = real(&[]);
    let big = "x".repeat(100_000);
    for (what, answer, limit, expected) in [
        ("whole", format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{big}"), 100_000, Ok((200, true))),
        (
            "another status",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello".into(),
            100_000,
            Ok((404, false)),
        ),
        ("announced too large", format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{big}"), 99_999, Err(())),
        ("too large", format!("HTTP/1.1 200 OK\r\n\r\n{big}"), 99_999, Err(())),
        ("cut short", format!("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n{big}"), 200_000, Err(())),
    ] {
        let port = listen_and_say(answer).await;
        let request = Request { limit: 0, ..get(&format!("http://127.0.0.1:{port}/")) };
        let result = outbound.download(request, &path, limit).await;
        match expected {
            Ok((status, kept)) => {
                let response = result.unwrap();
                assert_eq!((response.status, response.body.len()), (status, 0), "{what}");
                assert_eq!(path.exists(), kept, "{what}");
                if kept {
                    assert_eq!(std::fs::read(&path).unwrap(), big.as_bytes(), "{what}");
                    std::fs::remove_file(&path).unwrap();
                }
            }
            Err(()) => {
                fault(result);
                assert!(!path.exists(), "{what}");
            }
        }
    }

    let drip = listen(|_, mut socket| {
        Box::pin(async move {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while socket.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
    })
    .await;
    let request = Request { deadline: Duration::from_millis(200), ..get(&format!("http://127.0.0.1:{drip}/")) };
    fault(outbound.download(request, &path, 1_000_000).await);
    assert!(!path.exists());

    // What is there stays there.
    std::fs::write(&path, "precious").unwrap();
    let port = listen_and_say(OK).await;
    let result = outbound.download(get(&format!("http://127.0.0.1:{port}/")), &path, 1000).await;
    assert!(matches!(result, Err(Error::Io { .. })), "{result:?}");
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
}

#[tokio::test]
async fn an_unplugged_client_reaches_nobody() {
    assert!(matches!(fault(Outbound::unplugged().send(get("https://peer.example/")).await), Fault::Unreachable(_)));
}
