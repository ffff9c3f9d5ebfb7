//! What the server says about itself: an operator's settings, with defaults that make sense on the first day.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Result;
use crate::store::accounts::{self, Account};
use crate::store::{Connection, settings, users};
use crate::text::locale::Lang;

/// The server in its own words.
#[derive(Debug, Clone)]
pub struct About {
    /// The server's name; its domain by default.
    pub title: String,
    /// One or two sentences, plain text.
    pub description: String,
    /// More, as HTML; empty by default.
    pub extended: String,
    /// What members agree to.
    pub rules: Vec<Rule>,
    /// Where to write to; empty by default, because an owner's address is nobody's business.
    pub email: String,
    /// Whom to turn to: the eldest owner or admin.
    pub contact: Option<Account>,
    /// The privacy policy as HTML, when the operator wrote one.
    pub privacy: Option<String>,
}

/// One rule of the house. The setting `rules` is a JSON list of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// In one sentence.
    pub text: String,
    /// What is meant by it.
    pub hint: String,
    /// By language code.
    pub translations: std::collections::BTreeMap<String, Translation>,
}

/// A rule in another language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "as in the rule")]
pub struct Translation {
    pub text: String,
    pub hint: String,
}

/// Reads the settings `title`, `description`, `extended_description`, `rules`, `contact_email` and `privacy_policy`;
/// what is not set is said in `lang`.
pub async fn read(app: &App, lang: Lang) -> Result<About> {
    let domain = app.config.domain.clone();
    app.store.read(move |db| from_settings(db, &domain, lang)).await
}

fn from_settings(db: &Connection, domain: &str, lang: Lang) -> Result<About> {
    let text =
        |key: &str| -> Result<Option<String>> { Ok(settings::get(db, key)?.filter(|text| !text.trim().is_empty())) };
    let contact = users::contact(db)?.map_or(Ok(None), |user| accounts::by_id(db, user.account_id))?;
    Ok(About {
        title: text("title")?.unwrap_or_else(|| domain.to_owned()),
        description: text("description")?.unwrap_or_else(|| lang.t("about.default").to_owned()),
        extended: text("extended_description")?.map_or_else(String::new, |text| paragraphs(&text)),
        // A list that cannot be read is as good as none; the admin pages write it, not people.
        rules: text("rules")?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        email: text("contact_email")?.unwrap_or_default(),
        contact,
        privacy: text("privacy_policy")?.map(|text| paragraphs(&text)),
    })
}

/// The privacy policy of a server whose operator wrote none: what the software does.
pub fn default_privacy(lang: Lang) -> String {
    let texts = ["privacy.kept", "privacy.public", "privacy.others", "privacy.logs", "privacy.leaving"];
    texts.map(|key| paragraphs(lang.t(key))).concat()
}

/// Plain text as HTML: a blank line begins a paragraph.
pub fn paragraphs(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let blocks = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    blocks.map(|block| format!("<p>{}</p>", escape(block).replace('\n', "<br>"))).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_becomes_paragraphs() {
        for (text, html) in [
            ("", ""),
            ("a", "<p>a</p>"),
            ("a\nb\r\n\r\n<script>", "<p>a<br>b</p><p>&lt;script&gt;</p>"),
            ("\n\n\n", ""),
        ] {
            assert_eq!(paragraphs(text), html, "{text:?}");
        }
    }
}
