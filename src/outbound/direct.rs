//! A client for one address that the operator named in the configuration: files go there and come back as streams.
//!
//! Private networks, any port and plain http are fine, because nobody else has a say in where it leads: whatever is
//! asked of it must have the configured origin, and redirects are not followed.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, RANGE};
use tokio::io::AsyncReadExt;
use url::Url;

use super::transport;
use crate::error::{Error, Fault, Result};

const CONNECT: Duration = Duration::from_secs(5);
/// Between two pieces of an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// For a whole upload.
const UPLOAD: Duration = Duration::from_secs(300);
/// How much of a file is read at a time.
const PIECE: usize = 64 << 10;

/// The client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Direct {
    client: reqwest::Client,
    home: Url,
}

/// An answer whose body is still on its way.
pub struct Streamed {
    /// The status code.
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, piece by piece.
    pub body: BoxStream<'static, std::io::Result<Bytes>>,
}

impl Direct {
    /// A client for the origin of `home`.
    pub fn new(home: &Url) -> Result<Self> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(transport::tls()?)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .build()
            .map_err(|why| Error::Bug(format!("the client for {home} cannot be built: {why}")))?;
        Ok(Self { client, home: home.clone() })
    }

    /// Uploads the file at `path`; an error unless the answer is 2xx.
    pub async fn put(&self, url: Url, kind: &'static str, path: &Path) -> Result<()> {
        let failed = || Error::io("cannot read a file that is to be stored");
        let file = tokio::fs::File::open(path).await.map_err(failed())?;
        let length = file.metadata().await.map_err(failed())?.len();
        let pieces = futures_util::stream::try_unfold(file, |mut file| async move {
            let mut piece = vec![0; PIECE];
            let read = file.read(&mut piece).await?;
            piece.truncate(read);
            std::io::Result::Ok((read > 0).then(|| (Bytes::from(piece), file)))
        });
        let request = self
            .client
            .put(self.checked(url)?)
            .header(CONTENT_TYPE, kind)
            .header(CONTENT_LENGTH, length)
            .timeout(UPLOAD)
            .body(reqwest::Body::wrap_stream(pieces));
        self.succeed(request).await
    }

    /// Deletes; that nothing is there is fine.
    pub async fn delete(&self, url: Url) -> Result<()> {
        match self.succeed(self.client.delete(self.checked(url)?)).await {
            Err(Error::Peer { fault: Fault::Status { code: 404, .. }, .. }) => Ok(()),
            answer => answer,
        }
    }

    /// Reads, only `range` of it if given (as the header says it).
    pub async fn get(&self, url: Url, range: Option<&str>) -> Result<Streamed> {
        let mut request = self.client.get(self.checked(url)?);
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        let answer = request.send().await.map_err(|why| self.unreachable(&why))?;
        let headers = answer.headers().iter();
        let headers = headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        Ok(Streamed {
            status: answer.status().as_u16(),
            headers: headers.collect(),
            body: answer.bytes_stream().map_err(std::io::Error::other).boxed(),
        })
    }

    async fn succeed(&self, request: reqwest::RequestBuilder) -> Result<()> {
        let answer = request.send().await.map_err(|why| self.unreachable(&why))?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            code => Err(self.fault(Fault::Status { code, retry_after: None })),
        }
    }

    fn checked(&self, url: Url) -> Result<Url> {
        if url.origin() == self.home.origin() {
            return Ok(url);
        }
        Err(Error::Bug(format!("{url} is not below {}", self.home)))
    }

    fn unreachable(&self, why: &reqwest::Error) -> Error {
        self.fault(Fault::Unreachable(transport::chain(why)))
    }

    fn fault(&self, fault: Fault) -> Error {
        Error::peer(self.home.host_str().unwrap_or_default(), fault)
    }
}

impl Streamed {
    /// The value of `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Streamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Streamed({})", self.status)
    }
}
