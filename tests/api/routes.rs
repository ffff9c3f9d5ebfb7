//! The routes of the server, read from its sources: axum keeps no list that one could ask for.

use std::collections::BTreeSet;
use std::path::Path;

/// `GET /api/v1/…` for every route below `/api/`, `/oauth/` and `/.well-known/` that some router in src names.
pub fn routes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 150, "the sources were not understood: {found:?}");
    found
}

fn gather(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("src is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            gather(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            read(&std::fs::read_to_string(path).expect("text"), found);
        }
    }
}

fn read(text: &str, found: &mut BTreeSet<String>) {
    for call in text.split(".route(").skip(1) {
        let Some((path, rest)) = call.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) else {
            continue;
        };
        if !["/api/", "/oauth/"].iter().any(|beginning| path.starts_with(beginning)) {
            continue;
        }
        let handlers = &rest[..end(rest)];
        for method in ["get", "post", "put", "patch", "delete"] {
            let named = handlers.match_indices(&format!("{method}(")).any(|(at, _)| {
                !handlers[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':')
            });
            if named {
                found.insert(format!("{} {}", method.to_uppercase(), path.trim_end_matches('/')));
            }
        }
    }
}

/// Where the call ends whose parenthesis is open.
fn end(text: &str) -> usize {
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Whether the line `name` of the table is served by the route `route`: places may have other names, and a place of the
/// route may stand for a fixed word of the table.
pub fn serves(route: &str, name: &str) -> bool {
    let (mut theirs, mut ours) = (route.split('/'), name.split('/'));
    loop {
        match (theirs.next(), ours.next()) {
            (None, None) => return true,
            (Some(their), Some(our)) if their == our || their.starts_with('{') => {}
            _ => return false,
        }
    }
}
