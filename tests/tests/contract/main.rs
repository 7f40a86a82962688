//! The SDK against the spec; see the crate's page.

mod answers;
mod constraints;
mod counts;
mod errcodes;
mod examples;
mod machinery;
mod requests;
mod types;
