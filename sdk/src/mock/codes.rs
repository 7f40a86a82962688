//! The error codes that the mock answers by itself, as WeChat documents them.

pub(super) const BUSY: i64 = -1;
pub(super) const NOT_FOUND: i64 = 404;
pub(super) const INVALID_CREDENTIAL: i64 = 40001;
pub(super) const INVALID_APPID: i64 = 40013;
pub(super) const INVALID_CODE: i64 = 40029;
pub(super) const INVALID_ARGS: i64 = 40097;
pub(super) const INVALID_SECRET: i64 = 40125;
pub(super) const USED_CODE: i64 = 40163;
#[cfg(feature = "sign")]
pub(super) use self::signed::*;
pub(super) const TOKEN_MISSING: i64 = 41001;
pub(super) const APPID_MISSING: i64 = 41002;
pub(super) const SECRET_MISSING: i64 = 41004;
pub(super) const TOKEN_EXPIRED: i64 = 42001;
pub(super) const GET_REQUIRED: i64 = 43001;
pub(super) const POST_REQUIRED: i64 = 43002;
pub(super) const EMPTY_BODY: i64 = 44002;
pub(super) const QUOTA_USED_UP: i64 = 45009;
pub(super) const MALFORMED: i64 = 47001;
pub(super) const INVALID_DATA: i64 = 47003;
pub(super) const UNAUTHORIZED: i64 = 48001;
pub(super) const PLATFORM_UNAUTHORIZED: i64 = 61007;

/// Of signed and encrypted calls.
#[cfg(feature = "sign")]
mod signed {
    pub(in super::super) const API_SERIAL_MISSING: i64 = 40230;
    pub(in super::super) const API_TIMESTAMP_MISSING: i64 = 40231;
    pub(in super::super) const API_SIGNATURE_MISSING: i64 = 40232;
    pub(in super::super) const API_APPID_MISSING: i64 = 40233;
    pub(in super::super) const API_INVALID_SIGNATURE: i64 = 40234;
    pub(in super::super) const API_INVALID_CIPHERTEXT: i64 = 40235;
    pub(in super::super) const API_INVALID_APPID: i64 = 40236;
    pub(in super::super) const API_APPID_MISMATCH: i64 = 40237;
    pub(in super::super) const API_NO_KEY: i64 = 40238;
    pub(in super::super) const API_EXPIRED: i64 = 40240;
    /// Of same-city delivery.
    pub(in super::super) const SIGNATURE_NEEDED: i64 = 934_011;
}

/// The message of a code that the catalogue may lack.
pub(super) fn message(code: i64) -> &'static str {
    match code {
        GET_REQUIRED => "require GET method",
        _ => "error of the mock",
    }
}
