//! Signatures made anew over what arrived, with another implementation than the SDK's.

use aws_lc_rs::{digest, hmac};

use crate::message::Message;
use crate::spec::Sign;

/// A text that every key of a signature holds: no request and no error may.
pub const MARK: &str = "SIGNING-KEY";

/// The query parameter with which a request that arrived must be signed.
pub fn of_query(sign: Sign, key: &str, got: &Message) -> Option<(String, String)> {
    let (name, signature) = match sign {
        Sign::PaySig => ("pay_sig", hmac_sha256(key, &[got.path.as_bytes(), b"&", &got.body])),
        Sign::Signature => ("signature", hmac_sha256(key, &[&got.body])),
        Sign::DeliverySign => return None,
    };
    Some((name.to_owned(), signature))
}

/// The signature of an immediate delivery.
pub fn of_delivery(shop: &str, order: &str, secret: &str) -> String {
    let text = format!("{shop}{order}{secret}");
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
}

fn hmac_sha256(key: &str, pieces: &[&[u8]]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()));
    for piece in pieces {
        context.update(piece);
    }
    hex(context.sign().as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What WeChat's guides to virtual payment and to immediate delivery print.
    #[test]
    fn the_official_examples_come_out() {
        let body = br#"{"openid": "xxx", "user_ip": "127.0.0.1", "env": 0}"#;
        let pay = hmac_sha256("12345", &[b"/xpay/query_user_balance", b"&", body]);
        assert_eq!(pay, "c37809f27c6d7fd1837ad2500a04512b66b34fd793a39a385fade56dca89a4b5");
        let user = hmac_sha256("9hAb/NEYUlkaMBEsmFgzig==", &[body]);
        assert_eq!(user, "089d9e8dc5d308977360c4b79ec600a93d736802802a807d634192328032f6c7");
        let delivery = of_delivery("test_shop_id", "test_shop_order_id", "test_app_secrect");
        assert_eq!(delivery, "a93d8d6bae9a9483c1b1d4e8670e7f6226ec94cb");
    }
}
