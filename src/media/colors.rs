//! Three colours that go with a picture, for players of sound: background, foreground and accent.

use image::DynamicImage;

/// `#rrggbb` each: what the edges look like, black or white to be read on it, and the liveliest colour.
pub(super) fn of(image: &DynamicImage) -> [String; 3] {
    let small = image.thumbnail(32, 32).into_rgb8();
    let (width, height) = small.dimensions();
    let (mut sum, mut count) = ([0_u32; 3], 0);
    let (mut accent, mut liveliest) = ([0; 3], -1_i32);
    for (x, y, pixel) in small.enumerate_pixels() {
        if x == 0 || y == 0 || x + 1 == width || y + 1 == height {
            for (sum, part) in sum.iter_mut().zip(pixel.0) {
                *sum += u32::from(part);
            }
            count += 1;
        }
        let most = pixel.0.iter().max().copied().unwrap_or_default();
        let least = pixel.0.iter().min().copied().unwrap_or_default();
        let lively = i32::from(most) - i32::from(least);
        if lively > liveliest {
            (accent, liveliest) = (pixel.0, lively);
        }
    }
    let background = sum.map(|sum| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX));
    // Spec: ITU-R BT.601, luma.
    let light = u32::from(background[0]) * 299 + u32::from(background[1]) * 587 + u32::from(background[2]) * 114;
    let foreground = if light > 140_000 { [0; 3] } else { [255; 3] };
    [background, foreground, accent].map(|color| format!("#{}", hex::encode(color)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_on_the_background() {
        let dark = image::RgbImage::from_fn(64, 64, |x, y| {
            image::Rgb(if (20..44).contains(&x) && (20..44).contains(&y) { [255, 0, 0] } else { [10, 10, 40] })
        });
        assert_eq!(of(&dark.into()), ["#0a0a28", "#ffffff", "#ff0000"]);
        assert_eq!(of(&image::RgbImage::from_pixel(1, 1, image::Rgb([250; 3])).into())[1], "#000000");
    }
}
