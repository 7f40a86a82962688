//! What a request carries: query parameters, a JSON body, a multipart form.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The parameters of a query string, in order.
pub(super) fn query(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// Reads JSON; `strict` refuses an object that names a member twice, of which parsers keep one without a word.
pub(super) fn json(body: &[u8], strict: bool) -> Result<Value, String> {
    let parsed = if strict {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        Strict.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value))
    } else {
        serde_json::from_slice(body)
    };
    parsed.map_err(|error| error.to_string())
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Strict)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(Strict)?;
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!("`{name}` is there twice")));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

/// One part of a multipart form.
#[derive(Debug, PartialEq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) content: Vec<u8>,
}

/// Whether a body of this content type says of itself that it is a multipart form.
pub(super) fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// Reads a multipart form, or says what is wrong with it.
pub(super) fn form(content_type: &str, body: &[u8]) -> Result<Vec<Part>, &'static str> {
    let (_, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !is_form(content_type) {
        return Err("the content type is not multipart/form-data");
    }
    let boundary = parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or("the content type names no boundary")?;
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let first = delimiter.get(2..).unwrap_or_default();
    let mut rest = match body.strip_prefix(first) {
        Some(rest) => rest,
        // A preamble is allowed before the first boundary.
        None => after(body, &delimiter).ok_or("the form does not begin with its boundary")?,
    };
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        rest = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line break")?;
        let head_length = position(rest, b"\r\n\r\n").ok_or("a part's head has no end")?;
        let (head, content) = rest.split_at(head_length);
        let content = content.get(4..).unwrap_or_default();
        let length = position(content, &delimiter).ok_or("a part has no end")?;
        let (content, tail) = content.split_at(length);
        parts.push(part(&String::from_utf8_lossy(head), content)?);
        rest = tail.get(delimiter.len()..).unwrap_or_default();
    }
}

fn part(head: &str, content: &[u8]) -> Result<Part, &'static str> {
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    });
    let (_, parameters) = disposition.and_then(|value| value.split_once(';')).ok_or("a part has no name")?;
    let name = parameter(parameters, "name").ok_or("a part has no name")?;
    // RFC 7578 forbids `filename*`, yet clients send it for names that are not ASCII.
    let file_name = parameter(parameters, "filename").or_else(|| parameter(parameters, "filename*"));
    Ok(Part { name, file_name, content: content.to_vec() })
}

/// The value of `name=value` or `name="value"` among `; a=b; c="d"`.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t']);
        let (name, after) = rest.split_once('=')?;
        let (value, tail) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.trim().to_owned());
        }
        rest = tail;
    }
}

fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn after<'a>(text: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    text.get(position(text, wanted)? + wanted.len()..)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strict_json_refuses_a_member_that_is_there_twice() {
        let text = br#"{"a":[{"b":1,"c":-2.5,"d":null,"b":true}]}"#;
        assert!(json(text, true).unwrap_err().contains("`b` is there twice"));
        assert_eq!(json(text, false).unwrap(), json!({"a": [{"b": true, "c": -2.5, "d": null}]}));
        let text = r#"{"a":[1,-1,18446744073709551615,0.5,"\u6211",false,null,{}]}"#;
        assert_eq!(json(text.as_bytes(), true).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        for broken in ["", "{", "{}x", "'a'", "{\"a\":\"\n\"}"] {
            assert!(json(broken.as_bytes(), true).is_err(), "{broken}");
        }
        assert!(json(b"\"\xff\"", true).is_err());
        // Deep nesting is an error, not a stack overflow.
        assert!(json("[".repeat(100_000).as_bytes(), true).is_err());
    }

    #[test]
    fn forms_are_read() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a;b.png\"\r\n\
            content-type: image/png\r\n\r\n\x89PNG\r\n--\r\n--b\r\ncontent-disposition: form-data; name=x\r\n\r\n\r\n--b--\r\n";
        let parts = form("multipart/form-data; boundary=b", body).unwrap();
        let part = |name: &str, file_name: Option<&str>, content: &[u8]| Part {
            name: name.to_owned(),
            file_name: file_name.map(str::to_owned),
            content: content.to_vec(),
        };
        assert_eq!(parts, [part("media", Some("a;b.png"), b"\x89PNG\r\n--"), part("x", None, b"")]);
        assert_eq!(form("multipart/form-data; charset=x; boundary=\"b\"", body).unwrap(), parts);
        assert_eq!(form("multipart/form-data; boundary=b", b"--b--").unwrap(), []);
    }

    #[test]
    fn no_cut_of_a_form_panics() {
        let body = b"preamble\r\n--b\r\ncontent-disposition: form-data; name=x\r\n\r\nhello\r\n--b--";
        for end in 0..body.len() - 2 {
            assert!(form("multipart/form-data; boundary=b", &body[..end]).is_err(), "{end}");
        }
        assert_eq!(form("multipart/form-data; boundary=b", body).unwrap().len(), 1);
        for content_type in ["", "application/json", "multipart/form-data", "multipart/form-data; boundary=\"\"", ";;="]
        {
            assert!(form(content_type, body).is_err(), "{content_type}");
        }
    }
}
