//! How often an endpoint may be called.

use std::fmt;

/// A documented limit on the number of calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many calls; not zero.
    pub count: u32,
    /// In which time.
    pub per: Per,
    /// Ids of the other endpoints whose calls count too. Each of them has the same limit, shared with this one.
    pub shared_with: Vec<String>,
    /// What counts too and is no endpoint, in words; only behind ids.
    pub also: Option<String>,
    /// When the limit holds, in words. `None`: always. A shared limit has none.
    pub condition: Option<String>,
}

/// The time in which a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// `s`
    Second,
    /// `min`
    Minute,
    /// `h`
    Hour,
    /// `day`
    Day,
    /// `month`
    Month,
    /// `total`: for ever.
    Total,
}

impl Per {
    /// All of them.
    pub const ALL: [Per; 6] = [Per::Second, Per::Minute, Per::Hour, Per::Day, Per::Month, Per::Total];

    /// As the spec writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Per::Second => "s",
            Per::Minute => "min",
            Per::Hour => "h",
            Per::Day => "day",
            Per::Month => "month",
            Per::Total => "total",
        }
    }
}

/// As the spec writes it: `500000/day shared with generateScheme and plain schemes`.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per.word())?;
        if !self.shared_with.is_empty() {
            write!(f, " shared with {}", self.shared_with.join(", "))?;
        }
        if let Some(also) = &self.also {
            write!(f, " and {also}")?;
        }
        match &self.condition {
            Some(condition) => write!(f, " {condition}"),
            None => Ok(()),
        }
    }
}
