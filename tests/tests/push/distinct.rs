//! What tells two events apart, and what a redelivery shares with the first delivery.

use contract_tests::kinds::kind;
use contract_tests::make::{Flavor, Maker};
use contract_tests::push::{BOTH, Server, document};
use contract_tests::spec::{Event, Spec, Ty, TypeDef};
use contract_tests::tally::Tally;
use contract_tests::wire_form;
use serde_json::{Map, Value, json};

use crate::{ids, message, pushed};

/// Another value of the same type.
fn another(spec: &Spec, ty: &Ty, value: &Value) -> Value {
    match (ty, value) {
        (Ty::Named(number), _) => match &spec.types[*number] {
            TypeDef::TextEnum(values) => json!(values.iter().find(|other| value != &json!(other))),
            TypeDef::IntEnum(values) => json!(values.iter().find(|other| value != &json!(other))),
            TypeDef::Struct(_) => panic!("structs tell nothing apart"),
        },
        (_, Value::String(text)) => json!(format!("{text}2")),
        (_, Value::Number(number)) => json!(number.as_i64().expect("a whole number") - 1),
        other => panic!("{other:?} tells nothing apart"),
    }
}

fn own(spec: &Spec, event: &Event) -> Map<String, Value> {
    let own = Maker { answer: true, ..Maker::new(spec, Flavor::Rich(0)) }.object(&event.fields, &[], &[]);
    wire_form::written(spec, &event.fields, &own)
}

#[test]
fn what_differs_is_another_event_and_what_is_the_same_is_not() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("what tells events apart"));
    for event in pushed(spec) {
        let (id, meta, own) = (&event.id, kind(&event.id).meta, own(spec, event));
        let by_id = own.contains_key("MsgId");
        for (written, wrapped) in BOTH.into_iter().flat_map(|written| [(written, false), (written, true)]) {
            tally.case(id);
            let key = |own: Map<String, Value>| {
                let whole = message(event, own, wrapped);
                server.open(document(&whole, written)).unwrap().distinct(meta)
            };
            let first = key(own.clone());
            tally.equal(id, "a redelivery", &first, &key(own.clone()));
            let sealed = document(&message(event, own.clone(), wrapped), written);
            let sealed = server.open_sealed(sealed.as_bytes(), written).unwrap().distinct(meta);
            tally.equal(id, "a redelivery, encrypted", &first, &sealed);
            for field in &event.fields {
                let counts = match by_id {
                    true => field.wire == "MsgId",
                    false => event.distinct_by.is_empty() || event.distinct_by.contains(&field.wire),
                };
                if spec.fields(&field.ty).is_some()
                    || matches!(field.ty, Ty::List(_) | Ty::Bool | Ty::F64)
                    || field.wire_form.is_some()
                {
                    assert!(!event.distinct_by.contains(&field.wire), "{id}: {} tells nothing apart", field.wire);
                    continue;
                }
                let mut other = own.clone();
                other.insert(field.wire.clone(), another(spec, &field.ty, &own[&field.wire]));
                tally.equal(id, &format!("another {}", field.wire), counts, key(other) != first);
                let mut less = own.clone();
                less.remove(&field.wire);
                if counts {
                    tally.equal(id, &format!("no {}", field.wire), true, key(less) != first);
                }
            }
            let of_head = ["ToUserName", "FromUserName"].into_iter().chain((!by_id).then_some("CreateTime"));
            for name in of_head {
                let mut whole = message(event, own.clone(), wrapped);
                whole.insert(name.to_owned(), json!("1700000001"));
                let other = server.open(document(&whole, written)).unwrap().distinct(meta);
                tally.equal(id, &format!("another {name}"), true, other != first);
            }
        }
    }
    tally.finish(ids(pushed(spec)));
}
