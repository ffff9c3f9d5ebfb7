//! `policies.json` is the checklist: which policy is done by which plugin and shown by which fixtures. The server reads the
//! same file, so that `nagaya plugin conformance` counts policies and not files.

use std::collections::{BTreeMap, BTreeSet};

use conformance::fixtures;
use nagaya_plugin::Json;

/// Golden cases of the checklist, at least.
const CASES: usize = 160;
/// Programs whose JSON goes in, at least.
const PROGRAMS: usize = 6;

/// The plugins with fixtures.
fn plugins() -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let folders = std::fs::read_dir(root).expect("the workspace").map(|entry| entry.expect("an entry").path());
    let plugins = folders.filter(|folder| folder.join("manifest.toml").exists() && folder.join("fixtures").exists());
    plugins.map(|folder| folder.file_name().expect("a name").display().to_string()).collect()
}

fn checklist() -> Vec<Json> {
    let text = include_str!("../policies.json");
    Json::parse(text).expect("JSON").items().to_vec()
}

#[test]
fn each_of_the_forty_policies_has_its_golden_cases() {
    let all: BTreeMap<String, Json> = plugins().iter().flat_map(|plugin| fixtures(plugin)).collect();
    let (mut total, mut lacking, mut listed) = (0, Vec::new(), BTreeSet::new());
    let checklist = checklist();
    let numbers: Vec<f64> = checklist.iter().filter_map(|row| row.get("policy").number()).collect();
    assert_eq!(numbers, (1..=40).map(f64::from).collect::<Vec<_>>());
    for row in &checklist {
        let name = row.get("name").text().expect("a name");
        let mut kinds = Vec::new();
        for file in row.get("fixtures").items().iter().filter_map(Json::text) {
            let fixture = all.get(file).unwrap_or_else(|| panic!("{name}: there is no {file}"));
            assert_eq!(fixture.get("policy"), row.get("policy"), "{file}");
            assert_eq!(fixture.get("plugin"), row.get("plugin"), "{file}");
            kinds.extend(fixture.get("cases").items().iter().filter_map(|case| case.get("kind").text()));
            listed.insert(file);
        }
        total += kinds.len();
        let sorts: &[&[&str]] = match row.get("counts").text().expect("which way it counts") {
            // Their events have no direction, and rules no edit of their own.
            "bot" | "chain" => &[&["match"], &["no-match"]],
            "inbound" | "outbound" => &[&["match"], &["no-match"], &["direction"], &["edit"]],
            "both" => &[&["match"], &["no-match"], &["direction", "near-miss"], &["edit"]],
            other => panic!("{name} counts {other}"),
        };
        let lacks = sorts.iter().filter(|sort| !kinds.iter().any(|kind| sort.contains(kind)));
        lacking.extend(lacks.map(|sort| format!("{name}: no case of the kind {}", sort.join(" or "))));
        if kinds.len() < 4 {
            lacking.push(format!("{name}: {} cases", kinds.len()));
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
    assert!(total >= CASES, "{total} cases");
    let strays: Vec<_> = all
        .iter()
        .filter(|(file, fixture)| fixture.get("policy").number() != Some(0.0) && !listed.contains(file.as_str()))
        .map(|(file, _)| file)
        .collect();
    assert!(strays.is_empty(), "not in policies.json: {strays:?}");
    println!("{total} cases of {} policies", checklist.len());
}

#[test]
fn what_goes_in_was_written_by_several_programs() {
    let mut bases = BTreeSet::new();
    for (_, fixture) in plugins().iter().flat_map(|plugin| fixtures(plugin)) {
        gather(&fixture, &mut bases);
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/documents");
    let mut programs = BTreeSet::new();
    for base in &bases {
        let file = format!("{folder}/{base}.json");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|why| panic!("{file}: {why}"));
        let document = Json::parse(&text).expect("JSON");
        // Ours has no JSON of another server in it.
        if let Some(raw) = document.get("raw").text() {
            let raw = Json::parse(raw).unwrap_or_else(|| panic!("{base}: raw is not JSON"));
            assert_eq!(raw.get("type").text(), document.get("activity").text(), "{base}");
            assert_eq!(raw.get("actor").id(), document.get("actor").get("id").text(), "{base}");
            programs.insert(base.split('-').next().unwrap_or_default().to_owned());
        }
    }
    let unused: Vec<_> = std::fs::read_dir(folder)
        .expect("the documents")
        .map(|file| file.expect("a file").file_name().display().to_string())
        .filter(|name| !bases.contains(name.trim_end_matches(".json")))
        .collect();
    assert!(unused.is_empty(), "no case uses {unused:?}");
    assert!(programs.len() >= PROGRAMS, "{programs:?}");
}

fn gather(json: &Json, bases: &mut BTreeSet<String>) {
    match json {
        Json::Object(members) => {
            bases.extend(json.get("base").text().map(str::to_owned));
            members.iter().for_each(|(_, value)| gather(value, bases));
        }
        Json::List(items) => items.iter().for_each(|item| gather(item, bases)),
        _ => {}
    }
}
