//! For tests of doors: a whole server in a temporary folder, with a clock that stands still and seeded randomness.

#[path = "../tests/harness/guest.rs"]
pub(crate) mod guest;
pub(crate) mod net;
pub(crate) mod smtp;

use std::collections::HashMap;
use std::sync::Mutex;

use tempfile::TempDir;
use tokio::sync::{Notify, Semaphore};

use crate::app::{App, Parts};
use crate::clock::{Clock, Time};
use crate::config::{Config, Tools};
use crate::ids::{AccountId, Ids};
use crate::media::Media;
use crate::outbound::Outbound;
use crate::passkeys::Ceremonies;
use crate::plugins::Plugins;
use crate::random::Random;
use crate::store::accounts::{self, Account};
use crate::store::keys::{self, KeyPair};
use crate::store::users::{self, User};
use crate::store::{Store, Tx};
use crate::streams::Streams;
use crate::tries::Tries;

/// When tests happen.
pub(crate) const NOW: Time = Time(1_786_111_355_000);

/// A server named `here.example`. Keep the folder for as long as it is used.
pub(crate) fn app() -> (TempDir, App) {
    app_with(Outbound::unplugged())
}

/// The same with plugins, compiled in this process.
pub(crate) fn app_with_plugins() -> (TempDir, App) {
    server_with("here.example", true, 8, 7, Outbound::unplugged(), |config| config.plugins = true)
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
    server_with(domain, development, deliveries_in_flight, seed, outbound, |_| ())
}

/// A server like [`crate::app::tests::test_app`] that sends its mail to `mail`.
pub(crate) fn app_with_mail(mail: crate::config::Mail) -> (TempDir, App) {
    server_with("nagaya.test", true, 4, 1, Outbound::unplugged(), |config| config.mail = Some(mail))
}

/// The same with a configuration that `change` has changed.
pub(crate) fn server_with(
    domain: &str,
    development: bool,
    deliveries_in_flight: usize,
    seed: u64,
    outbound: Outbound,
    change: impl FnOnce(&mut Config),
) -> (TempDir, App) {
    let folder = tempfile::tempdir().expect("makes a folder");
    let (random, clock) = (Random::seeded(seed), Clock::manual(NOW));
    let mut config = Config {
        domain: domain.into(),
        handle_domain: domain.into(),
        data: folder.path().into(),
        listen: ([127, 0, 0, 1], 0).into(),
        trusted_proxies: Vec::new(),
        development,
        deliveries_in_flight,
        log: "info".into(),
        plugins: false,
        mail: None,
        rate_limits: false,
        tools: Tools::installed(),
        bucket: None,
        web_app: None,
        program: "nagaya".into(),
    };
    change(&mut config);
    let store = Store::open(folder.path()).expect("opens");
    let plugins = if config.plugins {
        Plugins::start(crate::plugins::Options {
            data: folder.path().into(),
            program: "nagaya".into(),
            enabled: true,
            host: config.domain.clone(),
            handle_domain: config.handle_domain.clone(),
            clock: clock.clone(),
            random: random.clone(),
            store: store.clone(),
            outbound: Some(outbound.clone()),
            compile_in_process: true,
        })
    } else {
        Plugins::default()
    };
    let app = App::new(Parts {
        store,
        outbound,
        fetches: crate::outbound::fetches::Fetches::default(),
        shelf: crate::activitypub::shelf::Shelf::default(),
        plugins,
        media: Media::start(crate::media::Options {
            data: folder.path().into(),
            program: "nagaya".into(),
            in_process: true,
            random: random.clone(),
            clock: clock.clone(),
            tools: config.tools.clone(),
            bucket: None,
        })
        .expect("the media folder opens"),
        config,
        clock,
        ids: Ids::new(random.clone()),
        random,
        streams: Streams::default(),
        deliveries_waiting: Notify::new(),
        mails_waiting: Notify::new(),
        inbox_waiting: Notify::new(),
        backfills_waiting: Notify::new(),
        bots_waiting: Notify::new(),
        signers: Mutex::new(HashMap::new()),
        password_checks: Semaphore::new(2),
        password_tries: Tries::default(),
        ceremonies: Ceremonies::default(),
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

/// A local account with somebody who uses it.
pub(crate) fn resident(tx: &Tx, id: i64, username: &str) -> Account {
    let account = account(tx, id, username, None);
    let user = User {
        account_id: account.id,
        email: format!("{username}@mail.example"),
        password_hash: String::new(),
        role: "member".into(),
        locale: "en".into(),
        default_visibility: crate::activitypub::audience::Visibility::Public,
        default_sensitive: false,
        default_language: None,
        created_at: NOW,
        confirmed_at: Some(NOW),
        approved_at: Some(NOW),
        disabled_at: None,
        last_active_at: None,
    };
    users::insert(tx, &user).expect("inserts");
    account
}

/// Gives a local account this key pair (private, public), both PEM.
pub(crate) fn give_key(tx: &Tx, id: AccountId, pair: &(String, String)) {
    let pair = KeyPair { private_pem: pair.0.clone(), public_pem: pair.1.clone() };
    keys::insert_pair(tx, id, &pair).expect("inserts");
}
