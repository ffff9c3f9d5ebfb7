//! Mail to people: what it says, in their language, put into the queue in the deed's own transaction.
//!
//! Without a mail server in the configuration nothing is queued, and the callers find another way. Mail that anybody can
//! ask for in somebody's name is limited by address: one in two minutes, five in half an hour.

use std::time::Duration;

use askama::Template;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::mails::{self, NewMail};
use crate::store::users::User;
use crate::store::{Tx, accounts, settings};
use crate::text::locale::Lang;

/// How soon the same kind of mail may be asked for again.
const AGAIN: Duration = Duration::from_secs(2 * 60);
/// How long …
const WHILE: Duration = Duration::from_secs(30 * 60);
/// … and how many of a kind then.
const MOST: i64 = 5;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Confirm the address you signed up with.
    Confirm {
        /// Where.
        link: String,
    },
    /// Confirm your new address; goes to that address.
    ChangeAddress {
        /// Where.
        link: String,
        /// The new address.
        address: String,
    },
    /// Your address was changed; goes to the old one.
    AddressChanged {
        /// The new address.
        address: String,
    },
    /// Set a new password.
    Reset {
        /// Where.
        link: String,
    },
    /// Your password was changed.
    PasswordChanged,
    /// You are in.
    Approved,
    /// You are not.
    Rejected,
    /// Your account was deleted, as you asked.
    Deleted,
    /// What a moderator or a deed has to say in its own words.
    Notice {
        /// One line.
        subject: String,
        /// Plain text each.
        paragraphs: Vec<String>,
        /// Where to read more.
        link: Option<String>,
    },
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    lang: Lang,
    said: &'a Said,
    footer: &'a str,
}

/// A message in words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    subject: String,
    /// The greeting first.
    paragraphs: Vec<String>,
    /// What the button says, and where it leads.
    link: Option<(&'static str, String)>,
}

/// Whether mail can be sent at all.
pub fn is_configured(app: &App) -> bool {
    app.config.mail.is_some()
}

/// Queues `message` for `user`, in their language; `false` when no mail is sent: none is configured, or too much was
/// asked for. Ring `app.mails_waiting` after the commit (`Announcements::mails` does).
pub fn queue(tx: &Tx, app: &App, user: &User, message: Message) -> Result<bool> {
    if !is_configured(app) {
        return Ok(false);
    }
    let now = app.clock.now();
    let kind = message.kind();
    let recipient = match &message {
        Message::ChangeAddress { address, .. } => address.clone(),
        _ => user.email.clone(),
    };
    if kind != "notice" {
        let asked = |window| mails::count_for(tx, &recipient, kind, now.minus(window));
        if asked(AGAIN)? > 0 || asked(WHILE)? >= MOST {
            return Ok(false);
        }
        mails::withdraw(tx, user.account_id, kind)?;
    }
    let name = accounts::by_id(tx, user.account_id)?.ok_or(Error::NotFound("account"))?.username;
    let title = settings::get(tx, "title")?.filter(|title| !title.trim().is_empty());
    let server = title.unwrap_or_else(|| app.config.domain.clone());
    let lang = Lang::find(&user.locale).unwrap_or_default();
    // Somebody who is being turned away will be no user any more when the mail leaves.
    let stays = !matches!(message, Message::Rejected | Message::Deleted);
    let priority = message.priority();
    let said = message.say(lang, &server, &name);
    let footer = lang.fill("mail.footer", &[("server", &server), ("url", &app.config.url("/"))]);
    let html = Html { lang, said: &said, footer: &footer }.render();
    let mail = NewMail {
        account_id: stays.then_some(user.account_id),
        recipient,
        kind,
        priority,
        body: said.text(&footer),
        subject: said.subject,
        html: html.map_err(|error| Error::Bug(error.to_string()))?,
        created_at: now,
    };
    mails::enqueue(tx, &mail)?;
    Ok(true)
}

/// How much may be sent, as settings; each is a number of mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Pace {
    pub per_minute: i64,
    pub per_hour: i64,
    pub per_day: i64,
}

/// The settings `mail_per_minute` (default 5), `mail_per_hour` (30) and `mail_per_day` (200).
pub fn pace(db: &crate::store::Connection) -> Result<Pace> {
    let number = |key: &str, default: i64| -> Result<i64> {
        let set = settings::get(db, key)?.and_then(|text| text.trim().parse().ok());
        Ok(set.filter(|number: &i64| *number > 0).unwrap_or(default))
    };
    Ok(Pace {
        per_minute: number("mail_per_minute", 5)?,
        per_hour: number("mail_per_hour", 30)?,
        per_day: number("mail_per_day", 200)?,
    })
}

/// How long to wait before the next mail, when these many left in the last minute, hour and day, the first of them then.
pub fn rest(pace: Pace, sent: [(i64, Option<Time>); 3], now: Time) -> Option<Duration> {
    let windows = [(pace.per_minute, 60), (pace.per_hour, 3_600), (pace.per_day, 86_400)];
    let waits = windows.into_iter().zip(sent).filter_map(|((most, seconds), (count, first))| {
        let window = Duration::from_secs(seconds);
        (count >= most).then(|| window.saturating_sub(now.since(first.unwrap_or(now))).max(Duration::from_millis(100)))
    });
    waits.max()
}

impl Message {
    fn kind(&self) -> &'static str {
        match self {
            Self::Confirm { .. } | Self::ChangeAddress { .. } => "confirm",
            Self::Reset { .. } => "reset",
            _ => "notice",
        }
    }

    /// Security first, then those who wait at the door.
    fn priority(&self) -> i64 {
        match self {
            Self::Reset { .. } | Self::PasswordChanged | Self::AddressChanged { .. } => 0,
            Self::Confirm { .. } | Self::ChangeAddress { .. } => 1,
            _ => 2,
        }
    }

    fn say(self, lang: Lang, server: &str, name: &str) -> Said {
        let gaps = [("server", server), ("name", name)];
        let say = |subject: &'static str, text: &'static str, more: Option<&'static str>| {
            let texts = [text].into_iter().chain(more).map(|key| lang.fill(key, &gaps));
            let greeting = lang.fill("mail.hello", &gaps);
            Said {
                subject: lang.fill(subject, &gaps),
                paragraphs: std::iter::once(greeting).chain(texts).collect(),
                link: None,
            }
        };
        let with = |said: Said, label: &'static str, link: String| Said { link: Some((lang.t(label), link)), ..said };
        match self {
            Self::Confirm { link } => {
                with(say("mail.confirm.subject", "mail.confirm.text", Some("mail.not_you")), "mail.confirm.link", link)
            }
            Self::ChangeAddress { link, .. } => {
                with(say("mail.address.subject", "mail.address.text", Some("mail.not_you")), "mail.confirm.link", link)
            }
            Self::AddressChanged { address } => {
                let mut said = say("mail.changed.subject", "mail.changed.text", Some("mail.not_you_turn"));
                said.paragraphs.insert(2, address);
                said
            }
            Self::Reset { link } => {
                with(say("mail.reset.subject", "mail.reset.text", Some("mail.not_you")), "mail.reset.link", link)
            }
            Self::PasswordChanged => say("mail.password.subject", "mail.password.text", Some("mail.not_you_turn")),
            Self::Approved => say("mail.approved.subject", "mail.approved.text", None),
            Self::Rejected => say("mail.rejected.subject", "mail.rejected.text", None),
            Self::Deleted => say("mail.deleted.subject", "mail.deleted.text", None),
            Self::Notice { subject, paragraphs, link } => Said {
                subject: subject.replace(['\r', '\n'], " "),
                paragraphs: std::iter::once(lang.fill("mail.hello", &gaps)).chain(paragraphs).collect(),
                link: link.map(|link| (lang.t("mail.more"), link)),
            },
        }
    }
}

impl Said {
    fn text(&self, footer: &str) -> String {
        let link = self.link.iter().map(|(label, link)| format!("{label}:\n{link}"));
        let signature = format!("-- \n{footer}\n");
        let mut parts: Vec<String> = self.paragraphs.clone();
        // The link follows what it is about; the last paragraph says what to do when it is not.
        let place = if parts.len() > 2 { parts.len() - 1 } else { parts.len() };
        parts.splice(place..place, link);
        parts.push(signature);
        parts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_said_in_both_languages() {
        let link = "https://here.example/auth/reset?token=abc".to_owned();
        let all = [
            Message::Confirm { link: link.clone() },
            Message::ChangeAddress { link: link.clone(), address: "new@mail.example".into() },
            Message::AddressChanged { address: "new@mail.example".into() },
            Message::Reset { link: link.clone() },
            Message::PasswordChanged,
            Message::Approved,
            Message::Rejected,
            Message::Deleted,
            Message::Notice { subject: "a\nb".into(), paragraphs: vec!["<b>x</b>".into()], link: Some(link.clone()) },
        ];
        for lang in Lang::all() {
            for message in all.clone() {
                let has_link = format!("{message:?}").contains("auth/reset");
                let said = message.say(lang, "Our house", "alice");
                assert!(!said.subject.contains(['\n', '{']) && !said.subject.starts_with("mail."), "{said:?}");
                let text = said.text("footer");
                assert_eq!(text.contains(&link), has_link, "{text}");
                assert!(text.contains("alice") && !text.lines().any(|line| line.starts_with("mail.")), "{text}");
                let html = Html { lang, said: &said, footer: "footer" }.render().expect("renders");
                assert!(!html.contains("<b>") && html.contains("alice"), "{html}");
            }
        }
    }

    #[test]
    fn the_pace_is_kept_in_every_window() {
        let pace = Pace { per_minute: 2, per_hour: 3, per_day: 10 };
        let now = Time(100_000_000);
        let ago = |seconds: u64| Some(now.minus(Duration::from_secs(seconds)));
        for (sent, expected) in [
            ([(0, None), (0, None), (0, None)], None),
            ([(1, ago(50)), (1, ago(50)), (1, ago(50))], None),
            ([(2, ago(50)), (2, ago(50)), (2, ago(50))], Some(10)),
            ([(2, ago(50)), (3, ago(600)), (3, ago(600))], Some(3000)),
            ([(0, None), (0, None), (10, ago(80_000))], Some(6_400)),
        ] {
            assert_eq!(rest(pace, sent, now), expected.map(Duration::from_secs), "{sent:?}");
        }
    }
}
