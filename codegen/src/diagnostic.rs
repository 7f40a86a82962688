//! What is wrong with the spec, where, and what to do about it.

use std::fmt;

/// One mistake in the spec. Its text is one line, so that editors and CI can jump to the place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The file, relative to the repository: `spec/api/x.yaml`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.file, self.line, self.what, self.remedy)
    }
}

/// Collects mistakes: whoever finds one goes on, so that one run reports them all.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    pub(crate) fn add(&mut self, file: &str, line: usize, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Diagnostic { file: file.to_owned(), line, what: what.into(), remedy: remedy.into() });
    }

    /// All of them by file and line; what was found twice is told once.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

/// `` `a`, `b` ``
pub(crate) fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The remedy for a name that nobody knows: the nearest known one, or all of them where none is near.
pub(crate) fn did_you_mean<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>, otherwise: &str) -> String {
    // In a short word one edit makes any other.
    let length = unknown.chars().count();
    let most = if length < 3 { 0 } else { (length / 3).clamp(1, 3) };
    known
        .into_iter()
        .map(|word| (distance(&unknown.to_lowercase(), &word.to_lowercase()), word))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map_or_else(|| otherwise.to_owned(), |(_, word)| format!("did you mean `{word}`?"))
}

/// Edits that make one word of another (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["length", "bytes", "range"];
        assert_eq!(did_you_mean("lenght", known, "?"), "did you mean `length`?");
        assert_eq!(did_you_mean("colour", known, "?"), "?");
    }
}
