//! Places within a JSON object that the spec describes.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::choices::struct_within;
use crate::spec::{Field, Spec, Struct, Ty};

/// A step on the way to a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Into a member.
    Key(String),
    /// Into an element.
    Index(usize),
}

/// A field that is present in an object, at any depth.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    /// The way to it; the last step is its name.
    pub path: Vec<Step>,
    /// What the spec says of it.
    pub field: &'a Field,
    /// The fields of the same struct, itself included.
    pub siblings: &'a [Field],
}

/// All fields that an object has. Of lists and maps only the last element is visited.
pub fn spots<'a>(spec: &'a Spec, fields: &'a [Field], root: &Map<String, Value>) -> Vec<Spot<'a>> {
    let mut out = Vec::new();
    visit(spec, fields, root, &[], &mut out);
    out
}

fn visit<'a>(spec: &'a Spec, fields: &'a [Field], at: &Map<String, Value>, path: &[Step], out: &mut Vec<Spot<'a>>) {
    for field in fields {
        if let Some(value) = at.get(&field.wire) {
            let path = [path, &[Step::Key(field.wire.clone())]].concat();
            inside(spec, &field.ty, value, &path, out);
            out.push(Spot { path, field, siblings: fields });
        }
    }
}

fn inside<'a>(spec: &'a Spec, ty: &Ty, value: &Value, path: &[Step], out: &mut Vec<Spot<'a>>) {
    match (ty, value) {
        (Ty::List(inner), Value::Array(list)) if !list.is_empty() => {
            let last = list.len() - 1;
            inside(spec, inner, &list[last], &[path, &[Step::Index(last)]].concat(), out);
        }
        (Ty::Map(inner), Value::Object(map)) => {
            if let Some((key, value)) = map.iter().next_back() {
                inside(spec, inner, value, &[path, &[Step::Key(key.clone())]].concat(), out);
            }
        }
        (Ty::Named(_), Value::Object(map)) => {
            if let Some(fields) = spec.fields(ty) {
                visit(spec, fields, map, path, out);
            }
        }
        _ => {}
    }
}

/// All structs that an object has: the way to each. Of lists and maps only the last element is visited.
pub fn structs<'a>(spec: &'a Spec, fields: &'a [Field], root: &Map<String, Value>) -> Vec<(Vec<Step>, &'a Struct)> {
    let each = spots(spec, fields, root).into_iter().filter_map(|spot| {
        let def = struct_within(spec, &spot.field.ty)?;
        let (mut path, mut value) = (spot.path.clone(), at(&mut root.clone(), &spot.path).clone());
        let (mut ty, mut root) = (&spot.field.ty, &mut value);
        while let Ty::List(inner) | Ty::Map(inner) = ty {
            let step = match &*root {
                Value::Array(list) => Step::Index(list.len().checked_sub(1)?),
                Value::Object(map) => Step::Key(map.keys().next_back()?.clone()),
                _ => return None,
            };
            root = match &step {
                Step::Index(index) => root.get_mut(index)?,
                Step::Key(key) => root.get_mut(key)?,
            };
            path.push(step);
            ty = inner;
        }
        Some((path, def))
    });
    each.collect()
}

/// A path as the SDK writes it: `detail[2].label`.
pub fn name(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Index(index) => write!(out, "[{index}]").expect("a text takes all"),
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => write!(out, ".{key}").expect("a text takes all"),
        }
    }
    out
}

/// The value at a place.
pub fn at<'v>(root: &'v mut Map<String, Value>, path: &[Step]) -> &'v mut Value {
    let (first, rest) = path.split_first().expect("a path");
    let Step::Key(key) = first else { panic!("an object has no elements") };
    let mut value = root.get_mut(key).expect("a value on the way");
    for step in rest {
        value = match step {
            Step::Key(key) => value.get_mut(key),
            Step::Index(index) => value.get_mut(index),
        }
        .expect("a value on the way");
    }
    value
}

/// The object that holds a place.
pub fn holder<'v>(root: &'v mut Map<String, Value>, path: &[Step]) -> &'v mut Map<String, Value> {
    match &path[..path.len() - 1] {
        [] => root,
        outer => at(root, outer).as_object_mut().expect("an object"),
    }
}

impl Spot<'_> {
    /// Its path as the SDK writes it.
    pub fn name(&self) -> String {
        name(&self.path)
    }

    /// The path of a sibling.
    pub fn sibling(&self, wire: &str) -> Vec<Step> {
        [&self.path[..self.path.len() - 1], &[Step::Key(wire.to_owned())]].concat()
    }

    /// The object with another value here.
    #[must_use]
    pub fn with(&self, root: &Map<String, Value>, value: Value) -> Map<String, Value> {
        let mut root = root.clone();
        *at(&mut root, &self.path) = value;
        root
    }

    /// The object without the value here.
    #[must_use]
    pub fn without(&self, root: &Map<String, Value>) -> Map<String, Value> {
        let mut root = root.clone();
        holder(&mut root, &self.path).remove(&self.field.wire);
        root
    }
}
