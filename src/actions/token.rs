//! Access tokens: what they may do, and handing one out.
//!
//! Only hashes of tokens are stored, so a token is shown once, and the same request later gets another one.
//! Spec: https://docs.joinmastodon.org/api/oauth-scopes/

use aws_lc_rs::digest::{SHA256, digest};

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, TokenId};
use crate::store::apps::{self, Client};
use crate::store::tokens::{self, Token};
use crate::store::{Tx, users};
use crate::streams::{Announcements, Happening};

/// Every scope that may be asked for.
pub const SCOPES: &[&str] = &[
    "profile",
    "read",
    "read:accounts",
    "read:blocks",
    "read:bookmarks",
    "read:collections",
    "read:favourites",
    "read:filters",
    "read:follows",
    "read:lists",
    "read:mutes",
    "read:notifications",
    "read:search",
    "read:statuses",
    "write",
    "write:accounts",
    "write:blocks",
    "write:bookmarks",
    "write:collections",
    "write:conversations",
    "write:favourites",
    "write:filters",
    "write:follows",
    "write:lists",
    "write:media",
    "write:mutes",
    "write:notifications",
    "write:reports",
    "write:statuses",
    "follow",
    "push",
    "admin:read",
    "admin:read:accounts",
    "admin:read:reports",
    "admin:read:domain_allows",
    "admin:read:domain_blocks",
    "admin:read:ip_blocks",
    "admin:read:email_domain_blocks",
    "admin:read:canonical_email_blocks",
    "admin:write",
    "admin:write:accounts",
    "admin:write:reports",
    "admin:write:domain_allows",
    "admin:write:domain_blocks",
    "admin:write:ip_blocks",
    "admin:write:email_domain_blocks",
    "admin:write:canonical_email_blocks",
];

/// All that the deprecated `follow` stands for.
const FOLLOW: &[&str] = &["read:blocks", "write:blocks", "read:follows", "write:follows", "read:mutes", "write:mutes"];

/// The scopes in `text` (separated by spaces, pluses or commas), each once; `None` when one of them does not exist.
pub fn parse_scopes(text: &str) -> Option<Vec<String>> {
    let mut scopes: Vec<String> = Vec::new();
    for name in text.split([' ', '+', ',', '\n']).filter(|name| !name.is_empty()) {
        let known = SCOPES.iter().find(|scope| **scope == name)?;
        if !scopes.iter().any(|scope| scope == known) {
            scopes.push((*known).to_owned());
        }
    }
    Some(scopes)
}

/// Whether somebody who holds `held` may do what needs `wanted`: the scope itself, a parent of it, or `follow`.
pub fn covers<S: AsRef<str>>(held: &[S], wanted: &str) -> bool {
    held.iter().map(AsRef::as_ref).any(|held| {
        held == wanted
            || wanted.strip_prefix(held).is_some_and(|rest| rest.starts_with(':'))
            || (held == "follow" && FOLLOW.contains(&wanted))
    })
}

/// What is stored of a secret.
pub fn hash(secret: &str) -> [u8; 32] {
    digest(&SHA256, secret.as_bytes()).as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// Hands out a token for the app called `app_name` (made if missing) without asking anybody: for the command line.
/// `scopes` are separated by spaces. Fails for an unknown scope and for somebody who cannot sign in here.
pub async fn issue_token(app: &App, account: AccountId, scopes: &str, app_name: &str) -> Result<String> {
    let scopes = parse_scopes(scopes)
        .filter(|scopes| !scopes.is_empty())
        .ok_or_else(|| Error::invalid("scopes", format!("must be some of: {}", SCOPES.join(" "))))?
        .join(" ");
    let (secret, client_id, client_secret) = (app.random.secret(), app.random.secret(), app.random.secret());
    let now = app.clock.now();
    let (id, client) = (app.ids.next(now), app.ids.next(now));
    let (name, plain) = (app_name.to_owned(), secret.clone());
    let done = app.store.write(move |tx| {
        users::by_account(tx, account)?.ok_or(Error::NotFound("user"))?;
        let app_id = match apps::own(tx, &name)? {
            Some(found) => found.id,
            None => {
                let client = Client {
                    id: client,
                    client_id,
                    name,
                    website: None,
                    redirect_uris: vec![apps::OOB.to_owned()],
                    scopes: SCOPES.join(" "),
                    created_at: now,
                };
                apps::insert(tx, &client, &hash(&client_secret), true)?;
                client.id
            }
        };
        grant(tx, id, app_id, Some(account), &scopes, &plain, now)
    });
    done.await?;
    Ok(secret)
}

/// Stores a token whose plain text is `secret`. Without an account it is an app token.
pub fn grant(
    tx: &Tx,
    id: TokenId,
    app_id: AppId,
    account_id: Option<AccountId>,
    scopes: &str,
    secret: &str,
    now: Time,
) -> Result<()> {
    let token = Token { id, app_id, account_id, scopes: scopes.to_owned(), created_at: now, last_used_at: None };
    tokens::insert(tx, &token, &hash(secret))
}

/// Takes a token back; its open connections end with the announcement.
pub fn revoke(tx: &Tx, id: TokenId) -> Result<Announcements> {
    let mut announcements = Announcements::default();
    if tokens::delete(tx, id)? {
        announcements.push(Happening::Revoked(id));
    }
    Ok(announcements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::{local_account, test_app};

    #[test]
    fn scopes_cover_their_children_and_nothing_else() {
        for (held, wanted, expected) in [
            ("read", "read:statuses", true),
            ("read:statuses", "read:statuses", true),
            ("read:statuses", "read", false),
            ("read", "write", false),
            ("read", "profile", false),
            ("write follow", "read:blocks", true),
            ("follow", "read:statuses", false),
            ("admin:read", "admin:read:reports", true),
            ("read", "admin:read", false),
            ("", "read", false),
        ] {
            let held: Vec<_> = held.split_whitespace().collect();
            assert_eq!(covers(&held, wanted), expected, "{held:?} {wanted}");
        }
        assert_eq!(parse_scopes("read write read"), Some(vec!["read".to_owned(), "write".to_owned()]));
        assert_eq!(parse_scopes("read fly"), None);
        assert_eq!(parse_scopes("admin"), None);
    }

    #[tokio::test]
    async fn the_command_line_gets_a_token_and_reuses_its_app() {
        let (_folder, app) = test_app();
        let alice = local_account(&app, "alice", "owner").await;
        let first = issue_token(&app, alice.id, "read write", "nagaya cli").await.expect("a token");
        let second = issue_token(&app, alice.id, "read", "nagaya cli").await.expect("a token");
        assert_ne!(first, second);
        let find = |secret: String| {
            app.store.read(move |db| tokens::by_hash(db, &hash(&secret)).map(|found| found.expect("it is stored")))
        };
        let (first, second) = (find(first).await.expect("reads"), find(second).await.expect("reads"));
        assert_eq!((first.account_id, first.scopes.as_str()), (Some(alice.id), "read write"));
        assert_eq!(first.app_id, second.app_id);
        assert!(issue_token(&app, alice.id, "fly", "x").await.is_err());
        assert!(issue_token(&app, AccountId(7), "read", "x").await.is_err());
    }
}
