//! WeChat's own examples, and what of them is not as the spec says, each with the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::compare::read;
use crate::tally::Tally;

/// An example of a request or an answer.
#[derive(Debug)]
pub struct Example {
    /// `getQRCode.request.2`: how the list of exceptions names it.
    pub key: String,
    /// The endpoint.
    pub id: String,
    /// What WeChat shows.
    pub json: Map<String, Value>,
}

/// Which examples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Side {
    /// Of requests.
    Request,
    /// Of answers.
    Response,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// All examples of one side: each file holds those of a group, by endpoint and side.
pub fn examples(side: Side) -> Vec<Example> {
    let files = std::fs::read_dir(folder()).expect("the folder of examples").map(|entry| entry.expect("a file").path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    let mut out = Vec::new();
    for file in files {
        let text = std::fs::read(&file).expect("a file that can be read");
        let group = match read(&text) {
            Ok(Value::Object(group)) => group,
            other => panic!("{}: {other:?}", file.display()),
        };
        for (id, sides) in group {
            for word in sides.as_object().expect("sides").keys() {
                assert!(["request", "response"].contains(&word.as_str()), "{id}: {word} is neither of both");
            }
            for (index, json) in sides[side.word()].as_array().into_iter().flatten().enumerate() {
                let json = json.as_object().unwrap_or_else(|| panic!("{id}: an example is no object")).clone();
                out.push(Example { key: format!("{id}.{}.{}", side.word(), index + 1), id: id.clone(), json });
            }
        }
    }
    out
}

/// What is not as the spec says, and why: by example, and by place within it. Each must be needed.
#[derive(Debug)]
pub struct Exceptions {
    known: BTreeMap<String, BTreeMap<String, String>>,
    used: BTreeSet<(String, String)>,
}

impl Exceptions {
    /// Those of one side.
    pub fn of(side: Side) -> Self {
        let file = folder().join("exceptions.yaml");
        let text = std::fs::read_to_string(&file).expect("the list of exceptions");
        let mut known: BTreeMap<String, BTreeMap<String, String>> =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        known.retain(|key, _| key.split('.').nth(1) == Some(side.word()));
        Self { known, used: BTreeSet::new() }
    }

    /// Notes what is not as the spec says, unless that is explained. Elements of lists are all one place: `a[].b`.
    pub fn found(&mut self, tally: &mut Tally, example: &Example, place: &str, expected: &str, got: &str) {
        let place = without_indices(place);
        let why = self.known.get(&example.key).and_then(|places| places.get(&place));
        if why.is_some_and(|why| !why.trim().is_empty()) {
            self.used.insert((example.key.clone(), place));
        } else {
            tally.fail(&example.id, &format!("{}: {place}", example.key), expected, got);
        }
    }

    /// Fails for each exception that nothing needed.
    pub fn finish(&self, tally: &mut Tally) {
        for (key, places) in &self.known {
            for place in places.keys().filter(|place| !self.used.contains(&(key.clone(), (*place).clone()))) {
                let id = key.split('.').next().unwrap_or_default();
                tally.fail(id, &format!("{key}: {place}"), "an exception that is needed", "all is as the spec says");
            }
        }
    }
}

fn without_indices(place: &str) -> String {
    let mut pieces = place.split('[');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |all, piece| all + "[" + piece.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_a_list_are_one_place() {
        assert_eq!(without_indices("a[12].b[0]"), "a[].b[]");
        assert_eq!(without_indices("a1.b2"), "a1.b2");
    }
    fn exception() -> (Exceptions, Example, Tally) {
        let places = BTreeMap::from([("list[].name".to_owned(), "It is empty.".to_owned())]);
        let known = BTreeMap::from([("getA.request.1".to_owned(), places)]);
        let example = Example { key: "getA.request.1".to_owned(), id: "getA".to_owned(), json: Map::new() };
        let mut tally = Tally::new("exceptions");
        tally.case("getA");
        (Exceptions { known, used: BTreeSet::new() }, example, tally)
    }

    #[test]
    fn what_is_explained_is_no_failure() {
        let (mut exceptions, example, mut tally) = exception();
        exceptions.found(&mut tally, &example, "list[3].name", "a name", "none");
        exceptions.finish(&mut tally);
        tally.finish(["getA"]);
    }

    #[test]
    #[should_panic(expected = "an exception that is needed")]
    fn an_exception_that_nothing_needs_is_a_failure() {
        let (exceptions, _, mut tally) = exception();
        exceptions.finish(&mut tally);
        tally.finish(["getA"]);
    }

    #[test]
    #[should_panic(expected = "list[].other")]
    fn what_nobody_explains_is_a_failure() {
        let (mut exceptions, example, mut tally) = exception();
        exceptions.found(&mut tally, &example, "list[3].name", "a name", "none");
        exceptions.found(&mut tally, &example, "list[3].other", "a name", "none");
        tally.finish(["getA"]);
    }
}
