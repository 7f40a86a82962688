//! The maintainers' commands: `cargo xtask codegen | test | demo | …`.

mod codegen;
mod compile_bench;
mod coverage;
mod diff;
mod drift;
mod fuzz;
mod import;
mod openapi;
mod report;
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
    /// Fuzzes every parser that takes bytes from outside, for a bounded time, on the stable toolchain.
    ///
    /// Inputs start from sdk/fuzz/corpus; what is found beyond it is kept in target/fuzz and used the next time. Exits
    /// with 1 when a target fails, and tells the input and how to come back to it. It needs a C++ compiler, for libFuzzer.
    Fuzz {
        /// Which; all when absent.
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
        /// How long each runs.
        #[arg(long, value_name = "N", default_value_t = 15)]
        seconds: u64,
        /// Runs one target on this input alone.
        #[arg(long, value_name = "FILE")]
        input: Option<PathBuf>,
    },
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
        /// The folder: the documentation of the server.
        dir: PathBuf,
        /// A folder of other pages, of which only what they tell of pushed events counts; may be given several times.
        /// Then an event that no page describes is told too, wherever it should be described.
        #[arg(long, value_name = "DIR")]
        guides: Vec<PathBuf>,
        /// Writes the report as JSON too; `-` prints it in place of the table.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// The folder holds some pages only: says nothing of endpoints and events without a page.
        #[arg(long)]
        partial: bool,
    },
    /// Measures how much of the documented API spec/ covers, against a folder of facts in JSON.
    ///
    /// The facts are what another program read of WeChat's documentation: `endpoints/*.json`, `errcodes.json`, and
    /// examples with their `index.json`. Exits with 1 when something is missing or differs and the spec does not say
    /// why (`differs`, `note`, spec/uncovered.yaml), with 2 when the spec or a fact cannot be read.
    Coverage {
        /// The folder.
        facts: PathBuf,
        /// Writes the report as JSON too; `-` prints it in place of the table.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Tells what changed in spec/ since a revision, which version step it needs, and what to write into the changelog.
    ///
    /// Exits with 0 whatever changed, with 1 when one of the specs does not load, with 2 when there is no such revision.
    Diff {
        /// What to compare the working tree with: a tag, a branch, a hash.
        #[arg(value_name = "REV")]
        revision: String,
        /// Prints JSON: step, because, changes, changelog, revision.
        #[arg(long)]
        json: bool,
    },
    /// Writes the whole API as OpenAPI 3.1, for documentation, gateways and clients in other languages.
    ///
    /// Endpoints that share method and path become one operation, whose `x-endpoints` holds each by itself.
    Openapi {
        /// The file, seen from where you are: YAML where it ends in .yaml or .yml, else JSON.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
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
        Command::Fuzz { targets, seconds, input } => fuzz::run(&targets, seconds, input.as_deref()),
        Command::Import { pages, out } => return import::run(&pages, out.as_deref()),
        Command::Drift { dir, guides, json, partial } => return drift::run(&dir, &guides, json.as_deref(), partial),
        Command::Coverage { facts, json } => return coverage::run(&facts, json.as_deref()),
        Command::Diff { revision, json } => return diff::run(&revision, json),
        Command::Openapi { out } => openapi::run(&out),
        Command::BenchCompile { release, runs } => compile_bench::run(release, runs),
        Command::Demo => run::cargo(
            "demo",
            &["run", "--quiet", "--package", "weapp", "--features", "mock,axum,sign", "--example", "demo"],
        ),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
