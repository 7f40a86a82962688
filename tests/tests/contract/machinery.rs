//! The tests' own machinery, tried on words of the language that `spec/` does not use yet.

use std::collections::BTreeSet;

use contract_tests::answers::{body, enveloped};
use contract_tests::cases::cases;
use contract_tests::expect::{Caller, Keys, expected};
use contract_tests::lists::{List, Quirk};
use contract_tests::make::Flavor;
use contract_tests::message::Message;
use contract_tests::probes::{Verdict, probes};
use contract_tests::spec::{Sign, Spec};
use serde_json::{Map, Value, json};

fn mini() -> Spec {
    Spec::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mini").as_ref())
}

fn caller() -> Caller {
    let text = str::to_owned;
    Caller {
        appid: text("wx1"),
        secret: text("s"),
        official_account: None,
        token: Some(text("t")),
        keys: Keys::default(),
    }
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
    assert_eq!(sent.json, body);
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
    assert_eq!(choices, 4, "none, all, and each half of a set");
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
    let said = &endpoint.errcodes[&-1].meaning;
    assert_eq!(
        (&*said.kind, &*said.retry, &*said.about, &*said.remedy, &*said.zh),
        ("busy", "later", "Busy.", "Wait a day.", "等。"),
        "the endpoint's own, else the group's, else the general ones"
    );
}

#[test]
fn a_signed_request_is_described() {
    let spec = mini();
    let endpoint = spec.endpoint("signAll");
    let key = |of: &str| Some(of.to_owned());
    let keys = Keys { live: key("live"), sandbox: key("sandbox"), b2b: None };
    let caller = Caller { keys, ..caller() };
    let of = |input: Value| expected(&spec, endpoint, &map(input), &caller);
    let given = json!({
        "shopid": "test_shop_id", "shop_order_id": "test_shop_order_id", "session_key": "s",
        "delivery_secret": "test_app_secrect", "either": { "c": true, "b": "x", "e": { "yes": 0 } },
    });
    let sent = of(given.clone());
    assert_eq!(sent.query, [], "keys and what is not set stay here");
    assert_eq!(sent.signatures, [(Sign::PaySig, "live".to_owned()), (Sign::Signature, "s".to_owned())]);
    let body = json!({
        "shopid": "test_shop_id", "shop_order_id": "test_shop_order_id",
        "delivery_sign": "a93d8d6bae9a9483c1b1d4e8670e7f6226ec94cb",
        "either": { "c": 1, "b": "x", "e": "{\"yes\":0}" },
    });
    assert_eq!(sent.json, body);
    let with = |name: &str, value: Value| {
        let mut given = map(given.clone());
        given.insert(name.to_owned(), value);
        Value::Object(given)
    };
    assert_eq!(of(with("env", json!(1))).signatures[0].1, "sandbox");
    assert_eq!(of(with("app_key", json!("own"))).signatures[0].1, "own");
    let either = json!({ "c": 1, "b": "x", "e": "{\"yes\": true}" });
    assert_eq!(of(with("either", either)).json["either"], json!({ "c": 1, "b": "x", "e": "{\"yes\":1}" }));
    let whole = expected(&spec, spec.endpoint("runAll"), &map(json!({ "body": [1] })), &caller);
    assert_eq!(whole.json, json!([1]));
}

#[test]
fn structs_keep_to_their_choices() {
    let spec = mini();
    let endpoint = spec.endpoint("signAll");
    let has = |either: &Value, names: &[&str]| names.iter().all(|name| either.get(name).is_some());
    let mut seen = BTreeSet::new();
    for case in cases(&spec, endpoint) {
        for either in case.input.get("either").into_iter().chain(case.input.get("eithers").and_then(|list| list.get(0)))
        {
            let sets = (has(either, &["a"]), has(either, &["b", "c"]), has(either, &["d"]), has(either, &["e"]));
            assert!(sets.0 != sets.1 && (sets.2 || sets.3), "{}: {either}", case.label);
            seen.insert(sets);
        }
    }
    assert_eq!(seen.len(), 6, "each of two, with each of two others and with both: {seen:?}");
    let (mut choices, mut passed) = (BTreeSet::new(), 0);
    for probe in probes(&spec, endpoint) {
        match probe.verdict {
            Verdict::Choice(fields) => drop(choices.insert((probe.what, fields.join(" ")))),
            Verdict::Passes => passed += 1,
            Verdict::Refused(_) | Verdict::Unreadable(_) => {}
        }
    }
    assert!(passed > 0);
    for place in ["either", "eithers[1]"] {
        for (what, fields) in [
            ("exclusive: none", "a b c"),
            ("exclusive: all", "a b c"),
            ("exclusive: b, c without b", "a b c"),
            ("any_of: none", "d e"),
        ] {
            assert!(choices.contains(&(format!("{place}.{what}"), fields.to_owned())), "{place} {what}: {choices:?}");
        }
    }
}

#[test]
fn one_of_several_values_is_condition_enough() {
    let spec = mini();
    let mut of_type: Vec<(Value, bool)> = Vec::new();
    for probe in probes(&spec, spec.endpoint("sendAll")) {
        if let (Some(value), true) = (probe.input.get("by_type"), probe.what.starts_with("conditions")) {
            let needed =
                matches!(&probe.verdict, Verdict::Refused(fields) if fields.iter().any(|field| field == "note"));
            of_type.push((value.clone(), needed || probe.input.contains_key("note")));
        }
    }
    for number in [7, 8] {
        assert!(of_type.contains(&(json!(number), true)), "{number} is tried: {of_type:?}");
    }
    assert!(of_type.iter().all(|(value, needs)| !needs || matches!(value.as_u64(), Some(7 | 8))), "{of_type:?}");
}

#[test]
fn a_list_is_played_to_its_end() {
    use contract_tests::spec::Style;
    let spec: &'static Spec = Box::leak(Box::new(mini()));
    let endpoint = spec.endpoint("listAll");
    let paging = endpoint.paging.as_ref().unwrap();
    assert!(matches!(&paging.style, Style::Cursor { first: Some(first), .. } if *first == json!("*")));
    let ask = |list: &List, after: &str| {
        let head = format!("GET /list?after={after}&size=2 HTTP/1.1");
        let answer = list.answer(&Message::parse_head(head.as_bytes()).unwrap());
        let mut page: Value = serde_json::from_slice(&answer.body).unwrap();
        page["page"].take()
    };
    let list = List::new(spec, endpoint, 3, Quirk::None);
    assert_eq!((list.size, list.requests()), (2, 2));
    let first = json!({ "rows": ["row 0", "row 1"], "next": "cursor 2", "more": true });
    assert_eq!(ask(&list, "*"), first);
    assert_eq!(ask(&list, "cursor+2"), json!({ "rows": ["row 2"], "more": false }));
    let endless = List::new(spec, endpoint, 3, Quirk::Endless);
    assert_eq!(ask(&endless, "cursor+2"), json!({ "rows": ["row 2", "row 0"], "next": "cursor 4", "more": true }));
}
