//! What came in place of what was expected.

/// Whether it starts like JSON, whatever its content type says.
pub(crate) fn is_json(data: &[u8]) -> bool {
    matches!(start(data).first(), Some(b'{' | b'['))
}

fn start(data: &[u8]) -> &[u8] {
    data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data).trim_ascii_start()
}

/// What a body is, in words. Never its content: it may hold secrets.
pub(crate) fn describe(data: &[u8]) -> String {
    let length = data.len();
    let start = start(data);
    let is_text =
        || std::str::from_utf8(start).is_ok_and(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()));
    match start.first() {
        None => "an empty body".to_owned(),
        Some(b'{' | b'[') => format!("JSON ({length} bytes)"),
        Some(b'<') if start.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case(b"<?xml") || tag == b"<xml>") => {
            format!("XML ({length} bytes)")
        }
        Some(b'<') => format!("an HTML page ({length} bytes)"),
        Some(_) if is_text() => format!("text ({length} bytes)"),
        Some(_) => format!("{length} bytes of unknown data"),
    }
}
