//! Accounts, relationships and preferences.

use std::collections::HashMap;

use super::Base;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::mastodon::entities;
use crate::store::accounts::{self, Account};
use crate::store::relationships::Relationship;
use crate::store::users::User;
use crate::store::{Connection, follows};
use crate::text::render as text;

/// How many follow requests are counted at most.
const REQUESTS: i64 = 40;

/// These accounts, in the same order.
pub fn accounts(db: &Connection, base: &Base, rows: &[Account]) -> Result<Vec<entities::Account>> {
    let uris: Vec<&str> = rows.iter().filter_map(|row| row.moved_to_uri.as_deref()).collect();
    let moved = if uris.is_empty() { Vec::new() } else { accounts::by_uris(db, &uris)? };
    let moved: HashMap<&str, &Account> = moved.iter().map(|row| (row.uri.as_str(), row)).collect();
    let with_moved = |row: &Account| {
        let target = row.moved_to_uri.as_deref().and_then(|uri| moved.get(uri));
        entities::Account { moved: target.map(|target| Box::new(account(base, target))), ..account(base, row) }
    };
    Ok(rows.iter().map(with_moved).collect())
}

/// One account.
pub fn one_account(db: &Connection, base: &Base, row: &Account) -> Result<entities::Account> {
    accounts(db, base, std::slice::from_ref(row))?.pop().ok_or_else(|| Error::Bug("an account was not rendered".into()))
}

/// Muted accounts with the end of each mute.
pub fn muted_accounts(
    db: &Connection,
    base: &Base,
    rows: &[(Account, Option<Time>)],
) -> Result<Vec<entities::MutedAccount>> {
    let (plain, ends): (Vec<Account>, Vec<Option<Time>>) = rows.iter().cloned().unzip();
    let with_end =
        |(account, end): (_, Option<Time>)| entities::MutedAccount { account, mute_expires_at: end.map(Time::rfc3339) };
    Ok(accounts(db, base, &plain)?.into_iter().zip(ends).map(with_end).collect())
}

/// One's own account, with what was typed and preferred.
pub fn credentials(db: &Connection, base: &Base, row: &Account, user: &User) -> Result<entities::CredentialAccount> {
    let source = entities::Source {
        privacy: user.default_visibility.as_str(),
        sensitive: user.default_sensitive,
        language: user.default_language.clone(),
        note: row.note_source.clone(),
        fields: row.fields.iter().map(|field| line(field, field.value.clone())).collect(),
        follow_requests_count: follows::count_requests(db, row.id, REQUESTS)?,
        hide_collections: row.hide_collections,
        discoverable: row.discoverable,
        indexable: row.indexable,
        attribution_domains: Vec::new(),
        quote_policy: "nobody",
    };
    Ok(entities::CredentialAccount { account: one_account(db, base, row)?, source, role: role(&user.role) })
}

/// What the role called `name` means to Mastodon's clients. Spec: the bits of the entity Role.
pub fn role(name: &str) -> entities::Role {
    // Administrator; or dashboard, reports, blocks, taxonomies, appeals, users and announcements; or nothing.
    let (id, title, permissions): (&str, &str, u32) = match name {
        "owner" => ("3", "Owner", 1),
        "admin" => ("2", "Admin", 1),
        "moderator" => ("1", "Moderator", 1 << 3 | 1 << 4 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 13),
        _ => ("-99", "", 0),
    };
    entities::Role {
        id: id.into(),
        name: title.into(),
        color: String::new(),
        permissions: permissions.to_string(),
        highlighted: false,
        collection_limit: 0,
    }
}

/// How one stands to an account.
pub fn relationship(row: Relationship) -> entities::Relationship {
    entities::Relationship {
        id: row.id,
        following: row.following,
        showing_reblogs: row.showing_reblogs,
        notifying: row.notifying,
        languages: row.languages,
        followed_by: row.followed_by,
        blocking: row.blocking,
        blocked_by: row.blocked_by,
        muting: row.muting,
        muting_notifications: row.muting_notifications,
        muting_expires_at: row.muting_expires_at.map(Time::rfc3339),
        requested: row.requested,
        requested_by: row.requested_by,
        domain_blocking: row.domain_blocking,
        endorsed: row.endorsed,
        note: row.note,
    }
}

/// How one likes to post and read.
pub fn preferences(user: &User) -> entities::Preferences {
    entities::Preferences {
        visibility: user.default_visibility.as_str(),
        sensitive: user.default_sensitive,
        language: user.default_language.clone(),
        quote_policy: "nobody",
        expand_media: "default",
        expand_spoilers: false,
        autoplay_gifs: false,
    }
}

fn account(base: &Base, row: &Account) -> entities::Account {
    let local = row.is_local();
    // Of suspended and deleted people only the handle is left.
    let gone = row.suspended_at.is_some() || row.deleted_at.is_some();
    let shown = |text: &str| if gone { String::new() } else { text.to_owned() };
    let avatar = picture(base, row, gone, "avatar", &row.avatar_file, &row.avatar_remote_url);
    let header = picture(base, row, gone, "header", &row.header_file, &row.header_remote_url);
    entities::Account {
        id: row.id,
        username: row.username.clone(),
        acct: row.acct(),
        display_name: shown(&row.display_name),
        locked: row.locked && !gone,
        bot: row.is_bot() && !gone,
        discoverable: if gone { Some(false) } else { row.discoverable },
        indexable: row.indexable && !gone,
        group: row.kind == "Group",
        created_at: row.created_at.midnight().rfc3339(),
        note: shown(&row.note),
        url: row.url.clone(),
        uri: row.uri.clone(),
        avatar_static: avatar.clone(),
        avatar,
        avatar_description: shown(&row.avatar_description),
        header_static: header.clone(),
        header,
        header_description: shown(&row.header_description),
        followers_count: row.followers_count,
        following_count: row.following_count,
        statuses_count: row.statuses_count,
        last_status_at: row.last_status_at.map(Time::date),
        hide_collections: row.hide_collections,
        show_media: true,
        show_media_replies: true,
        show_featured: true,
        feature_approval: entities::FeatureApproval {
            automatic: Vec::new(),
            manual: Vec::new(),
            current_user: if local { "denied" } else { "missing" },
        },
        noindex: local.then_some(false),
        emojis: Vec::new(),
        roles: local.then(Vec::new),
        fields: if gone {
            Vec::new()
        } else {
            row.fields.iter().map(|field| line(field, field_html(&field.value, local))).collect()
        },
        moved: None,
        memorial: row.memorial.then_some(true),
        suspended: gone.then_some(true),
        limited: row.silenced_at.map(|_| true),
    }
}

fn picture(
    base: &Base,
    row: &Account,
    gone: bool,
    what: &str,
    file: &Option<String>,
    remote: &Option<String>,
) -> String {
    match (file, remote) {
        _ if gone => base.url(&format!("/static/{what}.png")),
        (Some(file), _) if !file.is_empty() => base.url(&format!("/media/{file}")),
        (_, Some(_)) if !row.is_local() => base.url(&format!("/media/{what}/{}", row.id)),
        _ => base.url(&format!("/static/{what}.png")),
    }
}

fn line(field: &accounts::Field, value: String) -> entities::Field {
    entities::Field { name: field.name.clone(), value, verified_at: field.verified_at.map(Time::rfc3339) }
}

/// The HTML of a field's value. Remote values are clean HTML already, local ones are stored as they were typed.
fn field_html(value: &str, local: bool) -> String {
    if local { text::field(value) } else { value.to_owned() }
}
