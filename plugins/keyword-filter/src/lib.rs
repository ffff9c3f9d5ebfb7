//! A filter by words. The admin's list is compared with the text, the content warning and the hashtags; case, full
//! width and the two kana do not matter. In scripts that put spaces between words, whole words are meant.

mod matching;

use matching::Word;
use nagaya_plugin::{Decision, Effect, Envelope, Filter, Verdict, accept, config};

struct KeywordFilter;

impl Filter for KeywordFilter {
    fn decide(post: Envelope, _score_so_far: i32) -> Result<Decision, String> {
        let words = config::get_list("words");
        if words.is_empty() {
            return Ok(accept());
        }
        let haystacks: Vec<Vec<char>> = [&post.text]
            .into_iter()
            .chain(&post.summary)
            .chain(&post.hashtags)
            .map(|text| matching::fold(text))
            .collect();
        let found = words.iter().find(|word| {
            let word = Word::new(word);
            haystacks.iter().any(|haystack| word.occurs_in(haystack))
        });
        let Some(word) = found else { return Ok(accept()) };
        let reason = format!("The post contains the word “{word}”. / 投稿に「{word}」という言葉が含まれています。");
        Ok(match config::get("action").as_deref() {
            Some("sensitive") => {
                let warning = config::get("warning").filter(|warning| !warning.is_empty());
                Decision { effects: vec![Effect::Sensitive(warning), Effect::Label(reason)], ..accept() }
            }
            Some("hold") => Decision { verdict: Verdict::Hold(reason), ..accept() },
            _ => Decision { verdict: Verdict::Reject(reason), ..accept() },
        })
    }
}

nagaya_plugin::filter!(KeywordFilter);
