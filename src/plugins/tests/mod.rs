//! Good guests, bad guests, and what the server notices of them. The bad ones are WAT text.

mod files;
mod filters;
mod hostile;
mod keeping;
mod kitsune;
mod languages;
mod limits;
mod network;

use std::path::Path;
use std::time::{Duration, Instant};

use super::*;
use crate::activitypub::audience::Visibility;
use crate::clock::Time;

use crate::testing::guest;
#[path = "../../../tests/harness/nasty.rs"]
mod nasty;

fn options(data: &Path) -> Options {
    Options {
        data: data.to_owned(),
        program: PathBuf::from("/nonexistent"),
        enabled: true,
        host: "here.example".into(),
        clock: Clock::manual(Time(1_000_000)),
        random: Random::seeded(7),
        handle_domain: "here.example".into(),
        store: store(data),
        outbound: None,
        compile_in_process: true,
    }
}

/// A store of its own for each server: several may use one folder of compiled plugins after each other.
fn store(data: &Path) -> Store {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = data.join(format!("store-{number}"));
    std::fs::create_dir_all(&folder).expect("a folder");
    Store::open(&folder).expect("opens")
}

fn start() -> (tempfile::TempDir, Plugins) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let plugins = Plugins::start(options(folder.path()));
    (folder, plugins)
}

fn post(direction: Direction, text: &str) -> Envelope {
    Envelope {
        direction,
        activity: "Create".into(),
        object: Some("Note".into()),
        visibility: Some(Visibility::Unlisted),
        text: text.into(),
        ..Envelope::default()
    }
}

/// Loads a core module with the manifest and the metadata of a bindings generator, as an author's build makes it, and grants
/// all that it asks for.
async fn load(plugins: &Plugins, wasm: Vec<u8>, config: &str) {
    load_as(plugins, wasm, |row| row.config = config.into()).await;
}

async fn load_as(plugins: &Plugins, wasm: Vec<u8>, change: impl FnOnce(&mut InstalledPlugin)) {
    let wasm = prepare::wrap(wasm).expect("wraps");
    let manifest = Manifest::of_wasm(&wasm).expect("has a manifest");
    let asks = permissions::asked(&manifest).expect("sensible");
    let grants = asks.into_iter().map(|ask| ask.name).collect();
    let mut row = InstalledPlugin { grants, ..InstalledPlugin::bare(&manifest.id, wasm) };
    change(&mut row);
    let errors = plugins.load(vec![row]).await;
    assert!(errors.is_empty(), "{errors:?}");
}

use nasty::{MANIFEST, filter as guest};

/// [`MANIFEST`] with more keys.
fn manifest(more: &str) -> String {
    MANIFEST.replacen('{', &format!("{{{more},"), 1)
}

fn module(body: &str) -> Vec<u8> {
    guest::module(MANIFEST, body)
}

/// Appends a custom section.
fn wasm_section(wasm: &mut Vec<u8>, name: &str, data: &[u8]) {
    let length = 1 + name.len() + data.len();
    wasm.extend([0, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8, name.len() as u8]);
    wasm.extend(name.as_bytes());
    wasm.extend(data);
}

/// Bytes 0.. of memory: `ok(decision)`; the rest of the record is given as data by the caller.
const ANSWERS: &str = "(i32.const 0)";

fn word(ruling: &Ruling) -> &'static str {
    match ruling {
        Ruling::Accept => "accept",
        Ruling::Hold { .. } => "hold",
        Ruling::Reject { .. } => "reject",
    }
}
