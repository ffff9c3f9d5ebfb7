//! Members: accounts that are being deleted, sign-ups that were never confirmed, links and mail that are over.

use std::time::Duration;

use super::{DAY, HOUR, STEP, in_steps};
use crate::actions::{join, leave};
use crate::app::App;
use crate::error::Result;
use crate::store::{links, mails};

/// A departure that a crash interrupted goes on soon; one that waits for deliveries costs a look.
pub(super) const LEAVE: Duration = Duration::from_secs(10 * super::MINUTE);
/// How long a name is held for somebody who never confirmed their address.
const UNCONFIRMED: Duration = Duration::from_secs(7 * DAY);
/// How long sent mail counts towards the pace, and some more; dropped mail is kept as long for the operator to see.
const MAIL: Duration = Duration::from_secs(3 * DAY);
/// A link that just ran out is still told from one that never was; after this nobody asks.
const LINKS: Duration = Duration::from_secs(HOUR);

/// Goes on with deleting accounts.
pub(super) async fn leave(app: &App) -> Result<usize> {
    leave::carry_on_all(app).await
}

/// Forgets who never came in, and what nobody needs any more.
pub(super) async fn tidy(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let mut sum = join::forget_unconfirmed(app, now.minus(UNCONFIRMED), STEP).await?;
    sum += in_steps(app, move |tx, limit| links::purge(tx, now.minus(LINKS), limit)).await?;
    sum += in_steps(app, move |tx, limit| mails::purge(tx, now.minus(MAIL), limit)).await?;
    Ok(sum)
}
