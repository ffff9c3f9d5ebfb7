//! Asking other servers what they run: only those we deliver to, once a day, unsigned and small. Spec: rule W4, FEP-f1d5

use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::activitypub::{ids, read};
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::store::peer_software::{self as store, Software};

use super::fetch;

/// The largest answer.
const LIMIT: usize = 64 * 1024;
/// Who was delivered to within this time is asked …
const ACTIVE: Duration = Duration::from_secs(7 * 86_400);
/// … and again after this one.
const AGAIN: Duration = Duration::from_secs(86_400);
/// How many are asked in one go.
const AT_ONCE: usize = 20;
/// The longest name or version that is kept.
const LONGEST: usize = 100;

/// Asks those whose turn it is; answers how many were asked.
pub async fn ask_some(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let hosts = app.store.read(move |db| store::unasked(db, now.minus(ACTIVE), now.minus(AGAIN), AT_ONCE)).await?;
    let count = hosts.len();
    for host in hosts {
        // No answer is an answer: it is not asked again before tomorrow.
        let software = ask(app, &host).await.ok();
        app.store.write(move |tx| store::answered(tx, &host, software.as_ref(), now)).await?;
    }
    Ok(count)
}

/// What `host` says that it runs.
pub async fn ask(app: &App, host: &str) -> Result<Software> {
    let nonsense = |why: &str| Error::peer(host, Fault::Nonsense(why.into()));
    let address = format!("{}://{host}/.well-known/nodeinfo", app.config.scheme());
    let address = Url::parse(&address).map_err(|_| nonsense("it is no address"))?;
    let links = json(app, address.clone()).await?;
    let schema = |link: &&Value| {
        let rel = read::string(link, "rel").unwrap_or_default();
        rel.rsplit_once("/schema/")
            .and_then(|(_, version)| ["2.1", "2.0", "1.1", "1.0"].iter().position(|v| *v == version))
    };
    let found = read::objects(&links, "links")
        .into_iter()
        .filter(|link| schema(link).is_some())
        .min_by_key(|link| schema(link));
    let href = found.and_then(|link| read::string(link, "href")).ok_or_else(|| nonsense("no NodeInfo that we read"))?;
    // About a server only itself is believed.
    if !ids::same_origin(href, address.as_str()) {
        return Err(nonsense("its NodeInfo lies elsewhere"));
    }
    let href = Url::parse(href).map_err(|_| nonsense("it is no address"))?;
    let node = json(app, href).await?;
    let software = read::first(&node, "software").unwrap_or(&Value::Null);
    let text = |key: &str| read::string(software, key).map(|text| text.chars().take(LONGEST).collect::<String>());
    let name = text("name").ok_or_else(|| nonsense("it does not say what it runs"))?;
    Ok(Software { name, version: text("version").unwrap_or_default() })
}

async fn json(app: &App, url: Url) -> Result<Value> {
    let response = fetch::plain(app, url, "application/json", LIMIT).await?.success(app.clock.now())?;
    read::parse_document(&response.body)
}
