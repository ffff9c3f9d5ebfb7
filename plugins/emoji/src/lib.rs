//! Custom emoji that are not wanted here, by shortcode or by address; an asterisk stands for anything (Emoji).

use nagaya_plugin::words::fits;
use nagaya_plugin::{Actor, Decision, Effect, Envelope, Json, Settings, Visibility};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    let emoji: Vec<(&str, &str)> = post.emoji.iter().map(|(code, url)| (code.as_str(), url.as_str())).collect();
    let remove = Lists::of(settings, "remove_shortcodes", "remove_urls");
    let unlist = Lists::of(settings, "unlist_shortcodes", "unlist_urls");
    match post.activity.as_str() {
        "Like" | "EmojiReact" => {
            let unwanted = emoji.iter().find(|emoji| remove.have(emoji));
            Ok(match unwanted {
                Some((code, _)) => {
                    Decision::reject(format!("The emoji :{code}: is not used here. / 絵文字 :{code}: は使えません。"))
                }
                None => Decision::accept(),
            })
        }
        "Create" | "Update" => {
            let mut decision = removed(post, &emoji, &remove);
            if post.visibility == Visibility::Public && emoji.iter().any(|emoji| unlist.have(emoji)) {
                decision = decision.narrowed(Visibility::Unlisted);
            }
            Ok(decision)
        }
        _ => Ok(Decision::accept()),
    }
}

/// Only the unwanted ones where the document is at hand, else (a post of ours) all of them.
fn removed(post: &Envelope, emoji: &[(&str, &str)], remove: &Lists) -> Decision {
    if !emoji.iter().any(|emoji| remove.have(emoji)) {
        return Decision::accept();
    }
    let all = || Decision::accept().with(Effect::Strip(vec!["emoji".into()]));
    let Some(raw) = post.raw.as_deref().and_then(Json::parse) else { return all() };
    if emoji.iter().all(|emoji| remove.have(emoji)) {
        return all();
    }
    // From behind, so that the places of those before stay what they are.
    let tags = raw.get("object").get("tag").items().iter().enumerate().rev();
    let unwanted = tags.filter(|(_, tag)| {
        let code = tag.get("name").text().unwrap_or_default().trim_matches(':');
        tag.get("type").text() == Some("Emoji")
            && remove.have(&(code, tag.get("icon").get("url").id().unwrap_or_default()))
    });
    let patch: Vec<Json> = unwanted
        .map(|(at, _)| Json::object([("op", "remove".into()), ("path", format!("/tag/{at}").into())]))
        .collect();
    Decision::accept().with(Effect::JsonPatch(Json::List(patch).to_string()))
}

/// Names of people may carry emoji, too.
fn decide_actor(_actor: &Actor, raw: &str, settings: &Settings) -> Result<Decision, String> {
    let remove = Lists::of(settings, "remove_shortcodes", "remove_urls");
    let raw = Json::parse(raw).ok_or("the profile is not JSON")?;
    let unwanted = raw.get("tag").items().iter().any(|tag| {
        let code = tag.get("name").text().unwrap_or_default().trim_matches(':');
        remove.have(&(code, tag.get("icon").get("url").id().unwrap_or_default()))
    });
    Ok(if unwanted { Decision::accept().with(Effect::Strip(vec!["emoji".into()])) } else { Decision::accept() })
}

struct Lists<'a> {
    codes: Vec<&'a str>,
    urls: Vec<&'a str>,
}

impl<'a> Lists<'a> {
    fn of(settings: &'a Settings, codes: &str, urls: &str) -> Self {
        Self { codes: settings.list(codes), urls: settings.list(urls) }
    }

    fn have(&self, (code, url): &(&str, &str)) -> bool {
        self.codes.iter().any(|pattern| fits(code, pattern.trim_matches(':')))
            || self.urls.iter().any(|pattern| fits(url, pattern))
    }
}

nagaya_plugin::plugin! { filter: decide, actor_filter: decide_actor }
