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
    server("here.example", false, 8, 7, outbound)
}

/// A server with this name, these rules of addresses, this many deliveries at once and this sequence of random numbers.
pub(crate) fn server(
    domain: &str,
    development: bool,
    deliveries_in_flight: usize,
    seed: u64,
    outbound: Outbound,
) -> (TempDir, App) {
    let folder = tempfile::tempdir().expect("makes a folder");
    let random = Random::seeded(seed);
    let config = Config {
        domain: domain.into(),
        handle_domain: domain.into(),
        data: folder.path().into(),
        listen: ([127, 0, 0, 1], 0).into(),
        trusted_proxies: Vec::new(),
        development,
        deliveries_in_flight,
        log: "info".into(),
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
    let url = format!("https://{host}/@{username}");
    let account =
        Account { inbox: format!("{uri}/inbox"), ..Account::bare(AccountId(id), username, domain, uri, url, NOW) };
    accounts::upsert(tx, &account).expect("inserts");
    account
}

/// Gives a local account this key pair (private, public), both PEM.
pub(crate) fn give_key(tx: &Tx, id: AccountId, pair: &(String, String)) {
    let pair = KeyPair { private_pem: pair.0.clone(), public_pem: pair.1.clone() };
    keys::insert_pair(tx, id, &pair).expect("inserts");
}
