//! The signatures of payment and delivery calls, made anew over exactly the bytes that arrived.

use std::collections::HashMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::catalogue::{Endpoint, Key, Place, Signature};
use super::check::{Params, Refusal, signature_code};
use super::record::RecordedRequest;
use crate::secret::Secret;
use crate::sign::PaymentKeys;

/// The keys that the user told the mock.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) payment: PaymentKeys,
    /// The AppSecrets that delivery companies gave, by `shopid`.
    pub(super) delivery: HashMap<String, Secret>,
}

impl Signature {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pay => "pay_sig",
            Self::User => "signature",
            Self::Delivery => "delivery_sign",
        }
    }

    /// Where it travels.
    pub(super) fn place(self) -> Place {
        match self {
            Self::Pay | Self::User => Place::Query,
            Self::Delivery => Place::Body,
        }
    }

    fn digits(self) -> usize {
        match self {
            Self::Pay | Self::User => 64,
            Self::Delivery => 40,
        }
    }
}

/// A call whose parameters are right.
pub(super) struct Signed<'a> {
    pub(super) keys: &'a Keys,
    pub(super) endpoint: &'a Endpoint,
    pub(super) request: &'a RecordedRequest,
    pub(super) params: &'a Params,
    /// The last session_key of the user that the call is about, if the mock gave one.
    pub(super) session_key: Option<&'a str>,
}

impl Signed<'_> {
    /// Whether all signatures are there and fit. One whose key the mock does not know only has to look like one.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        for &signature in &self.endpoint.sign {
            let name = signature.name();
            let refused =
                |problem: &str| Err(Refusal::new(signature_code(self.endpoint, name), format!("`{name}` {problem}")));
            let Some(given) = self.given(signature) else { return refused("is missing") };
            let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
            if given.len() != signature.digits() || !given.bytes().all(is_digit) {
                return refused(&format!("is not {} lower-case hexadecimal digits", signature.digits()));
            }
            let problem = match signature {
                Signature::Pay => self.pay(&given),
                Signature::User => self.user(&given),
                Signature::Delivery => self.delivery(&given),
            };
            if let Some(problem) = problem {
                return refused(&problem);
            }
        }
        Ok(())
    }

    fn given(&self, signature: Signature) -> Option<String> {
        let name = signature.name();
        if signature.place() == Place::Query {
            return self.request.query_value(name).map(str::to_owned);
        }
        let body: Value = serde_json::from_slice(&self.request.body).ok()?;
        body.get(name)?.as_str().map(str::to_owned)
    }

    fn pay(&self, given: &str) -> Option<String> {
        let key = self.endpoint.params.iter().find_map(|field| field.key)?;
        let sandbox = self.params.get("env").and_then(Value::as_i64) == Some(1);
        let payment = &self.keys.payment;
        let (wanted, other) = match key {
            Key::VirtualPayment => (payment.of_virtual_payment(sandbox), payment.of_virtual_payment(!sandbox)),
            Key::B2b => (payment.of_b2b(), None),
        };
        let fits =
            |key: &Secret| hmac(key.expose(), &[self.request.path.as_bytes(), b"&", &self.request.body]) == given;
        let whose = |sandbox| match (key, sandbox) {
            (Key::B2b, _) => "the B2b merchant",
            (Key::VirtualPayment, true) => "virtual payment's sandbox",
            (Key::VirtualPayment, false) => "virtual payment",
        };
        if fits(&wanted?) {
            return None;
        }
        if other.is_some_and(|other| fits(&other)) {
            let env = if sandbox { "is 1" } else { "is not 1" };
            return Some(format!("is made with the AppKey of {}, and `env` {env}", whose(!sandbox)));
        }
        let path = &self.request.path;
        let length = self.request.body.len();
        Some(format!(
            "is not the HMAC-SHA256 of {path}, & and the {length} bytes of the body, with the AppKey of {}",
            whose(sandbox)
        ))
    }

    fn user(&self, given: &str) -> Option<String> {
        let length = self.request.body.len();
        let fits = hmac(self.session_key?, &[&self.request.body]) == given;
        (!fits).then(|| {
            format!("is not the HMAC-SHA256 of the {length} bytes of the body, with the user's last session_key")
        })
    }

    fn delivery(&self, given: &str) -> Option<String> {
        let text = |name: &str| self.params.get(name).and_then(Value::as_str).unwrap_or_default();
        let secret = self.keys.delivery.get(text("shopid"))?;
        let hash = Sha1::new().chain_update(text("shopid")).chain_update(text("shop_order_id"));
        let fits = hex(&hash.chain_update(secret.expose()).finalize()) == given;
        (!fits).then(|| "is not the SHA-1 of `shopid`, `shop_order_id` and the AppSecret of this shop".to_owned())
    }
}

fn hmac(key: &str, pieces: &[&[u8]]) -> String {
    // A key of any length will do, so there always is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    pieces.iter().for_each(|piece| mac.update(piece));
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
