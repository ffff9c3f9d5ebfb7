//! Accounts, relationships and preferences.

use std::collections::HashMap;

use super::emoji::Emojis;
use super::{Base, featured_tag};
use crate::actions::collection;
use crate::actions::role::Role;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::mastodon::entities;
use crate::store::accounts::{self, Account};
use crate::store::profile_shows::{self, Shows};
use crate::store::quote_policies::{self, Choice};
use crate::store::relationships::Relationship;
use crate::store::users::User;
use crate::store::{Connection, featured_tags, follows, users};
use crate::text::render as text;

/// How many follow requests are counted at most.
const REQUESTS: i64 = 40;

/// These accounts, in the same order.
pub fn accounts(db: &Connection, base: &Base, rows: &[Account]) -> Result<Vec<entities::Account>> {
    let uris: Vec<&str> = rows.iter().filter_map(|row| row.moved_to_uri.as_deref()).collect();
    let moved = if uris.is_empty() { Vec::new() } else { accounts::by_uris(db, &uris)? };
    let ids: Vec<_> = rows.iter().chain(&moved).map(|row| row.id).collect();
    let shows = profile_shows::among(db, &ids)?;
    let moved: HashMap<&str, &Account> = moved.iter().map(|row| (row.uri.as_str(), row)).collect();
    let named = rows.iter().chain(moved.values().copied());
    let emojis = named.flat_map(|row| texts(row).map(|text| (row.domain.as_deref(), text)));
    let emojis = Emojis::load(db, base, emojis)?;
    let local: Vec<AccountId> =
        rows.iter().chain(moved.values().copied()).filter(|row| row.is_local()).map(|row| row.id).collect();
    let staff = if local.is_empty() { Vec::new() } else { users::staff_among(db, &local)? };
    let staff: HashMap<AccountId, Role> = staff.into_iter().map(|(id, role)| (id, Role::of(&role))).collect();
    let beside = Beside { shows, staff, emojis };
    let with_moved = |row: &Account| {
        let target = row.moved_to_uri.as_deref().and_then(|uri| moved.get(uri));
        let target = target.map(|target| Box::new(account(base, target, &beside)));
        entities::Account { moved: target, ..account(base, row, &beside) }
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
        attribution_domains: profile_shows::of(db, row.id)?.attribution_domains,
        quote_policy: quote_policies::preferred(db, row.id)?.as_str(),
    };
    Ok(entities::CredentialAccount { account: one_account(db, base, row)?, source, role: role(Role::of(&user.role)) })
}

/// One's own profile, to be edited.
pub fn profile(db: &Connection, base: &Base, row: &Account) -> Result<entities::Profile> {
    let shows = profile_shows::of(db, row.id)?;
    let file = |file: &Option<String>| {
        file.as_ref().filter(|file| !file.is_empty()).map(|file| base.url(&format!("/media/{file}")))
    };
    let (avatar, header) = (file(&row.avatar_file), file(&row.header_file));
    let tags = featured_tags::of(db, row.id)?;
    Ok(entities::Profile {
        id: row.id,
        display_name: row.display_name.clone(),
        note: row.note_source.clone(),
        fields: row.fields.iter().map(|field| line(field, field.value.clone())).collect(),
        formatted_note: row.note.clone(),
        formatted_fields: row.fields.iter().map(|field| line(field, field_html(&field.value, true))).collect(),
        avatar_static: avatar.clone(),
        avatar,
        avatar_description: row.avatar_description.clone(),
        header_static: header.clone(),
        header,
        header_description: row.header_description.clone(),
        locked: row.locked,
        bot: row.is_bot(),
        hide_collections: row.hide_collections,
        discoverable: row.discoverable,
        indexable: row.indexable,
        show_media: shows.media,
        show_media_replies: shows.media_replies,
        show_featured: shows.featured,
        attribution_domains: shows.attribution_domains,
        featured_tags: tags.iter().map(|tag| featured_tag(base, tag)).collect(),
    })
}

/// What somebody may do here, as Mastodon's clients know it.
pub fn role(role: Role) -> entities::Role {
    entities::Role {
        id: role.id().into(),
        name: role.title().into(),
        color: String::new(),
        permissions: role.permissions().to_string(),
        highlighted: role != Role::Member,
        collection_limit: collection::COLLECTIONS as i64,
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
pub fn preferences(user: &User, quotes: Choice) -> entities::Preferences {
    entities::Preferences {
        visibility: user.default_visibility.as_str(),
        sensitive: user.default_sensitive,
        language: user.default_language.clone(),
        quote_policy: quotes.as_str(),
        expand_media: "default",
        expand_spoilers: false,
        autoplay_gifs: false,
    }
}

/// What is kept beside the rows of a page of accounts.
struct Beside {
    shows: HashMap<AccountId, Shows>,
    staff: HashMap<AccountId, Role>,
    emojis: Emojis,
}

/// Where custom emoji may stand.
fn texts(row: &Account) -> impl Iterator<Item = &str> {
    let fields = row.fields.iter().flat_map(|field| [field.name.as_str(), field.value.as_str()]);
    [row.display_name.as_str(), row.note.as_str()].into_iter().chain(fields)
}

fn account(base: &Base, row: &Account, beside: &Beside) -> entities::Account {
    let (shows, role, emojis) = (beside.shows.get(&row.id), beside.staff.get(&row.id).copied(), &beside.emojis);
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
        show_media: shows.is_none_or(|shows| shows.media),
        show_media_replies: shows.is_none_or(|shows| shows.media_replies),
        show_featured: shows.is_none_or(|shows| shows.featured),
        feature_approval: feature_approval(row),
        noindex: local.then_some(false),
        emojis: if gone { Vec::new() } else { emojis.of(row.domain.as_deref(), texts(row)) },
        roles: local.then(|| {
            let shown = role.filter(|_| !gone).map(|role| entities::AccountRole {
                id: role.id().into(),
                name: role.title().into(),
                color: String::new(),
            });
            shown.into_iter().collect()
        }),
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

/// Whether the account may be put into collections: local ones that want to be found. Others were never asked.
fn feature_approval(row: &Account) -> entities::FeatureApproval {
    let willing = row.is_local() && row.discoverable == Some(true);
    let automatic = if !willing {
        Vec::new()
    } else if row.locked {
        vec!["followers"]
    } else {
        vec!["public"]
    };
    let current_user = match (row.is_local(), willing) {
        (true, true) => "automatic",
        (true, false) => "denied",
        (false, _) => "missing",
    };
    entities::FeatureApproval { automatic, manual: Vec::new(), current_user }
}
