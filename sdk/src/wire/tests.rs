use crate::wire;
use serde_json::json;
#[derive(Clone, Debug, PartialEq)]
struct Probe { id: String, n: Option<u32>, list: Vec<Part>, part: Option<Part> }
#[derive(Clone, Debug, PartialEq)]
struct Part { label: Option<i64> }
wire::decode!(Probe { id: always("id"), n: "n", list: "list", part: "part" });
wire::encode!(Probe { id: "id", n: "n", list: "list", part: "part" });
wire::decode!(Part { label: "label" });
wire::encode!(Part { label: "label" });
#[test]
fn smoke() {
    let p: Probe = serde_json::from_value(json!({"id": 5, "n": "7", "list": {"label": 90.0}, "part": []})).unwrap();
    assert_eq!(serde_json::to_value(&p).unwrap(), json!({"id":"5","n":7,"list":[{"label":90}]}));
    let e = serde_json::from_str::<Probe>(r#"{"id":"x","list":[{"label":1},{"label":"abc"}]}"#).unwrap_err();
    assert_eq!(wire::split_path(&e), ("list[1].label".into(), "expected a whole number, got a string".into()));
}
