//! Attachments.

use super::Base;
use crate::mastodon::entities::{self, Focus, Meta, Size};
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
    let original = size(row.width, row.height);
    let small = size(row.small_width, row.small_height).or_else(|| original.clone());
    let focus = row.focus.map(|(x, y)| Focus { x, y });
    (focus.is_some() || original.is_some() || small.is_some()).then_some(Meta { focus, original, small })
}

fn size(width: Option<i64>, height: Option<i64>) -> Option<Size> {
    let (width, height) = (width?, height.filter(|height| *height > 0)?);
    Some(Size { width, height, size: format!("{width}x{height}"), aspect: width as f64 / height as f64 })
}
