//! Our real program, as a child process on a data folder of its own.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use url::Url;

use super::http;

/// How long the program may take to answer after its start.
const START: Duration = Duration::from_secs(30);

/// A server that can be started, killed and started again on the same data.
pub struct Program {
    /// Where it answers, `http://127.0.0.1:PORT/`.
    pub base: Url,
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Program {
    /// Prepares a folder and a configuration; nothing runs yet.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .expect("a free port")
            .port();
        let config = format!(
            "domain = \"127.0.0.1:{port}\"\nlisten = \"127.0.0.1:{port}\"\ndata = \"data\"\ndevelopment = true\n\
             log = \"warn\"\n"
        );
        std::fs::write(folder.path().join("nagaya.toml"), config).expect("the folder is writable");
        let base = format!("http://127.0.0.1:{port}/").parse().expect("an address");
        Self { base, folder, child: None }
    }

    /// Runs one command to its end, `--config` added, and returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let done = self.command(arguments).output().expect("the program exists");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "nagaya {} failed: {said}", arguments.join(" "));
        String::from_utf8(done.stdout).expect("text")
    }

    /// Runs one command that must fail, and returns why it did.
    pub fn refuses(&self, arguments: &[&str]) -> String {
        let done = self.command(arguments).output().expect("the program exists");
        assert!(!done.status.success(), "nagaya {} succeeded", arguments.join(" "));
        String::from_utf8_lossy(&done.stderr).into_owned()
    }

    /// Starts a command that goes on; its output is piped.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).spawn().expect("the program exists")
    }

    /// What `path` answers, as JSON; it must be found.
    pub async fn get(&self, path: &str, accept: &str, token: &str) -> Value {
        let headers = [("accept", accept.to_owned()), ("authorization", format!("Bearer {token}"))];
        let answer = http::send("GET", &self.url(path), &headers, b"").await.expect("an answer");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// Writes a post; this member of the answer (`id`, `uri`).
    pub async fn post(&self, token: &str, text: &str, member: &str) -> String {
        let headers = [("content-type", "application/json".to_owned()), ("authorization", format!("Bearer {token}"))];
        let body = json!({"status": text}).to_string();
        let answer = http::send("POST", &self.url("/api/v1/statuses"), &headers, body.as_bytes()).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()[member].as_str().expect("text").to_owned()
    }

    /// Resident memory of the server in MiB; 0 where that cannot be told.
    pub fn resident(&self) -> u64 {
        let id = self.child.as_ref().map_or(0, Child::id);
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
    }

    /// Starts the server; it may not answer yet.
    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// The same, with further arguments.
    pub fn start_with(&mut self, arguments: &[&str]) {
        let log = std::fs::File::options().create(true).append(true).open(self.log_file()).expect("writable");
        let errors = log.try_clone().expect("one more handle");
        let child = self
            .command(&[&["serve"], arguments].concat())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("the program exists");
        self.child = Some(child);
    }

    /// Waits until the server answers; returns how long that took.
    pub async fn ready(&mut self) -> Duration {
        let begun = Instant::now();
        let url = self.url("/api/v1/instance");
        while http::send("GET", &url, &[], b"").await.map_or(0, |answer| answer.status) != 200 {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none(), "the server ended ({ended:?}):\n{}", self.log());
            assert!(begun.elapsed() < START, "the server does not answer:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        begun.elapsed()
    }

    /// Ends it as a power cut would: SIGKILL, at once.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }

    /// The address of `path` on it.
    pub fn url(&self, path: &str) -> Url {
        self.base.join(path).expect("a path")
    }

    /// Where its data lies.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it logged, over all starts.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nagaya"));
        command.args(arguments).arg("--config").arg(self.folder.path().join("nagaya.toml")).stdin(Stdio::null());
        command
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
