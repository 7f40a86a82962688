//! Truth tables of what siblings require of each other.

use serde_json::{Map, Value, json};

use crate::make::{Flavor, Maker, is_required_by_others};
use crate::spec::{Field, Spec, Ty, TypeDef};

/// More combinations than this are not tried.
const MOST: usize = 2000;
/// More than this are only tried of the fields that are named as conditions: of the others it is enough to know that
/// none matters, which a field of few siblings shows as well.
const MOST_OF_ALL: usize = 200;

/// A struct with one combination of values of the fields on which the need for others could depend.
#[derive(Debug)]
pub struct Row {
    /// The combination.
    pub said: String,
    /// The struct: the combination, and what is required in any case.
    pub given: Map<String, Value>,
    /// The fields that are required because of the combination, and not there.
    pub missing: Vec<String>,
}

/// All combinations. None for fields among which nothing could be a condition.
pub fn rows(spec: &Spec, fields: &[Field], skip: &[&str], also: &[&str]) -> Vec<Row> {
    let all = columns(spec, fields, skip, also, |_| true);
    let columns = match product(&all) {
        ..=MOST_OF_ALL => all,
        _ => columns(spec, fields, skip, also, |field| is_condition(field, fields)),
    };
    let count = product(&columns);
    assert!(count <= MOST, "{count} combinations of conditions are more than can be tried");
    if columns.is_empty() {
        return Vec::new();
    }
    let needed = |name: &str| {
        let field = fields.iter().find(|field| field.wire == name).expect("a field");
        (field.required || also.contains(&name)) && columns.iter().all(|(column, _)| *column != name)
    };
    let mut base = Maker { minimal: true, ..Maker::new(spec, Flavor::Rich(0)) }.object(fields, skip, also);
    base.retain(|name, _| needed(name));
    let row = |mut number: usize| {
        let mut combination = Map::new();
        for (name, values) in &columns {
            if let Some(value) = &values[number % values.len()] {
                combination.insert((*name).to_owned(), value.clone());
            }
            number /= values.len();
        }
        let said = Value::Object(combination.clone()).to_string();
        let mut given = base.clone();
        given.extend(combination);
        let missing = fields
            .iter()
            .filter(|field| is_required_by_others(field, fields, &given) && !given.contains_key(&field.wire))
            .map(|field| field.wire.clone())
            .collect();
        Row { said, given, missing }
    };
    (0..count).map(row).collect()
}

type Column<'a> = (&'a str, Vec<Option<Value>>);

fn product(columns: &[Column<'_>]) -> usize {
    columns.iter().map(|(_, values)| values.len()).fold(1, usize::saturating_mul)
}

fn is_condition(field: &Field, fields: &[Field]) -> bool {
    fields.iter().flat_map(|field| &field.required_if).any(|(name, _)| *name == field.wire)
}

/// The fields of few values, and those that are named as conditions, with all that they can say; `None`: absent.
fn columns<'a>(
    spec: &Spec,
    fields: &'a [Field],
    skip: &[&str],
    also: &[&str],
    pick: impl Fn(&Field) -> bool,
) -> Vec<Column<'a>> {
    let mut columns = Vec::new();
    for field in fields.iter().filter(|field| field.settable() && pick(field)) {
        let name = field.wire.as_str();
        let mut values: Vec<Value> = match &field.ty {
            Ty::Bool => vec![json!(true), json!(false)],
            Ty::Named(number) => match &spec.types[*number] {
                TypeDef::TextEnum(values) => values.iter().map(|value| json!(value)).collect(),
                TypeDef::IntEnum(values) => values.iter().map(|value| json!(value)).collect(),
                TypeDef::Struct(_) => Vec::new(),
            },
            _ => Vec::new(),
        };
        if values.is_empty() && is_condition(field, fields) {
            values.push(Maker::new(spec, Flavor::Rich(0)).field(field));
        }
        let conditions = fields.iter().flat_map(|field| &field.required_if).filter(|(other, _)| other == name);
        for wanted in conditions.flat_map(|(_, wanted)| wanted) {
            if !values.contains(wanted) {
                values.push(wanted.clone());
            }
        }
        if values.is_empty() || skip.contains(&name) {
            continue;
        }
        let absent = (!field.required && !also.contains(&name)).then_some(None);
        columns.push((name, values.into_iter().map(Some).chain(absent).collect()));
    }
    columns
}
