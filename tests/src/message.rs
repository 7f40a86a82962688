//! A request as it came over the wire, taken apart by hand.

/// A recorded request.
#[derive(Clone, Debug)]
pub struct Message {
    /// The method.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query string, as it was sent.
    pub query: Option<String>,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the body came in chunks.
    pub chunked: bool,
}

/// A part of a multipart form.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The name of its file.
    pub filename: Option<String>,
    /// Its content type.
    pub content_type: Option<String>,
    /// Its content.
    pub content: Vec<u8>,
}

impl Message {
    /// Reads the head of a request, without the blank line.
    pub fn parse_head(head: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(head).ok()?;
        let mut lines = text.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target, _) = (first.next()?, first.next()?, first.next()?);
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let header = |line: &str| line.split_once(':').map(|(k, v)| (k.to_ascii_lowercase(), v.trim().to_owned()));
        Some(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            headers: lines.filter_map(header).collect(),
            body: Vec::new(),
            chunked: false,
        })
    }

    /// The one value of a header.
    ///
    /// # Errors
    /// When it came more than once.
    pub fn header(&self, name: &str) -> Result<Option<&str>, String> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        let value = found.next().map(|(_, value)| value.as_str());
        if found.next().is_some() { Err(format!("the header {name} came twice")) } else { Ok(value) }
    }

    /// The parameters of the query, decoded as forms are, sorted.
    ///
    /// # Errors
    /// When a pair has no `=` or a broken escape.
    pub fn query_pairs(&self) -> Result<Vec<(String, String)>, String> {
        let query = self.query.as_deref().unwrap_or_default();
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let mut pairs = query
            .split('&')
            .map(|pair| {
                let (name, value) = pair.split_once('=').ok_or_else(|| format!("{pair:?} has no `=`"))?;
                Ok((percent_decode(name)?, percent_decode(value)?))
            })
            .collect::<Result<Vec<_>, String>>()?;
        pairs.sort();
        Ok(pairs)
    }

    /// The parts of a multipart body.
    ///
    /// # Errors
    /// When it is none, or is malformed.
    pub fn parts(&self) -> Result<Vec<Part>, String> {
        let content_type = self.header("content-type")?.unwrap_or_default();
        let boundary = content_type
            .strip_prefix("multipart/form-data;")
            .and_then(|rest| rest.trim().strip_prefix("boundary="))
            .ok_or_else(|| format!("content-type {content_type:?} is no multipart form"))?
            .trim_matches('"');
        let delimiter = format!("--{boundary}").into_bytes();
        let mut rest = self.body.strip_prefix(&delimiter[..]).ok_or("the body does not begin with its boundary")?;
        let between = [b"\r\n", &delimiter[..]].concat();
        let mut parts = Vec::new();
        loop {
            if let Some(end) = rest.strip_prefix(b"--") {
                return if matches!(end, b"" | b"\r\n") { Ok(parts) } else { Err("the form has a tail".to_owned()) };
            }
            let part = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line break")?;
            let end = find(part, &between).ok_or("a part has no end")?;
            parts.push(read_part(&part[..end])?);
            rest = &part[end + between.len()..];
        }
    }
}

fn read_part(part: &[u8]) -> Result<Part, String> {
    let end = find(part, b"\r\n\r\n").ok_or("a part has no head")?;
    let head = std::str::from_utf8(&part[..end]).map_err(|_| "a part's head is not UTF-8")?;
    let header = |name: &str| {
        head.split("\r\n").filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    let disposition = header("content-disposition").ok_or("a part has no Content-Disposition")?.1.trim();
    let attribute = |name: &str| {
        let mut found = disposition.split(';').filter_map(|piece| piece.trim().split_once('='));
        found.find(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('"').to_owned())
    };
    if !disposition.starts_with("form-data;") {
        return Err(format!("a part's disposition is {disposition:?}"));
    }
    Ok(Part {
        name: attribute("name").ok_or("a part has no name")?,
        filename: attribute("filename"),
        content_type: header("content-type").map(|(_, value)| value.trim().to_owned()),
        content: part[end + 4..].to_vec(),
    })
}

/// Where a piece begins.
pub fn find(data: &[u8], piece: &[u8]) -> Option<usize> {
    // Windows of a whole file are slow in a build without optimisation: look for the first byte first.
    let mut from = 0;
    while let Some(step) = data[from..].iter().position(|byte| *byte == piece[0]) {
        from += step;
        if data[from..].starts_with(piece) {
            return Some(from);
        }
        from += 1;
    }
    None
}

fn percent_decode(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                out.push(digits.ok_or_else(|| format!("{text:?} has a broken escape"))?);
                at += 2;
            }
            byte @ (b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b'~') => out.push(byte),
            _ => return Err(format!("{text:?} has a character that must be escaped")),
        }
        at += 1;
    }
    String::from_utf8(out).map_err(|_| format!("{text:?} is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_taken_apart() {
        let head = b"POST /x?a=1+2&b=%E6%B1%89 HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=XY";
        let mut message = Message::parse_head(head).unwrap();
        message.body = b"--XY\r\nContent-Disposition: form-data; name=\"m\"; filename=\"a.png\"\r\n\
            Content-Type: image/png\r\n\r\n\x00\r\n--X\xff\r\n--XY\r\n\
            Content-Disposition: form-data; name=\"t\"\r\n\r\n\r\n--XY--\r\n"
            .to_vec();
        let parts = message.parts().unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].name.as_str(), parts[0].filename.as_deref()), ("m", Some("a.png")));
        assert_eq!(parts[0].content, b"\x00\r\n--X\xff");
        assert_eq!(
            (parts[1].name.as_str(), parts[1].filename.as_deref(), &parts[1].content[..]),
            ("t", None, &b""[..])
        );
        let pairs = message.query_pairs().unwrap();
        assert_eq!(pairs, [("a".to_owned(), "1 2".to_owned()), ("b".to_owned(), "汉".to_owned())]);
        message.body.truncate(message.body.len() - 10);
        assert!(message.parts().is_err());
    }
}
