//! Compiled plugins on disk. Loading machine code means running it, so every file carries an HMAC over its content, the
//! engine it was made for and the component it was made from; the secret lies beside it. What does not match is deleted.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use aws_lc_rs::{digest, hmac};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::{Error, Result};
use crate::random::Random;

/// The folder, inside the data folder.
const FOLDER: &str = "plugin-cache";
/// Length of the HMAC at the start of each file.
const TAG: usize = 32;

/// The cache of one server.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    secret: hmac::Key,
    engine_hash: [u8; 32],
}

/// SHA-256 of a component.
pub(super) type Sha256 = [u8; 32];

pub(super) fn sha256(bytes: &[u8]) -> Sha256 {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

impl Cache {
    /// Opens the cache in the data folder; makes the folder and the secret when they are missing, and clears away what a
    /// killed compiler left. The store's lock keeps a second process out of the folder.
    pub(super) fn open(data: &Path, random: &Random, engine: &Engine) -> Result<Self> {
        let folder = data.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(Error::io(format!("cannot create {}", folder.display())))?;
        sweep(&folder, |extension| matches!(extension, "in" | "out" | "part"), &HashSet::new());
        let path = folder.join("secret");
        let secret = match std::fs::read(&path) {
            Ok(secret) if secret.len() == 32 => secret,
            _ => {
                let mut secret = vec![0; 32];
                random.fill(&mut secret);
                write_private(&path, &secret).map_err(Error::io(format!("cannot write {}", path.display())))?;
                secret
            }
        };
        let mut hasher = Hashing(digest::Context::new(&digest::SHA256));
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine_hash = hasher.0.finish().as_ref().try_into().expect("SHA-256 has 32 bytes");
        Ok(Self { folder, secret: hmac::Key::new(hmac::HMAC_SHA256, &secret), engine_hash })
    }

    /// Where files may be written for a moment.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The compiled component, if the cache holds it untouched. Blocks on the disk.
    pub(super) fn load(&self, engine: &Engine, sha256: &Sha256) -> Option<Component> {
        let path = self.path(sha256);
        let file = std::fs::read(&path).ok()?;
        let component = self.authentic(sha256, &file).and_then(|code| deserialize(engine, code));
        if component.is_none() {
            tracing::warn!("the compiled plugin {} does not match its seal; compiling it again", path.display());
            let _ = std::fs::remove_file(&path);
        }
        component
    }

    /// Seals and keeps what the compiler made; returns the component. Blocks on the disk.
    pub(super) fn store(&self, engine: &Engine, sha256: &Sha256, code: &[u8]) -> Result<Component> {
        let tag = self.seal(sha256, code);
        let path = self.path(sha256);
        let part = path.with_extension("part");
        write_private(&part, &[tag.as_ref(), code].concat())
            .and_then(|()| std::fs::rename(&part, &path))
            .map_err(Error::io(format!("cannot write {}", path.display())))?;
        self.load(engine, sha256).ok_or_else(|| Error::Bug("what was just compiled cannot be loaded".into()))
    }

    /// Deletes the code of all other components.
    pub(super) fn keep_only(&self, wanted: &HashSet<Sha256>) {
        let wanted = wanted.iter().map(|sha256| self.path(sha256)).collect();
        sweep(&self.folder, |extension| extension == "aot", &wanted);
    }

    fn path(&self, sha256: &Sha256) -> PathBuf {
        self.folder.join(format!("{}.aot", hex::encode(sha256)))
    }

    fn seal(&self, sha256: &Sha256, code: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.secret);
        context.update(&self.engine_hash);
        context.update(sha256);
        context.update(code);
        context.sign()
    }

    /// The code in `file`, if we sealed it for this engine and this component.
    fn authentic<'f>(&self, sha256: &Sha256, file: &'f [u8]) -> Option<&'f [u8]> {
        let (tag, code) = file.split_at_checked(TAG)?;
        let ours = self.seal(sha256, code);
        aws_lc_rs::constant_time::verify_slices_are_equal(tag, ours.as_ref()).ok().map(|()| code)
    }
}

/// Deletes the files with such an extension that are not `wanted`; one that stays does no harm.
fn sweep(folder: &Path, extensions: impl Fn(&str) -> bool, wanted: &HashSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().and_then(|extension| extension.to_str()).is_some_and(&extensions) && !wanted.contains(&path)
        {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[allow(unsafe_code, reason = "see SAFETY")]
fn deserialize(engine: &Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: `deserialize` trusts its input to come from `precompile_component`. These bytes are in memory, so nobody
    // changes them under us, and their HMAC was just checked (the only caller is `load`): they were written by `store`,
    // from the output of our own compiler child, for this very engine configuration and component. Whoever can forge
    // the seal can read the secret in the data folder, and then owns the server's database and keys anyway.
    unsafe { Component::deserialize(engine, code) }.ok()
}

#[cfg(unix)]
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::File::options().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

#[cfg(not(unix))]
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::write(path, bytes)
}

/// Lets anything that can be hashed be hashed by SHA-256.
struct Hashing(digest::Context);

impl Hasher for Hashing {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}
