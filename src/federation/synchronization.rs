//! Which followers of somebody here live on the asker's server. Spec: FEP-8fcf, rule R11.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, Path, Request, State};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use super::verify::{self, Finding};
use crate::actions::border;
use crate::activitypub::{build, ids};
use crate::app::{App, ClientIp};
use crate::error::{Error, Result};
use crate::outbound::throttle::Throttle;
use crate::store::follow_syncs;

/// How long the asker waits while we fetch its key.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/users/{name}/followers_synchronization", get(answer))
        .layer(Extension(Arc::new(Throttle::default())))
}

async fn answer(
    State(app): State<App>,
    Extension(throttle): Extension<Arc<Throttle>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let source = parts.extensions.get::<ClientIp>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ip| ip.0);
    let listed = async {
        let presented = super::verify::presented(&app, &parts.method, &parts.uri, &parts.headers, b"")?;
        match verify::signer(&app, &presented, &throttle, &source.to_string(), PATIENCE).await? {
            Finding::Proven(signer) => list(&app, name, signer).await,
            Finding::Unproven(why) => Err(Error::Unauthorized(why.into())),
        }
    };
    let mut response = super::document(listed.await);
    // What one server is told is no other's business.
    response.headers_mut().insert("cache-control", axum::http::HeaderValue::from_static("private, no-store"));
    response
}

async fn list(app: &App, name: String, signer: String) -> Result<Value> {
    app.store
        .read(move |db| {
            if border::standing_of(db, &signer)?.barred {
                return Err(Error::Forbidden("this server is blocked here".into()));
            }
            let account = super::actor::local(db, &name)?;
            let origin = url::Url::parse(&signer).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
            let people = follow_syncs::followers_on(db, account.id, &origin)?;
            let people = people.into_iter().map(Value::String).collect();
            Ok(build::ordered_collection_of(&ids::followers_synchronization(&account.uri), people))
        })
        .await
}
