//! The only HTTP client: address guard, size and time limits, signed GET and POST.

use std::time::Duration;

use bytes::Bytes;

use crate::activitypub::signature::{PrivateKey, Scheme};
use crate::error::Result;

/// Who signs a request.
#[derive(Clone, Debug)]
pub struct Signer {
    /// `<actor id>#main-key`.
    pub key_id: String,
    /// The private half.
    pub key: PrivateKey,
}

/// The HTTP client of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbound;

/// One request to another server.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where to.
    pub url: url::Url,
    /// The `Accept` header.
    pub accept: &'static str,
    /// For POST: content type and body.
    pub body: Option<(&'static str, Bytes)>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// Signs every hop anew.
    pub signed: Option<(Signer, Scheme)>,
    /// Hops followed; POST is never redirected.
    pub redirects: u8,
    /// The largest body, after decoding, in bytes.
    pub limit: usize,
    /// For the whole exchange.
    pub deadline: Duration,
}

/// What came back, whole.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code; also 4xx and 5xx are answers.
    pub status: u16,
    /// The address that answered, after redirects.
    pub url: url::Url,
    /// Header names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The decoded body.
    pub body: Bytes,
}

impl Outbound {
    /// Sends `request`; an error means that no complete answer came.
    pub async fn send(&self, _request: Request) -> Result<Response> {
        std::future::ready(Err(crate::error::Error::Bug("being built".into()))).await
    }
}
