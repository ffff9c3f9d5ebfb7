//! Everything a door or a deed needs, in one value that is cheap to clone. No globals: a test starts three of these.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, Semaphore};

use crate::activitypub::shelf::Shelf;
use crate::activitypub::signature::PrivateKey;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::{AccountId, Ids};
use crate::media::Media;
use crate::outbound::fetches::Fetches;
use crate::outbound::{Outbound, Signer};
use crate::passkeys::Ceremonies;
use crate::plugins::Plugins;
use crate::random::Random;
use crate::store::{Store, accounts, keys};
use crate::streams::{Announcements, Streams};
use crate::tries::Tries;

/// Where a request comes from: an extension of every request, put there by the outermost layer, which knows the
/// trusted proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

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
    /// What is being fetched, and what could not be had lately.
    pub fetches: Fetches,
    /// Documents of public posts that were asked for lately.
    pub shelf: Shelf,
    pub plugins: Plugins,
    pub media: Media,
    pub clock: Clock,
    pub random: Random,
    pub ids: Ids,
    pub streams: Streams,
    /// Rung after a commit that left deliveries to make.
    pub deliveries_waiting: Notify,
    /// Rung after a commit that left mail to send.
    pub mails_waiting: Notify,
    /// Rung after a commit that left activities to process.
    pub inbox_waiting: Notify,
    /// Rung after a commit that left something to read from other servers.
    pub backfills_waiting: Notify,
    /// Rung after a commit that left something for a bot to do.
    pub bots_waiting: Notify,
    /// Parsed private keys of local actors.
    pub signers: Mutex<HashMap<AccountId, Signer>>,
    /// Password checks at once: each takes 19 MiB and a core.
    pub password_checks: Semaphore,
    /// How often somebody signed in may give a wrong password.
    pub password_tries: Tries<AccountId>,
    /// What passkeys were asked.
    pub ceremonies: Ceremonies,
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

impl Announcements {
    /// Tells everybody. Call it after the commit, and only then.
    pub fn announce(self, app: &App) {
        for happening in self.happenings {
            app.streams.tell(happening);
        }
        if self.deliveries {
            app.deliveries_waiting.notify_one();
        }
        if self.mails {
            app.mails_waiting.notify_one();
        }
        if self.backfills {
            app.backfills_waiting.notify_one();
        }
        if self.bots {
            app.bots_waiting.notify_one();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::store::accounts::Account;
    use crate::store::users::User;

    /// A server on an empty store in a temporary folder; its clock stands at 2026-08-07 14:02:35 UTC. No worker runs.
    pub(crate) fn test_app() -> (tempfile::TempDir, App) {
        crate::testing::server("nagaya.test", true, 4, 1, Outbound::unplugged())
    }

    /// A local account with a user row and the password `correct horse`, without keys.
    pub(crate) async fn local_account(app: &App, username: &str, role: &str) -> Account {
        let now = app.clock.now();
        let uri = app.config.url(&format!("/users/{username}"));
        let url = app.config.url(&format!("/@{username}"));
        let account = Account {
            display_name: username.to_uppercase(),
            note: "<p>Hello</p>".into(),
            note_source: "Hello".into(),
            discoverable: Some(true),
            indexable: true,
            inbox: format!("{uri}/inbox"),
            followers_uri: Some(format!("{uri}/followers")),
            ..Account::bare(app.ids.next(now), username, None, uri, url, now)
        };
        let user = User {
            account_id: account.id,
            email: format!("{username}@mail.test"),
            password_hash: crate::actions::password::hash(&app.random, "correct horse").expect("hashes"),
            role: role.into(),
            locale: "en".into(),
            default_visibility: crate::activitypub::audience::Visibility::Public,
            default_sensitive: false,
            default_language: None,
            created_at: now,
            confirmed_at: Some(now),
            approved_at: Some(now),
            disabled_at: None,
            last_active_at: None,
        };
        let row = account.clone();
        let written = app.store.write(move |tx| {
            crate::store::accounts::upsert(tx, &row)?;
            crate::store::users::insert(tx, &user)
        });
        written.await.expect("writes");
        account
    }
}
