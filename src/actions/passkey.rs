//! Passkeys of an account: making, naming, deleting, and signing in with one.

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::passkeys::{Answer, Handle, Known, Owner, Place};
use crate::store::accounts::{self, Account};
use crate::store::passkeys::{self, Passkey};
use crate::store::users;

use super::sign_in::{self, Device, Refusal, may_sign_in};

/// How many one account may have.
const MOST: usize = 25;
/// The longest name, in characters.
const NAME: usize = 60;

/// The passkeys of `account`, eldest first.
pub async fn of(app: &App, account: AccountId) -> Result<Vec<Passkey>> {
    app.store.read(move |db| passkeys::of(db, account)).await
}

/// Begins making one; answers what the browser must be asked, as JSON.
pub async fn begin(app: &App, me: &Account) -> Result<String> {
    let place = place(app)?;
    let (handle, known) = owner(app, me.id).await?;
    if known.len() >= MOST {
        return Err(Error::invalid("", format!("There are {MOST} passkeys already; delete one first")));
    }
    let owner = Owner {
        handle,
        username: me.username.clone(),
        display_name: me.display_name.clone(),
        known: known.into_iter().map(|key| (key.credential_id, key.transports)).collect(),
    };
    app.ceremonies.start_registration(&place, &owner, app.clock.now())
}

/// Keeps the passkey that the browser made (JSON) under `name`.
pub async fn keep(app: &App, me: &Account, name: &str, credential: &str) -> Result<Passkey> {
    let (place, name, now) = (place(app)?, checked(name)?, app.clock.now());
    let (handle, _) = owner(app, me.id).await?;
    let made = app.ceremonies.finish_registration(&place, handle, credential, now)?;
    let passkey = Passkey {
        id: app.ids.next(now),
        account_id: me.id,
        credential_id: made.credential_id,
        key: made.key,
        state: made.state,
        transports: made.transports,
        name,
        created_at: now,
        last_used_at: None,
    };
    let row = passkey.clone();
    if !app.store.write(move |tx| passkeys::insert(tx, &row)).await? {
        return Err(Error::invalid("credential", "is known already"));
    }
    Ok(passkey)
}

/// Gives it another name.
pub async fn rename(app: &App, me: AccountId, id: i64, name: &str) -> Result<Passkey> {
    let name = checked(name)?;
    let found = app.store.write(move |tx| {
        passkeys::rename(tx, me, id, &name)?;
        Ok(passkeys::of(tx, me)?.into_iter().find(|key| key.id == id))
    });
    found.await?.ok_or(Error::NotFound("passkey"))
}

/// Deletes it.
pub async fn delete(app: &App, me: AccountId, id: i64) -> Result<()> {
    let deleted = app.store.write(move |tx| passkeys::delete(tx, me, id)).await?;
    if deleted { Ok(()) } else { Err(Error::NotFound("passkey")) }
}

/// What the browser of somebody who wants to sign in must be asked, as JSON; `None`: there are no passkeys here.
pub fn question(app: &App) -> Result<Option<String>> {
    let Some(place) = Place::of(&app.config) else { return Ok(None) };
    app.ceremonies.start_sign_in(&place, app.clock.now()).map(Some)
}

/// Opens a session for whoever `answer` (JSON) proves to be.
pub async fn sign_in(app: &App, answer: &str, device: Device) -> Result<Result<String, Refusal>> {
    let (place, now) = (place(app)?, app.clock.now());
    let Ok(answer) = Answer::read(answer) else { return Ok(Err(Refusal::Mismatch)) };
    let credential = answer.credential();
    let found = app.store.read(move |db| {
        let Some((key, handle)) = passkeys::by_credential(db, &credential)? else { return Ok(None) };
        let id = key.account_id;
        let (Some(account), Some(user)) = (accounts::by_id(db, id)?, users::by_account(db, id)?) else {
            return Ok(None);
        };
        Ok(Some((key, handle, account, user)))
    });
    let Some((key, handle, account, user)) = found.await? else { return Ok(Err(Refusal::Mismatch)) };
    let known = Known { handle: sized(&handle)?, key: &key.key, state: &key.state };
    let state = match app.ceremonies.finish_sign_in(&place, &answer, &known, now) {
        Ok(state) => state,
        Err(Error::Invalid { why, .. }) => {
            tracing::info!(account = %account.username, %why, "a passkey was refused");
            return Ok(Err(Refusal::Mismatch));
        }
        Err(error) => return Err(error),
    };
    if let Err(refusal) = may_sign_in(&account, &user) {
        return Ok(Err(refusal));
    }
    let (id, before) = (key.id, key.state);
    if !app.store.write(move |tx| passkeys::used(tx, id, &before, &state, now)).await? {
        return Ok(Err(Refusal::Mismatch));
    }
    sign_in::session(app, account.id, device).await.map(Ok)
}

fn place(app: &App) -> Result<Place> {
    Place::of(&app.config)
        .ok_or_else(|| Error::invalid("", "Passkeys need a server with a host name; this one has an address"))
}

/// The handle of `account` (made if missing) and its passkeys.
async fn owner(app: &App, account: AccountId) -> Result<(Handle, Vec<Passkey>)> {
    let mut fresh = [0; 64];
    app.random.fill(&mut fresh);
    let (handle, known) = app
        .store
        .write(move |tx| {
            passkeys::set_handle(tx, account, &fresh)?;
            Ok((passkeys::handle(tx, account)?.unwrap_or_default(), passkeys::of(tx, account)?))
        })
        .await?;
    Ok((sized(&handle)?, known))
}

fn sized(handle: &[u8]) -> Result<Handle> {
    handle.try_into().map_err(|_| Error::Bug("a stored handle has another length".into()))
}

fn checked(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME {
        return Err(Error::invalid("name", format!("needs 1 to {NAME} characters")));
    }
    Ok(name.to_owned())
}
