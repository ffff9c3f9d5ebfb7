//! A quote as a line in the text (InlineQuote) and as a tag (QuoteToLinkTag).

use nagaya_plugin::html::escape;
use nagaya_plugin::{Decision, Effect, Envelope, Json, Settings};

use crate::tracking::Clean;

/// The media type by which programs know that a link is a post (FEP-e232).
const POST: &str = "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"";

pub fn told(post: &Envelope, clean: Clean, settings: &Settings) -> Decision {
    let mut decision = Decision::accept();
    let mut content = clean.content;
    let mut changed = clean.changed;
    if let Some(quoted) = post.quote_of.as_ref().map(|quoted| quoted.id.as_str()) {
        if settings.flag("quote_line") && !content.contains(quoted) && !content.contains(&escape(quoted)) {
            let prefix = settings.text("quote_prefix");
            content = if clean.part == "html" {
                let address = escape(quoted);
                format!(
                    "{content}<p class=\"quote-inline\">{}: <a href=\"{address}\">{address}</a></p>",
                    escape(prefix)
                )
            } else {
                format!("{content}\n\n{prefix}: {quoted}")
            };
            changed = true;
        }
        if settings.flag("quote_tag") {
            decision = decision.and(tag(post, quoted));
        }
    }
    if changed { decision.with(Effect::SetText((clean.part.into(), content))) } else { decision }
}

/// Adds the tag unless there is one.
fn tag(post: &Envelope, quoted: &str) -> Decision {
    let Some(raw) = post.raw.as_deref().and_then(Json::parse) else { return Decision::accept() };
    let tags = raw.get("object").get("tag");
    if tags.items().iter().any(|tag| tag.get("type").text() == Some("Link") && tag.get("href").text() == Some(quoted)) {
        return Decision::accept();
    }
    let link = Json::object([
        ("type", "Link".into()),
        ("mediaType", POST.into()),
        ("href", quoted.into()),
        ("name", format!("RE: {quoted}").into()),
    ]);
    let (path, value) = match tags {
        Json::List(_) => ("/tag/-", link),
        Json::Null => ("/tag", Json::List(vec![link])),
        one => ("/tag", Json::List(vec![one.clone(), link])),
    };
    let patch = Json::List(vec![Json::object([("op", "add".into()), ("path", path.into()), ("value", value)])]);
    Decision::accept().with(Effect::JsonPatch(patch.to_string()))
}
