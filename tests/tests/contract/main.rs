//! The SDK against the spec; see the crate's page.
#![allow(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod answers;
mod constraints;
mod counts;
mod envelopes;
mod errcodes;
mod examples;
mod generated;
mod machinery;
mod paging;
mod requests;
mod signatures;
