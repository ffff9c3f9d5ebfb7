//! Single requests for plugins: one hop, no redirects, a body that is cut at its limit. Where it may go, the caller decided;
//! the guard decides again.

use std::net::IpAddr;

use bytes::Bytes;
use url::Url;

use super::guard;
use super::transport::{Hop, Transport};
use super::{Outbound, Response};
use crate::activitypub::signature;
use crate::error::{Error, Fault, Result};

/// One request.
#[derive(Debug, Clone)]
pub struct Ask {
    /// `GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// Where to.
    pub url: Url,
    /// Checked by the caller; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Empty: none.
    pub body: Bytes,
    /// Bytes of the answer that are read.
    pub limit: usize,
    /// The operator granted this very address in the local network.
    pub lan: bool,
}

impl Outbound {
    /// Sends it; the answer, and whether there was more of it. The caller sets the deadline.
    pub async fn ask(&self, ask: Ask) -> Result<(Response, bool)> {
        let mut url = ask.url;
        url.set_fragment(None);
        if ask.lan {
            if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
                return Err(Error::peer(
                    url.host_str().unwrap_or_default(),
                    Fault::Refused("only http and https are spoken".into()),
                ));
            }
        } else {
            guard::check_url(&url, self.0.options.development)?;
        }
        let mut headers = vec![("host".to_owned(), signature::authority(&url)?)];
        headers.push(("user-agent".into(), self.0.options.user_agent.clone()));
        headers.extend(ask.headers);
        let hop = Hop { method: ask.method, url, headers, body: ask.body };
        let mut answer = if ask.lan { &self.0.services } else { &self.0.transport }.send(hop).await?;
        let mut body = Vec::new();
        let mut truncated = false;
        while let Some(chunk) = answer.chunk().await? {
            let room = ask.limit - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                truncated = true;
                break;
            }
        }
        Ok((answer.with_body(body.into()), truncated))
    }

    /// The addresses of a name, whatever they are: nobody connects to them.
    pub async fn lookup(&self, name: String) -> Result<Vec<IpAddr>> {
        if matches!(self.0.transport, Transport::Fake(_)) {
            return Ok(Vec::new());
        }
        match guard::system_lookup()(name).await {
            Ok(found) => Ok(found.into_iter().map(|address| address.ip()).collect()),
            // The system does not tell "there is none" from "nobody answers".
            Err(_) => Ok(Vec::new()),
        }
    }
}
