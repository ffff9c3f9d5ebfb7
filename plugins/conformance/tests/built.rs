//! The guests in `built/` are what their manifests say, and small.

use std::collections::BTreeSet;

use wasmparser::{Parser, Payload};

/// Bytes of a guest, as a component.
const SMALL: usize = 160_000;

#[test]
fn every_built_guest_becomes_a_component_of_its_kinds() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let (mut seen, mut sizes) = (0, Vec::new());
    for folder in std::fs::read_dir(root).expect("the workspace") {
        let folder = folder.expect("an entry").path();
        let Ok(manifest) = std::fs::read_to_string(folder.join("manifest.toml")) else { continue };
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let file = format!("{root}/built/{name}.wasm");
        let wasm = std::fs::read(&file).unwrap_or_else(|why| panic!("{file}: {why}; run plugins/build.sh"));
        let carried = custom(&wasm, "nagaya:manifest");
        assert!(
            carried.as_deref() == Some(manifest.as_bytes()),
            "{name}: built with another manifest; run plugins/build.sh"
        );
        let component = wit_component::ComponentEncoder::default()
            .module(&wasm)
            .and_then(|encoder| encoder.validate(true).encode())
            .unwrap_or_else(|why| panic!("{name}: {why:#}"));
        let kinds = manifest.lines().find_map(|line| line.strip_prefix("kinds = ")).expect("kinds");
        let kinds: BTreeSet<String> =
            kinds.split(['[', ']', ',', '"', ' ']).filter(|kind| !kind.is_empty()).map(str::to_owned).collect();
        assert_eq!(exports(&component), kinds, "{name}");
        sizes.push((component.len(), name));
        seen += 1;
    }
    sizes.sort();
    println!("{sizes:?}");
    let (largest, name) = sizes.last().expect("guests");
    assert!(seen >= 24 && *largest <= SMALL, "{name} has {largest} bytes");
}

fn custom(wasm: &[u8], name: &str) -> Option<Vec<u8>> {
    Parser::new(0).parse_all(wasm).find_map(|payload| match payload.expect("valid WebAssembly") {
        Payload::CustomSection(section) if section.name() == name => Some(section.data().to_vec()),
        _ => None,
    })
}

/// The interfaces of the contract that the outermost component exports.
fn exports(component: &[u8]) -> BTreeSet<String> {
    let (mut depth, mut found) = (0_usize, BTreeSet::new());
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("a valid component") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let name = export.expect("an export").name.name;
                    let name = name.strip_prefix("nagaya:plugin/").and_then(|name| name.split('@').next());
                    found.extend(name.map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    found
}
