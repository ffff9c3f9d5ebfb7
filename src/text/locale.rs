//! What people read, in their language. One file per language in `web/locales/`; English is the yardstick.
//!
//! A file holds lines `"key" = "text"`. A look-up walks the embedded text (a few microseconds), so there is nothing to parse
//! at start and no state to keep. Tests fail on a key that is missing, unused, or has other `{gaps}` in another language.

/// Code, own name, texts.
const LANGUAGES: &[(&str, &str, &str)] = &[
    ("en", "English", include_str!("../../web/locales/en.toml")),
    ("ja", "日本語", include_str!("../../web/locales/ja.toml")),
];

/// A language that we speak. English by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lang(usize);

impl Lang {
    /// English.
    pub const ENGLISH: Self = Self(0);

    /// Every language that we speak.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..LANGUAGES.len()).map(Self)
    }

    /// The language of a tag such as `ja` or `ja-JP`, if we speak it.
    pub fn find(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        LANGUAGES.iter().position(|(code, ..)| code.eq_ignore_ascii_case(primary)).map(Self)
    }

    /// The best of the languages in an `Accept-Language` header. Spec: RFC 9110 §12.5.4
    pub fn negotiate(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for part in header.split(',') {
            let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
            let weight =
                rest.trim().strip_prefix("q=").map_or(Some(1.0), |text| text.trim().parse().ok()).unwrap_or(0.0);
            let Some(lang) = Self::find(tag) else { continue };
            if weight > 0.0 && best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, lang));
            }
        }
        best.map(|(_, lang)| lang)
    }

    /// `en`, `ja`.
    pub fn code(self) -> &'static str {
        LANGUAGES[self.0].0
    }

    /// As its speakers call it.
    pub fn name(self) -> &'static str {
        LANGUAGES[self.0].1
    }

    /// The text behind `key`; English where it is missing, the key itself where that is missing too.
    pub fn t(self, key: &'static str) -> &'static str {
        look_up(LANGUAGES[self.0].2, key).or_else(|| look_up(LANGUAGES[0].2, key)).unwrap_or(key)
    }

    /// The text behind `key` with its `{gaps}` filled.
    pub fn fill(self, key: &'static str, gaps: &[(&str, &str)]) -> String {
        let mut rest = self.t(key);
        let mut text = String::with_capacity(rest.len() + 32);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            text += before;
            text += gaps.iter().find(|(gap, _)| *gap == name).map_or("", |(_, value)| value);
            rest = after;
        }
        text + rest
    }
}

fn look_up(texts: &'static str, key: &str) -> Option<&'static str> {
    lines(texts).find(|(name, _)| *name == key).map(|(_, text)| text)
}

fn lines(texts: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    texts.lines().filter_map(|line| {
        let (key, text) = line.split_once(" = \"")?;
        Some((key.strip_prefix('"')?.strip_suffix('"')?, text.strip_suffix('"')?))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use super::*;

    fn gaps(text: &str) -> BTreeSet<String> {
        text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect()
    }

    #[test]
    fn every_language_has_every_text_with_the_same_gaps() {
        let english: BTreeMap<_, _> = lines(LANGUAGES[0].2).collect();
        for (code, _, texts) in LANGUAGES {
            // What a TOML reader sees is what we see.
            let parsed: toml::Table = texts.parse().expect("the file is TOML");
            let seen: BTreeMap<_, _> = lines(texts).collect();
            assert_eq!(parsed.len(), seen.len(), "{code}: one text a line, no tables, no escapes");
            for (key, text) in &parsed {
                assert_eq!(text.as_str(), seen.get(key.as_str()).copied(), "{code}: {key}");
                assert!(text.as_str().is_some_and(|text| !text.trim().is_empty()), "{code}: {key} is empty");
            }
            let keys = |map: &BTreeMap<&'static str, &'static str>| map.keys().copied().collect::<Vec<_>>();
            assert_eq!(keys(&seen), keys(&english), "{code} has other keys than English");
            for (key, text) in &seen {
                assert_eq!(gaps(text), gaps(english[key]), "{code}: {key} has other gaps than English");
            }
        }
    }

    /// Every file below `folder`, read.
    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("the sources lie here").flatten() {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "html") {
                found.push(std::fs::read_to_string(&path).expect("reads"));
            }
        }
    }

    #[test]
    fn every_text_is_used_and_every_used_text_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        sources(&root.join("src"), &mut found);
        sources(&root.join("web/templates"), &mut found);
        let known: BTreeSet<&str> = lines(LANGUAGES[0].2).map(|(key, _)| key).collect();
        let mut used = BTreeSet::new();
        for text in &found {
            for call in [".t(\"", ".fill(\""] {
                for part in text.split(call).skip(1) {
                    used.extend(part.split_once('"').map(|(key, _)| key.to_owned()));
                }
            }
        }
        let missing: Vec<_> = used.iter().filter(|key| !known.contains(key.as_str())).collect();
        assert!(missing.is_empty(), "not in en.toml: {missing:?}");
        // A key may also be chosen first and looked up later: then it stands in quotes by itself.
        let unused: Vec<_> = known
            .iter()
            .filter(|key| !used.contains(**key) && !found.iter().any(|text| text.contains(&format!("\"{key}\""))))
            .collect();
        assert!(unused.is_empty(), "in en.toml, but nobody uses it: {unused:?}");
    }

    #[test]
    fn the_best_language_wins() {
        for (header, expected) in [
            ("ja", Some("ja")),
            ("ja-JP,ja;q=0.9,en;q=0.8", Some("ja")),
            ("de, en;q=0.5, ja;q=0.7", Some("ja")),
            ("de-AT", None),
            ("ja;q=0, en;q=0.1", Some("en")),
            ("*;q=x,,;", None),
        ] {
            assert_eq!(Lang::negotiate(header).map(Lang::code), expected, "{header}");
        }
    }

    #[test]
    fn gaps_are_filled_once() {
        assert_eq!(Lang::ENGLISH.fill("about.title", &[("server", "{server}<b>")]), "About {server}<b>");
        assert_eq!(Lang::default().t("about.title"), "About {server}");
    }
}
