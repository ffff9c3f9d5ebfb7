//! Animated GIF and WebP files, kept frame by frame as they are: only the parts that paint are copied, so that
//! comments, metadata and anything hidden behind the picture stay behind. Refuses too many or too large frames.
//!
//! Spec: GIF89a, https://www.w3.org/Graphics/GIF/spec-gif89a.txt, and RFC 9649 (WebP container).

/// An animation may have this many frames.
const FRAMES: usize = 1_000;
/// All frames together may have this many pixels: what a client must paint in one round.
const PAINTED: u64 = 1_000_000_000;

/// Why an animation is refused.
pub type Refused = &'static str;
/// The copy, and how many frames it has.
pub type Cleaned = Result<(Vec<u8>, usize), Refused>;

const TRUNCATED: Refused = "The picture is damaged or incomplete";
const TOO_MANY: Refused = "The animation has too many frames; 1,000 are allowed";
const TOO_LARGE: Refused = "The animation is too large; use fewer or smaller frames";

/// Copies the parts of a GIF that paint; answers the copy and the number of frames.
pub fn gif(bytes: &[u8]) -> Cleaned {
    let mut input = Input(bytes);
    let mut clean = Vec::with_capacity(bytes.len());
    let screen = input.take(13)?;
    clean.extend_from_slice(screen);
    clean.extend_from_slice(input.take(table(screen[10]))?);
    let mut frames = Frames::default();
    loop {
        let start = input.0;
        match input.take(1)?[0] {
            0x3b => break,
            0x21 => {
                let label = input.take(1)?[0];
                let first = input.blocks()?;
                // Timing and transparency, and how often to repeat; comments, plain text and XMP are left out.
                if label == 0xf9 || (label == 0xff && matches!(first, b"NETSCAPE2.0" | b"ANIMEXTS1.0")) {
                    clean.extend_from_slice(&start[..start.len() - input.0.len()]);
                }
            }
            0x2c => {
                let frame = input.take(9)?;
                let side = |at: usize| u64::from(u16::from_le_bytes([frame[at], frame[at + 1]]));
                frames.count(side(4) * side(6))?;
                input.take(table(frame[8]) + 1)?;
                input.blocks()?;
                clean.extend_from_slice(&start[..start.len() - input.0.len()]);
            }
            _ => return Err(TRUNCATED),
        }
    }
    clean.push(0x3b);
    Ok((clean, frames.number))
}

/// Copies the parts of an animated WebP that paint; answers the copy and the number of frames.
pub fn webp(bytes: &[u8]) -> Cleaned {
    const EXIF_AND_XMP: u8 = 0b0000_1100;
    let mut input = Input(bytes);
    let header = input.take(12)?;
    let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
    input = Input(input.0.get(..length.checked_sub(4).ok_or(TRUNCATED)?).ok_or(TRUNCATED)?);
    let mut clean = header.to_vec();
    let mut frames = Frames::default();
    while !input.0.is_empty() {
        let start = input.0;
        let head = input.take(8)?;
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let body = input.take(size)?;
        // Odd chunks are padded; a missing last pad byte is forgiven.
        let _ = input.take(size % 2);
        let at = clean.len();
        match &head[..4] {
            b"VP8X" if size >= 10 => {
                clean.extend_from_slice(&start[..start.len() - input.0.len()]);
                clean[at + 8] &= !EXIF_AND_XMP;
            }
            b"ANMF" if size >= 16 => {
                let side = |at: usize| u64::from(u32::from_le_bytes([body[at], body[at + 1], body[at + 2], 0])) + 1;
                frames.count(side(6) * side(9))?;
                clean.extend_from_slice(&start[..start.len() - input.0.len()]);
            }
            b"ANIM" | b"ICCP" => clean.extend_from_slice(&start[..start.len() - input.0.len()]),
            _ => {}
        }
        if clean.len() % 2 == 1 {
            clean.push(0);
        }
    }
    let length = u32::try_from(clean.len() - 8).map_err(|_| TOO_LARGE)?;
    clean[4..8].copy_from_slice(&length.to_le_bytes());
    Ok((clean, frames.number))
}

#[derive(Default)]
struct Frames {
    number: usize,
    pixels: u64,
}

impl Frames {
    fn count(&mut self, pixels: u64) -> Result<(), Refused> {
        self.number += 1;
        self.pixels += pixels;
        match () {
            () if self.number > FRAMES => Err(TOO_MANY),
            () if self.pixels > PAINTED => Err(TOO_LARGE),
            () => Ok(()),
        }
    }
}

/// The bytes of a colour table, as the flags before it tell.
fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Refused> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Skips GIF sub-blocks up to their terminator; answers the first.
    fn blocks(&mut self) -> Result<&'a [u8], Refused> {
        let length = self.take(1)?[0];
        let first = self.take(length.into())?;
        let mut length = length;
        while length != 0 {
            length = self.take(1)?[0];
            self.take(length.into())?;
        }
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A GIF of one black pixel per frame, with a comment and something behind the end.
    fn sample(frames: usize) -> Vec<u8> {
        let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
        bytes.extend_from_slice(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
        bytes.extend_from_slice(b"\x21\xfe\x0esecret comment\0");
        for _ in 0..frames {
            bytes.extend_from_slice(b"\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
        }
        bytes.extend_from_slice(b"\x3b<script>hidden</script>");
        bytes
    }

    #[test]
    fn a_gif_loses_what_does_not_paint() {
        let (clean, frames) = gif(&sample(3)).expect("is whole");
        assert_eq!(frames, 3);
        let text = String::from_utf8_lossy(&clean);
        assert!(text.contains("NETSCAPE2.0") && !text.contains("secret") && !text.contains("script"));
        assert_eq!(gif(&clean), Ok((clean.clone(), 3)));
    }

    #[test]
    fn bombs_and_fragments_are_refused() {
        assert_eq!(gif(&sample(10_000)), Err(TOO_MANY));
        let whole = sample(2);
        let end = whole.len() - b"\x3b<script>hidden</script>".len();
        for length in 0..end {
            assert_eq!(gif(&whole[..length]), Err(TRUNCATED), "{length}");
        }
        assert_eq!(webp(b"RIFF\x40\0\0\0WEBPVP8X"), Err(TRUNCATED));
    }

    #[test]
    fn a_webp_loses_what_does_not_paint() {
        let mut body = b"WEBP".to_vec();
        body.extend_from_slice(b"VP8X\x0a\0\0\0\x0e\0\0\0\0\0\0\0\0\0");
        body.extend_from_slice(b"ANIM\x06\0\0\0\0\0\0\0\0\0");
        body.extend_from_slice(b"ANMF\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        body.extend_from_slice(b"EXIF\x05\0\0\0where\0");
        let mut whole = b"RIFF".to_vec();
        whole.extend_from_slice(&u32::try_from(body.len()).expect("short").to_le_bytes());
        whole.extend_from_slice(&body);
        whole.extend_from_slice(b"behind the end");
        let (clean, frames) = webp(&whole).expect("is whole");
        assert_eq!(frames, 1);
        assert_eq!(clean.len(), whole.len() - b"behind the end".len() - 14);
        assert_eq!(clean[20], 0x02, "only the animation flag is left");
        assert!(!String::from_utf8_lossy(&clean).contains("where"));
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = gif(&bytes);
            let _ = webp(&bytes);
        }
    }
}
