//! Everybody, for moderators: lists with filters, one account.
//!
//! Spec: https://docs.joinmastodon.org/methods/admin/accounts/

use std::net::IpAddr;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;

use crate::actions::role::{Permission, Role};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::store::accounts::{self, Account};
use crate::store::admin_accounts::{self, Filter, Standing};
use crate::store::{Connection, user_ips};

pub(super) const READ: &str = "admin:read:accounts";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/accounts", get(list_v1))
        .route("/api/v2/admin/accounts", get(list_v2))
        .route("/api/v1/admin/accounts/{id}", get(show))
}

type Listed = Reply<Vec<entities::AdminAccount>>;

async fn list_v1(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Listed> {
    auth.staff(READ, Permission::Users)?;
    let flag = |name: &str| params.flag(name).unwrap_or(false);
    let local = match (flag("local"), flag("remote")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    };
    let words = ["active", "pending", "disabled", "silenced", "suspended", "sensitized"];
    let standing = words.into_iter().rfind(|word| flag(word)).and_then(standing);
    let roles = flag("staff").then(staff_roles);
    let filter = Filter { local, standing, roles, ..common(&params) };
    list(&app, filter, &uri, &params).await
}

async fn list_v2(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Listed> {
    auth.staff(READ, Permission::Users)?;
    let local = match params.text("origin").as_deref() {
        Some("local") => Some(true),
        Some("remote") => Some(false),
        _ => None,
    };
    let mut roles: Option<Vec<String>> = params
        .list("role_ids")
        .map(|ids| ids.iter().filter_map(|id| Role::by_id(id)).map(|role| role.as_str().to_owned()).collect());
    if params.text("permissions").as_deref() == Some("staff") {
        let staff = staff_roles();
        roles = Some(match roles {
            Some(asked) => asked.into_iter().filter(|role| staff.contains(role)).collect(),
            None => staff,
        });
    }
    let filter = Filter {
        local,
        standing: params.text("status").as_deref().and_then(standing),
        roles,
        invited_by: params.id("invited_by")?,
        ..common(&params)
    };
    list(&app, filter, &uri, &params).await
}

async fn show(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Reply<entities::AdminAccount>> {
    auth.staff(READ, Permission::Users)?;
    shown(&app, id).await
}

/// The account as it is now.
pub(super) async fn shown(app: &App, id: AccountId) -> Answer<Reply<entities::AdminAccount>> {
    let base = Base::new(app);
    let read = app.store.read(move |db| render::admin_account(db, &base, &known(db, id)?));
    Ok(Reply::own(read.await?))
}

/// Anybody but the server's own actor, also whoever was deleted.
pub(super) fn known(db: &Connection, id: AccountId) -> Result<Account> {
    let found = accounts::by_id(db, id)?.filter(|account| account.id != accounts::INSTANCE);
    found.ok_or(Error::NotFound("account"))
}

async fn list(app: &App, filter: Filter, uri: &Uri, params: &Params) -> Answer<Listed> {
    let page = paging::page(params, 100, 200)?;
    let wanted = params.text("ip").filter(|text| !text.trim().is_empty());
    let base = Base::new(app);
    let read = app.store.read(move |db| {
        let ips = wanted.map(|wanted| addresses(db, &wanted)).transpose()?;
        let rows = admin_accounts::list(db, &Filter { ips, ..filter }, &page)?;
        render::admin_accounts(db, &base, &rows)
    });
    let answer = read.await?;
    let cursors: Vec<i64> = answer.iter().map(|account| account.id.0).collect();
    let link = paging::link(&app.config.url(""), uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

fn common(params: &Params) -> Filter {
    let text = |name: &str| params.text(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Filter {
        username: text("username").map(|name| name.trim_start_matches('@').to_owned()),
        display_name: text("display_name"),
        domain: text("by_domain").map(|domain| domain.to_lowercase()),
        email: text("email"),
        ..Filter::default()
    }
}

fn standing(word: &str) -> Option<Standing> {
    Some(match word {
        "active" => Standing::Active,
        "pending" => Standing::Pending,
        "disabled" => Standing::Disabled,
        "silenced" => Standing::Silenced,
        "suspended" => Standing::Suspended,
        "sensitized" => Standing::Sensitized,
        _ => return None,
    })
}

fn staff_roles() -> Vec<String> {
    Role::that_may(Permission::Reports).into_iter().map(str::to_owned).collect()
}

/// The addresses that we know within an address or network such as `192.0.2.0/24`; what is neither has none.
fn addresses(db: &Connection, wanted: &str) -> Result<Vec<String>> {
    let Some((network, length)) = network(wanted.trim()) else { return Ok(Vec::new()) };
    let mut found = user_ips::all(db)?;
    found.retain(|ip| ip.parse().is_ok_and(|ip: IpAddr| bits(ip, length) == bits(network, length)));
    Ok(found)
}

fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(longest), |length| length.parse().ok().filter(|length| *length <= longest))?;
    Some((address, length))
}

/// The first `length` bits; addresses of different kinds never agree.
fn bits(ip: IpAddr, length: u32) -> (bool, u128) {
    let (value, width) = match ip {
        IpAddr::V4(ip) => (u128::from(u32::from(ip)), 32),
        IpAddr::V6(ip) => (u128::from(ip), 128),
    };
    (ip.is_ipv4(), value.checked_shr(width - length.min(width)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_cover_what_is_in_them() {
        for (wanted, ip, covers) in [
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("192.0.2.0/24", "192.0.2.200", true),
            ("192.0.2.0/24", "192.0.3.1", false),
            ("0.0.0.0/0", "192.0.3.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:1::9", true),
            ("::/0", "2001:db8:1::9", true),
        ] {
            let (network, length) = network(wanted).expect("a network");
            let ip: IpAddr = ip.parse().expect("an address");
            assert_eq!(bits(ip, length) == bits(network, length), covers, "{wanted} {ip}");
        }
        for wrong in ["", "192.0.2.0/33", "cat", "192.0.2.0/x", "::/129"] {
            assert_eq!(network(wrong), None, "{wrong}");
        }
    }
}
