//! What people who run this server may do, and giving them that power.
//!
//! Four roles, each above the one before. Nobody acts on an equal or higher role, and there is always an owner who can
//! sign in. Spec: https://docs.joinmastodon.org/entities/Role/#permission-flags

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts;
use crate::store::moderation::{self, Entry};
use crate::store::users::{self, User};
use crate::store::{Connection, Tx};

/// Who somebody is on this server; later ones are above earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Everybody.
    Member,
    /// Looks after people and posts.
    Moderator,
    /// Looks after the server as well.
    Admin,
    /// May do everything.
    Owner,
}

/// Something that a role may allow; the number is Mastodon's bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "as Mastodon names its flags")]
pub enum Permission {
    /// Everything.
    Administrator = 0,
    Devops = 1,
    AuditLog = 2,
    Dashboard = 3,
    Reports = 4,
    Federation = 5,
    Settings = 6,
    Blocks = 7,
    Taxonomies = 8,
    Appeals = 9,
    Users = 10,
    Invites = 11,
    Rules = 12,
    Announcements = 13,
    CustomEmojis = 14,
    Webhooks = 15,
    InviteUsers = 16,
    Roles = 17,
    UserAccess = 18,
    DeleteUserData = 19,
    ViewFeeds = 20,
    InviteBypassApproval = 21,
    EmailSubscriptions = 22,
}

impl Permission {
    /// As a bit mask.
    pub fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// What Mastodon's moderators may, and the blocks and announcements that a small server leaves to them too.
const MODERATOR: &[Permission] = &[
    Permission::AuditLog,
    Permission::Dashboard,
    Permission::Reports,
    Permission::Blocks,
    Permission::Taxonomies,
    Permission::Appeals,
    Permission::Users,
    Permission::Announcements,
    Permission::InviteUsers,
    Permission::ViewFeeds,
];

/// What administrators may on top of that. Only the owner's machine is not theirs.
const ADMIN: &[Permission] = &[
    Permission::Federation,
    Permission::Settings,
    Permission::Invites,
    Permission::Rules,
    Permission::CustomEmojis,
    Permission::Webhooks,
    Permission::Roles,
    Permission::UserAccess,
    Permission::DeleteUserData,
    Permission::InviteBypassApproval,
    Permission::EmailSubscriptions,
];

impl Role {
    /// All of them, the lowest first.
    pub const ALL: [Self; 4] = [Self::Member, Self::Moderator, Self::Admin, Self::Owner];

    /// The role called `name`; one that we do not know may do nothing.
    pub fn of(name: &str) -> Self {
        Self::parse(name).unwrap_or(Self::Member)
    }

    /// The role called `name`, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// The role with this id of the client API.
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    /// As it is stored and typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The id in the client API; everybody's is `-99`, as in Mastodon.
    pub fn id(self) -> &'static str {
        match self {
            Self::Member => "-99",
            Self::Moderator => "1",
            Self::Admin => "2",
            Self::Owner => "3",
        }
    }

    /// As the client API shows it; everybody's has no name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Member => "",
            Self::Moderator => "Moderator",
            Self::Admin => "Admin",
            Self::Owner => "Owner",
        }
    }

    /// All that it may do, as Mastodon's bit mask.
    pub fn permissions(self) -> u32 {
        let sum = |list: &[Permission]| list.iter().fold(0, |mask, permission| mask | permission.bit());
        match self {
            Self::Member => 0,
            Self::Moderator => sum(MODERATOR),
            Self::Admin => sum(MODERATOR) | sum(ADMIN),
            Self::Owner => Permission::Administrator.bit(),
        }
    }

    /// Whether it may do this.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions() & (Permission::Administrator.bit() | permission.bit()) != 0
    }

    /// The roles that may do this.
    pub fn that_may(permission: Permission) -> Vec<&'static str> {
        Self::ALL.into_iter().filter(|role| role.may(permission)).map(Self::as_str).collect()
    }
}

/// Gives the local account `username` another role, for whoever can reach the machine. The last owner keeps theirs.
pub async fn set(app: &App, username: &str, role: &str) -> Result<Role> {
    let role = Role::parse(role).ok_or_else(|| Error::invalid("role", "is owner, admin, moderator or member"))?;
    let (now, username) = (app.clock.now(), username.trim().trim_start_matches('@').to_owned());
    let written = app.store.write(move |tx| {
        let account = accounts::by_handle(tx, &username, None)?.ok_or(Error::NotFound("account"))?;
        if role != Role::Owner {
            keep_an_owner(tx, account.id)?;
        }
        if !users::set_role(tx, account.id, role.as_str())? {
            return Err(Error::NotFound("account"));
        }
        log(tx, "command", "role", &account.uri, role.as_str(), now)
    });
    written.await.map(|()| role)
}

fn log(tx: &Tx, source: &str, action: &str, whom: &str, reason: &str, at: Time) -> Result<()> {
    moderation::insert(
        tx,
        &Entry {
            at,
            source: source.to_owned(),
            action: action.to_owned(),
            direction: "local".to_owned(),
            actor_uri: whom.to_owned(),
            object_uri: None,
            reason: reason.to_owned(),
            excerpt: String::new(),
        },
    )
}

/// Refuses (403) when `account` is the only owner who can sign in: call it before whatever would end that.
pub fn keep_an_owner(db: &Connection, account: AccountId) -> Result<()> {
    let owners = users::usable_owners(db)?;
    if owners == [account] {
        return Err(Error::Forbidden("The last owner of this server cannot be removed".into()));
    }
    Ok(())
}

/// The role of a user.
pub fn of(user: &User) -> Role {
    Role::of(&user.role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::{local_account, test_app};

    #[test]
    fn each_role_may_what_the_one_below_may() {
        for (permission, lowest) in [
            (Permission::Administrator, Role::Owner),
            (Permission::Devops, Role::Owner),
            (Permission::Settings, Role::Admin),
            (Permission::Federation, Role::Admin),
            (Permission::DeleteUserData, Role::Admin),
            (Permission::Users, Role::Moderator),
            (Permission::Reports, Role::Moderator),
            (Permission::Appeals, Role::Moderator),
        ] {
            for role in Role::ALL {
                assert_eq!(role.may(permission), role >= lowest, "{role:?} {permission:?}");
            }
        }
        assert_eq!(Role::that_may(Permission::Users), ["moderator", "admin", "owner"]);
        assert_eq!((Role::of("emperor"), Role::by_id("2")), (Role::Member, Some(Role::Admin)));
    }

    #[tokio::test]
    async fn the_last_owner_stays() {
        let (_folder, app) = test_app();
        let alice = local_account(&app, "alice", "owner").await;
        local_account(&app, "bob", "member").await;
        let refused = set(&app, "alice", "member").await.expect_err("the only owner");
        assert!(matches!(refused, Error::Forbidden(_)));
        assert_eq!(set(&app, "@Bob", "owner").await.expect("promotes"), Role::Owner);
        assert_eq!(set(&app, "alice", "moderator").await.expect("demotes"), Role::Moderator);
        assert!(matches!(set(&app, "bob", "moderator").await, Err(Error::Forbidden(_))));
        assert!(matches!(set(&app, "nobody", "admin").await, Err(Error::NotFound(_))));
        assert!(matches!(set(&app, "alice", "emperor").await, Err(Error::Invalid { field: "role", .. })));
        let role =
            app.store.read(move |db| users::by_account(db, alice.id)).await.expect("reads").map(|user| user.role);
        assert_eq!(role.as_deref(), Some("moderator"));
    }
}
