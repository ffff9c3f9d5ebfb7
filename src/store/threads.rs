//! What stands above and below a post in its conversation.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, named_params};

use super::seen::{READABLE, welcome};
use super::statuses::{COLUMNS, Status};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// How far a thread is followed.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Most posts above.
    pub ancestors: i64,
    /// Most posts below.
    pub descendants: i64,
    /// Most steps down.
    pub depth: i64,
}

/// The beginning of a query over `up`: the post `?1`, what it answers, and so on, as far as we hold it; so many steps.
macro_rules! up {
    ($steps:literal) => {
        concat!(
            "WITH RECURSIVE up (id, depth) AS (
                 VALUES (?1, 0)
                 UNION
                 SELECT p.in_reply_to_id, up.depth + 1 FROM up CROSS JOIN statuses p ON p.id = up.id
                 WHERE p.in_reply_to_id IS NOT NULL AND up.depth < ",
            $steps,
            ")"
        )
    };
}

/// What `status` answers, the root first; posts that `viewer` may not (or does not want to) see are left out.
pub fn ancestors(
    db: &Connection,
    status: StatusId,
    viewer: Option<AccountId>,
    reach: Reach,
    now: Time,
) -> Result<Vec<Status>> {
    let sql = format!(
        "WITH RECURSIVE up (id, depth) AS (
             SELECT in_reply_to_id, 1 FROM statuses WHERE id = :status AND in_reply_to_id IS NOT NULL
             UNION ALL
             SELECT p.in_reply_to_id, up.depth + 1 FROM up CROSS JOIN statuses p ON p.id = up.id
             WHERE p.in_reply_to_id IS NOT NULL AND up.depth < :limit)
         SELECT {COLUMNS} FROM up CROSS JOIN statuses s ON s.id = up.id
         WHERE {READABLE} AND {} ORDER BY up.depth DESC",
        welcome!("s.account_id")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":status": status, ":viewer": viewer, ":now": now, ":limit": reach.ancestors};
    let rows: Vec<Status> = statement.query_map(params, Status::from_row)?.collect::<rusqlite::Result<_>>()?;
    // A hostile server can make a circle of replies; each post is shown once all the same.
    let mut seen = HashSet::from([status]);
    Ok(rows.into_iter().filter(|row| seen.insert(row.id)).collect())
}

/// The answers to `status` and the answers to them, depth first; the parent's author goes first among siblings, then
/// the older one. Posts that `viewer` may not (or does not want to) see are left out, what hangs below them is not.
pub fn descendants(
    db: &Connection,
    status: &Status,
    viewer: Option<AccountId>,
    reach: Reach,
    now: Time,
) -> Result<Vec<Status>> {
    let sql = format!(
        "WITH RECURSIVE down (id, depth) AS (
             SELECT :status, 0
             UNION
             SELECT c.id, down.depth + 1 FROM down CROSS JOIN statuses c ON c.in_reply_to_id = down.id
             WHERE down.depth < :depth
             LIMIT :limit + 1)
         SELECT {COLUMNS}, ({READABLE} AND {}) AS visible FROM down CROSS JOIN statuses s ON s.id = down.id
         WHERE down.depth > 0",
        welcome!("s.account_id")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":status": status.id, ":viewer": viewer, ":now": now, ":depth": reach.depth, ":limit": reach.descendants,
    };
    let rows: Vec<(Status, bool)> = statement
        .query_map(params, |row| Ok((Status::from_row(row)?, row.get("visible")?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(depth_first(status, rows))
}

/// The first post of the conversation of `status` as far as we hold it; itself, when it answers nothing that we hold.
pub fn first_held(db: &Connection, status: StatusId) -> Result<StatusId> {
    let mut statement = db.prepare_cached(concat!(up!(500), " SELECT id FROM up ORDER BY depth DESC LIMIT 1"))?;
    Ok(statement.query_row([status], |row| row.get(0))?)
}

/// The author of the nearest local post at or above `status`, if that post is open; who it is whose followers hear of
/// what is written below it.
pub fn local_above(db: &Connection, status: StatusId) -> Result<Option<AccountId>> {
    let mut statement = db.prepare_cached(concat!(
        up!(100),
        " SELECT s.account_id FROM up CROSS JOIN statuses s ON s.id = up.id
         WHERE s.local AND NOT s.local_only AND s.visibility IN ('public', 'unlisted') ORDER BY up.depth LIMIT 1"
    ))?;
    Ok(statement.query_row([status], |row| row.get(0)).optional()?)
}

/// Whether `account` wrote `status` or something above it.
pub fn wrote_above(db: &Connection, status: StatusId, account: AccountId) -> Result<bool> {
    let mut statement = db.prepare_cached(concat!(
        up!(100),
        " SELECT EXISTS (SELECT 1 FROM up CROSS JOIN statuses s ON s.id = up.id WHERE s.account_id = ?2)"
    ))?;
    Ok(statement.query_row(rusqlite::params![status, account], |row| row.get(0))?)
}

/// Whether anything below the post came from another server.
pub fn has_remote(db: &Connection, root: StatusId) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE down (id) AS (
             VALUES (?1)
             UNION
             SELECT c.id FROM down CROSS JOIN statuses c ON c.in_reply_to_id = down.id LIMIT 400)
         SELECT EXISTS (SELECT 1 FROM down CROSS JOIN statuses s ON s.id = down.id WHERE NOT s.local)",
    )?;
    Ok(statement.query_row([root], |row| row.get(0))?)
}

/// The ids of the public and unlisted posts at and below `root`, oldest first, at most `limit` after the first `skip`;
/// and how many there are in all, as far as a thousand.
pub fn open_posts(db: &Connection, root: StatusId, skip: i64, limit: i64) -> Result<(Vec<String>, i64)> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE down (id) AS (
             VALUES (?1)
             UNION
             SELECT c.id FROM down CROSS JOIN statuses c ON c.in_reply_to_id = down.id LIMIT 1000)
         SELECT s.uri FROM down CROSS JOIN statuses s ON s.id = down.id
         WHERE s.visibility IN ('public', 'unlisted') AND NOT s.local_only ORDER BY s.id",
    )?;
    let all: Vec<String> = statement.query_map([root], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let total = all.len() as i64;
    let (skip, limit) = (usize::try_from(skip).unwrap_or(0), usize::try_from(limit).unwrap_or(0));
    Ok((all.into_iter().skip(skip).take(limit).collect(), total))
}

fn depth_first(root: &Status, rows: Vec<(Status, bool)>) -> Vec<Status> {
    let mut children: HashMap<StatusId, Vec<(Status, bool)>> = HashMap::new();
    let mut seen = HashSet::from([root.id]);
    for (row, visible) in rows {
        if let Some(parent) = row.in_reply_to_id
            && seen.insert(row.id)
        {
            children.entry(parent).or_default().push((row, visible));
        }
    }
    let mut found = Vec::new();
    // The next to visit stands last.
    let mut waiting: Vec<(Status, bool)> = Vec::new();
    let mut open = |waiting: &mut Vec<(Status, bool)>, id: StatusId, author: AccountId| {
        let mut answers = children.remove(&id).unwrap_or_default();
        answers.sort_by_key(|(row, _)| (row.account_id != author, row.id));
        waiting.extend(answers.into_iter().rev());
    };
    open(&mut waiting, root.id, root.account_id);
    while let Some((row, visible)) = waiting.pop() {
        open(&mut waiting, row.id, row.account_id);
        if visible {
            found.push(row);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activitypub::audience::Visibility;
    use crate::store::statuses;
    use crate::store::testing::World;

    const REACH: Reach = Reach { ancestors: 40, descendants: 60, depth: 20 };

    fn reply(world: &World, who: AccountId, parent: StatusId, visibility: Visibility) -> StatusId {
        world.post_with(who, "answer", |status| {
            status.in_reply_to_id = Some(parent);
            status.visibility = visibility;
        })
    }

    #[test]
    fn a_thread_reads_from_the_root_down_depth_first() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let root = world.post(alice, "root");
        let first = reply(&world, bob, root, Visibility::Public);
        let own = reply(&world, alice, root, Visibility::Public);
        let hidden = reply(&world, bob, first, Visibility::Private);
        let below = reply(&world, bob, hidden, Visibility::Public);
        let tx = world.tx();
        let down = |id| {
            let status = statuses::by_id(&tx, id).expect("reads").expect("exists");
            let rows = descendants(&tx, &status, None, REACH, Time(0)).expect("reads");
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        let up = |id, viewer| {
            let rows = ancestors(&tx, id, viewer, REACH, Time(0)).expect("reads");
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(down(root), [own, first, below]);
        assert_eq!(up(below, None), [root, first]);
        assert_eq!(up(below, Some(bob)), [root, first, hidden]);
        // A circle: the root answers its own answer.
        tx.execute("UPDATE statuses SET in_reply_to_id = ?2 WHERE id = ?1", rusqlite::params![root, below])
            .expect("bends");
        assert_eq!(down(root), [own, first, below]);
        assert_eq!(up(below, None), [root, first]);
    }
}
