//! What stands in the query string of WeChat's requests.

use std::borrow::Cow;
use std::fmt;

/// The parameters by which a request is verified, and the header that takes their place in Cloud Hosting (微信云托管).
///
/// ```
/// use weapp::push::Query;
///
/// let query = Query::parse("signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp=1714037059&nonce=486452656");
/// assert_eq!(query.nonce.as_deref(), Some("486452656"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// Signs token, timestamp and nonce.
    pub signature: Option<String>,
    /// Signs the encrypted message as well.
    pub msg_signature: Option<String>,
    /// When the request was sent, in seconds since 1970-01-01 UTC.
    pub timestamp: Option<String>,
    /// A number that WeChat made up.
    pub nonce: Option<String>,
    /// What to answer when the URL is verified.
    pub echostr: Option<String>,
    /// `aes` where the message is encrypted.
    pub encrypt_type: Option<String>,
    /// The user whom the message is about.
    pub openid: Option<String>,
    /// The header `x-wx-source`: see [`with_source`](Self::with_source).
    pub source: Option<String>,
}

impl Query {
    /// Reads a query string, with or without the `?`. A parameter that stands twice counts as it stands first; what
    /// WeChat does not send is ignored.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let query = query.strip_prefix('?').unwrap_or(query);
        Self::from_pairs(form_urlencoded::parse(query.as_bytes()))
    }

    /// Takes parameters that a framework has already read and decoded.
    #[must_use]
    pub fn from_pairs<'a, K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: AsRef<str>,
        V: Into<Cow<'a, str>>,
    {
        let mut query = Self::default();
        for (key, value) in pairs {
            let slot = match key.as_ref() {
                "signature" => &mut query.signature,
                "msg_signature" => &mut query.msg_signature,
                "timestamp" => &mut query.timestamp,
                "nonce" => &mut query.nonce,
                "echostr" => &mut query.echostr,
                "encrypt_type" => &mut query.encrypt_type,
                "openid" => &mut query.openid,
                _ => continue,
            };
            if slot.is_none() {
                *slot = Some(value.into().into_owned());
            }
        }
        query
    }

    /// Adds the header `x-wx-source` (one of WeChat's pages calls it `x-wx-sources`), which Cloud Hosting puts on what
    /// WeChat sends. Hand over the header of the request alone: an empty one counts as none.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// Which parameters there are. In plain mode whoever knows their values can send messages of their own.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("signature", &self.signature.is_some())
            .field("msg_signature", &self.msg_signature.is_some())
            .field("timestamp", &self.timestamp)
            .field("nonce", &self.nonce.is_some())
            .field("echostr", &self.echostr.is_some())
            .field("encrypt_type", &self.encrypt_type)
            .field("openid", &self.openid.is_some())
            .field("source", &self.source.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_the_first_one_counts() {
        let query =
            Query::parse("?msg_signature=a%2Bb&msg_signature=c&encrypt_type=aes&echostr=%E4%BD%A0&other=1&nonce");
        assert_eq!(query.msg_signature.as_deref(), Some("a+b"));
        assert_eq!(query.encrypt_type.as_deref(), Some("aes"));
        assert_eq!(query.echostr.as_deref(), Some("你"));
        assert_eq!(query.nonce.as_deref(), Some(""));
        assert_eq!((query.signature, query.timestamp, query.openid, query.source), (None, None, None, None));
        assert_eq!(Query::parse(""), Query::default());
        assert_eq!(Query::from_pairs([("openid", "o")]).openid.as_deref(), Some("o"));
    }

    #[test]
    fn debug_shows_nothing_that_signs() {
        let query =
            Query::parse("signature=planted&msg_signature=planted&nonce=planted&echostr=planted&openid=planted");
        let text = format!("{:?}", query.with_source("planted"));
        assert!(!text.contains("planted"), "{text}");
    }
}
