//! Endpoints that share method and path as one operation.

use serde_json::{Map, Value, json};

use super::set;

/// One operation of several, in the order of the model; one by itself stays as it is. The first that is not deprecated
/// gives its id and its page, everything else is what they say together.
pub(super) fn merge(mut operations: Vec<Value>) -> Value {
    if operations.len() == 1 {
        return operations.swap_remove(0);
    }
    let first = operations.iter().find(|each| each.get("deprecated").is_none()).unwrap_or(&operations[0]);
    let mut merged = json!({
        "operationId": first["operationId"],
        "tags": union(operations.iter().flat_map(|each| list(&each["tags"]))),
        "summary": texts(&operations, |each| text(&each["summary"])).join(" / "),
        "description": description(&operations),
        "externalDocs": first["externalDocs"],
    });
    let all_old = operations.iter().all(|each| each.get("deprecated").is_some());
    set(&mut merged, "deprecated", all_old.then_some(true));
    // No requirement at all is one of them, where others have some.
    let needs =
        |each: &Value| if list(&each["security"]).is_empty() { vec![json!({})] } else { list(&each["security"]) };
    let needs = union(operations.iter().flat_map(needs));
    merged["security"] = if needs == [json!({})] { json!([]) } else { needs.into() };
    let parameters = parameters(&operations);
    set(&mut merged, "parameters", super::unless_empty(parameters));
    let bodies: Vec<&Value> = operations.iter().filter_map(|each| each.get("requestBody")).collect();
    if !bodies.is_empty() {
        let mut content = contents(&bodies);
        let examples =
            operations.iter().filter_map(|each| Some((text(&each["operationId"]), each.get("requestBody")?)));
        for (id, body) in examples {
            for (media, part) in body["content"].as_object().into_iter().flatten() {
                if let Some(example) = part.get("example") {
                    content[media]["examples"][id] = json!({ "value": example });
                }
            }
        }
        merged["requestBody"] = json!({ "required": bodies.len() == operations.len(), "content": content });
    }
    let answers: Vec<&Value> = operations.iter().map(|each| &each["responses"]["200"]).collect();
    let said = union(answers.iter().map(|each| each["description"].clone()));
    let said: Vec<&str> = said.iter().map(text).collect();
    merged["responses"] = json!({ "200": { "description": said.join(" Or: "), "content": contents(&answers) } });
    merged["x-endpoints"] = operations.into();
    merged
}

fn description(operations: &[Value]) -> String {
    let ids = texts(operations, |each| text(&each["operationId"]));
    let mut out = format!("Endpoints that share this URL, told apart by what is sent: `{}`.", ids.join("`, `"));
    for each in operations {
        let (id, title, about) = (text(&each["operationId"]), text(&each["summary"]), text(&each["description"]));
        out += &format!("\n\n**{title}** (`{id}`): {about}");
    }
    out
}

/// The parameters of all, by name. Required is what all of them require.
fn parameters(operations: &[Value]) -> Vec<Value> {
    let all: Vec<Value> = operations.iter().flat_map(|each| list(&each["parameters"])).collect();
    let mut merged: Vec<Value> = Vec::new();
    for parameter in &all {
        if merged.iter().any(|each| each["name"] == parameter["name"]) {
            continue;
        }
        let same: Vec<&Value> = all.iter().filter(|each| each["name"] == parameter["name"]).collect();
        let mut one = parameter.clone();
        one["schema"] = any_of(same.iter().map(|each| &each["schema"]));
        let everywhere = same.len() == operations.len() && same.iter().all(|each| each.get("required").is_some());
        if let Some(object) = one.as_object_mut().filter(|_| !everywhere) {
            object.shift_remove("required");
        }
        merged.push(one);
    }
    merged
}

/// The media types of all, each with what any of them has there.
fn contents(parts: &[&Value]) -> Value {
    let mut merged = Map::new();
    for media in parts.iter().filter_map(|part| part["content"].as_object()).flat_map(Map::keys) {
        let schemas = parts.iter().filter_map(|part| part["content"].get(media)).map(|each| &each["schema"]);
        merged.insert(media.clone(), json!({ "schema": any_of(schemas) }));
    }
    merged.into()
}

/// Any of these schemas; a choice within is one of theirs.
fn any_of<'v>(schemas: impl Iterator<Item = &'v Value>) -> Value {
    let choices = |schema: &Value| match schema.as_object() {
        Some(object) if object.len() == 1 && object.contains_key("anyOf") => list(&object["anyOf"]),
        _ => vec![schema.clone()],
    };
    let mut all = union(schemas.flat_map(choices));
    if all.len() == 1 { all.swap_remove(0) } else { json!({ "anyOf": all }) }
}

/// Each once, in the order in which they came.
fn union(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for value in values {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all
}

fn texts<'v>(operations: &'v [Value], of: impl Fn(&'v Value) -> &'v str) -> Vec<&'v str> {
    operations.iter().map(of).collect()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
