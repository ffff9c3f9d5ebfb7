//! What the benches have in common: a server of its own in a temporary folder, alice, and whom she follows.

use std::net::SocketAddr;

use nagaya::actions::account::{self, NewAccount};
use nagaya::app::App;
use nagaya::clock::Time;
use nagaya::config;
use nagaya::error::Result;
use nagaya::ids::AccountId;
use nagaya::server::{self, Substitutes};
use nagaya::store::Tx;
use nagaya::store::accounts::{self, Account};
use tokio::net::TcpListener;

/// A server that does not answer yet.
pub struct House {
    /// Goes with everything in it when it is dropped.
    pub _folder: tempfile::TempDir,
    pub listener: TcpListener,
    pub address: SocketAddr,
    pub app: App,
    pub alice: AccountId,
}

/// `cargo test --benches` and the like only want to know whether it can be built.
pub fn only_built() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

/// The number in this environment variable.
pub fn number(name: &str, default: i64) -> i64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

pub async fn open() -> House {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let file = folder.path().join("nagaya.toml");
    let text = format!(
        "domain = \"{address}\"\nlisten = \"{address}\"\ndata = \"data\"\ndevelopment = true\nlog = \"warn\"\nrate_limits = false\n"
    );
    std::fs::write(&file, text).expect("writes");
    let config = config::load(&file, std::iter::empty()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let app = server::build(config, Substitutes::default()).await.expect("builds");
    let new = NewAccount {
        username: "alice".into(),
        email: "alice@example.com".into(),
        password: "good neighbours".into(),
        role: "owner".into(),
        locale: "en".into(),
    };
    let alice = account::create(&app, new).await.expect("an account").id;
    House { _folder: folder, listener, address, app, alice }
}

/// The author with this number, on another server, whom alice follows; answers their address.
pub fn author(tx: &Tx, alice: AccountId, number: i64, now: Time) -> Result<String> {
    let name = format!("author{number}");
    let uri = format!("https://far.example/users/{name}");
    let bare = Account::bare(AccountId(number), &name, Some("far.example"), uri.clone(), uri.clone(), now);
    let account = Account {
        inbox: format!("{uri}/inbox"),
        followers_uri: Some(format!("{uri}/followers")),
        fetched_at: Some(now),
        ..bare
    };
    accounts::upsert(tx, &account)?;
    tx.execute(
        "INSERT INTO follows (id, account_id, target_id, uri, accepted, created_at) VALUES (?1, ?2, ?1, ?3, 1, ?4)",
        (number, alice, format!("https://here.example/follows/{number}"), now),
    )?;
    Ok(uri)
}
