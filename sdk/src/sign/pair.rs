//! The two halves of a pair of keys: who has the one signs, who has the other verifies. RSA-PSS or SM2.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, UnparsedPublicKey};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

use super::form::{self, Der};
use crate::error::{Error, Result};

/// A private key with its number, which is wiped when it is dropped.
pub(crate) struct PrivateKey {
    serial: Box<str>,
    kind: Private,
}

enum Private {
    Rsa(Box<KeyPair>),
    #[cfg(feature = "sm")]
    Sm2(Box<Sm2Key>),
}

/// A key of SM2. AWS-LC wipes its keys, the crate `sm2` leaves that to others.
#[cfg(feature = "sm")]
struct Sm2Key(sm2::dsa::SigningKey);

#[cfg(feature = "sm")]
impl Sm2Key {
    /// Puts the number 1 in the key's place, which is what the crate allows.
    fn wipe(&mut self) {
        let mut one = [0; 32];
        one[31] = 1;
        if let Ok(one) = sm2::dsa::SigningKey::from_slice(self.0.distid(), &one) {
            self.0 = one;
        }
        // The compiler leaves out what is written to memory that nobody looks at any more.
        std::hint::black_box(&mut self.0);
    }
}

#[cfg(feature = "sm")]
impl Drop for Sm2Key {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl PrivateKey {
    /// Reads PEM or base64 of PKCS#8, PKCS#1 or SEC1, or the JSON that holds it.
    pub(crate) fn read(serial: &str, text: &str) -> Result<Self> {
        let name = format!("the private key {serial}");
        let text = form::unwrapped(&name, serial, text, "PrivateKey")?;
        let Der { label, bytes } = form::der(&name, &text)?;
        if !label.is_empty() && !label.ends_with("PRIVATE KEY") {
            return Err(Error::config(
                format!("{name} is a {}", label.to_lowercase()),
                "give the app's own private key, which was downloaded when the key pair was made",
            ));
        }
        let kind = match KeyPair::from_pkcs8(&bytes).or_else(|_| KeyPair::from_der(&bytes)) {
            Ok(pair) => Private::Rsa(Box::new(pair)),
            Err(_) => Self::read_sm2(&name, serial, &bytes)?,
        };
        Ok(Self { serial: serial.into(), kind })
    }

    #[cfg(feature = "sm")]
    fn read_sm2(name: &str, serial: &str, der: &[u8]) -> Result<Private> {
        use sm2::pkcs8::DecodePrivateKey as _;
        sm2::SecretKey::from_pkcs8_der(der)
            .ok()
            .or_else(|| sm2::SecretKey::from_sec1_der(der).ok())
            .and_then(|key| sm2::dsa::SigningKey::new(serial, &key).ok())
            .map(|key| Private::Sm2(Box::new(Sm2Key(key))))
            .ok_or_else(|| unusable(name))
    }

    #[cfg(not(feature = "sm"))]
    fn read_sm2(name: &str, _: &str, der: &[u8]) -> Result<Private> {
        Err(if form::is_sm2(der) { form::needs_sm(name, "SM2") } else { unusable(name) })
    }

    pub(crate) fn serial(&self) -> &str {
        &self.serial
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        match &self.kind {
            Private::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                // The salt is as long as the digest: 32 bytes.
                pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| {
                    Error::crypto("the call could not be signed", "check the private key: RSA of 2048 bits or more")
                })?;
                Ok(signature)
            }
            #[cfg(feature = "sm")]
            Private::Sm2(key) => {
                use sm2::dsa::signature::Signer as _;
                let signature: sm2::dsa::Signature = key
                    .0
                    .try_sign(message)
                    .map_err(|_| Error::crypto("the call could not be signed", "check the private key of SM2"))?;
                Ok(signature.to_der().to_vec())
            }
        }
    }
}

fn unusable(name: &str) -> Error {
    Error::config(
        format!("{name} is no private key of RSA (2048 bits or more) or SM2"),
        "give the key that was downloaded from the Mini Program's console, in PEM as PKCS#8 or PKCS#1",
    )
}

/// A public key with its number, such as that of a platform certificate.
pub(crate) struct PublicKey {
    serial: Box<str>,
    kind: Public,
}

enum Public {
    Rsa(Box<ParsedPublicKey>),
    #[cfg(feature = "sm")]
    Sm2(Box<sm2::dsa::VerifyingKey>),
}

impl PublicKey {
    /// Reads PEM or base64 of a certificate or of a bare public key, or the JSON that holds it. `name` says which it is.
    pub(crate) fn read(name: &str, serial: &str, text: &str) -> Result<Self> {
        let name = format!("{name} {serial}");
        let text = form::unwrapped(&name, serial, text, "Certificate")?;
        let Der { label, bytes } = form::der(&name, &text)?;
        if label.ends_with("PRIVATE KEY") {
            return Err(Error::config(
                format!("{name} is a private key"),
                "give the platform certificate, which the Mini Program's console offers below the app's own key",
            ));
        }
        let key = match Certificate::from_der(&bytes) {
            Ok(certificate) => certificate.tbs_certificate().subject_public_key_info().to_der().ok(),
            Err(_) if label == "CERTIFICATE" => None,
            Err(_) => Some(bytes.to_vec()),
        };
        let kind = match &key {
            None => None,
            Some(key) if form::is_sm2(key) => Some(Self::read_sm2(&name, serial, key)?),
            Some(key) => {
                let parsed = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key).parse();
                parsed.ok().map(|key| Public::Rsa(Box::new(key)))
            }
        };
        let kind = kind.ok_or_else(|| unreadable(&name))?;
        Ok(Self { serial: serial.into(), kind })
    }

    #[cfg(feature = "sm")]
    fn read_sm2(name: &str, serial: &str, der: &[u8]) -> Result<Public> {
        use sm2::pkcs8::DecodePublicKey as _;
        sm2::PublicKey::from_public_key_der(der)
            .ok()
            .and_then(|key| sm2::dsa::VerifyingKey::new(serial, key).ok())
            .map(|key| Public::Sm2(Box::new(key)))
            .ok_or_else(|| unreadable(name))
    }

    #[cfg(not(feature = "sm"))]
    fn read_sm2(name: &str, _: &str, _: &[u8]) -> Result<Public> {
        Err(form::needs_sm(name, "SM2"))
    }

    pub(crate) fn serial(&self) -> &str {
        &self.serial
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Public::Rsa(key) => key.verify_sig(message, signature).is_ok(),
            #[cfg(feature = "sm")]
            Public::Sm2(key) => {
                use sm2::dsa::signature::Verifier as _;
                sm2::dsa::Signature::from_der(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
        }
    }
}

fn unreadable(name: &str) -> Error {
    Error::config(
        format!("{name} is no certificate or public key of RSA (2048 bits or more) or SM2"),
        "download the platform certificate (平台证书) from the Mini Program's console and give it as PEM; its public key \
         alone will do (`openssl x509 -pubkey -noout`)",
    )
}

#[cfg(all(test, feature = "sm"))]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_a_key_of_sm2() {
        let secret = [7; 32];
        let mut key = Sm2Key(sm2::dsa::SigningKey::from_slice("app", &secret).unwrap());
        assert_eq!(key.0.to_bytes()[..], secret);
        key.wipe();
        assert_eq!((key.0.to_bytes()[0], key.0.distid()), (0, "app"));
    }
}
