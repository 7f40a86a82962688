//! What is checked before it is sent, what is sent, and what is read of the answer.

mod server;

use std::collections::BTreeMap;

use golden_requests::api::sent::{
    AskAll, Checked, Deep, Every, Fixed, FormAll, Marked, NameAll, Point, RequireAll, RequireSome, SendAll,
};
use golden_requests::api::types::{Account, Level, Mode};
use golden_requests::{Check, Client, Endpoint, File, TemplateData, Timestamp};
use serde_json::{Value, json};
use server::{Asked, TOKEN, serve};

/// What a request is told before it is sent.
fn broken(request: &impl Endpoint) -> Vec<String> {
    let mut check = Check::new();
    request.validate(&mut check);
    let told = check.finish();
    let error = told.as_ref().err();
    error
        .map_or(&[][..], |error| error.violations())
        .iter()
        .map(|one| format!("{}: {}", one.field, one.problem))
        .collect()
}

/// Only the names of the fields.
fn fields(request: &impl Endpoint) -> Vec<String> {
    broken(request).into_iter().map(|told| told.split(": ").next().unwrap().to_owned()).collect()
}

fn client(address: &str) -> Client {
    let builder = Client::builder().app("wx0123456789abcdef", "secret").official_account("wxofficial", "another");
    builder.base_url(address).build().unwrap()
}

/// Sends a request, and gives back how it came.
async fn sent<R: Endpoint>(request: R) -> Asked {
    let (address, asked) = serve(&[TOKEN, r#"{"errcode":0,"id":"1"}"#]);
    client(&address).send(request).unchecked().await.map(drop).unwrap();
    asked.iter().nth(1).unwrap()
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let all = [
        "text", "yes", "i64", "u64", "u32", "u8", "f64", "key", "at", "at_ms", "any", "link", "data", "list", "table",
        "deep", "mode", "level", "appid",
    ];
    assert_eq!(fields(&RequireAll::new()), all);
    assert!(broken(&RequireAll::new()).iter().all(|told| told.ends_with(": is required")));
}

#[test]
fn values_are_checked() {
    let request = RequireAll::new().text("/xyz?\n").i64(-6).f64(2.0).key("four").list([0_u32; 0]);
    let told: Vec<_> = broken(&request).into_iter().filter(|told| !told.ends_with("is required")).collect();
    let expected = [
        "text: has 6 characters, allowed are 1 to 3",
        "text: has 6 bytes, allowed are at most 4",
        "text: holds '/', allowed are: Hex digits",
        "text: starts with `/`; write it without",
        "text: holds a query (`?`), which does not belong here",
        "text: holds a control character or a line break",
        "i64: is -6, allowed is -5 to 5",
        "f64: is 2, allowed is at most 1.5",
        "key: has 4 bytes, allowed are 3 to 3",
        "list: has 0 elements, allowed are at least 1",
    ];
    assert_eq!(told, expected);
    let request = FormAll::new(b"12345").mode("fast");
    assert_eq!(
        broken(&request),
        ["media: has 5 bytes, allowed are at most 4", "level: is required when `mode` is fast and `yes` is true"]
    );
    assert!(broken(&FormAll::new(b"1234").mode("fast").yes(false)).is_empty());
}

#[test]
fn structs_are_checked_wherever_they_are() {
    let (good, bad) = (Point::new(1.0), Point::new(100.0));
    let deep = Deep::new()
        .points([good.clone(), bad.clone(), good.clone()])
        .places([("there", bad.clone())])
        .account(Account::new().name("too long"));
    let request = SendAll::new()
        .lists([vec![good.clone()], vec![good.clone(), bad.clone()]])
        .tables([BTreeMap::from([("a".to_owned(), bad.clone())])])
        .table_of_lists([("b", vec![good.clone(), bad.clone().y(0.1)])])
        .deep(deep)
        .data(TemplateData::new().set("thing1", "x".repeat(30)))
        .marked(Marked::new().page("/a"))
        .checked([Checked::new("ab").more([Checked::new("xyz").yes(true)])])
        .every(Every::new().yes(false).u8(6));
    let expected = [
        "data.thing1",
        "lists[1][1].x",
        "tables[0].a.x",
        "table_of_lists.b[1].x",
        "table_of_lists.b[1].y",
        "deep.account.name",
        "deep.points",
        "deep.points[1].x",
        "deep.places.there.x",
        "marked.page",
        "checked[0].more[0].text",
        "checked[0].more[0].data",
        "every.key",
        "every.table",
        "every.u8",
        "every.at_ms",
    ];
    assert_eq!(fields(&request), expected);
    assert_eq!(
        fields(&NameAll::new("x").check("").path([("p", bad.clone())]).value([("v", [bad])])),
        ["check", "value.v[0].x", "path.p.x", "key"]
    );
}

#[test]
fn what_is_required_depends_on_siblings() {
    // Absent siblings count as their defaults.
    assert_eq!(fields(&RequireSome::new()), [""; 0]);
    assert_eq!(fields(&RequireSome::new().no(false)), ["by_yes"]);
    assert_eq!(fields(&RequireSome::new().no(true)), [""; 0]);
    assert_eq!(fields(&RequireSome::new().no(true).yes(false)), ["by_no"]);
    assert_eq!(fields(&RequireSome::new().text("'")), ["by_text"]);
    assert_eq!(fields(&RequireSome::new().u8(3).f64(0.5)), ["by_number"]);
    assert_eq!(fields(&RequireSome::new().u8(3).f64(0.5).i64(0)), [""; 0]);
    assert_eq!(fields(&RequireSome::new().key("k").at(5).link("https://a.b")), ["by_text_like"]);
    assert_eq!(fields(&RequireSome::new().mode(Mode::Gently)), [""; 0]);
    assert_eq!(fields(&RequireSome::new().mode(Mode::Gently).level(2)), ["by_enum"]);
    assert_eq!(fields(&RequireSome::new().mode("slow").level(Level::Image).by_enum(TemplateData::new())), [""; 0]);
}

#[tokio::test]
async fn a_body_holds_what_was_set_and_nothing_else() {
    let request = SendAll::new()
        .text("")
        .yes(false)
        .i64(i64::MIN)
        .u64(u64::MAX)
        .u32(0)
        .u8(255)
        .f64(0.5)
        .key("k")
        .at(5)
        .at_ms(6)
        .any(json!({ "a": [null] }))
        .link("https://a.b")
        .data([("thing1", "x")])
        .list(["a", "b"])
        .times([Timestamp::new(7)])
        .table([("n", 1_u32)])
        .lists([[Point::new(1.0)]])
        .tables([BTreeMap::from([("p".to_owned(), Point::new(2.0).y(3.0))])])
        .table_of_lists([("q", [Point::new(0.0)])])
        .table_of_tables([("r", BTreeMap::from([("s".to_owned(), Mode::Gently)]))])
        .deep(Deep::new().account(Account::new()).app(Account::new().appid("own")).points([4.0]))
        .marked(Marked::new().url("https://c.d").page("p"))
        .fixed(Fixed::new())
        .checked(["ab"])
        .every(Every::new().key("s").at(8).yes(true).table([("c", 1)]).u64(1_u64).any(Value::Null))
        .mode("brand new")
        .level(-1)
        .levels([0, 77]);
    let asked = sent(request).await;
    assert_eq!(asked.line, "POST /golden/all?access_token=T");
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let marked = json!({
        "kind": "a \"kind\"", "big": 5_000_000_000_u64, "least": -5, "ratio": 1.0, "on": true, "mode": "slow", "level": -1,
        "at": 5, "key": "key", "page": "p",
    });
    let expected = json!({
        "text": "", "yes": false, "i64": i64::MIN, "u64": u64::MAX, "u32": 0, "u8": 255, "f64": 0.5, "key": "k",
        "at": 5, "at_ms": 6, "any": { "a": [null] }, "link": "https://a.b", "data": { "thing1": { "value": "x" } },
        "list": ["a", "b"], "times": [7], "table": { "n": 1 }, "lists": [[{ "x": 1.0 }]],
        "tables": [{ "p": { "x": 2.0, "y": 3.0 } }], "table_of_lists": { "q": [{ "x": 0.0 }] },
        "table_of_tables": { "r": { "s": "slow" } },
        // The official account's AppID is filled in where there is none.
        "deep": { "account": { "appid": "wxofficial" }, "app": { "appid": "own" }, "points": [{ "x": 4.0 }] },
        "marked": marked, "fixed": { "version": 1 }, "checked": [{ "text": "ab" }],
        "every": { "key": "s", "at": 8, "yes": true, "table": { "c": 1 }, "u64": 1, "any": null }, "mode": "brand new", "level": -1,
        "levels": [0, 77],
    });
    assert_eq!(body, expected);
    assert_eq!(sent(SendAll::new()).await.body, "{}");
}

#[tokio::test]
async fn names_are_those_of_the_wire() {
    let request = NameAll::new("x")
        .self_("s")
        .camel_case("c")
        .http_status(200_u32)
        .odd_name("o")
        .first("f")
        .new_("n")
        .receive("r")
        .app(Account::new())
        .charsets("not sent beside camelCase")
        .inner(Deep::new().account(Account::new()));
    let body: Value = serde_json::from_str(&sent(request).await.body).unwrap();
    let expected = json!({
        "type": "x", "self": "s", "camelCase": "c", "HTTPStatus": 200, "@odd-name": "o", "1st": "f", "new": "n",
        "recieve": "r", "app": { "appid": "wxofficial" }, "inner": { "account": { "appid": "wxofficial" } },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_query_holds_what_was_set_and_what_is_fixed() {
    let fixed = "fixed_text=a%26b&fixed_yes=false&fixed_i64=-5000000000&fixed_u8=7&fixed_f64=0.25&fixed_key=key&fixed_at=8&fixed_mode=slow&fixed_level=2";
    assert_eq!(sent(AskAll::new()).await.line, format!("GET /golden/ask?access_token=T&{fixed}"));
    let request = AskAll::new().text("ü").yes(true).f64(1.5).key("k").at(5).mode(Mode::Fast).level(9);
    let set = "text=%C3%BC&yes=true&f64=1.5&key=k&at=5&mode=fast&level=9";
    assert_eq!(sent(request).await.line, format!("GET /golden/ask?access_token=T&{set}&{fixed}"));
}

#[tokio::test]
async fn a_form_holds_files_and_texts() {
    let request = FormAll::new(File::new("1234").name("a.png")).second(b"never").text("t").yes(true).level(Level::Less);
    let asked = sent(request).await;
    for part in [
        "name=\"media\"; filename=\"a.png\"",
        "1234",
        "name=\"text\"",
        "true",
        "name=\"level\"",
        "-1",
        "name=\"fixed_level\"",
    ] {
        assert!(asked.body.contains(part), "{part}: {}", asked.body);
    }
    assert!(!asked.body.contains("never") && !asked.body.contains("name=\"mode\""), "{}", asked.body);
}

#[tokio::test]
async fn answers_are_read_leniently_and_strictly() {
    let answers = [TOKEN, r#"{"errcode":0,"id":7,"level":"-1","modes":"slow","more":1}"#, r#"{"errcode":0,"id":null}"#];
    let (address, _asked) = serve(&answers);
    let client = client(&address);
    let answer = client.sent().send_all(SendAll::new()).await.unwrap();
    assert_eq!((answer.id.as_str(), answer.level, answer.modes), ("7", Some(Level::Less), vec![Mode::Gently]));
    let error = client.sent().send_all(SendAll::new()).await.unwrap_err();
    assert_eq!(error.path(), Some("id"), "{error}");
}

#[tokio::test]
async fn a_broken_request_is_not_sent() {
    let error = client("http://127.0.0.1:9").sent().require_all(RequireAll::new()).await.unwrap_err();
    // The AppID was filled in before the check.
    assert_eq!(error.violations().len(), 18, "{error}");
}
