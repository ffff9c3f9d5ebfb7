//! The map in `lib.rs` is true: imports go down its floors, and rooms keep to what they may name.
//!
//! Reads the source as text, comments and test modules left out. rustfmt's shape of the files is relied on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Who may know a neighbour on the same floor. Everything else on one floor is separate.
const NEIGHBOURS: &[(&str, &[&str])] = &[
    // The roof: the program calls the command line, which starts servers.
    ("main", &["cli"]),
    ("cli", &["server"]),
    // Deeds take an App, an App has streams.
    ("actions", &["app", "streams"]),
    ("app", &["streams"]),
    // The words of the ground floor, which everybody speaks.
    ("activitypub", &["clock", "error"]),
    ("ids", &["clock", "random"]),
    ("lanes", &["clock"]),
    ("passkeys", &["clock", "config", "error"]),
    ("tries", &["clock", "error"]),
    ("webpush", &["clock", "error"]),
];

/// A library and the rooms (or single files) that may name it.
const LIBRARIES: &[(&str, &[&str])] = &[
    // error.rs turns its errors into ours.
    ("rusqlite", &["store", "error"]),
    ("reqwest", &["outbound"]),
    ("lettre", &["outbound"]),
    ("wasmtime", &["plugins"]),
    ("axum", &["mastodon", "federation", "web", "server"]),
];

/// What comes from outside unasked, and the rooms (or single files) that may read it.
const SOURCES: &[(&str, &[&str])] = &[
    // The command line hands the environment on to config; that one names our own program.
    ("std::env", &["config", "cli"]),
    ("SystemTime", &["clock"]),
    ("Timestamp::now", &["clock"]),
    ("Zoned::now", &["clock"]),
    ("getrandom", &["random"]),
    ("thread_rng", &[]),
    // Keys and signatures take their randomness from the system, whatever a test passes in: a seeded key would be a
    // forger's.
    ("OsRng", &["activitypub/signature/key.rs"]),
    ("SystemRandom", &["activitypub/signature/key.rs", "plugins/sections.rs", "webpush/vapid.rs"]),
];

/// What opens connections, and the files that may.
const SOCKETS: &[(&str, &[&str])] = &[
    // The guarded client, and beside it that of the translation service.
    ("reqwest::Client::builder", &["outbound/transport.rs", "outbound/direct.rs"]),
    ("reqwest::Client::new", &[]),
    ("reqwest::get", &[]),
    ("lookup_host", &["outbound/guard.rs"]),
    ("TcpStream::connect", &[]),
    ("TcpSocket", &[]),
    ("UdpSocket", &[]),
    ("AsyncSmtpTransport", &["outbound/mail.rs"]),
    ("send_to_service", &["outbound/mod.rs", "actions/translation.rs"]),
    ("Direct::new", &["media/bucket.rs"]),
];

/// One source file without comments and tests.
struct File {
    /// Relative to src, with slashes.
    path: String,
    room: String,
    /// (line number, text)
    lines: Vec<(usize, String)>,
}

#[test]
fn imports_go_down_only() {
    let floors = floors();
    let mut wrong = Vec::new();
    for file in sources() {
        for (line, target) in file.imports() {
            let (Some(from), Some(to)) = (floors.get(&file.room), floors.get(&target)) else {
                wrong.push(format!("{}:{line} names {target}, which has no floor", file.path));
                continue;
            };
            let known = NEIGHBOURS.iter().any(|(room, may)| *room == file.room && may.contains(&target.as_str()));
            if target != file.room && to >= from && !known {
                wrong.push(format!(
                    "{}:{line} names {target}: from floor {from} ({}) to floor {to}",
                    file.path, file.room
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "imports go down only (see lib.rs):\n{}", wrong.join("\n"));
}

#[test]
fn there_is_no_circle() {
    let mut open: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in sources() {
        let known = open.entry(file.room.clone()).or_default();
        known.extend(file.imports().into_iter().map(|(_, target)| target).filter(|target| *target != file.room));
    }
    // Rooms that know nobody go first, then those that knew only them, …
    while let Some(free) = open.iter().find(|(_, known)| known.is_empty()).map(|(room, _)| room.clone()) {
        open.remove(&free);
        for known in open.values_mut() {
            known.remove(&free);
        }
    }
    assert!(open.is_empty(), "these rooms know each other in a circle: {open:?}");
}

#[test]
fn nobody_climbs_out_of_a_room_by_super() {
    let mut wrong = Vec::new();
    for file in sources() {
        let inside = file.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let depth = inside.split('/').count();
        for (line, text) in &file.lines {
            if text.contains(&"super::".repeat(depth)) {
                wrong.push(format!("{}:{line} {}", file.path, text.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "write crate:: to leave a room, so that this test sees it:\n{}", wrong.join("\n"));
}

#[test]
fn libraries_and_the_outside_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for file in sources() {
        let may = |rooms: &[&str]| rooms.iter().any(|room| *room == file.room || *room == file.path);
        for (line, text) in &file.lines {
            for (library, rooms) in LIBRARIES {
                if names(text, &format!("{library}::")) && !may(rooms) {
                    wrong.push(format!("{}:{line} names {library}; only {rooms:?} may", file.path));
                }
            }
            for (source, rooms) in SOURCES {
                if names(text, source) && !may(rooms) {
                    wrong.push(format!("{}:{line} reads {source}; only {rooms:?} may", file.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Mastodon CVE-2026-27477, Fedify CVE-2026-62857, Discourse CVE-2026-55103: a side client without the guard.
#[test]
fn f1_only_the_guarded_client_and_those_of_the_operators_own_endpoints_open_connections() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (line, text) in &file.lines {
            for (opener, files) in SOCKETS {
                if text.contains(opener) && !files.contains(&file.path.as_str()) {
                    wrong.push(format!("{}:{line} opens connections by {opener}; only {files:?} may", file.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_names_every_room_and_no_other() {
    let on_the_map: BTreeSet<String> = floors().into_keys().collect();
    let built: BTreeSet<String> = sources().into_iter().map(|file| file.room).filter(|room| room != "lib").collect();
    assert_eq!(on_the_map, built);
}

#[test]
fn the_reader_of_this_file_reads_well() {
    let text = "use crate::a::B; // crate::no\nuse crate::{b, c::{D, E}};\nfn f() -> crate::d::F {}\n#[cfg(test)]\n\
                mod tests {\n    use crate::e;\n}\nconst X: crate::g::H = 1;\n#[cfg(test)]\nmod other;\n";
    let (lines, tests) = read(text);
    let file = File { path: "x.rs".into(), room: "x".into(), lines };
    let targets: Vec<_> = file.imports().into_iter().map(|(_, target)| target).collect();
    assert_eq!((targets.join(" "), tests), ("a b c d g".into(), vec!["other".to_owned()]));
    assert!(names("use axum::Router", "axum::") && !names("use faxum::x", "axum::"));
}

impl File {
    /// The rooms that it names, each with the line.
    fn imports(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let text: String = self.lines.iter().map(|(_, text)| format!("{text}\n")).collect();
        // The program names the library instead of the crate.
        let root = if self.room == "main" { "nagaya::" } else { "crate::" };
        for (at, _) in text.match_indices(root).filter(|(at, _)| boundary(&text, *at)) {
            let line = self.lines[text[..at].matches('\n').count()].0;
            let rest = &text[at + root.len()..];
            let Some(group) = rest.strip_prefix('{') else {
                found.push((line, word(rest)));
                continue;
            };
            let mut depth = 1;
            let mut begins = true;
            for (offset, letter) in group.char_indices() {
                match letter {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' => begins = true,
                    letter if begins && depth == 1 && !letter.is_whitespace() => {
                        found.push((line, word(&group[offset..])));
                        begins = false;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
        }
        found
    }
}

/// Room → floor, from the table in lib.rs.
fn floors() -> BTreeMap<String, u32> {
    let map = std::fs::read_to_string(root().join("lib.rs")).expect("lib.rs");
    let mut floors = BTreeMap::new();
    for row in map.lines().filter_map(|line| line.strip_prefix("//! | ")) {
        let cells: Vec<&str> = row.split(" | ").collect();
        let Some(floor) = cells[0].split(' ').next().and_then(|number| number.parse().ok()) else { continue };
        // Every second part stands between backticks.
        for room in cells[1].split('`').skip(1).step_by(2) {
            assert_eq!(floors.insert(room.to_owned(), floor), None, "{room} stands on two floors");
        }
    }
    assert!(floors.len() > 10, "the table in lib.rs was not understood: {floors:?}");
    floors
}

/// Every file of src that is part of the program.
fn sources() -> Vec<File> {
    let mut paths = Vec::new();
    gather(&root(), &mut paths);
    let (mut files, mut tests) = (Vec::new(), Vec::new());
    for path in paths {
        let text = std::fs::read_to_string(root().join(&path)).expect("readable");
        let (lines, modules) = read(&text);
        let folder = path.trim_end_matches("mod.rs").trim_end_matches("lib.rs").trim_end_matches(".rs");
        let folder = folder.trim_end_matches('/');
        for module in modules {
            tests.push(if folder.is_empty() { module } else { format!("{folder}/{module}") });
        }
        let room = path.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        files.push(File { path, room, lines });
    }
    // Modules inside of a test module are tests as well.
    let inside =
        |path: &str, test: &str| path.strip_prefix(test).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
    files.retain(|file| !tests.iter().any(|test| inside(&file.path, test)));
    files
}

fn gather(folder: &Path, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("src is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            gather(&path, paths);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let path = path.strip_prefix(root()).expect("below src");
            paths.push(path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"));
        }
    }
}

/// Numbered lines without comments and test items; and the modules that are for tests only.
fn read(text: &str) -> (Vec<(usize, String)>, Vec<String>) {
    let (mut lines, mut tests) = (Vec::new(), Vec::new());
    let mut numbered = text.lines().enumerate();
    while let Some((number, line)) = numbered.next() {
        let code = line.split("//").next().unwrap_or_default();
        if code.trim() != "#[cfg(test)]" {
            lines.push((number + 1, code.to_owned()));
            continue;
        }
        // The item ends with a line that ends in a semicolon, or with a brace as far left as it began.
        let end = format!("{}}}", &code[..code.len() - code.trim_start().len()]);
        for (_, line) in numbered.by_ref() {
            if let Some(module) = line.trim().strip_suffix(';').and_then(|item| item.rsplit_once("mod ")) {
                tests.push(module.1.to_owned());
                break;
            }
            if line == end || (line.trim().ends_with(';') && !line.starts_with(' ')) {
                break;
            }
        }
    }
    (lines, tests)
}

/// Whether `text` has `name`, not as the end of a longer word.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| boundary(text, at))
}

fn boundary(text: &str, at: usize) -> bool {
    !text[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}
