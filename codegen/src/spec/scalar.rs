//! What a scalar of YAML is: a text, a number, a bool or nothing.

use saphyr_parser::ScalarStyle;

use super::tree::Kind;

/// The core schema of YAML 1.2, as serde_yaml reads it: the catalogue must see the same values.
pub(super) fn scalar(text: &str, style: ScalarStyle) -> Kind {
    if style != ScalarStyle::Plain {
        return Kind::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Kind::Text(text.to_owned());
    }
    // `007` is a text: codes and phone numbers start with zeros.
    let padded = digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    if digits.bytes().all(|b| b.is_ascii_digit())
        && !padded
        && let Ok(int) = text.parse()
    {
        return Kind::Int(int);
    }
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)];
    for (prefix, radix) in radix {
        if let Some(Ok(int)) = digits.strip_prefix(prefix).map(|rest| i128::from_str_radix(rest, radix)) {
            return Kind::Int(if text.starts_with('-') { -int } else { int });
        }
    }
    match text.parse::<f64>() {
        Ok(float) if !padded && float.is_finite() && digits != "." => Kind::Float(float),
        _ => Kind::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Diagnostics;
    use crate::spec::tree;

    #[test]
    fn scalars_are_what_serde_yaml_reads() {
        let plain = "1 -1 +1 0 007 1.5 -1.5 1e3 0x10 0o10 0b11 -0x10 yes no y on true True FALSE ~ null 1..2 ..5 5.. 1. .5 \
            a 2024-01-01 1_000 1:30 '1' \"true\" '' 18446744073709551615 9223372036854775808 5000/min 0.0 00 -007 1e e1 \
            + ++1 -.5 0x 0xfg Infinity nan inf";
        for text in plain.split_whitespace() {
            let mut out = Diagnostics::default();
            let node = tree::parse("f.yaml", &format!("a: {text}"), &mut out).unwrap();
            let ours = node.as_map().unwrap().get("a").unwrap().to_json();
            let theirs: serde_yaml::Value = serde_yaml::from_str(&format!("a: {text}")).unwrap();
            let theirs = serde_json::to_value(&theirs["a"]).unwrap();
            assert_eq!(ours, theirs, "{text}");
        }
    }
}
