//! The example in C: its generated files are those of the contract, and its result is a component that asks for `config` only.

use std::path::Path;

use wasmparser::{Parser, Payload};
use wit_bindgen_core::Files;
use wit_parser::Resolve;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/c");

#[test]
fn the_generated_files_are_those_of_the_contract() {
    let mut resolve = Resolve::default();
    resolve.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/v1_0")).expect("the contract parses");
    let (package, _) = resolve.push_path(Path::new(FOLDER).join("world.wit")).expect("the world parses");
    let world = resolve.select_world(&[package], None).expect("one world");
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files).expect("generates");
    let mut count = 0;
    for (name, bytes) in files.iter() {
        let file = format!("{FOLDER}/gen/{name}");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, bytes).expect("can be written");
        }
        let there = std::fs::read(&file).unwrap_or_else(|why| panic!("{file}: {why}"));
        assert!(there == bytes, "{file} is old: UPDATE=1 cargo test -p conformance --test c");
        count += 1;
    }
    assert_eq!(count, 3);
}

#[test]
fn the_example_is_a_small_component_that_asks_for_its_settings_only() {
    let file = format!("{FOLDER}/few-links.wasm");
    let wasm = std::fs::read(&file).unwrap_or_else(|why| panic!("{file}: {why}; nagaya plugin build {FOLDER}"));
    let manifest = std::fs::read(format!("{FOLDER}/manifest.toml")).expect("a manifest");
    let carried = Parser::new(0).parse_all(&wasm).find_map(|payload| match payload.expect("valid WebAssembly") {
        Payload::CustomSection(section) if section.name() == "nagaya:manifest" => Some(section.data().to_vec()),
        _ => None,
    });
    assert!(carried == Some(manifest), "{file} was built with another manifest");
    let component = wit_component::ComponentEncoder::default()
        .module(&wasm)
        .and_then(|encoder| encoder.validate(true).encode())
        .expect("becomes a component");
    let (mut depth, mut imports, mut exports) = (0_usize, Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(&component) {
        match payload.expect("a valid component") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| import.expect("an import").name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports.extend(section.into_iter().map(|export| export.expect("an export").name.name.to_owned()));
            }
            _ => {}
        }
    }
    imports.sort_unstable();
    assert_eq!(imports, ["nagaya:plugin/config@1.0.0", "nagaya:plugin/types@1.0.0"]);
    assert_eq!(exports, ["nagaya:plugin/filter@1.0.0"]);
    assert!(component.len() < 30_000, "{} bytes", component.len());
}
