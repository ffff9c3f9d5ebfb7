//! One signed GET of a document, with as many knocks as it takes. Spec: rules S5, S8, S9, F4, F5, F11

use url::Url;

use super::{DEADLINE, LIMIT};
use crate::actions::border;
use crate::activitypub::read;
use crate::activitypub::signature::{Manner, Scheme, Wish};
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::outbound::fetches::Found;
use crate::outbound::{Request, Response};
use crate::store::peers;

/// What we ask for. Rule F4.
const ACCEPT: &str =
    r#"application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams""#;
/// Signed tries of one GET. Rule S8.
const KNOCKS: usize = 3;

/// The document at `url`, and the address that answered. Whoever wants the same meanwhile gets the same answer; what
/// could not be had lately is not asked for again.
pub(super) async fn get(app: &App, url: &Url) -> Result<Found> {
    border::permit(app, url).await?;
    app.fetches.check(url, app.clock.now())?;
    app.fetches
        .once(url, async {
            let result = knock(app, url).await;
            app.fetches.learn(url, &result, app.clock.now());
            result
        })
        .await
}

/// A way to sign.
type Way = (Scheme, Manner);

async fn knock(app: &App, url: &Url) -> Result<Found> {
    let origin = url.origin().ascii_serialization();
    let asked = origin.clone();
    let (signer, known) = (app.instance_signer().await?, app.store.read(move |db| peers::speaks(db, &asked)).await?);
    let now = app.clock.now();
    let first = known.first_get(now);
    let mut tried: Vec<Way> = Vec::new();
    let mut next: Option<Way> = Some((first, Manner::default()));
    let mut last = Error::Bug("a knock always answers".into());
    while let Some((scheme, manner)) = next.take() {
        let request = Request {
            method: "GET",
            url: url.clone(),
            accept: ACCEPT,
            body: None,
            headers: Vec::new(),
            signed: Some((signer.clone(), scheme)),
            redirects: 3,
            limit: LIMIT,
            deadline: DEADLINE,
        };
        let response = app.outbound.send_in_manner(request, &manner).await?;
        if response.status == 200 {
            let found = accepted(&response)?;
            // The first way proves nothing: most servers do not look at signatures of a GET.
            if !tried.is_empty() && !manner.without_query {
                app.store.write(move |tx| peers::understands(tx, &origin, scheme, now)).await?;
            }
            return Ok(found);
        }
        let retry_after = response.retry_after(app.clock.now());
        last = Error::peer(url.host_str().unwrap_or_default(), Fault::Status { code: response.status, retry_after });
        tried.push((scheme, manner));
        next = another_way(url, &response, &tried);
    }
    Err(last)
}

/// How to sign after `tried` was answered by `response`; `None`: that was all.
fn another_way(url: &Url, response: &Response, tried: &[Way]) -> Option<Way> {
    if tried.len() >= KNOCKS || !matches!(response.status, 400 | 401 | 403) {
        return None;
    }
    let new = |way: &Way| !tried.contains(way);
    // What the server itself says that it wants comes first. Spec: RFC 9421 §5.1
    let wish = response.header("accept-signature").and_then(Wish::read);
    let wished = wish.map(|wish| (Scheme::Rfc9421, Manner { wish: Some(wish), ..Manner::default() }));
    let without_query = (url.query().is_some() && response.status != 400)
        .then(|| (Scheme::Cavage, Manner { without_query: true, ..Manner::default() }));
    let other = [Scheme::Rfc9421, Scheme::Cavage].map(|scheme| (scheme, Manner::default()));
    wished.into_iter().chain(without_query).chain(other).find(new)
}

/// Only what says that it is ActivityStreams, by type and by context, is a document. Rule F5
fn accepted(response: &Response) -> Result<Found> {
    let nonsense = || {
        let host = response.url.host_str().unwrap_or_default();
        Error::peer(host, Fault::Nonsense("not an ActivityStreams document".into()))
    };
    if !response.is_activity_json() {
        return Err(nonsense());
    }
    let document = read::parse_document(&response.body)?;
    if !read::has_context(&document) {
        return Err(nonsense());
    }
    let mut answered = response.url.clone();
    answered.set_fragment(None);
    Ok((document, answered))
}
