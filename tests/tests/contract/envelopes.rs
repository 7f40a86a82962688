//! A failure is a failure in whichever envelope it comes: WeChat's gateway answers in the usual one everywhere.

use contract_tests::answers::{Wanted, body, failure, success};
use contract_tests::cases::minimal;
use contract_tests::make::Flavor;
use contract_tests::server::Answer;
use contract_tests::spec::{Endpoint, Spec};
use contract_tests::tally::Tally;
use contract_tests::world::World;
use serde_json::{Value, json};
use weapp::{ErrCode, Error, ErrorKind};

/// The endpoints whose code stands in another field.
fn foreign(spec: &Spec) -> impl Iterator<Item = &Endpoint> {
    spec.endpoints.iter().filter(|endpoint| endpoint.envelope.code != "errcode")
}

#[tokio::test]
async fn a_failure_in_the_usual_envelope_is_one_everywhere() {
    let (spec, mut world, mut tally) = (Spec::get(), World::new().await, Tally::new("foreign envelopes"));
    for endpoint in foreign(spec) {
        let input = minimal(spec, endpoint);
        let usual = |code: Value| json!({ "errcode": code, "errmsg": "from the gateway" });
        let merged = |a: Value, b: Value| {
            let (Value::Object(mut a), Value::Object(b)) = (a, b) else { unreachable!("objects of our own") };
            a.extend(b);
            Value::Object(a)
        };
        let full = Value::Object(body(spec, endpoint, Flavor::Rich(0)));
        for (what, answer, code, message) in [
            ("alone", usual(json!(48001)), 48001, "from the gateway"),
            ("its code as text", usual(json!("48001")), 48001, "from the gateway"),
            ("beside the answer's fields", merged(full.clone(), usual(json!(48001))), 48001, "from the gateway"),
            ("a stale token", usual(json!(42001)), 42001, "from the gateway"),
            ("beside the own one", merged(usual(json!(0)), failure(endpoint, 48001, "own")), 48001, "own"),
            ("the own one alone", failure(endpoint, 48001, "own"), 48001, "own"),
        ] {
            for status in [200, 500] {
                world.forget_failures();
                world.prepare(spec, endpoint);
                world.server.answer(Answer::json(&answer).status(status));
                tally.case(&endpoint.id);
                let label = format!("{what} with status {status}");
                let (result, calls) = world.call(endpoint, &input).await;
                let repeats = code == 42001 && endpoint.renews_token();
                tally.equal(&endpoint.id, &format!("{label}: requests"), if repeats { 2 } else { 1 }, calls.len());
                let got = result.as_ref().err().map(|error| (error.kind(), error.code().map(ErrCode::get)));
                tally.equal(&endpoint.id, &label, Some((ErrorKind::Api, Some(code))), got);
                let text = result.as_ref().err().and_then(Error::message);
                tally.equal(&endpoint.id, &format!("{label}: message"), Some(message), text);
            }
        }
        // 0 beside the answer's own fields is no failure, nor is any code beside the own one: it says how it went.
        let (answer, wanted) = success(spec, endpoint, Flavor::Rich(0));
        if let (Ok(answer), Wanted::Json(_)) = (serde_json::from_slice(&answer.body), &wanted) {
            for usual in [
                json!({ "errcode": 0, "errmsg": "ok" }),
                json!({ "errcode": null }),
                json!({ "errcode": "0" }),
                json!({ "errcode": 48001 }),
            ] {
                world.prepare(spec, endpoint);
                world.server.answer(Answer::json(&merged(usual.clone(), Value::clone(&answer))));
                tally.case(&endpoint.id);
                match world.call(endpoint, &input).await.0 {
                    Ok(output) => {
                        for (place, expected, got) in wanted.differences(&output) {
                            tally.fail(&endpoint.id, &format!("beside {usual}: {place}"), expected, got);
                        }
                    }
                    Err(error) => tally.fail(&endpoint.id, &format!("beside {usual}"), "success", error),
                }
            }
        }
    }
    tally.finish(foreign(spec).map(|endpoint| endpoint.id.as_str()));
}
