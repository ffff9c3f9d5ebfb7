//! Posts without words.

use nagaya_plugin::{Decision, Effect, Envelope, Settings};

/// A post of ours with neither words nor media says nothing (NoEmpty). Mentions alone are no words.
pub fn empty(post: &Envelope, own: bool, settings: &Settings) -> Decision {
    let said = post.text.split_whitespace().any(|word| !word.starts_with('@'));
    let shows = !post.attachments.is_empty() || post.quote_of.is_some() || post.object.as_deref() == Some("Question");
    if !own || !settings.flag("refuse_empty") || said || shows {
        return Decision::accept();
    }
    Decision::reject("The post is empty. / 投稿が空です。")
}

/// Some programs want a character beside a picture; a lone dot is that, not a word (NoPlaceholderText).
pub fn placeholder(post: &Envelope, settings: &Settings) -> Decision {
    let lone = matches!(post.text.trim(), "." | "。" | "．");
    if settings.flag("clear_placeholders") && lone && !post.attachments.is_empty() {
        return Decision::accept().with(Effect::SetText(("text".into(), String::new())));
    }
    Decision::accept()
}
