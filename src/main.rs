//! Nagaya's program: parses arguments, calls [`nagaya::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    nagaya::cli::main()
}
