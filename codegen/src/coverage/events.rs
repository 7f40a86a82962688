//! Counts what the comparison of pushed events came by.

use std::collections::BTreeSet;

use quick_xml::events::Event as Xml;
use serde_json::{Map, Value};

use super::count::{FieldTallies, State, Tally, state_of};
use super::examples::{Unknown, unknown_pushed};
use super::{Coverage, Remark, Row};
use crate::drift::events::{find, outcome, own, reply};
use crate::drift::met::Fate;
use crate::drift::spec::{Endpoint, Spec, text};
use crate::drift::{Kind, Purposes};
use crate::facts::{EventFact, Sample};
use crate::pages::PageField;

#[derive(Debug, Default)]
pub(super) struct Count {
    events: Tally,
    fields: FieldTallies,
    examples: Tally,
}

impl Count {
    /// `spec`: the events in the place of endpoints.
    pub(super) fn fact<'a>(&mut self, spec: &'a Spec<'a>, fact: &EventFact, coverage: &mut Coverage) {
        let name = fact.names.first().or(fact.titles.first()).map_or("", String::as_str);
        let Some(event) = find(spec, &fact.names, &fact.titles) else {
            return self.unknown(spec, name, fact, coverage);
        };
        let id = format!("{}.{}", event.group, event.id);
        let outcome = outcome(spec, event, &fact.fields, &fact.reply, &mut Purposes::default());
        self.events.compared(State::Same);
        for met in &outcome.met {
            self.fields.met(&id, event, met, &|what| state_of(&outcome, what), coverage);
        }
        for difference in outcome.differences.iter().filter(|one| one.kind != Kind::Removed) {
            coverage.unexplained.push(Remark {
                endpoint: id.clone(),
                what: difference.what.clone(),
                spec: difference.spec.clone(),
                documented: difference.page.clone(),
                remedy: difference.differs.clone(),
            });
        }
        // What the table has too is told of the table.
        let told: BTreeSet<_> =
            outcome.met.iter().filter(|met| !matches!(met.fate, Fate::Had(_))).map(|met| met.path.as_str()).collect();
        for (number, sample) in (1..).zip(&fact.examples) {
            self.sample(spec, event, &id, &format!("example {number}"), sample, &told, coverage);
        }
    }

    #[allow(clippy::too_many_arguments, reason = "an example's place, and what is known there")]
    fn sample<'a>(
        &mut self,
        spec: &'a Spec<'a>,
        event: &'a Endpoint<'a>,
        id: &str,
        name: &str,
        sample: &Sample,
        told: &BTreeSet<&str>,
        coverage: &mut Coverage,
    ) {
        let json = match read(sample) {
            Ok(json) => json,
            Err(error) => {
                self.examples.lacking(true);
                coverage.unsaid.push(Remark {
                    endpoint: id.to_owned(),
                    what: name.to_owned(),
                    spec: String::new(),
                    documented: error,
                    remedy: String::new(),
                });
                return;
            }
        };
        let found = if sample.reply {
            unknown_pushed(spec, event, "reply", &reply(event), &json)
        } else {
            unknown_pushed(spec, event, "fields", &own(event), &unwrapped(json, text(event.json, "wrapper")))
        };
        match found.iter().map(|one| one.on_purpose).min() {
            None => self.examples.compared(State::Same),
            Some(on_purpose) => self.examples.lacking(on_purpose),
        }
        for Unknown { path, on_purpose } in found.iter().filter(|one| !told.contains(one.path.as_str())) {
            let (list, documented, remedy) = if *on_purpose {
                (&mut coverage.left_out, format!("only {name} has it; see the `note`"), String::new())
            } else {
                let field = path.rsplit('.').next().unwrap_or(path);
                let remedy = format!("add it, or name `{field}` in a `note`, in backticks");
                (&mut coverage.unexplained, format!("in {name}"), remedy)
            };
            list.push(Remark { endpoint: id.to_owned(), what: path.clone(), spec: String::new(), documented, remedy });
        }
    }

    /// An event that the spec does not know of, or leaves out.
    fn unknown(&mut self, spec: &Spec<'_>, name: &str, fact: &EventFact, coverage: &mut Coverage) {
        fn all(fields: &[PageField]) -> usize {
            fields.iter().map(|field| 1 + all(&field.fields)).sum()
        }
        let reason = spec.uncovered.get(name).and_then(Value::as_str);
        self.events.lacking(reason.is_some());
        (0..all(&fact.fields) + all(&fact.reply)).for_each(|_| self.fields.fields.lacking(reason.is_some()));
        fact.examples.iter().for_each(|_| self.examples.lacking(reason.is_some()));
        let (list, documented, remedy) = match reason {
            Some(reason) => (&mut coverage.left_out, reason.to_owned(), String::new()),
            None => {
                let title = fact.titles.first().cloned().unwrap_or_default();
                (&mut coverage.unexplained, title, "write it into spec/events".to_owned())
            }
        };
        list.push(Remark {
            endpoint: format!("events.{name}"),
            what: "all of it".into(),
            spec: String::new(),
            documented,
            remedy,
        });
    }

    pub(super) fn rows(self) -> Vec<Row> {
        vec![
            self.events.row("events", "events of the facts; some are documented on several pages"),
            self.fields
                .fields
                .row("  fields", "fields of events and of their replies, nested ones too, the head included"),
            self.fields.types.row("  types", "fields of both: kind on the wire, list or not"),
            self.fields.required.row("  required marks", "fields of both that the page marks as required or not"),
            self.fields.values.row("  values of enums", "fields of both that are an enum and whose values are listed"),
            self.examples.row("  examples", "examples of events and replies all of whose fields the spec knows"),
        ]
    }
}

/// An example as JSON.
fn read(sample: &Sample) -> Result<Value, String> {
    if !sample.xml {
        return serde_json::from_str(&sample.raw).map_err(|error| format!("the example is not JSON: {error}"));
    }
    let mut reader = quick_xml::Reader::from_str(&sample.raw);
    reader.config_mut().trim_text(true);
    // The elements that are open, with what they hold so far.
    let mut open: Vec<(String, Map<String, Value>)> = vec![(String::new(), Map::new())];
    loop {
        let event = reader.read_event().map_err(|error| format!("the example is not XML: {error}"))?;
        match event {
            Xml::Start(start) => open.push((start.name().as_ref().to_owned(), Map::new())),
            Xml::End(_) => {
                let Some((name, inner)) = open.pop() else { break };
                let value = if inner.is_empty() { Value::from("") } else { Value::Object(inner) };
                let Some((_, outer)) = open.last_mut() else { break };
                match outer.get_mut(&name) {
                    Some(Value::Array(list)) => list.push(value),
                    Some(one) => *one = Value::Array(vec![one.take(), value]),
                    None => drop(outer.insert(name, value)),
                }
            }
            Xml::Eof => break,
            _ => {}
        }
    }
    match open.into_iter().next().and_then(|(_, mut whole)| whole.remove("xml")) {
        Some(whole @ Value::Object(_)) => Ok(whole),
        _ => Err("the example is no whole `<xml>`".into()),
    }
}

/// The fields of the wrapper, where there is one, beside the others.
fn unwrapped(mut json: Value, wrapper: &str) -> Value {
    if let Some(whole) = json.as_object_mut()
        && let Some(Value::Object(inner)) = whole.remove(wrapper)
    {
        whole.extend(inner);
    }
    json
}
