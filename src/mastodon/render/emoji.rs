//! Custom emoji: those that stand in the texts of a page, found by one query.

use std::collections::{HashMap, HashSet};

use super::Base;
use crate::error::Result;
use crate::mastodon::entities;
use crate::store::Connection;
use crate::store::custom_emojis::{self, CustomEmoji};
use crate::text::shortcodes;

/// The emoji of a page, by the domain of their server (ours: empty) and by name.
#[derive(Debug, Default)]
pub(super) struct Emojis(HashMap<String, HashMap<String, entities::CustomEmoji>>);

impl Emojis {
    /// Those that stand in `texts`, each with the domain of its author (`None`: ours). Without any name in them nothing
    /// is asked.
    pub fn load<'t>(
        db: &Connection,
        base: &Base,
        texts: impl IntoIterator<Item = (Option<&'t str>, &'t str)>,
    ) -> Result<Self> {
        let mut wanted: HashSet<(&str, Option<&str>)> = HashSet::new();
        for (domain, text) in texts {
            wanted.extend(shortcodes::find(text).into_iter().map(|name| (name, domain)));
        }
        let mut all = Self::default();
        for row in custom_emojis::among(db, &wanted)? {
            let of_domain = all.0.entry(row.domain.clone().unwrap_or_default()).or_default();
            of_domain.insert(row.shortcode.clone(), custom_emoji(base, &row));
        }
        Ok(all)
    }

    /// Those that stand in the texts of one author, each once, in order.
    pub fn of<'t>(&self, domain: Option<&str>, texts: impl IntoIterator<Item = &'t str>) -> Vec<entities::CustomEmoji> {
        let Some(known) = self.0.get(domain.unwrap_or_default()) else { return Vec::new() };
        let mut found: Vec<entities::CustomEmoji> = Vec::new();
        for name in texts.into_iter().flat_map(shortcodes::find) {
            if let Some(emoji) = known.get(name)
                && !found.contains(emoji)
            {
                found.push(emoji.clone());
            }
        }
        found
    }
}

/// A custom emoji, with addresses of ours.
pub fn custom_emoji(base: &Base, row: &CustomEmoji) -> entities::CustomEmoji {
    let (url, static_url) = pictures(base, row);
    entities::CustomEmoji {
        shortcode: row.shortcode.clone(),
        url,
        static_url,
        visible_in_picker: row.visible_in_picker && row.domain.is_none(),
        category: row.category.clone(),
    }
}

/// A custom emoji as staff see it.
pub fn admin_emoji(base: &Base, row: &CustomEmoji) -> entities::AdminEmoji {
    entities::AdminEmoji {
        id: row.id,
        disabled: row.disabled,
        updated_at: row.updated_at.rfc3339(),
        emoji: custom_emoji(base, row),
    }
}

/// A custom emoji of another server as staff see it.
pub fn remote_emoji(base: &Base, row: CustomEmoji, taken: bool) -> entities::AdminRemoteEmoji {
    let (url, static_url) = pictures(base, &row);
    let domain = row.domain.unwrap_or_default();
    entities::AdminRemoteEmoji { id: row.id, shortcode: row.shortcode, domain, url, static_url, taken }
}

/// Where the emoji and its still picture are.
pub(super) fn pictures(base: &Base, row: &CustomEmoji) -> (String, String) {
    let at = |file: &Option<String>, end: &str| match file {
        Some(file) => base.url(&format!("/media/{file}")),
        None => base.url(&format!("/media/emoji/{}{end}", row.id)),
    };
    (at(&row.file, ""), at(&row.static_file, "/static"))
}
