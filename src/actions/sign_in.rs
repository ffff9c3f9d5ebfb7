//! Signing in to the pages, and the sessions that come of it.
//!
//! A session is a secret in a cookie; only its hash is stored. An unknown name costs as much time as a wrong password.

use std::time::Duration;

use super::password;
use super::token::hash;
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts::{self, Account};
use crate::store::sessions::{self, Session};
use crate::store::users::{self, User};

/// How exact "last used" is kept.
const TOUCH: Duration = Duration::from_secs(24 * 60 * 60);
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

/// Opens a session for whoever knows the password of `login` (user name or e-mail address); answers its secret.
pub async fn open(
    app: &App,
    login: &str,
    password: &str,
    ip: String,
    user_agent: String,
) -> Result<Result<String, Refusal>> {
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
    let password = password.to_owned();
    let turn = app.password_checks.acquire().await.map_err(|_| Error::Bug("password checks closed".into()))?;
    let fits = tokio::task::spawn_blocking(move || password.len() <= LONGEST && password::verify(&phc, &password))
        .await
        .map_err(|panic| Error::Bug(format!("a password check panicked: {panic}")))?;
    drop(turn);
    let Some((account, user)) = found.filter(|_| fits) else { return Ok(Err(Refusal::Mismatch)) };
    if let Err(refusal) = may_sign_in(&account, &user) {
        return Ok(Err(refusal));
    }
    let (secret, now) = (app.random.secret(), app.clock.now());
    let session = Session { account_id: account.id, created_at: now, last_used_at: now, ip, user_agent };
    let hash = hash(&secret);
    app.store.write(move |tx| sessions::insert(tx, &session, &hash)).await?;
    Ok(Ok(secret))
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
        open(app, login, password, "192.0.2.1".into(), "test".into()).await.expect("the store works")
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
