//! The files of a post.

use serde_json::Value;

use super::{ids, read};

/// How many attachments are read.
pub(super) const MOST: usize = 16;
/// The longest description of an attachment, in characters.
const DESCRIPTION: usize = 10_000;

/// A file that belongs to a post.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attachment {
    /// Where the file is.
    pub url: String,
    /// Its media type, when known.
    pub media_type: Option<String>,
    /// What it shows: plain text, may be empty.
    pub name: String,
    /// Its colours, blurred. Spec: https://blurha.sh
    pub blurhash: Option<String>,
    /// In pixels.
    pub width: Option<u32>,
    /// In pixels.
    pub height: Option<u32>,
    /// What must stay visible when it is cropped: x and y from -1 to 1, y upwards.
    pub focal_point: Option<(f64, f64)>,
}

/// Whether a file of the post is marked as sensitive by itself, as Misskey does.
pub(super) fn is_sensitive(object: &Value) -> bool {
    read::objects(object, "attachment").into_iter().any(|file| read::flag(file, "sensitive") == Some(true))
}

/// The files of a post: the one that it is itself, for the kinds that are files, then those attached.
pub(super) fn attachments(object: &Value, kind: &str) -> Vec<Attachment> {
    let listed = read::objects(object, "attachment")
        .into_iter()
        .filter(|file| read::kind(file, &["Document", "Image", "Video", "Audio"]).is_some())
        .filter_map(attachment);
    let found: Vec<Attachment> = own_file(object, kind).into_iter().chain(listed).take(MOST).collect();
    // What a page or an article shows of itself elsewhere, it shows here, too.
    if found.is_empty() && matches!(kind, "Article" | "Page" | "Event") {
        return read::first(object, "image").and_then(picture).into_iter().collect();
    }
    found
}

/// A picture that is an address, a Link or an Image.
fn picture(image: &Value) -> Option<Attachment> {
    let mut found = match image {
        Value::String(address) => {
            ids::web_address(address)?;
            Attachment { url: address.clone(), ..Attachment::default() }
        }
        image => attachment(image)?,
    };
    let media_type = found.media_type.take().unwrap_or_else(|| pictured(&found.url).to_owned());
    Some(Attachment { media_type: Some(media_type), ..found })
}

/// What a picture probably is, by its name; what it really is shows when it is fetched.
fn pictured(address: &str) -> &'static str {
    let path = address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let known = [(".png", "image/png"), (".gif", "image/gif"), (".webp", "image/webp"), (".avif", "image/avif")];
    known.into_iter().find(|(end, _)| path.ends_with(end)).map_or("image/jpeg", |(_, media)| media)
}

fn attachment(file: &Value) -> Option<Attachment> {
    let links = read::links(file, "url");
    let (url, media_type) = *links.first().or(read::links(file, "href").first())?;
    // Owncast describes its pictures in `content`.
    let description = ["summary", "name", "content"].iter().find_map(|key| read::text(file, key));
    let media_type =
        read::string(file, "mediaType").or(media_type).filter(|media| media.len() <= 128 && media.contains('/'));
    // PieFed's and others' pictures do not say of which type they are.
    let media_type = media_type.or_else(|| read::kind(file, &["Image"]).map(|_| pictured(url)));
    Some(Attachment {
        url: url.to_owned(),
        media_type: media_type.map(str::to_ascii_lowercase),
        name: description.map(|text| read::at_most(&text.text, DESCRIPTION)).unwrap_or_default(),
        blurhash: read::string(file, "blurhash").filter(|hash| is_blurhash(hash)).map(str::to_owned),
        width: size(file, "width"),
        height: size(file, "height"),
        focal_point: focal_point(file),
    })
}

/// The file that a Video, Audio or Image is: for a film the largest up to 720 lines, else the smallest.
fn own_file(object: &Value, kind: &str) -> Option<Attachment> {
    let family = match kind {
        "Video" => "video/",
        "Audio" => "audio/",
        "Image" => "image/",
        _ => return None,
    };
    let mut links = read::objects(object, "url");
    // PeerTube hangs the playable files below the link to their playlist.
    let nested: Vec<&Value> = links.iter().flat_map(|link| read::objects(link, "tag")).collect();
    links.extend(nested);
    let playlist = links.iter().copied().find(|link| {
        family == "video/" && read::string(link, "mediaType").is_some_and(is_playlist) && has_address(link)
    });
    let file = links
        .into_iter()
        .filter(|link| read::string(link, "mediaType").is_some_and(|media| media.starts_with(family)))
        .filter(|link| has_address(link))
        .filter(|link| has_picture_and_sound(link))
        .max_by_key(|link| {
            let lines = i64::from(size(link, "height").unwrap_or(0));
            if lines <= 720 { lines } else { -lines }
        });
    let file = file.or(playlist)?;
    attachment(file).map(|found| Attachment { name: String::new(), ..found })
}

fn has_address(link: &Value) -> bool {
    read::string(link, "href").is_some_and(|address| ids::web_address(address).is_some())
}

/// HLS: better than nothing where there is no file to play.
fn is_playlist(media: &str) -> bool {
    matches!(media.to_ascii_lowercase().as_str(), "application/x-mpegurl" | "application/vnd.apple.mpegurl")
}

/// PeerTube lists the picture and the sound of a film as files of their own too, and says so in properties of the link.
fn has_picture_and_sound(link: &Value) -> bool {
    let properties = read::objects(link, "attachment");
    let codecs = properties.into_iter().filter(|property| read::string(property, "name") == Some("ffprobe_codec_type"));
    let codecs: Vec<_> = codecs.filter_map(|property| read::string(property, "value")).collect();
    codecs.is_empty() || (codecs.contains(&"video") && codecs.contains(&"audio"))
}

fn size(file: &Value, key: &str) -> Option<u32> {
    read::count(file, key).and_then(|pixels| u32::try_from(pixels).ok()).filter(|pixels| (1..=100_000).contains(pixels))
}

fn focal_point(file: &Value) -> Option<(f64, f64)> {
    match read::objects(file, "focalPoint").as_slice() {
        [x, y] => Some((x.as_f64()?.clamp(-1.0, 1.0), y.as_f64()?.clamp(-1.0, 1.0))),
        _ => None,
    }
}

/// Whether it is a blurhash of at most 5 by 5 components: its first digit says how many, which gives the length.
fn is_blurhash(hash: &str) -> bool {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
    let size = hash.bytes().next().and_then(|first| DIGITS.iter().position(|digit| *digit == first));
    size.is_some_and(|size| {
        let (x, y) = (size % 9 + 1, size / 9 + 1);
        x <= 5 && y <= 5 && hash.len() == 4 + 2 * x * y && hash.bytes().all(|byte| DIGITS.contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attachments_are_what_they_can_be() {
        let object = json!({"attachment": [
                {"type": "Document", "mediaType": "Image/PNG", "url": "https://b.example/1.png", "name": "a cat",
                 "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj", "width": 640, "height": 480.0, "focalPoint": [0.5, -7]},
                {"type": "Image", "url": [{"type": "Link", "mediaType": "image/webp", "href": "https://b.example/2.webp"}],
                 "summary": "a dog", "name": "2.webp", "blurhash": "short", "width": -1, "height": "tall", "focalPoint": [1]},
                {"type": "Document", "url": "file:///etc/passwd"},
                {"type": "Link", "href": "https://b.example/card"},
        ]});
        let cat = Attachment {
            url: "https://b.example/1.png".into(),
            media_type: Some("image/png".into()),
            name: "a cat".into(),
            blurhash: Some("LEHV6nWB2yk8pyo0adR*.7kCMdnj".into()),
            width: Some(640),
            height: Some(480),
            focal_point: Some((0.5, -1.0)),
        };
        let dog = Attachment {
            url: "https://b.example/2.webp".into(),
            media_type: Some("image/webp".into()),
            name: "a dog".into(),
            ..Attachment::default()
        };
        assert_eq!(attachments(&object, "Note"), [cat, dog]);
    }

    #[test]
    fn j7_of_the_files_of_a_film_the_playable_one_is_taken() {
        let file = |height: u32, codecs: &[&str]| {
            let codec = |value: &&str| json!({"type": "PropertyValue", "name": "ffprobe_codec_type", "value": value});
            json!({"type": "Link", "mediaType": "video/mp4", "href": format!("https://b.example/{height}.mp4"), "height": height,
                "attachment": codecs.iter().map(codec).collect::<Vec<_>>()})
        };
        for (files, expected) in [
            (json!([file(1080, &[]), file(480, &[]), file(720, &[])]), Some("https://b.example/720.mp4")),
            (json!([file(2160, &[]), file(1080, &[])]), Some("https://b.example/1080.mp4")),
            (json!([file(720, &["video"]), file(480, &["video", "audio"])]), Some("https://b.example/480.mp4")),
            (
                json!({"mediaType": "application/x-mpegURL", "href": "https://b.example/x", "tag": [file(480, &[])]}),
                Some("https://b.example/480.mp4"),
            ),
            (
                json!([{"mediaType": "text/html", "href": "https://b.example/page"},
                    {"mediaType": "application/x-mpegURL", "href": "https://b.example/list.m3u8"}]),
                Some("https://b.example/list.m3u8"),
            ),
            (json!("https://b.example/page"), None),
        ] {
            let found = attachments(&json!({"url": files}), "Video");
            assert_eq!(found.first().map(|file| file.url.as_str()), expected, "{files}");
        }
    }
}
