//! Where clients and browsers find pictures: always with us, never on another server.

use crate::config::Config;
use crate::store::accounts::Account;
use crate::store::media::Media;

/// The address of the profile picture; a neutral one when there is none.
pub fn avatar(config: &Config, account: &Account) -> String {
    address(config, account, account.avatar_file.as_deref(), account.avatar_remote_url.is_some(), "avatar")
}

/// The address of the picture above the profile; a neutral one when there is none.
pub fn header(config: &Config, account: &Account) -> String {
    address(config, account, account.header_file.as_deref(), account.header_remote_url.is_some(), "header")
}

/// The address of an attachment; `None` while it is nowhere.
pub fn original(config: &Config, media: &Media) -> Option<String> {
    attachment(config, media, media.file.as_deref(), "")
}

/// The address of an attachment's preview.
pub fn preview(config: &Config, media: &Media) -> Option<String> {
    attachment(config, media, media.thumbnail.as_deref(), "/small")
}

fn attachment(config: &Config, media: &Media, file: Option<&str>, small: &str) -> Option<String> {
    let ours = file.map(|file| format!("/media/{file}"));
    let path = ours.or_else(|| media.remote_url.as_ref().map(|_| format!("/media/remote/{}{small}", media.id)))?;
    Some(config.url(&path))
}

fn address(config: &Config, account: &Account, file: Option<&str>, remote: bool, kind: &str) -> String {
    let hidden = account.suspended_at.is_some();
    match file.filter(|file| !file.is_empty()) {
        Some(file) if !hidden => config.url(&format!("/media/{file}")),
        None if remote && !hidden => config.url(&format!("/media/{kind}/{}", account.id)),
        _ => config.url(&format!("/static/{kind}.png")),
    }
}
