//! JSON as YAML that is read alike everywhere.
//!
//! serde_yaml writes by YAML 1.2: `2021-03-01` and `123_4` without quotes, which readers of 1.1, and these are many,
//! take for a date and for a number. Here every text is quoted.

use std::fmt::Write as _;

use serde_json::Value;

/// What readers of YAML 1.1 take for a bool or nothing.
const NOT_TEXTS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// A document, ending with a newline.
pub(super) fn yaml(document: &Value) -> String {
    let mut out = String::new();
    block(document, 0, &mut out);
    out
}

/// Writes a value that begins on a line of its own.
fn block(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                indent(depth, out);
                member(key, value, depth, out);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for element in list {
                indent(depth, out);
                out.push('-');
                match element {
                    // The first member stands behind the dash.
                    Value::Object(map) if !map.is_empty() => {
                        out.push(' ');
                        for (index, (key, value)) in map.iter().enumerate() {
                            if index > 0 {
                                indent(depth + 1, out);
                            }
                            member(key, value, depth + 1, out);
                        }
                    }
                    other => behind(other, depth, out),
                }
            }
        }
        other => {
            indent(depth, out);
            scalar(other, depth, out);
            out.push('\n');
        }
    }
}

fn member(key_: &str, value: &Value, depth: usize, out: &mut String) {
    out.push_str(&key(key_));
    out.push(':');
    behind(value, depth, out);
}

/// Writes a value that belongs to what the line begins with.
fn behind(value: &Value, depth: usize, out: &mut String) {
    let nested = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    };
    if nested {
        out.push('\n');
        block(value, depth + 1, out);
    } else {
        out.push(' ');
        scalar(value, depth, out);
        out.push('\n');
    }
}

fn scalar(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::String(text) if lines(text) => {
            out.push_str("|-");
            for line in text.split('\n') {
                out.push('\n');
                if !line.is_empty() {
                    indent(depth + 1, out);
                    out.push_str(line);
                }
            }
        }
        Value::String(text) => out.push_str(&quoted(text)),
        // A number, an empty list: YAML has JSON's.
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// Whether a text can stand as lines, and is pleasanter so.
fn lines(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\n'])
        && !text.ends_with('\n')
        && !text.contains(|c: char| unprintable(c) && c != '\n')
}

/// What YAML breaks lines at, or does not take as it is; of JSON's strings the rest is the same in YAML.
fn unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in Value::from(text).to_string().chars() {
        if unprintable(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

fn key(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '$'))
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '$' | '.'));
    let text = plain && !NOT_TEXTS.contains(&key.to_ascii_lowercase().as_str());
    if text { key.to_owned() } else { quoted(key) }
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let value = json!({
            "y": [1, -2.5, true, null, "true", "2021-03-01", "123_4", "12:30", "", " a", "b "],
            "/path": { "on": {}, "x-a": [], "200": [[1, []], [{ "a": { "b": "c" }, "d": ["e"] }]] },
            "text": "First.\n\n- second: \"quoted\" # no comment\n  indented\n`end`",
            "odd": ["\nfirst", "last\n", "tab\there\nand", "emoji 😀\u{85}", "a\u{2028}\nb\u{feff}\u{7f}"],
        });
        let text = yaml(&value);
        let read: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(read, value, "{text}");
        assert!(text.starts_with("\"y\":\n  - 1\n") && text.contains("  - \"2021-03-01\"\n"), "{text}");
        assert!(text.contains("text: |-\n  First.\n\n  - second"), "{text}");
    }
}
