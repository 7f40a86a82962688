//! The SDK has the events of the spec, no more and no less, and says of each what the spec says.

use std::collections::BTreeSet;

use contract_tests::kinds::{self, kind};
use contract_tests::replies;
use contract_tests::spec::{EventKind, Spec};
use contract_tests::tally::Tally;
use weapp::events::Event;
use weapp::push;

#[test]
fn the_sdk_has_the_events_of_the_spec() {
    let spec: Vec<&str> = Spec::get().events.iter().map(|event| event.id.as_str()).collect();
    let sdk: Vec<&str> = Event::ALL.iter().map(|meta| meta.id).collect();
    let tested: Vec<&str> = kinds::ALL.iter().map(|kind| kind.meta.id).collect();
    assert!(!spec.is_empty());
    for other in [&sdk, &tested] {
        assert_eq!(spec.iter().collect::<BTreeSet<_>>(), other.iter().collect::<BTreeSet<_>>());
        assert_eq!(spec.len(), other.len(), "an id stands twice");
    }
    println!("events: {}", spec.len());
}

#[test]
fn the_replies_of_the_spec_are_tested() {
    let spec: BTreeSet<&str> =
        Spec::get().events.iter().filter_map(|event| Some(&*event.reply.as_ref()?.name)).collect();
    assert_eq!(spec, replies::ALL.iter().copied().collect());
    println!("replies: {}", spec.len());
}

#[test]
fn every_event_says_of_itself_what_the_spec_says() {
    let (spec, mut tally) = (Spec::get(), Tally::new("what events say of themselves"));
    for event in &spec.events {
        let (id, meta) = (&event.id, kind(&event.id).meta);
        tally.case(id);
        let of_kind = match meta.kind {
            push::EventKind::Event => EventKind::Event,
            push::EventKind::Message => EventKind::Message,
            push::EventKind::Callback => EventKind::Callback,
            _ => panic!("{id}: {:?}", meta.kind),
        };
        tally.equal(id, "kind", event.kind, of_kind);
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        tally.equal(id, "names", event.names.clone(), owned(meta.names));
        tally.equal(id, "wrapper", event.wrapper.as_deref(), meta.wrapper);
        tally.equal(id, "distinct_by", event.distinct_by.clone(), owned(meta.distinct_by));
        tally.equal(id, "answers", event.answers.clone(), owned(meta.answers));
        tally.equal(id, "answer_within", event.answer_within, meta.answer_within);
        tally.equal(id, "redeliveries", event.redeliveries, meta.redeliveries);
        let of_reply = match &event.reply {
            None => "Success".to_owned(),
            Some(reply) if reply.optional => format!("ReplyOr<{}>", reply.name),
            Some(reply) => reply.name.clone(),
        };
        tally.equal(id, "reply", of_reply, without_paths((kind(id).reply)()));
    }
    tally.finish(super::ids(spec.events.iter()));
}

/// The name of a type, without the modules that it stands in.
fn without_paths(name: &str) -> String {
    let each = name.split('<').map(|part| part.rsplit("::").next().unwrap_or_default());
    each.collect::<Vec<_>>().join("<")
}
