//! Counts what a test did, and tells what was not as the spec says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// The record of one test.
#[derive(Debug)]
pub struct Tally {
    test: &'static str,
    cases: BTreeMap<String, usize>,
    failures: Vec<String>,
}

impl Tally {
    /// Nothing done yet.
    pub fn new(test: &'static str) -> Self {
        Self { test, cases: BTreeMap::new(), failures: Vec::new() }
    }

    /// Counts a case of an endpoint.
    pub fn case(&mut self, endpoint: &str) {
        *self.cases.entry(endpoint.to_owned()).or_default() += 1;
    }

    /// How many cases there were.
    pub fn cases(&self) -> usize {
        self.cases.values().sum()
    }

    /// Notes a failure.
    pub fn fail(&mut self, endpoint: &str, field: &str, expected: impl Debug, got: impl Debug) {
        self.failures.push(format!("{endpoint}, {field}: expected {}, got {}", short(&expected), short(&got)));
    }

    /// Notes a failure unless the two are equal.
    pub fn equal<T: PartialEq + Debug>(&mut self, endpoint: &str, field: &str, expected: T, got: T) -> bool {
        let equal = expected == got;
        if !equal {
            self.fail(endpoint, field, expected, got);
        }
        equal
    }

    /// Ends the test: fails it if anything failed, or if not exactly these endpoints were exercised.
    pub fn finish<'a>(mut self, endpoints: impl IntoIterator<Item = &'a str>) {
        let wanted: BTreeSet<&str> = endpoints.into_iter().collect();
        let done: BTreeSet<&str> = self.cases.keys().map(String::as_str).collect();
        println!("{}: {} endpoints, {} cases, {} failures", self.test, done.len(), self.cases(), self.failures.len());
        for id in wanted.symmetric_difference(&done) {
            self.failures.push(format!("{id}: exercised {}, but should be {}", done.contains(id), wanted.contains(id)));
        }
        let count = self.failures.len();
        assert!(count == 0, "{}: {count} failures\n{}", self.test, self.failures.join("\n"));
    }
}

/// At most so much of a value that a reader still sees the rest.
fn short(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}
