//! What is repeated, and what never.

use std::time::{Duration, Instant};

use weapp::mock::Mock;
use weapp::{ErrCode, ErrorKind, Retry};

use crate::{impatient, message, question};

#[tokio::test]
async fn a_question_is_asked_again_when_wechat_is_busy() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    mock.on("getLiveInfo").unwrap().times(2).errcode(-1);
    client.send(question()).await.unwrap();
    assert_eq!(mock.requests_to("getLiveInfo").unwrap().len(), 3);
}

#[tokio::test]
async fn a_message_is_not_sent_again_when_wechat_is_busy() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    mock.on("sendMessage").unwrap().errcode(-1);
    let error = client.send(message()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrCode::new(-1)));
    assert!(error.is_retryable());
    assert_eq!(mock.requests_to("sendMessage").unwrap().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_repeats_questions_only() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    client.access_token().await.unwrap();
    mock.on("getLiveInfo").unwrap().times(1).drop_after();
    client.send(question()).await.unwrap();
    mock.on("sendMessage").unwrap().drop_after();
    let error = client.send(message()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.maybe_sent(), "{error:?}");
    assert_eq!(mock.requests_to("sendMessage").unwrap().len(), 1);
}

#[tokio::test]
async fn gateway_errors_repeat_questions_only() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    mock.on("getLiveInfo").unwrap().times(2).status(502);
    client.send(question()).await.unwrap();
    mock.on("sendMessage").unwrap().status(503);
    let error = client.send(message()).await.unwrap_err();
    assert_eq!((error.kind(), error.status_code().unwrap().as_u16()), (ErrorKind::Status, 503));
    assert_eq!(mock.requests_to("sendMessage").unwrap().len(), 1);
}

#[tokio::test]
async fn a_quota_error_is_never_repeated() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    mock.on("getLiveInfo").unwrap().errcode(45009);
    assert_eq!(client.send(question()).await.unwrap_err().code(), Some(ErrCode::new(45009)));
    assert_eq!(mock.requests_to("getLiveInfo").unwrap().len(), 1);
}

#[tokio::test]
async fn a_failed_connection_says_that_nothing_was_sent() {
    let port = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let client = weapp::Client::builder()
        .app("wx0123456789abcdef", "secret-secret")
        .base_url(format!("http://127.0.0.1:{port}"))
        .retry(Retry::default().pause(Duration::from_millis(1)))
        .build()
        .unwrap();
    let error = client.auth().code2session("code").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(!error.maybe_sent());
    assert!(error.is_retryable());
}

#[tokio::test]
async fn retries_stop_at_their_number_and_can_be_switched_off() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    mock.on("getLiveInfo").unwrap().errcode(-1);
    client.send(question()).await.unwrap_err();
    assert_eq!(mock.requests_to("getLiveInfo").unwrap().len(), 3);
    mock.clear_requests();
    client.send(question()).retry(Retry::never()).await.unwrap_err();
    assert_eq!(mock.requests_to("getLiveInfo").unwrap().len(), 1);
}

#[tokio::test]
async fn time_bounds_all_attempts_together() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    client.access_token().await.unwrap();
    mock.on("getLiveInfo").unwrap().delay(Duration::from_millis(60));
    let started = Instant::now();
    let error = client.send(question()).timeout(Duration::from_millis(150)).retry(Retry::default().times(50)).await;
    drop(error);
    mock.on("sendMessage").unwrap().delay(Duration::from_secs(5));
    let error = client.send(message()).timeout(Duration::from_millis(60)).await.unwrap_err();
    assert!(error.is_timeout() && error.maybe_sent(), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(mock.requests_to("sendMessage").unwrap().len(), 1);
}

#[tokio::test]
async fn waiting_for_a_token_counts_as_time_too() {
    let mock = Mock::start().await.unwrap();
    mock.on("getStableAccessToken").unwrap().delay(Duration::from_secs(5));
    let client = impatient(&mock).build().unwrap();
    let error = client.send(message()).timeout(Duration::from_millis(50)).await.unwrap_err();
    assert!(error.is_timeout());
    assert!(!error.maybe_sent(), "the message was not sent");
}

#[tokio::test]
async fn a_renewed_token_does_not_use_up_the_repetitions_of_a_lost_answer() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    client.access_token().await.unwrap();
    mock.revoke_tokens();
    // The stale token is refused before any of this counts; then WeChat is busy once.
    mock.on("getLiveInfo").unwrap().times(1).errcode(-1);
    client.send(question()).await.unwrap();
    assert_eq!(mock.requests_to("getLiveInfo").unwrap().len(), 3);
    assert_eq!(mock.token_fetches(), 2);
}

#[tokio::test]
async fn a_busy_wechat_is_asked_for_a_token_again() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    mock.on("getStableAccessToken").unwrap().times(2).errcode(-1);
    client.subscribe_message().send(message()).await.unwrap();
    assert_eq!(mock.requests_to("getStableAccessToken").unwrap().len(), 3);
    assert_eq!(mock.requests_to("sendMessage").unwrap().len(), 1);
}
