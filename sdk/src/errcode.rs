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

    /// What the code means: on any endpoint, or in the one group that knows it. `None` for a code that the spec does
    /// not list, and for one that means something else in each group: see [`infos`](Self::infos).
    #[must_use]
    pub fn info(self) -> Option<&'static ErrCodeInfo> {
        find(crate::api::errcodes::TABLE, self).or_else(|| {
            let mut meanings = self.infos();
            meanings.next().filter(|_| meanings.next().is_none())
        })
    }

    /// All that the code can mean: on any endpoint first, then in the groups that have a meaning of their own for it.
    pub fn infos(self) -> impl Iterator<Item = &'static ErrCodeInfo> {
        let groups = crate::api::errcodes::GROUPS.iter().copied();
        std::iter::once(crate::api::errcodes::TABLE).chain(groups).filter_map(move |table| find(table, self))
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

/// What a table, sorted by code, says of a code.
pub(crate) fn find(table: &'static [ErrCodeInfo], code: ErrCode) -> Option<&'static ErrCodeInfo> {
    table.binary_search_by_key(&code, |info| info.code).ok().map(|index| &table[index])
}

/// What a code means where it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) kind: ErrCodeKind,
    pub(crate) retry: RetryHint,
    pub(crate) about: &'static str,
    pub(crate) remedy: &'static str,
    pub(crate) remedy_zh: &'static str,
}

impl From<&ErrCodeInfo> for Meaning {
    fn from(info: &ErrCodeInfo) -> Self {
        let ErrCodeInfo { kind, retry, about, remedy, remedy_zh, .. } = *info;
        Self { kind, retry, about, remedy, remedy_zh }
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
