//! Where plugins come from: an address with its hash, and signed lists on some web server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::clock::Clock;
use crate::outbound::{Handler, Options, Response};
use crate::plugins::index::{self, Index, Offer};
use crate::plugins::sections;

use crate::testing::guest;

const PATH: &str = "/api/nagaya/v1/admin/plugins";

fn manifest(id: &str, version: &str) -> String {
    format!(
        r#"{{"id":"{id}","version":"{version}","api":"1.0","kinds":["filter"],"permissions":["reject"],
        "name":{{"en":"Dollars"}},"summary":{{"en":"Dollars"}}}}"#
    )
}

fn signed(version: &str, key: &[u8]) -> Vec<u8> {
    sections::sign(&guest::dollars(&manifest("org.example.dollars", version), 2), key).expect("signs")
}

/// A web server with these files, and a server with an administrator.
struct Web {
    files: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    world: World,
    token: String,
}

impl Web {
    async fn new() -> Self {
        let files: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
        let theirs = files.clone();
        let handler: Handler = Arc::new(move |hop| {
            let found = theirs.lock().expect("no panic").get(hop.url.path()).cloned();
            let status = if found.is_some() { 200 } else { 404 };
            let body = found.unwrap_or_default().into();
            Box::pin(std::future::ready(Ok(Response { status, url: hop.url, headers: Vec::new(), body })))
        });
        let options = Options { user_agent: "Nagaya/test".into(), development: false, clock: Clock::System };
        let world = World::with_plugins(Outbound::fake_with(options, handler)).await;
        let token =
            issue_token(&world.app, world.alice, "read write admin:read admin:write", "t").await.expect("a token");
        Self { files, world, token }
    }

    fn put(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.files.lock().expect("no panic").insert(path.into(), body.into());
    }

    async fn installs(&self, body: Value) -> (u16, String) {
        let answer = self.world.ask("POST", PATH, Some(&self.token), body).await;
        let told = answer.body["error"].as_str().or(answer.body["version"].as_str());
        (answer.code, told.unwrap_or_default().to_owned())
    }

    async fn refuses(&self, body: Value, why: &str) {
        let (code, told) = self.installs(body).await;
        assert!(code == 422 && told.contains(why), "{why}: {code} {told}");
    }

    async fn version(&self) -> Value {
        let answer =
            self.world.ask("GET", &format!("{PATH}/org.example.dollars"), Some(&self.token), Value::Null).await;
        answer.body["version"].clone()
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

/// Whatever is wrong with a file, it is refused with the reason, and the version before runs on.
#[tokio::test]
async fn a_file_behind_an_address_needs_its_hash_and_is_refused_with_the_reason() {
    let web = Web::new().await;
    let (key, _) = sections::new_key().expect("a key");
    let first = signed("1", &key);
    web.put("/d.wasm", first.clone());
    let url = "https://files.example/d.wasm";
    web.refuses(json!({"url": url}), "must be given with a url").await;
    web.refuses(json!({"url": url, "sha256": "00"}), &sha256(&first)).await;
    web.refuses(json!({"url": "nonsense", "sha256": "00"}), "is no address").await;
    assert_eq!(web.installs(json!({"url": url, "sha256": sha256(&first)})).await, (200, "1".into()));
    assert_eq!(web.installs(json!({"url": url, "sha256": sha256(&first).to_uppercase()})).await.0, 200, "again");
    let (gone, _) = web.installs(json!({"url": "https://files.example/x", "sha256": "00"})).await;
    assert!((400..600).contains(&gone) && gone != 500, "{gone}");
    let second = signed("2", &key);
    let mut cut = second.clone();
    cut.truncate(second.len() - 200);
    let mut changed = second.clone();
    let at = changed.windows(10).position(|bytes| bytes == b"No dollars").expect("its reason");
    changed[at] ^= 1;
    let unsigned = guest::dollars(&manifest("org.example.dollars", "2"), 2);
    let old = guest::dollars(&manifest("org.example.dollars", "2").replace(r#""1.0""#, r#""2.0""#), 2);
    let mut other_kind = manifest("org.example.dollars", "2");
    other_kind = other_kind.replace(r#"["filter"]"#, r#"["filter","gate"]"#);
    let mismatched = sections::sign(&guest::dollars(&other_kind, 2), &key).expect("signs");
    for (name, file, why) in [
        ("corrupt", cut, "no WebAssembly"),
        ("changed", changed, "signature is wrong"),
        ("unsigned", unsigned.clone(), "is not signed"),
        ("wrong version of the contract", old, "speaks version 2.0"),
        ("manifest and exports differ", mismatched, "exports nothing of that kind"),
        ("no file of ours", b"<html>".to_vec(), "no WebAssembly"),
    ] {
        web.put("/d.wasm", file.clone());
        web.refuses(json!({"url": url, "sha256": sha256(&file)}), why).await;
        assert_eq!(web.version().await, "1", "{name}: the version before stays");
    }
    // Even where unsigned files are allowed, one does not replace a signed one.
    web.put("/d.wasm", unsigned.clone());
    web.refuses(json!({"url": url, "sha256": sha256(&unsigned), "unsigned": true}), "signed and this one is not").await;
    web.put("/d.wasm", second.clone());
    assert_eq!(web.installs(json!({"url": url, "sha256": sha256(&second)})).await, (200, "2".into()));
}

#[tokio::test]
async fn a_signed_list_leads_to_what_it_says_and_to_nothing_else() {
    let web = Web::new().await;
    let (key, _) = sections::new_key().expect("a key");
    let (keeper, _) = sections::new_key().expect("a key");
    let (stranger, strangers) = sections::new_key().expect("a key");
    let url = "https://files.example/list/index.json";
    let file = signed("1", &key);
    web.put("/list/d.wasm", file.clone());
    let good = Offer::of(&file, "d.wasm").expect("is signed");
    let list = |serial: u64, offer: &Offer, key: &[u8]| {
        index::write(&Index { serial, plugins: vec![offer.clone()] }, key).expect("signs")
    };
    let wanted = |name: &str| json!({"index": url, "name": name});
    web.put("/list/index.json", list(5, &good, &keeper).replace("d.wasm", "e.wasm"));
    web.refuses(wanted("dollars"), "signature of the index is wrong").await;
    web.put("/list/index.json", list(5, &good, &keeper));
    assert_eq!(web.installs(wanted("nothing")).await.0, 404);
    assert_eq!(web.installs(wanted("dollars")).await, (200, "1".into()));
    for (what, offer, why) in [
        ("another file", Offer { sha256: "0".repeat(64), ..good.clone() }, "does not fit"),
        ("another id", Offer { id: "org.example.euros".into(), ..good.clone() }, "offers the id org.example.euros"),
        ("another version", Offer { version: "9".into(), ..good.clone() }, "offers the version 9"),
        ("another publisher", Offer { publisher_key: strangers.clone(), ..good.clone() }, "offers the publisher-key"),
    ] {
        web.put("/list/index.json", list(6, &offer, &keeper));
        let name = offer.id.clone();
        let (code, told) = web.installs(wanted(&name)).await;
        assert!(code == 422 && told.contains(why), "{what}: {code} {told}");
    }
    web.put("/list/index.json", list(4, &good, &keeper));
    web.refuses(wanted("dollars"), "is older (serial 4)").await;
    web.put("/list/index.json", list(7, &good, &stranger));
    web.refuses(wanted("dollars"), "is signed by").await;
    assert!(crate::actions::plugin::index::forget(&web.world.app, url).await.expect("forgets"));
    assert_eq!(web.installs(wanted("org.example.dollars")).await, (200, "1".into()), "an admin said so");
    web.put("/list/index.json", "x".repeat(1024 * 1024 + 1));
    assert_ne!(web.installs(wanted("dollars")).await.0, 200);
}
