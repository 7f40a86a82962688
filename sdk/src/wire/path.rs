//! Where an error says it is.

use serde::de;

/// Marks where the path ends in an error's text. WeChat's names hold no such character.
const END_OF_PATH: char = '\u{1f}';

/// Puts a field's name in front of the path in an error. It costs nothing until something fails.
pub(super) fn at<E: de::Error>(name: &str, error: E) -> E {
    let text = error.to_string();
    match text.split_once(END_OF_PATH) {
        Some((path, rest)) if path.starts_with('[') => E::custom(format_args!("{name}{path}{END_OF_PATH}{rest}")),
        Some((path, rest)) => E::custom(format_args!("{name}.{path}{END_OF_PATH}{rest}")),
        None => E::custom(format_args!("{name}{END_OF_PATH}{text}")),
    }
}

pub(super) fn at_index<E: de::Error>(index: usize, error: E) -> E {
    at(&format!("[{index}]"), error)
}

/// The path and the text of an error that [`at`] has marked. The place in the body that serde_json adds is dropped:
/// the path says more.
pub(crate) fn split_path(error: &serde_json::Error) -> (String, String) {
    let text = error.to_string();
    match text.split_once(END_OF_PATH) {
        Some((path, rest)) => {
            let rest = rest.rsplit_once(" at line ").map_or(rest, |(what, _)| what);
            (path.to_owned(), rest.to_owned())
        }
        None => (String::new(), text),
    }
}
