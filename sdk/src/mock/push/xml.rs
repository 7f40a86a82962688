//! Push messages and their replies as XML: written as WeChat writes it, and read strictly.

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// An object as a document. Texts become CDATA, a list repeats its element.
pub(super) fn write(fields: &Map<String, Value>) -> String {
    let mut out = String::from("<xml>");
    for (name, value) in fields {
        element(&mut out, name, value);
    }
    out + "</xml>"
}

fn element(out: &mut String, name: &str, value: &Value) {
    let content = match value {
        Value::Null => return,
        Value::Array(items) => return items.iter().for_each(|item| element(out, name, item)),
        Value::Object(fields) => {
            let mut inner = String::new();
            fields.iter().for_each(|(name, value)| element(&mut inner, name, value));
            inner
        }
        // What would end the section is spread over two.
        Value::String(text) => format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>")),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    out.push_str(&format!("<{name}>{content}</{name}>"));
}

/// A document as JSON: elements with elements in them as objects, others as texts, repeated ones as lists.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut reader = quick_xml::Reader::from_str(text);
    // From the outermost element to the one that is being read: name, fields, text.
    let mut open: Vec<(String, Map<String, Value>, String)> = Vec::new();
    loop {
        let event = reader.read_event().map_err(|error| format!("is not well-formed XML: {error}"))?;
        let (start, ends) = match &event {
            Event::Start(start) => (Some(start), false),
            Event::Empty(start) => (Some(start), true),
            Event::End(_) => (None, true),
            Event::Eof => return Err("is XML that ends in the middle".to_owned()),
            _ => (None, false),
        };
        if let Some(start) = start {
            open.push((start.name().as_ref().to_owned(), Map::new(), String::new()));
        }
        if let Some((_, _, content)) = open.last_mut() {
            match &event {
                Event::Text(text) => content.push_str(text),
                Event::CData(text) => content.push_str(text),
                Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                    Ok(Some(character)) => content.push(character),
                    _ => content.push_str(resolve_xml_entity(reference).ok_or("is XML with an unknown entity")?),
                },
                _ => {}
            }
        }
        if !ends {
            continue;
        }
        let Some((name, fields, text)) = open.pop() else { return Err("is not well-formed XML".to_owned()) };
        let value = if fields.is_empty() { Value::String(text) } else { Value::Object(fields) };
        let Some((_, outer, _)) = open.last_mut() else { return Ok(value) };
        match outer.get_mut(&name) {
            None => drop(outer.insert(name, value)),
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_reads() {
        let json =
            json!({"a": "x ]]> <y> & z", "b": 7, "c": {"d": [{"e": 1}, {"e": "2"}]}, "f": null, "g": true, "h": ""});
        let text = write(json.as_object().unwrap());
        assert!(text.contains("<b>7</b><c><d><e>1</e></d><d><e><![CDATA[2]]></e></d></c>"), "{text}");
        let read = read(&text).unwrap();
        let wanted =
            json!({"a": "x ]]> <y> & z", "b": "7", "c": {"d": [{"e": "1"}, {"e": "2"}]}, "g": "true", "h": ""});
        assert_eq!(read, wanted);
    }

    #[test]
    fn entities_and_damage() {
        assert_eq!(read("<xml><a>&lt;&#20320;</a><b/></xml>"), Ok(json!({"a": "<你", "b": ""})));
        for damaged in ["", "<xml>", "<xml><a></xml>", "<xml>&x;</xml>"] {
            assert!(read(damaged).is_err(), "{damaged}");
        }
    }
}
