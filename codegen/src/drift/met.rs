//! What became of each documented field: the comparison tells what differs, coverage counts what does not, too.

use serde_json::Value;

use crate::pages::PageField;

/// A field of a page that the comparison came by. The envelope and the access token are none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Met<'a> {
    /// `params.scene`, `response.list.id`.
    pub(crate) path: String,
    /// Whether the page marks it as required, or as not required, for the caller.
    pub(crate) marked: bool,
    /// Whether both list the values that it can have.
    pub(crate) values: bool,
    pub(crate) fate: Fate<'a>,
}

/// What the spec has of a documented field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fate<'a> {
    /// It has the field; this is what it says of it.
    Had(&'a Value),
    /// The client sends it by itself, or gives it out as the whole answer.
    Handled,
    /// It has not. `at`: the field that it leaves out, this one or one that holds it.
    Missing { at: String, on_purpose: bool },
    /// The field `at`, which holds it, takes or gives anything there.
    Free { at: String, on_purpose: bool, note: &'a str },
}

/// Enters fields with all that they hold, where they cannot be compared one by one.
pub(super) fn enter_all<'a>(met: &mut Vec<Met<'a>>, path: &str, fields: &[PageField], fate: &Fate<'a>) {
    for field in fields {
        let path = format!("{path}.{}", field.name);
        enter_all_of(met, &path, field, fate);
    }
}

/// Enters a field with all that it holds.
pub(super) fn enter_all_of<'a>(met: &mut Vec<Met<'a>>, path: &str, field: &PageField, fate: &Fate<'a>) {
    met.push(Met { path: path.to_owned(), marked: false, values: false, fate: fate.clone() });
    enter_all(met, path, &field.fields, fate);
}
