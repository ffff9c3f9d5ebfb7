//! What a plugin reaches: nothing that was not granted, and no address that redirects lead to.

use super::*;

/// A guest that calls a function of the host once and gives up with what it answers: `denied(why)` is `err(0, why)`.
fn asks(interface: &str, signature: &str, call: &str) -> Vec<u8> {
    module(&format!(
        r#"(import "nagaya:plugin/{interface}@1.0.0" {signature})
        {}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
            {call}
            ;; result at 512: 1 err, then the failure's case at 516, then its text.
            (if (i32.eqz (i32.load8_u (i32.const 512))) (then (return (i32.const 0))))
            (i32.store8 (i32.const 1024) (i32.const 1))
            (i32.store (i32.const 1028) (i32.load (i32.const 520)))
            (i32.store (i32.const 1032) (i32.load (i32.const 524)))
            (i32.const 1024))
        (data (i32.const 2048) "https://a.example/")"#,
        guest::ALLOCATOR
    ))
}

#[tokio::test]
async fn an_interface_that_was_not_granted_says_so() {
    let query = asks(
        "query",
        r#""relation" (func $f (param i32 i32 i32 i32 i32))"#,
        "(call $f (i32.const 2048) (i32.const 18) (i32.const 2048) (i32.const 18) (i32.const 512))",
    );
    let dns = asks(
        "dns",
        r#""lookup" (func $f (param i32 i32 i32 i32 i32))"#,
        "(call $f (i32.const 2048) (i32.const 1) (i32.const 2048) (i32.const 1) (i32.const 512))",
    );
    for (wasm, missing) in [(query, "query"), (dns, "dns")] {
        let (_folder, plugins) = start();
        load(&plugins, wasm, "{}").await;
        let failures = plugins.filter(post(Direction::Inbound, "hello")).await.failures;
        assert_eq!(failures[0].why, missing, "{failures:?}");
        assert_eq!(failures[0].kind, FailureKind::Returned);
    }
}

/// A guest that sends one GET with one header (when `name` is not empty), and gives up with what it is refused with.
fn requests(url: &str, name: &str, value: &str) -> Vec<u8> {
    let manifest = manifest(
        r#""http":[{"host":"a.example","methods":["GET"]},{"host":"10.0.0.7:8080","methods":["GET"],"lan":true}]"#,
    );
    let value_wat: String = value.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let body = format!(
        r#"(import "nagaya:plugin/http@1.0.0" "send"
            (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
        {}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
            (call $send (i32.const 3000) (i32.const 3) (i32.const 2048) (i32.const {}) (i32.const 3008) (i32.const {})
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))
            (if (i32.eqz (i32.load8_u (i32.const 512))) (then (return (i32.const 0))))
            (i32.store8 (i32.const 1024) (i32.const 1))
            (i32.store (i32.const 1028) (i32.load (i32.const 520)))
            (i32.store (i32.const 1032) (i32.load (i32.const 524)))
            (i32.const 1024))
        (data (i32.const 2048) "{url}") (data (i32.const 3000) "GET")
        (data (i32.const 3008) "\00\10\00\00\{:02x}\00\00\00\00\14\00\00\{:02x}\00\00\00")
        (data (i32.const 4096) "{name}") (data (i32.const 5120) "{value_wat}")"#,
        guest::ALLOCATOR,
        url.len(),
        u8::from(!name.is_empty()),
        name.len(),
        value.len(),
    );
    guest::module(&manifest, &body)
}

/// A network of one server that answers by its path.
fn network() -> Outbound {
    let handler: crate::outbound::Handler = Arc::new(|hop| {
        Box::pin(async move {
            let mut headers = Vec::new();
            let mut status = 200;
            let path = hop.url.path().to_owned();
            if let Some(target) = path.strip_prefix("/to/") {
                status = 302;
                headers.push(("location".to_owned(), target.to_owned()));
            } else if path == "/loop" {
                status = 302;
                headers.push(("location".to_owned(), "/loop".to_owned()));
            } else if path == "/drip" {
                std::future::pending::<()>().await;
            }
            let body = vec![b'x'; if path == "/large" { 300 * 1024 } else { 10 }];
            Ok(crate::outbound::Response { status, url: hop.url, headers, body: body.into() })
        })
    });
    let options =
        crate::outbound::Options { user_agent: "Nagaya/test".into(), development: false, clock: Clock::System };
    Outbound::fake_with(options, handler)
}

#[tokio::test]
async fn requests_reach_granted_hosts_only_whatever_redirects_say() {
    for (url, name, value, refused) in [
        ("https://a.example/", "", "", None),
        ("https://a.example/large", "", "", None),
        ("https://a.example/", "x-key", "good", None),
        ("http://10.0.0.7:8080/", "", "", None),
        ("https://b.example/", "", "", Some("b.example is not granted")),
        ("http://a.example/", "", "", Some("only https")),
        ("https://10.0.0.7/", "", "", Some("not granted")),
        ("http://10.0.0.8:8080/", "", "", Some("not granted")),
        ("https://here.example/", "", "", Some("not granted")),
        ("https://user:word@a.example/", "", "", Some("credentials")),
        ("https://a.example:8443/", "", "", Some("443")),
        ("https://a.example/to/https://127.0.0.1/", "", "", Some("127.0.0.1 is not granted")),
        ("https://a.example/to/https://[::ffff:7f00:1]/", "", "", Some("is not granted")),
        ("https://a.example/to/http://169.254.169.254/latest", "", "", Some("169.254.169.254 is not granted")),
        ("https://a.example/to/http://10.0.0.7:8080/", "", "", Some("into the local network")),
        ("https://a.example/loop", "", "", Some("redirects too often")),
        ("https://a.example/drip", "", "", Some("no complete answer within 1000 ms")),
        ("https://a.example/", "host", "b.example", Some("not for plugins")),
        ("https://a.example/", "transfer-encoding", "chunked", Some("not for plugins")),
        ("https://a.example/", "x y", "z", Some("not for plugins")),
        ("https://a.example/", "x-key", "a\r\nhost: b", Some("cannot be sent")),
        ("https://a.example/", "x-key", "{secret:none}", Some("no secret none")),
    ] {
        let folder = tempfile::tempdir().expect("temporary folder");
        let plugins = Plugins::start(Options { outbound: Some(network()), ..options(folder.path()) });
        load(&plugins, requests(url, name, value), "{}").await;
        assert_eq!(plugins.filter(post(Direction::Inbound, "x")).await, Outcome::default(), "not in the early stage");
        let failures = plugins.filter_late(post(Direction::Inbound, "x")).await.failures;
        match (refused, failures.as_slice()) {
            (None, []) => {}
            (Some(why), [failure]) => assert!(failure.why.contains(why), "{url} {name}: {failure:?}"),
            other => panic!("{url} {name}: {other:?}"),
        }
    }
    // Without the grant there is no network at all.
    let folder = tempfile::tempdir().expect("temporary folder");
    let plugins = Plugins::start(Options { outbound: Some(network()), ..options(folder.path()) });
    load_as(&plugins, requests("https://a.example/", "", ""), |row| row.grants.clear()).await;
    let failures = plugins.filter(post(Direction::Inbound, "x")).await.failures;
    assert_eq!(failures[0].why, "http");
}

/// A guest that sends GET to `url`, `count` times, and traps when an answer was cut off; it gives up with what it is refused
/// with. `host` stands in its manifest as a service in the local network.
fn asks_in_lan(host: &str, url: &str, count: u32) -> Vec<u8> {
    patient(host, url, count, 2_000)
}

/// The same with so many milliseconds for the whole call.
fn patient(host: &str, url: &str, count: u32, wall: u32) -> Vec<u8> {
    let manifest = manifest(&format!(
        r#""http":[{{"host":"{host}","methods":["GET"],"lan":true}}],"limits":{{"wall-ms":{wall}}}"#
    ));
    let body = format!(
        r#"(import "nagaya:plugin/http@1.0.0" "send"
            (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
        {}
        (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) (local $left i32)
            (local.set $left (i32.const {count}))
            (drop (memory.grow (i32.const 30)))
            (loop $again
                (call $send (i32.const 3000) (i32.const 3) (i32.const 2048) (i32.const {}) (i32.const 0) (i32.const 0)
                    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))
                (if (i32.load8_u (i32.const 512)) (then
                    (i32.store8 (i32.const 1024) (i32.const 1))
                    (i32.store (i32.const 1028) (i32.load (i32.const 520)))
                    (i32.store (i32.const 1032) (i32.load (i32.const 524)))
                    (return (i32.const 1024))))
                ;; `truncated` of the response.
                (if (i32.load8_u (i32.const 536)) (then (unreachable)))
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br_if $again (local.get $left)))
            (i32.const 0))
        (data (i32.const 2048) "{url}") (data (i32.const 3000) "GET")"#,
        guest::ALLOCATOR,
        url.len(),
    );
    guest::module(&manifest, &body)
}

/// A server on this machine that says `head` and then `body`, byte by byte if `drips`; counts who came.
async fn service(head: String, body: Vec<u8>, drips: bool) -> (String, Arc<std::sync::atomic::AtomicU32>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    let came = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = came.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let (head, body) = (head.clone(), body.clone());
            tokio::spawn(async move {
                let _ = socket.read(&mut [0; 4096]).await;
                let _ = socket.write_all(head.as_bytes()).await;
                if !drips {
                    let _ = socket.write_all(&body).await;
                    return;
                }
                for byte in body {
                    if socket.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
        }
    });
    (host, came)
}

fn on_real_sockets(folder: &Path) -> Plugins {
    let options_of_client =
        crate::outbound::Options { user_agent: "Nagaya/test".into(), development: false, clock: Clock::System };
    let outbound = Outbound::new(options_of_client).expect("a client");
    Plugins::start(Options { outbound: Some(outbound), ..options(folder) })
}

async fn in_lan(host: &str, count: u32) -> Vec<Failure> {
    let folder = tempfile::tempdir().expect("temporary folder");
    let plugins = on_real_sockets(folder.path());
    load(&plugins, asks_in_lan(host, &format!("http://{host}/"), count), "{}").await;
    plugins.filter_late(post(Direction::Inbound, "x")).await.failures
}

#[tokio::test]
async fn requests_of_one_call_and_bytes_of_an_answer_at_their_edge() {
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    let (host, came) = service(head(1), vec![1], false).await;
    assert_eq!(in_lan(&host, 2).await, [], "two requests");
    assert_eq!(in_lan(&host, 3).await[0].why, "more than 2 requests");
    assert_eq!(came.load(std::sync::atomic::Ordering::Relaxed), 4, "the fifth was never sent");
    let (host, _) = service(head(262_144), vec![1; 262_144], false).await;
    assert_eq!(in_lan(&host, 1).await, [], "256 KiB");
    let (host, _) = service(head(262_145), vec![1; 262_145], false).await;
    assert_eq!(in_lan(&host, 1).await[0].kind, FailureKind::Trap, "one byte more is cut off, and the guest sees that");
}

#[tokio::test]
async fn sleeping_in_a_host_call_and_a_slow_drip_end_with_the_time_of_a_request() {
    let open = "HTTP/1.1 200 OK\r\n\r\n";
    for (name, head, drips) in
        [("silent", "", vec![]), ("slow drip", open, vec![7; 100_000]), ("slow head", "", vec![b'H'; 9999])]
    {
        let (host, _) = service(head.into(), drips.clone(), true).await;
        // The one that says nothing at all keeps the socket open.
        let host = if drips.is_empty() { silent().await } else { host };
        let begun = Instant::now();
        let failures = in_lan(&host, 1).await;
        assert!(failures[0].why.contains("no complete answer within 1000 ms"), "{name}: {failures:?}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{name}: {:?}", begun.elapsed());
    }
    // A call that may take less than one request ends in the middle of it.
    let host = silent().await;
    let folder = tempfile::tempdir().expect("temporary folder");
    let plugins = on_real_sockets(folder.path());
    load(&plugins, patient(&host, &format!("http://{host}/"), 1, 300), "{}").await;
    let failures = plugins.filter_late(post(Direction::Inbound, "x")).await.failures;
    assert!(failures[0].kind == FailureKind::Time && failures[0].why == "no answer within 300 ms", "{failures:?}");
}

async fn silent() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move {
        let mut sockets = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            sockets.push(socket);
        }
    });
    host
}

/// 64 MiB of zeros, by gzip: 65,250 bytes. What does not fit is never unpacked.
#[tokio::test]
async fn a_decompression_bomb_is_cut_off_where_the_answer_ends() {
    let bomb = include_bytes!("zeros.gz").to_vec();
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        bomb.len()
    );
    let (host, _) = service(head, bomb, false).await;
    let begun = Instant::now();
    assert_eq!(in_lan(&host, 1).await[0].kind, FailureKind::Trap, "cut off");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// A name that is granted and leads to this machine: the address is looked at after the name was resolved, and what was looked
/// at is what is connected to.
#[tokio::test]
async fn a_rebinding_name_reaches_nothing_that_is_not_public() {
    for (address, refused) in [
        ("93.184.216.34", false),
        ("127.0.0.1", true),
        ("169.254.169.254", true),
        ("::ffff:10.0.0.1", true),
        ("fe80::1", true),
    ] {
        let sockets = Arc::new(Mutex::new(Vec::new()));
        let handler: crate::outbound::Handler = Arc::new(|hop| {
            Box::pin(async move {
                Ok(crate::outbound::Response { status: 200, url: hop.url, headers: Vec::new(), body: "x".into() })
            })
        });
        let ip: std::net::IpAddr = address.parse().expect("an address");
        let client =
            crate::outbound::Options { user_agent: "Nagaya/test".into(), development: false, clock: Clock::System };
        let outbound = Outbound::audited(client, Arc::new(move |_| vec![ip]), sockets.clone(), handler);
        let folder = tempfile::tempdir().expect("temporary folder");
        let plugins = Plugins::start(Options { outbound: Some(outbound), ..options(folder.path()) });
        load(&plugins, requests("https://a.example/", "", ""), "{}").await;
        let failures = plugins.filter_late(post(Direction::Inbound, "x")).await.failures;
        assert_eq!(failures.is_empty(), !refused, "{address}: {failures:?}");
        let opened = sockets.lock().expect("no panic").len();
        assert_eq!(opened, usize::from(!refused), "{address}");
    }
}

/// The new version stands beside the old one; whoever is under way ends with what it began.
#[tokio::test]
async fn a_call_under_way_ends_on_the_version_that_it_began_with() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let plugins = on_real_sockets(folder.path());
    let host = silent().await;
    load(&plugins, asks_in_lan(&host, &format!("http://{host}/"), 1), "{}").await;
    let under_way = tokio::spawn({
        let plugins = plugins.clone();
        async move { plugins.filter_late(post(Direction::Inbound, "a $")).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    // The same id, another program: it rejects dollars, in the early stage.
    load(&plugins, guest::dollars(MANIFEST, 2), "{}").await;
    let new = plugins.filter(post(Direction::Inbound, "a $")).await;
    assert!(matches!(new.ruling, Ruling::Reject { .. }), "the new version answers at once");
    let old = under_way.await.expect("ends");
    assert!(old.failures[0].why.contains("no complete answer"), "{old:?}");
}
