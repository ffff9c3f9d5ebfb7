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

/// What an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A picture that we decode ourselves.
    Picture(Format),
    /// An AVIF or HEIC picture.
    Still {
        /// Whether AV1 is inside.
        avif: bool,
    },
    /// A film or a sound, with the name of ffmpeg's reader for it.
    Reel(&'static str),
}

/// What the first [`SNIFFED`] bytes of an upload say it is; refused when it is nothing that we know.
pub fn upload(head: &[u8]) -> Result<Kind> {
    const ASF: &[u8] = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11";
    if is_still(head) {
        return Ok(Kind::Still { avif: matches!(head.get(8..12), Some(b"avif" | b"avis")) });
    }
    Ok(match sniff(head) {
        Some(format) if format.is_picture() => Kind::Picture(format),
        Some(format) => Kind::Reel(super::reel::reader_of(format)),
        None if head.starts_with(ASF) => Kind::Reel("asf"),
        // AAC as a bare stream (ADTS). Spec: ISO/IEC 13818-7 §6.2
        None if head.first() == Some(&0xff) && head.get(1).is_some_and(|byte| byte & 0xf6 == 0xf0) => Kind::Reel("aac"),
        // QuickTime before it had a type of its own.
        None if matches!(head.get(4..8), Some(b"moov" | b"mdat" | b"wide")) => Kind::Reel("mov"),
        None => {
            let why =
                "This is no file that this server knows; upload a picture (JPEG, PNG, GIF, WebP), a video or a sound";
            return Err(Error::invalid("", why));
        }
    })
}

/// The picture format of an upload; what is none is refused with the remedy.
pub fn picture(head: &[u8]) -> Result<Format> {
    match upload(head)? {
        Kind::Picture(format) => Ok(format),
        _ => Err(Error::invalid("", "This must be a picture: a JPEG, PNG, GIF or WebP file")),
    }
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
    fn uploads_are_told_apart() {
        for (head, expected) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Kind::Picture(Format::Jpeg)),
            (b"\0\0\0\x18ftypisom", Kind::Reel("mov")),
            (b"\0\0\0\x18ftypM4A ", Kind::Reel("mov")),
            (b"\0\0\0\x18moov", Kind::Reel("mov")),
            (b"\x1a\x45\xdf\xa3", Kind::Reel("matroska")),
            (b"RIFF\x10\0\0\0WAVEfmt ", Kind::Reel("wav")),
            (b"\xff\xf1\x50\x80", Kind::Reel("aac")),
            (b"\xff\xfb\x90\0", Kind::Reel("mp3")),
            (b"\0\0\0\x18ftypheic", Kind::Still { avif: false }),
            (b"\0\0\0\x18ftypavif", Kind::Still { avif: true }),
        ] {
            assert_eq!(upload(head).expect("is known"), expected, "{}", String::from_utf8_lossy(head));
        }
        // A playlist would make ffmpeg read other files.
        assert!(upload(b"#EXTM3U\n").is_err() && upload(b"ffconcat version 1.0").is_err());
    }

    #[test]
    fn refusals_name_the_remedy() {
        for (head, part) in [
            (&b"\0\0\0\x18ftypisom"[..], "must be a picture"),
            (b"\0\0\0\x18ftypheic", "must be a picture"),
            (b"<svg>", "no file that this server knows"),
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
