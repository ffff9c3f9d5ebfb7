//! Signing in to the pages, and the sessions that come of it.
//!
//! A session is a secret in a cookie; only its hash is stored. An unknown name costs as much time as a wrong password.
//! Whoever has a second factor gets only half a sign-in for the password, which a code completes within ten minutes.

use std::time::Duration;

use super::token::hash;
use super::{password, second_factor};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts::{self, Account};
use crate::store::sessions::{self, Session};
use crate::store::users::{self, User};
use crate::store::{Tx, one_time_codes};

/// How exact "last used" is kept.
const TOUCH: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a code is waited for after the password.
const HALF: Duration = Duration::from_secs(10 * 60);
/// For how long a new session needs no password for what matters.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// Longer passwords are refused unread: nobody types them.
const LONGEST: usize = 1024;

/// Why somebody cannot sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such name, or another password; nobody learns which.
    Mismatch,
    /// Suspended, deleted or switched off.
    Disabled,
    /// The e-mail address was never confirmed.
    Unconfirmed,
    /// A moderator has not said yes yet.
    Pending,
}

impl Refusal {
    /// As the client API words it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Mismatch => "The name or the password is wrong",
            Self::Disabled => "Your login is currently disabled",
            Self::Unconfirmed => "Your login is missing a confirmed e-mail address",
            Self::Pending => "Your login is currently pending approval",
        }
    }
}

/// Whether the door is open for this user.
pub fn may_sign_in(account: &Account, user: &User) -> Result<(), Refusal> {
    if account.suspended_at.is_some() || account.deleted_at.is_some() || user.disabled_at.is_some() {
        return Err(Refusal::Disabled);
    }
    if user.confirmed_at.is_none() {
        return Err(Refusal::Unconfirmed);
    }
    if user.approved_at.is_none() {
        return Err(Refusal::Pending);
    }
    Ok(())
}

/// What the right password opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// A session, with this secret.
    Session(String),
    /// Half a sign-in, with this secret: a code must follow ([`complete`]).
    Half(String),
}

/// From where, and with what, somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Device {
    pub ip: String,
    pub user_agent: String,
}

/// Opens a session for whoever knows the password of `login` (user name or e-mail address), or half of one.
pub async fn open(app: &App, login: &str, password: &str, device: Device) -> Result<Result<Opened, Refusal>> {
    let name = login.trim().trim_start_matches('@').to_owned();
    let found = app.store.read(move |db| {
        let user = if name.contains('@') {
            users::by_email(db, &name)?
        } else {
            let account = accounts::by_handle(db, &name, None)?;
            account.map_or(Ok(None), |account| users::by_account(db, account.id))?
        };
        let Some(user) = user else { return Ok(None) };
        Ok(accounts::by_id(db, user.account_id)?.map(|account| (account, user)))
    });
    let found = found.await?;
    let phc = found.as_ref().map_or(password::NOBODY, |(_, user)| user.password_hash.as_str()).to_owned();
    let fits = verify(app, phc, password).await?;
    let Some((account, user)) = found.filter(|_| fits) else { return Ok(Err(Refusal::Mismatch)) };
    if let Err(refusal) = may_sign_in(&account, &user) {
        return Ok(Err(refusal));
    }
    let (secret, now, id) = (app.random.secret(), app.clock.now(), account.id);
    let hash = hash(&secret);
    let written = app.store.write(move |tx| {
        if one_time_codes::is_on(tx, id)? {
            one_time_codes::half_open(tx, &hash, id, now, now.plus(HALF))?;
            return Ok(false);
        }
        write_session(tx, id, device, &hash, now)?;
        Ok(true)
    });
    Ok(Ok(if written.await? { Opened::Session(secret) } else { Opened::Half(secret) }))
}

/// Completes half a sign-in with a code of the second factor; answers the secret of the session.
pub async fn complete(app: &App, half: &str, code: &str, device: Device) -> Result<Result<String, Incomplete>> {
    let (half, code, now) = (hash(half), code.to_owned(), app.clock.now());
    let secret = app.random.secret();
    let session = hash(&secret);
    let written = app.store.write(move |tx| {
        let Some(account) = one_time_codes::half_opened(tx, &half, now)? else { return Ok(Err(Incomplete::Expired)) };
        if !second_factor::write_check(tx, account, &code, now)? {
            return Ok(Err(Incomplete::Wrong));
        }
        one_time_codes::half_close(tx, &half)?;
        write_session(tx, account, device, &session, now)?;
        Ok(Ok(()))
    });
    Ok(written.await?.map(|()| secret))
}

/// Why half a sign-in was not completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomplete {
    /// It waited too long: the password must be given again.
    Expired,
    /// The code is wrong, or was used before.
    Wrong,
}

/// Opens a session for `account`, whoever it is that vouches for them; answers its secret.
pub async fn session(app: &App, account: AccountId, device: Device) -> Result<String> {
    let (secret, now) = (app.random.secret(), app.clock.now());
    let hash = hash(&secret);
    app.store.write(move |tx| write_session(tx, account, device, &hash, now)).await?;
    Ok(secret)
}

fn write_session(tx: &Tx, account: AccountId, device: Device, hash: &[u8; 32], now: Time) -> Result<()> {
    let Device { ip, user_agent } = device;
    let session = Session { account_id: account, created_at: now, last_used_at: now, ip, user_agent };
    sessions::insert(tx, &session, hash)
}

/// Whether `password` is the one behind `phc`; checked off the async threads, a few at once.
async fn verify(app: &App, phc: String, password: &str) -> Result<bool> {
    let password = password.to_owned();
    let _turn = app.password_checks.acquire().await.map_err(|_| Error::Bug("password checks closed".into()))?;
    tokio::task::spawn_blocking(move || password.len() <= LONGEST && password::verify(&phc, &password))
        .await
        .map_err(|panic| Error::Bug(format!("a password check panicked: {panic}")))
}

/// Refuses (422) unless `password` is that of `account`, before a deed that a stolen token must not do; ten guesses in
/// five minutes.
pub async fn prove(app: &App, account: AccountId, password: Option<&str>) -> Result<()> {
    let Some(password) = password.filter(|password| !password.is_empty()) else {
        return Err(Error::invalid("password", "is needed for this"));
    };
    app.password_tries.count(account, app.clock.now())?;
    let user = app.store.read(move |db| users::by_account(db, account)).await?.ok_or(Error::NotFound("user"))?;
    if !verify(app, user.password_hash, password).await? {
        return Err(Error::invalid("password", "is wrong"));
    }
    app.password_tries.forget(&account);
    Ok(())
}

/// Whether the session with this secret is so new that its owner just proved who they are.
pub async fn is_fresh(app: &App, secret: &str) -> Result<bool> {
    let (hash, now) = (hash(secret), app.clock.now());
    let found = app.store.read(move |db| sessions::by_hash(db, &hash, now)).await?;
    Ok(found.is_some_and(|session| now.since(session.created_at) < FRESH))
}

/// Who holds the session with this secret; `None` when it ran out, or its owner may no longer sign in.
pub async fn find(app: &App, secret: &str) -> Result<Option<(Account, User)>> {
    let (hash, now) = (hash(secret), app.clock.now());
    let found = app.store.read(move |db| {
        let Some(session) = sessions::by_hash(db, &hash, now)? else { return Ok(None) };
        let id = session.account_id;
        let (Some(account), Some(user)) = (accounts::by_id(db, id)?, users::by_account(db, id)?) else {
            return Ok(None);
        };
        Ok(Some((session, account, user)))
    });
    let Some((session, account, user)) = found.await? else { return Ok(None) };
    if may_sign_in(&account, &user).is_err() {
        return Ok(None);
    }
    if now.since(session.last_used_at) >= TOUCH {
        app.store.write(move |tx| sessions::touch(tx, &hash, now)).await?;
    }
    Ok(Some((account, user)))
}

/// Ends the session with this secret.
pub async fn close(app: &App, secret: &str) -> Result<()> {
    let hash = hash(secret);
    app.store.write(move |tx| sessions::delete(tx, &hash)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::{local_account, test_app};

    async fn try_in(app: &App, login: &str, password: &str) -> Result<String, Refusal> {
        let device = Device { ip: "192.0.2.1".into(), user_agent: "test".into() };
        let opened = open(app, login, password, device).await.expect("the store works");
        opened.map(|opened| match opened {
            Opened::Session(secret) => secret,
            Opened::Half(_) => panic!("nobody has a second factor here"),
        })
    }

    #[tokio::test]
    async fn name_or_address_and_password_open_a_session() {
        let (_folder, app) = test_app();
        let alice = local_account(&app, "alice", "member").await;
        for (login, password, opens) in [
            ("alice", "correct horse", true),
            (" @Alice ", "correct horse", true),
            ("ALICE@mail.test", "correct horse", true),
            ("alice", "wrong", false),
            ("bob", "correct horse", false),
            ("", "", false),
        ] {
            assert_eq!(try_in(&app, login, password).await.is_ok(), opens, "{login} {password}");
        }
        let secret = try_in(&app, "alice", "correct horse").await.expect("opens");
        assert_eq!(find(&app, &secret).await.expect("reads").expect("signed in").0.id, alice.id);
        assert!(find(&app, "another").await.expect("reads").is_none());
        close(&app, &secret).await.expect("closes");
        assert!(find(&app, &secret).await.expect("reads").is_none());
    }

    #[tokio::test]
    async fn sessions_run_out_and_end_with_the_login() {
        let (_folder, app) = test_app();
        let alice = local_account(&app, "alice", "member").await;
        let secret = try_in(&app, "alice", "correct horse").await.expect("opens");
        app.clock.advance(sessions::LIFETIME - Duration::from_secs(1));
        assert!(find(&app, &secret).await.expect("reads").is_some(), "and using it prolongs it");
        app.clock.advance(sessions::LIFETIME - Duration::from_secs(1));
        assert!(find(&app, &secret).await.expect("reads").is_some());
        app.clock.advance(sessions::LIFETIME + Duration::from_secs(1));
        assert!(find(&app, &secret).await.expect("reads").is_none());

        let secret = try_in(&app, "alice", "correct horse").await.expect("opens");
        let now = app.clock.now();
        app.store.write(move |tx| users::disable(tx, alice.id, now)).await.expect("writes");
        assert!(find(&app, &secret).await.expect("reads").is_none());
        assert_eq!(try_in(&app, "alice", "correct horse").await, Err(Refusal::Disabled));
    }
}
