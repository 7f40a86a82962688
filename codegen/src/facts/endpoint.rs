//! One endpoint of the facts as the page that it was read from.

use serde_json::Value;

use super::Fact;
use crate::diagnostic::Diagnostics;
use crate::pages::{Kind, Page, PageCode, PageField};

/// Reads an entry. `source`: the text of the file, for the lines.
pub(super) fn fact(file: &str, source: &str, json: &Value, out: &mut Diagnostics) -> Option<Fact> {
    let id = text(json, "id");
    if id.is_empty() || text(json, "path").is_empty() {
        out.add(file, 1, format!("the endpoint `{id}` has no `id` or no `path`"), "give it both");
        return None;
    }
    let needle = format!("\"id\": \"{id}\"");
    let line = source.lines().position(|line| line.contains(&needle)).map_or(1, |index| index + 1);
    // Where WeChat repeats a name, the id says behind `__` which one is meant.
    let name = Some(text(json, "en_name")).filter(|name| id.strip_prefix(name).is_some_and(|it| it.starts_with("__")));
    let mut reader = Reader { file, line, id, unsaid: Vec::new(), out };
    let external = text(json, "parameters_external");
    if !external.is_empty() {
        reader.unsaid.push((String::new(), format!("its page prints no parameters, and refers to {external}")));
    }
    if json.get("response_undocumented").is_some() {
        reader.unsaid.push(("response".into(), "its page prints no answer".into()));
    }
    let page = Page {
        file: file.to_owned(),
        line,
        id: name.unwrap_or(id).to_owned(),
        title: text(json, "title").to_owned(),
        summary: text(json, "summary").to_owned(),
        method: some(json, "method"),
        path: text(json, "path").to_owned(),
        cloud_call: some(json, "cloud_call"),
        third_party: json.pointer("/third_party/supported").and_then(Value::as_bool),
        permission_sets: numbers(json, "permission_sets"),
        encryption: json.get("encrypt_supported") == Some(&Value::Bool(true)),
        outline: !external.is_empty(),
        query: reader.fields(json, "query", "params"),
        body: reader.fields(json, "body", "params"),
        response: reader.fields(json, "response", "response"),
        errcodes: reader.errcodes(json),
        docs: some(json, "doc_url"),
        ..Page::default()
    };
    Some(Fact { id: id.to_owned(), page, unsaid: reader.unsaid, samples: Vec::new() })
}

pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) line: usize,
    pub(super) id: &'a str,
    pub(super) unsaid: Vec<(String, String)>,
    pub(super) out: &'a mut Diagnostics,
}

impl Reader<'_> {
    /// `path`: where the comparison says that these fields stand.
    pub(super) fn fields(&mut self, json: &Value, word: &str, path: &str) -> Vec<PageField> {
        let list = json.get(word).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|field| self.field(field, path)).collect()
    }

    fn field(&mut self, json: &Value, path: &str) -> Option<PageField> {
        let name = text(json, "name").to_owned();
        let path = format!("{path}.{name}");
        let said = text(json, "type");
        let Some(kind) = kind(said) else {
            let what = format!("`{}` of `{}` has the type `{said}`, which nobody knows", path, self.id);
            self.out.add(self.file, self.line, what, "write one of the usual words");
            return None;
        };
        if json.get("fields_undocumented").is_some() {
            self.unsaid.push((path.clone(), "its page does not list what the object holds".into()));
        }
        let list = json.get("array") == Some(&Value::Bool(true));
        let values = json.get("enum").and_then(Value::as_array).into_iter().flatten();
        Some(PageField {
            line: self.line,
            kind,
            list,
            said: if list { format!("[{said}]") } else { said.to_owned() },
            required: json.get("required").and_then(Value::as_bool),
            text: text(json, "desc").to_owned(),
            example: some(json, "example"),
            values: values.map(|value| (text(value, "value").to_owned(), text(value, "desc").to_owned())).collect(),
            fields: self.fields(json, "fields", &path),
            name,
        })
    }

    fn errcodes(&mut self, json: &Value) -> Vec<PageCode> {
        let list = json.get("errcodes").and_then(Value::as_array);
        let mut codes: Vec<PageCode> = Vec::new();
        for json in list.into_iter().flatten() {
            let Some(code) = json.get("code").and_then(Value::as_i64) else {
                let what = format!("a code of `{}` is no number", self.id);
                self.out.add(self.file, self.line, what, "write the number into `code`");
                continue;
            };
            let (message, solution) = (text(json, "msg").to_owned(), text(json, "hint").to_owned());
            if !codes.iter().any(|other| other.code == code) {
                codes.push(PageCode { line: self.line, code, message, solution });
            }
        }
        codes
    }
}

/// `any` are the elements of a list of which the page does not say what they are.
fn kind(said: &str) -> Option<Kind> {
    Some(match said {
        "string" => Kind::String,
        "number" | "double" | "timestamp" => Kind::Number,
        "boolean" => Kind::Boolean,
        "object" => Kind::Object,
        "file" | "buffer" | "bytes" | "binary" => Kind::Bytes,
        "any" | "unknown" => Kind::Unknown,
        // With the name that the page gives a type and does not explain.
        said if said.starts_with("unknown:") => Kind::Unknown,
        _ => return None,
    })
}

pub(super) fn text<'a>(json: &'a Value, word: &str) -> &'a str {
    json.get(word).and_then(Value::as_str).unwrap_or_default()
}

fn some(json: &Value, word: &str) -> Option<String> {
    Some(text(json, word)).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn numbers(json: &Value, word: &str) -> Vec<u32> {
    let list = json.get(word).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|number| u32::try_from(number.as_u64()?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &Value) -> (Option<Fact>, Vec<String>) {
        let mut out = Diagnostics::default();
        let source = format!("[\n{json:#}");
        let fact = fact("endpoints/a.json", &source, json, &mut out);
        (fact, out.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_entry_becomes_a_page() {
        let (fact, told) = read(&json!({
            "id": "getThing__shop", "en_name": "getThing", "title": "物", "method": "POST", "path": "/thing",
            "doc_url": "https://example.com", "cloud_call": "thing.get", "permission_sets": [3, 9],
            "third_party": { "supported": true }, "encrypt_supported": true, "response_undocumented": "none",
            "query": [{ "name": "access_token", "type": "string", "required": true, "desc": "" }],
            "body": [{
                "name": "list", "type": "object", "array": true, "required": false, "desc": "表",
                "fields": [
                    { "name": "n", "type": "double", "required": true, "desc": "", "enum": [{ "value": "1", "desc": "一" }] },
                    { "name": "free", "type": "object", "required": true, "desc": "", "fields_undocumented": true },
                ],
            }],
            "errcodes": [{ "code": 1, "msg": "no", "hint": "否" }, { "code": 1, "msg": "again" }],
        }));
        assert_eq!(told, [""; 0]);
        let Fact { page, unsaid, .. } = fact.unwrap();
        assert_eq!((page.id.as_str(), page.line, page.outline), ("getThing", 3, false));
        assert_eq!((page.method.as_deref(), page.encryption, page.third_party), (Some("POST"), true, Some(true)));
        assert_eq!((page.permission_sets, page.cloud_call.as_deref()), (vec![3, 9], Some("thing.get")));
        let list = &page.body[0];
        assert_eq!(
            (list.kind, list.list, list.required, list.said.as_str()),
            (Kind::Object, true, Some(false), "[object]")
        );
        assert_eq!(
            (list.fields[0].kind, list.fields[0].values.as_slice()),
            (Kind::Number, &[("1".into(), "一".into())][..])
        );
        assert_eq!(page.errcodes, [PageCode { line: 3, code: 1, message: "no".into(), solution: "否".into() }]);
        let places: Vec<_> = unsaid.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["response", "params.list.free"]);
    }

    #[test]
    fn a_name_with_other_marks_is_the_id() {
        let (fact, _) = read(&json!({ "id": "check_v1", "en_name": "check-v1", "path": "/c" }));
        assert_eq!(fact.unwrap().page.id, "check_v1");
        let (fact, _) = read(&json!({ "id": "a", "path": "/c", "parameters_external": "https://example.com/guide" }));
        let fact = fact.unwrap();
        assert!(fact.page.outline && fact.unsaid[0].1.ends_with("refers to https://example.com/guide"));
    }

    #[test]
    fn what_nobody_knows_is_told() {
        let (fact, told) = read(&json!({ "id": "x" }));
        assert!(fact.is_none());
        assert_eq!(told, ["endpoints/a.json:1: the endpoint `x` has no `id` or no `path`; give it both"]);
        let (_, told) = read(&json!({
            "id": "x", "path": "/x", "body": [{ "name": "b", "type": "blob" }], "errcodes": [{ "code": "1" }],
        }));
        assert_eq!(
            told,
            [
                "endpoints/a.json:3: `params.b` of `x` has the type `blob`, which nobody knows; write one of the usual words",
                "endpoints/a.json:3: a code of `x` is no number; write the number into `code`",
            ]
        );
    }
}
