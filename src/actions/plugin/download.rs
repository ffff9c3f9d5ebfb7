//! What admins fetch by an address: plugins, lists of plugins, lists of words.

use std::time::Duration;

use bytes::Bytes;
use url::Url;

use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::outbound::Request;

/// The bytes at `url`, at most `limit`. Whatever is wrong with that address is a mistake in the `field` that named it.
pub(super) async fn download(
    app: &App,
    (field, url): (&'static str, &str),
    accept: &'static str,
    limit: usize,
    deadline: Duration,
) -> Result<Bytes> {
    let url = Url::parse(url).map_err(|why| Error::invalid(field, format!("is no address: {why}")))?;
    let request = Request {
        method: "GET",
        url,
        accept,
        body: None,
        headers: Vec::new(),
        signed: None,
        redirects: 3,
        limit,
        deadline,
    };
    let answer = app.outbound.send(request).await.map_err(|error| error.named_in(field))?;
    if answer.status != 200 {
        let fault = Fault::Status { code: answer.status, retry_after: None };
        return Err(Error::peer(answer.url.host_str().unwrap_or_default(), fault).named_in(field));
    }
    Ok(answer.body)
}
