//! Where an error says it is, and the fields that are always there.

use super::*;
use crate::wire::Seen;
use crate::wire::de::MISSING;

#[track_caller]
fn at<T: Record>(json: &str, path: &str, what: &str) {
    assert_eq!(located::<T>(json), (path.to_owned(), what.to_owned()), "for {json}");
    // The envelope reads the same struct on a way of its own.
    assert_eq!(judged::<T>(json).err(), Some(format!("malformed {path}: {what}")), "for {json}");
}

const NO_NUMBER: &str = "expected a whole number, got a string";

#[test]
fn paths_lead_to_the_value() {
    at::<Everything>(r#"{"int":"x"}"#, "int", NO_NUMBER);
    at::<Everything>(r#"{"atMs":"x"}"#, "atMs", "expected a Unix time in milliseconds, got a string");
    at::<Everything>(r#"{"part":{"label":"x"}}"#, "part.label", NO_NUMBER);
    at::<Everything>(r#"{"parts":[{"label":1},{},{"label":"x"}]}"#, "parts[2].label", NO_NUMBER);
    at::<Everything>(r#"{"parts":[{"parts":[{},{"label":"x"}]}]}"#, "parts[0].parts[1].label", NO_NUMBER);
    at::<Everything>(r#"{"numbers":[1,null,"x"]}"#, "numbers[2]", NO_NUMBER);
    at::<Everything>(r#"{"grid":[[1],[2,"x"]]}"#, "grid[1][1]", NO_NUMBER);
    at::<Everything>(r#"{"table":{"a":1,"b":"x"}}"#, "table.b", NO_NUMBER);
    at::<Everything>(r#"{"tables":{"中":{"parts":[{"label":"x"}]}}}"#, "tables.中.parts[0].label", NO_NUMBER);
    // One object in a list's place has no index: none was written.
    at::<Everything>(r#"{"parts":{"label":"x"}}"#, "parts.label", NO_NUMBER);
    at::<Everything>(r#"{"part":5}"#, "part", "expected an object, got a number");
}

#[test]
fn errors_of_syntax_lead_to_the_field_too() {
    let (path, what) = located::<Everything>(r#"{"parts":[{"label":1"#);
    assert_eq!((&*path, &*what), ("parts[0]", "EOF while parsing an object"));
    let (path, what) = located::<Everything>(r#"{"int":1,"#);
    assert_eq!((&*path, &*what), ("", "EOF while parsing a value at line 1 column 9"));
}

#[test]
fn what_is_always_there_may_not_be_missing() {
    let key = r#""session_key":"k""#;
    for openid in ["", r#","openid":null"#, r#","openid":[]"#] {
        at::<Session>(&format!("{{{key}{openid}}}"), "openid", MISSING);
    }
    at::<Session>(r#"{"openid":"o"}"#, "session_key", MISSING);
    // Of several the first is named.
    at::<Session>("{}", "openid", MISSING);
    // An empty string is a string.
    assert!(judged::<Session>(r#"{"openid":"","session_key":""}"#).is_ok());
    assert!(judged::<Session>(r#"{"session_key":"k","unionid":null,"openid":5}"#).is_ok());
}

/// Of each kind one that is always there.
#[derive(Clone, Debug, PartialEq)]
struct Strict {
    text: String,
    flag: bool,
    int: i64,
    share: f64,
    at: Timestamp,
    level: Level,
    kind: Kind,
    part: Part,
    parts: Vec<Part>,
    table: BTreeMap<String, i64>,
    any: Value,
}

wire::decode!(Strict {
    text: always("text"),
    flag: always("flag"),
    int: always("int"),
    share: always("share"),
    at: always("at"),
    level: always("level"),
    kind: always("kind"),
    part: always("part"),
    parts: always("parts"),
    table: always("table"),
    any: always("any"),
});
wire::encode!(Strict {
    text: "text",
    flag: "flag",
    int: "int",
    share: "share",
    at: "at",
    level: "level",
    kind: "kind",
    part: "part",
    parts: "parts",
    table: "table",
    any: "any",
});

#[test]
fn every_kind_of_field_can_be_always_there() {
    let whole = serde_json::json!({
        "text": "", "flag": false, "int": 0, "share": 0.0, "at": 0, "level": "low", "kind": 1, "part": {},
        "parts": [{}], "table": {"a": 1}, "any": {"b": 2},
    });
    let value: Strict = serde_json::from_value(whole.clone()).unwrap();
    assert_eq!(serde_json::to_value(&value).unwrap(), whole, "0 and false are values");
    for name in whole.as_object().unwrap().keys() {
        let mut rest = whole.clone();
        rest.as_object_mut().unwrap().remove(name);
        at::<Strict>(&rest.to_string(), name, MISSING);
        // JSON keeps a null.
        if name != "any" {
            rest[name] = Value::Null;
            at::<Strict>(&rest.to_string(), name, MISSING);
        }
    }
}

#[test]
fn an_empty_list_is_there() {
    #[derive(Debug, PartialEq)]
    struct Page {
        rows: Vec<i64>,
        table: BTreeMap<String, i64>,
    }
    wire::decode!(Page { rows: always("rows"), table: always("table") });
    let empty = Page { rows: Vec::new(), table: BTreeMap::new() };
    assert_eq!(judged::<Page>(r#"{"rows":[],"table":{}}"#), Ok(empty));
    at::<Page>(r#"{"rows":"","table":{}}"#, "rows", MISSING);
    at::<Page>(r#"{"rows":[],"table":[]}"#, "table", MISSING);
}

#[test]
fn inner_structs_have_fields_that_are_always_there() {
    #[derive(Debug, PartialEq)]
    struct Outer {
        session: Option<Session>,
        sessions: Vec<Session>,
    }
    wire::decode!(Outer { session: "session", sessions: "sessions" });
    at::<Outer>(r#"{"session":{"openid":"o"}}"#, "session.session_key", MISSING);
    let list = r#"{"sessions":[{"openid":"o","session_key":"k"},{"session_key":"k"}]}"#;
    at::<Outer>(list, "sessions[1].openid", MISSING);
    assert!(judged::<Outer>(r#"{"session":null,"sessions":[null]}"#).is_ok(), "an absent struct lacks nothing");
}

#[test]
fn sixty_four_fields_can_be_always_there() {
    let names: Vec<&'static str> = (0..64).map(|n| &*Box::leak(format!("f{n}").into_boxed_str())).collect();
    let always: &'static [&'static str] = names.leak();
    let mut seen = Seen::default();
    for name in always {
        assert_eq!(seen.missing(always), Some(*name));
        seen.mark(always, name);
    }
    seen.mark(always, "another");
    assert_eq!(seen.missing(always), None);
}
