//! `nagaya plugin build`: runs the language's own tools, and puts the manifest into what they made.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The target of guests in Rust.
const TARGET: &str = "wasm32-unknown-unknown";
/// The custom section with the manifest.
const SECTION: &str = "nagaya:manifest";
/// The folder with another Rust toolchain, as `plugins/build.sh` unpacks it, for where rustup cannot add targets.
const TOOLCHAIN: &str = "NAGAYA_WASM_TOOLCHAIN";

/// Builds the plugin in `folder` and writes `<name>.wasm` into it.
pub fn run(folder: &Path) -> Result<String> {
    let (manifest, table) = manifest(folder)?;
    let output = named(folder, &table)?;
    let wasm = if folder.join("package.json").exists() {
        javascript(folder, &table)?
    } else if folder.join("Cargo.toml").exists() {
        rust(folder)?
    } else if folder.join("Makefile").exists() {
        made(folder)?
    } else {
        bail!(
            "neither Cargo.toml, package.json nor Makefile is there / Cargo.toml・package.json・Makefileのいずれもありません"
        );
    };
    let wasm = with_manifest(wasm, &manifest)?;
    std::fs::write(&output, &wasm).with_context(|| format!("cannot write {}", output.display()))?;
    Ok(format!("{} ({} kB)", output.display(), wasm.len().div_ceil(1000)))
}

/// Where the result of this folder lies once it is built.
pub(super) fn output(folder: &Path) -> Result<PathBuf> {
    named(folder, &manifest(folder)?.1)
}

fn manifest(folder: &Path) -> Result<(String, toml::Table)> {
    let file = folder.join("manifest.toml");
    let text = std::fs::read_to_string(&file).with_context(|| {
        format!("{0} is missing, so this is no plugin / {0}がないので、プラグインではありません", file.display())
    })?;
    let table = text.parse().context("manifest.toml cannot be read / manifest.tomlを読めません")?;
    Ok((text, table))
}

/// The plugin's id.
pub(super) fn id(folder: &Path) -> Result<String> {
    Ok(id_of(&manifest(folder)?.1)?.to_owned())
}

fn id_of(manifest: &toml::Table) -> Result<&str> {
    manifest.get("id").and_then(toml::Value::as_str).context("manifest.toml has no id / idがありません")
}

/// The last word of the id, with `.wasm`.
fn named(folder: &Path, manifest: &toml::Table) -> Result<PathBuf> {
    let id = id_of(manifest)?;
    Ok(folder.join(format!("{}.wasm", id.rsplit('.').next().unwrap_or(id))))
}

fn rust(folder: &Path) -> Result<Vec<u8>> {
    let manifest: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml"))?.parse()?;
    let package = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    let package = package.context("Cargo.toml names no package / Cargo.tomlにpackageがありません")?;
    // Whoever names one folder for all builds builds the standard library once.
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), PathBuf::from);
    let target = std::path::absolute(target)?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).args(["build", "--release", "--target", TARGET]).env("CARGO_TARGET_DIR", &target);
    if !has_target(folder) {
        let tools = PathBuf::from(std::env::var_os(TOOLCHAIN).with_context(|| {
            format!(
                "Rust cannot build for {TARGET} here. Add it: rustup target add {TARGET} (or name another toolchain's \
                 folder in {TOOLCHAIN}) / {TARGET}用のRustがありません: rustup target add {TARGET}"
            )
        })?);
        cargo
            .args(["-Z", "build-std=std,panic_abort"])
            .env("RUSTC", tools.join("usr/bin/rustc"))
            .env("LD_LIBRARY_PATH", tools.join("usr/lib/x86_64-linux-gnu"))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("PATH", with_linker(std::env::var_os("PATH").unwrap_or_default())?);
    }
    done(&mut cargo, "cargo")?;
    let made = target.join(TARGET).join("release").join(format!("{}.wasm", package.replace('-', "_")));
    std::fs::read(&made).with_context(|| format!("cargo did not make {}", made.display()))
}

/// Whether the Rust of this folder has the target.
fn has_target(folder: &Path) -> bool {
    let asked = Command::new("rustc").current_dir(folder).args(["--print", "sysroot"]).output();
    let Some(sysroot) = asked.ok().and_then(|answer| String::from_utf8(answer.stdout).ok()) else { return false };
    Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).exists()
}

/// The search path with the folder of `rust-lld`, which every Rust toolchain carries somewhere inside.
fn with_linker(path: std::ffi::OsString) -> Result<std::ffi::OsString> {
    let asked = Command::new("rustc").args(["--print", "target-libdir"]).output().context("rustc is missing")?;
    let libraries = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    let folder = Path::new(&libraries).parent().map(|host| host.join("bin")).unwrap_or_default();
    Ok(std::env::join_paths(std::env::split_paths(&path).chain([folder]))?)
}

fn javascript(folder: &Path, manifest: &toml::Table) -> Result<Vec<u8>> {
    let kinds = manifest.get("kinds").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let [kind] = kinds else {
        bail!("a plugin in JavaScript has one kind / JavaScriptのプラグインのkindsは一つだけです");
    };
    let world = format!("{}-plugin", kind.as_str().unwrap_or_default());
    let tools = std::path::absolute(folder.join("node_modules/.bin"))?;
    if !tools.join("componentize-qjs").exists() {
        // Exactly what the lock file names, where there is one.
        let install = if folder.join("package-lock.json").exists() { "ci" } else { "install" };
        done(Command::new("npm").current_dir(folder).args([install, "--no-audit", "--no-fund"]), "npm")?;
    }
    // TypeScript becomes JavaScript, and types are checked in both.
    let typed = folder.join("tsconfig.json").exists();
    if typed {
        done(Command::new(tools.join("tsc")).current_dir(folder), "tsc")?;
    }
    let root = if typed { "node_modules/.nagaya" } else { "." };
    let made = folder.join("node_modules/.nagaya.wasm");
    let mut make = Command::new(tools.join("componentize-qjs"));
    make.current_dir(folder)
        .args(["--wit", "nagaya/wit/v1_0", "--world", &world, "--js", &format!("{root}/src/plugin.js")])
        // Without WASI, without the async ABI: the host offers neither.
        .args(["--module-root", root, "--sync", "--opt-size", "--stub-wasi", "--minify"])
        .args(["-o", "node_modules/.nagaya.wasm"]);
    done(&mut make, "componentize-qjs")?;
    std::fs::read(&made).with_context(|| format!("componentize-qjs did not make {}", made.display()))
}

/// Every other language: `make` writes `plugin.wasm`.
fn made(folder: &Path) -> Result<Vec<u8>> {
    done(Command::new("make").current_dir(folder).arg("plugin.wasm"), "make")?;
    let made = folder.join("plugin.wasm");
    std::fs::read(&made).with_context(|| format!("make did not make {}", made.display()))
}

fn done(command: &mut Command, name: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {name} / {name}を起動できません"))?;
    if !status.success() {
        bail!("{name} failed ({status}) / {name}が失敗しました");
    }
    Ok(())
}

/// Adds the manifest as a custom section, unless it is there already; a different one is the mistake of an old build.
fn with_manifest(mut wasm: Vec<u8>, manifest: &str) -> Result<Vec<u8>> {
    match super::inspect::section(&wasm, SECTION)? {
        Some(there) if there == manifest.as_bytes() => return Ok(wasm),
        Some(_) => bail!("the file carries another manifest than manifest.toml / 別のmanifestが入っています"),
        None => {}
    }
    let mut payload = Vec::new();
    leb128(&mut payload, SECTION.len());
    payload.extend_from_slice(SECTION.as_bytes());
    payload.extend_from_slice(manifest.as_bytes());
    wasm.push(0);
    leb128(&mut wasm, payload.len());
    wasm.extend_from_slice(&payload);
    Ok(wasm)
}

/// A number as WebAssembly writes it: seven bits a byte.
fn leb128(to: &mut Vec<u8>, mut number: usize) {
    loop {
        let byte = u8::try_from(number & 0x7F).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            to.push(byte);
            return;
        }
        to.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_put_in_once() {
        let empty = b"\0asm\x01\0\0\0".to_vec();
        let manifest = "x".repeat(300);
        let once = with_manifest(empty, &manifest).expect("takes it");
        assert_eq!(super::super::inspect::section(&once, SECTION).expect("reads"), Some(manifest.as_bytes()));
        assert_eq!(with_manifest(once.clone(), &manifest).expect("is content"), once);
        assert!(with_manifest(once, "another").is_err());
        assert!(with_manifest(b"nonsense".to_vec(), "x").is_err());
    }
}
