//! Signatures that payment and delivery ask for, and the keys that make them.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::secret::Secret;
use crate::user_data::hex;
pub use crate::user_data::session_signature;

/// The AppKeys with which an app's payment calls are signed.
///
/// ```
/// let keys = weapp::sign::PaymentKeys::new().virtual_payment("live key").sandbox("sandbox key");
/// let client = weapp::Client::builder().app("wx0123456789abcdef", "secret").payment_keys(keys).build()?;
/// # Ok::<(), weapp::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "give it to `ClientBuilder::payment_keys` or `Client::with_payment_keys`"]
pub struct PaymentKeys {
    virtual_payment: Option<Secret>,
    sandbox: Option<Secret>,
    b2b: Option<Secret>,
}

impl PaymentKeys {
    /// No keys yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The AppKey of virtual payment (虚拟支付), for calls whose `env` is not 1.
    pub fn virtual_payment(mut self, key: impl Into<Secret>) -> Self {
        self.virtual_payment = Some(key.into());
        self
    }

    /// The AppKey of virtual payment's sandbox, for calls whose `env` is 1.
    pub fn sandbox(mut self, key: impl Into<Secret>) -> Self {
        self.sandbox = Some(key.into());
        self
    }

    /// The AppKey of the B2b merchant (B2b 门店助手), as `getAppKey` answers it.
    pub fn b2b(mut self, key: impl Into<Secret>) -> Self {
        self.b2b = Some(key.into());
        self
    }

    pub(crate) fn of_virtual_payment(&self, sandbox: bool) -> Option<Secret> {
        if sandbox { self.sandbox.clone() } else { self.virtual_payment.clone() }
    }

    pub(crate) fn of_b2b(&self) -> Option<Secret> {
        self.b2b.clone()
    }
}

/// Which keys there are, and none of them.
impl fmt::Debug for PaymentKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentKeys")
            .field("virtual_payment", &self.virtual_payment.is_some())
            .field("sandbox", &self.sandbox.is_some())
            .field("b2b", &self.b2b.is_some())
            .finish()
    }
}

/// The payment signature (`pay_sig`), in lower-case hexadecimal: HMAC-SHA256 of `uri`, `&` and the body under AppKey.
///
/// `uri` is the path of a server call (`/xpay/query_order`), without its query. For the Mini Program's own payment it is
/// `requestVirtualPayment` or `requestCommonPayment`, and the body is `signData`.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/server/API/VirtualPayment/api_query_user_balance>
#[must_use]
pub fn pay_sig(app_key: &Secret, uri: &str, body: impl AsRef<[u8]>) -> String {
    signed(app_key, &[uri.as_bytes(), b"&", body.as_ref()])
}

/// The signature of an immediate delivery (`delivery_sign`), in lower-case hexadecimal: SHA-1 of the shop's id, the
/// order's id (empty where a call has none) and the AppSecret that the delivery company gave.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/server/API/immediate-delivery/deliver-by-business/api_preaddorder>
#[must_use]
pub fn delivery_sign(shop_id: &str, shop_order_id: &str, secret: &Secret) -> String {
    hex(&Sha1::new().chain_update(shop_id).chain_update(shop_order_id).chain_update(secret.expose()).finalize())
}

/// HMAC-SHA256 of the pieces, one after the other.
pub(crate) fn signed(key: &Secret, pieces: &[&[u8]]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes());
    let mut mac = mac.expect("HMAC takes a key of any length");
    for piece in pieces {
        mac.update(piece);
    }
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pairs that WeChat's guides to virtual payment and to B2b payment print.
    #[test]
    fn the_published_payment_signatures() {
        let key = Secret::new("12345");
        assert_eq!(
            pay_sig(&key, "/xpay/query_user_balance", r#"{"openid": "xxx", "user_ip": "127.0.0.1", "env": 0}"#),
            "c37809f27c6d7fd1837ad2500a04512b66b34fd793a39a385fade56dca89a4b5"
        );
        let order = r#"{"mchid": "1230000109","out_trade_no": "1217752501201407033233368018"}"#;
        assert_eq!(
            pay_sig(&key, "/retail/B2b/getorder", order),
            "2cb3e9fda4da9774f0c6f747bbf6c56e9045969d9921db7344fffdc945c1dc23"
        );
    }

    #[test]
    fn the_published_user_signature() {
        let body = r#"{"openid": "xxx", "user_ip": "127.0.0.1", "env": 0}"#;
        let key = Secret::new("9hAb/NEYUlkaMBEsmFgzig==");
        let expected = "089d9e8dc5d308977360c4b79ec600a93d736802802a807d634192328032f6c7";
        assert_eq!(signed(&key, &[body.as_bytes()]), expected);
        assert_eq!(session_signature(&key, body), expected);
    }

    #[test]
    fn the_published_delivery_signature() {
        let secret = Secret::new("test_app_secrect");
        assert_eq!(
            delivery_sign("test_shop_id", "test_shop_order_id", &secret),
            "a93d8d6bae9a9483c1b1d4e8670e7f6226ec94cb"
        );
        assert_eq!(
            delivery_sign("test_shop_idtest_shop_order_id", "", &secret),
            delivery_sign("test_shop_id", "test_shop_order_id", &secret)
        );
    }

    #[test]
    fn each_environment_has_its_key_and_none_prints() {
        let keys = PaymentKeys::new().virtual_payment("planted-live").b2b("planted-b2b");
        let exposed = |key: Option<Secret>| key.map(|key| key.expose().to_owned());
        assert_eq!(exposed(keys.of_virtual_payment(false)).as_deref(), Some("planted-live"));
        assert_eq!(exposed(keys.of_virtual_payment(true)), None);
        assert_eq!(exposed(keys.of_b2b()).as_deref(), Some("planted-b2b"));
        assert_eq!(exposed(keys.clone().sandbox("s").of_virtual_payment(true)).as_deref(), Some("s"));
        assert!(!format!("{keys:?}").contains("planted"), "{keys:?}");
    }
}
