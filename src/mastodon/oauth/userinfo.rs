//! Who signed in, for programs that only want to know that. Spec: OpenID Connect Core §5.3

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::mastodon::auth::Auth;
use crate::mastodon::error::Answer;

pub(super) async fn show(State(app): State<App>, auth: Auth) -> Answer<Json<Value>> {
    auth.needs("profile")?;
    let account = &auth.account;
    let name = if account.display_name.is_empty() { &account.username } else { &account.display_name };
    let body = json!({
        "iss": app.config.url("/"),
        "sub": account.uri,
        "name": name,
        "preferred_username": account.username,
        "profile": account.url,
        "picture": crate::actions::picture::avatar(&app.config, account),
    });
    Ok(Json(std::future::ready(body).await))
}
