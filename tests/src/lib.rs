//! Contract tests: what the SDK sends and understands is held against `spec/`, read here anew.
//!
//! Nothing of `weapp-codegen` is used, and nothing that it made except the SDK under test: a shared model would certify
//! its own bugs. A word of the spec's language that this crate does not know fails the tests, so none goes unproved.
//!
//! - [`spec`] reads the YAML;
//! - [`make`], [`cases`], [`probes`] and [`answers`] make requests, counterexamples and answers from it;
//! - [`expect`] says what a request must look like on the wire, [`wire_form`] how single values do, [`sign`] how it must
//!   be signed;
//! - [`lists`] plays a list that comes in pages;
//! - [`push`] is WeChat pushing events; [`kinds`] and [`replies`] let each of the SDK's types read and answer them;
//! - [`official`] has WeChat's own examples;
//! - [`server`] records what the SDK sends, and answers what a test wants;
//! - [`redis_server`] starts a real Redis, alone, as a cluster or watched by sentinels;
//! - [`worker`] is a process that makes calls, one of a fleet;
//! - [`world`] joins them; [`tally`] counts, and tells what differs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "every line of this crate is a test's")]

pub mod answers;
pub mod bounds;
pub mod cases;
pub mod choices;
pub mod compare;
pub mod conditions;
pub mod expect;
pub mod kinds;
pub mod lenient;
pub mod lists;
pub mod make;
pub mod message;
pub mod official;
pub mod probes;
pub mod push;
pub mod redis_server;
pub mod replies;
pub mod server;
pub mod sign;
pub mod spec;
pub mod spots;
pub mod tally;
pub mod wire_form;
pub mod worker;
pub mod world;
