//! Programs of others (ffmpeg, libheif), run as a child with limits: they decode hostile input.
//!
//! Our own program limits its memory, time and files first and then becomes the tool, so the tool never runs without
//! them. It has no environment and no input, and is killed when it takes too long or nobody waits for it any more.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::child::{self, Limits};
use crate::error::{Error, Result};

/// What a tool may do; a film of 99 MB takes some minutes on a small machine.
const LIMITS: Limits = Limits { cpu_seconds: 1_800, address_space: 6 << 30, data: 1 << 30, written_file: 400 << 20 };
/// The wall clock time.
const DEADLINE: Duration = Duration::from_secs(1_200);
/// What a tool may say.
const WORDS: u64 = 1 << 20;

/// How a tool is started.
#[derive(Debug, Clone)]
pub(super) struct Runner {
    /// Our own program, which limits itself; `None` runs the tool as it is. For tests only, whose program is not nagaya.
    pub program: Option<PathBuf>,
}

impl Runner {
    /// Runs `tool`; answers what it printed, or `None` when it failed or ran into a limit.
    pub async fn run(&self, tool: &Path, arguments: Vec<OsString>) -> Result<Option<Vec<u8>>> {
        let failed = || Error::io(format!("cannot run {}", tool.display()));
        let mut command = match &self.program {
            Some(program) => {
                let mut command = Command::new(program);
                command.arg(child::COMMAND).arg(tool);
                command
            }
            None => Command::new(tool),
        };
        let mut child = command
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed())?;
        let output = child.stdout.take().expect("is piped");
        let work = async {
            let mut words = Vec::new();
            output.take(WORDS).read_to_end(&mut words).await?;
            Ok((child.wait().await?, words))
        };
        match tokio::time::timeout(DEADLINE, work).await {
            Ok(Ok((status, words))) => Ok(status.success().then_some(words)),
            Ok(Err(error)) => Err(failed()(error)),
            Err(_) => Ok(None),
        }
    }
}

/// The child's side: limits itself and becomes the tool.
#[cfg(unix)]
pub(super) fn become_tool(mut words: impl Iterator<Item = OsString>) -> ExitCode {
    use std::os::unix::process::CommandExt;
    let Some(tool) = words.next() else { return ExitCode::FAILURE };
    if child::limit_ourselves(&LIMITS, true).is_err() {
        return ExitCode::FAILURE;
    }
    // Only returns when it fails.
    let _ = std::process::Command::new(tool).args(words).exec();
    ExitCode::FAILURE
}

#[cfg(not(unix))]
pub(super) fn become_tool(_words: impl Iterator<Item = OsString>) -> ExitCode {
    ExitCode::FAILURE
}
