//! What WeChat writes in more than one way.

use super::*;

#[test]
fn numbers_come_as_strings() {
    assert_eq!(taken::<i64>(r#""-7""#), -7);
    assert_eq!(taken::<i64>(r#"" 12 ""#), 12);
    assert_eq!(taken::<u64>(r#""18446744073709551615""#), u64::MAX);
    assert_eq!(taken::<u32>(r#""4294967295""#), u32::MAX);
    assert_eq!(taken::<u8>(r#""255""#), 255);
    assert_eq!(taken::<f64>(r#""0.25""#), 0.25);
    assert_eq!(taken::<f64>(r#""1e3""#), 1000.0);
    assert_eq!(taken::<Timestamp>(r#""1477656521""#), Timestamp::new(1_477_656_521));
    assert_eq!(taken::<TimestampMs>(r#""1477656521000""#), TimestampMs::new(1_477_656_521_000));
}

#[test]
fn strings_come_as_numbers() {
    assert_eq!(taken::<String>("7"), "7");
    assert_eq!(taken::<String>("-7"), "-7");
    assert_eq!(taken::<String>("18446744073709551615"), "18446744073709551615");
    assert_eq!(taken::<String>("0.5"), "0.5");
    assert_eq!(taken::<String>("90.0"), "90");
    assert_eq!(taken::<String>("true"), "true");
    assert_eq!(taken::<Secret>("123456"), Secret::new("123456"));
}

#[test]
fn bools_come_in_every_form() {
    for yes in ["true", "1", "1.0", r#""true""#, r#""True""#, r#""TRUE""#, r#""1""#, r#"" true ""#] {
        assert!(taken::<bool>(yes), "{yes}");
    }
    for no in ["false", "0", "0.0", "-0.0", r#""false""#, r#""False""#, r#""FALSE""#, r#""0""#] {
        assert!(!taken::<bool>(no), "{no}");
    }
}

#[test]
fn numbers_come_as_bools() {
    assert_eq!(taken::<i64>("true"), 1);
    assert_eq!(taken::<u64>("false"), 0);
    assert_eq!(taken::<u8>("true"), 1);
}

#[test]
fn null_empty_text_and_empty_list_are_absent() {
    fn all<T: Wire>() -> bool {
        ["null", "\"\"", "[]"].into_iter().all(absent::<T>)
    }
    assert!(all::<bool>() && all::<i64>() && all::<u64>() && all::<u32>() && all::<u8>() && all::<f64>());
    assert!(all::<Timestamp>() && all::<TimestampMs>() && all::<Level>() && all::<Kind>());
    assert!(all::<Part>() && all::<BTreeMap<String, i64>>());
    assert!(absent::<Vec<i64>>("null") && absent::<Vec<String>>("\"\"") && absent::<Vec<Part>>("\"\""));
}

#[test]
fn strings_may_be_empty() {
    assert_eq!(taken::<String>("\"\""), "");
    assert_eq!(taken::<Secret>("\"\""), Secret::new(""));
    assert!(absent::<String>("null") && absent::<Secret>("null"));
    assert!(absent::<String>("[]") && absent::<Secret>("[]"));
    // Blanks are content.
    assert_eq!(taken::<String>("\" \""), " ");
}

#[test]
fn one_element_stands_for_a_list() {
    let part = Part { label: Some(3), parts: Vec::new() };
    assert_eq!(taken::<Vec<Part>>(r#"{"label":3}"#), [part]);
    assert_eq!(taken::<Vec<i64>>("3"), [3]);
    assert_eq!(taken::<Vec<i64>>("\"3\""), [3]);
    assert_eq!(taken::<Vec<u64>>("18446744073709551615"), [u64::MAX]);
    assert_eq!(taken::<Vec<f64>>("0.5"), [0.5]);
    assert_eq!(taken::<Vec<bool>>("true"), [true]);
    assert_eq!(taken::<Vec<String>>("\"a\""), ["a"]);
    assert_eq!(taken::<Vec<String>>("5"), ["5"]);
    assert_eq!(taken::<Vec<Level>>("\"low\""), [Level::Low]);
    assert_eq!(taken::<Vec<Value>>("\"a\""), [Value::from("a")]);
    assert_eq!(taken::<Vec<Value>>("5"), [Value::from(5)]);
    assert_eq!(taken::<Vec<Value>>("0.5"), [Value::from(0.5)]);
    assert_eq!(taken::<Vec<Value>>("true"), [Value::from(true)]);
    assert_eq!(taken::<Vec<Value>>(r#"{"a":1}"#), [serde_json::json!({"a": 1})]);
    assert_eq!(taken::<Vec<BTreeMap<String, i64>>>(r#"{"a":1}"#), [BTreeMap::from([("a".to_owned(), 1)])]);
    assert_eq!(taken::<Vec<Vec<i64>>>("[1,[2,3],\"4\"]"), [vec![1], vec![2, 3], vec![4]]);
}

#[test]
fn what_is_absent_in_a_list_is_left_out() {
    assert_eq!(taken::<Vec<i64>>("[1,null,\"\",2]"), [1, 2]);
    assert_eq!(taken::<Vec<String>>("[null,\"\",\"a\"]"), ["", "a"]);
    assert_eq!(taken::<Vec<Part>>("[null,[],\"\"]"), []);
    assert_eq!(taken::<Vec<Value>>("[null,1]"), [Value::Null, Value::from(1)]);
    assert_eq!(taken::<Vec<i64>>("[]"), [0; 0]);
}

#[test]
fn what_is_absent_in_a_map_is_left_out() {
    let table: BTreeMap<String, i64> = taken(r#"{"a":"1","b":null,"c":"","":2.0}"#);
    assert_eq!(table, BTreeMap::from([("a".to_owned(), 1), (String::new(), 2)]));
}

#[test]
fn whole_numbers_come_as_floats() {
    assert_eq!(taken::<i64>("90.0"), 90);
    assert_eq!(taken::<i64>("-9e1"), -90);
    assert_eq!(taken::<i64>("\"90.0\""), 90);
    assert_eq!(taken::<u64>("90.0"), 90);
    assert_eq!(taken::<u32>("\"1e3\""), 1000);
    assert_eq!(taken::<u8>("255.0"), 255);
    assert_eq!(taken::<i64>("4503599627370495.0"), 4_503_599_627_370_495);
    assert_eq!(taken::<i64>("\"-4503599627370495.0\""), -4_503_599_627_370_495);
    assert_eq!(taken::<Timestamp>("1477656521.0"), Timestamp::new(1_477_656_521));
    assert_eq!(taken::<Kind>("7.0"), Kind::Seven);
}

#[test]
fn every_integer_of_64_bits_is_exact() {
    assert_eq!(taken::<i64>("9223372036854775807"), i64::MAX);
    assert_eq!(taken::<i64>("-9223372036854775808"), i64::MIN);
    assert_eq!(taken::<i64>("\"-9223372036854775808\""), i64::MIN);
    assert_eq!(taken::<u64>("9223372036854775808"), 1 << 63);
    assert_eq!(taken::<u64>("18446744073709551615"), u64::MAX);
    assert_eq!(taken::<String>("9223372036854775808"), "9223372036854775808");
}

#[test]
fn json_is_kept_as_it_came() {
    for text in ["null", "\"\"", "[]", "0", r#"{"a":[1,"",null]}"#] {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(taken::<Value>(text), value);
    }
}

#[test]
fn unknown_fields_are_skipped() {
    let text = r#"{"new":1,"label":2,"newer":{"label":3,"x":[{}]},"newest":"\ud83d\ude00"}"#;
    assert_eq!(taken::<Part>(text), Part { label: Some(2), parts: Vec::new() });
    assert!(judged::<Part>(text).is_ok());
}

#[test]
fn of_a_key_that_stands_twice_the_last_value_counts() {
    assert_eq!(taken::<Part>(r#"{"label":1,"label":2}"#).label, Some(2));
    assert_eq!(taken::<BTreeMap<String, i64>>(r#"{"a":1,"a":2}"#)["a"], 2);
    let session = r#"{"openid":"a","session_key":"k","openid":"b"}"#;
    assert_eq!(judged::<Session>(session).unwrap().openid, "b");
    // What is absent is no value.
    assert_eq!(taken::<Part>(r#"{"label":1,"label":null}"#).label, Some(1));
    assert_eq!(taken::<Part>(r#"{"parts":{},"parts":null}"#).parts.len(), 1);
    let session = r#"{"openid":"a","session_key":"k","openid":null}"#;
    assert_eq!(judged::<Session>(session).unwrap().openid, "a");
}

#[test]
fn keys_may_be_escaped() {
    assert_eq!(taken::<Part>(r#"{"l\u0061bel":5}"#).label, Some(5));
    assert_eq!(judged::<Part>(r#"{"l\u0061bel":5}"#).unwrap().label, Some(5));
    assert_eq!(judged::<Part>(r#"{"\u0065rrcode":40001,"errms\u0067":"x"}"#).unwrap_err(), "failure 40001: x");
    assert_eq!(taken::<BTreeMap<String, i64>>(r#"{"\u4e2d":1}"#)["中"], 1);
}

#[test]
fn strings_may_be_escaped() {
    assert_eq!(taken::<String>(r#""\u4e2d\n\"""#), "中\n\"");
    assert_eq!(taken::<i64>(r#""1\u0032""#), 12);
    assert_eq!(taken::<Secret>(r#""a\/b""#), Secret::new("a/b"));
    assert_eq!(taken::<Level>(r#""l\u006fw""#), Level::Low);
}

#[test]
fn what_only_requests_hold_is_read_for_calls_by_name() {
    use crate::{File, HostedFile, TemplateData};
    assert_eq!(taken::<File>("\"aGVsbG8=\"").bytes(), b"hello".as_slice());
    assert_eq!(taken::<HostedFile>("\"https://a.b/c\""), HostedFile::url("https://a.b/c"));
    let data: TemplateData = taken(r#"{"thing1":{"value":5}}"#);
    assert_eq!(data, TemplateData::new().set("thing1", "5"));
    assert!(absent::<HostedFile>("null") && absent::<TemplateData>("null") && absent::<File>("null"));
}

#[cfg(feature = "dynamic")]
#[test]
fn what_callers_write_has_no_unknown_fields() {
    use crate::wire::strictly;
    let slip = r#"{"parts":[{"lable":1}]}"#;
    let error = strictly(|| serde_json::from_str::<Everything>(slip)).unwrap_err();
    assert_eq!(split_path(&error), ("parts[0].lable".into(), "is no field of this".into()));
    let right = r#"{"parts":[{"label":"1"}],"table":{"free":1},"any":{"free":1}}"#;
    strictly(|| serde_json::from_str::<Everything>(right)).unwrap();
    serde_json::from_str::<Everything>(slip).unwrap();
    assert!(std::panic::catch_unwind(|| strictly(|| panic!("in the middle"))).is_err());
    serde_json::from_str::<Everything>(slip).expect("a panic ends the strictness");
}
