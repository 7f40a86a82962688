//! Limits that the client keeps to by itself.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use weapp::mock::Mock;
use weapp::{Client, ErrorKind, Limits, Per};

use crate::{impatient, message, question};

fn client(mock: &Mock, limits: Limits) -> Client {
    impatient(mock).limits(limits).build().unwrap()
}

#[tokio::test]
async fn a_refused_call_is_not_sent() {
    let mock = Mock::start().await.unwrap();
    let client = client(&mock, Limits::refuse().set("sendMessage", 1, Per::Minute));
    client.send(message()).await.unwrap();
    let again = client.app(client.appid()).unwrap();
    let error = again.send(message()).await.unwrap_err();
    assert_eq!((error.kind(), error.endpoint()), (ErrorKind::Limit, Some("sendMessage")));
    assert!(error.is_retryable() && !error.maybe_sent());
    let after = error.retry_after().unwrap();
    assert!(after > Duration::from_secs(50) && after <= Duration::from_secs(60), "{after:?}");
    assert_eq!(mock.requests_to("sendMessage").unwrap().len(), 1);
    // Others are not concerned.
    client.send(question()).await.unwrap();
}

#[tokio::test]
async fn repetitions_count_too() {
    let mock = Mock::start().await.unwrap();
    let client = client(&mock, Limits::refuse().set("getLiveInfo", 2, Per::Day));
    mock.on("getLiveInfo").unwrap().errcode(-1);
    let error = client.send(question()).await.unwrap_err();
    // What the caller sees is what WeChat said, not that there was no room for asking again.
    assert_eq!(error.code().map(|code| code.get()), Some(-1), "{error}");
    assert_eq!(mock.requests_to("getLiveInfo").unwrap().len(), 1);
}

#[tokio::test]
async fn a_call_waits_no_longer_than_its_timeout() {
    let mock = Mock::start().await.unwrap();
    let client = client(&mock, Limits::wait().set("sendMessage", 10, Per::Second));
    client.access_token().await.unwrap();
    let started = Instant::now();
    for _ in 0..4 {
        client.send(message()).await.unwrap();
    }
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    let error = client.send(message()).timeout(Duration::from_millis(20)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert_eq!(mock.requests_to("sendMessage").unwrap().len(), 4);
}

#[tokio::test]
async fn so_many_at_once_and_no_more() {
    let mock = Mock::start().await.unwrap();
    let client = client(&mock, Limits::none().max_in_flight(2));
    mock.on("getLiveInfo").unwrap().delay(Duration::from_millis(20));
    let started = Instant::now();
    // The first of them fetches the token while no slot is held, or they would wait for each other.
    let mut all = JoinSet::new();
    for _ in 0..12 {
        let client = client.clone();
        all.spawn(async move { client.send(question()).await.map(|_| ()) });
    }
    all.join_all().await.into_iter().for_each(Result::unwrap);
    assert!(started.elapsed() >= Duration::from_millis(6 * 20), "{:?}", started.elapsed());
    assert_eq!(mock.token_fetches(), 1);
}

#[tokio::test]
async fn limits_that_cannot_be_are_told_by_the_builder() {
    let mock = Mock::start().await.unwrap();
    let error = impatient(&mock).limits(Limits::wait().set("sendMesage", 1, Per::Day)).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("`sendMesage`"), "{error}");
}
