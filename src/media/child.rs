//! The child process that decodes pictures: bombs and decoder bugs stay outside the server.
//!
//! The parent writes one JSON line with an [`Order`] to the child's input and reads one JSON line with the outcome from
//! its output. The child has no environment, limits its own memory, time, files and processes before it reads anything,
//! and is killed when it takes too long or nobody waits for it any more.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::picture::{self, Made, Order};
use crate::error::{Error, Result};

/// The hidden command that [`child`] answers to.
pub const COMMAND: &str = "media-child";
/// Debug builds scale many times slower, because the generic code of dependencies is compiled with ours.
const SLOW: u64 = if cfg!(debug_assertions) { 6 } else { 1 };
/// The wall clock time a picture may take.
const DEADLINE: Duration = Duration::from_secs(10 * SLOW);
/// What the child may do, seconds and bytes: decoding, scaling and writing the largest picture needs about half.
const LIMITS: Limits = Limits { cpu_seconds: 10 * SLOW, address_space: 1 << 30, data: 1 << 30, written_file: 64 << 20 };
/// An order or an outcome is a few hundred bytes.
const LINE: u64 = 64 << 10;

const GAVE_UP: &str =
    "The picture takes too much time or memory to process; make it smaller, or save it as JPEG or PNG";

/// What a child may do; seconds and bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub cpu_seconds: u64,
    pub address_space: u64,
    pub data: u64,
    pub written_file: u64,
}

/// The child's side, behind the hidden command: with a `tool` and its arguments, becomes that under limits; without,
/// carries out an order. Prints the outcome; never fails otherwise.
pub fn child(tool: Vec<OsString>) -> ExitCode {
    if !tool.is_empty() {
        return super::tool::become_tool(tool.into_iter());
    }
    let outcome = limit_ourselves(&LIMITS, false).and_then(|()| {
        let mut line = String::new();
        std::io::stdin().take(LINE).read_to_string(&mut line).map_err(|error| error.to_string())?;
        let order: Order = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        picture::make(&order)
    });
    let line = serde_json::to_string(&outcome).expect("plain data is JSON");
    match writeln!(std::io::stdout(), "{line}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The parent's side: has `order` carried out by a child of `program`.
///
/// [`Error::Invalid`] when the picture is refused, or the child ran into a limit.
pub async fn run(program: &Path, order: &Order) -> Result<Made> {
    let failed = || Error::io(format!("cannot run {} to process a picture", program.display()));
    let mut child = Command::new(program)
        .arg(COMMAND)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed())?;
    let (mut input, output) = (child.stdin.take().expect("is piped"), child.stdout.take().expect("is piped"));
    let work = async {
        let line = serde_json::to_vec(order).expect("plain data is JSON");
        input.write_all(&line).await?;
        drop(input);
        let mut answer = Vec::new();
        output.take(LINE).read_to_end(&mut answer).await?;
        child.wait().await?;
        std::io::Result::Ok(answer)
    };
    let answer = match tokio::time::timeout(DEADLINE, work).await {
        Ok(Ok(answer)) => answer,
        // A child that dies before it has read its order breaks the pipe.
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Vec::new(),
        Ok(Err(error)) => return Err(failed()(error)),
        Err(_) => Vec::new(),
    };
    match serde_json::from_slice::<Result<Made, String>>(&answer) {
        Ok(outcome) => outcome.map_err(|why| Error::invalid("", why)),
        Err(_) => Err(Error::invalid("", GAVE_UP)),
    }
}

/// The same in our own process, without limits on time and memory. For tests, whose program is not nagaya.
pub async fn run_here(order: &Order) -> Result<Made> {
    let order = order.clone();
    match tokio::task::spawn_blocking(move || picture::make(&order)).await {
        Ok(outcome) => outcome.map_err(|why| Error::invalid("", why)),
        Err(_) => Err(Error::invalid("", GAVE_UP)),
    }
}

#[cfg(unix)]
pub(super) fn limit_ourselves(limits: &Limits, is_tool: bool) -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limits = [
        #[cfg(not(target_os = "openbsd"))]
        (Resource::As, limits.address_space),
        (Resource::Data, limits.data),
        (Resource::Cpu, limits.cpu_seconds),
        (Resource::Fsize, limits.written_file),
        (Resource::Nofile, if is_tool { 64 } else { 16 }),
        (Resource::Core, 0),
    ];
    // Tools work with threads, which count as processes; and the limit is one of all that our user runs.
    let alone = (!is_tool).then_some((Resource::Nproc, 0));
    for (resource, most) in limits.into_iter().chain(alone) {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(|error| format!("The server cannot limit its picture process ({resource:?}: {error})"))?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn limit_ourselves(_limits: &Limits, _is_tool: bool) -> Result<(), String> {
    Ok(())
}
