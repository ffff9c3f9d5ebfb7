//! Who may act for somebody: the browsers they signed in with, and the apps they let in. Either is thrown out here.

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, TokenId};
use crate::store::tokens::{self, Token};
use crate::store::{Tx, sessions};
use crate::streams::Announcements;

use super::token::{self, hash};

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Browser {
    /// Names the session; it opens nothing.
    pub id: String,
    pub created_at: Time,
    pub last_used_at: Time,
    pub ip: String,
    pub user_agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// An app that was let in: all of its tokens together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Guest {
    pub app: AppId,
    pub name: String,
    pub website: Option<String>,
    /// Of all its tokens, each once.
    pub scopes: Vec<String>,
    /// When it was first let in.
    pub since: Time,
    pub last_used_at: Option<Time>,
    pub tokens: Vec<Token>,
}

/// The browsers that `account` is signed in with, last used first; `current`: the secret of the one that asks.
pub async fn browsers(app: &App, account: AccountId, current: Option<&str>) -> Result<Vec<Browser>> {
    let (now, current) = (app.clock.now(), current.map(hash));
    let all = app.store.read(move |db| sessions::of(db, account, now)).await?;
    let browser = |(hash, session): (Vec<u8>, sessions::Session)| Browser {
        id: name(&hash),
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        ip: session.ip,
        user_agent: session.user_agent,
        current: current.is_some_and(|current| current.as_slice() == hash),
    };
    Ok(all.into_iter().map(browser).collect())
}

/// Signs out the browser called `id`.
pub async fn end_browser(app: &App, account: AccountId, id: &str) -> Result<()> {
    let (now, id) = (app.clock.now(), id.to_owned());
    let written = app.store.write(move |tx| {
        let all = sessions::of(tx, account, now)?;
        let found = all.iter().find(|(hash, _)| name(hash) == id).ok_or(Error::NotFound("session"))?;
        let hash: [u8; 32] = found.0.as_slice().try_into().map_err(|_| Error::NotFound("session"))?;
        sessions::delete(tx, &hash)
    });
    written.await
}

/// Signs out all browsers but the one with the secret `keep`.
pub async fn end_browsers(app: &App, account: AccountId, keep: Option<&str>) -> Result<usize> {
    let keep = keep.map(hash);
    app.store.write(move |tx| sessions::delete_others(tx, account, keep.as_ref())).await
}

/// The apps that `account` let in, the latest first.
pub async fn guests(app: &App, account: AccountId) -> Result<Vec<Guest>> {
    let tokens = app.store.read(move |db| tokens::of_account(db, account)).await?;
    let mut guests: Vec<Guest> = Vec::new();
    for (token, name, website) in tokens {
        let at = guests.iter().position(|guest| guest.app == token.app_id).unwrap_or_else(|| {
            let (app, since) = (token.app_id, token.created_at);
            guests.push(Guest { app, name, website, scopes: vec![], since, last_used_at: None, tokens: vec![] });
            guests.len() - 1
        });
        let guest = &mut guests[at];
        for scope in token.scopes.split_whitespace() {
            if !guest.scopes.iter().any(|known| known == scope) {
                guest.scopes.push(scope.to_owned());
            }
        }
        guest.since = guest.since.min(token.created_at);
        guest.last_used_at = guest.last_used_at.max(token.last_used_at);
        guest.tokens.push(token);
    }
    Ok(guests)
}

/// Throws an app out: its tokens of `account`, with their streams and push subscriptions, and its unused codes.
pub async fn dismiss(app: &App, account: AccountId, guest: AppId) -> Result<()> {
    let written = app.store.write(move |tx| {
        let ids = ids(tx, account, |token| token.app_id == guest)?;
        if ids.is_empty() {
            return Err(Error::NotFound("app"));
        }
        tokens::delete_grants(tx, account, guest)?;
        revoke(tx, ids)
    });
    written.await?.announce(app);
    Ok(())
}

/// Takes one token of `account` back.
pub async fn take_back(app: &App, account: AccountId, id: TokenId) -> Result<()> {
    let written = app.store.write(move |tx| {
        let ids = ids(tx, account, |token| token.id == id)?;
        if ids.is_empty() {
            return Err(Error::NotFound("token"));
        }
        revoke(tx, ids)
    });
    written.await?.announce(app);
    Ok(())
}

/// Takes all tokens of `account` back but `keep`.
pub async fn take_all_back(app: &App, account: AccountId, keep: Option<TokenId>) -> Result<()> {
    let written = app.store.write(move |tx| {
        let ids = ids(tx, account, |token| Some(token.id) != keep)?;
        revoke(tx, ids)
    });
    written.await?.announce(app);
    Ok(())
}

fn ids(tx: &Tx, account: AccountId, which: impl Fn(&Token) -> bool) -> Result<Vec<TokenId>> {
    let all = tokens::of_account(tx, account)?.into_iter();
    Ok(all.filter(|(token, ..)| which(token)).map(|(token, ..)| token.id).collect())
}

fn revoke(tx: &Tx, ids: Vec<TokenId>) -> Result<Announcements> {
    let mut told = Announcements::default();
    for id in ids {
        told.extend(token::revoke(tx, id)?);
    }
    Ok(told)
}

/// What a session is called: the beginning of its hash, from which nobody finds the secret.
fn name(hash: &[u8]) -> String {
    hex::encode(&hash[..hash.len().min(16)])
}
