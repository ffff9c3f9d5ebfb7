//! People and posts as pages and feeds show them: what a stranger may see, whoever looks.

use crate::actions::picture;
use crate::clock::Time;
use crate::config::Config;
use crate::error::Result;
use crate::store::accounts::{self, Account};
use crate::store::media::{self, Media};
use crate::store::quotes;
use crate::store::statuses::{self, Status};
use crate::store::{Connection, polls, tags};

/// Somebody, as a page shows them.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) acct: String,
    pub(super) url: String,
    pub(super) uri: String,
    pub(super) avatar: String,
    pub(super) avatar_description: String,
}

/// A post, as a page shows it.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) author: Person,
    pub(super) url: String,
    pub(super) uri: String,
    pub(super) content: String,
    /// The same without markup.
    pub(super) text: String,
    pub(super) spoiler: String,
    pub(super) sensitive: bool,
    pub(super) language: Option<String>,
    pub(super) at: Time,
    pub(super) edited: Option<Time>,
    /// The address of what it answers.
    pub(super) parent: Option<String>,
    /// The address of what it quotes, if the quote counts.
    pub(super) quoted: Option<String>,
    pub(super) poll: Option<Poll>,
    /// Hashtags without `#`: as they are written, and where their page is.
    pub(super) tags: Vec<(String, String)>,
    pub(super) pictures: Vec<Picture>,
    pub(super) replies: i64,
    pub(super) reblogs: i64,
    pub(super) favourites: i64,
}

/// Something attached to a post.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) url: String,
    pub(super) preview: String,
    pub(super) description: String,
    pub(super) is_image: bool,
    pub(super) size: Option<(i64, i64)>,
    /// The media type and the bytes, as far as they are known.
    pub(super) mime: String,
    pub(super) bytes: i64,
}

/// What people are asked.
#[derive(Debug)]
pub(super) struct Poll {
    /// Each answer with its votes; none while they are hidden.
    pub(super) options: Vec<(String, Option<i64>)>,
    pub(super) votes: i64,
    pub(super) ends: Option<Time>,
}

impl Poll {
    /// The end of the scale that answers are drawn on.
    pub(super) fn most(&self) -> i64 {
        self.votes.max(1)
    }
}

/// `account`, shown.
pub(super) fn person(config: &Config, account: &Account) -> Person {
    let name = if account.display_name.trim().is_empty() { &account.username } else { &account.display_name };
    let domain = account.domain.as_ref().unwrap_or(&config.handle_domain);
    Person {
        name: name.clone(),
        acct: format!("@{}@{domain}", account.username),
        url: if is_web(&account.url) { account.url.clone() } else { account.uri.clone() },
        uri: account.uri.clone(),
        avatar: picture::avatar(config, account),
        avatar_description: account.avatar_description.clone(),
    }
}

/// `status` of whoever wrote it; `None`: they are gone.
pub(super) fn post_of_anybody(db: &Connection, config: &Config, status: Status) -> Result<Option<Post>> {
    let author = accounts::by_id(db, status.account_id)?.filter(|author| author.suspended_at.is_none());
    author.map(|author| post(db, config, &author, status)).transpose()
}

/// All of these that anybody may read and whose authors are here, in the same order.
pub(super) fn open_posts(db: &Connection, config: &Config, rows: Vec<Status>) -> Result<Vec<Post>> {
    let open = rows.into_iter().filter(Status::is_open);
    open.filter_map(|status| post_of_anybody(db, config, status).transpose()).collect()
}

/// `status` of `author`, shown.
pub(super) fn post(db: &Connection, config: &Config, author: &Account, status: Status) -> Result<Post> {
    let pictures = media::of_status(db, status.id)?.iter().filter_map(|media| attached(config, media)).collect();
    let address = |status: Status| status.url.unwrap_or(status.uri);
    let parent = status.in_reply_to_id.map_or(Ok(None), |parent| statuses::by_id(db, parent))?;
    let quote = quotes::of(db, status.id)?.filter(|quote| quote.state == quotes::State::Accepted);
    let quoted = quote.and_then(|quote| quote.quoted_id).map_or(Ok(None), |id| statuses::by_id(db, id))?;
    let poll = polls::of_status(db, status.id)?;
    let found = tags::of(db, status.id)?.into_iter();
    Ok(Post {
        author: person(config, author),
        url: status.url.filter(|url| is_web(url)).unwrap_or_else(|| status.uri.clone()),
        uri: status.uri,
        content: status.content,
        text: status.text,
        spoiler: status.spoiler_text,
        sensitive: status.sensitive,
        language: status.language,
        at: status.created_at,
        edited: status.edited_at,
        parent: parent.filter(Status::is_open).map(address).or(status.in_reply_to_uri).filter(|url| is_web(url)),
        quoted: quoted.filter(Status::is_open).map(address).filter(|url| is_web(url)),
        poll: poll.map(asked),
        tags: found.map(|tag| (config.url(&format!("/tags/{}", tag.name)), tag.display_name)).map(turned).collect(),
        pictures,
        replies: status.replies_count,
        reblogs: status.reblogs_count,
        favourites: status.favourites_count,
    })
}

fn turned<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

fn asked(poll: polls::Poll) -> Poll {
    let votes = poll.options.iter().map(|option| option.votes).sum();
    let hidden = poll.hide_totals && !poll.ended;
    let options = poll.options.into_iter().map(|option| (option.title, (!hidden).then_some(option.votes)));
    Poll { options: options.collect(), votes, ends: poll.expires_at }
}

fn attached(config: &Config, media: &Media) -> Option<Picture> {
    let url = picture::original(config, media)?;
    Some(Picture {
        preview: picture::preview(config, media).unwrap_or_else(|| url.clone()),
        mime: media.mime.clone(),
        url,
        description: media.description.clone().unwrap_or_default(),
        is_image: media.kind == "image",
        size: media.small_width.zip(media.small_height),
        bytes: media.size.unwrap_or(0),
    })
}

/// Whether a browser may be sent there.
pub(super) fn is_web(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// At most `most` characters, on one line.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(most) {
        None => words,
        Some((at, _)) => format!("{}…", words[..at].trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_cut_between_characters() {
        for (text, most, expected) in
            [("short", 10, "short"), ("a\n\n b", 10, "a b"), ("長屋の暮らし", 2, "長屋…"), ("one two", 4, "one…")]
        {
            assert_eq!(shorten(text, most), expected);
        }
    }

    #[test]
    fn nobody_is_sent_to_a_script() {
        for (address, is) in [
            ("https://a.example/", true),
            ("http://a.example", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("/here", false),
        ] {
            assert_eq!(is_web(address), is, "{address}");
        }
    }
}
