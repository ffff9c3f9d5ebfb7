//! Other servers' media: fetched when somebody first looks, cleaned like our own, kept within a budget of bytes.
//!
//! Clients never learn a remote address from us, and remote servers never learn our clients' addresses. One fetch per
//! address at a time; what failed is not asked for again for a while. Spec: rules F1, F9, F11 of our interop notes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::files::Temporary;
use super::picture::Make;
use super::probe::Kind;
use super::{Media, Place, blocking, files, probe, reel};
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::outbound::{self, Outbound};
use crate::store::media_cache::{self, Cached};
use crate::store::{Store, Tx};

/// What all cached files together may occupy, in bytes.
pub const BUDGET: i64 = 5_000_000_000;
/// The largest file that is fetched, in bytes.
const LARGEST: u64 = 100_000_000;
/// For the whole fetch.
const DEADLINE: Duration = Duration::from_secs(180);
/// So many files are fetched at once.
const FETCHES: usize = 8;
/// So many failures are remembered.
const FAILURES: usize = 10_000;
/// How exactly we know when a file was last looked at: each note is a write.
const TOUCHED: Duration = Duration::from_secs(3600);

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a remote file is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// An attachment in full size.
    Original,
    /// The preview of a picture.
    Small,
    /// A profile picture.
    Avatar,
    /// A profile's header.
    Header,
}

impl Purpose {
    fn key(self, url: &str) -> String {
        let prefix = match self {
            Self::Original => "",
            Self::Small => "small:",
            Self::Avatar => "avatar:",
            Self::Header => "header:",
        };
        format!("{prefix}{url}")
    }
}

/// What the cache knows while the server runs.
#[derive(Debug)]
pub(super) struct State {
    flights: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    failures: Mutex<HashMap<String, Failure>>,
    fetches: Semaphore,
}

#[derive(Debug, Clone, Copy)]
struct Failure {
    until: Time,
    waits: Duration,
}

impl Default for State {
    fn default() -> Self {
        Self { flights: Mutex::default(), failures: Mutex::default(), fetches: Semaphore::new(FETCHES) }
    }
}

/// What a remote file is fetched and noted with.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    /// Where the cache is noted.
    pub store: &'a Store,
    /// What files are fetched with.
    pub outbound: &'a Outbound,
    /// The present moment.
    pub now: Time,
}

impl Media {
    /// The name of our copy of the remote file `url`, fetched if need be. [`Error::NotFound`] when it cannot be had, is
    /// of no safe kind, or failed a while ago.
    pub async fn remote(&self, means: Means<'_>, purpose: Purpose, url: &str) -> Result<String> {
        let key = purpose.key(url);
        if let Some(name) = self.cached(means, &key).await? {
            return Ok(name);
        }
        let flight = self.flight(url);
        let _first = flight.lock().await;
        // Whoever waited finds what the first one brought.
        if let Some(name) = self.cached(means, &key).await? {
            return Ok(name);
        }
        self.not_failed_lately(&key, means.now)?;
        let _turn = self.0.cache.fetches.acquire().await.map_err(|_| Error::Bug("the fetch queue closed".into()))?;
        match self.fetch(means, purpose, url).await {
            Ok(Some(name)) => Ok(name),
            Ok(None) => {
                self.remember(&key, None, means.now);
                Err(Error::NotFound("file"))
            }
            // Our own disk or database is no fault of theirs.
            Err(error @ (Error::Io { .. } | Error::Store(_) | Error::Bug(_))) => Err(error),
            Err(error) => {
                tracing::debug!(%url, %error, "a remote file cannot be had");
                self.remember(&key, Some(&error), means.now);
                Err(Error::NotFound("file"))
            }
        }
    }

    /// Lets go what was not looked at for longest, until the cache fits into `budget` bytes; answers how many files went.
    pub async fn evict(&self, store: &Store, budget: i64) -> Result<usize> {
        let mut gone = 0;
        loop {
            let files = store
                .write(move |tx| match media_cache::total(tx)? - budget {
                    excess if excess > 0 => media_cache::evict(tx, excess),
                    _ => Ok(Vec::new()),
                })
                .await?;
            if files.is_empty() {
                return Ok(gone);
            }
            gone += files.len();
            self.remove(files).await?;
        }
    }

    async fn cached(&self, means: Means<'_>, key: &str) -> Result<Option<String>> {
        let asked = key.to_owned();
        let Some(cached) = means.store.read(move |db| media_cache::by_url(db, &asked)).await? else {
            return Ok(None);
        };
        // A bucket is believed: asking it each time would cost more than a missing picture.
        if let Place::Here(path) = self.locate(&cached.file)?.0
            && !tokio::fs::try_exists(path).await.unwrap_or(false)
        {
            return Ok(None);
        }
        if means.now.since(cached.used_at) > TOUCHED {
            let (key, now) = (cached.url, means.now);
            means.store.write(move |tx| media_cache::touch(tx, &key, now)).await?;
        }
        Ok(Some(cached.file))
    }

    /// Fetches, cleans and notes; `None` when the file exists but has nothing for this purpose.
    async fn fetch(&self, means: Means<'_>, purpose: Purpose, url: &str) -> Result<Option<String>> {
        let fetched = self.0.files.temporary();
        download(means, url, &fetched.0).await?;
        let path = fetched.0.clone();
        let head = blocking(move || files::head(&path)).await?;
        let make = match purpose {
            Purpose::Original | Purpose::Small if matches!(probe::upload(&head)?, Kind::Reel(_)) => {
                return self.film(means, purpose, url, fetched, probe::sniff(&head)).await;
            }
            Purpose::Original | Purpose::Small => Make::Attachment,
            Purpose::Avatar => Make::Avatar,
            Purpose::Header => Make::Header,
        };
        let (made, picture, preview) = self.make(&fetched.0, make).await?;
        let picture = self.file(picture, made.picture.format).await?;
        let Some(small) = made.preview else { return self.note(means, purpose, url, picture).await.map(Some) };
        let preview = self.file(preview, small.format).await?;
        let original = self.note(means, Purpose::Original, url, picture).await?;
        let small = self.note(means, Purpose::Small, url, preview).await?;
        Ok(Some(if purpose == Purpose::Small { small } else { original }))
    }

    /// Keeps a film or a sound as it is, and a preview of it where ffmpeg can make one.
    async fn film(
        &self,
        means: Means<'_>,
        purpose: Purpose,
        url: &str,
        fetched: Temporary,
        format: Option<probe::Format>,
    ) -> Result<Option<String>> {
        let format = format.ok_or_else(|| Error::invalid("", "This is no kind of file that we pass on"))?;
        let small = match purpose {
            Purpose::Small => self.first_picture(reel::reader_of(format), &fetched.0).await?,
            _ => None,
        };
        let file = self.file(fetched, format).await?;
        let name = self.note(means, Purpose::Original, url, file).await?;
        let Some(small) = small else { return Ok((purpose == Purpose::Original).then_some(name)) };
        let format = files::format(&small.file)?;
        // Previews are small; what one takes exactly does not matter to the budget.
        self.note(means, Purpose::Small, url, (small.file, format, 50_000)).await.map(Some)
    }

    async fn file(&self, made: Temporary, format: probe::Format) -> Result<(String, probe::Format, i64)> {
        let path = made.0.clone();
        let size = blocking(move || std::fs::metadata(path).map_err(Error::io("cannot read a finished file"))).await?;
        Ok((self.keep(made, format).await?, format, i64::try_from(size.len()).unwrap_or(i64::MAX)))
    }

    async fn note(
        &self,
        means: Means<'_>,
        purpose: Purpose,
        url: &str,
        (file, format, size): (String, probe::Format, i64),
    ) -> Result<String> {
        let cached = Cached {
            url: purpose.key(url),
            file: file.clone(),
            mime: format.mime().to_owned(),
            size,
            fetched_at: means.now,
            used_at: means.now,
        };
        let replaced = means.store.write(move |tx: &Tx| media_cache::put(tx, &cached)).await?;
        self.remove(replaced.into_iter().collect()).await?;
        Ok(file)
    }

    fn flight(&self, url: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut flights = self.0.cache.flights.lock().expect("no holder panics");
        flights.retain(|_, flight| flight.strong_count() > 0);
        let known = flights.get(url).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let flight = Arc::default();
            flights.insert(url.to_owned(), Arc::downgrade(&flight));
            flight
        })
    }

    fn not_failed_lately(&self, key: &str, now: Time) -> Result<()> {
        let failures = self.0.cache.failures.lock().expect("no holder panics");
        match failures.get(key) {
            Some(failure) if failure.until > now => Err(Error::NotFound("file")),
            _ => Ok(()),
        }
    }

    fn remember(&self, key: &str, error: Option<&Error>, now: Time) {
        let mut failures = self.0.cache.failures.lock().expect("no holder panics");
        if failures.len() >= FAILURES {
            failures.retain(|_, failure| failure.until > now);
        }
        if failures.len() >= FAILURES {
            failures.clear();
        }
        let before = failures.get(key).map(|failure| failure.waits);
        let waits = wait(error, before);
        failures.insert(key.to_owned(), Failure { until: now.plus(waits), waits });
    }
}

/// Writes what `url` answers to `path`.
async fn download(means: Means<'_>, url: &str, path: &Path) -> Result<()> {
    let request = outbound::Request {
        method: "GET",
        url: url.parse().map_err(|_| Error::invalid("url", "is no address"))?,
        accept: "image/jpeg, image/png, image/gif, image/webp, image/avif;q=0.5, video/*, audio/*",
        body: None,
        headers: Vec::new(),
        signed: None,
        redirects: 3,
        limit: 0,
        deadline: DEADLINE,
    };
    means.outbound.download(request, path, LARGEST).await?.success(means.now)?;
    Ok(())
}

/// How long not to ask again; `before` is how long it was the last time. Rule F11.
fn wait(error: Option<&Error>, before: Option<Duration>) -> Duration {
    match error {
        Some(Error::Peer { fault: Fault::Status { code: 401 | 403, .. }, .. }) => HOUR,
        Some(Error::Peer { fault: Fault::Status { retry_after: Some(asked), .. }, .. }) => (*asked).min(DAY),
        Some(error) if error.is_retryable() => {
            before.map_or(Duration::from_secs(300), |before| (before * 2).min(6 * HOUR))
        }
        _ => DAY,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Tools;
    use crate::media::{Format, Options};
    use crate::outbound::Response;
    use crate::random::Random;

    /// A server whose network has one picture, one film, one page and one address that is down.
    struct World {
        store: Store,
        media: Media,
        outbound: Outbound,
        asked: Arc<AtomicUsize>,
        _folder: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("temporary folder");
            let options = Options {
                data: folder.path().to_owned(),
                program: "nagaya".into(),
                in_process: true,
                random: Random::seeded(1),
                clock: Clock::manual(Time(0)),
                tools: Tools::default(),
                bucket: None,
            };
            let asked = Arc::new(AtomicUsize::new(0));
            let counted = asked.clone();
            let outbound = Outbound::fake(Arc::new(move |hop| {
                counted.fetch_add(1, Ordering::Relaxed);
                let (status, body) = match hop.url.path() {
                    "/picture" => (200, picture()),
                    "/film" => (200, b"\0\0\0\x18ftypisom and so on".to_vec()),
                    "/page" => (200, b"<html><script>".to_vec()),
                    "/down" => (503, Vec::new()),
                    _ => (404, Vec::new()),
                };
                let headers = vec![("content-type".to_owned(), "application/activity+json".to_owned())];
                let answer = Response { status, url: hop.url, headers, body: Bytes::from(body) };
                Box::pin(async {
                    tokio::task::yield_now().await;
                    Ok(answer)
                })
            }));
            Self {
                store: Store::open(folder.path()).expect("opens"),
                media: Media::start(options).expect("opens"),
                outbound,
                asked,
                _folder: folder,
            }
        }

        async fn view(&self, now: i64, purpose: Purpose, path: &str) -> Result<String> {
            let means = Means { store: &self.store, outbound: &self.outbound, now: Time(now) };
            self.media.remote(means, purpose, &format!("https://b.example{path}")).await
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::Relaxed)
        }
    }

    fn picture() -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(900, 600).write_to(&mut bytes, image::ImageFormat::Png).expect("encodes");
        bytes.into_inner()
    }

    #[tokio::test]
    async fn a_remote_picture_is_fetched_once_for_all_who_look() {
        let world = World::new();
        let (one, other, small) = tokio::join!(
            world.view(0, Purpose::Original, "/picture"),
            world.view(0, Purpose::Original, "/picture"),
            world.view(0, Purpose::Small, "/picture"),
        );
        let one = one.expect("is there");
        assert_eq!(one, other.expect("is there"));
        assert_ne!(one, small.expect("is there"));
        assert_eq!(world.asked(), 1);
        let (Place::Here(path), format) = world.media.locate(&one).expect("ours") else { panic!("no file") };
        assert_eq!(format, Format::Png);
        assert!(path.exists());
        let avatar = world.view(0, Purpose::Avatar, "/picture").await.expect("is there");
        let Place::Here(small) = world.media.locate(&avatar).expect("ours").0 else { panic!("no file") };
        assert_eq!(image::image_dimensions(small).expect("decodes"), (400, 400));

        assert_eq!(world.media.evict(&world.store, BUDGET).await.expect("evicts"), 0);
        assert_eq!(world.media.evict(&world.store, 0).await.expect("evicts"), 3);
        assert!(!path.exists());
        assert_ne!(world.view(0, Purpose::Original, "/picture").await.expect("is fetched again"), one);
    }

    #[tokio::test]
    async fn what_failed_is_left_in_peace_for_a_while_and_unsafe_kinds_never_pass() {
        let world = World::new();
        let film = world.view(0, Purpose::Original, "/film").await.expect("passes");
        assert_eq!(world.media.locate(&film).expect("ours").1, Format::Mp4);
        let minute = 60_000;
        for (path, purpose, until) in [
            ("/missing", Purpose::Original, 24 * 60 * minute),
            ("/down", Purpose::Original, 5 * minute),
            ("/page", Purpose::Original, 24 * 60 * minute),
            ("/film", Purpose::Avatar, 24 * 60 * minute),
        ] {
            let before = world.asked();
            for now in [0, 1, until - 1, until + 1] {
                let refused = world.view(now, purpose, path).await.expect_err("cannot be had");
                assert!(matches!(refused, Error::NotFound(_)), "{refused}");
            }
            assert_eq!(world.asked() - before, 2, "{path}");
        }
    }

    #[test]
    fn failures_are_remembered_by_their_kind() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let status = |code, retry_after| Error::peer("a.example", Fault::Status { code, retry_after });
        let down = || Error::peer("a.example", Fault::Unreachable("reset".into()));
        for (error, before, expected) in [
            (Some(status(404, None)), None, DAY),
            (Some(status(410, None)), None, DAY),
            (Some(status(403, None)), None, HOUR),
            (Some(status(503, Some(minutes(7)))), None, minutes(7)),
            (Some(status(503, Some(minutes(60_000)))), None, DAY),
            (Some(down()), None, minutes(5)),
            (Some(down()), Some(minutes(5)), minutes(10)),
            (Some(down()), Some(minutes(300)), minutes(360)),
            (Some(Error::invalid("", "no picture")), None, DAY),
            (None, None, DAY),
        ] {
            assert_eq!(wait(error.as_ref(), before), expected, "{error:?} {before:?}");
        }
    }
}
