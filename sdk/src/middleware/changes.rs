//! What middlewares add to an attempt.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;
use serde::de::IgnoredAny;
use tokio::time::Instant;

use crate::parts::Body;

/// What middlewares add to an attempt, and what they have to know of how it went.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) headers: HeaderMap,
    /// Percent-encoded, as the call's own.
    pub(crate) query: String,
    /// Names, and values as JSON.
    pub(super) json: Vec<(String, Vec<u8>)>,
    /// When the request was handed to HTTP.
    pub(super) sent_at: Option<Instant>,
    /// Whether WeChat may have received it.
    pub(super) maybe_sent: bool,
}

impl Changes {
    /// The attempt's request is handed to HTTP now.
    pub(crate) fn leave(&mut self) {
        self.sent_at = Some(Instant::now());
        self.maybe_sent = true;
    }

    /// The body with what was added.
    pub(crate) fn extended(&self, body: &Body) -> Body {
        match body {
            Body::Json(json) if !self.json.is_empty() => Body::Json(self.extend(json)),
            body => body.clone(),
        }
    }

    /// The object with the members that were added. Everything else stays as it was, byte for byte.
    fn extend(&self, json: &Bytes) -> Bytes {
        let open = json.trim_ascii_end();
        let open = open.strip_suffix(b"}").unwrap_or(open);
        let mut extended = Vec::with_capacity(json.len() + 64 * self.json.len());
        extended.extend_from_slice(open);
        let mut comma = !open.trim_ascii_end().ends_with(b"{");
        for (name, value) in &self.json {
            if std::mem::replace(&mut comma, true) {
                extended.push(b',');
            }
            extended.extend(serde_json::Value::from(name.as_str()).to_string().into_bytes());
            extended.push(b':');
            extended.extend_from_slice(value);
        }
        extended.push(b'}');
        extended.into()
    }
}

/// The names of a JSON object's members. `None` if it is no object.
pub(super) fn members(json: &[u8]) -> Option<BTreeMap<String, IgnoredAny>> {
    serde_json::from_slice(json).ok()
}

/// Whether a query string has a parameter of this name.
pub(super) fn names(query: &str, wanted: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == wanted)
}
