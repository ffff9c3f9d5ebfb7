//! Settings that staff change while the server runs: what each may be, who changed it, and taking a change back.
//!
//! Every change is one row of history, whoever makes it. Secrets are written and never told, so a change of one cannot be
//! taken back. Keys that are not in [`ALL`] are the server's own.

use super::audit;
use super::moderation::Staff;
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::settings_history::{self, Change};
use crate::store::{Connection, Tx, settings};

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its name in the table.
    pub key: &'static str,
    /// The heading under which it is shown.
    pub group: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What counts while it is not set, as it would be written; empty where there is nothing.
    pub default: &'static str,
}

/// What a setting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line of at most so many characters.
    Line(usize),
    /// Paragraphs of at most so many characters.
    Text(usize),
    /// Somebody's mail address.
    Email,
    /// A web address.
    Address,
    /// A word that is never told again.
    Secret,
    /// `true` or `false`.
    Flag,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A whole number from … to.
    Number(i64, i64),
    /// The list of rules; it has a form of its own.
    Rules,
}

impl Kind {
    /// As the API calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Line(_) => "line",
            Self::Text(_) => "text",
            Self::Email => "email",
            Self::Address => "url",
            Self::Secret => "secret",
            Self::Flag => "flag",
            Self::Choice(_) => "choice",
            Self::Number(..) => "number",
            Self::Rules => "rules",
        }
    }
}

const READERS: Kind = Kind::Choice(&["public", "authenticated", "disabled"]);
const SEEN_BY: Kind = Kind::Choice(&["disabled", "users", "all"]);

const fn setting(group: &'static str, key: &'static str, kind: Kind, default: &'static str) -> Setting {
    Setting { key, group, kind, default }
}

/// All settings, in the order in which they are shown.
pub const ALL: &[Setting] = &[
    setting("about", "title", Kind::Line(100), ""),
    setting("about", "description", Kind::Text(1_000), ""),
    setting("about", "extended_description", Kind::Text(50_000), ""),
    setting("about", "contact_email", Kind::Email, ""),
    setting("about", "privacy_policy", Kind::Text(100_000), ""),
    setting("about", "front_page_account", Kind::Line(100), ""),
    setting("about", "rules", Kind::Rules, "[]"),
    setting("joining", "registrations", Kind::Choice(&["closed", "invite", "approval", "open"]), "invite"),
    setting("joining", "registrations_message", Kind::Text(2_000), ""),
    setting("joining", "reason_required", Kind::Flag, "true"),
    setting("joining", "min_age", Kind::Number(1, 150), ""),
    setting("joining", "members_invite", Kind::Flag, "true"),
    setting("joining", "blocked_email_domains", Kind::Text(20_000), ""),
    setting("reading", "local_live_feed_access", READERS, "public"),
    setting("reading", "remote_live_feed_access", READERS, "public"),
    setting("reading", "local_topic_feed_access", READERS, "public"),
    setting("reading", "remote_topic_feed_access", READERS, "public"),
    setting("reading", "local_trending_link_feed_access", READERS, "public"),
    setting("reading", "remote_trending_link_feed_access", READERS, "public"),
    setting("reading", "trends_review", Kind::Choice(&["no", "yes"]), "no"),
    setting("federation", "limited_federation", Kind::Flag, "false"),
    setting("federation", "show_domain_blocks", SEEN_BY, "disabled"),
    setting("federation", "show_domain_blocks_rationale", SEEN_BY, "disabled"),
    setting("mail", "mail_per_minute", Kind::Number(1, 10_000), "5"),
    setting("mail", "mail_per_hour", Kind::Number(1, 100_000), "30"),
    setting("mail", "mail_per_day", Kind::Number(1, 1_000_000), "200"),
    setting("translation", settings::TRANSLATION_URL, Kind::Address, ""),
    setting("translation", settings::TRANSLATION_KEY, Kind::Secret, ""),
];

/// The setting called `key`.
pub fn find(key: &str) -> Result<Setting> {
    ALL.iter().find(|setting| setting.key == key).copied().ok_or(Error::NotFound("setting"))
}

/// What is set, in the order of [`ALL`]; `None`: the default counts.
pub fn read(db: &Connection) -> Result<Vec<(Setting, Option<String>)>> {
    ALL.iter().map(|setting| Ok((*setting, settings::get(db, setting.key)?))).collect()
}

/// Sets `key` to `value`, or forgets it (`None`). Answers the change; `None`: it was so already.
pub async fn change(app: &App, staff: Staff, key: &str, value: Option<String>) -> Result<Option<Change>> {
    let setting = find(key)?;
    let value = value.map(|value| checked(setting, &value)).transpose()?;
    let deed = app.clone();
    let written = app.store.write(move |tx| {
        let made = put(tx, &deed, setting, value, Some(&staff), None)?;
        if made.is_some() {
            audit::note(tx, &deed, &staff, "setting", setting.key, "")?;
        }
        Ok(made)
    });
    written.await
}

/// Takes a change back, if nothing changed the setting since (409).
pub async fn undo(app: &App, staff: Staff, id: i64) -> Result<Change> {
    let deed = app.clone();
    let written = app.store.write(move |tx| {
        let change = settings_history::by_id(tx, id)?.ok_or(Error::NotFound("change"))?;
        let setting = find(&change.key)?;
        if setting.kind == Kind::Secret {
            return Err(Error::invalid("id", "is the change of a secret, which is not kept"));
        }
        if settings::get(tx, setting.key)? != change.after {
            return Err(Error::Conflict("the setting was changed again since".into()));
        }
        let made = put(tx, &deed, setting, change.before.clone(), Some(&staff), Some(change.id))?;
        audit::note(tx, &deed, &staff, "undo_setting", setting.key, "")?;
        made.ok_or_else(|| Error::Conflict("there is nothing to take back".into()))
    });
    written.await
}

/// Writes a value that was checked, with its row of history. `staff`: `None` for the operator at the command line.
pub fn put(
    tx: &Tx,
    app: &App,
    setting: Setting,
    value: Option<String>,
    staff: Option<&Staff>,
    undoes: Option<i64>,
) -> Result<Option<Change>> {
    let before = settings::get(tx, setting.key)?;
    if before == value {
        return Ok(None);
    }
    match &value {
        Some(value) => settings::set(tx, setting.key, value)?,
        None => settings::unset(tx, setting.key).map(|_| ())?,
    }
    // Of a secret only that it was changed.
    let told = |value: Option<String>| match setting.kind {
        Kind::Secret => value.map(|_| String::new()),
        _ => value,
    };
    let change = Change {
        id: 0,
        key: setting.key.to_owned(),
        before: told(before),
        after: told(value),
        account_id: staff.map(|staff| staff.account.id),
        undoes,
        at: app.clock.now(),
        undone: false,
    };
    let id = settings_history::insert(tx, &change)?;
    Ok(Some(Change { id, ..change }))
}

/// The value as it is kept; 422 when it cannot be one.
pub fn checked(setting: Setting, value: &str) -> Result<String> {
    let wrong = |why: String| Err(Error::invalid("value", why));
    let value = value.replace("\r\n", "\n").trim().to_owned();
    let length = value.chars().count();
    match setting.kind {
        Kind::Line(_) if value.contains('\n') => return wrong("must be one line".into()),
        Kind::Line(most) | Kind::Text(most) if length > most => {
            return wrong(format!("is too long (maximum is {most} characters)"));
        }
        Kind::Email if !value.is_empty() => {
            let sound = value.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
            if !sound || value.contains(char::is_whitespace) || length > 254 {
                return wrong("is no mail address".into());
            }
        }
        Kind::Address if !value.is_empty() => {
            let sound =
                url::Url::parse(&value).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if !sound {
                return wrong("is no web address".into());
            }
        }
        Kind::Secret if length > 1_000 => return wrong("is too long".into()),
        Kind::Flag if !matches!(value.as_str(), "true" | "false") => return wrong("must be true or false".into()),
        Kind::Choice(words) if !words.contains(&value.as_str()) => {
            return wrong(format!("must be one of {}", words.join(", ")));
        }
        Kind::Number(least, most) if !value.parse().is_ok_and(|number: i64| (least..=most).contains(&number)) => {
            return wrong(format!("must be a number from {least} to {most}"));
        }
        Kind::Rules => {
            let rules: Vec<super::about::Rule> =
                serde_json::from_str(&value).map_err(|error| Error::invalid("value", error.to_string()))?;
            return rules_as_text(&rules);
        }
        _ => {}
    }
    Ok(value)
}

/// Rules as the setting keeps them; 422 when one is empty or too long.
pub fn rules_as_text(rules: &[super::about::Rule]) -> Result<String> {
    let long = |text: &str, most: usize| text.chars().count() > most;
    if rules.len() > 100 {
        return Err(Error::invalid("rules", "are too many (maximum is 100)"));
    }
    for rule in rules {
        if rule.text.trim().is_empty() {
            return Err(Error::invalid("rules", "must say something"));
        }
        let translations = rule.translations.values().map(|words| (&words.text, &words.hint));
        if translations.chain([(&rule.text, &rule.hint)]).any(|(text, hint)| long(text, 300) || long(hint, 2_000)) {
            return Err(Error::invalid("rules", "are too long (maximum is 300 characters, and 2000 of explanation)"));
        }
    }
    serde_json::to_string(rules).map_err(|error| Error::Bug(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::role::Role;
    use crate::app::tests::{local_account, test_app};

    #[test]
    fn values_are_checked_by_their_kind() {
        for (key, value, kept) in [
            ("title", " Row house ", Some("Row house")),
            ("title", "two\nlines", None),
            ("contact_email", "a@b.example", Some("a@b.example")),
            ("contact_email", "", Some("")),
            ("contact_email", "nobody", None),
            ("registrations", "open", Some("open")),
            ("registrations", "ajar", None),
            ("reason_required", "true", Some("true")),
            ("reason_required", "perhaps", None),
            ("min_age", "16", Some("16")),
            ("min_age", "0", None),
            ("translation_url", "http://127.0.0.1:5000", Some("http://127.0.0.1:5000")),
            ("translation_url", "javascript:alert(1)", None),
            ("rules", r#"[{"text":"Be kind"}]"#, Some(r#"[{"text":"Be kind","hint":"","translations":{}}]"#)),
            ("rules", r#"[{"text":" "}]"#, None),
            ("rules", "no list", None),
        ] {
            let setting = find(key).expect("known");
            assert_eq!(checked(setting, value).ok().as_deref(), kept, "{key} {value:?}");
        }
        assert!(find("vapid_private_key").is_err());
        for setting in ALL {
            if !setting.default.is_empty() {
                assert!(checked(*setting, setting.default).is_ok(), "the default of {}", setting.key);
            }
        }
    }

    #[tokio::test]
    async fn changes_are_kept_and_taken_back() {
        let (_folder, app) = test_app();
        let alice = local_account(&app, "alice", "owner").await;
        let staff = Staff { account: alice, role: Role::Owner };
        let set = |value: Option<&str>| change(&app, staff.clone(), "title", value.map(str::to_owned));
        let first = set(Some("One")).await.expect("writes").expect("a change");
        assert_eq!(set(Some("One")).await.expect("writes"), None, "nothing changed");
        let second = set(Some("Two")).await.expect("writes").expect("a change");
        assert_eq!((second.before.as_deref(), second.after.as_deref()), (Some("One"), Some("Two")));
        assert!(matches!(undo(&app, staff.clone(), first.id).await, Err(Error::Conflict(_))));
        undo(&app, staff.clone(), second.id).await.expect("takes it back");
        undo(&app, staff.clone(), first.id).await.expect("and the one before");
        assert_eq!(app.store.read(|db| settings::get(db, "title")).await.expect("reads"), None);
        let secret = change(&app, staff.clone(), "translation_key", Some("s3cret".into())).await.expect("writes");
        let secret = secret.expect("a change");
        assert_eq!(secret.after.as_deref(), Some(""), "the history does not tell");
        assert!(undo(&app, staff, secret.id).await.is_err());
        let kept = app.store.read(|db| settings::get(db, "translation_key")).await.expect("reads");
        assert_eq!(kept.as_deref(), Some("s3cret"));
    }
}
