//! Fault injection: fleets of processes that share a real Redis, against the mock.
//!
//! Each test prints a line of figures: `cargo test -p contract-tests --test faults -- --nocapture`.
//!
//! # The scale
//!
//! WeChat's token lives for 7,200 s. In its last 300 s `stable_token` gives out the next one, and the old one works on
//! for 300 s. The client replaces it nine to six tenths of its margin before its end. Here these times are shortened:
//!
//! | | life | the client's margin | WeChat's rotation and grace | the first of eight processes comes after |
//! | --- | --- | --- | --- | --- |
//! | WeChat | 7,200 s | 300 s | 300 s | 6,930 s |
//! | [`FAST`] | 2 s | 1 s | 1.6 s | 1.1 s |
//! | [`SLOW`] | 5 s | 1.5 s | 3 s | 3.65 s |
//!
//! Not by the same factor, because two things can not be shortened along with them:
//!
//! - `expires_in` is in whole seconds, rounded down. Of a life of one second only the first answer tells anything. With
//!   [`FAST`] a token lives for two and expires about every second all the same; [`SLOW`] leaves some whole seconds to
//!   tell to processes that fetch by themselves, in the midst of a life.
//! - A fetch takes its time, and more on a busy machine. As a client counts a life from the moment at which it asked, it
//!   comes too early by the time that the request took to arrive. In reality a tenth of the margin, 30 s, allows for
//!   that; here a longer rotation does.
//!
//! The lease of five seconds, the second of patience with Redis and the minute for which a lasting failure is remembered
//! are those of reality. Who waits to look into Redis again does so for a quarter of the margin, which is shorter than
//! the 10 s of reality.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers are tests, too")]

mod classic;
mod clocks;
mod evicted;
mod fleet;
mod leader;
mod outage;
mod refused;
mod refusing;
mod scene;
mod stale;
mod workers;

use std::time::Duration;

use self::scene::Lives;

/// Tokens that expire about every second.
const FAST: Lives = Lives::new(2000, 1000, 1600);
/// Tokens of which something is left when processes fetch by themselves.
const SLOW: Lives = Lives::new(5000, 1500, 3000);
/// How long a lease lasts that nobody renews.
const LEASE: Duration = Duration::from_secs(5);
/// What comes on top of the time that something takes by design: who waits looks every now and then, and the machine may
/// be busy.
const A_LITTLE: Duration = Duration::from_millis(2500);
/// How many processes a fleet has.
const FLEET: usize = 8;
