//! The author's road: commands for those who write plugins. They need no server and no configuration.

mod bench;
mod build;
mod dev;
mod inspect;
mod new;
mod test;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Begin a plugin in a new folder. / プラグインの雛形を作ります
    #[command(after_help = "Examples:\n  nagaya plugin new quiet-please --kind filter\n  \
                            nagaya plugin new greeter --kind bot --lang js")]
    New {
        /// Its name, and the folder's: a-z, 0-9 and hyphens.
        name: String,
        /// What it is.
        #[arg(long, value_enum)]
        kind: Kind,
        /// What it is written in.
        #[arg(long, value_enum, default_value_t = Language::Rust)]
        lang: Language,
    },
    /// Build the plugin of a folder into one .wasm file. / プラグインをビルドします
    #[command(after_help = "Example:\n  nagaya plugin build ./quiet-please")]
    Build {
        /// The plugin's folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Play the golden cases of a plugin's `fixtures` against it. / プラグインのテストケースを実行します
    #[command(
        after_help = "Examples:\n  nagaya plugin test ./quiet-please\n  nagaya plugin test ./quiet-please --save-fuel"
    )]
    Test {
        /// The plugin's folder, already built.
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Takes what the cases burn now as their budget. / 現在の消費量を予算として保存します
        #[arg(long)]
        save_fuel: bool,
        /// Shows what the plugin wrote into its log. / ログも表示します
        #[arg(long)]
        log: bool,
    },
    /// Measure what a plugin weighs and what each of its cases takes. / プラグインの速さと大きさを測ります
    #[command(after_help = "Example:\n  nagaya plugin bench ./quiet-please")]
    Bench {
        /// The plugin's folder, already built.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Watch a plugin's folder: build, test, reload into a running server, show its log. / 変更を監視して読み込み直します
    #[command(
        after_help = "Example, beside a running demo:\n  nagaya demo --data demo\n  nagaya plugin dev ./quiet-please --data demo/one"
    )]
    Dev {
        /// The plugin's folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
        #[command(flatten)]
        place: crate::cli::Place,
    },
    /// Say what is in a .wasm file: manifest, permissions, imports, size. / .wasmファイルの中身を表示します
    #[command(after_help = "Example:\n  nagaya plugin inspect quiet-please.wasm")]
    Inspect {
        /// The .wasm file.
        file: PathBuf,
    },
}

/// What a new plugin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Kind {
    /// Judges posts.
    Filter,
    /// Has an account.
    Bot,
    /// Plans deliveries.
    FanOut,
}

/// What a new plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Language {
    /// Rust.
    Rust,
    /// JavaScript.
    Js,
}

impl Command {
    /// Carries it out and returns what to print.
    pub(in crate::cli) fn run(&self) -> anyhow::Result<String> {
        match self {
            Self::New { name, kind, lang } => new::make(&PathBuf::from(name), *kind, *lang),
            Self::Build { folder } => build::run(folder),
            Self::Test { folder, save_fuel, log } => test::run(folder, *save_fuel, *log),
            Self::Bench { folder } => bench::run(folder),
            Self::Dev { folder, place } => dev::run(folder, place),
            Self::Inspect { file } => inspect::describe(&std::fs::read(file).map_err(|why| {
                anyhow::anyhow!("cannot read {}: {why} / {}を読めません", file.display(), file.display())
            })?),
        }
    }
}
