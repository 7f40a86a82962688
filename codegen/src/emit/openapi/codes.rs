//! What WeChat's codes mean, as extensions.

use heck::ToSnakeCase;
use serde_json::{Value, json};

use super::{Scope, set};
use crate::model::{Endpoint, ErrCode, ErrKind, Group, Retry};

/// A code of `errcodes.yaml`.
pub(super) fn common(code: &ErrCode) -> Value {
    json!({
        "code": code.code,
        "name": code.name,
        "kind": kind(code.kind),
        "retry": retry(code.retry),
        "message": code.message,
        "about": code.about,
        "remedy": code.remedy,
        "zh": code.zh,
    })
}

/// The codes that an endpoint may answer, each with what it means there.
pub(super) fn of_endpoint(scope: &Scope<'_>, group: &Group, endpoint: &Endpoint) -> Vec<Value> {
    let entries = endpoint.errcodes.iter().map(|each| {
        let known = scope.api.errcode(group, each.code);
        let mut entry = known.map_or_else(|| json!({ "code": each.code }), common);
        if let Some(own) = &each.own {
            set(&mut entry, "kind", own.kind.map(kind));
            set(&mut entry, "retry", Some(retry(own.retry)));
            set(&mut entry, "about", Some(own.about.as_str()));
            set(&mut entry, "remedy", Some(own.remedy.as_str()));
            set(&mut entry, "zh", Some(own.zh.as_str()));
        }
        entry
    });
    entries.collect()
}

/// The spec's words are the names of the variants.
fn kind(kind: ErrKind) -> String {
    format!("{kind:?}").to_snake_case()
}

fn retry(retry: Retry) -> String {
    format!("{retry:?}").to_snake_case()
}
