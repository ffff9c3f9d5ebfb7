//! `nagaya demo`: a playground of two neighbouring servers in one process.
//!
//! alice lives on 127.0.0.1, bob on 127.0.0.2 (two addresses, because cookies ignore ports). They follow each other and
//! a few posts really travel by signed HTTP. The plugin `keywords` runs on both. Commands reach either by its folder.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{control, say};
use crate::actions::{account, follow, post, resolve, token};
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::config::Config;
use crate::server::{self, Running, Substitutes};
use crate::store::accounts::Account;
use crate::store::page::Page;
use crate::store::{follows, settings, timelines};
use crate::{observe, random::Random};

/// Everything a script may want to do.
const SCOPES: &str = "read write follow push admin:read admin:write profile";
/// The password of both; the servers are reachable from this machine only.
const PASSWORD: &str = "neighbours";

#[derive(Args)]
pub(super) struct Arguments {
    /// The port, the same on both addresses; the next free one when it is taken.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Keeps everything in this folder instead of a temporary one.
    #[arg(long)]
    data: Option<PathBuf>,
    /// For scripts: when ready, one line of JSON per server, and nothing else.
    #[arg(long)]
    json: bool,
    /// A folder with a built web app, served instead of the one in the program.
    #[arg(long, env = "NAGAYA_WEB_APP")]
    web_app: Option<PathBuf>,
    /// Log filter.
    #[arg(long, default_value = "warn")]
    log: String,
}

/// One house of the playground.
struct House {
    running: Running,
    person: Account,
    token: String,
    data: PathBuf,
}

pub(super) async fn run(arguments: Arguments) -> Result<()> {
    observe::start(&arguments.log);
    let temporary = arguments
        .data
        .is_none()
        .then(|| std::env::temp_dir().join(format!("nagaya-demo-{}", &Random::System.secret()[..8])));
    let folder = arguments.data.clone().or(temporary.clone()).context("a folder")?;
    let (first, second) = listeners(arguments.port).await?;
    let web_app = arguments.web_app.clone();
    let alice = house(first, "alice", "en", &folder.join("one"), web_app.clone()).await?;
    let bob = house(second, "bob", "ja", &folder.join("two"), web_app).await?;
    meet(&alice, &bob).await?;
    let done = CancellationToken::new();
    let commands = [&alice, &bob].map(|house| control::listen(house.running.app.clone(), done.clone()));
    if arguments.json {
        for house in [&alice, &bob] {
            say(&description(house).await?.to_string())?;
        }
    } else {
        say(&welcome(&alice, &bob, temporary.as_deref()))?;
    }
    super::serve::stop_asked().await?;
    done.cancel();
    for listening in commands.into_iter().flatten() {
        let _ = listening.await;
    }
    tokio::join!(alice.running.stop(), bob.running.stop());
    if let Some(temporary) = temporary {
        let _ = std::fs::remove_dir_all(temporary);
    }
    Ok(())
}

/// Both addresses on one port, beginning with the one asked for.
async fn listeners(wanted: u16) -> Result<(TcpListener, TcpListener)> {
    let addresses = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2])];
    for port in wanted..wanted.saturating_add(100) {
        let bound = futures_util::future::try_join_all(
            addresses.map(|address| TcpListener::bind(SocketAddr::new(address, port))),
        );
        if let Ok(bound) = bound.await {
            let mut bound = bound.into_iter();
            return bound.next().zip(bound.next()).context("two listeners");
        }
    }
    bail!("no port from {wanted} on is free on both 127.0.0.1 and 127.0.0.2; choose one with --port")
}

async fn house(
    listener: TcpListener,
    name: &str,
    locale: &str,
    data: &Path,
    web_app: Option<PathBuf>,
) -> Result<House> {
    let address = listener.local_addr()?;
    let config = Config {
        domain: address.to_string(),
        handle_domain: address.to_string(),
        data: data.to_owned(),
        listen: address,
        trusted_proxies: Vec::new(),
        development: true,
        deliveries_in_flight: 256,
        log: "warn".into(),
        plugins: true,
        mail: None,
        rate_limits: false,
        tools: crate::config::Tools::installed(),
        bucket: None,
        web_app,
        program: std::env::current_exe()?,
    };
    let app = server::build(config, Substitutes::default()).await?;
    let known = {
        let name = name.to_owned();
        app.store.read(move |db| crate::store::accounts::by_handle(db, &name, None)).await?
    };
    let person = match known {
        Some(person) => person,
        None => {
            let new = account::NewAccount {
                username: name.into(),
                email: format!("{name}@example.com"),
                password: PASSWORD.into(),
                role: "owner".into(),
                locale: locale.into(),
            };
            let person = account::create(&app, new).await?;
            app.store.write(|tx| settings::set(tx, "title", "Nagaya demo")).await?;
            super::plugin::start_built_in(&app, "keywords", &[("reject", "buy cheap followers")]).await?;
            person
        }
    };
    let token = token::issue_token(&app, person.id, SCOPES, "nagaya demo").await?;
    Ok(House { running: server::start(app, listener)?, person, token, data: data.to_owned() })
}

/// They follow each other, and talk a little.
async fn meet(alice: &House, bob: &House) -> Result<()> {
    let pairs = [(alice, bob), (bob, alice)];
    for (here, there) in pairs {
        let app = &here.running.app;
        let domain = &there.running.app.config.handle_domain;
        let found = resolve::by_handle(app, &there.person.username, Some(domain)).await?;
        let found = found.with_context(|| format!("{} was not found by WebFinger", there.person.username))?;
        follow::add(app, &here.person, found.id, follow::Options::default()).await?;
        let (me, them) = (here.person.id, found.id);
        wait(app, "the follow to be accepted", move |db| {
            Ok(follows::between(db, me, them)?.is_some_and(|follow| follow.accepted))
        })
        .await?;
    }
    if already_talked(alice).await? {
        return Ok(());
    }
    for (here, text) in [
        (alice, "Hello, neighbour! This post travelled to the other house by signed HTTP. #nagaya"),
        (bob, "こんにちは、お隣さん。長屋へようこそ。 #長屋"),
        (alice, "Try it: write something as me and watch it arrive on bob's side."),
    ] {
        let draft = post::Draft { text: text.into(), visibility: Some(Visibility::Public), ..Default::default() };
        let status = post::create(&here.running.app, &here.person, draft).await?;
        let there = if std::ptr::eq(here, alice) { bob } else { alice };
        let uri = status.uri.clone();
        wait(&there.running.app, "the post to arrive", move |db| {
            Ok(crate::store::statuses::by_uri(db, &uri)?.is_some())
        })
        .await?;
    }
    Ok(())
}

async fn already_talked(house: &House) -> Result<bool> {
    let (id, now) = (house.person.id, house.running.app.clock.now());
    let page = Page { max: None, since: None, min: None, limit: 1 };
    Ok(!house.running.app.store.read(move |db| timelines::home(db, id, &page, now)).await?.is_empty())
}

/// Asks until it is so, for ten seconds at most.
async fn wait(
    app: &App,
    what: &str,
    question: impl Fn(&crate::store::Connection) -> crate::error::Result<bool> + Clone + Send + 'static,
) -> Result<()> {
    for _ in 0..500 {
        if app.store.read(question.clone()).await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("waited 10 s for {what} in vain; run with --log debug to see why")
}

async fn description(house: &House) -> Result<serde_json::Value> {
    let plugins = house.running.app.store.read(crate::store::plugins::all).await?;
    Ok(json!({
        "base_url": house.running.app.config.url(""),
        "accounts": [{
            "username": house.person.username,
            "email": format!("{}@example.com", house.person.username),
            "password": PASSWORD,
            "token": house.token,
            "admin": true,
        }],
        "plugins": plugins.into_iter().map(|plugin| plugin.id).collect::<Vec<_>>(),
        "data": house.data,
    }))
}

fn welcome(alice: &House, bob: &House, temporary: Option<&Path>) -> String {
    let line = |house: &House| {
        format!(
            "  {url}  @{name}@{domain}\n      sign in / ログイン: {name}@example.com  password / パスワード: {PASSWORD}\n      \
             token / トークン: {token}\n",
            url = house.running.app.config.url("/"),
            name = house.person.username,
            domain = house.running.app.config.handle_domain,
            token = house.token,
        )
    };
    let kept = match temporary {
        Some(_) => {
            "The folder is temporary: everything is gone when you stop (keep it with --data DIR).\n\
                    一時フォルダなので、終了するとすべて消えます(--data DIR で残せます)。"
        }
        None => "Everything is kept in the folder that you named. / データは指定のフォルダに残ります。",
    };
    format!(
        "\nTwo neighbouring servers are up; alice and bob follow each other.\n\
         二つの隣どうしのサーバーが動いています。alice と bob は互いにフォローしています。\n\n{}\n{}\n\
         Use any Mastodon app that accepts http, or:\n  \
         curl -H 'Authorization: Bearer {}' -d 'status=Hello' {}\n  \
         then open / 開いてみてください: {}\n\n{kept}\n\nStop with Ctrl-C. / 終了は Ctrl-C\n",
        line(alice),
        line(bob),
        alice.token,
        alice.running.app.config.url("/api/v1/statuses"),
        bob.running.app.config.url("/@bob"),
    )
}
