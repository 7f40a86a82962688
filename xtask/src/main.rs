//! The maintainers' commands: `cargo xtask codegen | test | demo | …`.

mod codegen;
mod compile_bench;
mod run;
mod test;

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
