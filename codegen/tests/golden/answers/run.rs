//! What is read of an answer of every type, and what becomes of it by name.

mod server;

use golden_answers::api::answered::GetAlways;
use golden_answers::api::types::{Colour, State};
use golden_answers::dynamic::{Output, call};
use golden_answers::{Client, Secret};
use serde_json::{Value, json};
use server::{TOKEN, serve};

fn client(address: &str) -> Client {
    Client::builder().app("wx0123456789abcdef", "secret").base_url(address).build().unwrap()
}

fn every_type() -> Value {
    json!({
        "text": "t", "yes": true, "i64": -1, "u64": u64::MAX, "u32": 2, "u8": 3, "f64": 0.5, "key": "k", "at": 5,
        "at_ms": 6, "any": { "a": 1 }, "list": ["a"], "lists": [[1], []], "tables": [{ "t": false }],
        "table": { "k": "v" }, "table_of_lists": { "l": [{ "name": "leaf", "state": 0 }] },
        "trees": [{ "name": "top", "state": 0, "children": [{ "name": "leaf", "state": 1 }] }],
        "tree": { "name": "n", "state": 9007199254740993_i64, "named": { "x": { "name": "y", "state": 0 } } },
        "colour": "dark-red", "state": 0, "states": [0, 3], "both": { "colour": "#FFF", "marked": 1 },
    })
}

#[tokio::test]
async fn what_is_always_there_is_bare_and_what_is_not_is_optional() {
    let (address, _asked) = serve(&[TOKEN, &every_type().to_string(), "{}", "{}"]);
    let client = client(&address);
    let answer = client.answered().get_always(GetAlways::new()).await.unwrap();
    assert_eq!((answer.key, answer.at.get(), answer.tree.state), (Secret::new("k"), 5, State::On));
    assert_eq!((answer.colour, answer.both.colour), (Colour::DarkRed, Some(Colour::White)));
    assert_eq!((answer.trees[0].children[0].name.as_str(), answer.states[1].as_i64()), ("leaf", 3));
    let answer = client.answered().get_optional().await.unwrap();
    assert_eq!((answer.text, answer.lists, answer.table, answer.type_), (None, vec![], None, None));
    let error = client.answered().get_always(GetAlways::new()).await.unwrap_err();
    assert_eq!(error.path(), Some("text"));
}

#[tokio::test]
async fn by_name_an_answer_is_what_came() {
    let mut body = every_type();
    body["nickName"] = "n".into();
    body["openId"] = "o".into();
    let (address, asked) = serve(&[TOKEN, &body.to_string(), &every_type().to_string()]);
    let client = client(&address);
    assert_eq!(call(&client, "getOptional", b"{}").await.unwrap(), Output::Json(body));
    assert_eq!(call(&client, "getAlways", b"{}").await.unwrap(), Output::Json(every_type()));
    let asked: Vec<_> = asked.iter().skip(1).map(|asked| (asked.line, asked.body)).collect();
    let line = |line: &str, body: &str| (format!("{line}?access_token=T"), body.to_owned());
    assert_eq!(asked, [line("GET /golden/optional", ""), line("POST /golden/always", "{}")]);
}

#[test]
fn values_that_nobody_knows_are_kept() {
    assert_eq!((Colour::from("1"), Colour::from("")), (Colour::One, Colour::NoColour));
    assert_eq!(Colour::from("green").as_str(), "green");
    assert_eq!(State::from(-7).as_i64(), -7);
}
