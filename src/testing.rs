//! For tests of doors: a whole server in a temporary folder, with a clock that stands still and seeded randomness.

use std::collections::HashMap;
use std::sync::Mutex;

use tempfile::TempDir;
use tokio::sync::{Notify, Semaphore};

use crate::app::{App, Parts};
use crate::clock::{Clock, Time};
use crate::config::Config;
use crate::ids::{AccountId, Ids};
use crate::media::Media;
use crate::outbound::Outbound;
use crate::plugins::Plugins;
use crate::random::Random;
use crate::store::accounts::{self, Account};
use crate::store::keys::{self, KeyPair};
use crate::store::{Store, Tx};
use crate::streams::Streams;

/// When tests happen.
pub(crate) const NOW: Time = Time(1_786_111_355_000);

/// A server named `here.example`. Keep the folder for as long as it is used.
pub(crate) fn app() -> (TempDir, App) {
    app_with(Outbound::unplugged())
}

/// The same with this HTTP client.
pub(crate) fn app_with(outbound: Outbound) -> (TempDir, App) {
    let folder = tempfile::tempdir().expect("makes a folder");
    let random = Random::seeded(7);
    let config = Config {
        domain: "here.example".into(),
        handle_domain: "here.example".into(),
        data: folder.path().into(),
        listen: ([127, 0, 0, 1], 0).into(),
        trusted_proxies: Vec::new(),
        development: false,
        deliveries_in_flight: 8,
        log: String::new(),
        plugins: false,
        program: "nagaya".into(),
    };
    let app = App::new(Parts {
        config,
        store: Store::open(folder.path()).expect("opens"),
        outbound,
        plugins: Plugins::default(),
        media: Media::start(crate::media::Options {
            data: folder.path().into(),
            program: "nagaya".into(),
            in_process: true,
            random: random.clone(),
        })
        .expect("the media folder opens"),
        clock: Clock::manual(NOW),
        ids: Ids::new(random.clone()),
        random,
        streams: Streams::default(),
        deliveries_waiting: Notify::new(),
        inbox_waiting: Notify::new(),
        signers: Mutex::new(HashMap::new()),
        password_checks: Semaphore::new(2),
    });
    (folder, app)
}

/// A bare account; remote if `domain` is given.
pub(crate) fn account(tx: &Tx, id: i64, username: &str, domain: Option<&str>) -> Account {
    let host = domain.unwrap_or("here.example");
    let uri = format!("https://{host}/users/{username}");
    let account = Account {
        id: AccountId(id),
        username: username.into(),
        domain: domain.map(str::to_owned),
        url: format!("https://{host}/@{username}"),
        inbox: format!("{uri}/inbox"),
        uri,
        kind: "Person".into(),
        display_name: String::new(),
        note: String::new(),
        note_source: String::new(),
        fields: Vec::new(),
        avatar_file: None,
        avatar_remote_url: None,
        avatar_description: String::new(),
        header_file: None,
        header_remote_url: None,
        header_description: String::new(),
        locked: false,
        discoverable: None,
        indexable: false,
        hide_collections: None,
        memorial: false,
        shared_inbox: None,
        outbox: None,
        followers_uri: None,
        following_uri: None,
        featured_uri: None,
        also_known_as: Vec::new(),
        moved_to_uri: None,
        followers_count: 0,
        following_count: 0,
        statuses_count: 0,
        last_status_at: None,
        created_at: NOW,
        first_seen_at: NOW,
        fetched_at: None,
        suspended_at: None,
        silenced_at: None,
        deleted_at: None,
    };
    accounts::upsert(tx, &account).expect("inserts");
    account
}

/// Gives a local account this key pair (private, public), both PEM.
pub(crate) fn give_key(tx: &Tx, id: AccountId, pair: &(String, String)) {
    let pair = KeyPair { private_pem: pair.0.clone(), public_pem: pair.1.clone() };
    keys::insert_pair(tx, id, &pair).expect("inserts");
}
