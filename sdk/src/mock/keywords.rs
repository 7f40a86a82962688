//! The limits of the values of subscribe messages, read from WeChat's page and not from the client's own check.

use serde_json::Value;

/// What WeChat finds wrong with the value of a keyword such as `thing1`.
///
/// Only what the page says in numbers is checked; the forms of dates, times and amounts are vague there.
pub(super) fn problem(keyword: &str, value: &str) -> Option<String> {
    let kind = keyword.trim_end_matches(|c: char| c.is_ascii_digit());
    if kind.len() == keyword.len() {
        return None;
    }
    let length = value.chars().count();
    let has_han = value.chars().any(is_han);
    let most = match kind {
        "thing" => 20,
        "number" => {
            let digits = value.chars().filter(char::is_ascii_digit).count();
            return (digits > 32).then(|| "has more than 32 digits".to_owned()).or_else(|| unprintable(value));
        }
        "letter" | "character_string" => 32,
        "symbol" | "phrase" => 5,
        "phone_number" => 17,
        "car_number" => 8,
        "name" => {
            if has_han {
                10
            } else {
                20
            }
        }
        "time" | "date" | "amount" | "enum" => usize::MAX,
        // A type that the page does not list.
        _ => return None,
    };
    if length > most {
        return Some(format!("has {length} characters, a `{kind}` may have {most}"));
    }
    if matches!(kind, "letter" | "character_string") && has_han {
        return Some(format!("has Han in it, which a `{kind}` may not"));
    }
    unprintable(value)
}

fn unprintable(value: &str) -> Option<String> {
    if value.is_empty() {
        Some("is empty".to_owned())
    } else if value.chars().any(char::is_control) {
        Some("has a line break or another control character".to_owned())
    } else {
        None
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{3FFFF}')
}

/// What is wrong with `{keyword: {value, color}}` as such: the keyword with its problem, or `None`.
pub(super) fn shape_problem(entry: &Value, strict: bool) -> Option<&'static str> {
    let Some(entry) = entry.as_object() else { return Some("is no object like {\"value\": \"…\"}") };
    match (entry.get("value"), entry.get("color")) {
        (None, _) => Some("has no `value`"),
        (Some(Value::String(_)), None | Some(Value::String(_))) => {
            let unknown = entry.keys().any(|key| key != "value" && key != "color");
            (strict && unknown).then_some("has a member that is neither `value` nor `color`")
        }
        (Some(Value::String(_)), Some(_)) => Some("has a `color` that is no text"),
        (Some(_), _) => Some("has a `value` that is no text"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits() {
        for (keyword, fine, wrong) in [
            ("thing1", "字".repeat(20), "字".repeat(21)),
            ("number2", "1".repeat(32), "1".repeat(33)),
            ("letter3", "a".repeat(32), "a".repeat(33)),
            ("character_string4", "a-1".to_owned(), "字".to_owned()),
            ("symbol5", "+++++".to_owned(), "++++++".to_owned()),
            ("phrase6", "字".repeat(5), "字".repeat(6)),
            ("phone_number7", "+86-0766-66888866".to_owned(), "+86-0766-668888666".to_owned()),
            ("car_number8", "粤A8Z888挂".to_owned(), "粤A8Z888888挂".to_owned()),
            ("name9", "字".repeat(10), "字".repeat(11)),
            ("name9", "a".repeat(20), "a".repeat(21)),
            ("time10", "15:01".to_owned(), "15:01\n".to_owned()),
            ("date1", "2019年10月1日".to_owned(), String::new()),
        ] {
            assert_eq!(problem(keyword, &fine), None, "{keyword}");
            assert!(problem(keyword, &wrong).is_some(), "{keyword}");
        }
        assert_eq!(problem("thing", ""), None, "no number, so no keyword of a subscribe message");
        assert_eq!(problem("const8", ""), None);
    }

    #[test]
    fn shapes() {
        assert_eq!(shape_problem(&json!({"value": "x", "color": "#173177"}), true), None);
        for entry in [json!("x"), json!({}), json!({"value": 1}), json!({"value": "x", "color": 1})] {
            assert!(shape_problem(&entry, false).is_some(), "{entry}");
        }
        let more = json!({"value": "x", "colour": "#173177"});
        assert!(shape_problem(&more, true).is_some() && shape_problem(&more, false).is_none());
    }
}
