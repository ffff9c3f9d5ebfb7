//! Every numbered rule of the interop rules has a test, and every test that is named exists.
//!
//! The files `rules/*.txt` hold lines `RULE path::name`: a rule, the file (or the module path) of a test, and its name. `#`
//! begins a comment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rules that must have a test: letter, first and last number. D9 and D10 are plain facts.
const RULES: &[(&str, u32)] =
    &[("S", 11), ("V", 13), ("F", 14), ("W", 4), ("J", 13), ("A", 13), ("P", 10), ("R", 17), ("D", 8), ("Q", 15)];

/// Whose files must be there before the list has to be whole.
const FILES: &[&str] = &["fed1.txt", "fed2.txt", "fed3.txt"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The names of all test functions in the sources.
fn tests(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources lie here").flatten() {
        let path = entry.path();
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).expect("reads");
            // A macro makes a test of every line of a table.
            if text.contains("fn $test()") {
                let names = text.lines().filter_map(|line| line.trim().strip_suffix(';')?.split_once(": "));
                found.extend(names.map(|(name, _)| name.to_owned()));
            }
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                if line.starts_with("#[test]") || line.starts_with("#[tokio::test") || line.starts_with("proptest") {
                    is_test = true;
                } else if let Some(rest) = line.split_once("fn ").map(|(_, rest)| rest) {
                    if is_test {
                        found.extend(rest.split(['(', '<']).next().map(str::to_owned));
                    }
                    is_test = false;
                }
            }
        }
    }
}

/// The lines of all lists: rule, test, and which list says so.
fn listed() -> Vec<(String, String, String)> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(root().join("tests/federation/rules")).expect("the lists lie here").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(entry.path()).expect("reads");
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (rule, test) = line.split_once(char::is_whitespace).unwrap_or_else(|| panic!("{name}: {line}"));
            lines.push((rule.to_owned(), test.trim().to_owned(), name.clone()));
        }
    }
    lines
}

#[test]
fn every_test_that_stands_for_a_rule_exists() {
    let mut known = BTreeSet::new();
    tests(&root().join("src"), &mut known);
    tests(&root().join("tests"), &mut known);
    let missing: Vec<String> = listed()
        .into_iter()
        .filter(|(_, test, _)| !known.contains(test.rsplit("::").next().unwrap_or_default()))
        .map(|(rule, test, file)| format!("{file}: {rule} {test}"))
        .collect();
    assert!(missing.is_empty(), "no such test: {missing:#?}");
}

#[test]
fn every_rule_has_a_test() {
    let mut by_rule: BTreeMap<String, usize> = BTreeMap::new();
    for (rule, ..) in listed() {
        *by_rule.entry(rule.to_uppercase()).or_default() += 1;
    }
    let there = FILES.iter().all(|file| root().join("tests/federation/rules").join(file).exists());
    let wanted = RULES.iter().flat_map(|(letter, last)| (1..=*last).map(move |number| format!("{letter}{number}")));
    let missing: Vec<String> = wanted.filter(|rule| !by_rule.contains_key(rule)).collect();
    assert!(!there || missing.is_empty(), "rules without a test: {missing:?}");
    // Until all lists are there, each list's own rules count.
    for rule in ["R10", "R11", "R13", "R14", "R15"] {
        assert!(by_rule.contains_key(rule), "{rule} has no test");
    }
}
