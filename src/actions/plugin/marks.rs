//! What filters said about a post's way: who does not get it, whether anybody is notified, when it ends.

use std::time::Duration;

use crate::actions::outbox::Recipients;
use crate::actions::post;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::store::statuses::{self, Status};
use crate::store::{Tx, accounts, cards, expiries, mentions, notifications, timelines};
use crate::streams::{Announcements, Happening};

/// How many posts one round ends.
const STEP: i64 = 100;

/// The marks of one post; the default: none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Nobody is notified.
    pub muted: bool,
    /// Who would get it only as a follower does not.
    pub no_followers: bool,
    /// Ids (addresses) of people here who do not get it.
    pub dropped: Vec<String>,
    /// People here who chose a filter that does not want them to see it.
    pub hidden: Vec<AccountId>,
    /// People here who chose a filter that does not want them to be told of it.
    pub hushed: Vec<AccountId>,
    /// Its links get no preview.
    pub no_card: bool,
    /// It ends after so many seconds.
    pub expires_s: Option<u32>,
}

impl Marks {
    /// It ends after so many seconds, or earlier if somebody asked for that before.
    pub fn expire(&mut self, seconds: u32) {
        self.expires_s = Some(self.expires_s.map_or(seconds, |before| before.min(seconds)));
    }

    /// Takes the post out of homes that it should not be in; answers the others. Mentions must be written already.
    pub fn withdraw(&self, tx: &Tx, status: &Status, homes: Vec<AccountId>) -> Result<Vec<AccountId>> {
        if !self.no_followers && self.dropped.is_empty() && self.hidden.is_empty() {
            return Ok(homes);
        }
        let named: Vec<AccountId> = mentions::of(tx, status.id)?.into_iter().map(|(account, _)| account).collect();
        let mut left = Vec::new();
        for home in homes {
            let stays = home == status.account_id || !self.no_followers || named.contains(&home);
            let dropped = accounts::by_id(tx, home)?.is_some_and(|account| self.dropped.contains(&account.uri));
            if stays && !dropped && !self.hidden.contains(&home) {
                left.push(home);
            } else {
                timelines::home_remove(tx, home, status.id)?;
            }
        }
        Ok(left)
    }

    /// Takes back what those were told, and what stands in their lists, who chose a filter that wants it so. When all else of
    /// the deed is written.
    pub fn hush(&self, tx: &Tx, status: StatusId, told: &mut Announcements) -> Result<()> {
        let mut left = Vec::new();
        for person in &self.hidden {
            left.extend(timelines::lists_remove(tx, *person, status)?);
        }
        for person in &self.hushed {
            notifications::remove_about(tx, *person, status)?;
        }
        for happening in &mut told.happenings {
            if let Happening::Listed { lists, .. } = happening {
                lists.retain(|list| !left.contains(list));
            }
        }
        told.happenings.retain(
            |happening| !matches!(happening, Happening::Notified { account, .. } if self.hushed.contains(account)),
        );
        Ok(())
    }

    /// Writes what outlives the deed.
    pub fn write(&self, tx: &Tx, status: StatusId, now: Time) -> Result<()> {
        self.write_card(tx, status)?;
        let end = self.expires_s.map(|seconds| now.plus(Duration::from_secs(seconds.into())));
        end.map_or(Ok(()), |end| expiries::set(tx, status, end))
    }

    /// Takes the preview off again that its links ask for.
    pub fn write_card(&self, tx: &Tx, status: StatusId) -> Result<()> {
        if self.no_card { cards::unlink(tx, status) } else { Ok(()) }
    }

    /// Who of the recipients on other servers is left.
    pub fn narrowed(&self, mut recipients: Recipients) -> Recipients {
        recipients.followers &= !self.no_followers;
        recipients
    }
}

/// Ends the posts whose time is over: ours for everybody, others' here. Answers how many.
pub async fn end_due(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let due = app.store.read(move |db| expiries::due(db, now, STEP)).await?;
    let count = due.len();
    for id in due {
        let deed = app.clone();
        let write = app.store.write(move |tx| {
            let Some(status) = statuses::by_id(tx, id)? else { return Ok(None) };
            let Some(author) = accounts::by_id(tx, status.account_id)? else { return Ok(None) };
            post::write_removal(tx, &deed, &author, &status, now).map(Some)
        });
        if let Some(told) = write.await? {
            told.announce(app);
        }
    }
    Ok(count)
}
