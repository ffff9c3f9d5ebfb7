//! Whom somebody may want to follow, and why: each source answers its best, and who has several reasons comes with all.
//!
//! Only people who want to be found; nobody whom the viewer follows, asked to follow, blocks, mutes or dismissed.

use std::collections::HashMap;
use std::time::Duration;

use rusqlite::{Connection, named_params};

use super::accounts::{self, Account};
use super::people::SHOWN;
use super::seen::welcome;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// How many each source answers.
const EACH: i64 = 40;
/// How far back likes and boosts count.
const LATELY: Duration = Duration::from_secs(30 * 86_400);
/// So many people must follow or like somebody before that is a reason.
const PEOPLE: i64 = 2;

/// Why somebody is suggested, the best reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Those that one follows follow them.
    FriendsOfFriends,
    /// Who follows the same people as one lately did follows them too.
    Similar,
    /// Most people that we know of follow them.
    MostFollowed,
    /// Most people here like what they write.
    MostInteractions,
}

impl Source {
    const ALL: [Self; 4] = [Self::FriendsOfFriends, Self::Similar, Self::MostFollowed, Self::MostInteractions];

    /// As the client API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FriendsOfFriends => "friends_of_friends",
            Self::Similar => "similar_to_recently_followed",
            Self::MostFollowed => "most_followed",
            Self::MostInteractions => "most_interactions",
        }
    }

    /// Candidates: the account and how many speak for it.
    fn candidates(self) -> &'static str {
        match self {
            Self::FriendsOfFriends => {
                "SELECT theirs.target_id AS id, count(*) AS people
                 FROM follows mine CROSS JOIN follows theirs ON theirs.account_id = mine.target_id AND theirs.accepted
                 WHERE mine.account_id = :viewer AND mine.accepted GROUP BY theirs.target_id"
            }
            Self::Similar => {
                "SELECT more.target_id AS id, count(DISTINCT others.account_id) AS people
                 FROM (SELECT target_id FROM follows WHERE account_id = :viewer AND accepted ORDER BY id DESC LIMIT 5) lately
                 CROSS JOIN follows others ON others.target_id = lately.target_id AND others.accepted
                     AND others.account_id <> :viewer
                 CROSS JOIN follows more ON more.account_id = others.account_id AND more.accepted
                 GROUP BY more.target_id HAVING people >= :people"
            }
            Self::MostFollowed => {
                "SELECT f.target_id AS id, count(*) AS people FROM follows f WHERE f.accepted
                 GROUP BY f.target_id HAVING people >= :people"
            }
            Self::MostInteractions => {
                "SELECT s.account_id AS id, count(DISTINCT d.account_id) AS people
                 FROM favourites d CROSS JOIN users u ON u.account_id = d.account_id
                 CROSS JOIN statuses s ON s.id = d.status_id
                 WHERE d.id >= :first AND d.account_id <> s.account_id GROUP BY s.account_id HAVING people >= :people"
            }
        }
    }
}

/// Suggestions for `viewer`, each with its reasons.
pub fn of(
    db: &Connection,
    viewer: AccountId,
    limit: i64,
    offset: i64,
    now: Time,
) -> Result<Vec<(Account, Vec<Source>)>> {
    let mut found: Vec<(AccountId, Vec<Source>)> = Vec::new();
    let mut places: HashMap<AccountId, usize> = HashMap::new();
    for source in Source::ALL {
        for id in from(db, source, viewer, now)? {
            let place = *places.entry(id).or_insert_with(|| {
                found.push((id, Vec::new()));
                found.len() - 1
            });
            found[place].1.push(source);
        }
    }
    let (limit, offset) = (usize::try_from(limit).unwrap_or(0), usize::try_from(offset).unwrap_or(0));
    let page: Vec<_> = found.into_iter().skip(offset).take(limit).collect();
    let ids: Vec<AccountId> = page.iter().map(|(id, _)| *id).collect();
    let mut rows: HashMap<AccountId, Account> =
        accounts::by_ids(db, &ids)?.into_iter().map(|row| (row.id, row)).collect();
    Ok(page.into_iter().filter_map(|(id, sources)| Some((rows.remove(&id)?, sources))).collect())
}

fn from(db: &Connection, source: Source, viewer: AccountId, now: Time) -> Result<Vec<AccountId>> {
    let sql = format!(
        "SELECT a.id FROM ({}) found CROSS JOIN accounts a ON a.id = found.id
         WHERE a.id <> :viewer AND {SHOWN} AND :first IS NOT NULL AND :people IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.account_id = :viewer AND f.target_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM suggestion_dismissals x WHERE x.account_id = :viewer AND x.target_id = a.id)
           AND {}
         ORDER BY found.people DESC, a.followers_count DESC, a.id LIMIT :each",
        source.candidates(),
        welcome!("a.id")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let first = now.minus(LATELY).0.max(0) << 16;
    let params = named_params! {":viewer": viewer, ":now": now, ":first": first, ":people": PEOPLE, ":each": EACH};
    let rows = statement.query_map(params, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::favourites;
    use crate::store::people::dismiss;
    use crate::store::testing::World;

    fn found(world: &World, viewer: AccountId) -> Vec<(AccountId, Vec<Source>)> {
        let rows = of(&world.tx(), viewer, 10, 0, Time(0)).expect("reads");
        rows.into_iter().map(|(row, sources)| (row.id, sources)).collect()
    }

    #[test]
    fn friends_of_friends_come_by_how_many_know_them() {
        let world = World::new();
        let alice = world.local("alice");
        let (bob, carol) = (world.remote("bob"), world.remote("carol"));
        let (dave, eve) = (world.local("dave"), world.local("eve"));
        for (who, whom) in
            [(alice, bob), (alice, carol), (bob, eve), (bob, dave), (carol, dave), (carol, bob), (bob, alice)]
        {
            world.follow(who, whom);
        }
        use Source::{FriendsOfFriends, MostFollowed};
        assert_eq!(found(&world, alice), [(dave, vec![FriendsOfFriends, MostFollowed]), (eve, vec![FriendsOfFriends])]);
        for _ in 0..2 {
            dismiss(&world.tx(), alice, dave).expect("dismisses");
        }
        assert_eq!(found(&world, alice), [(eve, vec![FriendsOfFriends])]);
        world.tx().execute("UPDATE accounts SET discoverable = 0 WHERE id = ?1", [eve]).expect("hides");
        assert_eq!(found(&world, alice), []);
    }

    #[test]
    fn likes_and_common_tastes_are_reasons() {
        let world = World::new();
        let (alice, bob, carol) = (world.local("alice"), world.local("bob"), world.local("carol"));
        let (star, liked) = (world.remote("star"), world.remote("liked"));
        let post = world.post(liked, "good");
        for who in [bob, carol] {
            let id = world.next();
            let uri = format!("https://a.example/likes/{id}");
            favourites::insert(&world.tx(), id, who, post, &uri, Time(0)).expect("likes");
            world.follow(who, star);
        }
        let (_, sources) = found(&world, alice).into_iter().find(|(id, _)| *id == liked).expect("suggested");
        assert_eq!(sources, [Source::MostInteractions]);
        let taste = world.remote("taste");
        for who in [bob, carol] {
            world.follow(who, taste);
        }
        world.follow(alice, star);
        let (_, sources) = found(&world, alice).into_iter().find(|(id, _)| *id == taste).expect("suggested");
        assert_eq!(sources, [Source::Similar, Source::MostFollowed]);
    }
}
