//! The maintainers' commands: `cargo xtask codegen | test | demo | …`.

mod codegen;
mod compile_bench;
mod drift;
mod import;
mod run;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The maintainers' commands of weapp")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes everything that is made from spec/.
    Codegen {
        /// Writes nothing; names each stale file and exits with 1.
        #[arg(long)]
        check: bool,
    },
    /// Runs all that CI runs: format, clippy, generated code, tests, documentation.
    Test,
    /// Shows what the crate does, against the mock, or against WeChat when WEAPP_APPID and WEAPP_SECRET are set.
    Demo,
    /// Drafts spec files from pages of WeChat's documentation in Markdown.
    ///
    /// What the pages do not decide is marked TODO, and the checker refuses the draft until it is decided. Exits with
    /// 1 when a page cannot be read, with 2 when nothing can be drafted.
    Import {
        /// Pages, or folders of pages.
        #[arg(required = true)]
        pages: Vec<PathBuf>,
        /// Where the draft goes; printed when absent. A file that exists is not replaced.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Compares spec/ with a folder of such pages, and tells what WeChat has changed since.
    ///
    /// Exits with 1 when something differs that no `differs` in the spec accounts for, with 2 when the spec or a page
    /// cannot be read.
    Drift {
        /// The folder.
        dir: PathBuf,
        /// Writes the report as JSON too; `-` prints it in place of the table.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// The folder holds some pages only: says nothing of endpoints without a page.
        #[arg(long)]
        partial: bool,
    },
    /// Measures what the generated code costs to compile, on a made-up API as large as WeChat's.
    BenchCompile {
        /// Builds for release too, which takes minutes.
        #[arg(long)]
        release: bool,
        /// How often each is measured; the best counts.
        #[arg(long, default_value_t = 2)]
        runs: u32,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Codegen { check } => codegen::run(check),
        Command::Test => test::run(),
        Command::Import { pages, out } => return import::run(&pages, out.as_deref()),
        Command::Drift { dir, json, partial } => return drift::run(&dir, json.as_deref(), partial),
        Command::BenchCompile { release, runs } => compile_bench::run(release, runs),
        Command::Demo => {
            run::cargo("demo", &["run", "--quiet", "--package", "weapp", "--features", "mock", "--example", "demo"])
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
