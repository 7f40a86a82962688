//! One endpoint as an operation.

use serde_json::{Value, json};

use super::{Scope, answer, body, codes, extensions, prose, schema, set, unless_empty};
use crate::emit::rust::text::markdown;
use crate::model::{Endpoint, Field, Group, Limit, Place, Presence, Signature, Source, Token, Ty, TypeKind};

/// What authorises a call: the app's own token, or that with which a third-party platform calls for a merchant, or that
/// of the linked official account. All of them travel as the same parameter.
const ACCESS_TOKEN: &str = "access_token";
const AUTHORIZER: &str = "authorizer_access_token";
const OFFICIAL_ACCOUNT: &str = "official_account_access_token";

pub(super) fn security_schemes() -> Value {
    let scheme = |about: &str| json!({ "type": "apiKey", "in": "query", "name": "access_token", "description": about });
    json!({
        ACCESS_TOKEN: scheme("The app's token, of `getStableAccessToken` or `getAccessToken`."),
        AUTHORIZER: scheme("A third-party platform's token for the merchant, with one of `x-permission-sets`."),
        OFFICIAL_ACCOUNT: scheme("The token of the linked official account."),
    })
}

/// The operation of an endpoint, as if it had its URL for itself.
pub(super) fn operation(scope: &Scope<'_>, group: &Group, endpoint: &Endpoint) -> Value {
    let mut operation = json!({
        "operationId": endpoint.id,
        "tags": [group.name],
        "summary": endpoint.title,
        "description": description(endpoint),
        "externalDocs": { "url": endpoint.docs, "description": "Official page" },
    });
    set(&mut operation, "deprecated", endpoint.deprecated.is_some().then_some(true));
    operation["security"] = security(endpoint);
    set(&mut operation, "parameters", unless_empty(parameters(scope, endpoint)));
    set(&mut operation, "requestBody", body::body(scope, endpoint));
    operation["responses"] = answer::responses(scope, endpoint);
    extensions::add(scope, endpoint, &mut operation);
    set(&mut operation, "x-errcodes", unless_empty(codes::of_endpoint(scope, group, endpoint)));
    operation
}

fn description(endpoint: &Endpoint) -> String {
    let mut parts = vec![prose(&endpoint.about)];
    if let Some(deprecated) = &endpoint.deprecated {
        parts.push(format!(
            "Deprecated since {}; instead: {}",
            markdown(&deprecated.since),
            prose(&deprecated.instead)
        ));
    }
    if !endpoint.limits.is_empty() {
        let limits: Vec<_> = endpoint.limits.iter().map(Limit::to_string).collect();
        parts.push(format!("Limits: {}.", markdown(&limits.join("; "))));
    }
    if let Some(note) = &endpoint.note {
        parts.push(format!("Note: {}", prose(note)));
    }
    parts.join("\n\n")
}

fn security(endpoint: &Endpoint) -> Value {
    let by = |name: &str| json!({ name: [] });
    match endpoint.token {
        Token::AccessToken if endpoint.permission_sets.is_some() => json!([by(ACCESS_TOKEN), by(AUTHORIZER)]),
        Token::AccessToken => json!([by(ACCESS_TOKEN)]),
        Token::Authorizer => json!([by(AUTHORIZER)]),
        Token::OfficialAccount => json!([by(OFFICIAL_ACCOUNT)]),
        // Appid and secret are parameters.
        Token::AppSecret | Token::None => json!([]),
    }
}

/// What travels in the query, the signatures that the client makes last.
fn parameters(scope: &Scope<'_>, endpoint: &Endpoint) -> Vec<Value> {
    let fields = endpoint.params.iter().filter(|field| field.place == Place::Query).map(|field| {
        let schema = schema::field(scope, field, &endpoint.params);
        parameter(&field.wire, schema::required(field), schema, example(scope, endpoint, field))
    });
    let signed = endpoint.sign.iter().filter(|signature| **signature != Signature::Delivery);
    let signatures = signed.map(|each| parameter(each.word(), true, signature(*each), None));
    fields.chain(signatures).collect()
}

/// A parameter says by itself what a schema would say of its field.
fn parameter(name: &str, required: bool, mut schema: Value, example: Option<Value>) -> Value {
    let mut out = json!({ "name": name, "in": "query" });
    for word in ["description", "deprecated"] {
        set(&mut out, word, schema.as_object_mut().and_then(|schema| schema.shift_remove(word)));
    }
    set(&mut out, "required", required.then_some(true));
    out["schema"] = schema;
    set(&mut out, "example", example);
    out
}

/// The value of a signature.
pub(super) fn signature(signature: Signature) -> Value {
    let about = format!("Made with `{}`, which is not sent; see `x-sign`.", signature.key());
    json!({ "type": "string", "description": about })
}

/// A parameter's value in the endpoint's example, and what the client adds to it.
pub(super) fn example(scope: &Scope<'_>, endpoint: &Endpoint, field: &Field) -> Option<Value> {
    let given = endpoint.example.as_ref()?;
    match &field.presence {
        Presence::Fixed(value) => Some(schema::literal(field, value)),
        Presence::From(Source::AppSecret) => Some("APPSECRET".into()),
        Presence::From(_) => Some("APPID".into()),
        _ => {
            let mut value = given.get(&field.wire).cloned()?;
            complete(scope, &field.ty, &mut value);
            Some(value)
        }
    }
}

/// Adds what structs always send: examples hold what the caller gives.
fn complete(scope: &Scope<'_>, ty: &Ty, value: &mut Value) {
    match (ty, value) {
        (Ty::List(inner), Value::Array(list)) => list.iter_mut().for_each(|value| complete(scope, inner, value)),
        (Ty::Map(inner), Value::Object(map)) => map.values_mut().for_each(|value| complete(scope, inner, value)),
        (Ty::Struct(reference), Value::Object(map)) => {
            let Some(TypeKind::Struct { fields, .. }) = scope.api.find(reference).map(|ty| &ty.kind) else { return };
            for field in fields {
                match (&field.presence, map.get_mut(&field.wire)) {
                    (Presence::Fixed(fixed), _) => {
                        map.insert(field.wire.clone(), schema::literal(field, fixed));
                    }
                    (_, Some(value)) => complete(scope, &field.ty, value),
                    (_, None) => {}
                }
            }
        }
        _ => {}
    }
}
