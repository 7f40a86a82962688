//! Whether a value keeps a constraint: for the defaults and examples that the spec itself gives.

use serde_json::Value;

use crate::model::{Charset, Constraint, Forbid, Range};

/// How a value breaks a constraint, to be read behind the field's name. `None`: it keeps it, or the constraint
/// is about other fields.
pub(crate) fn broken<'c>(
    constraint: &Constraint,
    value: &Value,
    charset: impl FnOnce(&str) -> Option<&'c Charset>,
) -> Option<String> {
    match constraint {
        Constraint::Length(range) => {
            let length = value.as_str()?.chars().count() as u64;
            outside(range, &length).then(|| format!("has {length} characters, not {}", shown(range)))
        }
        Constraint::Bytes(range) => {
            let length = value.as_str()?.len() as u64;
            outside(range, &length).then(|| format!("has {length} bytes, not {}", shown(range)))
        }
        Constraint::IntRange(range) => {
            let number = value.as_i64()?;
            outside(range, &number).then(|| format!("is {number}, not in {}", shown(range)))
        }
        Constraint::FloatRange(range) => {
            let number = value.as_f64()?;
            outside(range, &number).then(|| format!("is {number}, not in {}", shown(range)))
        }
        Constraint::Items(range) => {
            let count = value.as_array()?.len() as u64;
            outside(range, &count).then(|| format!("has {count} elements, not {}", shown(range)))
        }
        Constraint::Charset(name) => {
            let set = charset(name)?;
            let stranger = value.as_str()?.chars().find(|c| !set.chars.contains(*c))?;
            Some(format!("holds `{stranger}`, which is not in the character set `{name}`"))
        }
        Constraint::Forbid(forbidden) => {
            let text = value.as_str()?;
            forbidden.iter().find_map(|forbidden| match forbidden {
                Forbid::LeadingSlash => text.starts_with('/').then(|| "starts with `/`".to_owned()),
                Forbid::Query => text.contains('?').then(|| "holds a `?`".to_owned()),
                Forbid::Control => text.contains(char::is_control).then(|| "holds a control character".to_owned()),
            })
        }
        Constraint::RequiredIf(_) | Constraint::Keywords(_) => None,
    }
}

fn outside<T: PartialOrd>(range: &Range<T>, value: &T) -> bool {
    range.from.as_ref().is_some_and(|from| value < from) || range.to.as_ref().is_some_and(|to| value > to)
}

fn shown<T: ToString>(range: &Range<T>) -> String {
    let end = |end: &Option<T>| end.as_ref().map(T::to_string).unwrap_or_default();
    format!("{}..{}", end(&range.from), end(&range.to))
}
