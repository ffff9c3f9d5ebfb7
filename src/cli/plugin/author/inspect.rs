//! `nagaya plugin inspect`: what a `.wasm` file says about itself, without running it.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result};
use wasmparser::{Parser, Payload};

/// What is in the file, in lines.
pub fn describe(wasm: &[u8]) -> Result<String> {
    let manifest = section(wasm, "nagaya:manifest")?
        .context("it has no section nagaya:manifest, so it is no Nagaya plugin / Nagayaのプラグインではありません")?;
    let manifest = std::str::from_utf8(manifest).context("its manifest is not UTF-8")?;
    let table: toml::Table = if manifest.trim_start().starts_with('{') {
        serde_json::from_str(manifest).context("its manifest cannot be read")?
    } else {
        manifest.parse().context("its manifest cannot be read")?
    };
    let text = |key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or("-").to_owned();
    let words = |key: &str| match table.get(key) {
        Some(toml::Value::Array(items)) => items.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(", "),
        Some(toml::Value::Table(names)) => names.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    let or_none = |words: String| if words.is_empty() { "-".to_owned() } else { words };
    let hosts = table.get("http").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let hosts = hosts.iter().filter_map(|rule| rule.get("host")?.as_str()).collect::<Vec<_>>().join(", ");
    let signer = crate::plugins::sections::signer(wasm)?;
    let what = if Parser::is_component(wasm) { "component" } else { "core module (a component is made at install)" };
    let lines = [
        ("id", text("id")),
        ("version", text("version")),
        ("contract", text("api")),
        ("kinds", or_none(words("kinds"))),
        ("permissions", or_none(words("permissions"))),
        ("hosts", or_none(hosts)),
        ("settings", or_none(words("config"))),
        ("calls", or_none(imports(wasm)?.into_iter().collect::<Vec<_>>().join(", "))),
        ("signed", signer.unwrap_or_else(|| "no".into())),
        ("file", format!("{what}, {} bytes", wasm.len())),
    ];
    let mut out = String::new();
    for (name, value) in lines {
        writeln!(out, "{name:<12} {value}")?;
    }
    Ok(out)
}

/// A custom section of the outermost module or component.
pub fn section<'a>(wasm: &'a [u8], name: &str) -> Result<Option<&'a [u8]>> {
    let (mut depth, mut found) = (0_usize, None);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.context("it is no WebAssembly, or broken / WebAssemblyではないか、壊れています")? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(reader) if depth == 0 && reader.name() == name => found = Some(reader.data()),
            _ => {}
        }
    }
    Ok(found)
}

/// The interfaces of the contract that it calls.
fn imports(wasm: &[u8]) -> Result<BTreeSet<String>> {
    let (mut depth, mut names) = (0_usize, BTreeSet::new());
    let short = |name: &str| {
        let name = name.strip_prefix("nagaya:plugin/")?;
        Some(name.split('@').next().unwrap_or(name).to_owned()).filter(|name| name != "types" && name != "filter")
    };
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.context("it is no WebAssembly, or broken / WebAssemblyではないか、壊れています")? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ImportSection(reader) if depth == 0 => {
                for import in reader.into_imports() {
                    names.extend(short(import?.module));
                }
            }
            Payload::ComponentImportSection(reader) if depth == 0 => {
                for import in reader {
                    names.extend(short(import?.name.name));
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_plugin_is_named_so() {
        for (bytes, why) in [
            (b"nonsense".as_slice(), "no WebAssembly"),
            (b"", "no WebAssembly"),
            (b"\0asm\x01\0\0\0", "no Nagaya plugin"),
        ] {
            let refused = format!("{:#}", describe(bytes).expect_err(why));
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn a_plugin_tells_what_it_asks_for() {
        let told = describe(crate::plugins::Plugins::built_in("keywords").expect("is there")).expect("reads");
        for line in
            ["id           org.nagaya.keywords", "kinds        filter", "calls        config", "signed       no"]
        {
            assert!(told.contains(line), "{line} in\n{told}");
        }
    }
}
