//! The query string of WeChat's requests, which anybody can write.

use form_urlencoded::Serializer;
use sha1::{Digest as _, Sha1};
use weapp::push::{Query, Receiver};

const TOKEN: &str = "AAAAA";

/// Reads the input as a query string, writes it, and reads it again; and verifies it, as it is and signed.
pub fn query(input: &[u8]) {
    let query = Query::parse(&String::from_utf8_lossy(input));
    let pairs = [
        ("signature", &query.signature),
        ("msg_signature", &query.msg_signature),
        ("timestamp", &query.timestamp),
        ("nonce", &query.nonce),
        ("echostr", &query.echostr),
        ("encrypt_type", &query.encrypt_type),
        ("openid", &query.openid),
    ];
    let written = pairs.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    let written = Serializer::new(String::new()).extend_pairs(written).finish();
    assert!(Query::parse(&written) == query, "a query changes when it is written and read");
    assert!(query.source.is_none(), "a header does not stand in the query");
    assert!(!format!("{query:?}").is_empty());

    let receiver = Receiver::plain(TOKEN).expect("a receiver");
    let (Some(timestamp), Some(nonce)) = (&query.timestamp, &query.nonce) else {
        assert!(receiver.verify_url(&query).is_err());
        return;
    };
    let mut texts = [TOKEN, timestamp, nonce];
    texts.sort_unstable();
    let signature: String = Sha1::digest(texts.concat()).iter().map(|byte| format!("{byte:02x}")).collect();
    let is_signed = query.signature.as_ref() == Some(&signature);
    assert_eq!(receiver.verify_url(&query).ok(), query.echostr.clone().filter(|_| is_signed));
    let mut signed = query.clone();
    signed.signature = Some(signature);
    assert_eq!(receiver.verify_url(&signed).ok(), query.echostr);
}
