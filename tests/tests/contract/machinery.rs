//! The tests' own machinery, tried on words of the language that `spec/` does not use yet.

use std::collections::BTreeSet;

use contract_tests::answers::{body, enveloped};
use contract_tests::cases::cases;
use contract_tests::expect::{Caller, expected};
use contract_tests::make::Flavor;
use contract_tests::probes::{Verdict, probes};
use contract_tests::spec::{Spec, Words};
use serde_json::{Map, Value, json};

fn mini() -> Spec {
    Spec::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mini").as_ref())
}

fn caller() -> Caller {
    let text = str::to_owned;
    Caller { appid: text("wx1"), secret: text("s"), official_account: None, token: Some(text("t")) }
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[test]
fn a_request_is_described() {
    let spec = mini();
    let input = json!({
        "by_name": "汉", "ratio": 0.5,
        "trees": { "k": { "label": "a", "children": [{ "label": "b" }] } },
    });
    let sent = expected(&spec, spec.endpoint("sendAll"), &map(input), &caller());
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(sent.query, [pair("access_token", "t"), pair("version", "2")]);
    let body = json!({
        "by_name": "汉", "ratio": 0.5, "appid": "wx1",
        "trees": { "k": { "label": "a", "kind": "tree", "children": [{ "label": "b", "kind": "tree" }] } },
    });
    assert_eq!(Value::Object(sent.json), body);
    let sent = expected(&spec, spec.endpoint("upload"), &map(json!({ "media": "AAE=", "type": "x" })), &caller());
    let parts = [("media".to_owned(), vec![0, 1], true), ("type".to_owned(), b"x".to_vec(), false)];
    assert_eq!((sent.query, sent.form), (Vec::new(), parts.to_vec()));
}

#[test]
fn requests_keep_to_one_of_the_exclusive_sets() {
    let spec = mini();
    let all = cases(&spec, spec.endpoint("sendAll"));
    let sets: BTreeSet<(bool, bool, bool)> = all
        .iter()
        .map(|case| {
            let has = |name| case.input.contains_key(name);
            assert!(has("ratio") && !has("version") && !has("appid"), "{case:?}");
            (has("by_id"), has("by_name"), has("by_type"))
        })
        .collect();
    assert_eq!(sets, BTreeSet::from([(true, false, false), (false, true, true)]));
    assert!(all.iter().any(|case| case.label.starts_with("only note")), "each by itself");
}

#[test]
fn every_constraint_is_probed() {
    let spec = mini();
    let mut refused = BTreeSet::new();
    let mut choices = 0;
    for probe in ["sendAll", "upload"].into_iter().flat_map(|id| probes(&spec, spec.endpoint(id))) {
        match probe.verdict {
            Verdict::Refused(fields) => refused.extend(fields),
            Verdict::Choice(_) => choices += 1,
            Verdict::Passes | Verdict::Unreadable(_) => {}
        }
    }
    assert_eq!(choices, 3, "none, all, and half of a set");
    for field in ["by_name", "ratio", "at", "tags", "note", "media", "trees.键 1.label", "trees.键 1.children[1].label"]
    {
        assert!(refused.contains(field), "{field} is not among {refused:?}");
    }
}

#[test]
fn an_answer_stands_in_its_envelope() {
    let spec = mini();
    let endpoint = spec.endpoint("sendAll");
    let answer = enveloped(endpoint, body(&spec, endpoint, Flavor::Rich(0)));
    assert_eq!((&answer["ret"], &answer["msg"]), (&json!(1), &json!("ok")));
    assert!(answer["trees"][1]["children"][1]["label"].is_string());
    let words = Words { about: "Busy.".into(), remedy: "Wait a day.".into(), zh: "等。".into() };
    assert_eq!(endpoint.errcodes[&-1].words, words);
}
