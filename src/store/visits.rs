//! Who of ours was here on which day, and what our people did: the numbers that say how lively the server is.

use rusqlite::{Connection, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// How many bits of an id lie below its milliseconds.
const RANDOM_BITS: u32 = 16;

/// Notes that somebody was here today.
pub fn note(tx: &Tx, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached("INSERT INTO visits (day, account_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(rusqlite::params![now.midnight(), account])?;
    Ok(())
}

/// How many people were here from the day of `from` up to, but not on, the day of `until`.
pub fn people(db: &Connection, from: Time, until: Time) -> Result<i64> {
    let mut statement =
        db.prepare_cached("SELECT count(DISTINCT account_id) FROM visits WHERE day >= ?1 AND day < ?2")?;
    Ok(statement.query_row([from.midnight(), until.midnight()], |row| row.get(0))?)
}

/// How many people came to live here in this time.
pub fn newcomers(db: &Connection, from: Time, until: Time) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM users WHERE created_at >= ?1 AND created_at < ?2")?;
    Ok(statement.query_row([from, until], |row| row.get(0))?)
}

/// How many posts and boosts our people made in this time.
pub fn posts(db: &Connection, from: Time, until: Time) -> Result<i64> {
    // Ids carry the time, so one index range per person is all that is looked at.
    let mut statement = db.prepare_cached(
        "SELECT count(*) FROM users u CROSS JOIN statuses s INDEXED BY statuses_by_account
             ON s.account_id = u.account_id AND s.id >= ?1 AND s.id < ?2",
    )?;
    Ok(statement.query_row([first_id(from), first_id(until)], |row| row.get(0))?)
}

/// How often our people took note of others in this time: favourites, reactions, boosts and answers.
pub fn interactions(db: &Connection, from: Time, until: Time) -> Result<i64> {
    let mut statement = db.prepare_cached(
        "SELECT (SELECT count(*) FROM users u CROSS JOIN favourites f INDEXED BY favourites_by_account
                     ON f.account_id = u.account_id AND f.id >= :from AND f.id < :until)
              + (SELECT count(*) FROM users u CROSS JOIN reactions r INDEXED BY reactions_by_account
                     ON r.account_id = u.account_id AND r.id >= :from AND r.id < :until)
              + (SELECT count(*) FROM users u CROSS JOIN statuses s INDEXED BY statuses_by_account
                     ON s.account_id = u.account_id AND s.id >= :from AND s.id < :until
                 WHERE s.reblog_of_id IS NOT NULL OR s.in_reply_to_account_id <> u.account_id)",
    )?;
    let params = named_params! {":from": first_id(from), ":until": first_id(until)};
    Ok(statement.query_row(params, |row| row.get(0))?)
}

/// The lowest id that something made at `time` may have.
pub(super) fn first_id(time: Time) -> i64 {
    time.0.max(0) << RANDOM_BITS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    const DAY: i64 = 86_400_000;

    #[test]
    fn people_count_once_however_often_they_came() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.local("bob"));
        let tx = world.tx();
        for (who, at) in [(alice, 0), (alice, 5), (alice, DAY), (bob, DAY + 7), (bob, 3 * DAY)] {
            note(&tx, who, Time(at)).expect("notes");
        }
        for (from, until, expected) in [(0, DAY, 1), (0, 2 * DAY, 2), (2 * DAY, 3 * DAY, 0), (0, 9 * DAY, 2)] {
            assert_eq!(people(&tx, Time(from), Time(until)).expect("counts"), expected, "{from} {until}");
        }
        assert_eq!(newcomers(&tx, Time(0), Time(1)).expect("counts"), 2);
    }

    #[test]
    fn what_our_people_did_is_counted_by_the_time_in_ids() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let at = |day: i64| crate::ids::StatusId(first_id(Time(day * DAY)) + world.next());
        let post = world.post_with(bob, "theirs", |row| row.id = at(1));
        world.post_with(alice, "ours", |row| row.id = at(1));
        world.post_with(alice, "answer", |row| {
            row.id = at(2);
            row.in_reply_to_account_id = Some(bob);
        });
        world.post_with(alice, "", |row| {
            row.id = at(3);
            row.reblog_of_id = Some(post);
        });
        let tx = world.tx();
        let days = |from: i64, until: i64| (Time(from * DAY), Time(until * DAY));
        for ((from, until), made, noticed) in
            [(days(1, 2), 1, 0), (days(1, 4), 3, 2), (days(3, 4), 1, 1), (days(4, 9), 0, 0)]
        {
            assert_eq!(posts(&tx, from, until).expect("counts"), made);
            assert_eq!(interactions(&tx, from, until).expect("counts"), noticed);
        }
    }
}
