//! Bodies that go to a file instead of into memory: remote media.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::io::AsyncWriteExt;

use super::{Outbound, Request, Response, check_length, too_large, within};
use crate::activitypub::signature::Manner;
use crate::error::{Error, Result};

impl Outbound {
    /// Sends `request` and streams the body of a 2xx answer to a new file at `path`, at most `limit` bytes of it
    /// (`request.limit` does not count here). The answer comes back with an empty body. Nothing is left at `path` after
    /// an error, another status or a dropped call. Fails when `path` exists.
    pub async fn download(&self, request: Request, path: &Path, limit: u64) -> Result<Response> {
        let whole = async {
            let mut answer = self.follow(&request, &Manner::default()).await?;
            if !(200..300).contains(&answer.status) {
                return Ok(answer.with_body(Bytes::new()));
            }
            check_length(&answer, limit)?;
            let cannot = || Error::io(format!("cannot write {}", path.display()));
            let mut file =
                tokio::fs::OpenOptions::new().write(true).create_new(true).open(path).await.map_err(cannot())?;
            let partial = Partial(Some(path.to_owned()));
            let mut written = 0;
            while let Some(chunk) = answer.chunk().await? {
                written += chunk.len() as u64;
                if written > limit {
                    return Err(too_large(answer.host(), limit));
                }
                file.write_all(&chunk).await.map_err(cannot())?;
            }
            file.flush().await.map_err(cannot())?;
            partial.keep();
            Ok(answer.with_body(Bytes::new()))
        };
        within(&request, whole).await
    }
}

/// A file that goes away unless it is kept.
struct Partial(Option<PathBuf>);

impl Partial {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(path) = &self.0
            && let Err(why) = std::fs::remove_file(path)
        {
            tracing::warn!("cannot remove the partial file {}: {why}", path.display());
        }
    }
}
