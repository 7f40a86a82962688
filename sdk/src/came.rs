//! What came in place of what was expected.

use crate::image::ImageFormat;

/// Whether it starts like JSON, whatever its content type says.
pub(crate) fn is_json(data: &[u8]) -> bool {
    // UTF-16 has a NUL behind the bracket.
    matches!(start(data), [b'{' | b'[', rest @ ..] if rest.first() != Some(&0))
}

fn start(data: &[u8]) -> &[u8] {
    data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data).trim_ascii_start()
}

/// What a body is, in words. Never its content: it may hold secrets.
pub(crate) fn describe(data: &[u8]) -> String {
    let length = data.len();
    let what = match start(data) {
        _ if data.is_empty() => return "an empty body".to_owned(),
        [] => return format!("an empty body ({length} bytes of white space)"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, b'{' | b'[' | b'<', ..] | [b'{' | b'[' | b'<', 0, ..] => {
            "UTF-16 text"
        }
        [b'{' | b'[', ..] => "JSON",
        start @ [b'<', ..] if is_xml(start) => "XML",
        [b'<', ..] => "an HTML page",
        [0x1F, 0x8B, ..] => "gzip data",
        start => match ImageFormat::detect(start) {
            Some(format) => return format!("a {} picture ({length} bytes)", format.name()),
            None if is_text(start) => "text",
            None => return format!("{length} bytes of unknown data"),
        },
    };
    format!("{what} ({length} bytes)")
}

/// Whether it is a page such as proxies show, which no endpoint answers.
pub(crate) fn is_html(data: &[u8]) -> bool {
    let start = start(data);
    let begins = |with: &[u8]| start.get(..with.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(with));
    begins(b"<!doctype html") || begins(b"<html")
}

fn is_xml(start: &[u8]) -> bool {
    start.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case(b"<?xml") || tag == b"<xml>")
}

fn is_text(start: &[u8]) -> bool {
    std::str::from_utf8(start).is_ok_and(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_named() {
        let cases: [(&[u8], &str); 16] = [
            (b"", "an empty body"),
            (b" \r\n", "an empty body (3 bytes of white space)"),
            (b"\xEF\xBB\xBF {}", "JSON (6 bytes)"),
            (b"[]", "JSON (2 bytes)"),
            (b"<?XML version='1.0'?>", "XML (21 bytes)"),
            (b"<xml></xml>", "XML (11 bytes)"),
            (b"<html>", "an HTML page (6 bytes)"),
            (b"<!-- proxy -->", "an HTML page (14 bytes)"),
            (b"{\0}\0", "UTF-16 text (4 bytes)"),
            (b"\0{\0}", "UTF-16 text (4 bytes)"),
            (b"\xFF\xFE{\0}\0", "UTF-16 text (6 bytes)"),
            (b"\xFE\xFF\0{\0}", "UTF-16 text (6 bytes)"),
            (b"\x1F\x8B\x08\0", "gzip data (4 bytes)"),
            (b"\xFF\xD8\xFF\xE0", "a JPEG picture (4 bytes)"),
            ("不是 JSON".as_bytes(), "text (11 bytes)"),
            (b"\x01\x02", "2 bytes of unknown data"),
        ];
        for (data, told) in cases {
            assert_eq!(describe(data), told);
        }
    }

    #[test]
    fn a_page_is_told_from_data() {
        for page in [&b"<!DOCTYPE html><html>"[..], b" <HTML>", b"\xEF\xBB\xBF\n<html lang=x>"] {
            assert!(is_html(page));
        }
        for data in [&b""[..], b"<svg>", b"{}", b"\xFF\xD8\xFF"] {
            assert!(!is_html(data));
        }
    }
}
