//! Attachments.

use super::Base;
use crate::mastodon::entities::{self, Colors, Focus, Meta, Original, Size};
use crate::store::media::Media;

/// An attachment. `url` is null when there is neither a file nor an address to fetch it from.
pub fn attachment(base: &Base, row: &Media) -> entities::Attachment {
    let url = match (&row.file, &row.remote_url) {
        (Some(file), _) => Some(base.url(&format!("/media/{file}"))),
        (None, Some(_)) => Some(base.url(&format!("/media/remote/{}", row.id))),
        (None, None) => None,
    };
    let preview = match (&row.thumbnail, &row.remote_url) {
        (Some(file), _) => Some(base.url(&format!("/media/{file}"))),
        // A sound of others has no picture that we know of.
        (None, Some(_)) if row.kind == "audio" => None,
        (None, Some(_)) => Some(base.url(&format!("/media/remote/{}/small", row.id))),
        (None, None) => None,
    };
    entities::Attachment {
        id: row.id,
        kind: row.kind.clone(),
        url,
        preview_url: preview,
        remote_url: row.remote_url.clone(),
        preview_remote_url: None,
        text_url: None,
        meta: meta(row),
        description: row.description.clone(),
        blurhash: row.blurhash.clone(),
    }
}

fn meta(row: &Media) -> Option<Meta> {
    let whole = size(row.width, row.height);
    let details = row.details.as_ref();
    let original = (whole.is_some() || details.is_some()).then(|| Original {
        width: whole.as_ref().map(|size| size.width),
        height: whole.as_ref().map(|size| size.height),
        size: whole.as_ref().map(|size| size.size.clone()),
        aspect: whole.as_ref().map(|size| size.aspect),
        frame_rate: details.and_then(|details| details.frame_rate.clone()),
        duration: details.and_then(|details| details.duration),
        bitrate: details.and_then(|details| details.bitrate),
    });
    let colors = details.and_then(|details| details.colors.clone());
    let meta = Meta {
        focus: row.focus.map(|(x, y)| Focus { x, y }),
        original,
        small: size(row.small_width, row.small_height).or(whole),
        colors: colors.map(|[background, foreground, accent]| Colors { background, foreground, accent }),
    };
    (meta.focus.is_some() || meta.original.is_some() || meta.small.is_some()).then_some(meta)
}

fn size(width: Option<i64>, height: Option<i64>) -> Option<Size> {
    let (width, height) = (width?, height.filter(|height| *height > 0)?);
    Some(Size { width, height, size: format!("{width}x{height}"), aspect: width as f64 / height as f64 })
}
