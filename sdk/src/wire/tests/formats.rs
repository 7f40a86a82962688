//! The same structs from other formats that describe themselves.

use super::*;
use crate::secret::revealing;

fn sample() -> Everything {
    let mut value = Everything::empty();
    value.text = Some("中".into());
    value.flag = Some(true);
    value.int = Some(-7);
    value.long = Some(u64::MAX);
    value.byte = Some(90);
    value.share = Some(0.25);
    value.secret = Some(Secret::new("k"));
    value.at = Some(Timestamp::new(1_477_656_521));
    value.level = Some(Level::High);
    value.kind = Some(Kind::from(5));
    value.part = Some(Part { label: Some(1), parts: Vec::new() });
    value.numbers = vec![3];
    value.parts = vec![Part { label: Some(2), parts: vec![Part { label: None, parts: Vec::new() }] }];
    value.table = Some(BTreeMap::from([("a".into(), 1)]));
    value
}

const SLOPPY_JSON: &str = r#"{"text":"中","flag":"1","int":"-7","long":18446744073709551615,"byte":90.0,"share":"0.25",
    "secret":"k","at":"1477656521","level":"high","kind":"5","part":{"label":"1","new":[]},"numbers":3,"texts":"",
    "parts":{"label":2,"parts":[{}]},"table":{"a":"1"},"count":null,"new":{"x":1}}"#;

const SLOPPY_YAML: &str = "
text: 中
flag: '1'
int: '-7'
long: 18446744073709551615
byte: 90.0
share: '0.25'
secret: k
at: '1477656521'
level: high
kind: '5'
part: { label: '1', new: [] }
numbers: 3
texts: ''
parts: { label: 2, parts: [{}] }
table: { a: '1' }
count: ~
new: { x: 1 }
";

#[test]
fn from_text_from_a_value_and_from_yaml_alike() {
    assert_eq!(serde_json::from_str::<Everything>(SLOPPY_JSON).unwrap(), sample());
    assert_eq!(serde_json::from_reader::<_, Everything>(SLOPPY_JSON.as_bytes()).unwrap(), sample());
    let value: Value = serde_json::from_str(SLOPPY_JSON).unwrap();
    assert_eq!(serde_json::from_value::<Everything>(value.clone()).unwrap(), sample());
    assert_eq!(<Everything as serde::Deserialize>::deserialize(&value).unwrap(), sample());
    assert_eq!(serde_yaml::from_str::<Everything>(SLOPPY_YAML).unwrap(), sample());
    let yaml: serde_yaml::Value = serde_yaml::from_str(SLOPPY_YAML).unwrap();
    assert_eq!(serde_yaml::from_value::<Everything>(yaml).unwrap(), sample());
}

#[test]
fn to_other_formats_and_back() {
    let value = revealing(|| serde_json::to_value(sample())).unwrap();
    assert_eq!(serde_json::from_value::<Everything>(value).unwrap(), sample());
    let yaml = revealing(|| serde_yaml::to_string(&sample())).unwrap();
    assert_eq!(serde_yaml::from_str::<Everything>(&yaml).unwrap(), sample());
}

#[test]
fn errors_of_other_formats_have_the_path_and_not_the_value() {
    let error =
        serde_json::from_value::<Everything>(serde_json::json!({"parts": [{}, {"label": "s3cr3t"}]})).unwrap_err();
    assert_eq!(split_path(&error), ("parts[1].label".into(), "expected a whole number, got a string".into()));
    let big = "340282366920938463463374607431768211455";
    for yaml in ["int: s3cr3t", "part: s3cr3t", "parts: [s3cr3t]", "flag: [s3cr3t]"] {
        let error = serde_yaml::from_str::<Everything>(yaml).unwrap_err().to_string();
        assert!(error.contains("expected") && !error.contains("s3cr3t"), "{error}");
    }
    for field in ["int", "text", "flag"] {
        let error = serde_yaml::from_str::<Everything>(&format!("{field}: {big}")).unwrap_err().to_string();
        assert!(error.contains(field) && !error.contains("340282"), "{error}");
    }
}
