//! What makes a post found: its words in the index, and the page behind its link in the queue.

use std::time::Duration;

use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::store::statuses::Status;
use crate::store::{Tx, cards, media, status_search};
use crate::text::links;

/// Pages that other servers' posts link to are read after a while of at most this: the post reached many servers at
/// once, and not all of them should ask at once.
const LATE: Duration = Duration::from_secs(59);

/// A post was written or edited, ours or another server's; its attachments and its poll are in place.
pub(super) fn written(tx: &Tx, app: &App, status: &Status, now: Time) -> Result<()> {
    status_search::put(tx, status.id)?;
    let own = app.config.url("/");
    let link = links::first(&status.content).filter(|url| !url.starts_with(&own));
    match link {
        Some(url) if media::of_status(tx, status.id)?.is_empty() => {
            let wait = Duration::from_secs(1) + LATE.mul_f64(app.random.fraction());
            cards::link(tx, status.id, &url, if status.local { now } else { now.plus(wait) }, now)
        }
        _ => cards::unlink(tx, status.id),
    }
}
