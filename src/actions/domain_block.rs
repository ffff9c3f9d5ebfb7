//! Blocking a whole server for oneself: follows end in both directions, and nothing of it is shown any more.

use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts::Account;
use crate::store::{follows, user_domain_blocks};
use crate::streams::Announcements;

use super::moderation::severance::{self, Cause};

/// Blocks `domain` (lower case, punycode) for `me`. Doing so again changes nothing.
pub async fn add(app: &App, me: &Account, domain: String) -> Result<()> {
    if domain == app.config.handle_domain || domain == app.config.domain {
        return Err(Error::invalid("domain", "is this server"));
    }
    let (now, me, deed) = (app.clock.now(), me.id, app.clone());
    let told = app
        .store
        .write(move |tx| {
            let mut told = Announcements::default();
            if !user_domain_blocks::insert(tx, deed.ids.next(now), me, &domain)? {
                return Ok(told);
            }
            let bonds = follows::with_domain(tx, me, &domain)?;
            told.extend(severance::sever(tx, &deed, &bonds, Cause::UserDomainBlock, &domain, now)?);
            user_domain_blocks::remove_notifications(tx, me, &domain)?;
            Ok(told)
        })
        .await?;
    told.announce(app);
    Ok(())
}

/// Unblocks `domain`; follows do not come back.
pub async fn remove(app: &App, me: &Account, domain: String) -> Result<()> {
    let me = me.id;
    app.store.write(move |tx| user_domain_blocks::delete(tx, me, &domain)).await
}
