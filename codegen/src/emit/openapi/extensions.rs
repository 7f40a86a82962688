//! What the spec says of an endpoint and OpenAPI has no word for.

use serde_json::{Value, json};

use super::{Scope, schema, set, unless_empty};
use crate::model::{Api, Encryption, Endpoint, Field, Limit, Paging, PermissionSets, Signature, Turn, Ty, TypeKind};

/// Adds all of them, in one order.
pub(super) fn add(scope: &Scope<'_>, endpoint: &Endpoint, operation: &mut Value) {
    set(operation, "x-aliases", unless_empty(endpoint.aliases.clone()));
    set(operation, "x-limits", unless_empty(endpoint.limits.iter().map(limit).collect::<Vec<_>>()));
    set(operation, "x-retry", endpoint.retry_safe.then_some("safe"));
    set(
        operation,
        "x-encryption",
        match endpoint.encryption {
            Encryption::None => None,
            Encryption::Supported => Some("supported"),
            Encryption::Required => Some("required"),
        },
    );
    set(operation, "x-permission-sets", permission_sets(endpoint));
    set(operation, "x-sign", unless_empty(endpoint.sign.iter().copied().map(signature).collect::<Vec<_>>()));
    let sets = |sets: &[Vec<String>]| {
        let wires = |set: &Vec<String>| -> Vec<String> {
            set.iter().map(|rust| schema::wire(&endpoint.params, rust)).collect()
        };
        unless_empty(sets.iter().map(wires).collect::<Vec<_>>())
    };
    set(operation, "x-exclusive", sets(&endpoint.exclusive));
    set(operation, "x-any-of", sets(&endpoint.any_of));
    set(operation, "x-paging", endpoint.paging.as_ref().map(|way| paging(scope.api, endpoint, way)));
    let deprecated = endpoint.deprecated.as_ref();
    set(
        operation,
        "x-deprecated",
        deprecated.map(|deprecated| json!({ "since": deprecated.since, "instead": deprecated.instead })),
    );
}

fn permission_sets(endpoint: &Endpoint) -> Option<Value> {
    endpoint.permission_sets.as_ref().map(|sets| match sets {
        PermissionSets::Any => json!("any"),
        PermissionSets::These(sets) => json!(sets),
    })
}

fn limit(limit: &Limit) -> Value {
    let mut out = json!({ "text": limit.to_string(), "count": limit.count, "per": limit.per.word() });
    set(&mut out, "shared_with", unless_empty(limit.shared_with.clone()));
    set(&mut out, "also", limit.also.as_deref());
    set(&mut out, "condition", limit.condition.as_deref());
    out
}

fn signature(signature: Signature) -> Value {
    let (place, of) = match signature {
        Signature::Delivery => ("body", "SHA-1 of shopid, shop_order_id and the key"),
        Signature::Pay => ("query", "HMAC-SHA256 of path, `&` and body"),
        Signature::User => ("query", "HMAC-SHA256 of the body"),
    };
    json!({ "name": signature.word(), "in": place, "key": signature.key(), "is": of })
}

/// In the spec's words, with names as they are on the wire.
fn paging(api: &Api, endpoint: &Endpoint, paging: &Paging) -> Value {
    let param = |rust: &String| schema::wire(&endpoint.params, rust);
    let way = |way: &Vec<String>| wire_way(api, endpoint.response.fields(), way);
    let mut out = match &paging.turn {
        Turn::Offset { start } => json!({ "style": "offset", "start": param(start) }),
        Turn::Page { page, first } => json!({ "style": "page", "page": param(page), "first": first }),
        Turn::Cursor { cursor, first, next } => {
            let mut out = json!({ "style": "cursor", "cursor": param(cursor) });
            let field = endpoint.param(cursor);
            set(&mut out, "first", first.as_ref().zip(field).map(|(first, field)| schema::literal(field, first)));
            set(&mut out, "next", Some(way(next)));
            out
        }
    };
    set(&mut out, "limit", paging.limit.as_ref().map(param));
    set(&mut out, "items", Some(way(&paging.items)));
    set(&mut out, "total", paging.total.as_ref().map(way));
    set(&mut out, "pages", paging.pages.as_ref().map(way));
    set(&mut out, "more", paging.more.as_ref().map(way));
    out
}

/// A way through the structs of an answer: `data.list`.
fn wire_way<'a>(api: &'a Api, mut fields: &'a [Field], way: &[String]) -> String {
    let mut wires = Vec::new();
    for rust in way {
        let Some(field) = fields.iter().find(|field| field.rust == *rust) else { break };
        wires.push(field.wire.as_str());
        if let Ty::Struct(reference) = &field.ty
            && let Some(TypeKind::Struct { fields: inner, .. }) = api.find(reference).map(|ty| &ty.kind)
        {
            fields = inner;
        }
    }
    wires.join(".")
}
