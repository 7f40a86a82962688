//! What is logged and counted: every metric and event of the documented tables is really emitted, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tokio::net::TcpListener;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use weapp::mock::Mock;
use weapp::observe::events::EVENTS;
use weapp::observe::metrics::{METRICS, MetricKind};
use weapp::token::{ClassicToken, Lease, MemoryStore, StoreError, StoredToken, Storing, TokenKey, TokenStore};
use weapp::{Client, Clock, Hosts, Limits, Per, Secret};

use crate::{impatient, message, question};

/// An event, or a span with what it was told later.
#[derive(Clone, Debug, Default)]
struct Seen {
    message: String,
    level: String,
    fields: BTreeMap<String, String>,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => drop(self.fields.insert(name.to_owned(), format!("{value:?}"))),
        }
    }
}

/// Keeps what this crate says.
#[derive(Clone, Default)]
struct Listener {
    events: Arc<Mutex<Vec<Seen>>>,
    spans: Arc<Mutex<Vec<Seen>>>,
}

impl tracing::Subscriber for Listener {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "weapp"
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut seen = Seen { message: span.metadata().name().to_owned(), ..Seen::default() };
        span.record(&mut seen);
        let mut spans = self.spans.lock().unwrap();
        spans.push(seen);
        Id::from_u64(spans.len() as u64)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut self.spans.lock().unwrap()[span.into_u64() as usize - 1]);
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut seen = Seen { level: event.metadata().level().to_string(), ..Seen::default() };
        event.record(&mut seen);
        self.events.lock().unwrap().push(seen);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Listens to this thread, on which the whole test runs.
struct Ears {
    heard: Listener,
    snapshotter: Snapshotter,
    _guards: (tracing::subscriber::DefaultGuard, metrics::LocalRecorderGuard<'static>, tracing::Dispatch),
}

impl Ears {
    fn open() -> Self {
        let heard = Listener::default();
        // With a single subscriber, a thread that has none would decide for all whether an event is of interest.
        let second = tracing::Dispatch::new(Listener::default());
        let subscriber = tracing::subscriber::set_default(heard.clone());
        let recorder: &'static DebuggingRecorder = Box::leak(Box::default());
        let snapshotter = recorder.snapshotter();
        Self { heard, snapshotter, _guards: (subscriber, metrics::set_default_local_recorder(recorder), second) }
    }

    /// What was counted since the last look: `name{label="value"}`, and the value.
    fn metrics(&self) -> BTreeMap<String, DebugValue> {
        let all = self.snapshotter.snapshot().into_vec().into_iter().map(|(key, _, _, value)| {
            let labels = key.key().labels().map(|label| format!("{}={:?}", label.key(), label.value()));
            (format!("{}{{{}}}", key.key().name(), labels.collect::<Vec<_>>().join(",")), value)
        });
        all.collect()
    }

    /// What goes on in the background has come so far.
    async fn wait_for(&self, message: &str, reason: &str) {
        let reason = format!("{reason:?}");
        let come = |seen: &Seen| seen.message == message && seen.fields.get("reason") == Some(&reason);
        while !self.heard.events.lock().unwrap().iter().any(come) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn event(&self, message: &str) -> Seen {
        let events = self.heard.events.lock().unwrap();
        events.iter().find(|seen| seen.message == message).cloned().unwrap_or_else(|| panic!("{message}: {events:#?}"))
    }
}

fn count(metrics: &BTreeMap<String, DebugValue>, name: &str) -> u64 {
    match metrics.get(name) {
        Some(DebugValue::Counter(count)) => *count,
        other => panic!("{name}: {other:?} in {:#?}", metrics.keys()),
    }
}

fn gauge(metrics: &BTreeMap<String, DebugValue>, name: &str) -> f64 {
    match metrics.get(name) {
        Some(DebugValue::Gauge(value)) => value.into_inner(),
        other => panic!("{name}: {other:?} in {:#?}", metrics.keys()),
    }
}

fn times(metrics: &BTreeMap<String, DebugValue>, name: &str) -> Vec<f64> {
    match metrics.get(name) {
        Some(DebugValue::Histogram(values)) => values.iter().map(|value| value.into_inner()).collect(),
        other => panic!("{name}: {other:?} in {:#?}", metrics.keys()),
    }
}

#[tokio::test]
async fn calls_are_counted_by_endpoint_and_outcome_and_timed() {
    let ears = Ears::open();
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    mock.on("getLiveInfo").unwrap().times(1).errcode(-1);
    client.send(question()).await.unwrap();
    mock.on("sendMessage").unwrap().times(1).errcode(43101);
    let refused = client.send(message()).await.unwrap_err();
    client.send(weapp::api::subscribe_message::SendMessage::new()).await.unwrap_err();
    let page = serde_json::json!({"start": 0, "limit": 10});
    client.request("wxa/business/getliveinfo").json(&page).await.unwrap();
    client.request("cgi-bin/message/subscribe/send").await.unwrap_err();
    drop(Box::pin(std::future::IntoFuture::into_future(client.send(message()))));
    let seen = ears.metrics();
    for (name, expected) in [
        ("weapp_calls_total{endpoint=\"getLiveInfo\",outcome=\"ok\",errcode=\"none\"}", 1),
        ("weapp_calls_total{endpoint=\"getStableAccessToken\",outcome=\"ok\",errcode=\"none\"}", 1),
        ("weapp_calls_total{endpoint=\"sendMessage\",outcome=\"api\",errcode=\"43101\"}", 1),
        ("weapp_calls_total{endpoint=\"sendMessage\",outcome=\"invalid\",errcode=\"none\"}", 1),
        ("weapp_calls_total{endpoint=\"sendMessage\",outcome=\"cancelled\",errcode=\"none\"}", 1),
        ("weapp_calls_total{endpoint=\"request\",outcome=\"ok\",errcode=\"none\"}", 1),
        ("weapp_calls_total{endpoint=\"request\",outcome=\"api\",errcode=\"47003\"}", 1),
        ("weapp_retries_total{endpoint=\"getLiveInfo\",reason=\"busy\"}", 1),
    ] {
        assert_eq!(count(&seen, name), expected, "{name}");
    }
    assert_eq!(gauge(&seen, "weapp_calls_in_flight{}"), 0.0);
    let whole = times(&seen, "weapp_call_duration_seconds{endpoint=\"getLiveInfo\"}");
    let exchanges = times(&seen, "weapp_exchange_duration_seconds{endpoint=\"getLiveInfo\"}");
    assert_eq!((whole.len(), exchanges.len()), (1, 2));
    assert!(whole[0] > exchanges[0] + exchanges[1] && exchanges[1] > 0.0 && whole[0] < 30.0);
    let again = ears.event("trying again");
    let shown = |name: &str| again.fields.get(name).map(String::as_str);
    assert_eq!(
        (again.level.as_str(), shown("endpoint"), shown("reason")),
        ("WARN", Some("\"getLiveInfo\""), Some("\"busy\""))
    );
    assert_eq!(
        (shown("errcode"), shown("repetition"), shown("app")),
        (Some("-1"), Some("1"), Some(&*format!("{:?}", Mock::APPID)))
    );
    // The span knows at its end what became of the call.
    let spans = ears.heard.spans.lock().unwrap().clone();
    let of = |endpoint: &str| spans.iter().find(|span| span.fields["endpoint"] == format!("{endpoint:?}")).unwrap();
    assert_eq!((&*of("sendMessage").fields["outcome"], &*of("sendMessage").fields["errcode"]), ("\"api\"", "43101"));
    assert_eq!(of("sendMessage").fields["rid"], format!("{:?}", refused.rid().unwrap()));
    assert_eq!(
        (&*of("getLiveInfo").fields["attempts"], &*of("request").fields["path"]),
        ("2", "\"/wxa/business/getliveinfo\"")
    );
}

#[tokio::test]
async fn codes_that_nobody_knows_do_not_grow_without_end() {
    let ears = Ears::open();
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    for code in 7_700_000..7_700_100 {
        mock.on("code2Session").unwrap().times(1).errcode(code);
        client.auth().code2session("x").await.unwrap_err();
    }
    let seen = ears.metrics();
    let calls = seen.keys().filter(|name| name.starts_with("weapp_calls_total")).count();
    assert!((3..=65).contains(&calls), "{calls}");
    let other = "weapp_calls_total{endpoint=\"code2Session\",outcome=\"api\",errcode=\"other\"}";
    assert_eq!(count(&seen, other), 100 - (calls as u64 - 1));
}

/// A clock that stands where it is put.
#[derive(Default)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + self.elapsed()
    }
}

/// A store that fails when it is told to, and gives leases out twice.
#[derive(Default)]
struct Shaky {
    inner: MemoryStore,
    down: AtomicBool,
    stale: AtomicBool,
}

impl Shaky {
    fn or<'a, T: Send + 'a>(&'a self, answer: impl FnOnce(&'a MemoryStore) -> Storing<'a, T>) -> Storing<'a, T> {
        match self.down.load(Ordering::Relaxed) {
            true => Box::pin(async { Err(StoreError::from("the store is down")) }),
            false => answer(&self.inner),
        }
    }
}

impl TokenStore for Shaky {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Storing<'a, Option<StoredToken>> {
        self.or(|inner| inner.load(key))
    }
    fn acquire<'a>(&'a self, key: &'a TokenKey, ttl: Duration) -> Storing<'a, Option<Lease>> {
        self.or(|inner| inner.acquire(key, ttl))
    }
    fn renew<'a>(&'a self, key: &'a TokenKey, lease: &'a Lease, ttl: Duration) -> Storing<'a, bool> {
        self.or(|inner| inner.renew(key, lease, ttl))
    }
    fn save<'a>(&'a self, key: &'a TokenKey, token: &'a Secret, life: Duration, lease: &'a Lease) -> Storing<'a, bool> {
        match self.stale.load(Ordering::Relaxed) {
            true => Box::pin(async { Ok(false) }),
            false => self.or(|inner| inner.save(key, token, life, lease)),
        }
    }
    fn release<'a>(&'a self, key: &'a TokenKey, lease: Lease) -> Storing<'a, ()> {
        self.or(|inner| inner.release(key, lease))
    }
    fn expire<'a>(&'a self, key: &'a TokenKey, generation: u64) -> Storing<'a, bool> {
        self.or(|inner| inner.expire(key, generation))
    }
}

#[tokio::test]
async fn tokens_are_counted_by_reason_and_outcome_and_their_times_are_known() {
    let ears = Ears::open();
    let mock = Mock::start().await.unwrap();
    let hands = Arc::new(Hands::default());
    let client = impatient(&mock).clock(Arc::clone(&hands)).build().unwrap();
    client.access_token().await.unwrap();
    let key = format!("app={:?},kind=\"stable\"", Mock::APPID);
    let seen = ears.metrics();
    assert_eq!(gauge(&seen, &format!("weapp_token_obtained_timestamp_seconds{{{key}}}")), 1_000_000.0);
    assert_eq!(gauge(&seen, &format!("weapp_token_expiry_timestamp_seconds{{{key}}}")), 1_007_200.0);
    assert_eq!(times(&seen, &format!("weapp_token_refresh_duration_seconds{{{key}}}")).len(), 1);
    hands.0.store(7100, Ordering::Relaxed);
    client.send(question()).await.unwrap();
    ears.wait_for("access_token fetched", "early").await;
    client.access_token().cache(false).await.unwrap();
    client.access_token().force_refresh().await.unwrap();
    mock.revoke_tokens();
    client.send(question()).await.unwrap();
    let seen = ears.metrics();
    for reason in ["early", "asked", "forced", "rejected"] {
        let name = format!("weapp_token_refreshes_total{{{key},reason=\"{reason}\",outcome=\"fetched\"}}");
        assert_eq!(count(&seen, &name), 1, "{reason}");
    }
    assert_eq!(count(&seen, &format!("weapp_token_rejections_total{{{key},errcode=\"40001\"}}")), 1);
    assert_eq!(count(&seen, "weapp_retries_total{endpoint=\"getLiveInfo\",reason=\"token\"}"), 1);
    assert_eq!(gauge(&seen, &format!("weapp_token_obtained_timestamp_seconds{{{key}}}")), 1_007_100.0);
}

/// Whatever can happen to tokens.
async fn tokens(mock: &Mock, ears: &Ears) {
    let hands = Arc::new(Hands::default());
    let store = Arc::new(Shaky::default());
    let builder = || impatient(mock).token_store(Arc::clone(&store)).token_source(ClassicToken);
    let client = builder().clock(Arc::clone(&hands)).build().unwrap();
    client.send(question()).await.unwrap();
    // Another process adopts what this one fetched.
    builder().build().unwrap().send(question()).await.unwrap();
    mock.on("sendMessage").unwrap().times(1).errcode(40001);
    client.send(message()).await.unwrap();
    hands.0.store(7100, Ordering::Relaxed);
    client.send(question()).await.unwrap();
    ears.wait_for("access_token fetched", "early").await;
    store.down.store(true, Ordering::Relaxed);
    builder().build().unwrap().send(question()).await.unwrap();
    let client = builder().build().unwrap();
    client.access_token().await.unwrap();
    client.access_token().cache(false).await.unwrap();
    store.down.store(false, Ordering::Relaxed);
    client.access_token().cache(false).await.unwrap();
    store.stale.store(true, Ordering::Relaxed);
    client.access_token().cache(false).await.unwrap();
    // A wrong secret is told, and remembered.
    let rule = mock.on("getStableAccessToken").unwrap().errcode(40125);
    let client = impatient(mock).build().unwrap();
    client.send(question()).await.unwrap_err();
    client.send(question()).await.unwrap_err();
    rule.end();
}

#[tokio::test]
async fn messages_are_counted_by_event_and_outcome_and_their_handlers_are_timed() {
    let ears = Ears::open();
    crate::pushes::all_sorts().await;
    let seen = ears.metrics();
    for (name, expected) in [
        ("weapp_push_messages_total{event=\"other\",outcome=\"handled\"}", 4),
        ("weapp_push_messages_total{event=\"other\",outcome=\"repeated\"}", 1),
        ("weapp_push_messages_total{event=\"other\",outcome=\"failed\"}", 1),
        ("weapp_push_messages_total{event=\"other\",outcome=\"late\"}", 1),
        ("weapp_push_messages_total{event=\"other\",outcome=\"busy\"}", 1),
        ("weapp_push_messages_total{event=\"other\",outcome=\"unhandled\"}", 1),
        ("weapp_push_messages_total{event=\"unknown\",outcome=\"refused\"}", 1),
        ("weapp_push_failures_total{event=\"other\",reason=\"handler\"}", 2),
        ("weapp_push_dedupe_failures_total{operation=\"claim\"}", 2),
        ("weapp_push_dedupe_stale_total{event=\"other\"}", 1),
    ] {
        assert_eq!(count(&seen, name), expected, "{name}");
    }
    let took = times(&seen, "weapp_push_handling_duration_seconds{event=\"other\"}");
    assert_eq!((took.len(), took.iter().filter(|&&took| (2.0..60.0).contains(&took)).count()), (6, 1));
    let failed = ears.event("message not handled");
    assert_eq!((&*failed.level, &*failed.fields["error"]), ("WARN", "planned"));
}

/// Whatever limits do.
async fn limits(mock: &Mock) {
    let client = |limits: Limits| impatient(mock).limits(limits).build().unwrap();
    let waiting = client(Limits::none().set("sendMessage", 20, Per::Second).max_in_flight(1));
    mock.on("sendMessage").unwrap().times(2).delay(Duration::from_millis(50));
    let (first, second) = tokio::join!(waiting.send(message()), waiting.send(message()));
    first.and(second).unwrap();
    for _ in 0..3 {
        waiting.send(message()).await.unwrap();
    }
    let refusing = client(Limits::refuse().set("sendMessage", 20, Per::Minute).max_in_flight(1));
    mock.on("sendMessage").unwrap().times(1).delay(Duration::from_millis(50));
    let (first, second) = tokio::join!(refusing.send(message()), refusing.send(message()));
    assert!(first.is_ok() != second.is_ok());
    refusing.send(message()).await.unwrap_err();
}

/// The main host can not be reached.
async fn hosts(mock: &Mock) {
    let nobody = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let hosts = Hosts::new([format!("http://{nobody}"), mock.url()]).unwrap();
    let client = Client::builder().apps(mock.apps().unwrap()).hosts(hosts).build().unwrap();
    client.auth().code2session("x").await.unwrap();
}

/// It takes a minute, and is tested beside the code.
const HOME: &str = "calls go to the main host again";
/// It needs signed calls, and is tested beside their code.
const REPLACED: &str = "platform certificate is being replaced";

#[tokio::test]
async fn every_metric_and_event_of_the_tables_comes_and_no_other() {
    let ears = Ears::open();
    let mock = Mock::start().await.unwrap();
    weapp::observe::describe();
    let plain = impatient(&mock).build().unwrap();
    mock.on("code2Session").unwrap().times(1).errcode(40029);
    plain.auth().code2session("x").await.unwrap_err();
    let error = weapp::Retry::default().pause(Duration::from_millis(1));
    mock.on("getLiveInfo").unwrap().times(1).errcode(-1);
    plain.send(question()).retry(error).await.unwrap();
    let unreachable = Client::builder().app("wx1", "s").base_url("http://127.0.0.1:1").retry(error).build().unwrap();
    unreachable.request("wxa/some").without_token().await.unwrap_err();
    tokens(&mock, &ears).await;
    limits(&mock).await;
    hosts(&mock).await;
    crate::pushes::all_sorts().await;
    crate::pushes::refused_twice().await;

    let mut seen = BTreeMap::new();
    for (key, unit, about, value) in ears.snapshotter.snapshot().into_vec() {
        let labels = key.key().labels().map(|label| label.key().to_owned()).collect::<Vec<_>>();
        let kind = match value {
            DebugValue::Counter(_) => MetricKind::Counter,
            DebugValue::Gauge(_) => MetricKind::Gauge,
            DebugValue::Histogram(_) => MetricKind::Histogram,
        };
        let name = key.key().name().to_owned();
        assert_eq!(
            about.map(|about| about.to_string()),
            METRICS.iter().find(|m| m.name == name).map(|m| m.about.to_owned())
        );
        assert_eq!(unit.is_none(), kind == MetricKind::Gauge, "{name}");
        assert!(
            seen.insert(name.clone(), (kind, labels.clone())).is_none_or(|before| before == (kind, labels)),
            "{name}"
        );
    }
    let table = METRICS.iter().map(|metric| {
        let labels = metric.labels.iter().map(|&label| label.to_owned()).collect::<Vec<_>>();
        (metric.name.to_owned(), (metric.kind, labels))
    });
    assert_eq!(seen, table.collect());

    let mut seen: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    for event in ears.heard.events.lock().unwrap().iter() {
        let (level, fields) = seen.entry(event.message.clone()).or_insert((event.level.clone(), BTreeSet::new()));
        assert_eq!(*level, event.level);
        fields.extend(event.fields.keys().cloned());
    }
    let table = EVENTS.iter().filter(|event| event.message != HOME && event.message != REPLACED).map(|event| {
        let fields = event.fields.iter().map(|&field| field.to_owned()).collect();
        (event.message.to_owned(), (event.level.to_string(), fields))
    });
    assert_eq!(seen, table.collect());
}

#[tokio::test]
async fn no_call_that_goes_well_is_louder_than_debug() {
    let ears = Ears::open();
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    client.access_token().await.unwrap();
    ears.heard.events.lock().unwrap().clear();
    client.send(question()).await.unwrap();
    client.send(message()).await.unwrap();
    let events = ears.heard.events.lock().unwrap();
    let told = events.iter().map(|event| (&*event.level, &*event.message)).collect::<Vec<_>>();
    assert_eq!(told, [("DEBUG", "call ended"), ("DEBUG", "call ended")]);
}
