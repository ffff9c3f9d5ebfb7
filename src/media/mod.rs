//! Pictures: checked, cleaned, scaled and stored under our own names; and a cache of other servers' media.
//!
//! Nothing of an upload is believed: its kind is told by its first bytes, it is decoded only in a child process with
//! limits (`child.rs`), and what is stored was written anew without metadata. Video and audio of our own people are
//! refused for now. Files are served by the client door, always with the fixed type of their [`Format`].

mod animation;
mod cache;
mod child;
mod files;
mod picture;
mod probe;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;

pub use cache::{BUDGET, Means, Purpose};
pub use child::{COMMAND, child};
pub use picture::MOST_PIXELS;
pub use probe::Format;

use crate::error::{Error, Result};
use crate::random::Random;
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
}

/// The media folder of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Media(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    files: Files,
    program: PathBuf,
    in_process: bool,
    children: Semaphore,
    cache: cache::State,
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
}

impl Media {
    /// Opens the media folder, which is created when missing.
    pub fn start(options: Options) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            files: Files::open(options.data.join("media"), options.random)?,
            program: options.program,
            in_process: options.in_process,
            children: Semaphore::new(CHILDREN),
            cache: cache::State::default(),
        })))
    }

    /// The `Content-Type`s that can be uploaded.
    pub fn supported_mime_types() -> Vec<&'static str> {
        [Format::Jpeg, Format::Png, Format::Gif, Format::Webp].map(Format::mime).to_vec()
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

    /// Where the stored file `name` lies, and what it is. [`Error::NotFound`] for anything that is no name of ours; the
    /// file itself may be gone.
    pub fn locate(&self, name: &str) -> Result<(PathBuf, Format)> {
        Ok((self.0.files.path(name)?, files::format(name)?))
    }

    /// Removes stored files; that one is gone already is fine.
    pub async fn remove(&self, names: Vec<String>) -> Result<()> {
        let media = self.clone();
        blocking(move || names.iter().try_for_each(|name| media.0.files.remove(name))).await
    }

    async fn cut(&self, upload: &Path, make: Make) -> Result<String> {
        let (made, picture, _) = self.make(upload, make).await?;
        self.keep(picture, made.picture.format).await
    }

    /// Has a picture made from `source`; answers what was made, and where picture and preview lie.
    async fn make(&self, source: &Path, make: Make) -> Result<(Made, Temporary, Temporary)> {
        let path = source.to_owned();
        let format = probe::picture(&blocking(move || files::head(&path)).await?)?;
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

    async fn keep(&self, made: Temporary, format: Format) -> Result<String> {
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
