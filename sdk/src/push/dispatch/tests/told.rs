//! What the log says, and what it keeps to itself.

use std::io::Write;

use tracing_subscriber::fmt;

use super::*;

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

/// What is logged while messages of all sorts come.
async fn log(dispatcher: impl FnOnce(Plan) -> Dispatcher) -> String {
    let log = Log::default();
    let write = log.clone();
    // With a single subscriber, a thread that has none would decide for all whether an event is of interest.
    let _second = tracing::Dispatch::new(fmt().with_writer(std::io::sink).finish());
    let subscriber = fmt()
        .with_max_level(tracing::Level::TRACE)
        .without_time()
        .with_ansi(false)
        .with_writer(move || write.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let dispatcher = dispatcher(Plan::new([(0, Does::Well), (0, Does::Fail)]));
    for body in [verdict("1"), text(1), body("event", Some("picture_verdict"), json!({"trace_id": [USER]}))] {
        deliver(&dispatcher, body).await;
    }
    deliver(&dispatcher, format!("<xml>{USER}")).await;
    assert_eq!(dispatcher.drain(seconds(1)).await, 0);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("oPlanted") && !text.contains("planted content"), "{text}");
    text
}

#[tokio::test(start_paused = true)]
async fn the_log_says_what_became_of_messages_and_nothing_of_them() {
    let told = Failures::default();
    let text = log(|plan| told.of(plan.dispatcher())).await;
    for line in [
        r#"message answered event="verdicts" outcome="handled" status=200 elapsed_ms=0"#,
        r#"message answered event="text" outcome="failed" status=500 elapsed_ms=0"#,
        r#"message not handled event="text" reason="handler" answered=false elapsed_ms=0"#,
        r#"message not handled event="verdicts" reason="decode" answered=false error=`trace_id` "#,
        "message refused status=400 error=",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    // It may say something of the message, and somebody has it.
    assert!(!text.contains("planted reason"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_nobody_is_told_is_logged() {
    let text = log(|plan| plan.dispatcher()).await;
    assert!(text.contains(r#"event="text" reason="handler" answered=false error=planted reason"#), "{text}");
}
