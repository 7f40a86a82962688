//! What the mock has received.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::catalogue::{self, Catalogue, Endpoint};
use super::fault::Fault;
use crate::error::{Error, Result};

/// A request as the mock received it.
///
/// `Debug` blots out tokens, AppSecrets, login codes and other secrets, so that a failed test does not print them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The official id of the endpoint, `sendMessage`. `None` for a path that the spec does not know.
    pub endpoint: Option<String>,
    /// `GET` or `POST`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The parameters of the query in the order in which they were sent, decoded; `access_token` is one of them.
    pub query: Vec<(String, String)>,
    /// The headers in the order in which they were sent, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it came signed and encrypted, and what it said could be verified: `body` is what was encrypted then,
    /// without `_n`, `_appid` and `_timestamp`. Always `false` without the feature `sign`.
    pub signed: bool,
    /// Which of the [`Mock::faults`](super::Mock::faults) it met. What a rule does is none.
    pub fault: Option<Fault>,
    /// Whether WeChat did what the call is for, be its answer lost or not. It did not if it refused the call, or never
    /// saw it. An answer of yours ([`Rule::answer`](super::Rule::answer)) counts as an effect unless it holds an error
    /// code.
    pub took_effect: bool,
}

/// Whoever wants to see each request.
pub(super) type Observer = Box<dyn Fn(&RecordedRequest) + Send + Sync>;

/// What is known of the requests so far.
#[derive(Default)]
pub(super) struct Records {
    /// The last ones, oldest first.
    pub(super) requests: VecDeque<RecordedRequest>,
    pub(super) faults: BTreeMap<Fault, u64>,
    /// How many took effect, by the endpoint's id and the path.
    pub(super) effects: HashMap<(Option<&'static str>, String), u64>,
    /// How many fetches of tokens were refused.
    pub(super) refused_fetches: usize,
}

impl Records {
    /// Counts a request.
    pub(super) fn count(&mut self, endpoint: Option<&'static Endpoint>, request: &RecordedRequest) {
        if let Some(fault) = request.fault {
            *self.faults.entry(fault).or_default() += 1;
        }
        if request.took_effect {
            let key = (endpoint.map(|endpoint| endpoint.id.as_str()), request.path.clone());
            *self.effects.entry(key).or_default() += 1;
        }
    }

    /// Keeps a request as one of the last `most`.
    pub(super) fn keep(&mut self, request: RecordedRequest, most: usize) {
        if most == 0 {
            return;
        }
        while self.requests.len() >= most {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }
}

impl RecordedRequest {
    /// The body as JSON: a [`serde_json::Value`], or a type of yours.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the body is not JSON, or not of this type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::decode("", "the recorded body is not JSON of this type").with_source(error))
    }

    /// The first parameter of this name in the query.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The first header of this name, which is written in lower case: `content-type`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }
}

fn first<'a>(pairs: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

const REDACTED: &str = "[redacted]";

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = catalogue::built_in().ok();
        let is_secret = |name: &str| known.is_none_or(|catalogue: &Catalogue| catalogue.is_secret(name));
        let shown = |pairs: &[(String, String)], hide: &dyn Fn(&str) -> bool| -> Vec<(String, String)> {
            let hidden = |(name, value): &(String, String)| {
                (name.clone(), if hide(name) { REDACTED.to_owned() } else { value.clone() })
            };
            pairs.iter().map(hidden).collect()
        };
        let body = match serde_json::from_slice(&self.body) {
            Ok(json) => redacted(json, &is_secret).to_string(),
            Err(_) => format!("{} bytes", self.body.len()),
        };
        f.debug_struct("RecordedRequest")
            .field("endpoint", &self.endpoint)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &shown(&self.query, &is_secret))
            .field("headers", &shown(&self.headers, &|name| matches!(name, "authorization" | "cookie")))
            .field("body", &format_args!("{body}"))
            .field("fault", &self.fault)
            .field("took_effect", &self.took_effect)
            .finish()
    }
}

pub(super) fn redacted(json: Value, is_secret: &dyn Fn(&str) -> bool) -> Value {
    match json {
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| {
                let value = if is_secret(&name) { REDACTED.into() } else { redacted(value, is_secret) };
                (name, value)
            };
            Value::Object(members.into_iter().map(member).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| redacted(item, is_secret)).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &[(&str, &str)], body: &[u8]) -> RecordedRequest {
        let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        RecordedRequest {
            endpoint: None,
            method: "POST".to_owned(),
            path: "/x".to_owned(),
            query: owned(query),
            headers: owned(&[("content-type", "application/json"), ("authorization", "s3cr3t")]),
            body: body.to_vec(),
            signed: false,
            fault: None,
            took_effect: true,
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let query = [("access_token", "s3cr3t"), ("secret", "s3cr3t"), ("js_code", "s3cr3t"), ("openid", "o1")];
        let body = br#"{"secret":"s3cr3t","list":[{"session_key":"s3cr3t","code":["s3cr3t"]}],"page":"index"}"#;
        let text = format!("{:?}", request(&query, body));
        assert!(!text.contains("s3cr3t"), "{text}");
        assert!(text.contains("o1") && text.contains("index") && text.contains("application/json"), "{text}");
        let text = format!("{:?}", request(&[], b"s3cr3t"));
        assert!(text.contains("6 bytes") && !text.contains("s3cr3t"), "{text}");
    }

    #[test]
    fn the_last_ones_are_kept() {
        for (most, wanted) in [(0, vec![]), (2, vec!["3", "4"]), (usize::MAX, vec!["0", "1", "2", "3", "4"])] {
            let mut records = Records::default();
            for number in 0..5 {
                records.keep(request(&[], number.to_string().as_bytes()), most);
            }
            let kept: Vec<_> = records.requests.iter().map(|request| request.body.as_slice()).collect();
            assert_eq!(kept, wanted.iter().map(|text| text.as_bytes()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn helpers() {
        let request = request(&[("a", "1"), ("a", "2")], br#"{"n":7}"#);
        assert_eq!((request.query_value("a"), request.query_value("b")), (Some("1"), None));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.json::<Value>().unwrap()["n"], 7);
        assert!(request.json::<Vec<u8>>().is_err());
    }
}
