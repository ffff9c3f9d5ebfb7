//! What a file is, by its first bytes alone: neither its name nor its claimed type is believed.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How many bytes [`sniff`] wants to see.
pub const SNIFFED: usize = 32;

/// A kind of file that we store and serve, each with one fixed safe `Content-Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Format {
    Jpeg,
    Png,
    Gif,
    Webp,
    Mp4,
    Webm,
    Mp3,
    Ogg,
    Flac,
    Wav,
}

const ALL: [(Format, &str, &str); 10] = [
    (Format::Jpeg, "jpg", "image/jpeg"),
    (Format::Png, "png", "image/png"),
    (Format::Gif, "gif", "image/gif"),
    (Format::Webp, "webp", "image/webp"),
    (Format::Mp4, "mp4", "video/mp4"),
    (Format::Webm, "webm", "video/webm"),
    (Format::Mp3, "mp3", "audio/mpeg"),
    (Format::Ogg, "ogg", "audio/ogg"),
    (Format::Flac, "flac", "audio/flac"),
    (Format::Wav, "wav", "audio/wav"),
];

impl Format {
    /// The ending of our own file names.
    pub fn ending(self) -> &'static str {
        self.row().1
    }

    /// The only `Content-Type` that such a file is served with.
    pub fn mime(self) -> &'static str {
        self.row().2
    }

    /// The format with this ending, as [`Format::ending`] writes it.
    pub fn of_ending(ending: &str) -> Option<Self> {
        ALL.iter().find(|(_, own, _)| *own == ending).map(|(format, ..)| *format)
    }

    /// Whether we can decode it; everything else passes only from remote servers to clients.
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Gif | Self::Webp)
    }

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        ALL.iter().find(|(format, ..)| *format == self).expect("the table has a row for each format")
    }
}

/// What the first [`SNIFFED`] bytes of a file say it is; `None` for anything that we do not serve.
pub fn sniff(head: &[u8]) -> Option<Format> {
    let at = |from: usize, magic: &[u8]| head.get(from..).is_some_and(|rest| rest.starts_with(magic));
    Some(match () {
        () if at(0, b"\xff\xd8\xff") => Format::Jpeg,
        () if at(0, b"\x89PNG\r\n\x1a\n") => Format::Png,
        () if at(0, b"GIF87a") || at(0, b"GIF89a") => Format::Gif,
        () if at(0, b"RIFF") && at(8, b"WEBP") => Format::Webp,
        () if at(0, b"RIFF") && at(8, b"WAVE") => Format::Wav,
        () if at(4, b"ftyp") && !is_still(head) => Format::Mp4,
        () if at(0, b"\x1a\x45\xdf\xa3") => Format::Webm,
        () if at(0, b"OggS") => Format::Ogg,
        () if at(0, b"fLaC") => Format::Flac,
        () if at(0, b"ID3") || (at(0, b"\xff") && head.get(1).is_some_and(|byte| byte & 0xe6 == 0xe2)) => Format::Mp3,
        () => return None,
    })
}

/// The picture format of an upload; what we cannot take is refused with the remedy.
pub fn picture(head: &[u8]) -> Result<Format> {
    let why = match sniff(head) {
        Some(format) if format.is_picture() => return Ok(format),
        Some(_) => "Video and audio cannot be processed by this server yet; upload a JPEG, PNG, GIF or WebP picture",
        None if is_still(head) => {
            "AVIF and HEIC pictures cannot be processed by this server yet; save the picture as JPEG, PNG or WebP"
        }
        None => "This is no picture that this server knows; upload a JPEG, PNG, GIF or WebP picture",
    };
    Err(Error::invalid("", why))
}

/// AVIF, HEIC and their relatives share the container of MP4.
fn is_still(head: &[u8]) -> bool {
    const STILL: [&[u8]; 10] =
        [b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];
    head.get(4..8) == Some(b"ftyp") && head.get(8..12).is_some_and(|brand| STILL.contains(&brand))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        for (head, expected) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Some(Format::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some(Format::Png)),
            (b"GIF89a\x01\0\x01\0", Some(Format::Gif)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Format::Webp)),
            (b"RIFF\x10\0\0\0WAVEfmt ", Some(Format::Wav)),
            (b"\0\0\0\x18ftypisom", Some(Format::Mp4)),
            (b"\0\0\0\x18ftypavif", None),
            (b"\xff\xfb\x90\0", Some(Format::Mp3)),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
            (b"<!doctype html>", None),
            (b"{\"@context\":", None),
            (b"\xff", None),
            (b"", None),
        ] {
            assert_eq!(sniff(head), expected, "{}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn refusals_name_the_remedy() {
        for (head, part) in [
            (&b"\0\0\0\x18ftypisom"[..], "Video and audio"),
            (b"\0\0\0\x18ftypheic", "AVIF and HEIC"),
            (b"<svg>", "no picture"),
        ] {
            let refused = picture(head).expect_err("is no picture").to_string();
            assert!(refused.contains(part) && refused.contains("JPEG"), "{refused}");
        }
    }

    #[test]
    fn no_stored_type_can_be_mistaken_for_an_activity_or_a_page() {
        for (format, ending, mime) in ALL {
            assert!(mime.starts_with("image/") || mime.starts_with("video/") || mime.starts_with("audio/"));
            assert!(!mime.contains("svg"));
            assert_eq!(Format::of_ending(ending), Some(format));
        }
    }
}
