//! What the people who run this server may do by the client API. A user token, a scope, and a role that allows it.
//!
//! Spec: https://docs.joinmastodon.org/methods/admin/

mod accounts;
mod acts;
mod appeals;
mod domains;
mod federation;
mod gates;
mod invites;
mod letters;
mod log;
mod numbers;
mod peers;
mod plugins;
mod remote_emojis;
mod reports;
mod reviews;
mod settings;
mod simulations;
mod statuses;
mod trends;

use axum::Router;
use serde::Serialize;

pub(super) use reports::rule_ids;

use super::auth::Auth;
use crate::actions::moderation::Staff;
use crate::actions::role::{Permission, Role};
use crate::app::App;
use crate::error::{Error, Result};

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(accounts::routes())
        .merge(acts::routes())
        .merge(appeals::routes())
        .merge(domains::routes())
        .merge(federation::routes())
        .merge(gates::routes())
        .merge(invites::routes())
        .merge(log::routes())
        .merge(numbers::routes())
        .merge(peers::routes())
        .merge(remote_emojis::routes())
        .merge(reports::routes())
        .merge(settings::routes())
        .merge(plugins::routes())
        .merge(simulations::routes())
        .merge(letters::routes())
        .merge(reviews::routes())
        .merge(statuses::routes())
        .merge(trends::routes())
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

impl Auth {
    /// Refuses (403) unless the token carries `scope` (or a parent of it) and the user's role allows `permission`.
    pub fn staff(&self, scope: &str, permission: Permission) -> Result<()> {
        self.staff_any(scope, &[permission])
    }

    /// Refuses (403) unless the token carries `scope` (or a parent of it) and the user's role allows one of these.
    pub fn staff_any(&self, scope: &str, permissions: &[Permission]) -> Result<()> {
        self.needs(scope)?;
        let role = self.role();
        if permissions.iter().any(|permission| role.may(*permission)) {
            return Ok(());
        }
        Err(Error::Forbidden("This action is not allowed".into()))
    }

    /// The user as a moderator at work. What they may do, [`Auth::staff`] has asked.
    pub fn as_staff(&self) -> Staff {
        Staff { account: self.account.clone(), role: self.role() }
    }

    /// The user's role on this server.
    pub fn role(&self) -> Role {
        Role::of(&self.user.role)
    }
}
