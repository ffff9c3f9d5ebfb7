//! Who signed in, for programs that only want to know that. Spec: OpenID Connect Core §5.3

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::UserInfo;
use crate::mastodon::error::Answer;

pub(super) async fn show(State(app): State<App>, auth: Auth) -> Answer<Json<UserInfo>> {
    auth.needs("profile")?;
    let account = &auth.account;
    let name = if account.display_name.is_empty() { &account.username } else { &account.display_name };
    let body = UserInfo {
        iss: app.config.url("/"),
        sub: account.uri.clone(),
        name: name.clone(),
        preferred_username: account.username.clone(),
        profile: account.url.clone(),
        picture: crate::actions::picture::avatar(&app.config, account),
    };
    Ok(Json(std::future::ready(body).await))
}
