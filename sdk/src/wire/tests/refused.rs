//! What no lenience covers.

use super::*;

const STRING: &str = "a string";
const NO_FIT: &str = "a number that does not fit";

#[track_caller]
fn expect<T: Wire>(json: &str, got: &str) {
    assert_eq!(refusal::<T>(json), format!("expected {}, got {got}", T::EXPECTED), "for {json}");
}

#[test]
fn fractions_are_no_whole_numbers() {
    for json in ["90.5", "-0.1", "1e-3"] {
        expect::<i64>(json, NO_FIT);
        expect::<u64>(json, NO_FIT);
        expect::<Timestamp>(json, NO_FIT);
        expect::<Kind>(json, NO_FIT);
    }
    expect::<i64>("\"90.5\"", STRING);
}

#[test]
fn numbers_out_of_range() {
    expect::<u8>("256", NO_FIT);
    expect::<u8>("256.0", NO_FIT);
    expect::<u8>("\"256\"", STRING);
    expect::<u32>("4294967296", NO_FIT);
    expect::<i64>("9223372036854775808", NO_FIT);
    expect::<i64>("\"9223372036854775808\"", STRING);
    expect::<i64>("18446744073709551615", NO_FIT);
    expect::<u64>("18446744073709551616", NO_FIT);
    expect::<u64>("\"18446744073709551616\"", STRING);
    expect::<Timestamp>("18446744073709551615", NO_FIT);
}

#[test]
fn nothing_negative_where_unsigned() {
    for json in ["-1", "-1.0", "-9223372036854775808"] {
        expect::<u64>(json, NO_FIT);
        expect::<u32>(json, NO_FIT);
        expect::<u8>(json, NO_FIT);
    }
    expect::<u64>("\"-1\"", STRING);
}

#[test]
fn floats_that_surely_name_no_single_integer() {
    // 2^53 + 1 is read as 2^53, and serde_json reads 9007199254740991.0 as its neighbour.
    for json in ["9007199254740993.0", "9007199254740991.0", "-9007199254740991.0", "4503599627370496.0", "1e300"] {
        expect::<i64>(json, NO_FIT);
        expect::<u64>(json, NO_FIT);
    }
    expect::<i64>("\"9007199254740993.0\"", STRING);
}

#[test]
fn an_id_that_lost_digits_is_no_text() {
    // Beyond 64 bits serde_json only has a float.
    expect::<String>("123456789012345678901234567890", NO_FIT);
    expect::<Secret>("123456789012345678901234567890", NO_FIT);
    expect::<Level>("123456789012345678901234567890", NO_FIT);
}

#[test]
fn numbers_that_are_none() {
    for json in ["\"abc\"", "\"1,000\"", "\"0x10\"", "\"1 2\"", "\"nan\"", "\"inf\"", "\"-infinity\"", "\" \""] {
        expect::<i64>(json, STRING);
        expect::<u64>(json, STRING);
        expect::<f64>(json, STRING);
    }
    expect::<f64>("true", "a boolean");
    expect::<f64>("\"1e999\"", STRING);
}

#[test]
fn bools_that_are_none() {
    expect::<bool>("2", NO_FIT);
    expect::<bool>("-1", NO_FIT);
    expect::<bool>("0.5", NO_FIT);
    expect::<bool>("\"yes\"", STRING);
    expect::<bool>("\"2\"", STRING);
}

#[test]
fn lists_and_objects_are_no_scalars() {
    fn both<T: Wire>() {
        expect::<T>("[1]", "a list");
        expect::<T>("[[]]", "a list");
        expect::<T>("{}", "an object");
        expect::<T>(r#"{"a":1}"#, "an object");
    }
    both::<String>();
    both::<Secret>();
    both::<bool>();
    both::<i64>();
    both::<u64>();
    both::<u32>();
    both::<u8>();
    both::<f64>();
    both::<Timestamp>();
    both::<TimestampMs>();
    both::<Level>();
    both::<Kind>();
}

#[test]
fn scalars_and_lists_are_no_objects() {
    fn all<T: Wire>() {
        for (json, got) in
            [("5", "a number"), ("-5", "a number"), ("0.5", "a number"), ("true", "a boolean"), ("\"x\"", STRING)]
        {
            expect::<T>(json, got);
        }
        expect::<T>("[{}]", "a list");
        expect::<T>("[null]", "a list");
    }
    all::<Part>();
    all::<BTreeMap<String, i64>>();
    for (json, got) in [("5", "a number"), ("true", "a boolean"), ("\"x\"", STRING), ("[1]", "a list")] {
        expect::<crate::TemplateData>(json, got);
    }
}

#[test]
fn an_element_that_does_not_fit_is_no_list() {
    expect::<Vec<i64>>("\"abc\"", STRING);
    expect::<Vec<u8>>("256", NO_FIT);
    expect::<Vec<Part>>("5", "a number that does not fit");
    expect::<Vec<Part>>("\"abc\"", STRING);
    assert_eq!(refusal::<Vec<String>>(r#"{"a":1}"#), "expected a string, got an object");
}

#[test]
fn what_only_requests_hold() {
    use crate::{File, HostedFile};
    expect::<File>("\"???\"", STRING);
    expect::<HostedFile>("5", NO_FIT);
    expect::<HostedFile>("{}", "an object");
    let error = refusal::<crate::TemplateData>(r#"{"thing1":{"colour":"red"}}"#);
    assert!(error.contains("`thing1`"), "{error}");
}

#[test]
fn a_value_that_has_to_be_there() {
    let error = serde_json::from_str::<Part>("null").unwrap_err();
    assert_eq!(without_place(&error), "expected an object, got nothing");
    let error = serde_json::from_str::<Level>("null").unwrap_err();
    assert_eq!(without_place(&error), "expected a string, got nothing");
    let error = serde_json::from_str::<Kind>("\"\"").unwrap_err();
    assert_eq!(without_place(&error), "expected a whole number, got nothing");
}
