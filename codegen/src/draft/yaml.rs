//! Scalars, keys and comments of YAML.

/// A text as a YAML scalar, also within braces: plain where it can be.
pub(super) fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_alphabetic() || c == '/')
        && !text.ends_with(char::is_whitespace)
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '.' | '/' | '-' | '（' | '）' | '、' | '。'))
        && !is_word(text);
    if plain {
        return text.to_owned();
    }
    // JSON's strings are YAML's, too.
    serde_json::Value::from(text).to_string()
}

/// What YAML reads as something else than a text.
fn is_word(text: &str) -> bool {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"];
    words.contains(&text.to_lowercase().as_str())
}

/// A comment to stand behind something on the same line; nothing for nothing.
pub(super) fn comment(said: &str) -> String {
    let said: Vec<_> = said.split_whitespace().collect();
    // YAML allows no control characters, not even in comments.
    let said: String = said.join(" ").chars().filter(|c| !c.is_control()).collect();
    if said.is_empty() { String::new() } else { format!("  # {said}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_where_yaml_needs_it() {
        assert_eq!(quoted("a_b 甲"), "a_b 甲");
        assert_eq!(quoted("yes"), "\"yes\"");
        assert_eq!(quoted("a: b"), "\"a: b\"");
        assert_eq!(quoted("1"), "\"1\"");
        assert_eq!(quoted("a\"b"), "\"a\\\"b\"");
        assert_eq!(comment(" a\n b "), "  # a b");
        assert_eq!(comment(""), "");
    }
}
