//! No secret in a log line, a metric, an error or a Debug.
//!
//! In a program of its own: tracing remembers for a whole process which spans anybody wanted to see.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::instrument::WithSubscriber as _;
use weapp::api::live_broadcast::GetLiveInfo;
use weapp::api::subscribe_message::SendMessage;
use weapp::middleware::middleware_fn;
use weapp::mock::Mock;
use weapp::{Client, Retry, Secret};

const APP_SECRET: &str = "planted0appsecret0planted0000001";
const CODE: &str = "planted-js-code";
const OPENID: &str = "planted-openid";

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

async fn everything_that_can_go_wrong(mock: &Mock, shown: &mut String) {
    let retry = Retry::default().pause(Duration::from_millis(1));
    let message = || SendMessage::new().touser(OPENID).template_id("TEMPLATE").data([("thing1", "hello")]);
    let passing = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&passing);
    let middleware = middleware_fn(move |mut request| {
        let noted = Arc::clone(&noted);
        Box::pin(async move {
            request.insert_header("x-planted", CODE)?;
            if request.endpoint() == "sendMessage" {
                request.insert_json("planted", CODE)?.insert_query("planted", CODE)?;
            }
            let before = format!("{request:?}\n{request:#?}\n");
            let outcome = request.send().await;
            noted.lock().unwrap().push_str(&format!("{before}{outcome:?}\n{outcome:#?}\n"));
            outcome
        })
    });
    let builder = Client::builder().app(Mock::APPID, APP_SECRET).base_url(mock.url()).retry(retry);
    let client = builder.middleware(middleware).build().unwrap();
    let mut show = |what: &dyn std::fmt::Debug| shown.push_str(&format!("{what:?}\n{what:#?}\n"));
    show(&client);
    show(&Client::builder().app(Mock::APPID, APP_SECRET));
    let session = client.auth().code2session(CODE).await.unwrap();
    show(&session);
    show(&client.auth().code2session(CODE));
    let token = client.access_token().await.unwrap();
    show(&token);
    show(&client.with_token("wx1", token.secret().clone()));
    let quoted = format!("bad token {} of {APP_SECRET}", token.expose());
    mock.on("sendMessage").unwrap().times(1).error(40003, quoted);
    show(&client.send(message()).await.unwrap_err());
    show(&client.request(format!("sns/none?js_code={CODE}")).query("openid", OPENID).await.unwrap_err());
    mock.on("sendMessage").unwrap().times(1).drop_after();
    show(&client.send(message()).await.unwrap_err());
    mock.on("sendMessage").unwrap().times(1).body(200, "text/html", format!("<html>{}", token.expose()));
    show(&client.send(message()).await.unwrap_err());
    mock.on("sendMessage").unwrap().times(1).delay(Duration::from_secs(5));
    show(&client.send(message()).timeout(Duration::from_millis(20)).await.unwrap_err());
    mock.on("code2Session").unwrap().times(1).answer(serde_json::json!({
        "openid": ["planted-session-key"], "session_key": "planted-session-key", "unionid": 1
    }));
    show(&client.auth().code2session(CODE).await.unwrap_err());
    let raw = client.auth().code2session("another").raw().await.unwrap();
    assert!(raw.body.windows(11).any(|window| window == b"session_key"));
    show(&raw);
    mock.revoke_tokens();
    client.send(GetLiveInfo::new().page(1, 10)).await.unwrap();
    mock.on("getStableAccessToken").unwrap().times(3).body(500, "text/plain", APP_SECRET);
    show(&client.access_token().cache(false).await.unwrap_err());
    let gone =
        Client::builder().app(Mock::APPID, APP_SECRET).base_url("http://127.0.0.1:1").retry(retry).build().unwrap();
    let error = gone.auth().code2session(CODE).await.unwrap_err();
    show(&error);
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        show(&cause.to_string());
        source = cause.source();
    }
    show(&gone.request("wxa/x").json(&BTreeMap::from([("a", Secret::new(APP_SECRET))])));
    show(&client.user_data().phone_number("x", "y", &session.session_key).unwrap_err());
    let wrong = Client::builder().app(Mock::APPID, format!("{APP_SECRET}0")).base_url(mock.url()).retry(retry);
    show(&wrong.build().unwrap().send(message()).await.unwrap_err());
    let passing = passing.lock().unwrap();
    assert!(passing.contains("getStableAccessToken") && passing.contains("code2Session"), "{passing}");
    show(&*passing);
    let another = mock.session_key("another");
    for secret in [token.expose(), session.session_key.expose(), another.expose()] {
        assert!(!shown.contains(secret), "an error or a Debug shows a secret");
    }
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let mock = Mock::builder().app(Mock::APPID, APP_SECRET).lenient().start().await.unwrap();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .finish();
    let mut shown = String::new();
    #[cfg(feature = "metrics")]
    let recorder = metrics_util::debugging::DebuggingRecorder::new();
    #[cfg(feature = "metrics")]
    let guard = metrics::set_default_local_recorder(&recorder);
    everything_that_can_go_wrong(&mock, &mut shown).with_subscriber(subscriber).await;
    #[cfg(feature = "metrics")]
    {
        drop(guard);
        let counted = format!("{:?}", recorder.snapshotter().snapshot().into_vec());
        assert!(counted.contains("weapp_calls_total") && counted.contains("weapp_token_rejections_total"), "{counted}");
        shown.push_str(&counted);
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("access_token fetched") && logged.contains("sendMessage"), "{logged}");
    // What other crates log is theirs; what they hold of ours must not show either.
    for (what, text) in [("the log", &logged), ("errors, Debug and metrics", &shown)] {
        for secret in [APP_SECRET, CODE, OPENID, "planted-session-key"] {
            let around = text.find(secret).map(|at| &text[at.saturating_sub(200)..(at + 40).min(text.len())]);
            assert_eq!(around, None, "{what} holds {secret}");
        }
    }
    let tokens = mock
        .requests()
        .iter()
        .filter_map(|sent| sent.query_value("access_token").map(str::to_owned))
        .collect::<Vec<_>>();
    assert!(!tokens.is_empty());
    for token in tokens {
        assert!(!logged.contains(&token) && !shown.contains(&token), "a token shows");
    }
}
