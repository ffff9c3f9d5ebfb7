//! Films and sounds: looked into, refused when too large, made into what every client plays, without metadata.
//!
//! The reader that ffmpeg uses is chosen by our own look at the first bytes, and it may open nothing but the one file,
//! so that no playlist makes it read others. Films become MP4 (H.264 and AAC; copied when they are that already),
//! silent short ones and animated GIFs become `gifv`, sounds become MP3.

use std::ffi::OsString;
use std::path::Path;

use serde::Deserialize;

use super::probe::{self, Format};
use crate::error::{Error, Result};

/// The largest film or sound, in bytes.
pub const SIZE_LIMIT: u64 = 99_000_000;
/// A film may have this many pixels (3840 x 2160).
pub const MATRIX_LIMIT: u64 = 8_294_400;
/// A film may have this many frames a second.
pub const FRAME_RATE_LIMIT: u32 = 120;
/// A silent film up to this many seconds plays like an animated picture.
const SHORT: f64 = 60.0;

/// H.264 that looks not one frame ahead: 370 MB for the largest film, where the usual settings take over 1 GB.
const ENCODER: &str = "-c:v libx264 -preset superfast -crf 23 -pix_fmt yuv420p \
    -x264-params rc-lookahead=0:sync-lookahead=0:mbtree=0:threads=1:ref=1:bframes=0 \
    -vf scale=trunc(iw/2)*2:trunc(ih/2)*2";

/// What ffprobe says.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Probed {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Container,
}

#[derive(Debug, Default, Deserialize)]
struct Container {
    duration: Option<String>,
    bit_rate: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    pix_fmt: Option<String>,
    avg_frame_rate: Option<String>,
    nb_read_packets: Option<String>,
    disposition: Disposition,
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Disposition {
    attached_pic: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SideData {
    rotation: Option<f64>,
}

/// What a file holds, as far as we care.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    /// Width and height as seen (upright); `None` for a sound.
    pub picture: Option<(u32, u32)>,
    pub frame_rate: Option<String>,
    pub duration: Option<f64>,
    pub bitrate: Option<i64>,
    /// More than one picture.
    pub moves: bool,
    video_codec: Option<String>,
    pixels: Option<String>,
    audio_codec: Option<String>,
    /// A sound brings a picture of its own.
    pub artwork: bool,
    /// Pictures beside each other: a still may consist of tiles.
    pub films: usize,
}

/// What to make of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    Film { kind: &'static str, copy_picture: bool, copy_sound: bool },
    Sound { copy: bool, artwork: bool },
}

impl Facts {
    pub fn read(json: &[u8]) -> Option<Self> {
        let probed: Probed = serde_json::from_slice(json).ok()?;
        let of = |kind: &str| {
            let kind = kind.to_owned();
            probed.streams.iter().filter(move |stream| stream.codec_type.as_deref() == Some(&kind))
        };
        let film = of("video").find(|stream| stream.disposition.attached_pic == 0);
        let sound = of("audio").next();
        if film.is_none() && sound.is_none() {
            return None;
        }
        let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
        Some(Self {
            picture: film.and_then(upright),
            frame_rate: film.and_then(|film| film.avg_frame_rate.clone()).filter(|rate| frames(rate).is_some()),
            duration: number(&probed.format.duration).filter(|seconds| seconds.is_finite() && *seconds >= 0.0),
            bitrate: probed.format.bit_rate.as_ref().and_then(|rate| rate.parse().ok()),
            moves: film.is_some_and(|film| film.nb_read_packets.as_deref().is_none_or(|packets| packets != "1")),
            video_codec: film.and_then(|film| film.codec_name.clone()),
            pixels: film.and_then(|film| film.pix_fmt.clone()),
            audio_codec: sound.and_then(|sound| sound.codec_name.clone()),
            films: of("video").count(),
            artwork: of("video").any(|stream| stream.disposition.attached_pic != 0),
        })
    }

    /// What to make of it; refused with a reason for people.
    pub fn plan(&self, reader: &str) -> Result<Plan> {
        let Some((width, height)) = self.picture else {
            if self.video_codec.is_some() {
                return Err(Error::invalid("", "The film has no size; it is damaged or incomplete"));
            }
            return Ok(Plan::Sound { copy: self.audio_codec.as_deref() == Some("mp3"), artwork: self.artwork });
        };
        if u64::from(width) * u64::from(height) > MATRIX_LIMIT {
            let why = format!("The film has {width} x {height} pixels; 8.3 megapixels (3840 x 2160) are allowed");
            return Err(Error::invalid("", why));
        }
        if self.frame_rate.as_deref().and_then(frames).is_some_and(|rate| rate > f64::from(FRAME_RATE_LIMIT)) {
            return Err(Error::invalid("", "The film has too many frames a second; 120 are allowed"));
        }
        let silent = self.audio_codec.is_none();
        let short = reader == "gif" || self.duration.is_some_and(|seconds| seconds <= SHORT);
        let plays = self.video_codec.as_deref() == Some("h264")
            && matches!(self.pixels.as_deref(), Some("yuv420p" | "yuvj420p"))
            && reader == "mov";
        Ok(Plan::Film {
            kind: if silent && short { "gifv" } else { "video" },
            copy_picture: plays,
            copy_sound: plays && self.audio_codec.as_deref() == Some("aac"),
        })
    }
}

/// What ffprobe is asked.
pub(super) fn question(reader: &str, file: &Path) -> Vec<OsString> {
    let mut words = words("-v error -protocol_whitelist file -print_format json -show_format -show_streams");
    if reader == "gif" {
        words.push("-count_packets".into());
    }
    words.extend(input(reader, file));
    words
}

/// How ffmpeg is told to carry out `plan`.
pub(super) fn recipe(plan: Plan, reader: &str, from: &Path, to: &Path) -> Vec<OsString> {
    let mut all = words("-v error -nostdin -y -threads 2 -protocol_whitelist file");
    all.extend(input(reader, from));
    all.extend(words("-map_metadata -1 -map_metadata:s -1 -map_chapters -1 -sn -dn -fflags +bitexact"));
    match plan {
        Plan::Film { copy_picture, copy_sound, .. } => {
            all.extend(words("-map 0:v:0 -map 0:a:0? -threads 2"));
            all.extend(words(if copy_picture { "-c:v copy" } else { ENCODER }));
            all.extend(words(if copy_sound { "-c:a copy" } else { "-c:a aac -b:a 160k -ac 2" }));
            all.extend(words("-movflags +faststart -f mp4"));
        }
        Plan::Sound { copy, .. } => {
            all.extend(words("-map 0:a:0 -vn"));
            all.extend(words(if copy { "-c:a copy" } else { "-c:a libmp3lame -q:a 2" }));
            all.extend(words("-id3v2_version 0 -f mp3"));
        }
    }
    all.push(url(to));
    all
}

/// How ffmpeg is told to write the first picture of a file: of a film as PNG.
pub(super) fn first_picture(reader: &str, from: &Path, to: &Path) -> Vec<OsString> {
    one_picture(reader, from, to, "-c:v png")
}

/// The same for a photograph, as JPEG: a PNG of it would be ten times as large.
pub(super) fn photograph(from: &Path, to: &Path) -> Vec<OsString> {
    one_picture("mov", from, to, "-c:v mjpeg -q:v 2")
}

fn one_picture(reader: &str, from: &Path, to: &Path, codec: &str) -> Vec<OsString> {
    let mut all = words("-v error -nostdin -y -threads 2 -protocol_whitelist file");
    all.extend(input(reader, from));
    all.extend(words("-map 0:v:0 -frames:v 1 -map_metadata -1 -f image2 -update 1"));
    all.extend(words(codec));
    all.push(url(to));
    all
}

/// The reader of ffmpeg for one of our own formats.
pub(super) fn reader_of(format: Format) -> &'static str {
    match format {
        Format::Webm => "matroska",
        Format::Mp3 => "mp3",
        Format::Ogg => "ogg",
        Format::Flac => "flac",
        Format::Wav => "wav",
        Format::Gif => "gif",
        _ => "mov",
    }
}

/// The remedy when a file needs a program that is not installed.
pub(super) fn missing(kind: &probe::Kind) -> Error {
    let why = match kind {
        probe::Kind::Still { .. } => {
            "AVIF and HEIC pictures need ffmpeg or libheif on this server, and neither is installed; save the picture \
             as JPEG, PNG or WebP, or ask the operator to install ffmpeg"
        }
        _ => {
            "Video and audio need ffmpeg on this server, and it is not installed; upload a JPEG, PNG, GIF or WebP \
             picture, or ask the operator to install ffmpeg"
        }
    };
    Error::invalid("", why)
}

/// Width and height, once the film is turned upright.
fn upright(film: &Stream) -> Option<(u32, u32)> {
    let (width, height) = (film.width.filter(|side| *side > 0)?, film.height.filter(|side| *side > 0)?);
    let turned = film.side_data_list.iter().filter_map(|data| data.rotation).any(|angle| angle.abs() % 180.0 > 45.0);
    Some(if turned { (height, width) } else { (width, height) })
}

/// `30000/1001` as a number.
fn frames(rate: &str) -> Option<f64> {
    let (count, seconds) = rate.split_once('/')?;
    let (count, seconds): (f64, f64) = (count.parse().ok()?, seconds.parse().ok()?);
    (seconds > 0.0 && count > 0.0).then_some(count / seconds)
}

fn words(text: &str) -> Vec<OsString> {
    text.split_ascii_whitespace().map(OsString::from).collect()
}

fn input(reader: &str, file: &Path) -> Vec<OsString> {
    let mut all = words("-f");
    all.push(reader.into());
    all.push("-i".into());
    all.push(url(file));
    all
}

/// With the protocol before it, no name can be taken for anything else.
fn url(file: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(file);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(streams: &str, duration: &str) -> Option<Facts> {
        let json = format!("{{\"streams\": [{streams}], \"format\": {{\"duration\": \"{duration}\"}}}}");
        Facts::read(json.as_bytes())
    }

    const FILM: &str = r#"{"codec_type": "video", "codec_name": "h264", "width": 640, "height": 360,
        "pix_fmt": "yuv420p", "avg_frame_rate": "30000/1001"}"#;
    const SOUND: &str = r#"{"codec_type": "audio", "codec_name": "aac"}"#;

    #[test]
    fn what_is_made_depends_on_what_is_inside() {
        let film = |kind, copy_picture, copy_sound| Plan::Film { kind, copy_picture, copy_sound };
        let both = format!("{FILM}, {SOUND}");
        let cover = r#"{"codec_type": "video", "codec_name": "mjpeg", "width": 9, "height": 9,
            "disposition": {"attached_pic": 1}}"#;
        for (streams, duration, reader, expected) in [
            (both.clone(), "7", "mov", film("video", true, true)),
            (both, "7", "matroska", film("video", false, false)),
            (FILM.to_owned(), "7", "mov", film("gifv", true, false)),
            (FILM.to_owned(), "700", "mov", film("video", true, false)),
            (FILM.replace("h264", "gif"), "700", "gif", film("gifv", false, false)),
            (FILM.replace("420p", "444p"), "7", "mov", film("gifv", false, false)),
            (format!("{cover}, {SOUND}"), "7", "mov", Plan::Sound { copy: false, artwork: true }),
            (SOUND.replace("aac", "mp3"), "7", "mp3", Plan::Sound { copy: true, artwork: false }),
        ] {
            let facts = facts(&streams, duration).expect("holds something");
            assert_eq!(facts.plan(reader).expect("is allowed"), expected, "{streams} {reader}");
        }
        assert_eq!(facts("", "7"), None);
        assert_eq!(Facts::read(b"no JSON"), None);
    }

    #[test]
    fn what_is_too_large_is_refused_with_a_reason() {
        for (streams, part) in [
            (FILM.replace("640", "8000").replace("360", "4000"), "8.3 megapixels"),
            (FILM.replace("30000/1001", "240/1"), "120 are allowed"),
            (FILM.replace("640", "0"), "damaged"),
        ] {
            let refused = facts(&streams, "1").expect("holds a film").plan("mov").expect_err("is refused").to_string();
            assert!(refused.contains(part), "{refused}");
        }
    }

    #[test]
    fn a_film_that_lies_on_its_side_is_measured_upright() {
        let turned = FILM.replace("\"pix_fmt\"", "\"side_data_list\": [{\"rotation\": -90}], \"pix_fmt\"");
        assert_eq!(facts(&turned, "1").expect("holds a film").picture, Some((360, 640)));
    }
}
