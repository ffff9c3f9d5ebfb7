//! Who may quote a post: what its author said, and what people here prefer.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use super::sql::json_list;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// What a person here says about one post or all of theirs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Everybody may quote it.
    #[default]
    Public,
    /// Followers may.
    Followers,
    /// Nobody but the author may.
    Nobody,
}

impl Choice {
    /// As the Mastodon API and the database write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Followers => "followers",
            Self::Nobody => "nobody",
        }
    }

    /// Reads what [`Choice::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Public, Self::Followers, Self::Nobody].into_iter().find(|choice| choice.as_str() == text)
    }
}

super::sql::as_text!(Choice);

/// Groups of people, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Groups(pub i64);

impl Groups {
    /// Groups that we do not know.
    pub const UNKNOWN: Self = Self(1);
    /// Everybody.
    pub const PUBLIC: Self = Self(2);
    /// The author's followers.
    pub const FOLLOWERS: Self = Self(4);
    /// Those whom the author follows.
    pub const FOLLOWING: Self = Self(8);

    /// Whether `other` is among them.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Their names in the Mastodon API.
    pub fn names(self) -> Vec<&'static str> {
        let named = [
            (Self::UNKNOWN, "unsupported_policy"),
            (Self::PUBLIC, "public"),
            (Self::FOLLOWERS, "followers"),
            (Self::FOLLOWING, "following"),
        ];
        named.into_iter().filter(|(group, _)| self.has(*group)).map(|(_, name)| name).collect()
    }
}

/// Who may quote a post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// Without being asked.
    pub automatic: Groups,
    /// After the author was asked.
    pub manual: Groups,
}

impl From<Choice> for Policy {
    fn from(choice: Choice) -> Self {
        let automatic = match choice {
            Choice::Public => Groups::PUBLIC,
            Choice::Followers => Groups::FOLLOWERS,
            Choice::Nobody => Groups::default(),
        };
        Self { automatic, manual: Groups::default() }
    }
}

/// Whether somebody may quote a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// At once.
    Automatic,
    /// When the author agrees.
    Manual,
    /// No.
    Denied,
    /// The author named groups that we do not know.
    Unknown,
}

impl Leave {
    /// As the Mastodon API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
        }
    }
}

impl Policy {
    /// What the policy means for one who `follows` the author and is `followed` by them; neither the author nor a stranger.
    pub fn leave(self, follows: bool, followed: bool) -> Leave {
        let allows = |groups: Groups| {
            groups.has(Groups::PUBLIC)
                || (follows && groups.has(Groups::FOLLOWERS))
                || (followed && groups.has(Groups::FOLLOWING))
        };
        if allows(self.automatic) {
            Leave::Automatic
        } else if allows(self.manual) {
            Leave::Manual
        } else if self.automatic.and(self.manual).has(Groups::UNKNOWN) {
            Leave::Unknown
        } else {
            Leave::Denied
        }
    }
}

/// Sets who may quote the post. `false`: nothing new.
pub fn set(tx: &Tx, status: StatusId, policy: Policy) -> Result<bool> {
    if of(tx, status)? == policy {
        return Ok(false);
    }
    tx.prepare_cached(
        "INSERT INTO quote_policies (status_id, automatic, manual) VALUES (?1, ?2, ?3)
         ON CONFLICT (status_id) DO UPDATE SET automatic = ?2, manual = ?3",
    )?
    .execute(rusqlite::params![status, policy.automatic.0, policy.manual.0])?;
    Ok(true)
}

/// Who may quote the post.
pub fn of(db: &Connection, status: StatusId) -> Result<Policy> {
    let found = db
        .prepare_cached("SELECT automatic, manual FROM quote_policies WHERE status_id = ?1")?
        .query_row([status], |row| Ok(Policy { automatic: Groups(row.get(0)?), manual: Groups(row.get(1)?) }));
    Ok(found.optional()?.unwrap_or_default())
}

/// The policies of these posts, and whether `viewer` follows their authors and is followed by them. Posts without one
/// are left out.
pub fn among(
    db: &Connection,
    viewer: Option<AccountId>,
    ids: &[StatusId],
) -> Result<Vec<(StatusId, Policy, bool, bool)>> {
    let mut statement = db.prepare_cached(
        "SELECT p.status_id, p.automatic, p.manual,
             EXISTS (SELECT 1 FROM follows f WHERE f.account_id = :viewer AND f.target_id = s.account_id AND f.accepted),
             EXISTS (SELECT 1 FROM follows f WHERE f.account_id = s.account_id AND f.target_id = :viewer AND f.accepted)
         FROM quote_policies p CROSS JOIN statuses s ON s.id = p.status_id
         WHERE p.status_id IN (SELECT value FROM json_each(:ids))",
    )?;
    let rows = statement.query_map(named_params! {":viewer": viewer, ":ids": json_list(ids)}, |row| {
        let policy = Policy { automatic: Groups(row.get(1)?), manual: Groups(row.get(2)?) };
        Ok((row.get(0)?, policy, row.get(3)?, row.get(4)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Who may quote what `account` posts unless they say otherwise.
pub fn preferred(db: &Connection, account: AccountId) -> Result<Choice> {
    let found = db
        .prepare_cached("SELECT policy FROM quote_preferences WHERE account_id = ?1")?
        .query_row([account], |row| row.get(0));
    Ok(found.optional()?.unwrap_or_default())
}

/// Sets it.
pub fn prefer(tx: &Tx, account: AccountId, choice: Choice) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO quote_preferences (account_id, policy) VALUES (?1, ?2)
         ON CONFLICT (account_id) DO UPDATE SET policy = ?2",
    )?
    .execute(rusqlite::params![account, choice])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_says_who_may_quote() {
        let (none, followers, unknown) = (Groups::default(), Groups::FOLLOWERS, Groups::UNKNOWN);
        for (automatic, manual, follows, followed, expected) in [
            (none, none, true, true, Leave::Denied),
            (Groups::PUBLIC, none, false, false, Leave::Automatic),
            (followers, none, true, false, Leave::Automatic),
            (followers, none, false, true, Leave::Denied),
            (Groups::FOLLOWING, none, false, true, Leave::Automatic),
            (followers, Groups::PUBLIC, false, false, Leave::Manual),
            (unknown, Groups::FOLLOWING, true, false, Leave::Unknown),
            (none, unknown, false, false, Leave::Unknown),
        ] {
            assert_eq!(Policy { automatic, manual }.leave(follows, followed), expected, "{automatic:?} {manual:?}");
        }
        assert_eq!(followers.and(Groups::PUBLIC).names(), ["public", "followers"]);
    }
}
