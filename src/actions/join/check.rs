//! What a newcomer says, checked field by field; all that is wrong at once, with Mastodon's codes.

use std::net::{IpAddr, Ipv4Addr};

use super::mode::{Registrations, registrations};
use crate::actions::account::RESERVED;
use crate::actions::gate::{self, SignUp};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::{Connection, accounts, invites, users};
use crate::text::locale::Lang;

/// The longest user name, in characters.
const NAME: usize = 30;
/// The shortest and the longest password, in characters.
const PASSWORD: (usize, usize) = (8, 128);
/// The longest reason, in characters.
const REASON: usize = 2_000;

/// What somebody who wants to join says.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Application {
    pub username: String,
    pub email: String,
    pub password: String,
    pub agreement: bool,
    pub locale: String,
    pub reason: String,
    pub invite_code: Option<String>,
    /// `YYYY-MM-DD`; asked for only where there is a minimum age, and not kept.
    pub date_of_birth: Option<String>,
}

impl Application {
    /// The language to write to them in: the one they named, if we speak it, or else English.
    pub fn lang(&self) -> Lang {
        Lang::find(&self.locale).unwrap_or_default()
    }
}

/// One thing that is wrong with an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The parameter.
    pub field: &'static str,
    /// Mastodon's code, such as `ERR_TAKEN`.
    pub code: &'static str,
    /// The rest of a sentence that begins with the field's name.
    pub why: String,
}

/// What follows for somebody whose application is in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Screening {
    /// Whether a moderator must say yes.
    pub needs_approval: bool,
}

/// What the operator thinks of an address before anything is sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against it.
    Fine,
    /// A moderator shall look at it.
    NeedsApproval,
    /// Not here.
    Blocked,
}

/// Judges an e-mail address, and where its owner comes from, by what moderators blocked and by the setting
/// `blocked_email_domains` (names separated by spaces; their subdomains too). 403 for a blocked network.
pub fn screen(db: &Connection, from: Option<IpAddr>, email: &str, now: Time) -> Result<Verdict> {
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain).trim().to_lowercase();
    let blocked = crate::store::settings::get(db, "blocked_email_domains")?.unwrap_or_default().to_lowercase();
    let hit = blocked
        .split([' ', ',', '\n'])
        .filter(|name| !name.is_empty())
        .any(|name| domain == name || domain.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')));
    if hit {
        return Ok(Verdict::Blocked);
    }
    // Where it is not known, nothing speaks against it.
    let from = from.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    match gate::sign_up_allowed(db, from, email, now)? {
        SignUp::Allowed => Ok(Verdict::Fine),
        SignUp::NeedsApproval => Ok(Verdict::NeedsApproval),
        SignUp::EmailBlocked => Ok(Verdict::Blocked),
        SignUp::AddressBlocked => Err(Error::Forbidden("This action is not allowed".into())),
    }
}

/// Judges an application as things stand; 403 when the door is closed to it altogether.
pub(super) fn check(
    db: &Connection,
    said: &Application,
    from: Option<IpAddr>,
    now: Time,
) -> Result<Result<Screening, Vec<Flaw>>> {
    let door = registrations(db)?;
    let invite = match &said.invite_code {
        Some(code) => Some(invites::by_code(db, code)?.filter(|invite| invite.is_open(now))),
        None => None,
    };
    // Closed is closed: old invites do not open it either.
    if door.mode == super::Mode::Closed || (!door.mode.is_public() && invite.is_none()) {
        return Err(Error::Forbidden("This action is not allowed".into()));
    }
    let verdict = screen(db, from, &said.email, now)?;
    let invited = matches!(invite, Some(Some(_)));
    let needs_approval = verdict == Verdict::NeedsApproval || (door.mode == super::Mode::Approval && !invited);
    let mut flaws = Flaws::default();
    name(db, &mut flaws, said.username.trim())?;
    address(db, &mut flaws, said.email.trim(), verdict)?;
    password(&mut flaws, &said.password);
    if !said.agreement {
        flaws.add("agreement", "ERR_ACCEPTED", "must be accepted");
    }
    let reason = said.reason.trim();
    if needs_approval && door.reason_required && reason.is_empty() {
        flaws.add("reason", "ERR_BLANK", "can't be blank");
    }
    if reason.chars().count() > REASON {
        flaws.add("reason", "ERR_TOO_LONG", format!("is too long (maximum is {REASON} characters)"));
    }
    if invite == Some(None) {
        flaws.add("invite_code", "ERR_INVALID", "is unknown, used up or has run out");
    }
    age(&mut flaws, &door, said.date_of_birth.as_deref(), now);
    Ok(if flaws.0.is_empty() { Ok(Screening { needs_approval }) } else { Err(flaws.0) })
}

/// What is wrong with a new password, in Mastodon's words.
pub(in crate::actions) fn password_flaw(password: &str) -> Option<(&'static str, String)> {
    let (shortest, longest) = PASSWORD;
    let length = password.chars().count();
    if password.is_empty() {
        Some(("ERR_BLANK", "can't be blank".into()))
    } else if length < shortest {
        Some(("ERR_TOO_SHORT", format!("is too short (minimum is {shortest} characters)")))
    } else if length > longest {
        Some(("ERR_TOO_LONG", format!("is too long (maximum is {longest} characters)")))
    } else {
        None
    }
}

/// Whether mail can be addressed to `email`: one `@`, a name with a dot behind it, nothing that breaks a header.
pub(in crate::actions) fn is_address(email: &str) -> bool {
    let plain = email
        .chars()
        .all(|letter| !letter.is_whitespace() && !letter.is_control() && !"<>,;:\"()[]\\".contains(letter));
    let parts = email.split_once('@').filter(|(user, host)| {
        !user.is_empty()
            && host.contains('.')
            && !host.contains("..")
            && !host.starts_with(['.', '-'])
            && !host.ends_with(['.', '-'])
            && host.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-'))
    });
    plain && email.len() <= 254 && parts.is_some()
}

#[derive(Default)]
struct Flaws(Vec<Flaw>);

impl Flaws {
    fn add(&mut self, field: &'static str, code: &'static str, why: impl Into<String>) {
        self.0.push(Flaw { field, code, why: why.into() });
    }
}

fn name(db: &Connection, flaws: &mut Flaws, name: &str) -> Result<()> {
    if name.is_empty() {
        flaws.add("username", "ERR_BLANK", "can't be blank");
        return Ok(());
    }
    if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        flaws.add("username", "ERR_INVALID", "must contain only letters, numbers and underscores");
        return Ok(());
    }
    if name.len() > NAME {
        flaws.add("username", "ERR_TOO_LONG", format!("is too long (maximum is {NAME} characters)"));
    }
    if RESERVED.contains(&name.to_lowercase().as_str()) {
        flaws.add("username", "ERR_RESERVED", "is reserved");
    } else if accounts::by_handle(db, name, None)?.is_some() {
        flaws.add("username", "ERR_TAKEN", "has already been taken");
    }
    Ok(())
}

fn address(db: &Connection, flaws: &mut Flaws, email: &str, verdict: Verdict) -> Result<()> {
    if email.is_empty() {
        flaws.add("email", "ERR_BLANK", "can't be blank");
    } else if !is_address(email) {
        flaws.add("email", "ERR_INVALID", "is invalid");
    } else if verdict == Verdict::Blocked {
        flaws.add("email", "ERR_BLOCKED", "contains a disallowed e-mail provider");
    } else if users::by_email(db, email)?.is_some() {
        flaws.add("email", "ERR_TAKEN", "has already been taken");
    }
    Ok(())
}

fn password(flaws: &mut Flaws, password: &str) {
    if let Some((code, why)) = password_flaw(password) {
        flaws.add("password", code, why);
    }
}

/// Who is too young is told so; the date itself is not kept.
fn age(flaws: &mut Flaws, door: &Registrations, born: Option<&str>, now: Time) {
    let Some(years) = door.min_age else { return };
    let Some(born) = born.map(str::trim).filter(|born| !born.is_empty()) else {
        flaws.add("date_of_birth", "ERR_BLANK", "can't be blank");
        return;
    };
    let Some(born) = day(born) else {
        flaws.add("date_of_birth", "ERR_INVALID", "is invalid");
        return;
    };
    let today = day(&now.date()).unwrap_or_default();
    if (born.0 + years, born.1, born.2) > today {
        flaws.add("date_of_birth", "ERR_BELOW_LIMIT", "is below the age limit");
    }
}

/// Year, month and day of `YYYY-MM-DD` (or of a longer timestamp), if there is such a day.
fn day(text: &str) -> Option<(i64, i64, i64)> {
    let date = text.get(..10)?;
    let time = Time::parse(&format!("{date}T00:00:00Z"))?;
    let mut parts = time.date().split('-').filter_map(|part| part.parse().ok()).collect::<Vec<i64>>().into_iter();
    let found = (parts.next()?, parts.next()?, parts.next()?);
    (found.0 >= 1900).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mail_can_reach_are_told_from_others() {
        for (email, fine) in [
            ("alice@mail.example", true),
            ("a.b+c@x.mail.example", true),
            ("日本@例え.jp", true),
            ("", false),
            ("alice", false),
            ("@mail.example", false),
            ("alice@localhost", false),
            ("alice@mail..example", false),
            ("alice@mail.example.", false),
            ("alice@@mail.example", false),
            ("a b@mail.example", false),
            ("a@mail.example\r\nBcc: x@y.example", false),
            ("<a@mail.example>", false),
        ] {
            assert_eq!(is_address(email), fine, "{email:?}");
        }
    }

    #[test]
    fn days_are_real_ones() {
        for (text, expected) in [
            ("2000-02-29", Some((2000, 2, 29))),
            ("2001-02-29", None),
            ("2000-1-1", None),
            ("yesterday", None),
            ("1066-10-14", None),
            ("1990-12-31T00:00:00Z", Some((1990, 12, 31))),
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
    }
}
