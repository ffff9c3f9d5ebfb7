//! Everybody as moderators look for them.

use rusqlite::{Connection, named_params};

use super::accounts::{self, Account};
use super::page::Page;
use crate::error::Result;
use crate::ids::AccountId;

/// What became of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not suspended.
    Active,
    /// Not approved yet.
    Pending,
    /// Cannot sign in.
    Disabled,
    /// Hidden from those who do not follow.
    Silenced,
    /// Gone for the moment or for good.
    Suspended,
    /// All their media are sensitive.
    Sensitized,
}

/// Whom a list shows; `None` means no restriction.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Whether they live here.
    pub local: Option<bool>,
    /// What became of them.
    pub standing: Option<Standing>,
    /// How the user name begins.
    pub username: Option<String>,
    /// How the display name begins.
    pub display_name: Option<String>,
    /// On which server.
    pub domain: Option<String>,
    /// How the e-mail address begins.
    pub email: Option<String>,
    /// Who came from one of these addresses.
    pub ips: Option<Vec<String>>,
    /// Who has one of these roles.
    pub roles: Option<Vec<String>>,
    /// Whom this account invited.
    pub invited_by: Option<AccountId>,
}

/// Everybody whom the filter lets through, latest first. Never the server's own actor.
pub fn list(db: &Connection, filter: &Filter, page: &Page) -> Result<Vec<Account>> {
    let standing = match filter.standing {
        None => "1",
        Some(Standing::Active) => "a.suspended_at IS NULL",
        Some(Standing::Pending) => "u.account_id IS NOT NULL AND u.approved_at IS NULL",
        Some(Standing::Disabled) => "u.disabled_at IS NOT NULL AND a.suspended_at IS NULL",
        Some(Standing::Silenced) => "a.silenced_at IS NOT NULL",
        Some(Standing::Suspended) => "a.suspended_at IS NOT NULL",
        Some(Standing::Sensitized) => "a.sensitized_at IS NOT NULL",
    };
    let sql = format!(
        "SELECT {} FROM accounts a LEFT JOIN users u ON u.account_id = a.id
         WHERE a.id > 0 AND a.id < :below AND a.id > :above AND {standing}
           AND (:local IS NULL OR (a.domain IS NULL) = :local)
           AND (:username IS NULL OR a.username LIKE :username ESCAPE '\\')
           AND (:display_name IS NULL OR a.display_name LIKE :display_name ESCAPE '\\')
           AND (:domain IS NULL OR a.domain = :domain)
           AND (:email IS NULL OR u.email LIKE :email ESCAPE '\\')
           AND (:ips IS NULL OR EXISTS (SELECT 1 FROM user_ips i WHERE i.account_id = a.id
               AND i.ip IN (SELECT value FROM json_each(:ips))))
           AND (:roles IS NULL OR u.role IN (SELECT value FROM json_each(:roles)))
           AND (:invited_by IS NULL OR {INVITED})
         ORDER BY a.id {} LIMIT :limit",
        accounts::COLUMNS,
        page.order()
    );
    let begins = |text: &Option<String>| text.as_ref().map(|text| format!("{}%", escaped(text)));
    let list = |words: &Option<Vec<String>>| words.as_ref().map(|w| serde_json::to_string(w).unwrap_or_default());
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":below": page.below(), ":above": page.above(), ":limit": page.limit, ":local": filter.local,
            ":username": begins(&filter.username), ":display_name": begins(&filter.display_name),
            ":domain": filter.domain, ":email": begins(&filter.email), ":ips": list(&filter.ips),
            ":roles": list(&filter.roles), ":invited_by": filter.invited_by,
        },
        Account::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// Whether `:invited_by` invited the user `u`.
const INVITED: &str = "EXISTS (SELECT 1 FROM memberships m JOIN invites i ON i.id = m.invite_id
    WHERE m.account_id = u.account_id AND i.account_id = :invited_by)";

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::store::testing::World;
    use crate::store::user_ips;

    #[test]
    fn every_filter_finds_whom_it_names() {
        let world = World::new();
        let (alice, bob, carol) = (world.local("alice"), world.remote("bob_"), world.local("carol"));
        let tx = world.tx();
        for sql in [
            "UPDATE users SET role = 'admin', approved_at = 1 WHERE email LIKE 'alice%'",
            "UPDATE users SET disabled_at = 1, approved_at = NULL WHERE email LIKE 'carol%'",
            "UPDATE accounts SET silenced_at = 1, display_name = 'Bob' WHERE username = 'bob_'",
            "UPDATE accounts SET sensitized_at = 1 WHERE username = 'carol'",
        ] {
            tx.execute(sql, []).expect("updates");
        }
        user_ips::note(&tx, carol, "192.0.2.7", Time(1)).expect("writes");
        let text = |text: &str| Some(text.to_owned());
        let standing = |standing| Filter { standing: Some(standing), ..Filter::default() };
        for (filter, expected) in [
            (Filter::default(), vec![carol, bob, alice]),
            (Filter { local: Some(true), ..Filter::default() }, vec![carol, alice]),
            (Filter { local: Some(false), ..Filter::default() }, vec![bob]),
            (standing(Standing::Active), vec![carol, bob, alice]),
            (standing(Standing::Pending), vec![carol]),
            (standing(Standing::Disabled), vec![carol]),
            (standing(Standing::Silenced), vec![bob]),
            (standing(Standing::Suspended), vec![]),
            (standing(Standing::Sensitized), vec![carol]),
            (Filter { username: text("BO"), ..Filter::default() }, vec![bob]),
            (Filter { username: text("_"), ..Filter::default() }, vec![]),
            (Filter { display_name: text("bo"), ..Filter::default() }, vec![bob]),
            (Filter { domain: text("b.example"), ..Filter::default() }, vec![bob]),
            (Filter { email: text("carol@"), ..Filter::default() }, vec![carol]),
            (Filter { ips: Some(vec!["192.0.2.7".into()]), ..Filter::default() }, vec![carol]),
            (Filter { ips: Some(Vec::new()), ..Filter::default() }, vec![]),
            (Filter { roles: Some(vec!["admin".into()]), ..Filter::default() }, vec![alice]),
        ] {
            let found = list(&tx, &filter, &Page::first(9)).expect("lists");
            assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), expected, "{filter:?}");
        }
        let page = Page { min: Some(alice.0), ..Page::first(1) };
        assert_eq!(list(&tx, &Filter::default(), &page).expect("lists")[0].id, bob);
    }
}
