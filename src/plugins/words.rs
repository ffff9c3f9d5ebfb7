//! The admin's word lists, compiled: words and phrases, and regular expressions by an engine whose time is linear.
//!
//! Case, full width, kana and invisible characters do not matter. In scripts that put spaces between words, a word stands
//! alone unless it has an asterisk at that end (`spam*`).

use std::collections::HashMap;

use regex::{RegexSet, RegexSetBuilder};

use crate::store::word_lists::WordList;

/// Entries of one list that are used.
const ENTRIES: usize = 10_000;
/// Bytes that the expressions of one list may take, compiled.
const COMPILED: usize = 4 * 1024 * 1024;
/// Indexes that one answer names.
const FOUND: usize = 100;

/// All lists by name.
pub(super) type Lists = HashMap<String, List>;

/// One list.
#[derive(Debug)]
pub(super) struct List {
    words: aho_corasick::AhoCorasick,
    /// Which entry each pattern is, and which ends are open.
    entries: Vec<(u32, bool, bool)>,
    expressions: RegexSet,
    indexes: Vec<u32>,
}

/// Compiles all lists. An expression that cannot be compiled is left out and named in the log.
pub(super) fn compile(rows: Vec<WordList>) -> Lists {
    rows.into_iter().map(|row| (row.name.clone(), List::new(&row))).collect()
}

impl List {
    pub(super) fn new(row: &WordList) -> Self {
        let (mut patterns, mut entries, mut expressions, mut indexes) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (index, entry) in (0_u32..).zip(row.entries.iter().take(ENTRIES)) {
            let entry = entry.trim();
            if let Some(expression) = entry.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
                match regex::RegexBuilder::new(expression).case_insensitive(true).size_limit(COMPILED / 4).build() {
                    Ok(_) => {
                        expressions.push(expression.to_owned());
                        indexes.push(index);
                    }
                    Err(why) => tracing::warn!("word list {}: {entry} cannot be used: {why}", row.name),
                }
                continue;
            }
            let entry = entry.trim_start_matches('#');
            let folded = fold(entry.trim_matches('*'));
            if !folded.is_empty() {
                patterns.push(folded);
                entries.push((index, entry.starts_with('*'), entry.ends_with('*')));
            }
        }
        let set = RegexSetBuilder::new(&expressions).case_insensitive(true).size_limit(COMPILED).build();
        let expressions = set.unwrap_or_else(|why| {
            tracing::warn!("word list {}: its expressions are too large together: {why}", row.name);
            RegexSet::empty()
        });
        let words = aho_corasick::AhoCorasick::new(&patterns);
        let words = words.unwrap_or_else(|why| {
            tracing::warn!("word list {}: its words cannot be used: {why}", row.name);
            aho_corasick::AhoCorasick::new([""; 0]).expect("nothing is a list of words")
        });
        Self { words, entries, expressions, indexes }
    }

    /// Which entries occur in `text`: their indexes, rising.
    pub(super) fn find(&self, text: &str) -> Vec<u32> {
        let folded = fold(text);
        let mut found = Vec::new();
        for hit in self.words.find_overlapping_iter(&folded) {
            let Some((index, open_start, open_end)) = self.entries.get(hit.pattern().as_usize()) else { continue };
            let edge = |at: usize| {
                let pair = folded[..at].chars().next_back().zip(folded[at..].chars().next());
                pair.is_none_or(|(left, right)| !joined(left, right))
            };
            if (*open_start || edge(hit.start())) && (*open_end || edge(hit.end())) {
                found.push(*index);
            }
        }
        found.extend(self.expressions.matches(text).iter().filter_map(|at| self.indexes.get(at)));
        found.sort_unstable();
        found.dedup();
        found.truncate(FOUND);
        found
    }
}

/// Whether two neighbours belong to one word. Japanese, Chinese and Thai put no spaces between words: there, never.
fn joined(left: char, right: char) -> bool {
    let in_word = |c: char| c.is_alphanumeric() && !unspaced(c);
    in_word(left) && in_word(right)
}

fn unspaced(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// Lower case, full-width letters made narrow, katakana made hiragana, invisible characters left out.
fn fold(text: &str) -> String {
    text.chars()
        .filter(
            |c| !matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'),
        )
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '\u{30A1}'..='\u{30F6}' => char::from_u32(c as u32 - 0x60).unwrap_or(c),
            '\u{3000}' => ' ',
            _ => c,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> List {
        List::new(&WordList {
            name: "x".into(),
            entries: entries.iter().map(|&entry| entry.to_owned()).collect(),
            url: None,
            fetched_at: None,
            problem: None,
        })
    }

    #[test]
    fn entries_are_found_where_a_person_would_find_them() {
        let list = list(&["spam", "casino*", "宣伝", "スパム", "/[0-9]{4}円/", "/(broken/", "two words", "#tag"]);
        for (text, expected) in [
            ("SPAM!", vec![0]),
            ("spammer", vec![]),
            ("casinos", vec![1]),
            ("無料宣伝はこちら", vec![2]),
            ("これはすぱむです", vec![3]),
            ("今なら1000円", vec![4]),
            ("two words, spam", vec![0, 6]),
            ("ｔａｇ", vec![7]),
            ("", vec![]),
        ] {
            assert_eq!(list.find(text), expected, "{text}");
        }
    }

    #[test]
    fn a_hostile_expression_takes_linear_time() {
        let list = list(&["/(a+)+$/", "/(.*)*b/", "/((a{1,50}){1,50}){1,50}/"]);
        let begun = std::time::Instant::now();
        let found = list.find(&format!("{}!", "a".repeat(100_000)));
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
        assert_eq!(found, [0_u32; 0]);
    }
}
