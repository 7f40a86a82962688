//! What holds for every input.

use proptest::prelude::*;

use super::*;
use crate::secret::revealing;

/// Any JSON whose keys are often those of [`Everything`].
fn json() -> impl Strategy<Value = Value> {
    with_numbers(any::<f64>().prop_map(Value::from))
}

fn with_numbers(floats: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        floats,
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-3_i64..300).prop_map(Value::from),
        any::<i64>().prop_map(|number| Value::from(number.to_string())),
        prop::sample::select(vec!["", "low", "true", "0", "1.0", "nan", " "]).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 48, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..8).prop_map(Value::from_iter),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    let names: Vec<_> =
        FIELDS.iter().copied().chain(["label", "errcode", "errmsg", "$serde_json::private::Number", ""]).collect();
    prop_oneof![8 => prop::sample::select(names).prop_map(str::to_owned), 1 => ".{0,4}"]
}

prop_compose! {
    fn part()(label in any::<Option<i64>>(), labels in prop::collection::vec(any::<Option<i64>>(), 0..3)) -> Part {
        let parts = labels.into_iter().map(|label| Part { label, parts: Vec::new() }).collect();
        Part { label, parts }
    }
}

/// Values of [`Everything`] that come back as they are: an enum's `""` is read as absent, and of a float only some
/// digits return without serde_json's feature `float_roundtrip`.
fn everything() -> impl Strategy<Value = Everything> {
    let text = || prop::option::of(".{0,12}");
    let table = prop::collection::btree_map("[a-z]{0,3}", any::<i64>(), 0..3);
    let scalars = (text(), any::<Option<bool>>(), any::<Option<i64>>(), any::<Option<u64>>(), any::<Option<u32>>());
    let more = (any::<Option<u8>>(), any::<Option<i32>>(), text(), any::<Option<i64>>(), any::<Option<i64>>());
    let open = (prop::option::of("low|high|[a-z]{1,5}"), any::<Option<i64>>(), prop::option::of(part()));
    let lists = (
        prop::collection::vec(".{0,5}", 0..3),
        prop::collection::vec(any::<i64>(), 0..3),
        prop::collection::vec(part(), 0..3),
        prop::collection::vec(prop::collection::vec(any::<i64>(), 0..3), 0..3),
        prop::collection::vec(prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from)], 0..3),
    );
    let tables = (prop::option::of(table), prop::option::of(prop::collection::btree_map(".{0,3}", part(), 0..3)));
    (scalars, more, open, lists, tables).prop_map(|(scalars, more, open, lists, tables)| {
        let mut value = Everything::empty();
        (value.text, value.flag, value.int, value.long, value.count) = scalars;
        let (byte, quarters, secret, at, at_ms) = more;
        value.byte = byte;
        value.share = quarters.map(|quarters| f64::from(quarters) / 4.0);
        value.secret = secret.map(Secret::new);
        value.at = at.map(Timestamp::new);
        value.at_ms = at_ms.map(TimestampMs::new);
        value.any = at.map(|at| serde_json::json!([at, null, {"": ""}]));
        value.level = open.0.map(Level::from);
        value.kind = open.1.map(Kind::from);
        value.part = open.2;
        (value.texts, value.numbers, value.parts, value.grid, value.anything) = lists;
        (value.table, value.tables) = tables;
        value
    })
}

proptest! {
    #[test]
    fn no_json_panics(body in json()) {
        let body = body.to_string();
        let _ = judged::<Everything>(&body);
        let _ = judged::<Session>(&body);
        let _ = serde_json::from_str::<Everything>(&body).map_err(|error| split_path(&error));
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = judged::<Everything>(&body);
    }

    #[test]
    fn no_damage_panics(body in json(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut body = body.to_string().into_bytes();
        let at = at.index(body.len());
        if cut { body.truncate(at) } else { body[at] = byte }
        let _ = judged::<Everything>(&body);
    }

    #[test]
    // From a text serde_json may read the last digit of a long float wrong.
    fn a_value_and_its_text_are_read_alike(body in with_numbers(any::<i16>().prop_map(|n| (f64::from(n) / 4.0).into()))) {
        let text = serde_json::from_str::<Everything>(&body.to_string()).map_err(|error| split_path(&error).0);
        let value = serde_json::from_value::<Everything>(body).map_err(|error| split_path(&error).0);
        prop_assert_eq!(text, value);
    }

    #[test]
    fn what_is_written_is_read(value in everything()) {
        let text = revealing(|| serde_json::to_string(&value)).unwrap();
        prop_assert_eq!(serde_json::from_str::<Everything>(&text).unwrap(), value.clone());
        let answer = judged::<Everything>(&text);
        prop_assert_eq!(answer.as_ref(), Ok(&value));
        let json = revealing(|| serde_json::to_value(&value)).unwrap();
        prop_assert_eq!(serde_json::from_value::<Everything>(json).unwrap(), value);
    }

    #[test]
    fn integers_are_read_from_every_form(number in any::<i64>()) {
        for text in [number.to_string(), format!("\"{number}\""), format!("\" {number} \"")] {
            prop_assert_eq!(taken::<i64>(&text), number);
            prop_assert_eq!(taken::<Timestamp>(&text).get(), number);
            prop_assert_eq!(read::<u64>(&text).ok().flatten(), u64::try_from(number).ok());
            prop_assert_eq!(read::<u8>(&text).ok().flatten(), u8::try_from(number).ok());
        }
        prop_assert_eq!(taken::<String>(&number.to_string()), number.to_string());
    }

    #[test]
    fn a_float_is_an_integer_only_if_it_names_one(number in any::<f64>()) {
        prop_assume!(number.is_finite());
        if let Ok(Some(whole)) = read::<i64>(&format!("\"{number:?}\"")) {
            prop_assert_eq!(whole as f64, number);
            prop_assert!(whole.unsigned_abs() < 1 << 52);
        }
    }

    #[test]
    fn a_code_always_wins(body in json(), code in 1_i64..100_000) {
        let mut members = match body {
            Value::Object(members) => members,
            other => serde_json::Map::from_iter([("text".to_owned(), other)]),
        };
        members.remove("errcode");
        members.remove("$serde_json::private::Number");
        let inside = Value::from(members).to_string();
        let separator = if inside == "{}" { "" } else { "," };
        let last = format!("{}{separator}\"errcode\":{code}}}", &inside[..inside.len() - 1]);
        let first = format!("{{\"errcode\":{code}{separator}{}", &inside[1..]);
        for body in [first, last] {
            let error = judged::<Everything>(&body).unwrap_err();
            prop_assert!(error.starts_with(&format!("failure {code}: ")), "{}: {}", body, error);
        }
    }
}
