//! How metrics are recorded: through the `metrics` facade.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics::{Gauge, Key, Label, Level, Metadata, NoopRecorder, Recorder, Unit, with_recorder};

use super::Value;
use super::metrics::{CALLS_IN_FLIGHT, METRICS, Metric, MetricKind};
use crate::error::Error;

static METADATA: Metadata<'static> = Metadata::new("weapp", Level::INFO, Some("weapp"));

/// Tells the recorder what each metric means, for exporters that show it. Once, after the recorder was installed.
pub fn describe() {
    with_recorder(|recorder| {
        for Metric { name, kind, about, .. } in METRICS {
            match kind {
                MetricKind::Counter => recorder.describe_counter((*name).into(), Some(Unit::Count), (*about).into()),
                MetricKind::Gauge => recorder.describe_gauge((*name).into(), None, (*about).into()),
                MetricKind::Histogram => {
                    recorder.describe_histogram((*name).into(), Some(Unit::Seconds), (*about).into());
                }
            }
        }
    });
}

/// Counts one more. The labels' values stand in the order of the metric's labels.
pub(super) fn count<const N: usize>(metric: &Metric, labels: impl FnOnce() -> [Value; N]) {
    with(metric, labels, |recorder, key| recorder.register_counter(key, &METADATA).increment(1));
}

/// Records how long something took.
pub(super) fn measure<const N: usize>(metric: &Metric, labels: impl FnOnce() -> [Value; N], took: Duration) {
    with(metric, labels, |recorder, key| recorder.register_histogram(key, &METADATA).record(took));
}

/// Sets a gauge.
pub(super) fn set<const N: usize>(metric: &Metric, labels: impl FnOnce() -> [Value; N], value: impl FnOnce() -> f64) {
    with(metric, labels, |recorder, key| recorder.register_gauge(key, &METADATA).set(value()));
}

/// Counts a call as one in flight, until what this answers is dropped.
pub(super) fn in_flight() -> InFlight {
    static KEY: Key = Key::from_static_name(CALLS_IN_FLIGHT.name);
    let gauge = with_recorder(|recorder| recorder.register_gauge(&KEY, &METADATA));
    gauge.increment(1.0);
    InFlight(gauge)
}

/// It keeps the gauge itself: another recorder, installed meanwhile, knows nothing of what is to be taken back.
pub(super) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// Whether anybody listens.
pub(super) fn listens() -> bool {
    let mut listens = false;
    hear(&mut |_| listens = true);
    listens
}

fn with<const N: usize>(
    metric: &Metric,
    labels: impl FnOnce() -> [Value; N],
    record: impl FnOnce(&dyn Recorder, &Key),
) {
    let mut once = Some((labels, record));
    hear(&mut |recorder| {
        let Some((labels, record)) = once.take() else { return };
        let labels =
            metric.labels.iter().zip(labels()).map(|(name, value)| Label::new(*name, value)).collect::<Vec<_>>();
        debug_assert_eq!((labels.len(), N), (metric.labels.len(), N), "{}", metric.name);
        record(recorder, &Key::from_parts(metric.name, labels));
    });
}

/// Lets whoever is installed hear it. A key with labels allocates, and is not made for the facade's own recorder, which
/// does nothing with it and stands in while there is no other one.
fn hear(tell: &mut dyn FnMut(&dyn Recorder)) {
    with_recorder(|recorder| {
        let stand_in: *const dyn Recorder = std::ptr::from_ref(recorder).cast::<NoopRecorder>();
        // At one address, two recorders differ by their functions. Should the compiler have made two tables of the same
        // functions, the stand-in is told in vain; should it have made one table of two, both do nothing.
        let deaf = std::ptr::eq(recorder, stand_in);
        if !deaf {
            tell(recorder);
        }
    });
}

/// How many codes that the spec does not know get a label of their own.
const UNKNOWN_CODES: usize = 64;

/// The code that WeChat answered. Codes that nobody knows are many when a gateway goes mad: beyond the first ones they
/// are all `other`.
pub(super) fn errcode(error: Option<&Error>) -> Value {
    static UNKNOWN: Mutex<BTreeSet<i64>> = Mutex::new(BTreeSet::new());
    let Some(code) = error.and_then(Error::code) else { return "none".into() };
    if code.info().is_none() {
        let mut unknown = UNKNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if unknown.len() >= UNKNOWN_CODES && !unknown.contains(&code.get()) {
            return "other".into();
        }
        unknown.insert(code.get());
    }
    code.to_string().into()
}
