//! Media: checked, cleaned, scaled and stored under our own names; and a cache of other servers' media.
//!
//! Nothing of an upload is believed: its kind is told by its first bytes, it is decoded only in a child process with
//! limits (`child.rs` for pictures, `tool.rs` for what ffmpeg and libheif must decode), and what is stored was written
//! anew without metadata. Without these programs, films, sounds and phone pictures are refused with the remedy. Files
//! are served by the client door, always with the fixed type of their [`Format`], from the data folder or a bucket.

mod animation;
mod bucket;
mod cache;
mod child;
mod colors;
mod files;
mod picture;
mod probe;
mod reel;
mod tool;
mod upload;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, Semaphore};
use url::Url;

pub use cache::{BUDGET, Means, Purpose};
pub use child::{COMMAND, child};
pub use picture::MOST_PIXELS;
pub use probe::Format;
pub use reel::{FRAME_RATE_LIMIT, MATRIX_LIMIT, SIZE_LIMIT};
pub use upload::{Claim, Sort};

use crate::clock::Clock;
use crate::config::{self, Tools};
use crate::error::{Error, Result};
use crate::ids::MediaId;
use crate::outbound::direct::Streamed;
use crate::random::Random;
use bucket::Bucket;
use files::{Files, Temporary};
use picture::{Made, Make, Order};

/// So many pictures are processed at once; each may take 300 MB.
const CHILDREN: usize = 2;

/// How [`Media::start`] works.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder; files go into `media` below it.
    pub data: PathBuf,
    /// Our own program, which answers the hidden command [`COMMAND`].
    pub program: PathBuf,
    /// Decodes in our own process. For tests only, whose program is not nagaya.
    pub in_process: bool,
    /// Where file names come from.
    pub random: Random,
    /// Dates what is sent to a bucket.
    pub clock: Clock,
    /// What decodes films, sounds and phone pictures.
    pub tools: Tools,
    /// Where files go instead of the data folder.
    pub bucket: Option<config::Bucket>,
}

/// The media folder of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Media(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    files: Files,
    program: PathBuf,
    in_process: bool,
    tools: Tools,
    bucket: Option<Bucket>,
    children: Semaphore,
    /// One film at a time: ffmpeg takes all cores and up to 500 MB.
    reels: Semaphore,
    /// Uploads that somebody works on right now.
    claimed: Mutex<HashSet<MediaId>>,
    /// Rung when an upload waits.
    waiting: Notify,
    cache: cache::State,
}

/// Where a stored file is.
#[derive(Debug)]
pub enum Place {
    /// In the data folder; it may be gone.
    Here(PathBuf),
    /// In the bucket, and anybody may read it at this address.
    Public(Url),
    /// In the bucket: ask [`Media::from_bucket`].
    Bucket,
}

/// A stored picture and its preview.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the media table")]
pub struct Picture {
    pub file: String,
    pub format: Format,
    pub width: u32,
    pub height: u32,
    /// In bytes.
    pub size: u64,
    pub thumbnail: String,
    pub small_width: u32,
    pub small_height: u32,
    pub blurhash: String,
}

/// A stored preview that a person chose.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the media table")]
pub struct Thumbnail {
    pub file: String,
    pub width: u32,
    pub height: u32,
    pub blurhash: String,
    /// Background, foreground and accent.
    pub colors: Option<[String; 3]>,
}

impl Media {
    /// Opens the media folder, which is created when missing.
    pub fn start(options: Options) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            files: Files::open(options.data.join("media"), options.random)?,
            program: options.program,
            in_process: options.in_process,
            tools: options.tools,
            bucket: options.bucket.map(|bucket| Bucket::open(bucket, options.clock)).transpose()?,
            children: Semaphore::new(CHILDREN),
            reels: Semaphore::new(1),
            claimed: Mutex::default(),
            waiting: Notify::new(),
            cache: cache::State::default(),
        })))
    }

    /// Stores an uploaded picture and its preview. [`Error::Invalid`] when it is none that we take.
    pub async fn picture(&self, upload: &Path) -> Result<Picture> {
        let (made, picture, preview) = self.make(upload, Make::Attachment).await?;
        let small = made.preview.ok_or_else(|| Error::Bug("an attachment has no preview".into()))?;
        let size = std::fs::metadata(&picture.0).map_err(Error::io("cannot read a finished picture"))?.len();
        Ok(Picture {
            format: made.picture.format,
            width: made.picture.width,
            height: made.picture.height,
            size,
            small_width: small.width,
            small_height: small.height,
            blurhash: made.blurhash.unwrap_or_default(),
            thumbnail: self.keep(preview, small.format).await?,
            file: self.keep(picture, made.picture.format).await?,
        })
    }

    /// Stores a preview that a person chose instead of ours.
    pub async fn thumbnail(&self, upload: &Path) -> Result<Thumbnail> {
        let (made, picture, _) = self.make(upload, Make::Thumbnail).await?;
        Ok(Thumbnail {
            width: made.picture.width,
            height: made.picture.height,
            blurhash: made.blurhash.unwrap_or_default(),
            colors: made.colors,
            file: self.keep(picture, made.picture.format).await?,
        })
    }

    /// Stores a profile picture, cut to 400 x 400; answers the file's name.
    pub async fn avatar(&self, upload: &Path) -> Result<String> {
        self.cut(upload, Make::Avatar).await
    }

    /// Stores a profile's header, cut to 1500 x 500; answers the file's name.
    pub async fn header(&self, upload: &Path) -> Result<String> {
        self.cut(upload, Make::Header).await
    }

    /// Where the stored file `name` is, and what it is. [`Error::NotFound`] for anything that is no name of ours; the
    /// file itself may be gone.
    pub fn locate(&self, name: &str) -> Result<(Place, Format)> {
        let (path, format) = (self.0.files.path(name)?, files::format(name)?);
        let Some(bucket) = &self.0.bucket else { return Ok((Place::Here(path), format)) };
        Ok((bucket.public(name).map_or(Place::Bucket, Place::Public), format))
    }

    /// The stored file `name` out of the bucket; only `range` of it, if given (as the header says it).
    pub async fn from_bucket(&self, name: &str, range: Option<&str>) -> Result<Streamed> {
        files::format(name)?;
        let bucket = self.0.bucket.as_ref().ok_or_else(|| Error::Bug("there is no bucket".into()))?;
        bucket.get(name, range).await
    }

    /// Removes stored files; that one is gone already is fine.
    pub async fn remove(&self, names: Vec<String>) -> Result<()> {
        if let Some(bucket) = &self.0.bucket {
            for name in names.iter().filter(|name| files::format(name).is_ok()) {
                bucket.delete(name).await?;
            }
            return Ok(());
        }
        let media = self.clone();
        blocking(move || names.iter().try_for_each(|name| media.0.files.remove(name))).await
    }

    async fn cut(&self, upload: &Path, make: Make) -> Result<String> {
        let (made, picture, _) = self.make(upload, make).await?;
        self.keep(picture, made.picture.format).await
    }

    /// Has a picture made from `source`; answers what was made, and where picture and preview lie.
    async fn make(&self, source: &Path, make: Make) -> Result<(Made, Temporary, Temporary)> {
        let kind = self.kind(source).await?;
        // Held until the picture is made.
        let developed;
        let (source, format) = match kind {
            probe::Kind::Picture(format) => (source, format),
            probe::Kind::Still { .. } => {
                developed = self.develop(source, kind).await?;
                let path = developed.0.clone();
                (&*developed.0, probe::picture(&blocking(move || files::head(&path)).await?)?)
            }
            probe::Kind::Reel(_) => return Err(Error::invalid("", "This must be a picture, not a video or a sound")),
        };
        let (picture, preview) = (self.0.files.temporary(), self.0.files.temporary());
        let order =
            Order { source: source.to_owned(), format, make, picture: picture.0.clone(), preview: preview.0.clone() };
        let _turn = self.0.children.acquire().await.map_err(|_| Error::Bug("the picture queue closed".into()))?;
        let made = if self.0.in_process {
            child::run_here(&order).await?
        } else {
            child::run(&self.0.program, &order).await?
        };
        Ok((made, picture, preview))
    }

    async fn kind(&self, source: &Path) -> Result<probe::Kind> {
        let path = source.to_owned();
        probe::upload(&blocking(move || files::head(&path)).await?)
    }

    async fn keep(&self, made: Temporary, format: Format) -> Result<String> {
        if let Some(bucket) = &self.0.bucket {
            let name = self.0.files.name(format);
            bucket.put(&name, format.mime(), &made.0).await?;
            return Ok(name);
        }
        let media = self.clone();
        blocking(move || media.0.files.keep(&made, format)).await
    }
}

/// The `Content-Type` of a stored file, told by our own name for it.
pub fn mime_of(name: &str) -> &'static str {
    files::format(name).map_or("application/octet-stream", Format::mime)
}

/// Disk work, off the threads that answer requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|panic| Error::Bug(format!("disk work panicked: {panic}")))?
}
