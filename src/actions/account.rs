//! Making local accounts, and the server's own.

use crate::activitypub::audience::Visibility;
use crate::activitypub::{ids, signature};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts::{self, Account, INSTANCE};
use crate::store::keys::{self, KeyPair};
use crate::store::users::{self, User};

use crate::streams::Announcements;

use super::{password, profile};

/// Names that would stand in the way of the server's own paths.
pub(super) const RESERVED: &[&str] = &[
    "abuse",
    "accounts",
    "actor",
    "admin",
    "administrator",
    "api",
    "help",
    "helpdesk",
    "inbox",
    "instance",
    "mastodon",
    "media",
    "mod",
    "moderator",
    "mods",
    "nagaya",
    "owner",
    "root",
    "security",
    "staff",
    "static",
    "support",
    "webmaster",
];

/// What a new account needs.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct NewAccount {
    pub username: String,
    pub email: String,
    pub password: String,
    /// `owner`, `admin`, `moderator` or `member`.
    pub role: String,
    pub locale: String,
}

/// Makes a local account with its key pair and user row.
pub async fn create(app: &App, new: NewAccount) -> Result<Account> {
    check(&new)?;
    let now = app.clock.now();
    let account = local(app, app.ids.next(now), &new.username, "Person", now);
    let pair = key_pair().await?;
    let user = User {
        account_id: account.id,
        email: new.email.trim().to_owned(),
        password_hash: hash_password(app, new.password).await?,
        role: new.role,
        locale: new.locale,
        default_visibility: Visibility::Public,
        default_sensitive: false,
        default_language: None,
        created_at: now,
        confirmed_at: Some(now),
        approved_at: Some(now),
        disabled_at: None,
        last_active_at: None,
    };
    app.store
        .write(move |tx| {
            if accounts::by_handle(tx, &account.username, None)?.is_some() {
                return Err(Error::invalid("username", "is taken; choose another"));
            }
            if users::by_email(tx, &user.email)?.is_some() {
                return Err(Error::invalid("email", "is used by another account here"));
            }
            accounts::upsert(tx, &account)?;
            keys::insert_pair(tx, account.id, &pair)?;
            users::insert(tx, &user)?;
            Ok(account)
        })
        .await
}

/// Makes the instance actor if it is missing.
pub async fn ensure_instance_actor(app: &App) -> Result<Account> {
    if let Some(account) = app.store.read(|db| accounts::by_id(db, INSTANCE)).await? {
        return Ok(account);
    }
    let base = app.config.url("");
    let account = Account {
        uri: ids::instance_actor(&base),
        url: format!("{base}/about"),
        inbox: ids::shared_inbox(&base),
        outbox: None,
        followers_uri: None,
        following_uri: None,
        featured_uri: None,
        locked: true,
        ..local(app, INSTANCE, &app.config.handle_domain, "Application", app.clock.now())
    };
    let pair = key_pair().await?;
    app.store
        .write(move |tx| {
            accounts::upsert(tx, &account)?;
            keys::insert_pair(tx, INSTANCE, &pair)?;
            Ok(account)
        })
        .await
}

/// Makes the keys for proofs of accounts from before there were such keys.
pub async fn ensure_proof_keys(app: &App) -> Result<()> {
    let made = app.store.write(keys::make_missing_proof_keys).await?;
    if made > 0 {
        tracing::info!(made, "made Ed25519 keys for accounts that had none");
    }
    Ok(())
}

/// Gives the local account `name` new keys and tells its followers' servers.
///
/// What waits to be delivered is signed with the new key from now on; servers that know the old one read the actor again.
pub async fn rotate_keys(app: &App, name: &str) -> Result<Account> {
    let name = name.trim_start_matches('@').to_owned();
    let found = app.store.read(move |db| accounts::by_handle(db, &name, None)).await?;
    let account = found.ok_or(Error::NotFound("account"))?;
    let (pair, now, deed, changed) = (key_pair().await?, app.clock.now(), app.clone(), account.clone());
    let told = app
        .store
        .write(move |tx| {
            keys::replace_pair(tx, changed.id, &pair)?;
            let mut told = Announcements::default();
            if changed.id != INSTANCE {
                told.deliveries |= profile::write_told(tx, &deed, &changed, now)?;
            }
            Ok(told)
        })
        .await?;
    app.signers.lock().expect("no holder panics").remove(&account.id);
    told.announce(app);
    Ok(account)
}

fn check(new: &NewAccount) -> Result<()> {
    let name = &new.username;
    let sound = (1..=30).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !sound {
        return Err(Error::invalid("username", "needs 1 to 30 letters, digits or underscores"));
    }
    if RESERVED.contains(&name.to_lowercase().as_str()) {
        return Err(Error::invalid("username", "is reserved; choose another"));
    }
    let email = new.email.trim();
    if email.len() > 254 || !email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')) {
        return Err(Error::invalid("email", "is no e-mail address such as you@example.org"));
    }
    if new.password.chars().count() < 8 {
        return Err(Error::invalid("password", "needs at least 8 characters"));
    }
    if !matches!(new.role.as_str(), "owner" | "admin" | "moderator" | "member") {
        return Err(Error::invalid("role", "is owner, admin, moderator or member"));
    }
    Ok(())
}

pub(super) fn local(app: &App, id: AccountId, username: &str, kind: &str, now: Time) -> Account {
    let base = app.config.url("");
    let uri = ids::actor(&base, username);
    Account {
        kind: kind.to_owned(),
        discoverable: Some(true),
        inbox: ids::inbox(&uri),
        shared_inbox: Some(ids::shared_inbox(&base)),
        outbox: Some(ids::outbox(&uri)),
        followers_uri: Some(ids::followers(&uri)),
        following_uri: Some(ids::following(&uri)),
        featured_uri: Some(ids::featured(&uri)),
        ..Account::bare(id, username, None, uri, ids::profile_page(&base, username), now)
    }
}

/// Hashing is slow on purpose: off the async threads.
pub(super) async fn hash_password(app: &App, password: String) -> Result<String> {
    let random = app.random.clone();
    let hashed = tokio::task::spawn_blocking(move || password::hash(&random, &password)).await;
    hashed.map_err(|panic| Error::Bug(panic.to_string()))?
}

/// Making a key takes a fifth of a second or more: off the async threads.
pub(super) async fn key_pair() -> Result<KeyPair> {
    let made = tokio::task::spawn_blocking(signature::generate).await.map_err(|panic| Error::Bug(panic.to_string()))?;
    let (private_pem, public_pem) = made?;
    Ok(KeyPair { private_pem, public_pem })
}
