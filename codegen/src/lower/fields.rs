//! The fields of a request, a response or a struct.

use super::Scope;
use super::constraints::constraints;
use super::presence::{places, presence};
use super::ty::{holds, literal, ty};
use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::limits;
use crate::model::{Constraint, Field, Literal, Source, Ty, Verb, WireForm};
use crate::naming;
use crate::spec::record::Record;

/// Where fields stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum At {
    /// Under `params` of an endpoint with this method.
    Params(Verb),
    /// Under `response`.
    Response,
    /// In a struct.
    Type,
    /// Under `fields` of an event.
    Event,
    /// Under `fields` of the reply to one.
    Reply,
}

/// What siblings need to know of a field.
struct Head<'a> {
    record: Record<'a>,
    wire: &'a str,
    rust: String,
    /// `None`: unknown, which has been told.
    ty: Option<Ty>,
}

/// Lowers the fields that stand behind a word.
pub(crate) fn fields(parent: &Record<'_>, word: &str, at: At, scope: &Scope<'_>, out: &mut Diagnostics) -> Vec<Field> {
    let records: Vec<_> = parent.records(word).collect();
    let heads: Vec<_> = records
        .iter()
        .map(|record| Head {
            record: *record,
            wire: record.key,
            rust: rust_name(record, out),
            ty: ty(record, scope, out),
        })
        .collect();
    // The runtime counts them in 64 bits.
    if let Some(last) = records.iter().filter(|record| record.yes("always")).nth(64) {
        let what = format!("`{}` is the 65th field with `always` of one struct", last.key);
        out.add(last.file, last.line_of("always"), what, "leave `always` to what the call exists for");
    }
    for (i, head) in heads.iter().enumerate() {
        if let Some(first) = heads[..i].iter().find(|first| first.rust == head.rust) {
            let what = format!("`{}` and `{}` have the same Rust name `{}`", first.wire, head.wire, head.rust);
            out.add(records[i].file, records[i].line_of("rust"), what, "give one of both another name with `rust:`");
        }
    }
    records.iter().enumerate().map(|(i, record)| field(record, &heads[i], &heads, at, scope, out)).collect()
}

fn field(
    record: &Record<'_>,
    head: &Head<'_>,
    siblings: &[Head<'_>],
    at: At,
    scope: &Scope<'_>,
    out: &mut Diagnostics,
) -> Field {
    let ty = head.ty.as_ref();
    let mut constraints = constraints(record, ty, scope, out);
    let default = value(record, "default", ty, &constraints, scope, out);
    let fixed = value(record, "fixed", ty, &constraints, scope, out);
    let presence = presence(record, ty, fixed, out);
    let only_sent = |ty: &Ty| matches!(ty, Ty::File | Ty::HostedFile | Ty::TemplateData);
    if let Some(ty) = ty.filter(|ty| matches!(at, At::Response | At::Event) && holds(ty, &only_sent)) {
        let whole = if at == At::Event { "an event" } else { "a response" };
        let what = format!("{whole} cannot hold `{ty}`");
        out.add(record.file, record.line_of("type"), what, "use the type of what WeChat answers, such as `string`");
    }
    for (alone, why) in [
        (Ty::File, "a file is a part of a form by itself"),
        (Ty::HostedFile, "the client hosts only what is a parameter by itself"),
    ] {
        let within = |ty: &&Ty| **ty != alone && holds(ty, &|inner| *inner == alone);
        let misplaced = match at {
            At::Params(_) => ty.filter(within),
            At::Type | At::Reply => ty.filter(|ty| holds(ty, &|inner| *inner == alone)),
            At::Response | At::Event => None,
        };
        if let Some(ty) = misplaced {
            let what = format!("`{}` is `{ty}`, and {why}", record.key);
            out.add(record.file, record.line_of("type"), what, format!("make it a parameter of type `{alone}`"));
        }
    }
    constraints.extend(required_if(record, siblings, scope, out));
    // The spec's table names `keywords` last.
    constraints.sort_by_key(|constraint| matches!(constraint, Constraint::Keywords(_)));
    Field {
        wire: head.wire.to_owned(),
        rust: head.rust.clone(),
        ty: ty.cloned().unwrap_or(Ty::Json),
        about: record.string("about"),
        presence,
        default,
        // A reply is filled from what the event says.
        default_from: record.text("default_from").filter(|_| at != At::Reply).map(|source| match source {
            "virtual_payment_key" => Source::VirtualPaymentKey,
            "b2b_payment_key" => Source::B2bPaymentKey,
            _ => Source::OfficialAccountAppid,
        }),
        wire_form: wire_form(record, ty, out),
        place: places(record, ty, at, out),
        yields_to: yields_to(record, siblings, out),
        deprecated: record.string("deprecated"),
        note: record.string("note"),
        constraints,
    }
}

/// How the value is written, where that fits its type.
fn wire_form(record: &Record<'_>, ty: Option<&Ty>, out: &mut Diagnostics) -> Option<WireForm> {
    let form = match record.text("wire")? {
        "int" => WireForm::Int,
        _ => WireForm::Json,
    };
    let fits = ty.is_none_or(|ty| match form {
        WireForm::Int => *ty == Ty::Bool,
        WireForm::Json => matches!(ty, Ty::Json | Ty::List(_) | Ty::Map(_) | Ty::Struct(_)),
    });
    let remedy = match form {
        WireForm::Int if !fits => Some("write `type: bool`, or remove `wire`"),
        WireForm::Json if !fits => Some("write the type of what the text holds, such as `json`"),
        _ => None,
    };
    if let Some(remedy) = remedy {
        let what = format!("`{}` cannot be written so", record.key);
        out.add(record.file, record.line_of("wire"), what, remedy);
    }
    Some(form)
}

fn rust_name(record: &Record<'_>, out: &mut Diagnostics) -> String {
    // Written into requests as it is.
    if record.key.contains(['"', '\\']) || record.key.contains(char::is_control) {
        let what = format!("`{}` holds what no name on the wire holds", record.key.escape_default());
        out.add(record.file, record.line, what, "write the name without quotation marks and backslashes");
    }
    let said = record.text("rust");
    let name = said.map_or_else(|| naming::field_name(record.key), str::to_owned);
    let line = record.line_of("rust");
    if let Some(why) = naming::field_taken(&name) {
        out.add(
            record.file,
            line,
            format!("`{}` cannot be the field `{name}`: that is {why}", record.key),
            format!("give it another name with `rust:`, such as `{}_`", name.trim_end_matches('_')),
        );
    } else if said.is_none() && !naming::is_identifier(&name) {
        let what = format!("`{}` gives no Rust name", record.key);
        out.add(record.file, line, what, "give it one with `rust:`");
    } else if said == Some(naming::field_name(record.key).as_str()) {
        let what = format!("`rust: {name}` says what `{}` gives anyway", record.key);
        out.add(record.file, line, what, "remove `rust`");
    }
    name
}

/// A value that the spec gives for the field; it must keep the field's own constraints.
pub(super) fn value(
    record: &Record<'_>,
    word: &str,
    ty: Option<&Ty>,
    constraints: &[Constraint],
    scope: &Scope<'_>,
    out: &mut Diagnostics,
) -> Option<Literal> {
    let node = record.node(word)?;
    if !node.is_scalar() {
        return None;
    }
    let line = record.line_of(word);
    let literal = match literal(node, ty?, scope.names) {
        Ok(literal) => literal,
        Err(wanted) => {
            let what = format!("`{word}` of `{}` is {}, not {wanted}", record.key, node.describe());
            out.add(record.file, line, what, "write a value of the field's type");
            return None;
        }
    };
    let json = node.to_json();
    for how in constraints.iter().filter_map(|rule| limits::broken(rule, &json, |name| scope.names.charset(name))) {
        let what = format!("`{word}` of `{}` {how}", record.key);
        out.add(record.file, line, what, "correct the value or the constraint");
    }
    Some(literal)
}

fn required_if(
    record: &Record<'_>,
    siblings: &[Head<'_>],
    scope: &Scope<'_>,
    out: &mut Diagnostics,
) -> Option<Constraint> {
    let conditions = record.entries("required_if");
    let mut list = Vec::new();
    for condition in conditions {
        let Some(sibling) = sibling(record, &condition.key, condition.line, siblings, out) else {
            continue;
        };
        let Some(ty) = &sibling.ty else { continue };
        let several = condition.value.list();
        let values = if several.is_empty() { std::slice::from_ref(&condition.value) } else { several };
        let mut wanted = Vec::new();
        for value in values.iter().filter(|value| value.is_scalar()) {
            match literal(value, ty, scope.names) {
                Ok(literal) => wanted.push(literal),
                Err(fitting) => {
                    let what = format!(
                        "`required_if` of `{}` waits for `{}` to be {}, which is not {fitting}",
                        record.key,
                        condition.key,
                        value.describe()
                    );
                    out.add(record.file, condition.line, what, "write a value that the field can have");
                }
            }
        }
        if !wanted.is_empty() {
            list.push((sibling.rust.clone(), wanted));
        }
    }
    (!conditions.is_empty()).then_some(Constraint::RequiredIf(list))
}

fn yields_to(record: &Record<'_>, siblings: &[Head<'_>], out: &mut Diagnostics) -> Option<String> {
    let name = record.text("yields_to")?;
    let line = record.line_of("yields_to");
    let head = sibling(record, name, line, siblings, out)?;
    if head.record.text("yields_to") == Some(record.key) {
        let what = format!("`{}` and `{name}` yield to each other, so that neither is sent", record.key);
        out.add(record.file, line, what, "remove `yields_to` from one of both");
    }
    Some(head.rust.clone())
}

/// The sibling of a wire name that a word of this field names.
fn sibling<'s, 'a>(
    record: &Record<'_>,
    name: &str,
    line: usize,
    siblings: &'s [Head<'a>],
    out: &mut Diagnostics,
) -> Option<&'s Head<'a>> {
    if name == record.key {
        out.add(record.file, line, format!("`{name}` depends on itself"), "name another field");
        return None;
    }
    let found = siblings.iter().find(|head| head.wire == name);
    if found.is_none() {
        let known = siblings.iter().map(|head| head.wire).filter(|wire| *wire != record.key);
        let remedy = did_you_mean(name, known, "name a field of the same struct, as it is on the wire");
        out.add(record.file, line, format!("`{}` names `{name}`, which is no field beside it", record.key), remedy);
    }
    if found.is_some_and(|head| head.record.has("fixed") || head.record.has("from")) {
        let what = format!("`{}` names `{name}`, which is sent the same always", record.key);
        out.add(record.file, line, what, "name a field that the caller can set");
    }
    found
}
