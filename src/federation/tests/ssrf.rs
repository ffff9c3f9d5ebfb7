//! No feature opens a connection to a private address, whoever names it. Judged by a record below the guard of what
//! would have been connected to, not by the guard's word.
#![allow(clippy::print_stdout, reason = "the numbers are for notes")]

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use url::Url;

use super::*;
use crate::actions::{card, fetch, peer_software, resolve, verify};
use crate::delivery;
use crate::ids::ActivityId;
use crate::media::{Means, Purpose};
use crate::store::accounts::Field;
use crate::store::cards::Card;
use crate::store::deliveries::{self, NewActivity, Priority};
use crate::testing::net::{PUBLIC, Page, audited};

/// Private addresses as numbers: names lead there.
const ADDRESSES: &str = "
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.0.0.53 127.255.255.254
    169.254.169.254 169.254.0.1 172.16.0.1 172.31.255.254 192.0.0.1 192.0.0.170 192.0.2.1 192.31.196.1 192.52.193.1
    192.88.99.1 192.168.0.1 192.168.255.254 192.175.48.1 198.18.0.1 198.19.255.254 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::8.8.8.8 64:ff9b::127.0.0.1
    64:ff9b::169.254.169.254 64:ff9b:1::10.0.0.1 2002:7f00:1:: 2002:a00:1::1 2001:0:53aa:64c:0:7a56:80ff:fffe 2001::1
    2001:2::1 2001:10::1 2001:db8::1 3fff::1 2620:4f:8000::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1 100::1
    5f00::1 4000::1";

/// The same things written into an address, in every spelling that some parser takes; and odd ports, schemes and names.
const LITERALS: &str = "
    https://127.0.0.1 https://127.1 https://2130706433 https://0x7f000001 https://0x7f.1 https://0177.0.0.1
    https://017700000001 https://127.0.0.1. https://0 https://0.0.0.0 https://169.254.169.254 https://2852039166
    https://0xa9fea9fe https://0251.0376.0251.0376 https://10.0.0.1 https://192.168.1 https://3232235777
    https://172.16.0.1 https://100.64.0.1 https://[::1] https://[::] https://[::ffff:127.0.0.1] https://[::ffff:7f00:1]
    https://[0:0:0:0:0:ffff:a9fe:a9fe] https://[64:ff9b::7f00:1] https://[2002:7f00:1::] https://[fc00::1]
    https://[fe80::1] https://１２７.０.０.１ https://127。0。0。1 https://%31%32%37.0.0.1 https://8.8.8.8 https://[2606:4700::1]
    https://localhost https://LOCALHOST https://a.localhost https://printer https://router.local
    https://metadata.google.internal https://1.0.0.127.in-addr.arpa https://x.onion https://x.i2p
    https://user@public.example https://user:pass@public.example https://:pass@public.example
    https://127.0.0.1@public.example https://public.example:22 https://public.example:80 https://public.example:6379
    https://public.example:8443 http://public.example http://public.example:443 http://127.0.0.1 http://127.0.0.1:3000
    gopher://public.example ftp://public.example file:///etc/passwd https://public.example. https://public..example
    https://public.example:0 https://public.example:25 https://public.example:5432 http://[::1]:6379 https://0x0a000001
    https://[::ffff:a9fe:a9fe] https://[fd00:ec2::254] https://100.100.100.200 https://127.0.0.1:443 https://[::1]:443
    https://instance-data.internal";

/// One thing to be asked for: its address, and whether the name behind it may be looked up at all.
fn targets() -> Vec<String> {
    let names = ADDRESSES.split_whitespace().enumerate().map(|(number, _)| format!("https://n{number}.rebind.example"));
    // A name with one private address among public ones: only those are connected to.
    let mixed = ["https://mixed4.example", "https://mixed6.example"].map(str::to_owned);
    let all: Vec<_> = names.chain(LITERALS.split_whitespace().map(str::to_owned)).chain(mixed).collect();
    assert!(all.len() >= 120, "{}", all.len());
    all
}

/// What the names lead to. A name changes its mind every time it is asked (TTL 0): public first, private then.
fn lookup(name: &str, asked: &AtomicUsize) -> Option<Vec<IpAddr>> {
    let private: Vec<IpAddr> = ADDRESSES.split_whitespace().map(|text| text.parse().expect("an address")).collect();
    if let Some(number) = name.strip_suffix(".rebind.example").and_then(|name| name.strip_prefix('n')) {
        return Some(vec![private[number.parse::<usize>().expect("a number")]]);
    }
    match name {
        "mixed4.example" => Some(vec![private[2], PUBLIC, private[6]]),
        "mixed6.example" => Some(vec![private[31], PUBLIC]),
        "moody.example" if asked.fetch_add(1, Ordering::Relaxed) % 2 == 1 => Some(vec![private[6]]),
        _ => None,
    }
}

struct World {
    app: App,
    router: Router,
    sockets: Arc<Mutex<Vec<SocketAddr>>>,
    targets: Arc<Vec<String>>,
    _folder: TempDir,
}

async fn world() -> World {
    let targets = Arc::new(targets());
    let (known, moods) = (targets.clone(), AtomicUsize::new(0));
    let (outbound, _, sockets) = audited(
        move |name| lookup(name, &moods),
        move |hop| {
            // A public server that sends everybody on to target number n.
            let number =
                hop.url.path().strip_prefix("/to/").and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
            Some(match number {
                Some(number) => Page::redirect(&format!("{}/x", known[number])),
                None => Page::status(404),
            })
        },
    );
    let (folder, app) = testing::app_with(outbound);
    app.store
        .write(|tx| {
            let instance = testing::account(tx, accounts::INSTANCE.0, "here.example", None);
            testing::give_key(tx, instance.id, &PAIRS[0]);
            let alice = testing::account(tx, 1, "alice", None);
            testing::give_key(tx, alice.id, &PAIRS[0]);
            Ok(())
        })
        .await
        .expect("writes");
    let router = routes().with_state(app.clone());
    World { app, router, sockets, targets, _folder: folder }
}

impl World {
    /// Nothing but the public address, by the port of https, was connected to.
    fn judge(&self, feature: &str) -> usize {
        let mut sockets = self.sockets.lock().expect("no panic");
        let strange: Vec<_> = sockets.iter().filter(|socket| **socket != SocketAddr::new(PUBLIC, 443)).collect();
        assert!(strange.is_empty(), "{feature} connected to {strange:?}");
        std::mem::take(&mut *sockets).len()
    }

    /// Every target, and a public address that redirects to it.
    fn addresses(&self) -> Vec<String> {
        let direct = self.targets.iter().map(|target| format!("{target}/x"));
        direct.chain((0..self.targets.len()).map(|number| format!("https://public.example/to/{number}"))).collect()
    }
}

/// Mastodon CVE-2026-22245, CVE-2026-46348, GHSA-xx55-4rrg-8xg6, GHSA-vwhj-3g83-v276 (address forms); CVE-2026-27477 (a
/// client of its own without the guard); Fedify CVE-2024-39687, CVE-2025-23221, CVE-2026-50131, CVE-2026-62857,
/// CVE-2026-77632; Lemmy CVE-2025-25194, CVE-2026-33693; Discourse CVE-2026-55103 (loader, WebFinger, NodeInfo,
/// redirects); Mitra (mapped addresses).
#[tokio::test]
async fn t23_f1_f2_cve_2026_22245_cve_2026_27477_cve_2024_39687_no_feature_connects_to_a_private_address() {
    let world = world().await;
    let app = &world.app;
    let mut features = 0;
    let mut done = |feature: &str| {
        features += 1;
        let sockets = world.judge(feature);
        println!("{feature}: {sockets} connections, all public");
        sockets
    };

    for address in world.addresses() {
        let _ = resolve::by_url(app, &address).await;
        let _ = fetch::actor(app, &address, &mut fetch::Budget::default()).await;
    }
    assert!(done("actors, posts and pages") > 0, "the redirects themselves are public");

    for address in world.addresses() {
        let _ = fetch::key(app, &format!("{address}#main-key"), true).await;
        let _ = fetch::key(app, &address, false).await;
    }
    done("keys");

    for (number, address) in world.addresses().into_iter().enumerate() {
        // What can stand in a header.
        if address.is_ascii() {
            let from = Box::leak(format!("2001:db8:{number:x}::1").into_boxed_str());
            let knock = Knock { key_id: format!("{address}#main-key"), from, ..Knock::new(&like()) };
            let status = knock.send(&world.router).await.as_u16();
            assert!(matches!(status, 202 | 401 | 403 | 503), "{address}: {status}");
        }
    }
    done("the inbox");

    for target in world.targets.iter() {
        let host = target.split_once("://").map_or("", |(_, host)| host);
        let _ = resolve::by_handle(app, "x", Some(host)).await;
        let _ = peer_software::ask(app, host).await;
    }
    done("WebFinger, host-meta and NodeInfo");

    let means = Means { store: &app.store, outbound: &app.outbound, now: testing::NOW };
    for address in world.addresses() {
        for purpose in [Purpose::Original, Purpose::Avatar] {
            let _ = app.media.remote(means, purpose, &address).await;
        }
    }
    done("media");

    for (number, address) in world.addresses().into_iter().enumerate() {
        let _ = card::fetch(app, Card::bare(number as i64, address)).await;
    }
    done("preview cards");

    for addresses in world.addresses().chunks(40) {
        let fields: Vec<Field> = addresses
            .iter()
            .map(|address| Field { name: "web".into(), value: address.clone(), verified_at: None })
            .collect();
        app.store
            .write(move |tx| {
                let alice = accounts::by_id(tx, AccountId(1))?.expect("alice");
                accounts::upsert(tx, &accounts::Account { fields, ..alice }).map(|_| ())
            })
            .await
            .expect("writes");
        verify::links_of(app, AccountId(1), 0).await.expect("checks");
    }
    done("links in profiles");

    let inboxes: Vec<_> = world.addresses().into_iter().map(|address| (address, Priority::Followers)).collect();
    app.store
        .write(move |tx| {
            let new = NewActivity {
                id: ActivityId(1),
                uri: "https://here.example/1".into(),
                account_id: AccountId(1),
                kind: "Create".into(),
                payload: "{}".into(),
                created_at: testing::NOW,
            };
            deliveries::insert_activity(tx, &new)?;
            deliveries::enqueue_to(tx, new.id, &inboxes, deliveries::Timing::Ready, testing::NOW)?;
            Ok(())
        })
        .await
        .expect("writes");
    delivery::run_until_idle(app).await.expect("delivers");
    done("deliveries");

    for _ in 0..20 {
        let address = "https://moody.example/x";
        app.fetches.forget(address);
        let _ = resolve::by_url(app, address).await;
    }
    done("a name that changes its mind");
    println!("{} targets, through {features} features, and by redirect", world.targets.len());
}

/// The names themselves are judged, not only what they lead to.
#[tokio::test]
async fn f3_cve_2023_42450_cve_2023_42451_a_host_has_one_spelling() {
    let domain = |text: &str| Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
    for (one, other) in [
        ("https://Bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://PEER.example/", "https://peer.example/"),
        ("https://長屋.example/", "https://xn--ogt734k.example/"),
        ("https://peer\u{3002}example/", "https://peer.example/"),
    ] {
        assert_eq!(domain(one), domain(other), "{one}");
    }
    // A block holds for every spelling.
    let (_folder, app) = testing::app();
    let changes = Changes { severity: Some(Severity::Suspend), ..Changes::default() };
    border::block(&app, "BÜCHER.example", changes).await.expect("blocks");
    for address in ["https://bücher.example/u", "https://XN--BCHER-KVA.example/u", "https://sub.BÜCHER.example/u"] {
        let asked = address.to_owned();
        let barred = app.store.read(move |db| Ok(border::standing_of(db, &asked)?.barred)).await.expect("reads");
        assert!(barred, "{address}");
    }
    for odd in [
        "https://peer.example\\@evil.example/",
        "https://peer.example\t/",
        "https://peer .example/",
        "https://peer.example\u{0}/",
    ] {
        assert!(crate::activitypub::ids::valid_remote_id(odd, false).is_err(), "{odd:?}");
    }
}
