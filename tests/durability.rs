//! What an operator may get wrong: one clear sentence, the right exit code, nothing damaged.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use nagaya::store::Store;

use crate::harness::program::Program;

/// Runs the program to its end.
fn nagaya(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nagaya"));
    let Output { status, stdout, stderr } =
        command.args(arguments).stdin(Stdio::null()).output().expect("the program starts");
    let said = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    (status.code().expect("it ended by itself"), said)
}

/// A folder with a configuration that listens on `listen`.
fn configured(listen: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = format!("domain = \"127.0.0.1:1\"\nlisten = \"{listen}\"\ndata = \"data\"\ndevelopment = true\n");
    let file = folder.path().join("nagaya.toml");
    std::fs::write(&file, text).expect("writes");
    let file = file.to_string_lossy().into_owned();
    (folder, file)
}

/// One sentence for people: the program's name, no trace, no debug output.
fn is_clear(said: &str) -> bool {
    said.starts_with("nagaya: ") && !said.contains("panicked") && !said.contains("Error(") && !said.contains("RUST_")
}

#[test]
fn a_second_program_on_the_same_data_is_refused() {
    let (folder, config) = configured("127.0.0.1:0");
    let _first = Store::open(&folder.path().join("data")).expect("opens");
    for command in [&["serve"][..], &["plugin", "list"]] {
        let (code, said) = nagaya(&[command, &["--config", &config]].concat());
        assert_eq!(code, 1, "{said}");
        assert!(is_clear(&said) && said.contains("data") && said.contains("another"), "{said}");
    }
}

#[tokio::test]
async fn a_command_reaches_the_server_that_runs_on_the_data() {
    let mut program = Program::new();
    program.start();
    program.ready().await;
    // Blocking here is fine: the server is another process.
    let made =
        program.run(&["account", "create", "carol", "--email", "carol@example.org", "--password", "correct horse"]);
    assert!(made.contains("@carol@"), "{made}");
    let token = program.run(&["token", "create", "carol", "--scopes", "read"]);
    assert!(token.trim().len() >= 40 && !token.trim().contains(' '), "{token}");
    program.kill();
    let listed = program.run(&["plugin", "list"]);
    assert!(!listed.is_empty(), "after a crash the socket that is left over misleads nobody");
}

#[test]
fn a_taken_port_is_named_and_the_remedy_too() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let (folder, config) = configured(&address);
    let (code, said) = nagaya(&["serve", "--config", &config]);
    assert_eq!(code, 1, "{said}");
    assert!(is_clear(&said) && said.contains(&address) && said.contains("listen"), "{said}");
    assert!(!folder.path().join("data").exists(), "nothing was made");
}

#[test]
fn a_data_folder_that_cannot_be_one_is_named() {
    // A file in its place; a folder without rights would not stop root.
    let (folder, config) = configured("127.0.0.1:0");
    let data = folder.path().join("data");
    std::fs::write(&data, "not a folder").expect("writes");
    let (code, said) = nagaya(&["serve", "--config", &config]);
    assert_eq!(code, 1, "{said}");
    assert!(is_clear(&said) && said.contains(&*data.to_string_lossy()), "{said}");
    assert_eq!(std::fs::read_to_string(&data).expect("reads"), "not a folder");
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_alone() {
    let (folder, config) = configured("127.0.0.1:0");
    let data = folder.path().join("data");
    let store = Store::open(&data).expect("opens");
    store.write(|tx| Ok(tx.pragma_update(None, "user_version", 9_999)?)).await.expect("writes");
    let file = store.path().to_owned();
    store.close().await;
    drop(store);
    let before = std::fs::read(&file).expect("reads");
    let (code, said) = nagaya(&["serve", "--config", &config]);
    assert_eq!(code, 1, "{said}");
    assert!(is_clear(&said) && said.contains("newer") && said.contains("9999"), "{said}");
    assert!(std::fs::read(&file).expect("reads") == before, "not a byte was changed");
}

#[test]
fn all_mistakes_of_a_configuration_are_told_at_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("nagaya.toml");
    let text = "domain = \"https://social.example/\"\nlisten = \"8080\"\nporrt = 1\nplugins = \"maybe\"\n";
    std::fs::write(&file, text).expect("writes");
    let (code, said) = nagaya(&["serve", "--config", &file.to_string_lossy()]);
    assert_eq!(code, 2, "{said}");
    for part in ["domain", "line 1", "listen", "line 2", "porrt", "line 3", "plugins", "line 4", "127.0.0.1:8080"] {
        assert!(said.contains(part), "{part} is missing in: {said}");
    }
    assert!(!folder.path().join("data").exists(), "nothing was made");

    let missing = folder.path().join("missing.toml");
    let (code, said) = nagaya(&["serve", "--config", &missing.to_string_lossy()]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("missing.toml") || said.contains("domain"), "{said}");
    let (code, said) = nagaya(&["serve", "--port", "1"]);
    assert_eq!(code, 2, "unknown arguments are mistakes, too: {said}");
}

#[test]
fn help_is_everywhere_with_examples_where_they_help() {
    let (code, said) = nagaya(&["--help"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Examples:") && said.contains("nagaya demo"), "{said}");
    let (code, said) = nagaya(&["--version"]);
    assert_eq!((code, said.trim()), (0, concat!("nagaya ", env!("CARGO_PKG_VERSION"))));
    for (command, part) in [
        (&["serve"][..], "Example"),
        (&["demo"], "Example"),
        (&["account"], "create"),
        (&["account", "create"], "Example"),
        (&["token"], "create"),
        (&["token", "create"], "Example"),
        (&["plugin"], "install"),
        (&["plugin", "install"], "Example"),
        (&["plugin", "list"], "--config"),
        (&["plugin", "enable"], "--config"),
        (&["plugin", "disable"], "--config"),
        (&["plugin", "set"], "Example"),
        (&["config"], "Usage"),
    ] {
        let (code, said) = nagaya(&[command, &["--help"]].concat());
        assert_eq!(code, 0, "{command:?}: {said}");
        assert!(said.contains("Usage: nagaya") && said.contains(part), "{command:?}: {said}");
    }
    assert!(Path::new(env!("CARGO_BIN_EXE_nagaya")).exists());
}
