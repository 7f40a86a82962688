//! How answers travel, and how they end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Caller, Ended, ended, parts, refused};
use crate::mock::{Mock, Rule};

const PHONE: &str = "/wxa/business/getuserphonenumber";

async fn started() -> (Mock, Caller) {
    let mock = Mock::start().await.unwrap();
    let caller = Caller::new(&mock).await;
    (mock, caller)
}

fn code() -> Value {
    json!({ "code": "a" })
}

/// What comes of one call under a rule, and whether it took effect.
async fn under(rule: impl FnOnce(Rule<'_>) -> Rule<'_>) -> (Vec<u8>, Ended, bool) {
    let (mock, caller) = started().await;
    rule(mock.on("getPhoneNumber").unwrap().times(1));
    let (answer, end) = ended(&mock, &caller.request(PHONE, &code())).await;
    let took_effect = mock.requests().last().is_some_and(|request| request.took_effect);
    assert_eq!(mock.effects(PHONE).unwrap(), u64::from(took_effect));
    let again = caller.post(PHONE, &code()).await;
    assert_eq!(again["errcode"], if took_effect { 40029 } else { 0 });
    (answer, end, took_effect)
}

#[tokio::test]
async fn connections_end_before_and_after_with_a_close_or_a_reset() {
    type Say = fn(Rule<'_>) -> Rule<'_>;
    let says: [(Say, Ended, bool); 4] = [
        (|rule| rule.drop_before(), Ended::Closed, false),
        (|rule| rule.reset_before(), Ended::Reset, false),
        (|rule| rule.drop_after(), Ended::Closed, true),
        (|rule| rule.reset_after(), Ended::Reset, true),
    ];
    for (say, wanted, effect) in says {
        let (answer, end, took_effect) = under(say).await;
        assert_eq!((answer.as_slice(), end, took_effect), (&b""[..], wanted, effect));
    }
}

#[tokio::test]
async fn a_reset_follows_the_delay() {
    let (mock, caller) = started().await;
    mock.on_all().reset_before().delay(Duration::from_millis(50));
    let start = Instant::now();
    assert_eq!(ended(&mock, &caller.request(PHONE, &code())).await.1, Ended::Reset);
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert!(mock.requests().is_empty());
}

#[tokio::test]
async fn gateways_behind() {
    let (answer, _, took_effect) = under(|rule| rule.status_after(502)).await;
    let (head, body) = parts(&answer);
    assert!(head.starts_with("HTTP/1.1 502 ") && body.starts_with(b"<html>") && took_effect, "{head}");
    let (answer, _, took_effect) = under(|rule| rule.body_after(999, "text/plain", "lost")).await;
    let (head, body) = parts(&answer);
    assert!(head.starts_with("HTTP/1.1 999 ") && body == b"lost" && took_effect, "{head}");
    let (answer, _, took_effect) = under(|rule| rule.status(502)).await;
    assert!(answer.starts_with(b"HTTP/1.1 502 ") && !took_effect);
}

#[tokio::test]
async fn a_stalled_call_takes_effect_and_is_given_up_by_the_caller() {
    let (mock, caller) = started().await;
    mock.on("getPhoneNumber").unwrap().times(1).stall();
    let url = format!("{}{PHONE}?access_token={}", mock.url(), caller.token);
    let call = caller.http.post(&url).timeout(Duration::from_millis(100)).body(code().to_string()).send().await;
    assert!(call.unwrap_err().is_timeout());
    assert_eq!(mock.effects("getPhoneNumber").unwrap(), 1);
    assert_eq!(refused(&caller.post(PHONE, &code()).await, ""), 40029);
    // Nothing of the connection is left: the mock and this test hold the only references.
    let end = Instant::now() + Duration::from_secs(5);
    drop(caller);
    while std::sync::Arc::strong_count(&mock.shared) > 2 && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(std::sync::Arc::strong_count(&mock.shared), 2);
}

/// When the bytes of an answer arrive: those of its head, and those of its body.
async fn timed(mock: &Mock, request: &str) -> (Vec<Instant>, Vec<Instant>, Vec<u8>) {
    let mut stream = TcpStream::connect(mock.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut times, mut all) = (Vec::new(), Vec::new());
    while let Ok(byte) = stream.read_u8().await {
        times.push(Instant::now());
        all.push(byte);
    }
    let body = times.split_off(parts(&all).0.len() + 4);
    (times, body, all)
}

#[tokio::test]
async fn slow_heads_and_slow_bodies() {
    let (mock, caller) = started().await;
    let pause = Duration::from_millis(2);
    let took = |times: &[Instant]| times.last().unwrap().duration_since(times[0]);
    let least = |times: &[Instant]| pause * (times.len() as u32 - 1);
    let rule = mock.on("generateScheme").unwrap().slow_headers(pause);
    let request = caller.request("/wxa/generatescheme", &json!({}));
    let (head, body, _) = timed(&mock, &request).await;
    assert!(took(&head) >= least(&head) / 2, "{:?} for {} bytes", took(&head), head.len());
    assert!(took(&body) < least(&body), "the body came at once");
    rule.end();
    mock.on("generateScheme").unwrap().slow_body(pause);
    let (head, body, all) = timed(&mock, &request).await;
    assert!(took(&body) >= least(&body) / 2, "{:?} for {} bytes", took(&body), body.len());
    assert!(took(&head) < least(&head));
    assert_eq!(serde_json::from_slice::<Value>(parts(&all).1).unwrap()["errcode"], 0);
    // The next answer on the connection is as fast as ever.
    mock.clear_rules();
    let start = Instant::now();
    assert_eq!(caller.post("/wxa/generatescheme", &json!({})).await["errcode"], 0);
    assert!(start.elapsed() < least(&body));
}

#[tokio::test]
async fn a_slow_answer_leaves_the_connection_fast() {
    let (mock, caller) = started().await;
    mock.on("generateScheme")
        .unwrap()
        .times(1)
        .slow_headers(Duration::from_millis(1))
        .slow_body(Duration::from_nanos(1));
    for _ in 0..2 {
        assert_eq!(caller.post("/wxa/generatescheme", &json!({})).await["errcode"], 0);
    }
    assert_eq!(mock.effects("generateScheme").unwrap(), 2);
}

#[tokio::test]
async fn headers_are_added_to_whatever_is_answered() {
    let (mock, caller) = started().await;
    let call = async || caller.send("/wxa/generatescheme", &json!({})).await;
    let rule = mock.on("generateScheme").unwrap().header("Retry-After", "2").header("x-a", "1").header("x-a", "2");
    let answer = call().await;
    let all = |answer: &reqwest::Response, name: &str| -> Vec<String> {
        answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    assert_eq!((all(&answer, "retry-after"), all(&answer, "x-a")), (vec!["2".into()], vec!["1".into(), "2".into()]));
    assert_eq!(answer.json::<Value>().await.unwrap()["errcode"], 0);
    let rule = rule.errcode(-1);
    assert_eq!(all(&call().await, "retry-after"), ["2"]);
    let rule = rule.status(503);
    let answer = call().await;
    assert_eq!((answer.status().as_u16(), all(&answer, "retry-after")), (503, vec!["2".to_owned()]));
    rule.end();

    // By hand, for a client may unpack it.
    let zipped = [31, 139, 8, 0, 0];
    let rule = mock.on("generateScheme").unwrap().body(200, "application/json", zipped.to_vec());
    rule.header("content-encoding", "gzip")
        .header("content-type", "text/x")
        .header("content-length", "3")
        .header("transfer-encoding", "chunked")
        .header("a b", "c")
        .header("x-b", "\n");
    let (answer, _) = ended(&mock, &caller.request("/wxa/generatescheme", &json!({}))).await;
    let (head, body) = parts(&answer);
    let names: BTreeSet<_> = head.lines().skip(1).map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["connection", "content-encoding", "content-length", "content-type", "date"]));
    assert!(head.contains("content-encoding: gzip") && head.contains("content-type: text/x"), "{head}");
    assert_eq!(body, zipped);
}

#[tokio::test]
async fn lengths_that_are_not_announced() {
    let (mock, caller) = started().await;
    let request = caller.request("/wxa/generatescheme", &json!({}));
    let rule = mock.on("generateScheme").unwrap().answer(json!({ "errcode": 0 })).chunked();
    let (answer, _) = ended(&mock, &request).await;
    let (head, body) = parts(&answer);
    assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
    assert_eq!(body, b"D\r\n{\"errcode\":0}\r\n0\r\n\r\n");
    assert_eq!(caller.post("/wxa/generatescheme", &json!({})).await, json!({ "errcode": 0 }));
    rule.truncate(3);
    let (answer, _) = ended(&mock, &request).await;
    assert_eq!(parts(&answer).1, b"3\r\n{\"e\r\n");
    assert!(caller.send("/wxa/generatescheme", &json!({})).await.bytes().await.is_err());
}

#[tokio::test]
async fn what_is_answered_and_how_it_ends_go_together() {
    let (mock, caller) = started().await;
    let request = caller.request("/wxa/generatescheme", &json!({}));
    mock.on("generateScheme").unwrap().times(1).truncate(4).answer(json!({ "errcode": 0 }));
    assert_eq!(parts(&ended(&mock, &request).await.0).1, b"{\"er");
    mock.on("generateScheme").unwrap().times(1).errcode(45009).reset_after();
    assert_eq!(ended(&mock, &request).await, (vec![], Ended::Reset));
    assert!(!mock.requests().last().unwrap().took_effect);
    mock.on("generateScheme").unwrap().times(1).body(200, "text/plain", "0123456789").truncate(4);
    assert_eq!(parts(&ended(&mock, &request).await.0).1, b"0123");
}

#[tokio::test]
async fn one_rule_ends_and_the_others_stay() {
    let (mock, caller) = started().await;
    let code = async || caller.post("/wxa/generatescheme", &json!({})).await["errcode"].as_i64().unwrap();
    let first = mock.on("generateScheme").unwrap().errcode(-1);
    mock.on_all().errcode(45009);
    assert_eq!(code().await, -1);
    first.end();
    assert_eq!(code().await, 45009);
    mock.clear_rules();
    assert_eq!(code().await, 0);
}
