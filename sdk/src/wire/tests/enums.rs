//! Open enums: what is known is named, what is not is kept.

use super::*;

#[test]
fn known_values_are_named() {
    assert_eq!(taken::<Level>("\"low\""), Level::Low);
    assert_eq!(taken::<Level>("\"high\""), Level::High);
    assert_eq!(taken::<Kind>("1"), Kind::One);
    assert_eq!(taken::<Kind>("\"7\""), Kind::Seven);
    assert_eq!(Level::from("high"), Level::High);
    assert_eq!(Level::from("high".to_owned()), Level::High);
    assert_eq!(Kind::from(7), Kind::Seven);
}

#[test]
fn unknown_values_are_kept_and_written_back() {
    let level: Level = taken("\"extreme\"");
    assert_eq!(level.as_str(), "extreme");
    assert_eq!(level.to_string(), "extreme");
    assert_eq!(level, Level::from("extreme"));
    assert_eq!(serde_json::to_string(&level).unwrap(), "\"extreme\"");
    assert!(matches!(&level, Level::Unknown(_)));
    assert_eq!(format!("{level:?}"), "Unknown(\"extreme\")");

    let kind: Kind = taken("-99");
    assert_eq!(kind.as_i64(), -99);
    assert_eq!(kind.to_string(), "-99");
    assert_eq!(kind, Kind::from(-99));
    assert_eq!(serde_json::to_string(&kind).unwrap(), "-99");
    assert!(matches!(&kind, Kind::Unknown(_)));
    assert_eq!(format!("{kind:?}"), "Unknown(-99)");
}

#[test]
fn case_and_blanks_belong_to_a_text() {
    for text in ["Low", "LOW", " low", "low "] {
        assert_eq!(Level::from(text).as_str(), text);
        assert_ne!(Level::from(text), Level::Low);
    }
}

#[test]
fn a_text_enum_takes_numbers_and_bools() {
    let level: Level = taken("5");
    assert_eq!(level.as_str(), "5");
    assert_eq!(serde_json::to_string(&level).unwrap(), "\"5\"");
    assert_eq!(taken::<Level>("true").as_str(), "true");
    assert_eq!(taken::<Level>("-0.5").as_str(), "-0.5");
}

#[test]
fn an_int_enum_takes_no_words() {
    assert_eq!(refusal::<Kind>("\"one\""), "expected a whole number, got a string");
    assert_eq!(refusal::<Kind>("1.5"), "expected a whole number, got a number that does not fit");
}

#[test]
fn known_values_are_written_as_wechat_writes_them() {
    assert_eq!(serde_json::to_value([Level::Low, Level::High]).unwrap(), serde_json::json!(["low", "high"]));
    assert_eq!(serde_json::to_value([Kind::One, Kind::Seven]).unwrap(), serde_json::json!([1, 7]));
}

#[test]
fn enums_travel_as_text_in_queries() {
    use crate::parts::Text;
    assert_eq!(Level::High.text(), "high");
    assert_eq!(Level::from("extreme").text(), "extreme");
    assert_eq!(Kind::Seven.text(), "7");
}

#[test]
fn enums_are_read_by_serde_alone() {
    assert_eq!(serde_json::from_str::<Vec<Level>>(r#"["low","new"]"#).unwrap(), [Level::Low, Level::from("new")]);
    assert_eq!(serde_json::from_str::<Vec<Kind>>(r#"[1,"7",8]"#).unwrap(), [Kind::One, Kind::Seven, Kind::from(8)]);
}
