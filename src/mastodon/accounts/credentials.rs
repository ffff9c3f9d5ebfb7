//! One's own account: what it is, changing it, and how one likes to post.

use axum::Router;
use axum::extract::State;
use axum::routing::{delete, get, patch};

use crate::actions::profile::{self, Changes};
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::error::{Error, Result};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::params::{Params, Upload};
use crate::mastodon::render::{self, Base};
use crate::mastodon::statuses::quote_policy;
use crate::store::accounts::Account;
use crate::store::quote_policies;
use crate::store::users::{self, User};

/// The largest profile picture, in bytes.
const PICTURE: u64 = 8_000_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts/verify_credentials", get(verify))
        .route("/api/v1/accounts/update_credentials", patch(update))
        .route("/api/v1/profile", get(show_profile).patch(update_profile).put(update_profile))
        .route("/api/v1/profile/avatar", delete(remove_avatar))
        .route("/api/v1/profile/header", delete(remove_header))
        .route("/api/v1/preferences", get(preferences))
}

async fn verify(State(app): State<App>, auth: Auth) -> Answer<Reply<entities::CredentialAccount>> {
    auth.needs_any(&["read:accounts", "profile"])?;
    shown(&app, auth).await
}

async fn update(State(app): State<App>, mut auth: Auth, params: Params) -> Answer<Reply<entities::CredentialAccount>> {
    auth.needs("write:accounts")?;
    let preferred = preferred(&params, &auth.user)?;
    let quotes = quote_policy(&params, "source[quote_policy]")?;
    edit(&app, &mut auth, &params).await?;
    if let Some(choice) = quotes {
        let me = auth.id();
        app.store.write(move |tx| quote_policies::prefer(tx, me, choice)).await?;
    }
    if preferred != auth.user {
        let user = preferred.clone();
        app.store.write(move |tx| users::set_preferences(tx, &user)).await?;
        auth.user = preferred;
    }
    shown(&app, auth).await
}

async fn show_profile(State(app): State<App>, auth: Auth) -> Answer<Reply<entities::Profile>> {
    auth.needs_any(&["read:accounts", "profile"])?;
    profile_of(&app, auth).await
}

async fn update_profile(State(app): State<App>, mut auth: Auth, params: Params) -> Answer<Reply<entities::Profile>> {
    auth.needs("write:accounts")?;
    edit(&app, &mut auth, &params).await?;
    profile_of(&app, auth).await
}

async fn profile_of(app: &App, auth: Auth) -> Answer<Reply<entities::Profile>> {
    let base = Base::new(app);
    Ok(Reply::own(app.store.read(move |db| render::profile(db, &base, &auth.account)).await?))
}

/// Changes what the request changes in the profile, pictures included.
async fn edit(app: &App, auth: &mut Auth, params: &Params) -> Result<()> {
    let mut changes = changes(params)?;
    let mut replaced = Vec::new();
    if let Some(file) = picture(params, "avatar")? {
        changes.avatar_file = Some(app.media.avatar(&file.path).await?);
        replaced.extend(auth.account.avatar_file.clone());
    }
    if let Some(file) = picture(params, "header")? {
        changes.header_file = Some(app.media.header(&file.path).await?);
        replaced.extend(auth.account.header_file.clone());
    }
    // Preferences are nobody else's business: the profile is announced only when it changes.
    if changes != Changes::default() {
        auth.account = change(app, auth, changes, replaced).await?;
    }
    Ok(())
}

async fn remove_avatar(State(app): State<App>, mut auth: Auth) -> Answer<Reply<entities::CredentialAccount>> {
    auth.needs("write:accounts")?;
    if let Some(file) = auth.account.avatar_file.clone() {
        let changes = Changes { avatar_file: Some(String::new()), ..Changes::default() };
        auth.account = change(&app, &auth, changes, vec![file]).await?;
    }
    shown(&app, auth).await
}

async fn remove_header(State(app): State<App>, mut auth: Auth) -> Answer<Reply<entities::CredentialAccount>> {
    auth.needs("write:accounts")?;
    if let Some(file) = auth.account.header_file.clone() {
        let changes = Changes { header_file: Some(String::new()), ..Changes::default() };
        auth.account = change(&app, &auth, changes, vec![file]).await?;
    }
    shown(&app, auth).await
}

/// Changes the profile and throws away the pictures that it no longer shows.
async fn change(app: &App, auth: &Auth, changes: Changes, replaced: Vec<String>) -> Result<Account> {
    let new = [changes.avatar_file.clone(), changes.header_file.clone()];
    match profile::update(app, &auth.account, changes).await {
        Ok(account) => {
            app.media.remove(replaced).await?;
            Ok(account)
        }
        Err(error) => {
            app.media.remove(new.into_iter().flatten().filter(|file| !file.is_empty()).collect()).await?;
            Err(error)
        }
    }
}

/// The uploaded picture `name`, if there is one.
fn picture<'p>(params: &'p Params, name: &'static str) -> Result<Option<&'p Upload>> {
    let file = params.file(name).filter(|file| file.size > 0);
    if file.is_some_and(|file| file.size > PICTURE) {
        return Err(Error::invalid(name, "is too large; profile pictures may have 8 MB"));
    }
    Ok(file)
}

async fn preferences(State(app): State<App>, auth: Auth) -> Answer<Reply<entities::Preferences>> {
    auth.needs("read:accounts")?;
    let me = auth.id();
    let quotes = app.store.read(move |db| quote_policies::preferred(db, me)).await?;
    Ok(Reply::own(render::preferences(&auth.user, quotes)))
}

async fn shown(app: &App, auth: Auth) -> Answer<Reply<entities::CredentialAccount>> {
    let base = Base::new(app);
    let read = app.store.read(move |db| render::credentials(db, &base, &auth.account, &auth.user));
    Ok(Reply::own(read.await?))
}

/// What the request changes in the profile, pictures excepted.
fn changes(params: &Params) -> Result<Changes> {
    Ok(Changes {
        display_name: params.text("display_name"),
        note: params.text("note"),
        avatar_file: None,
        avatar_description: params.text("avatar_description"),
        header_file: None,
        header_description: params.text("header_description"),
        locked: params.flag("locked"),
        bot: params.flag("bot"),
        discoverable: params.flag("discoverable"),
        hide_collections: params.flag("hide_collections"),
        indexable: params.flag("indexable"),
        fields: fields(params)?,
        show_media: params.flag("show_media"),
        show_media_replies: params.flag("show_media_replies"),
        show_featured: params.flag("show_featured"),
        attribution_domains: params.list("attribution_domains"),
    })
}

fn fields(params: &Params) -> Result<Option<Vec<(String, String)>>> {
    let Some(sets) = params.sets("fields_attributes") else { return Ok(None) };
    let read = |set: &Params, name: &str| set.text(name).unwrap_or_default().trim().to_owned();
    let mut fields: Vec<_> = sets.iter().map(|set| (read(set, "name"), read(set, "value"))).collect();
    fields.retain(|(name, value)| !name.is_empty() || !value.is_empty());
    if fields.iter().any(|(name, _)| name.is_empty()) {
        return Err(Error::invalid("fields_attributes", "need a name for each value"));
    }
    Ok(Some(fields))
}

/// The user with the preferences that the request's `source` changes.
fn preferred(params: &Params, user: &User) -> Result<User> {
    let mut user = user.clone();
    if let Some(privacy) = params.text("source[privacy]").filter(|text| !text.is_empty()) {
        user.default_visibility =
            Visibility::parse(&privacy).ok_or_else(|| Error::invalid("source[privacy]", "is not a visibility"))?;
    }
    if let Some(sensitive) = params.flag("source[sensitive]") {
        user.default_sensitive = sensitive;
    }
    if let Some(language) = params.text("source[language]") {
        user.default_language = Some(language).filter(|code| !code.is_empty());
        if user.default_language.as_deref().is_some_and(|code| !is_language(code)) {
            return Err(Error::invalid("source[language]", "is not a language code"));
        }
    }
    Ok(user)
}

/// Whether the text has the shape of a language tag such as `ja` or `zh-TW`.
fn is_language(code: &str) -> bool {
    let mut parts = code.split(['-', '_']);
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
