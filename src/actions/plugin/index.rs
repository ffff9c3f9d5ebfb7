//! Plugins from a signed list on some web server. Whose list it is, is remembered the first time; it does not change hands
//! unnoticed, and an older list is not taken for a newer one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::download::download;
use super::manage;
use crate::app::App;
use crate::error::{Error, Result};
use crate::plugins::index;
use crate::store::settings;

/// Bytes of a list.
const LIMIT: usize = 1024 * 1024;

/// What is remembered of a list.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    key: String,
    serial: u64,
}

/// The bytes of the plugin `name` (its id, or the end of it behind a dot) that the list at `url` offers.
pub async fn fetch(app: &App, url: &str, name: &str) -> Result<Vec<u8>> {
    let at = Url::parse(url).map_err(|why| Error::invalid("index", format!("is no address: {why}")))?;
    let body = download(app, ("index", url), "application/json, */*", LIMIT, Duration::from_secs(30)).await?;
    let (found, key) = index::read(&body)?;
    remember(app, at.as_str(), Known { key, serial: found.serial }).await?;
    let offer = found.find(name).ok_or(Error::NotFound("plugin in this index"))?;
    let file = at.join(&offer.url).map_err(|why| Error::invalid("index", format!("names no address: {why}")))?;
    let wasm = manage::fetch(app, file.as_str(), &offer.sha256).await?;
    offer.check(&wasm)?;
    Ok(wasm)
}

/// Refuses another key than the one that was seen first, and a serial that fell.
async fn remember(app: &App, url: &str, now: Known) -> Result<()> {
    let setting = format!("plugin_index {url}");
    let write = app.store.write(move |tx| {
        let before = settings::get(tx, &setting)?.and_then(|text| serde_json::from_str::<Known>(&text).ok());
        if let Some(before) = before {
            if before.key != now.key {
                return Err(Error::invalid(
                    "index",
                    format!(
                        "is signed by {} now, and was by {}; forget it first if that is right",
                        now.key, before.key
                    ),
                ));
            }
            if now.serial < before.serial {
                let why = format!("is older (serial {}) than the one seen before ({})", now.serial, before.serial);
                return Err(Error::invalid("index", why));
            }
        }
        let text = serde_json::to_string(&now).map_err(|error| Error::Bug(error.to_string()))?;
        settings::set(tx, &setting, &text)
    });
    write.await
}

/// Forgets whose list it was. `false`: it was not known.
pub async fn forget(app: &App, url: &str) -> Result<bool> {
    let at = Url::parse(url).map_err(|why| Error::invalid("index", format!("is no address: {why}")))?;
    let setting = format!("plugin_index {at}");
    app.store.write(move |tx| settings::unset(tx, &setting)).await
}
