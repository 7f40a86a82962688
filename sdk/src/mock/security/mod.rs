//! Signed and encrypted calls: verified and decrypted as they arrive, and answered in the same way.
//!
//! The ciphers and signatures are the client's, for they are what libraries make of WeChat's vectors. What is signed,
//! in which order it is looked at, and what is put together of it, is written here a second time.

mod arrived;
mod keys;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(super) use self::arrived::Arrived;
pub use self::keys::ApiSecurity;
use super::catalogue::Endpoint;
use super::check::Refusal;
use super::codes;
use super::record::RecordedRequest;

/// How a signed call is answered wrongly: see [`Mock::tamper`](super::Mock::tamper).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tampering {
    /// Neither signed nor encrypted, as by somebody who has no keys.
    Unsigned,
    /// Errors come neither signed nor encrypted, as WeChat sends some of them. A client has to understand them.
    PlainErrors,
    /// Signed with a key that is not the platform certificate's.
    WrongSignature,
    /// Changed after it was signed.
    ChangedBody,
    /// Signed so long ago.
    Stale(Duration),
    /// Signed for another app.
    OtherApp,
    /// Encrypted with another key.
    OtherKey,
    /// Without the headers of the signature.
    NoHeaders,
}

/// Which platform certificates sign: see [`Mock::certificates`](super::Mock::certificates).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Certificates {
    /// The first one.
    #[default]
    Current,
    /// The next one, and beside it the first one as the one that ends.
    Both,
    /// The next one alone.
    Next,
}

#[derive(Clone, Copy, Debug, Default)]
struct Manners {
    tampering: Option<Tampering>,
    certificates: Certificates,
}

/// What the mock knows of keys.
#[derive(Debug, Default)]
pub(super) struct Securities {
    pub(super) apps: Vec<ApiSecurity>,
    manners: Mutex<Manners>,
}

impl Securities {
    fn manners(&self) -> MutexGuard<'_, Manners> {
        self.manners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tamper(&self, tampering: Option<Tampering>) {
        self.manners().tampering = tampering;
    }

    pub(super) fn certificates(&self, certificates: Certificates) {
        self.manners().certificates = certificates;
    }

    pub(super) fn of(&self, appid: &str) -> Option<&ApiSecurity> {
        self.apps.iter().find(|security| security.appid() == appid)
    }

    /// Looks at a request that may be signed, and puts what is in it in place of what was encrypted.
    pub(super) fn arrive(&self, request: &mut RecordedRequest) -> Option<Arrived> {
        Arrived::read(self, request)
    }

    /// Refuses a plain call that must be signed, where the mock has keys of its app.
    pub(super) fn require(&self, endpoint: &Endpoint, appid: &str) -> Result<(), Refusal> {
        if endpoint.must_be_signed && self.of(appid).is_some() {
            let documented = endpoint.errcodes.contains_key(&codes::SIGNATURE_NEEDED);
            let code = if documented { codes::SIGNATURE_NEEDED } else { codes::API_SIGNATURE_MISSING };
            return Err(Refusal::new(code, "the call is neither signed nor encrypted"));
        }
        Ok(())
    }
}
