//! Uploads that need a program of others: films, sounds and phone pictures; and the queue in which the first two wait.

use std::path::Path;

use super::files::Temporary;
use super::probe::{self, Format};
use super::reel::{self, Facts, Plan};
use super::tool::Runner;
use super::{Media, blocking};
use crate::error::{Error, Result};
use crate::ids::MediaId;
use crate::store::media::{Details, Finished};

const UNREADABLE: &str = "The file is damaged, incomplete, or of a kind that this server cannot read";
const GAVE_UP: &str = "The file takes too much time or memory to process, or is damaged; make it smaller or shorter";
const TILES: &str = "This HEIC picture needs libheif on this server, which is not installed; save the picture as JPEG, \
    or ask the operator to install libheif";

/// What an upload is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A picture: made while the client waits.
    Picture,
    /// A film, a sound or an animation: made in the background.
    Reel {
        /// `video`, `gifv` or `audio`.
        kind: &'static str,
        /// The type of the file that will be made.
        mime: &'static str,
    },
}

/// The right to work on an upload; given back when dropped.
#[derive(Debug)]
pub struct Claim {
    media: Media,
    id: MediaId,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.media.0.claimed.lock().expect("no holder panics").remove(&self.id);
        // Whoever gave up leaves it to the others.
        self.media.0.waiting.notify_one();
    }
}

impl Media {
    /// The `Content-Type`s that can be uploaded.
    pub fn supported_mime_types(&self) -> Vec<&'static str> {
        let tools = &self.0.tools;
        let mut types = [Format::Jpeg, Format::Png, Format::Gif, Format::Webp].map(Format::mime).to_vec();
        if tools.ffmpeg.is_some() || tools.heif.is_some() {
            types.push("image/avif");
        }
        if tools.heif.is_some() {
            types.extend(["image/heic", "image/heif"]);
        }
        if tools.ffmpeg.is_some() {
            types.extend(["video/webm", "video/mp4", "video/quicktime", "video/ogg"]);
            types.extend(["audio/wave", "audio/wav", "audio/x-wav", "audio/x-pn-wave", "audio/vnd.wave", "audio/ogg"]);
            types.extend(["audio/vorbis", "audio/mpeg", "audio/mp3", "audio/webm", "audio/flac", "audio/aac"]);
            types.extend(["audio/m4a", "audio/x-m4a", "audio/mp4", "audio/3gpp", "video/x-ms-asf"]);
        }
        types
    }

    /// Whether films and sounds can be uploaded.
    pub fn plays_films(&self) -> bool {
        self.0.tools.ffmpeg.is_some()
    }

    /// What `upload` is; refused with a reason when nothing can be made of it.
    pub async fn inspect(&self, upload: &Path) -> Result<Sort> {
        let kind = self.kind(upload).await?;
        let reader = match kind {
            probe::Kind::Picture(Format::Gif) if self.plays_films() => "gif",
            probe::Kind::Picture(_) | probe::Kind::Still { .. } => return Ok(Sort::Picture),
            probe::Kind::Reel(reader) => reader,
        };
        if !self.plays_films() {
            return Err(reel::missing(&kind));
        }
        let facts = self.facts(reader, upload).await?;
        if reader == "gif" && !facts.moves {
            return Ok(Sort::Picture);
        }
        Ok(match facts.plan(reader)? {
            Plan::Film { kind, .. } => Sort::Reel { kind, mime: Format::Mp4.mime() },
            Plan::Sound { .. } => Sort::Reel { kind: "audio", mime: Format::Mp3.mime() },
        })
    }

    /// Moves `upload` to where it waits to be made; answers its name there.
    pub async fn wait(&self, upload: &Path) -> Result<String> {
        let (media, upload) = (self.clone(), upload.to_owned());
        blocking(move || media.0.files.wait(&upload)).await
    }

    /// Lets go of the waiting uploads except `wanted`.
    pub async fn forget_waiting(&self, wanted: Vec<String>) -> Result<()> {
        let media = self.clone();
        blocking(move || media.0.files.forget(&wanted)).await
    }

    /// Removes a waiting upload; that it is gone already is fine.
    pub async fn drop_waiting(&self, name: &str) {
        let _ = tokio::fs::remove_file(self.0.files.waiting(name)).await;
    }

    /// Returns when an upload may be waiting.
    pub async fn something_waits(&self) {
        self.0.waiting.notified().await;
    }

    /// Says that an upload waits.
    pub fn ring(&self) {
        self.0.waiting.notify_one();
    }

    /// The right to work on `id`, unless somebody does.
    pub fn claim(&self, id: MediaId) -> Option<Claim> {
        let free = self.0.claimed.lock().expect("no holder panics").insert(id);
        free.then(|| Claim { media: self.clone(), id })
    }

    /// Whom somebody works on.
    pub fn claimed(&self) -> Vec<MediaId> {
        self.0.claimed.lock().expect("no holder panics").iter().copied().collect()
    }

    /// Makes the waiting upload `name` into what every client plays. [`Error::Invalid`] when nothing can be made of it.
    pub async fn finish(&self, name: &str) -> Result<Finished> {
        let source = self.0.files.waiting(name);
        let kind = self.kind(&source).await?;
        let reader = match kind {
            probe::Kind::Picture(Format::Gif) => "gif",
            probe::Kind::Reel(reader) => reader,
            _ => return Err(Error::Bug("a picture waits among the films".into())),
        };
        let _turn = self.0.reels.acquire().await.map_err(|_| Error::Bug("the queue of films closed".into()))?;
        let plan = self.facts(reader, &source).await?.plan(reader)?;
        let made = self.0.files.temporary();
        let ffmpeg = self.0.tools.ffmpeg.as_ref().ok_or_else(|| reel::missing(&kind))?;
        let recipe = reel::recipe(plan, reader, &source, &made.0);
        self.runner().run(ffmpeg, recipe).await?.ok_or_else(|| Error::invalid("", GAVE_UP))?;
        let (kind, format, own_reader) = match plan {
            Plan::Film { kind, .. } => (kind, Format::Mp4, "mov"),
            Plan::Sound { .. } => ("audio", Format::Mp3, "mp3"),
        };
        let facts = self.facts(own_reader, &made.0).await?;
        let preview = match plan {
            Plan::Film { .. } => self.first_picture("mov", &made.0).await?,
            Plan::Sound { artwork: true, .. } => self.first_picture(reader, &source).await?,
            Plan::Sound { .. } => None,
        };
        let size = tokio::fs::metadata(&made.0).await.map_err(Error::io("cannot read a finished film"))?.len();
        Ok(Finished {
            kind,
            mime: format.mime(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            width: facts.picture.map(|(width, _)| width.into()),
            height: facts.picture.map(|(_, height)| height.into()),
            details: Details {
                duration: facts.duration,
                frame_rate: facts.frame_rate,
                bitrate: facts.bitrate,
                colors: preview.as_ref().filter(|_| kind == "audio").and_then(|preview| preview.colors.clone()),
            },
            preview: preview.map(|made| (made.file, made.width.into(), made.height.into(), made.blurhash)),
            file: self.keep(made, format).await?,
        })
    }

    /// A preview from the first picture of a film, or a sound's artwork; `None` when it has none that can be read.
    pub(super) async fn first_picture(&self, reader: &str, film: &Path) -> Result<Option<super::Thumbnail>> {
        let Some(ffmpeg) = &self.0.tools.ffmpeg else { return Ok(None) };
        let picture = self.0.files.temporary();
        if self.runner().run(ffmpeg, reel::first_picture(reader, film, &picture.0)).await?.is_none() {
            return Ok(None);
        }
        match self.thumbnail(&picture.0).await {
            Err(Error::Invalid { .. }) => Ok(None),
            made => made.map(Some),
        }
    }

    /// An AVIF or HEIC picture as a JPEG, which we decode ourselves.
    pub(super) async fn develop(&self, still: &Path, kind: probe::Kind) -> Result<Temporary> {
        let tools = &self.0.tools;
        let made = Temporary(self.0.files.temporary().0.with_extension("jpg"));
        let _turn = self.0.reels.acquire().await.map_err(|_| Error::Bug("the queue of films closed".into()))?;
        if let Some(heif) = &tools.heif {
            // Of several pictures in one file, the first is written under another name.
            let first = Temporary(made.0.with_file_name(format!(
                "{}-1.jpg",
                made.0.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
            )));
            let done = self
                .runner()
                .run(heif, vec!["-q".into(), "95".into(), still.into(), made.0.clone().into()])
                .await?
                .is_some();
            match done {
                true if made.0.exists() => return Ok(made),
                true if first.0.exists() => return Ok(first),
                _ => {}
            }
        }
        let ffmpeg = tools.ffmpeg.as_ref().ok_or_else(|| match &tools.heif {
            Some(_) => Error::invalid("", UNREADABLE),
            None => reel::missing(&kind),
        })?;
        let facts = self.facts("mov", still).await.map_err(|error| match error {
            Error::Invalid { .. } if tools.heif.is_none() && kind == (probe::Kind::Still { avif: false }) => {
                Error::invalid("", TILES)
            }
            error => error,
        })?;
        // Phones cut their pictures into tiles, of which ffmpeg would show us only the first.
        if facts.films > 1 && kind == (probe::Kind::Still { avif: false }) {
            return Err(Error::invalid("", TILES));
        }
        let pixels = facts.picture.map(|(width, height)| u64::from(width) * u64::from(height));
        if pixels.is_none_or(|pixels| pixels > super::MOST_PIXELS) {
            return Err(Error::invalid("", "The picture is too large; 33.2 megapixels are allowed"));
        }
        let written = self.runner().run(ffmpeg, reel::photograph(still, &made.0)).await?;
        written.map(|_| made).ok_or_else(|| Error::invalid("", UNREADABLE))
    }

    /// What is inside `file`.
    async fn facts(&self, reader: &str, file: &Path) -> Result<Facts> {
        let unreadable = || Error::invalid("", UNREADABLE);
        let ffmpeg = self.0.tools.ffmpeg.as_ref().ok_or_else(unreadable)?;
        let words = self.runner().run(&ffmpeg.with_file_name("ffprobe"), reel::question(reader, file)).await?;
        Facts::read(&words.ok_or_else(unreadable)?).ok_or_else(unreadable)
    }

    fn runner(&self) -> Runner {
        Runner { program: (!self.0.in_process).then(|| self.0.program.clone()) }
    }
}
