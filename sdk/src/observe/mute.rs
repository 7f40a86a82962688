//! What stands in for `record.rs` without the feature `metrics`: nothing.

use std::time::Duration;

use super::Value;
use super::metrics::Metric;
use crate::error::Error;

#[inline(always)]
pub(super) fn count<const N: usize>(_: &Metric, _: impl FnOnce() -> [Value; N]) {}

#[inline(always)]
pub(super) fn measure<const N: usize>(_: &Metric, _: impl FnOnce() -> [Value; N], _: Duration) {}

#[inline(always)]
pub(super) fn set<const N: usize>(_: &Metric, _: impl FnOnce() -> [Value; N], _: impl FnOnce() -> f64) {}

#[inline(always)]
pub(super) fn in_flight() -> InFlight {
    InFlight
}

pub(super) struct InFlight;

#[inline(always)]
pub(super) fn errcode(_: Option<&Error>) -> Value {
    "none".into()
}
