//! Guests for the plugin host, written as WAT and built as an author's tool chain builds them.

/// A core module `body` with `manifest` (JSON) and the metadata of a bindings generator.
pub fn module(manifest: &str, body: &str) -> Vec<u8> {
    let manifest = manifest.replace('"', "\\\"").replace('\n', " ");
    let text = format!(r#"(module {body} (@custom "nagaya:manifest" "{manifest}"))"#);
    let mut wasm = wat::parse_str(text).expect("valid WAT");
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/wit/v0_1")).expect("valid WIT");
    let world = resolve.select_world(&[package], Some("filter-plugin")).expect("the world");
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut wasm, &resolve, world, encoding).expect("embeds");
    wasm
}
