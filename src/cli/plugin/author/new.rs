//! `nagaya plugin new`: a folder with everything that a plugin needs, the contract and the crate for guests included, so
//! that nothing of Nagaya must be downloaded.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Kind, Language};

macro_rules! files {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("../../../../plugins/", $name)))),*] };
}

/// The contract: every plugin gets it.
const CONTRACT: &[(&str, &str)] = files![
    "wit/v1_0/bot.wit" "wit/v1_0/fan_out.wit" "wit/v1_0/filter.wit" "wit/v1_0/host.wit" "wit/v1_0/types.wit"
    "wit/v1_0/world.wit"
];

/// The crate for guests in Rust.
const CRATE: &[(&str, &str)] = files![
    "sdk/Cargo.toml" "sdk/src/bindings.rs" "sdk/src/decision.rs" "sdk/src/events.rs" "sdk/src/glue.rs"
    "sdk/src/host.rs" "sdk/src/html.rs" "sdk/src/json.rs" "sdk/src/lib.rs" "sdk/src/settings.rs"
    "sdk/src/testing.rs" "sdk/src/words.rs"
];

/// What plugins in JavaScript import, and what their editor reads.
const SCRIPTS: &[(&str, &str)] = files![
    "templates/js/lib/bot.js" "templates/js/lib/contract.d.ts" "templates/js/lib/globals.d.ts" "templates/js/lib/index.js"
];

/// The folder inside a plugin that holds all that is ours.
const OURS: &str = "nagaya";

/// Makes the folder; refuses to touch one that exists.
pub fn make(folder: &Path, kind: Kind, language: Language) -> Result<String> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(fits) || name.len() > 60 {
        bail!(
            "the name {name:?} is not like quiet-please (a-z, 0-9, hyphens) / 名前は英小文字・数字・ハイフンで付けてください"
        );
    }
    if folder.exists() {
        bail!("{0} exists already / {0}はすでにあります", folder.display());
    }
    let filled = |text: &str| text.replace("{{name}}", name);
    let mut files: Vec<(String, String)> = CONTRACT.iter().map(|(path, text)| ours(path, text)).collect();
    files.push(("manifest.toml".into(), filled(manifest(kind))));
    files.push(("fixtures/cases.json".into(), fixture(kind).into()));
    match language {
        Language::Rust => {
            files.extend(CRATE.iter().map(|(path, text)| ours(path, text)));
            files.push(("Cargo.toml".into(), filled(include_str!("../../../../plugins/templates/rust/Cargo.toml.in"))));
            files.push(("src/lib.rs".into(), rust(kind).into()));
            files.push((".gitignore".into(), "/target\n/*.wasm\n".into()));
        }
        Language::Js => {
            let script = |(path, text): &(&str, &str)| {
                (format!("{OURS}/js/{}", path.rsplit('/').next().unwrap_or(path)), (*text).to_owned())
            };
            files.extend(SCRIPTS.iter().map(script));
            let package = include_str!("../../../../plugins/templates/js/package.json.in");
            files.push(("package.json".into(), filled(package)));
            let lock = include_str!("../../../../plugins/templates/js/package-lock.json.in");
            files.push(("package-lock.json".into(), filled(lock)));
            files.push(("tsconfig.json".into(), include_str!("../../../../plugins/templates/js/tsconfig.json").into()));
            files.push(("src/plugin.js".into(), javascript(kind).into()));
            files.push((".gitignore".into(), "/node_modules\n/*.wasm\n".into()));
        }
    }
    for (path, text) in files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let (shown, code) = (folder.display(), if language == Language::Rust { "src/lib.rs" } else { "src/plugin.js" });
    Ok(format!(
        "Made {shown}. Look at {code} and manifest.toml, then: nagaya plugin build {shown}\n\
         {shown} を作りました。{code} と manifest.toml を見て、nagaya plugin build {shown} を実行してください。"
    ))
}

fn ours(path: &str, text: &str) -> (String, String) {
    (format!("{OURS}/{path}"), text.to_owned())
}

fn manifest(kind: Kind) -> &'static str {
    match kind {
        Kind::Filter => include_str!("../../../../plugins/templates/rust/filter.toml"),
        Kind::Bot => include_str!("../../../../plugins/templates/rust/bot.toml"),
        Kind::FanOut => include_str!("../../../../plugins/templates/rust/fan-out.toml"),
    }
}

fn fixture(kind: Kind) -> &'static str {
    match kind {
        Kind::Filter => include_str!("../../../../plugins/templates/cases/filter.json"),
        Kind::Bot => include_str!("../../../../plugins/templates/cases/bot.json"),
        Kind::FanOut => include_str!("../../../../plugins/templates/cases/fan-out.json"),
    }
}

fn rust(kind: Kind) -> &'static str {
    match kind {
        Kind::Filter => include_str!("../../../../plugins/templates/rust/filter.rs"),
        Kind::Bot => include_str!("../../../../plugins/templates/rust/bot.rs"),
        Kind::FanOut => include_str!("../../../../plugins/templates/rust/fan-out.rs"),
    }
}

fn javascript(kind: Kind) -> &'static str {
    match kind {
        Kind::Filter => include_str!("../../../../plugins/templates/js/filter.js"),
        Kind::Bot => include_str!("../../../../plugins/templates/js/bot.js"),
        Kind::FanOut => include_str!("../../../../plugins/templates/js/fan-out.js"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_once_and_holds_what_it_needs() {
        let place = tempfile::tempdir().expect("a temporary folder");
        for (kind, language, code) in [
            (Kind::Filter, Language::Rust, "src/lib.rs"),
            (Kind::Bot, Language::Js, "src/plugin.js"),
            (Kind::FanOut, Language::Rust, "nagaya/sdk/src/glue.rs"),
            (Kind::FanOut, Language::Js, "nagaya/wit/v1_0/fan_out.wit"),
            (Kind::Filter, Language::Js, "nagaya/js/contract.d.ts"),
            (Kind::Bot, Language::Rust, "fixtures/cases.json"),
        ] {
            let folder = place.path().join(format!("my-{kind:?}-{language:?}").to_lowercase());
            make(&folder, kind, language).expect("makes it");
            assert!(folder.join(code).exists(), "{code}");
            let manifest = std::fs::read_to_string(folder.join("manifest.toml")).expect("a manifest");
            let manifest: toml::Table = manifest.parse().expect("TOML");
            let id = manifest["id"].as_str().expect("an id");
            assert!(id.starts_with("org.example.my-") && !id.contains('{'), "{id}");
            assert!(make(&folder, kind, language).is_err(), "what is there stays");
        }
        for name in ["", "Big", "a b", "../x/ü", "9x"] {
            assert!(make(&place.path().join(name), Kind::Bot, Language::Rust).is_err(), "{name}");
        }
    }
}
