//! Who may not even look: addresses that the operator shut out get 403 and nothing else.
//!
//! The list is read again after a few seconds, not at every request.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use crate::actions::gate;
use crate::app::{App, ClientIp};
use crate::clock::Time;
use crate::config::Network;

/// How old the list may be.
const AGE: Duration = Duration::from_secs(10);

/// The networks that are shut out, and when they were read.
#[derive(Debug, Default)]
pub(super) struct Shut(Mutex<Option<(Time, Arc<Vec<Network>>)>>);

/// Lets a request through, unless its address is shut out. When the list cannot be read, everybody may come in.
pub(super) async fn out(State((app, shut)): State<(App, Arc<Shut>)>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientIp>().map(|ip| ip.0);
    if let Some(address) = address
        && networks(&app, &shut).await.iter().any(|network| network.contains(address))
    {
        return super::bare(StatusCode::FORBIDDEN);
    }
    next.run(request).await
}

async fn networks(app: &App, shut: &Shut) -> Arc<Vec<Network>> {
    let now = app.clock.now();
    let kept = shut.0.lock().expect("no holder panics").clone();
    if let Some((_, networks)) = kept.as_ref().filter(|(at, _)| now.since(*at) < AGE) {
        return networks.clone();
    }
    match app.store.read(move |db| gate::shut_out(db, now)).await {
        Ok(networks) => {
            let networks = Arc::new(networks);
            *shut.0.lock().expect("no holder panics") = Some((now, networks.clone()));
            networks
        }
        Err(error) => {
            tracing::error!(%error, "the addresses that are shut out cannot be read");
            kept.map(|(_, networks)| networks).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;
    use crate::actions::gate::Changes;
    use crate::store::ip_blocks::Severity;
    use crate::testing;

    #[tokio::test]
    async fn who_is_shut_out_gets_403_and_others_are_served() {
        let (_folder, app) = testing::app();
        let shut = Arc::<Shut>::default();
        let layer = axum::middleware::from_fn_with_state((app.clone(), shut), out);
        let router = Router::new().route("/", get(async || "hello")).layer(layer);
        let ask = async |from: &str| {
            let mut request = Request::get("/").body(Body::empty()).expect("a request");
            request.extensions_mut().insert(ClientIp(from.parse().expect("an address")));
            router.clone().oneshot(request).await.expect("answers").status().as_u16()
        };
        assert_eq!(ask("192.0.2.7").await, 200);
        let changes =
            Changes { ip: Some("192.0.2.0/24".into()), severity: Some(Severity::NoAccess), ..Changes::default() };
        gate::put_ip(&app, None, changes).await.expect("blocks");
        app.clock.advance(AGE);
        for (from, code) in [("192.0.2.7", 403), ("::ffff:192.0.2.7", 403), ("198.51.100.7", 200)] {
            assert_eq!(ask(from).await, code, "{from}");
        }
    }
}
