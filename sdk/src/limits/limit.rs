//! A limit as WeChat documents it.

use std::fmt;
use std::time::Duration;

/// A documented limit on the number of calls that an app may make.
///
/// `Display` words it as the spec does: `500000/day shared with generateScheme and plain schemes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limit {
    /// How many calls.
    pub count: u32,
    /// In which time.
    pub per: Per,
    /// Ids of the other endpoints whose calls count too; each of them has the same limit.
    pub shared_with: &'static [&'static str],
    /// What counts too and is no endpoint of this crate: `plain schemes`.
    pub also: Option<&'static str>,
    /// When the limit holds, if not always: `with force_refresh`. This crate never enforces a limit with a condition.
    pub condition: Option<&'static str>,
}

impl Limit {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(count: u32, per: Per) -> Self {
        Self { count, per, shared_with: &[], also: None, condition: None }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn shared_with(mut self, ids: &'static [&'static str]) -> Self {
        self.shared_with = ids;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn also(mut self, words: &'static str) -> Self {
        self.also = Some(words);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn condition(mut self, words: &'static str) -> Self {
        self.condition = Some(words);
        self
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per)?;
        for (index, id) in self.shared_with.iter().enumerate() {
            let before = if index == 0 { " shared with " } else { ", " };
            write!(f, "{before}{id}")?;
        }
        if let Some(also) = self.also {
            write!(f, " and {also}")?;
        }
        match self.condition {
            Some(condition) => write!(f, " {condition}"),
            None => Ok(()),
        }
    }
}

/// The time in which a [`Limit`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Per {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month.
    Month,
    /// For ever: what it counts does not come back.
    Total,
}

impl Per {
    /// How long that is; nothing for a month, which varies, and for ever.
    #[must_use]
    pub const fn duration(self) -> Option<Duration> {
        match self {
            Per::Second => Some(Duration::from_secs(1)),
            Per::Minute => Some(Duration::from_secs(60)),
            Per::Hour => Some(Duration::from_secs(60 * 60)),
            Per::Day => Some(Duration::from_secs(24 * 60 * 60)),
            Per::Month | Per::Total => None,
        }
    }
}

impl fmt::Display for Per {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Per::Second => "s",
            Per::Minute => "min",
            Per::Hour => "h",
            Per::Day => "day",
            Per::Month => "month",
            Per::Total => "total",
        })
    }
}
