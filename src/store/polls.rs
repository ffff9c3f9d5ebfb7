//! Polls, their options and votes. Tallies stay in step with the votes that we know; of a remote poll its server decides.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, PollId, StatusId};

/// One row of `polls` with its options.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Poll {
    pub id: PollId,
    pub status_id: StatusId,
    pub options: Vec<Choice>,
    pub multiple: bool,
    pub hide_totals: bool,
    pub voters_count: Option<i64>,
    pub expires_at: Option<Time>,
    pub ended: bool,
    pub fetched_at: Option<Time>,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Plain text.
    pub title: String,
    /// How many chose it.
    pub votes: i64,
}

impl Poll {
    /// Whether nobody may vote any more.
    pub fn is_over(&self, now: Time) -> bool {
        self.ended || self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether `other` asks the same, so that votes for the one hold for the other.
    pub fn same_question(&self, other: &Self) -> bool {
        let titles = |poll: &Self| poll.options.iter().map(|option| option.title.clone()).collect::<Vec<_>>();
        self.multiple == other.multiple && titles(self) == titles(other)
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let options: String = row.get("options")?;
        let options: Vec<(String, i64)> = serde_json::from_str(&options).unwrap_or_default();
        Ok(Self {
            id: row.get("id")?,
            status_id: row.get("status_id")?,
            options: options.into_iter().map(|(title, votes)| Choice { title, votes }).collect(),
            multiple: row.get("multiple")?,
            hide_totals: row.get("hide_totals")?,
            voters_count: row.get("voters_count")?,
            expires_at: row.get("expires_at")?,
            ended: row.get("ended")?,
            fetched_at: row.get("fetched_at")?,
        })
    }
}

const COLUMNS: &str =
    "p.id, p.status_id, p.multiple, p.hide_totals, p.voters_count, p.expires_at, p.ended, p.fetched_at,
    (SELECT json_group_array(json_array(title, votes_count)) FROM
        (SELECT title, votes_count FROM poll_options o WHERE o.poll_id = p.id ORDER BY position)) AS options";

/// Gives a post its poll; the post has none yet.
pub fn insert(tx: &Tx, poll: &Poll) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO polls (id, status_id, multiple, hide_totals, voters_count, expires_at, ended, fetched_at)
         VALUES (:id, :status, :multiple, :hide_totals, :voters, :expires_at, :ended, :fetched_at)",
    )?
    .execute(named_params! {
        ":id": poll.id, ":status": poll.status_id, ":multiple": poll.multiple, ":hide_totals": poll.hide_totals,
        ":voters": poll.voters_count, ":expires_at": poll.expires_at, ":ended": poll.ended,
        ":fetched_at": poll.fetched_at,
    })?;
    let mut option = tx.prepare_cached(
        "INSERT INTO poll_options (poll_id, position, title, votes_count) VALUES (:poll, :position, :title, :votes)",
    )?;
    for (position, choice) in poll.options.iter().enumerate() {
        option.execute(named_params! {
            ":poll": poll.id, ":position": position as i64, ":title": choice.title, ":votes": choice.votes,
        })?;
    }
    Ok(())
}

/// Takes the post's poll away, with its votes and what was told of its end.
pub fn delete(tx: &Tx, status: StatusId) -> Result<()> {
    tx.prepare_cached("DELETE FROM polls WHERE status_id = ?1")?.execute([status])?;
    tx.prepare_cached("DELETE FROM notifications WHERE status_id = ?1 AND kind = 'poll'")?.execute([status])?;
    Ok(())
}

/// A new end, and whether totals are hidden until then; votes stay.
pub fn set_terms(tx: &Tx, id: PollId, hide_totals: bool, expires_at: Option<Time>) -> Result<()> {
    tx.prepare_cached("UPDATE polls SET hide_totals = :hide, expires_at = :expires_at, ended = 0 WHERE id = :id")?
        .execute(named_params! {":id": id, ":hide": hide_totals, ":expires_at": expires_at})?;
    Ok(())
}

/// What the server of a remote poll says of its tallies: votes in the order of the options.
pub fn tally(tx: &Tx, id: PollId, votes: &[i64], voters: Option<i64>, expires_at: Option<Time>) -> Result<()> {
    tx.prepare_cached("UPDATE polls SET voters_count = :voters, expires_at = :expires_at WHERE id = :id")?
        .execute(named_params! {":id": id, ":voters": voters, ":expires_at": expires_at})?;
    let mut option = tx.prepare_cached(
        "UPDATE poll_options SET votes_count = :votes WHERE poll_id = :poll AND position = :position",
    )?;
    for (position, votes) in votes.iter().enumerate() {
        option.execute(named_params! {":poll": id, ":position": position as i64, ":votes": votes})?;
    }
    Ok(())
}

/// Counts the vote and remembers that others are to be told; `false`: `account` chose this option before.
pub fn vote(tx: &Tx, id: PollId, account: AccountId, choice: i64, now: Time) -> Result<bool> {
    let first = votes_of(tx, account, &[id])?.is_empty();
    let inserted = tx
        .prepare_cached(
            "INSERT INTO poll_votes (poll_id, account_id, choice, created_at) VALUES (:poll, :account, :choice, :now)
             ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {":poll": id, ":account": account, ":choice": choice, ":now": now})?;
    if inserted == 0 {
        return Ok(false);
    }
    tx.prepare_cached("UPDATE poll_options SET votes_count = votes_count + 1 WHERE poll_id = ?1 AND position = ?2")?
        .execute(rusqlite::params![id, choice])?;
    tx.prepare_cached(
        "UPDATE polls SET voters_count = voters_count + :first,
             changed_at = CASE WHEN fetched_at IS NULL THEN coalesce(changed_at, :now) END WHERE id = :id",
    )?
    .execute(named_params! {":id": id, ":first": first, ":now": now})?;
    Ok(true)
}

/// The poll with this id.
pub fn by_id(db: &Connection, id: PollId) -> Result<Option<Poll>> {
    let sql = format!("SELECT {COLUMNS} FROM polls p WHERE p.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Poll::from_row).optional()?)
}

/// The poll of a post.
pub fn of_status(db: &Connection, status: StatusId) -> Result<Option<Poll>> {
    Ok(of_statuses(db, &[status])?.pop())
}

/// The polls of these posts, in no order.
pub fn of_statuses(db: &Connection, statuses: &[StatusId]) -> Result<Vec<Poll>> {
    let sql = format!("SELECT {COLUMNS} FROM polls p WHERE p.status_id IN (SELECT value FROM json_each(?1))");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(statuses)], Poll::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Which options `account` chose in these polls.
pub fn votes_of(db: &Connection, account: AccountId, polls: &[PollId]) -> Result<Vec<(PollId, i64)>> {
    let mut statement = db.prepare_cached(
        "SELECT poll_id, choice FROM poll_votes
         WHERE poll_id IN (SELECT value FROM json_each(:polls)) AND account_id = :account ORDER BY poll_id, choice",
    )?;
    let rows = statement.query_map(named_params! {":polls": json_list(polls), ":account": account}, |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Everybody who voted, as far as we know.
pub fn voters(db: &Connection, id: PollId) -> Result<Vec<AccountId>> {
    let mut statement =
        db.prepare_cached("SELECT DISTINCT account_id FROM poll_votes WHERE poll_id = ?1 ORDER BY account_id")?;
    let rows = statement.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Polls, ours and others', whose end passed at `now` and was not dealt with.
pub fn ending(db: &Connection, now: Time, limit: usize) -> Result<Vec<Poll>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM polls p WHERE p.ended = 0 AND p.expires_at <= :now ORDER BY p.expires_at LIMIT :limit"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! {":now": now, ":limit": limit as i64}, Poll::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The end was dealt with; nothing remains to be told.
pub fn end(tx: &Tx, id: PollId) -> Result<()> {
    tx.prepare_cached("UPDATE polls SET ended = 1, changed_at = NULL WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Polls of ours with votes that other servers were not told of, last told before `before`.
pub fn untold(db: &Connection, before: Time, limit: usize) -> Result<Vec<Poll>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM polls p
         WHERE p.changed_at IS NOT NULL AND coalesce(p.told_at, 0) <= :before ORDER BY p.changed_at LIMIT :limit"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! {":before": before, ":limit": limit as i64}, Poll::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Other servers were told the tallies at `now`.
pub fn set_told(tx: &Tx, id: PollId, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE polls SET told_at = ?2, changed_at = NULL WHERE id = ?1")?
        .execute(rusqlite::params![id, now])?;
    Ok(())
}

/// We ask the server of a remote poll at `now`; `false`: we did so after `before`.
pub fn set_fetched(tx: &Tx, id: PollId, now: Time, before: Time) -> Result<bool> {
    let mut statement = tx.prepare_cached("UPDATE polls SET fetched_at = ?2 WHERE id = ?1 AND fetched_at <= ?3")?;
    Ok(statement.execute(rusqlite::params![id, now, before])? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    fn poll(status: StatusId) -> Poll {
        let choice = |title: &str| Choice { title: title.into(), votes: 0 };
        Poll {
            id: PollId(7),
            status_id: status,
            options: vec![choice("tea"), choice("coffee")],
            multiple: true,
            hide_totals: false,
            voters_count: Some(0),
            expires_at: Some(Time(100)),
            ended: false,
            fetched_at: None,
        }
    }

    #[test]
    fn votes_count_once_and_voters_too() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let status = world.post(alice, "tea?");
        let tx = world.tx();
        insert(&tx, &poll(status)).expect("inserts");
        assert_eq!(of_status(&tx, status).expect("reads"), Some(poll(status)));
        assert!(untold(&tx, Time(50), 9).expect("reads").is_empty());
        for (choice, counted) in [(0, true), (0, false), (1, true)] {
            assert_eq!(vote(&tx, PollId(7), bob, choice, Time(10)).expect("votes"), counted);
        }
        let now = by_id(&tx, PollId(7)).expect("reads").expect("is there");
        assert_eq!(now.options.iter().map(|option| option.votes).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(now.voters_count, Some(1));
        assert_eq!(votes_of(&tx, bob, &[PollId(7)]).expect("reads"), [(PollId(7), 0), (PollId(7), 1)]);
        assert_eq!(voters(&tx, PollId(7)).expect("reads"), [bob]);
        assert_eq!(untold(&tx, Time(50), 9).expect("reads").len(), 1);
        set_told(&tx, PollId(7), Time(60)).expect("writes");
        vote(&tx, PollId(7), alice, 1, Time(61)).expect("votes");
        assert!(untold(&tx, Time(59), 9).expect("reads").is_empty(), "told too recently");
        assert_eq!(untold(&tx, Time(60), 9).expect("reads").len(), 1);
        assert!(ending(&tx, Time(99), 9).expect("reads").is_empty());
        assert_eq!(ending(&tx, Time(100), 9).expect("reads").len(), 1);
        end(&tx, PollId(7)).expect("ends");
        assert!(ending(&tx, Time(100), 9).expect("reads").is_empty());
        assert!(untold(&tx, Time(90), 9).expect("reads").is_empty());
    }

    #[test]
    fn a_remote_poll_counts_what_its_server_says() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let status = world.post(bob, "tea?");
        let tx = world.tx();
        insert(&tx, &Poll { fetched_at: Some(Time(1)), ..poll(status) }).expect("inserts");
        vote(&tx, PollId(7), alice, 0, Time(10)).expect("votes");
        assert!(untold(&tx, Time(50), 9).expect("reads").is_empty(), "not ours to tell");
        tally(&tx, PollId(7), &[5, 6], Some(9), Some(Time(100))).expect("writes");
        let now = of_status(&tx, status).expect("reads").expect("is there");
        assert_eq!((now.options[0].votes, now.options[1].votes, now.voters_count), (5, 6, Some(9)));
        assert!(set_fetched(&tx, PollId(7), Time(70), Time(10)).expect("writes"));
        assert!(!set_fetched(&tx, PollId(7), Time(71), Time(11)).expect("writes"), "asked already");
        delete(&tx, status).expect("deletes");
        assert_eq!(of_status(&tx, status).expect("reads"), None);
    }
}
