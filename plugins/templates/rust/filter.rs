//! Holds posts that are all in capitals until a moderator looks.

use nagaya_plugin::{Decision, Envelope, Settings};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    let letters: String = post.text.chars().filter(|c| c.is_alphabetic()).collect();
    let loud = letters.chars().count() as f64 >= settings.number("letters") && letters == letters.to_uppercase();
    if loud && letters != letters.to_lowercase() {
        return Ok(Decision::hold("The whole post is in capitals. / すべて大文字の投稿です。"));
    }
    Ok(Decision::accept())
}

nagaya_plugin::plugin! { filter: decide }

#[cfg(test)]
mod tests {
    use nagaya_plugin::{Settings, Verdict, testing};

    #[test]
    fn shouting_waits_and_talking_passes() {
        let settings = Settings::parse(r#"{"letters": 10}"#);
        for (text, held) in [("GOOD MORNING, NEIGHBOURS", true), ("Good morning, neighbours", false), ("OK", false)] {
            let decision = super::decide(&testing::post(text), &settings, 0).expect("decides");
            assert_eq!(matches!(decision.verdict, Verdict::Hold(_)), held, "{text}");
        }
    }
}
