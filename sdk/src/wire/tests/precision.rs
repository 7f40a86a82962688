//! serde_json's feature `arbitrary_precision`, which any crate of a user's tree can turn on, hands numbers out as maps.
//!
//! Here the maps are written out; `cargo test -p weapp --features serde_json/arbitrary_precision` has the real ones.

use super::*;

fn number(text: &str) -> String {
    format!(r#"{{"$serde_json::private::Number":"{text}"}}"#)
}

#[test]
fn private_numbers_are_numbers() {
    assert_eq!(taken::<i64>(&number("12")), 12);
    assert_eq!(taken::<i64>(&number("-12")), -12);
    assert_eq!(taken::<i64>(&number("90.0")), 90);
    assert_eq!(taken::<u64>(&number("18446744073709551615")), u64::MAX);
    assert_eq!(taken::<u8>(&number("255")), 255);
    assert_eq!(taken::<f64>(&number("0.25")), 0.25);
    assert_eq!(taken::<f64>(&number("1e3")), 1000.0);
    assert!(taken::<bool>(&number("1")));
    assert_eq!(taken::<String>(&number("12")), "12");
    assert_eq!(taken::<Secret>(&number("12")), Secret::new("12"));
    assert_eq!(taken::<Timestamp>(&number("12")), Timestamp::new(12));
    assert_eq!(taken::<Level>(&number("12")).as_str(), "12");
    assert_eq!(taken::<Kind>(&number("7")), Kind::Seven);
}

#[test]
fn private_numbers_stand_in_lists_and_for_them() {
    assert_eq!(taken::<Vec<i64>>(&format!("[{}]", number("12"))), [12]);
    assert_eq!(taken::<Vec<i64>>(&number("12")), [12]);
    assert_eq!(taken::<Vec<String>>(&number("0.5")), ["0.5"]);
    assert_eq!(taken::<Vec<Kind>>(&number("7")), [Kind::Seven]);
    let table: BTreeMap<String, f64> = taken(&format!(r#"{{"a":{}}}"#, number("0.5")));
    assert_eq!(table["a"], 0.5);
}

#[test]
fn private_numbers_are_refused_like_numbers() {
    assert_eq!(refusal::<i64>(&number("90.5")), "expected a whole number, got a number that does not fit");
    assert_eq!(refusal::<u8>(&number("256")), "expected a whole number from 0 to 255, got a number that does not fit");
    assert_eq!(refusal::<String>(&number("1e99")), "expected a string, got a number that does not fit");
    assert_eq!(refusal::<i64>(&number("x")), "expected a whole number, got a string");
    assert_eq!(refusal::<Part>(&number("12")), "expected an object, got a number");
    assert_eq!(refusal::<Vec<Part>>(&number("12")), "expected an object, got a number");
    assert_eq!(refusal::<BTreeMap<String, i64>>(&number("12")), "expected an object, got a number");
}

#[test]
fn private_numbers_are_codes_and_no_answers() {
    assert_eq!(judged::<Part>(format!(r#"{{"errcode":{}}}"#, number("40001"))).unwrap_err(), "failure 40001: ");
    assert!(judged::<Part>(format!(r#"{{"errcode":{}}}"#, number("0"))).is_ok());
    let error = judged::<Part>(number("12")).unwrap_err();
    assert!(error.starts_with("malformed : expected a JSON object, got a number"), "{error}");
}
