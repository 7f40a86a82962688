//! Fault injection within one process: storms of first calls, of rejected tokens, and of everything that can go wrong.
//!
//! Each test prints a line of figures: `cargo test -p contract-tests --test storms -- --nocapture`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod delivery;
mod hundred_thousand;
mod secrets;
mod tokens;
