//! WASM to machine code, in a child process of our own program: compiling takes 12 to 60 MB that a process never gives
//! back, hostile input may make it take more, and it must never stand in the way of a request.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::engine;
use crate::error::{Error, Result};

/// The hidden first argument of the child: `nagaya plugin-compile IN OUT`.
pub const COMMAND: &str = "plugin-compile";

/// Longer, and the child is ended.
const PATIENCE: Duration = Duration::from_secs(60);
/// Address space of the child.
#[cfg(unix)]
const ADDRESS_SPACE: u64 = 512 * 1024 * 1024;

/// Compiles `component` in a child process; `folder` holds the two files for the moment, `nonce` names them.
pub(super) async fn in_child(program: &Path, folder: &Path, nonce: u64, component: &[u8]) -> Result<Vec<u8>> {
    let files =
        Files { input: folder.join(format!("{nonce:016x}.in")), output: folder.join(format!("{nonce:016x}.out")) };
    tokio::fs::write(&files.input, component).await.map_err(Error::io("cannot write the plugin for compiling"))?;
    let child = Command::new(program)
        .arg(COMMAND)
        .args([&files.input, &files.output])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(Error::io(format!("cannot start {} to compile a plugin", program.display())))?;
    let refused = |why: String| Error::Invalid { field: "plugin", why: format!("cannot be compiled: {why}") };
    let done = tokio::time::timeout(PATIENCE, child.wait_with_output())
        .await
        .map_err(|_| refused(format!("it takes longer than {} s", PATIENCE.as_secs())))?
        .map_err(Error::io("cannot wait for the compiler"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).trim().chars().take(500).collect::<String>();
        let why =
            if said.is_empty() { format!("the compiler ended with {} (out of memory?)", done.status) } else { said };
        return Err(refused(why));
    }
    tokio::fs::read(&files.output).await.map_err(Error::io("cannot read the compiled plugin"))
}

/// Compiles right here, for tests, whose program is not ours.
pub(super) fn in_process(engine: &wasmtime::Engine, component: &[u8]) -> Result<Vec<u8>> {
    engine
        .precompile_component(component)
        .map_err(|error| Error::Invalid { field: "plugin", why: format!("cannot be compiled: {error:#}") })
}

/// The child: reads a component from `input`, writes machine code to `output`. Complains on standard error.
///
/// Call it before anything else starts (threads, the runtime): it limits the memory and time of its process.
pub fn child(input: &Path, output: &Path) -> ExitCode {
    limit();
    let compiled = std::fs::read(input).map_err(Error::io("cannot read the plugin")).and_then(|component| {
        let engine = engine::new()?;
        engine.precompile_component(&component).map_err(|error| Error::Malformed(format!("{error:#}")))
    });
    let written = compiled.and_then(|code| std::fs::write(output, code).map_err(Error::io("cannot write the code")));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(unix)]
fn limit() {
    use rustix::process::{Resource, Rlimit, nice, setrlimit};
    let at_most = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    // A refusal leaves us where we were: the parent still ends us after a minute.
    let _ = setrlimit(Resource::As, at_most(ADDRESS_SPACE));
    let _ = setrlimit(Resource::Cpu, at_most(PATIENCE.as_secs()));
    let _ = setrlimit(Resource::Core, at_most(0));
    let _ = nice(10);
}

#[cfg(not(unix))]
fn limit() {}

/// Files that exist only while we compile.
struct Files {
    input: PathBuf,
    output: PathBuf,
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.input);
        let _ = std::fs::remove_file(&self.output);
    }
}
