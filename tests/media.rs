//! Pictures through the real child process.

use std::path::Path;

use nagaya::clock::Clock;
use nagaya::config::Tools;
use nagaya::error::Error;
use nagaya::media::{Format, Media, Options, Place, Sort};
use nagaya::random::Random;

fn media(folder: &Path, program: &str) -> Media {
    let options = Options {
        data: folder.to_owned(),
        program: program.into(),
        in_process: false,
        random: Random::default(),
        clock: Clock::default(),
        tools: Tools::installed(),
        bucket: None,
    };
    Media::start(options).expect("the media folder opens")
}

#[tokio::test]
async fn the_child_makes_pictures_and_refuses_bombs_with_a_reason() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let media = media(folder.path(), env!("CARGO_BIN_EXE_nagaya"));
    let upload = folder.path().join("upload");
    image::RgbImage::new(800, 600).save_with_format(&upload, image::ImageFormat::Jpeg).expect("saves");
    let picture = media.picture(&upload).await.expect("is a picture");
    assert_eq!((picture.format, picture.width, picture.height), (Format::Jpeg, 800, 600));
    for name in [&picture.file, &picture.thumbnail] {
        assert!(matches!(media.locate(name).expect("is ours").0, Place::Here(path) if path.exists()));
    }
    // The same JPEG, claiming to have 60,000 x 60,000 pixels.
    let mut bytes = std::fs::read(&upload).expect("reads");
    let frame = bytes.windows(2).position(|marker| marker == b"\xff\xc0").expect("has a frame") + 5;
    bytes[frame..frame + 4].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    std::fs::write(&upload, &bytes).expect("writes");
    let refused = media.picture(&upload).await.expect_err("is a bomb");
    assert!(matches!(&refused, Error::Invalid { why, .. } if why.contains("too large")), "{refused}");
}

#[tokio::test]
async fn a_child_that_dies_refuses_the_picture_and_a_missing_program_is_our_fault() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let upload = folder.path().join("upload");
    image::RgbImage::new(8, 6).save_with_format(&upload, image::ImageFormat::Png).expect("saves");
    let died = media(folder.path(), "/bin/false").picture(&upload).await.expect_err("nothing came back");
    assert!(matches!(died, Error::Invalid { .. }), "{died}");
    let missing = media(folder.path(), "/no/such/program").picture(&upload).await.expect_err("cannot start");
    assert!(matches!(missing, Error::Io { .. }), "{missing}");
}

#[tokio::test]
async fn ffmpeg_works_within_the_limits_of_the_child() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let media = media(folder.path(), env!("CARGO_BIN_EXE_nagaya"));
    let upload = folder.path().join("upload");
    // A sound of one second, silence in 8 bits, which needs no program to make.
    let mut wave =
        b"RIFF\x64\x1f\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x40\x1f\0\0".to_vec();
    wave.resize(wave.len() + 8000, 0x80);
    std::fs::write(&upload, &wave).expect("writes");
    let sort = media.inspect(&upload).await;
    if !media.plays_films() {
        let refused = sort.expect_err("nobody can read it").to_string();
        assert!(refused.contains("install ffmpeg"), "{refused}");
        return;
    }
    assert_eq!(sort.expect("is a sound"), Sort::Reel { kind: "audio", mime: "audio/mpeg" });
    let name = media.wait(&upload).await.expect("waits");
    assert!(!upload.exists());
    let made = media.finish(&name).await.expect("is made");
    assert!(made.details.duration.is_some_and(|seconds| (0.9..1.2).contains(&seconds)), "{made:?}");
    let (Place::Here(path), format) = media.locate(&made.file).expect("is ours") else { panic!("no file") };
    assert_eq!((format, std::fs::read(path).expect("reads").len() as i64), (Format::Mp3, made.size));
}
