//! How somebody stands to others, all of it in one query.

use rusqlite::{Connection, named_params};

use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// How the asking account stands to `id`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the Mastodon entity Relationship")]
pub struct Relationship {
    pub id: AccountId,
    pub following: bool,
    pub showing_reblogs: bool,
    pub notifying: bool,
    pub languages: Option<Vec<String>>,
    pub followed_by: bool,
    pub blocking: bool,
    pub blocked_by: bool,
    pub muting: bool,
    pub muting_notifications: bool,
    pub muting_expires_at: Option<Time>,
    pub requested: bool,
    pub requested_by: bool,
    pub domain_blocking: bool,
    pub endorsed: bool,
    pub note: String,
}

/// How `me` stands to each of `others` at `now`, in the order asked; unknown accounts are left out.
pub fn of(db: &Connection, me: AccountId, others: &[AccountId], now: Time) -> Result<Vec<Relationship>> {
    let mut statement = db.prepare_cached(
        "SELECT a.id, f.accepted AS following, f.show_reblogs, f.notify, f.languages, r.accepted AS followed,
             b.id IS NOT NULL AS blocking, d.id IS NOT NULL AS blocked,
             m.id IS NOT NULL AS muting, coalesce(m.notifications, 0) AS notifications, m.expires_at,
             p.id IS NOT NULL AS domain_blocking, e.id IS NOT NULL AS endorsed, coalesce(n.comment, '') AS comment
         FROM json_each(:others) j CROSS JOIN accounts a ON a.id = j.value
         LEFT JOIN follows f ON f.account_id = :me AND f.target_id = a.id
         LEFT JOIN follows r ON r.account_id = a.id AND r.target_id = :me
         LEFT JOIN blocks b ON b.account_id = :me AND b.target_id = a.id
         LEFT JOIN blocks d ON d.account_id = a.id AND d.target_id = :me
         LEFT JOIN mutes m ON m.account_id = :me AND m.target_id = a.id
             AND (m.expires_at IS NULL OR m.expires_at > :now)
         LEFT JOIN user_domain_blocks p ON p.account_id = :me AND p.domain = a.domain
         LEFT JOIN endorsements e ON e.account_id = :me AND e.target_id = a.id
         LEFT JOIN account_notes n ON n.account_id = :me AND n.target_id = a.id
         ORDER BY j.key",
    )?;
    let rows = statement.query_map(named_params! {":me": me, ":others": json_list(others), ":now": now}, |row| {
        let (out, back): (Option<bool>, Option<bool>) = (row.get("following")?, row.get("followed")?);
        let option = |name| -> rusqlite::Result<bool> { Ok(row.get::<_, Option<bool>>(name)? == Some(true)) };
        let languages: Option<String> = row.get("languages")?;
        Ok(Relationship {
            id: row.get("id")?,
            following: out == Some(true),
            showing_reblogs: option("show_reblogs")?,
            notifying: option("notify")?,
            languages: languages.and_then(|text| serde_json::from_str(&text).ok()),
            followed_by: back == Some(true),
            blocking: row.get("blocking")?,
            blocked_by: row.get("blocked")?,
            muting: row.get("muting")?,
            muting_notifications: row.get("notifications")?,
            muting_expires_at: row.get("expires_at")?,
            requested: out == Some(false),
            requested_by: back == Some(false),
            domain_blocking: row.get("domain_blocking")?,
            endorsed: row.get("endorsed")?,
            note: row.get("comment")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::mutes::{self, Mute};
    use crate::store::testing::World;
    use crate::store::{blocks, follows};

    #[test]
    fn every_bond_shows_on_its_own_side() {
        let world = World::new();
        let (alice, bob, eve) = (world.local("alice"), world.remote("bob"), world.remote("eve"));
        let tx = world.tx();
        world.follow(alice, bob);
        let mut request = world.follow_row(bob, alice);
        request.accepted = false;
        follows::insert(&tx, &request).expect("inserts");
        blocks::insert(&tx, 1, eve, alice, "https://b.example/1", Time(0)).expect("blocks");
        mutes::insert(&tx, 1, alice, eve, Mute { notifications: true, expires_at: Some(Time(50)) }, Time(0))
            .expect("mutes");
        let seen = of(&tx, alice, &[eve, AccountId(1), bob], Time(49)).expect("reads");
        let none = Relationship {
            id: bob,
            following: false,
            showing_reblogs: false,
            notifying: false,
            languages: None,
            followed_by: false,
            blocking: false,
            blocked_by: false,
            muting: false,
            muting_notifications: false,
            muting_expires_at: None,
            requested: false,
            requested_by: false,
            domain_blocking: false,
            endorsed: false,
            note: String::new(),
        };
        let to_bob = Relationship { following: true, showing_reblogs: true, requested_by: true, ..none.clone() };
        let to_eve = Relationship {
            id: eve,
            blocked_by: true,
            muting: true,
            muting_notifications: true,
            muting_expires_at: Some(Time(50)),
            ..none
        };
        assert_eq!(seen, [to_eve, to_bob]);
        assert!(!of(&tx, alice, &[eve], Time(50)).expect("reads")[0].muting);
    }
}
