//! Words, hashtags and people that posts must not contain, and posts that contain nothing.
//!
//! Case, full width and the two kana do not matter. In scripts that put spaces between words, whole words are meant.

mod blank;
mod texts;

use nagaya_plugin::words::{contains, fold, named};
use nagaya_plugin::{Decision, Direction, Effect, Envelope, Settings, Visibility, text};

use texts::Texts;

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    if !matches!(post.activity.as_str(), "Create" | "Update") {
        return Ok(Decision::accept());
    }
    let texts = Texts::of(post);
    let own = matches!(post.direction, Direction::Outbound | Direction::Local);
    let decision = mentioned(post, settings);
    if decision.is_rejection() {
        return Ok(decision);
    }
    Ok(decision
        .and(blank::empty(post, own, settings))
        .and(words(post, &texts, settings))
        .and(hashtags(post, settings))
        .and(texts::replaced(post, settings))
        .and(blank::placeholder(post, settings)))
}

/// The first word of a setting, or the first match of the admin's list of the same name, that occurs.
fn occurs(texts: &Texts, list: &str, settings: &Settings) -> Option<String> {
    let words = settings.list(list);
    let word = words.into_iter().find(|word| texts.folded.iter().any(|text| contains(text, word)));
    word.map(str::to_owned).or_else(|| {
        let found = text::match_list(&format!("keywords-{list}"), &texts.all);
        found.first().map(|index| format!("#{}", index + 1))
    })
}

fn words(post: &Envelope, texts: &Texts, settings: &Settings) -> Decision {
    let reason =
        |word: &str| format!("The post contains the word “{word}”. / 投稿に「{word}」という言葉が含まれています。");
    if let Some(word) = occurs(texts, "reject", settings) {
        return Decision::reject(reason(&word));
    }
    let mut decision = Decision::accept();
    if let Some(word) = occurs(texts, "hold", settings) {
        decision = Decision::hold(reason(&word));
    }
    if let Some(word) = occurs(texts, "sensitive", settings) {
        let warning = Some(settings.text("warning").to_owned()).filter(|warning| !warning.is_empty());
        decision = decision.with(Effect::Sensitive(warning)).with(Effect::Label(format!("keyword: {word}")));
    }
    if post.visibility == Visibility::Public && occurs(texts, "unlist", settings).is_some() {
        decision = decision.narrowed(Visibility::Unlisted);
    }
    decision
}

fn hashtags(post: &Envelope, settings: &Settings) -> Decision {
    let tags: Vec<String> = post.hashtags.iter().map(|tag| fold(tag)).collect();
    let occurs = |list: &str| {
        let list = settings.list(list);
        list.into_iter().find(|wanted| tags.contains(&fold(wanted.trim_start_matches('#')))).map(str::to_owned)
    };
    if let Some(tag) = occurs("tags_reject") {
        return Decision::reject(format!(
            "The post has the hashtag “{tag}”. / 投稿にハッシュタグ「{tag}」が付いています。"
        ));
    }
    let mut decision = Decision::accept();
    if !post.sensitive && occurs("tags_sensitive").is_some() {
        decision = decision.with(Effect::Sensitive(None));
    }
    if post.visibility == Visibility::Public && occurs("tags_unlist").is_some() {
        decision = decision.narrowed(Visibility::Unlisted);
    }
    decision
}

/// Posts that call on people who are not to be called on (Mention).
fn mentioned(post: &Envelope, settings: &Settings) -> Decision {
    let people = settings.list("people");
    let handle = |id: &str| {
        id.split_once("://").map(|(_, rest)| {
            let host = rest.split('/').next().unwrap_or_default();
            let name = rest.rsplit('/').next().unwrap_or_default().trim_start_matches('@');
            format!("{name}@{host}")
        })
    };
    let found = post.mentions.iter().find(|id| named(&handle(id).unwrap_or_default(), id, &people));
    match found {
        Some(id) => {
            Decision::reject(format!("Nobody may write to {id} from here. / {id}宛ての投稿は受け付けていません。"))
        }
        None => Decision::accept(),
    }
}

nagaya_plugin::plugin! { filter: decide }
