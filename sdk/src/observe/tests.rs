use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};

use super::*;

#[test]
fn the_tables_name_nothing_twice_and_as_exporters_want_it() {
    let names = metrics::METRICS.iter().map(|metric| metric.name).collect::<BTreeSet<_>>();
    assert_eq!(names.len(), metrics::METRICS.len());
    for metric in metrics::METRICS {
        let counter = metric.kind == metrics::MetricKind::Counter;
        assert_eq!(metric.name.ends_with("_total"), counter, "{}", metric.name);
        assert!(metric.name.starts_with("weapp_"), "{}", metric.name);
        let words = [metric.name].into_iter().chain(metric.labels.iter().copied());
        assert!(words.flat_map(str::bytes).all(|c| c.is_ascii_lowercase() || c == b'_'), "{}", metric.name);
    }
    let messages = events::EVENTS.iter().map(|event| event.message).collect::<BTreeSet<_>>();
    assert_eq!(messages.len(), events::EVENTS.len());
}

#[test]
fn a_part_of_a_millisecond_is_one() {
    assert_eq!(millis(Duration::ZERO), 0);
    assert_eq!(millis(Duration::from_micros(1)), 1);
    assert_eq!(millis(Duration::from_micros(2001)), 3);
    assert_eq!(millis(Duration::MAX), u64::MAX);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The others come in `tests/runtime/metrics.rs`, by real calls.
#[test]
fn coming_home_is_told_as_the_table_says() {
    use tracing_subscriber::fmt;
    let log = Log::default();
    let write = log.clone();
    // With a single subscriber, a thread that has none would decide for all whether an event is of interest.
    let _second = tracing::Dispatch::new(fmt().with_writer(std::io::sink).finish());
    let subscriber = fmt().without_time().with_ansi(false).with_writer(move || write.clone()).finish();
    tracing::subscriber::with_default(subscriber, || host_switched("api2.weixin.qq.com", "api.weixin.qq.com", true));
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let events::Event { message, level, .. } = events::HOST_HOME;
    let expected = format!("{level} weapp: {message} from=\"api2.weixin.qq.com\" to=\"api.weixin.qq.com\"");
    assert_eq!(text.trim(), expected);
}

#[cfg(feature = "metrics")]
#[test]
fn a_call_that_began_before_anybody_listened_is_not_taken_off_the_number_in_flight() {
    use metrics_util::debugging::{DebugValue, DebuggingRecorder};
    let begin = || CallWatch::begin(<crate::api::auth::GetAccessToken as crate::endpoint::Endpoint>::META, None, "wx1");
    let before = begin();
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    ::metrics::with_local_recorder(&recorder, || {
        let during = begin();
        drop(before);
        let in_flight = |expected: f64| {
            let all = snapshotter.snapshot().into_vec();
            let gauge = all.into_iter().find(|(key, ..)| key.key().name() == metrics::CALLS_IN_FLIGHT.name).unwrap();
            assert_eq!(gauge.3, DebugValue::Gauge(expected.into()));
        };
        in_flight(1.0);
        drop(during);
        // This recorder counts from the last look.
        in_flight(-1.0);
    });
}
