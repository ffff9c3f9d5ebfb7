//! Pictures in, clean pictures out: decoded within limits, turned upright, scaled, written anew without metadata.
//!
//! Runs in the child process (see `child.rs`), because decoders read hostile input. Reasons for refusal are for people.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8x3, U8x4};
use fast_image_resize::{ImageBufferError, PixelTrait, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::{WebPDecoder, WebPEncoder};
use image::metadata::Orientation;
use image::{
    DynamicImage, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage, RgbaImage,
};
use serde::{Deserialize, Serialize};

use super::probe::Format;
use super::{animation, colors};

/// A picture may have this many pixels (7680 x 4320).
pub const MOST_PIXELS: u64 = 33_177_600;
/// A stored picture is scaled down to this many pixels (3840 x 2160).
const STORED_PIXELS: u64 = 8_294_400;
/// A preview has at most this many pixels (640 x 360).
const PREVIEW_PIXELS: u64 = 230_400;
/// Neither side may be longer; formats and browsers end about there.
const LONGEST_SIDE: u32 = 32_768;
/// What decoding may allocate: 16-bit RGBA of the largest picture, and some room.
const DECODING_BYTES: u64 = 320 << 20;
/// A longer colour profile is dropped.
const PROFILE_BYTES: usize = 1 << 20;

/// What is to be made of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The file as it came.
    pub source: PathBuf,
    /// What it is, by its first bytes.
    pub format: Format,
    /// What to make.
    pub make: Make,
    /// Where to write the picture.
    pub picture: PathBuf,
    /// Where to write its preview ([`Make::Attachment`] only).
    pub preview: PathBuf,
}

/// What to make of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Make {
    /// The picture at full size (at most 8.3 megapixels; animations stay) and a preview.
    Attachment,
    /// Only a preview.
    Thumbnail,
    /// A square of 400 pixels.
    Avatar,
    /// 1500 x 500 pixels.
    Header,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Made {
    pub picture: Shape,
    pub preview: Option<Shape>,
    pub blurhash: Option<String>,
    /// Of a thumbnail only: background, foreground and accent.
    pub colors: Option<[String; 3]>,
}

/// Format and size in pixels of a written picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Shape {
    pub format: Format,
    pub width: u32,
    pub height: u32,
}

/// Carries out `order`; an error is the reason why the picture is refused.
pub fn make(order: &Order) -> Result<Made, String> {
    let Source { image, orientation, profile, animation } = read(order)?;
    let upright = |mut image: DynamicImage| {
        image.apply_orientation(orientation);
        image
    };
    if order.make != Make::Attachment {
        // Scaled first and turned then, which is cheaper than the other way round.
        let image = upright(match order.make {
            Make::Avatar => covering(&image, 400, 400, orientation)?,
            Make::Header => covering(&image, 1500, 500, orientation)?,
            _ => fitting(image, PREVIEW_PIXELS)?,
        });
        let blurhash = Some(blurhash(&image)?);
        let picture = write(&image, &profile, derived(&image), 85, &order.picture)?;
        let colors = (order.make == Make::Thumbnail).then(|| colors::of(&image));
        return Ok(Made { picture, preview: None, blurhash, colors });
    }
    let (image, picture) = match animation {
        Some(bytes) => {
            std::fs::write(&order.picture, bytes).map_err(unwritable)?;
            let shape = Shape { format: order.format, width: image.width(), height: image.height() };
            (image, shape)
        }
        None => {
            let image = upright(fitting(image, STORED_PIXELS)?);
            let format = match order.format {
                Format::Webp if !image.color().has_alpha() => Format::Jpeg,
                Format::Gif => Format::Png,
                format => format,
            };
            let shape = write(&image, &profile, format, 90, &order.picture)?;
            (image, shape)
        }
    };
    let preview = fitting(image, PREVIEW_PIXELS)?;
    let blurhash = Some(blurhash(&preview)?);
    let preview = Some(write(&preview, &profile, derived(&preview), 80, &order.preview)?);
    Ok(Made { picture, preview, blurhash, colors: None })
}

/// Whether a JPEG has its end: decoders would paint the missing part grey. Spec: ITU T.81 annex B.
fn is_whole(jpeg: &[u8]) -> bool {
    let mut rest = jpeg.get(2..).unwrap_or_default();
    // Segments up to the first scan, so that a thumbnail inside the metadata is not taken for the picture.
    while let [0xff, marker, high, low, ..] = *rest {
        if marker == 0xda {
            // In the data of a scan an 0xff is followed by 0x00 or a restart marker, so this is the end itself.
            return rest.windows(2).any(|bytes| bytes == b"\xff\xd9");
        }
        let length = if marker == 0xff { 1 } else { 2 + usize::from(u16::from_be_bytes([high, low])) };
        rest = rest.get(length..).unwrap_or_default();
    }
    false
}

/// A decoded picture; an animation shows its first frame.
struct Source {
    /// RGB or RGBA, eight bits each, not yet turned upright.
    image: DynamicImage,
    orientation: Orientation,
    profile: Option<Vec<u8>>,
    /// The cleaned bytes of an animation.
    animation: Option<Vec<u8>>,
}

fn read(order: &Order) -> Result<Source, String> {
    if order.format == Format::Jpeg && !is_whole(&std::fs::read(&order.source).map_err(unreadable)?) {
        return Err(DAMAGED.to_owned());
    }
    let mut file = BufReader::new(File::open(&order.source).map_err(unreadable)?);
    let animation = animation(order, &mut file)?;
    let mut reader = ImageReader::with_format(file, of(order.format)?);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(DECODING_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(undecodable)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(format!("The picture has {width} x {height} pixels; 33.2 megapixels are allowed"));
    }
    if decoder.total_bytes() > DECODING_BYTES {
        return Err(TOO_LARGE.to_owned());
    }
    // A wrong orientation or colour profile is no reason to refuse the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().unwrap_or_default().filter(|profile| profile.len() <= PROFILE_BYTES);
    let image = plain(DynamicImage::from_decoder(decoder).map_err(undecodable)?);
    if animation.is_some() && u64::from(width) * u64::from(height) > STORED_PIXELS {
        return Err("An animation may have at most 8.3 megapixels".to_owned());
    }
    Ok(Source { image, orientation, profile, animation })
}

/// The cleaned bytes when the file is an animation. The reader stands at the beginning again afterwards.
fn animation(order: &Order, file: &mut BufReader<File>) -> Result<Option<Vec<u8>>, String> {
    if order.make != Make::Attachment {
        return Ok(None);
    }
    let clean: fn(&[u8]) -> animation::Cleaned = match order.format {
        Format::Gif => animation::gif,
        Format::Webp if WebPDecoder::new(&mut *file).map_err(undecodable)?.has_animation() => animation::webp,
        _ => {
            file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
            return Ok(None);
        }
    };
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let bytes = std::fs::read(&order.source).map_err(unreadable)?;
    let (clean, frames) = clean(&bytes)?;
    Ok((frames > 1).then_some(clean))
}

/// The picture with at most `pixels` pixels, never enlarged.
fn fitting(image: DynamicImage, pixels: u64) -> Result<DynamicImage, String> {
    let present = (image.width(), image.height());
    let (width, height) = within(present.0, present.1, pixels);
    if (width, height) == present { Ok(image) } else { scaled(&image, width, height) }
}

/// The picture in exactly this size, once it is turned upright; what stands out is cut off on both sides.
fn covering(image: &DynamicImage, width: u32, height: u32, turn: Orientation) -> Result<DynamicImage, String> {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    match turn {
        Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH => scaled(image, height, width),
        _ => scaled(image, width, height),
    }
}

fn scaled(image: &DynamicImage, width: u32, height: u32) -> Result<DynamicImage, String> {
    if image.color().has_alpha() {
        let source = image.as_rgba8().map_or_else(|| Cow::Owned(image.to_rgba8()), Cow::Borrowed);
        let mut target = RgbaImage::new(width, height);
        resample::<U8x4>(source.dimensions(), source.as_raw(), (width, height), &mut target)?;
        return Ok(DynamicImage::ImageRgba8(target));
    }
    let source = image.as_rgb8().map_or_else(|| Cow::Owned(image.to_rgb8()), Cow::Borrowed);
    let mut target = RgbImage::new(width, height);
    resample::<U8x3>(source.dimensions(), source.as_raw(), (width, height), &mut target)?;
    Ok(DynamicImage::ImageRgb8(target))
}

/// For the two kinds of pixels that we keep: code for all that the library knows would make the program 2 MB larger.
fn resample<P: PixelTrait>(from: (u32, u32), source: &[u8], to: (u32, u32), target: &mut [u8]) -> Result<(), String> {
    let unfit = |error: ImageBufferError| format!("The picture cannot be scaled: {error}");
    let source = TypedImageRef::<P>::from_buffer(from.0, from.1, source).map_err(unfit)?;
    let mut target = TypedImage::<P>::from_buffer(to.0, to.1, target).map_err(unfit)?;
    let options = ResizeOptions::new().fit_into_destination(Some((0.5, 0.5)));
    let done = Resizer::new().resize_typed(&source, &mut target, &options);
    done.map_err(|error| format!("The picture cannot be scaled: {error}"))
}

/// RGB, or RGBA when something really shines through.
fn plain(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return DynamicImage::ImageRgb8(image.into_rgb8());
    }
    let image = image.into_rgba8();
    if image.as_raw().iter().skip(3).step_by(4).all(|alpha| *alpha == u8::MAX) {
        DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(image).into_rgb8())
    } else {
        DynamicImage::ImageRgba8(image)
    }
}

/// The largest size of the same shape with at most `pixels` pixels; never larger than before, never empty.
fn within(width: u32, height: u32, pixels: u64) -> (u32, u32) {
    let present = u64::from(width) * u64::from(height);
    if present <= pixels {
        return (width, height);
    }
    let factor = (pixels as f64 / present as f64).sqrt();
    let side = |side: u32| ((f64::from(side) * factor).floor() as u32).max(1);
    let (wide, high) = (side(width), side(height));
    // A very long strip would otherwise stay above the limit, because its short side cannot shrink below one.
    let most = |other: u32| u32::try_from(pixels / u64::from(other)).unwrap_or(u32::MAX).max(1);
    (wide.min(most(high)), high.min(most(wide)))
}

/// Previews and profile pictures: JPEG, unless something shines through.
fn derived(image: &DynamicImage) -> Format {
    if image.color().has_alpha() { Format::Png } else { Format::Jpeg }
}

fn write(
    image: &DynamicImage,
    profile: &Option<Vec<u8>>,
    format: Format,
    quality: u8,
    path: &Path,
) -> Result<Shape, String> {
    let file = BufWriter::new(File::create(path).map_err(unwritable)?);
    match format {
        Format::Jpeg => encode(JpegEncoder::new_with_quality(file, quality), image, profile)?,
        Format::Png => encode(PngEncoder::new(file), image, profile)?,
        Format::Webp => encode(WebPEncoder::new_lossless(file), image, profile)?,
        _ => return Err("This format cannot be written".to_owned()),
    }
    Ok(Shape { format, width: image.width(), height: image.height() })
}

fn encode(mut encoder: impl ImageEncoder, image: &DynamicImage, profile: &Option<Vec<u8>>) -> Result<(), String> {
    if let Some(profile) = profile {
        // Where the format takes none, colours are a little off.
        let _ = encoder.set_icc_profile(profile.clone());
    }
    encoder
        .write_image(image.as_bytes(), image.width(), image.height(), image.color().into())
        .map_err(|error| format!("The picture cannot be stored: {error}"))
}

fn blurhash(image: &DynamicImage) -> Result<String, String> {
    let small = image.thumbnail(64, 64).into_rgba8();
    blurhash::encode(4, 4, small.width(), small.height(), small.as_raw())
        .map_err(|error| format!("The picture has no blurhash: {error}"))
}

fn of(format: Format) -> Result<ImageFormat, String> {
    Ok(match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Gif => ImageFormat::Gif,
        Format::Webp => ImageFormat::WebP,
        _ => return Err("This is no picture".to_owned()),
    })
}

const DAMAGED: &str = "The picture is damaged or incomplete";
const TOO_LARGE: &str = "The picture is too large; 33.2 megapixels are allowed, and neither side over 32,768";

fn undecodable(error: ImageError) -> String {
    match error {
        ImageError::Limits(_) => TOO_LARGE.to_owned(),
        _ => DAMAGED.to_owned(),
    }
}

fn unreadable(_: std::io::Error) -> String {
    "The picture cannot be read".to_owned()
}

fn unwritable(error: std::io::Error) -> String {
    format!("The picture cannot be stored: {error}")
}

#[cfg(test)]
mod tests {
    use image::{Rgb, Rgba};

    use super::super::probe;
    use super::*;

    fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.into().write_to(&mut bytes, format).expect("encodes");
        bytes.into_inner()
    }

    /// Red on the left, blue on the right.
    fn flag(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) })
    }

    fn see_through(width: u32, height: u32) -> RgbaImage {
        RgbaImage::from_fn(width, height, |x, y| Rgba([x as u8, y as u8, 0, if x < 3 { 0 } else { 255 }]))
    }

    /// Metadata that turns the picture by 90 degrees and tells where it was taken.
    fn with_exif(jpeg: &[u8]) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"35.6586N 139.7454E");
        let length = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
        [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat()
    }

    /// The same JPEG, said to be of another size.
    fn claiming(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
        let at = jpeg.windows(2).position(|marker| marker == b"\xff\xc0").expect("has a frame") + 5;
        let mut bytes = jpeg.to_vec();
        bytes[at..at + 2].copy_from_slice(&height.to_be_bytes());
        bytes[at + 2..at + 4].copy_from_slice(&width.to_be_bytes());
        bytes
    }

    /// The header of a PNG of this size, and a little of its data.
    fn png_header(width: u32, height: u32) -> Vec<u8> {
        let whole = encoded(flag(2, 2), ImageFormat::Png);
        let mut head = [&b"IHDR"[..], &width.to_be_bytes(), &height.to_be_bytes(), &whole[24..29]].concat();
        let sum = !head.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
        });
        head.extend_from_slice(&sum.to_be_bytes());
        [&whole[..12], &head, &whole[33..]].concat()
    }

    fn made(bytes: &[u8], make: Make) -> (Result<Made, String>, Vec<u8>, Vec<u8>) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("source"), bytes).expect("writes");
        let format = probe::sniff(bytes).expect("is a picture");
        let order = Order { source: path("source"), format, make, picture: path("picture"), preview: path("preview") };
        let made = super::make(&order);
        let read = |name| std::fs::read(path(name)).unwrap_or_default();
        (made, read("picture"), read("preview"))
    }

    #[test]
    fn a_photograph_is_turned_upright_and_forgets_where_it_was_taken() {
        let bytes = with_exif(&encoded(flag(1000, 500), ImageFormat::Jpeg));
        let (made, picture, preview) = made(&bytes, Make::Attachment);
        let made = made.expect("is fine");
        assert_eq!(made.picture, Shape { format: Format::Jpeg, width: 500, height: 1000 });
        assert_eq!(made.preview, Some(Shape { format: Format::Jpeg, width: 339, height: 678 }));
        assert_eq!(made.blurhash.map(|hash| hash.len()), Some(36));
        for file in [&picture, &preview] {
            assert!(!file.windows(4).any(|part| part == b"Exif" || part == b"139."));
        }
        // Turned clockwise, what was left is now above.
        let picture = image::load_from_memory(&picture).expect("decodes").into_rgb8();
        assert!(picture.get_pixel(250, 100).0[0] > 200 && picture.get_pixel(250, 900).0[2] > 200);
    }

    #[test]
    fn each_kind_becomes_what_browsers_and_servers_can_show() {
        let jpeg = ImageFormat::Jpeg;
        let (png, webp, gif) = (ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif);
        let clear = || see_through(20, 10);
        for (bytes, make, format, width, height) in [
            (encoded(flag(20, 10), png), Make::Attachment, Format::Png, 20, 10),
            (encoded(clear(), png), Make::Attachment, Format::Png, 20, 10),
            (encoded(flag(20, 10), webp), Make::Attachment, Format::Jpeg, 20, 10),
            (encoded(clear(), webp), Make::Attachment, Format::Webp, 20, 10),
            (encoded(clear(), gif), Make::Attachment, Format::Png, 20, 10),
            (encoded(flag(20, 10), jpeg), Make::Avatar, Format::Jpeg, 400, 400),
            (encoded(clear(), png), Make::Avatar, Format::Png, 400, 400),
            (encoded(flag(300, 900), png), Make::Header, Format::Jpeg, 1500, 500),
            (encoded(flag(700, 700), png), Make::Thumbnail, Format::Jpeg, 480, 480),
        ] {
            let (made, picture, _) = made(&bytes, make);
            assert_eq!(made.expect("is fine").picture, Shape { format, width, height });
            assert_eq!(probe::sniff(&picture), Some(format));
        }
    }

    #[test]
    fn bombs_and_fragments_are_refused_before_they_cost_anything() {
        let jpeg = encoded(flag(300, 200), ImageFormat::Jpeg);
        let png = encoded(flag(300, 200), ImageFormat::Png);
        for (bytes, reason) in [
            (png_header(50_000, 50_000), "too large"),
            (png_header(8_000, 8_000), "megapixels"),
            (png_header(0, 10), "damaged"),
            (claiming(&jpeg, 60_000, 60_000), "too large"),
            (claiming(&jpeg, 6_000, 6_000), "megapixels"),
            (b"GIF89a\xff\xff\xff\xff\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b".to_vec(), "too large"),
            (b"GIF89a\x01\0\x01\0\0\0\0\x3b".to_vec(), "damaged"),
            (png[..png.len() / 2].to_vec(), "damaged"),
            (jpeg[..40].to_vec(), "damaged"),
            (jpeg[..jpeg.len() / 2].to_vec(), "damaged"),
            (b"RIFF\x0c\0\0\0WEBPVP8 ".to_vec(), "damaged"),
            (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>".to_vec(), "damaged"),
        ] {
            let (made, ..) = made(&bytes, Make::Attachment);
            let refused = made.expect_err("is no good picture");
            assert!(refused.contains(reason), "{refused} ({reason})");
        }
    }

    #[test]
    fn an_animation_stays_one() {
        let mut bytes = Vec::new();
        {
            let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
            for shade in [0, 120, 240] {
                let frame = RgbaImage::from_pixel(30, 20, Rgba([shade, 0, 0, 255]));
                encoder.encode_frame(image::Frame::new(frame)).expect("encodes");
            }
        }
        bytes.extend_from_slice(b"<script>hidden</script>");
        let (made, picture, preview) = made(&bytes, Make::Attachment);
        let made = made.expect("is fine");
        assert_eq!(made.picture, Shape { format: Format::Gif, width: 30, height: 20 });
        assert_eq!(probe::sniff(&preview), Some(Format::Jpeg));
        assert!(!String::from_utf8_lossy(&picture).contains("script"));
        use image::AnimationDecoder;
        let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(picture)).expect("decodes");
        assert_eq!(decoder.into_frames().count(), 3);
    }

    #[test]
    fn scaling_never_exceeds_the_limit_and_never_empties_a_side() {
        assert_eq!(within(4000, 3000, STORED_PIXELS), (3325, 2494));
        for (width, height) in [(1, 1), (641, 360), (7680, 4320), (32_768, 1), (1, 32_768), (32_768, 1012)] {
            for pixels in [PREVIEW_PIXELS, 100] {
                let (to_width, to_height) = within(width, height, pixels);
                assert!(to_width > 0 && to_height > 0 && to_width <= width && to_height <= height);
                assert!(u64::from(to_width) * u64::from(to_height) <= pixels, "{width} x {height}");
            }
        }
    }
}
