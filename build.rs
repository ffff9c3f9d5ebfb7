//! Carries the golden cases of the plugins in the program, and builds the web app into it: for release builds, or when `NAGAYA_WEB=1` asks for it; never for debug builds.
//!
//! The sources in `web/` are copied below `OUT_DIR`, `npm ci` and `npm run build` run there, and the source tree is never
//! written. `NAGAYA_WEB_DIST` names a folder that was built before (packages carry one), `NAGAYA_WEB=0` does without. When npm
//! is missing or fails, that is a warning, and the program says plainly that the web app is not part of it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the web app is made of, below `web/`. Everything else there belongs to the pages that the server renders.
const SOURCES: &[&str] = &["app", "locales", "static"];
/// Compresses each file once, beside it, as well as brotli can; fonts and pictures are left as they are.
const COMPRESS: &str = "const fs=require('fs'),path=require('path'),zlib=require('zlib');\
    const walk=folder=>fs.readdirSync(folder,{withFileTypes:true}).forEach(entry=>{\
      const file=path.join(folder,entry.name);\
      if(entry.isDirectory())return walk(file);\
      if(!/\\.(html|js|css|json|svg|webmanifest|txt|map)$/.test(file))return;\
      const bytes=fs.readFileSync(file);\
      const small=zlib.brotliCompressSync(bytes,{params:{[zlib.constants.BROTLI_PARAM_QUALITY]:11,\
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]:bytes.length}});\
      if(small.length<bytes.length)fs.writeFileSync(file+'.br',small);\
    });walk(process.argv[1]);";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["NAGAYA_WEB", "NAGAYA_WEB_DIST"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    fs::write(out.join("conformance.rs"), cases(&root.join("plugins"))).expect("OUT_DIR can be written");
    let built = match dist(&root, &out) {
        Ok(built) => built,
        Err(why) => {
            println!("cargo::warning=the web app is not embedded: {why}");
            None
        }
    };
    let table = built.map_or_else(|| Ok(String::new()), |folder| table(&folder));
    let table = table.unwrap_or_else(|error| {
        println!("cargo::warning=the web app is not embedded: {error}");
        String::new()
    });
    fs::write(out.join("webapp.rs"), format!("&[\n{table}]\n")).expect("OUT_DIR can be written");
}

/// Two lists, of a name and the text each: the fixtures in `plugins/*/fixtures`, the documents that they begin with.
fn cases(plugins: &Path) -> String {
    let documents = jsons(&plugins.join("conformance/documents"));
    let mut fixtures = Vec::new();
    println!("cargo::rerun-if-changed={}", plugins.display());
    for entry in fs::read_dir(plugins).into_iter().flatten().flatten() {
        let folder = entry.path().join("fixtures");
        if folder.is_dir() && entry.path().join("manifest.toml").is_file() {
            // What its cases may cost is no case.
            fixtures.extend(jsons(&folder).into_iter().filter(|file| !file.ends_with("fuel.json")));
        }
    }
    let list = |mut files: Vec<PathBuf>| {
        files.sort();
        let line = |file: &PathBuf| {
            let name = file.strip_prefix(plugins).unwrap_or(file).to_string_lossy().into_owned();
            format!("    ({name:?}, include_str!({:?})),\n", file.display())
        };
        files.iter().map(line).collect::<String>()
    };
    format!("Cases {{ fixtures: &[\n{}], documents: &[\n{}] }}\n", list(fixtures), list(documents))
}

fn jsons(folder: &Path) -> Vec<PathBuf> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect()
}

/// The folder with the built web app; `None` when none is asked for.
fn dist(root: &Path, out: &Path) -> Result<Option<PathBuf>, String> {
    let asked = std::env::var("NAGAYA_WEB").unwrap_or_default();
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if asked == "0" || (!release && asked != "1") {
        return Ok(None);
    }
    let copy = out.join("web");
    if let Some(given) = std::env::var_os("NAGAYA_WEB_DIST").filter(|given| !given.is_empty()) {
        println!("cargo::rerun-if-changed={}", Path::new(&given).display());
        let place = copy.join("dist");
        afresh(&place).and_then(|()| copied(Path::new(&given), &place)).map_err(|error| error.to_string())?;
        return finished(place);
    }
    if !root.join("web/app/package.json").is_file() {
        return Err("its sources in web/app are not there".into());
    }
    for part in SOURCES {
        watch(&root.join("web").join(part)).map_err(|error| error.to_string())?;
        let (from, to) = (root.join("web").join(part), copy.join(part));
        // What npm installed stays: `npm ci` knows whether it is still right.
        afresh(&to).and_then(|()| copied(&from, &to)).map_err(|error| error.to_string())?;
    }
    let app = copy.join("app");
    run("npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"], &app)?;
    run("npm", &["run", "--silent", "build"], &app)?;
    finished(app.join("dist"))
}

fn finished(dist: PathBuf) -> Result<Option<PathBuf>, String> {
    if !dist.join("index.html").is_file() {
        return Err(format!("there is no index.html in {}", dist.display()));
    }
    let folder = dist.to_string_lossy().into_owned();
    // Without node the files are sent as they are.
    if let Err(why) = run("node", &["-e", COMPRESS, &folder], &dist) {
        println!("cargo::warning=the web app is not compressed: {why}");
    }
    Ok(Some(dist))
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<(), String> {
    // npm takes what cargo tells us for settings of its own and of vite.
    let tried = Command::new(program).args(arguments).current_dir(folder).env_remove("PROFILE").output();
    let output = tried.map_err(|error| format!("{program} cannot be run ({error})"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(6)..].join(" | ");
    Err(format!("{program} {} failed: {last}", arguments.join(" ")))
}

/// Tells cargo of every folder and file, but of nothing that npm installs or builds.
fn watch(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if passing(&path) {
            continue;
        }
        println!("cargo::rerun-if-changed={}", path.display());
        if path.is_dir() {
            watch(&path)?;
        }
    }
    Ok(())
}

/// What stands in a working copy only.
fn passing(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| ["node_modules", "dist", ".svelte-kit", "test-results"].iter().any(|n| name == *n))
}

/// Empties the folder, but for what npm installed.
fn afresh(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match path {
                path if path.ends_with("node_modules") => {}
                path if path.is_dir() => fs::remove_dir_all(path)?,
                path => fs::remove_file(path)?,
            }
        }
    }
    fs::create_dir_all(folder)
}

fn copied(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            if !passing(&path) {
                copied(&path, &target)?;
            }
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// One line for each file: its address below `/app/`, its bytes, and the same compressed.
fn table(dist: &Path) -> std::io::Result<String> {
    let mut files = Vec::new();
    gather(dist, dist, &mut files)?;
    files.sort();
    let mut text = String::new();
    for file in files.iter().filter(|file| !file.ends_with(".br")) {
        let bytes = dist.join(file);
        let small = dist.join(format!("{file}.br"));
        let brotli = if small.is_file() { format!("Some(include_bytes!({small:?}))") } else { "None".to_owned() };
        let _ = writeln!(text, "    File {{ name: {file:?}, bytes: include_bytes!({bytes:?}), brotli: {brotli} }},");
    }
    Ok(text)
}

fn gather(root: &Path, folder: &Path, files: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(root, &path, files)?;
        } else if let Ok(inside) = path.strip_prefix(root) {
            files
                .push(inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"));
        }
    }
    Ok(())
}
