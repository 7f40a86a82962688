//! What changed in the API between two specs, and which step of semantic versioning that needs.
//!
//! It judges by what users of the sdk see: names and types by what the generator would write, so that the two cannot
//! disagree. A step is major when code may stop compiling, or when calls that worked are refused. Constraints that only
//! became tighter are no such thing: they refuse what WeChat refuses anyway (spec/README.md).

mod codes;
mod endpoint;
mod events;
mod fields;
mod groups;
mod paging;
mod report;
mod types;

use std::fmt::Debug;

use crate::model::Api;

/// A step of semantic versioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Only the documentation differs.
    Patch,
    /// There is more, or something behaves otherwise; what compiles and works goes on doing so.
    Minor,
    /// Something stops compiling, or stops working.
    Major,
}

/// Where a changelog tells of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It is new.
    Added,
    /// It is different.
    Changed,
    /// It should not be used any more.
    Deprecated,
    /// It is gone.
    Removed,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The step that it needs.
    pub step: Step,
    /// What kind of change it is.
    pub kind: Kind,
    /// Of what: `group`, `group.method`, `group::Type`, `types::Type`, `ErrCode`.
    pub place: String,
    /// What changed, to be read behind the place.
    pub what: String,
    /// Why it needs this step.
    pub why: String,
}

/// All that changed, in the order of groups and files, removals last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The changes.
    pub changes: Vec<Change>,
}

impl Report {
    /// Compares two specs.
    #[must_use]
    pub fn new(old: &Api, new: &Api) -> Self {
        let mut out = Changes { list: Vec::new() };
        groups::compare(old, new, &mut out);
        events::compare(old, new, &mut out);
        types::compare(old, new, &mut out);
        codes::compare(old, new, &mut out);
        Self { changes: out.list }
    }

    /// The biggest step, and the change that needs it. `None`: nothing changed.
    #[must_use]
    pub fn step(&self) -> Option<(Step, &Change)> {
        let step = self.changes.iter().map(|change| change.step).max()?;
        self.changes.iter().find(|change| change.step == step).map(|change| (step, change))
    }
}

/// Both sides of a comparison.
struct Both<'a, T: ?Sized> {
    old: &'a T,
    new: &'a T,
}

// Derived, it would ask the same of `T`.
impl<T: ?Sized> Clone for Both<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Both<'_, T> {}

impl<'a, T: ?Sized> Both<'a, T> {
    /// A part of both.
    fn map<U: ?Sized>(self, part: impl Fn(&'a T) -> &'a U) -> Both<'a, U> {
        Both { old: part(self.old), new: part(self.new) }
    }

    fn differ<U: PartialEq>(self, part: impl Fn(&'a T) -> U) -> bool {
        part(self.old) != part(self.new)
    }
}

/// Collects changes.
struct Changes {
    list: Vec<Change>,
}

impl Changes {
    fn add(&mut self, step: Step, kind: Kind, place: &str, what: impl Into<String>, why: &str) {
        let (place, what, why) = (place.to_owned(), what.into(), why.to_owned());
        self.list.push(Change { step, kind, place, what, why });
    }

    fn major(&mut self, kind: Kind, place: &str, what: impl Into<String>, why: &str) {
        self.add(Step::Major, kind, place, what, why);
    }

    fn minor(&mut self, kind: Kind, place: &str, what: impl Into<String>) {
        let why = match kind {
            Kind::Added => "it is new, and nothing else is touched",
            Kind::Deprecated => "the compiler or the documentation warns, and all goes on working",
            Kind::Changed | Kind::Removed => "it behaves otherwise, and what compiles goes on compiling",
        };
        self.add(Step::Minor, kind, place, what, why);
    }

    /// Tells which of these texts differ; `of` is a part of the place, or nothing.
    fn texts(&mut self, place: &str, of: &str, differing: &[(&str, bool)]) {
        let names: Vec<_> = differing.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
        if !names.is_empty() {
            let of = if of.is_empty() { String::new() } else { format!(" of {of}") };
            let what = format!("documentation{of}: {}", names.join(", "));
            self.add(Step::Patch, Kind::Changed, place, what, "only the documentation differs");
        }
    }
}

/// What is on one side only, and what is on both, told by a key.
struct Paired<'a, T> {
    /// In the new order.
    both: Vec<(&'a T, &'a T)>,
    removed: Vec<&'a T>,
    added: Vec<&'a T>,
}

fn pair<'a, T, K: PartialEq>(
    old: impl IntoIterator<Item = &'a T>,
    new: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> K,
) -> Paired<'a, T> {
    let mut paired = Paired { both: Vec::new(), removed: old.into_iter().collect(), added: new.into_iter().collect() };
    paired.pair(key);
    paired
}

impl<'a, T> Paired<'a, T> {
    /// Pairs what is left by another key; each is paired once.
    fn pair<K: PartialEq>(&mut self, key: impl Fn(&'a T) -> K) -> Vec<(&'a T, &'a T)> {
        let mut found = Vec::new();
        let removed = &mut self.removed;
        self.added.retain(|new| {
            let wanted = key(new);
            let Some(index) = removed.iter().position(|old| key(old) == wanted) else { return true };
            found.push((removed.remove(index), *new));
            false
        });
        self.both.extend(&found);
        found
    }
}

/// A value of the model in the spec's word, which is its variant's name.
fn word(value: &impl Debug) -> String {
    heck::AsSnakeCase(format!("{value:?}")).to_string()
}

/// `` `a`, `b` ``, or `nothing`.
fn quoted<T: ToString>(values: &[T]) -> String {
    if values.is_empty() {
        return "nothing".to_owned();
    }
    values.iter().map(|value| format!("`{}`", value.to_string())).collect::<Vec<_>>().join(", ")
}
