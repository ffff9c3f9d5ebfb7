//! Files in a bucket of an S3-compatible store instead of the data folder. Requests are signed here and sent by our own
//! HTTP client.
//!
//! Spec: AWS Signature Version 4 in the query string,
//! https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusty_s3::actions::{DeleteObject, GetObject, PutObject};
use rusty_s3::{Credentials, S3Action, UrlStyle};
use url::Url;

use crate::clock::Clock;
use crate::config;
use crate::error::{Error, Result};
use crate::outbound::direct::{Direct, Streamed};

/// How long a signed address is good for; it is used at once.
const SIGNED: Duration = Duration::from_secs(600);

/// The bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
    public: Option<Url>,
    client: Direct,
    clock: Clock,
}

impl Bucket {
    pub fn open(config: config::Bucket, clock: Clock) -> Result<Self> {
        let client = Direct::new(&config.endpoint)?;
        let bucket = rusty_s3::Bucket::new(config.endpoint, UrlStyle::Path, config.name, config.region)
            .map_err(|why| Error::invalid("s3_endpoint", format!("cannot be used: {why}")))?;
        let credentials = Credentials::new(config.key, config.secret);
        // An address without a slash at its end would lose its last part when names are put behind it.
        let public = config.public_url.map(|mut url| {
            if !url.path().ends_with('/') {
                url.set_path(&format!("{}/", url.path()));
            }
            url
        });
        Ok(Self { bucket, credentials, public, client, clock })
    }

    pub async fn put(&self, name: &str, kind: &'static str, path: &Path) -> Result<()> {
        let url = self.signed(&PutObject::new(&self.bucket, Some(&self.credentials), name))?;
        self.client.put(url, kind, path).await
    }

    pub async fn get(&self, name: &str, range: Option<&str>) -> Result<Streamed> {
        let url = self.signed(&GetObject::new(&self.bucket, Some(&self.credentials), name))?;
        self.client.get(url, range).await
    }

    pub async fn delete(&self, name: &str) -> Result<()> {
        let url = self.signed(&DeleteObject::new(&self.bucket, Some(&self.credentials), name))?;
        self.client.delete(url).await
    }

    /// Where anybody may read the file, if the operator says so.
    pub fn public(&self, name: &str) -> Option<Url> {
        self.public.as_ref()?.join(name).ok()
    }

    fn signed<'a>(&self, action: &impl S3Action<'a>) -> Result<Url> {
        let now = Timestamp::from_millisecond(self.clock.now().0).map_err(|why| Error::Bug(why.to_string()))?;
        Ok(action.sign_with_time(SIGNED, &now))
    }
}
