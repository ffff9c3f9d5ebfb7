//! Answers that say whom and what they answer.

use nagaya_plugin::html::escape;
use nagaya_plugin::{Decision, Effect, Envelope, Settings, Visibility, query};

/// Whoever is answered or quoted is mentioned (ForceMention).
pub fn answered(post: &Envelope, settings: &Settings) -> Decision {
    if post.visibility == Visibility::Direct {
        return Decision::accept();
    }
    let parents = [(&post.reply_to, "mention_answered"), (&post.quote_of, "mention_quoted")];
    let authors = parents.into_iter().filter(|(_, key)| settings.flag(key)).filter_map(|(parent, _)| parent.as_ref());
    let mut missing: Vec<&str> = Vec::new();
    for author in authors.map(|parent| parent.author.as_str()) {
        let known = post.mentions.iter().any(|id| id == author) || author == post.actor.id || missing.contains(&author);
        if !known {
            missing.push(author);
        }
    }
    missing.into_iter().fold(Decision::accept(), |decision, id| decision.with(Effect::AddMention(id.to_owned())))
}

/// Whoever is addressed is named in the text, too (ForceMentionsInContent).
pub fn in_content(post: &Envelope, settings: &Settings) -> Decision {
    if !settings.flag("mentions_in_text") || post.mentions.is_empty() {
        return Decision::accept();
    }
    let handle = |id: &String| {
        let parent = post.reply_to.as_ref().filter(|parent| parent.author == *id);
        parent.map(|parent| parent.author_handle.clone()).or_else(|| Some(query::actor_by_id(id).ok()??.handle))
    };
    let text = post.text.to_lowercase();
    let unnamed = |handle: &String| {
        let name = handle.split('@').next().unwrap_or_default();
        !text.contains(&format!("@{}", name.to_lowercase()))
    };
    let missing: Vec<String> = post.mentions.iter().filter_map(handle).filter(unnamed).collect();
    if missing.is_empty() {
        return Decision::accept();
    }
    let names = missing.iter().map(|handle| format!("@{handle}")).collect::<Vec<_>>().join(" ");
    Decision::accept().with(Effect::SetText(match &post.html {
        Some(html) => ("html".into(), format!("<p>{}</p>{html}", escape(&names))),
        None => ("text".into(), format!("{names} {}", post.text)),
    }))
}

/// An answer under the same content warning begins with “re:” (EnsureRePrepended).
pub fn re(post: &Envelope, settings: &Settings) -> Decision {
    let (Some(summary), Some(parent)) = (&post.summary, &post.reply_to) else { return Decision::accept() };
    let bare = |summary: &str| {
        let summary = summary.trim();
        let rest =
            summary.get(..3).filter(|start| start.eq_ignore_ascii_case("re:")).map_or(summary, |_| &summary[3..]);
        rest.trim().to_lowercase()
    };
    let same = parent.summary.as_deref().is_some_and(|above| bare(above) == bare(summary));
    let has_re = summary.trim().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if settings.flag("re") && same && !has_re {
        return Decision::accept().with(Effect::SetText(("summary".into(), format!("re: {}", summary.trim()))));
    }
    Decision::accept()
}
