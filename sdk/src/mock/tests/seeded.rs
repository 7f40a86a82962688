use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Caller, Ended, ended, parts, refused};
use crate::mock::{Fault, Faults, Mock, RecordedRequest};

const PHONE: &str = "/wxa/business/getuserphonenumber";
const SCHEME: &str = "/wxa/generatescheme";

type Seen = Arc<Mutex<Vec<RecordedRequest>>>;

async fn observed() -> (Mock, Caller, Seen) {
    let seen = Seen::default();
    let sink = Arc::clone(&seen);
    let mock =
        Mock::builder().observe(move |request| sink.lock().unwrap().push(request.clone())).start().await.unwrap();
    let caller = Caller::new(&mock).await;
    seen.lock().unwrap().clear();
    (mock, caller, seen)
}

fn only(fault: Fault) -> Faults {
    Faults::seeded(3).rate(1.0).only([fault])
}

/// What each fault looks like to a caller: how the connection ends, the status, and what can be read.
#[tokio::test]
async fn each_fault_over_http() {
    for fault in Fault::ALL.iter().copied() {
        let (mock, caller, seen) = observed().await;
        mock.faults(only(fault).delays(Duration::from_millis(30)..=Duration::from_millis(30))).unwrap();
        let start = Instant::now();
        let (answer, end) = ended(&mock, &caller.request(PHONE, &json!({ "code": "a" }))).await;
        let name = fault.name();
        let status = || parts(&answer).0.split(' ').nth(1).unwrap().parse::<u16>().unwrap();
        let body = || parts(&answer).1;
        let json = || serde_json::from_slice::<Value>(body());
        let html = || body().starts_with(b"<html>") && parts(&answer).0.contains("content-type: text/html");
        match fault {
            Fault::ResetBefore | Fault::ResetAfter => assert_eq!((answer.as_slice(), end), (&b""[..], Ended::Reset)),
            Fault::CloseBefore | Fault::CloseAfter => assert_eq!((answer.as_slice(), end), (&b""[..], Ended::Closed)),
            Fault::Delay => {
                assert!(start.elapsed() >= Duration::from_millis(30));
                assert_eq!((status(), json().unwrap()["errcode"].as_i64()), (200, Some(0)));
            }
            Fault::GatewayBefore => assert!([500, 502, 503].contains(&status()) && html()),
            Fault::GatewayAfter => assert!(status() == 502 && html()),
            Fault::Busy => assert_eq!((status(), refused(&json().unwrap(), "system error")), (200, -1)),
            Fault::TokenRejected => assert_eq!(refused(&json().unwrap(), "invalid credential"), 40001),
            Fault::CutOff => {
                let announced =
                    parts(&answer).0.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
                assert!(body().len() < announced.parse().unwrap(), "{announced}");
            }
            Fault::Truncated => {
                assert!(parts(&answer).0.contains(&format!("content-length: {}", body().len())));
                assert!(body().starts_with(b"{") && json().is_err());
            }
            Fault::HtmlBefore | Fault::HtmlAfter => assert!(status() == 200 && html()),
            Fault::Dirty => {
                let text = std::str::from_utf8(body()).unwrap().strip_prefix('\u{feff}').unwrap();
                let json: Value = serde_json::from_str(&text.replace(char::is_control, "")).unwrap();
                assert_eq!(json["phone_info"]["purePhoneNumber"], "13800138000");
            }
        }

        let gone = matches!(fault, Fault::ResetBefore | Fault::CloseBefore);
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        let [seen] = &seen[..] else { panic!("{name}: seen {} times", seen.len()) };
        assert_eq!((seen.fault, seen.took_effect), (Some(fault), fault.takes_effect()), "{name}");
        assert_eq!(mock.requests(), if gone { vec![] } else { vec![seen.clone()] }, "{name}");
        assert_eq!(mock.faults_given(), BTreeMap::from([(fault, 1)]));
        assert_eq!(mock.effects("getPhoneNumber").unwrap(), u64::from(fault.takes_effect()), "{name}");

        // The code works once, so a second call tells whether the first one took effect.
        mock.clear_faults();
        let answer = caller.post(PHONE, &json!({ "code": "a" })).await;
        assert_eq!(answer["errcode"], if fault.takes_effect() { 40029 } else { 0 }, "{name}");
        assert_eq!(mock.faults_given().values().sum::<u64>(), 1);
        assert_eq!(mock.requests().last().unwrap().fault, None);
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let run = async |seed: u64| {
        let (mock, caller, seen) = observed().await;
        mock.faults(Faults::seeded(seed).rate(0.5).delays(Duration::ZERO..=Duration::ZERO)).unwrap();
        for _ in 0..60 {
            ended(&mock, &caller.request(SCHEME, &json!({}))).await;
        }
        let faults: Vec<Option<Fault>> = seen.lock().unwrap().iter().map(|request| request.fault).collect();
        let given = mock.faults_given();
        for fault in Fault::ALL {
            let count = faults.iter().filter(|given| **given == Some(*fault)).count() as u64;
            assert_eq!(given.get(fault).copied().unwrap_or(0), count);
        }
        faults
    };
    let (first, again, other) = tokio::join!(run(7), run(7), run(8));
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert!((15..45).contains(&first.iter().flatten().count()));
}

#[tokio::test]
async fn faults_are_limited_to_endpoints_and_begin_anew() {
    let (mock, caller, seen) = observed().await;
    mock.faults(only(Fault::Busy).at("urlscheme.generate")).unwrap();
    assert_eq!(caller.post(SCHEME, &json!({})).await["errcode"], -1);
    assert_eq!(caller.post(PHONE, &json!({ "code": "a" })).await["errcode"], 0);
    mock.faults(only(Fault::Busy).except(SCHEME).spare_tokens()).unwrap();
    assert_eq!(caller.post(SCHEME, &json!({})).await["errcode"], 0);
    assert_eq!(caller.post(PHONE, &json!({ "code": "b" })).await["errcode"], -1);
    let mut fetcher = Caller::new(&mock).await;
    fetcher.token.clear();
    assert_eq!((mock.token_fetches(), mock.token_fetches_refused()), (2, 0));
    mock.faults(only(Fault::Busy)).unwrap();
    let answer = fetcher.post("/cgi-bin/stable_token", &super::credentials(Mock::APPID, Mock::SECRET)).await;
    assert_eq!(refused(&answer, ""), -1);
    assert_eq!((mock.token_fetches(), mock.token_fetches_refused()), (2, 1));

    let error = mock.faults(Faults::seeded(1).at("sendMesage")).unwrap_err();
    assert!(error.to_string().contains("sendMesage"), "{error}");
    assert!(mock.faults(Faults::seeded(1).except("sendMesage")).is_err());
    assert_eq!(caller.post(SCHEME, &json!({})).await["errcode"], -1, "those before stay on");
    assert!(seen.lock().unwrap().iter().all(|request| request.fault.is_none_or(|fault| fault == Fault::Busy)));
}

#[tokio::test]
async fn refused_requests_are_told_so_first() {
    let (mock, mut caller, seen) = observed().await;
    mock.faults(only(Fault::TokenRejected)).unwrap();
    assert_eq!(refused(&caller.post(SCHEME, &json!({ "x": 1 })).await, "`x`"), 40097);
    caller.token = "stale".to_owned();
    assert_eq!(refused(&caller.post(SCHEME, &json!({})).await, ""), 40001);
    assert!(seen.lock().unwrap().iter().all(|request| request.fault.is_none()));
    assert!(mock.faults_given().is_empty());
    // An answer that gets lost may be a refusal.
    mock.faults(only(Fault::CloseAfter)).unwrap();
    assert!(caller.try_send(SCHEME, &json!({})).await.is_err());
    let last = seen.lock().unwrap().last().cloned().unwrap();
    assert_eq!((last.fault, last.took_effect), (Some(Fault::CloseAfter), false));
}

#[tokio::test]
async fn rules_and_faults_go_together() {
    let (mock, caller, _) = observed().await;
    mock.on("generateScheme").unwrap().times(1).answer(json!({ "errcode": 0, "openlink": "weixin://x" }));
    // In front: the rule keeps its call.
    mock.faults(only(Fault::HtmlBefore)).unwrap();
    assert_eq!(caller.send(SCHEME, &json!({})).await.text().await.unwrap(), "<html><body><h1>200</h1></body></html>");
    mock.faults(only(Fault::TokenRejected)).unwrap();
    assert_eq!(caller.post(SCHEME, &json!({})).await["errcode"], 40001);
    // Behind: it happens to what the rule says.
    mock.faults(only(Fault::Truncated)).unwrap();
    let cut = caller.send(SCHEME, &json!({})).await.text().await.unwrap();
    assert!(r#"{"errcode":0,"openlink":"weixin://x"}"#.starts_with(&cut), "{cut}");
    // A rule in front leaves nothing for a fault behind.
    mock.on("generateScheme").unwrap().times(1).body(200, "application/json", "{}");
    assert_eq!(caller.send(SCHEME, &json!({})).await.text().await.unwrap(), "{}");
    assert_eq!(mock.requests().last().unwrap().fault, None);
    // JSON is wanted, and there is none.
    mock.on("generateScheme").unwrap().times(1).body_after(200, "text/plain", "plain");
    assert_eq!(caller.send(SCHEME, &json!({})).await.text().await.unwrap(), "plain");
    assert_eq!(mock.requests().last().unwrap().fault, None);
}
