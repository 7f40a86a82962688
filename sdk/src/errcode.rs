//! WeChat's numeric error codes: what they mean and what to do.

use std::fmt;

/// A code that WeChat answered. `0` is success; anything else names what went wrong.
///
/// The codes that the spec knows have a constant here ([`ErrCode::INVALID_CREDENTIAL`] is 40001) and an
/// [`info`](Self::info). A code that WeChat adds tomorrow is simply one without.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/server/getting_started/errorcode.html>
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ErrCode(i64);

impl ErrCode {
    /// The code with this number.
    #[must_use]
    pub const fn new(code: i64) -> Self {
        Self(code)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// What is known of the code on any endpoint. `None` for a code that the spec does not list.
    #[must_use]
    pub fn info(self) -> Option<&'static ErrCodeInfo> {
        let table = crate::api::errcodes::TABLE;
        table.binary_search_by_key(&self, |info| info.code).ok().map(|index| &table[index])
    }

    /// What sort of thing went wrong. [`ErrCodeKind::Other`] for a code that the spec does not list.
    #[must_use]
    pub fn kind(self) -> ErrCodeKind {
        self.info().map_or(ErrCodeKind::Other, |info| info.kind)
    }

    /// Whether the access_token was not accepted: fetching another one and repeating the call can help.
    #[must_use]
    pub fn is_token_rejected(self) -> bool {
        matches!(self.0, 40001 | 40014 | 42001)
    }
}

impl fmt::Display for ErrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<i64> for ErrCode {
    fn from(code: i64) -> Self {
        Self(code)
    }
}

impl PartialEq<i64> for ErrCode {
    fn eq(&self, other: &i64) -> bool {
        self.0 == *other
    }
}

/// What is known of an [`ErrCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrCodeInfo {
    /// The code.
    pub code: ErrCode,
    /// The name of its constant.
    pub name: &'static str,
    /// What sort of thing went wrong.
    pub kind: ErrCodeKind,
    /// Whether repeating the same call can help.
    pub retry: RetryHint,
    /// WeChat's own wording, shortened.
    pub message: &'static str,
    /// What it means.
    pub about: &'static str,
    /// What to do, in English.
    pub remedy: &'static str,
    /// What to do, in Chinese.
    pub remedy_zh: &'static str,
}

/// What sort of thing an [`ErrCode`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrCodeKind {
    /// WeChat is busy or not ready.
    Busy,
    /// The access_token was not accepted.
    Token,
    /// AppID, AppSecret or the caller's IP address was not accepted.
    Credential,
    /// The account may not do this.
    Permission,
    /// A daily, monthly or total allowance is used up.
    Quota,
    /// Too many calls in a second or a minute.
    Rate,
    /// A parameter is wrong.
    Parameter,
    /// The content was judged unfit.
    Content,
    /// The user's state does not allow it (no subscription, not seen lately, blocked).
    User,
    /// The same thing was done before.
    Duplicate,
    /// What was named does not exist.
    NotFound,
    /// The account itself is frozen or restricted.
    Account,
    /// WeChat took the endpoint out of service.
    Retired,
    /// Not known to the spec.
    Other,
}

/// Whether repeating the same call can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryHint {
    /// No: something has to change first.
    Never,
    /// Yes, after a pause of seconds.
    Soon,
    /// Yes, after minutes or hours, when the allowance is renewed.
    Later,
}
