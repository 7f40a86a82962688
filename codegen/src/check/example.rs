//! Whether an example is a request that the endpoint takes, or an event that can come.

use serde_json::Value;

use crate::diagnostic::{Diagnostics, did_you_mean, quoted};
use crate::limits;
use crate::lower::ty::bounds;
use crate::model::{Api, Constraint, Endpoint, Event, Field, Literal, Presence, Ty, TypeKind, TypeRef, WireForm};
use crate::spec::record::Record;
use crate::spec::tree::{Kind, Map, Node};

pub(crate) fn check(api: &Api, endpoint: &Endpoint, record: &Record<'_>, out: &mut Diagnostics) {
    let Some(map) = record.node("example").and_then(Node::as_map) else {
        return;
    };
    let mut check = Check { api, file: record.file, pushed: false, out };
    let line = record.line_of("example");
    check.object("", map, line, &endpoint.params);
    check.sets("", &endpoint.params, (&endpoint.exclusive, &endpoint.any_of), map, line);
}

/// An event's example gives its own fields, and `Event` where that has several values.
pub(crate) fn check_event(api: &Api, event: &Event, record: &Record<'_>, out: &mut Diagnostics) {
    let Some(map) = record.node("example").and_then(Node::as_map) else {
        return;
    };
    let line = record.line_of("example");
    let which = event.head.iter().filter(|field| field.wire == "Event" && field.settable());
    let mut fields: Vec<Field> = event.fields.clone();
    fields.extend(which.cloned().map(|field| Field { presence: Presence::Optional, ..field }));
    let mut check = Check { api, file: record.file, pushed: true, out };
    check.object("", map, line, &fields);
}

struct Check<'a> {
    api: &'a Api,
    file: &'a str,
    /// Whether WeChat sends it. It sends numbers as texts and texts as numbers, and readers take both.
    pushed: bool,
    out: &'a mut Diagnostics,
}

impl Check<'_> {
    /// `path` leads to the object: `` at the top, `a.b[0].` within.
    fn object(&mut self, path: &str, map: &Map, line: usize, fields: &[Field]) {
        for entry in &map.0 {
            let path = format!("{path}{}", entry.key);
            match fields.iter().find(|field| field.wire == entry.key) {
                None => {
                    let known = fields.iter().map(|field| field.wire.as_str());
                    let remedy = did_you_mean(&entry.key, known, "remove it, or add the field");
                    self.add(entry.line, format!("the example gives `{path}`, which is no field"), remedy);
                }
                Some(field) => self.field(&path, field, &entry.value, entry.line),
            }
        }
        for field in fields.iter().filter(|field| map.get(&field.wire).is_none()) {
            let missing = if self.pushed {
                (field.presence == Presence::Always).then_some("always there")
            } else {
                required(field, fields, map).then_some("required")
            };
            if let Some(why) = missing {
                self.add(line, format!("the example lacks `{path}{}`, which is {why}", field.wire), "add it");
            }
        }
    }

    fn field(&mut self, path: &str, field: &Field, node: &Node, line: usize) {
        // At the top the client sends such fields; within a struct the example may show them.
        match &field.presence {
            Presence::From(_) if !path.contains('.') => {
                self.add(line, format!("the example gives `{path}`, which the client fills in"), "remove it");
            }
            Presence::Fixed(_) if !path.contains('.') => {
                self.add(line, format!("the example gives `{path}`, which is fixed"), "remove it");
            }
            Presence::Fixed(fixed) if json(fixed) != node.to_json() => {
                let what = format!("the example gives `{path}` {}, and it is fixed to `{fixed}`", node.describe());
                self.add(line, what, "correct it");
            }
            _ => match (field.wire_form, &node.kind) {
                (Some(WireForm::Int), Kind::Int(0 | 1)) => {}
                (Some(WireForm::Int), _) => self.wrong(path, node, line, "0 or 1, as `wire` says"),
                (Some(WireForm::Json), Kind::Text(text)) if serde_json::from_str::<Value>(text).is_ok() => {}
                (Some(WireForm::Json), _) if self.pushed => self.value(path, &field.ty, node, line),
                (Some(WireForm::Json), _) => self.wrong(path, node, line, "JSON in a text, as `wire` says"),
                (None, _) => self.value(path, &field.ty, node, line),
            },
        }
        let value = node.to_json();
        for constraint in &field.constraints {
            if let Some(how) = limits::broken(constraint, &value, |name| self.api.charset(name)) {
                self.add(line, format!("`{path}` of the example {how}"), "correct the example or the constraint");
            }
        }
    }

    fn value(&mut self, path: &str, ty: &Ty, node: &Node, line: usize) {
        let read = if self.pushed { as_read(ty, node, self.api) } else { None };
        let node = read.as_ref().unwrap_or(node);
        match (ty, &node.kind) {
            (Ty::Json, _)
            | (Ty::String | Ty::Secret | Ty::File | Ty::HostedFile, Kind::Text(_))
            | (Ty::Bool, Kind::Bool(_))
            | (Ty::F64, Kind::Int(_) | Kind::Float(_)) => {}
            (Ty::List(inner), Kind::List(list)) => {
                for (i, node) in list.iter().enumerate() {
                    self.value(&format!("{path}[{i}]"), inner, node, node.line);
                }
            }
            (Ty::Map(inner), Kind::Map(map)) => {
                for entry in &map.0 {
                    self.value(&format!("{path}.{}", entry.key), inner, &entry.value, entry.line);
                }
            }
            (Ty::Struct(reference), Kind::Map(map)) => {
                let api = self.api;
                if let Some(TypeKind::Struct { fields, exclusive, any_of }) = api.find(reference).map(|ty| &ty.kind) {
                    self.object(&format!("{path}."), map, line, fields);
                    self.sets(&format!(" of `{path}`"), fields, (exclusive, any_of), map, line);
                }
            }
            (Ty::Enum(reference), _) => self.enumerated(path, reference, node, line),
            (Ty::TemplateData, Kind::Map(map)) => {
                for entry in &map.0 {
                    if entry.value.as_map().is_none_or(|keyword| keyword.get("value").is_none()) {
                        let what = format!("the keyword `{path}.{}` of the example has no `value`", entry.key);
                        self.add(entry.line, what, "write `{ value: … }`");
                    }
                }
            }
            (ty, Kind::Int(_)) if bounds(ty).is_some() => {
                let (least, most) = bounds(ty).unwrap_or_default();
                if node.as_int().is_none_or(|int| !(least..=most).contains(&int)) {
                    self.wrong(path, node, line, &format!("a `{ty}`"));
                }
            }
            _ => self.wrong(path, node, line, &format!("a `{ty}`")),
        }
    }

    fn enumerated(&mut self, path: &str, reference: &TypeRef, node: &Node, line: usize) {
        let wanted = match self.api.find(reference).map(|ty| &ty.kind) {
            Some(TypeKind::TextEnum(variants)) if !variants.iter().any(|one| node.as_text() == Some(&one.value)) => {
                format!("one of {}", quoted(variants.iter().map(|variant| variant.value.as_str())))
            }
            Some(TypeKind::IntEnum(variants)) if !variants.iter().any(|one| node.as_int() == Some(one.value)) => {
                let values: Vec<_> = variants.iter().map(|variant| variant.value.to_string()).collect();
                format!("one of the numbers {}", values.join(", "))
            }
            _ => return,
        };
        self.wrong(path, node, line, &wanted);
    }

    /// Of the first sets exactly one must be given, of the second at least one.
    fn sets(
        &mut self,
        of: &str,
        fields: &[Field],
        (exclusive, any_of): (&[Vec<String>], &[Vec<String>]),
        map: &Map,
        line: usize,
    ) {
        let given = |rust: &String| {
            fields.iter().find(|field| field.rust == *rust).is_some_and(|field| map.get(&field.wire).is_some())
        };
        let whole = |set: &&Vec<String>| set.iter().all(given);
        // The fields that are given, of all that the sets name, must be one of the sets.
        let all: Vec<&String> = exclusive.iter().flatten().filter(|name| given(name)).collect();
        let kept = exclusive.iter().filter(whole).any(|set| all.iter().all(|name| set.contains(name)));
        if !exclusive.is_empty() && !kept {
            let what = format!("the example does not give exactly one of the sets of `exclusive`{of}");
            self.add(line, what, "correct the example");
        }
        if !any_of.is_empty() && !any_of.iter().any(|set| whole(&set)) {
            self.add(line, format!("the example gives none of the sets of `any_of`{of}"), "correct the example");
        }
    }

    fn wrong(&mut self, path: &str, node: &Node, line: usize, wanted: &str) {
        let what = format!("`{path}` of the example is {}, not {wanted}", node.describe());
        self.add(line, what, "correct the example");
    }

    fn add(&mut self, line: usize, what: String, remedy: impl Into<String>) {
        self.out.add(self.file, line, what, remedy);
    }
}

/// What a reader makes of a value that WeChat writes otherwise.
fn as_read(ty: &Ty, node: &Node, api: &Api) -> Option<Node> {
    let numeric = |ty: &Ty| match ty {
        Ty::Enum(reference) => api.find(reference).is_some_and(|ty| matches!(ty.kind, TypeKind::IntEnum(_))),
        ty => bounds(ty).is_some() || *ty == Ty::F64,
    };
    let kind = match (ty, &node.kind) {
        (Ty::Bool, Kind::Int(number @ (0 | 1))) => Kind::Bool(*number == 1),
        (Ty::Bool, Kind::Text(text)) => Kind::Bool(match text.as_str() {
            "0" | "false" => false,
            "1" | "true" => true,
            _ => return None,
        }),
        (Ty::String, Kind::Int(number)) => Kind::Text(number.to_string()),
        (Ty::F64, Kind::Text(text)) => Kind::Float(text.parse().ok()?),
        (ty, Kind::Text(text)) if numeric(ty) => Kind::Int(text.parse().ok()?),
        // One element comes without the list.
        (Ty::List(_), Kind::Map(_)) => Kind::List(vec![node.clone()]),
        _ => return None,
    };
    Some(Node { line: node.line, kind })
}

/// Whether a field that the example leaves out must be there. A file cannot be written in an example.
fn required(field: &Field, siblings: &[Field], map: &Map) -> bool {
    if field.default_from.is_some() || field.ty == Ty::File {
        return false;
    }
    let conditions = field.constraints.iter().find_map(|constraint| match constraint {
        Constraint::RequiredIf(conditions) => Some(conditions),
        _ => None,
    });
    let holds = |(rust, wanted): &(String, Vec<Literal>)| {
        let Some(sibling) = siblings.iter().find(|sibling| sibling.rust == *rust) else {
            return false;
        };
        match (map.get(&sibling.wire), &sibling.presence) {
            (Some(node), _) => wanted.iter().any(|wanted| node.to_json() == json(wanted)),
            (None, Presence::Fixed(fixed)) => wanted.contains(fixed),
            (None, _) => sibling.default.as_ref().is_some_and(|default| wanted.contains(default)),
        }
    };
    field.presence == Presence::Required || conditions.is_some_and(|all| !all.is_empty() && all.iter().all(holds))
}

fn json(literal: &Literal) -> Value {
    match literal {
        Literal::Bool(value) => (*value).into(),
        Literal::Int(value) => (*value).into(),
        Literal::Float(value) => (*value).into(),
        Literal::Text(value) => value.as_str().into(),
    }
}
