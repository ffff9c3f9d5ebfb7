//! Everything a door or a deed needs, in one value that is cheap to clone. No globals: a test starts three of these.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::activitypub::signature::PrivateKey;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::{AccountId, Ids};
use crate::media::Media;
use crate::outbound::{Outbound, Signer};
use crate::plugins::Plugins;
use crate::random::Random;
use crate::store::{Store, accounts, keys};
use crate::streams::Streams;

/// One server.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// What an [`App`] consists of.
#[derive(Debug)]
#[allow(missing_docs, reason = "each type says what it is")]
pub struct Parts {
    pub config: Config,
    pub store: Store,
    pub outbound: Outbound,
    pub plugins: Plugins,
    pub media: Media,
    pub clock: Clock,
    pub random: Random,
    pub ids: Ids,
    pub streams: Streams,
    /// Rung after a commit that left deliveries to make.
    pub deliveries_waiting: Notify,
    /// Rung after a commit that left activities to process.
    pub inbox_waiting: Notify,
    /// Parsed private keys of local actors.
    pub signers: Mutex<HashMap<AccountId, Signer>>,
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What requests made for the local account `id` are signed with.
    pub async fn signer(&self, id: AccountId) -> Result<Signer> {
        if let Some(signer) = self.signers.lock().expect("no holder panics").get(&id) {
            return Ok(signer.clone());
        }
        let found = self.store.read(move |db| Ok((accounts::by_id(db, id)?, keys::pair(db, id)?))).await?;
        let (Some(account), Some(pair)) = found else { return Err(Error::NotFound("signing key")) };
        let signer =
            Signer { key_id: format!("{}#main-key", account.uri), key: PrivateKey::from_pem(&pair.private_pem)? };
        self.signers.lock().expect("no holder panics").insert(id, signer.clone());
        Ok(signer)
    }

    /// What requests made for the server itself are signed with.
    pub async fn instance_signer(&self) -> Result<Signer> {
        self.signer(accounts::INSTANCE).await
    }
}
