//! What WeChat pushes, and the replies it wants.

use expect_test::expect;

use super::*;

/// Checks a file of events whose first three lines are right, beside a call that answers `id`; `yaml` starts on line 4.
#[track_caller]
fn check_events(yaml: &str, expected: &Expect) {
    let call = format!(
        "endpoints:\n{}    response:\n      fields:\n        id: {{ type: string }}\n",
        endpoint("getX", "get_x", "/x")
    );
    check(&[("api/g.yaml", &group(&call)), ("events/e.yaml", &group(yaml).replace("group: g", "group: e"))], expected);
}

/// Checks an event with one field `id`; `words` start on line 11 and are indented by four.
#[track_caller]
fn check_event(words: &str, expected: &Expect) {
    let event = event("happened", "{ id: a }");
    check_events(
        &format!("events:\n{event}    fields:\n      id: {{ type: string, always: true }}\n{words}"),
        expected,
    );
}

/// Five lines.
fn event(key: &str, example: &str) -> String {
    format!("  {key}:\n    title: 事\n    about: It happened.\n    docs: https://a.b/c\n    example: {example}\n")
}

#[test]
fn a_small_event_is_right() {
    check_event(
        "",
        &expect![[r#"
        nothing
    "#]],
    );
}

#[test]
fn an_event_has_its_words_only() {
    check_event(
        "    path: /x\n    kind: push\n    answer_within: 0\n    redeliveries: 101\n    name: Happened\n    differs: [params.x]\n",
        &expect![[r#"
            spec/events/e.yaml:12: `path` is no word of an event; the words of an event are `title`, `about`, `docs`, `name`, `kind`, `names`, `answers`, `wrapper`, `distinct_by`, `answer_within`, `redeliveries`, `fields`, `reply`, `deprecated`, `note`, `differs`, `example`
            spec/events/e.yaml:13: `kind` cannot be `push`; write one of `event`, `message`, `callback`
            spec/events/e.yaml:14: `answer_within` is 0, out of reach; write the seconds, from 1 to 60
            spec/events/e.yaml:15: `redeliveries` is 101, out of reach; write the number of times, from 1 to 100
            spec/events/e.yaml:16: `name: Happened` says what `happened` gives anyway; remove `name`
            spec/events/e.yaml:17: an element of `differs` is `params.x`, not what the page of an event can say otherwise; copy it from `cargo xtask drift`: `page` where it has none, `names`, `+fields.a.b` or `+reply.a.b` for what only the page has, `-fields.a` or `-reply.a` for what it has not
        "#]],
    );
    check_events(
        "events:\n  happened:\n    title: 事\n",
        &expect![[r#"
        spec/events/e.yaml:5: `happened` has no `about`; add `about:`, a text
        spec/events/e.yaml:5: `happened` has no `docs`; add `docs:`, an https address
        spec/events/e.yaml:5: `happened` has no `example`; add `example:`, a map
    "#]],
    );
    check(
        &[("events/e.yaml", "group: f\nabout: A.\ntitle: 题\nevents: {}\n"), ("events/x.txt", "")],
        &expect![[r#"
        spec/events/e.yaml:1: the group is `f` and the file is `e.yaml`; give both the same name
        spec/events/e.yaml:4: `events` is empty; fill it, or leave the word out
        spec/events/x.txt:1: not a group; name it `<group>.yaml`, or move it elsewhere
    "#]],
    );
    check(
        &[("events/mod.yaml", &format!("group: mod\nabout: A.\ntitle: 题\nevents:\n{}", event("x", "{}")))],
        &expect![[r#"
            spec/events/mod.yaml:1: no group of events can be named `mod`: that is a keyword of Rust; rename the group and the file
        "#]],
    );
}

#[test]
fn a_field_that_is_named_is_there() {
    check_event(
        "      list: { type: \"[string]\" }\n    distinct_by: [ids, list, id, id]\n    answers: [{ call: getX, by: list }, { call: getY, by: id }, { call: getX, by: ib }]\n",
        &expect![[r#"
            spec/events/e.yaml:13: `distinct_by` names `id` twice; remove one of both
            spec/events/e.yaml:13: `distinct_by` names `ids`, which is no own field of the event; did you mean `id`?
            spec/events/e.yaml:13: `distinct_by` names `list`, a `[string]`; name a field that holds one text or number
            spec/events/e.yaml:14: `answers` goes by `ib`, which `getX` neither answers nor is given; name a field of the call's response, or a parameter
            spec/events/e.yaml:14: `answers` goes by `ib`, which is no own field of the event; name an own field of the event
            spec/events/e.yaml:14: `answers` goes by `list`, which `getX` neither answers nor is given; name a field of the call's response, or a parameter
            spec/events/e.yaml:14: `answers` names the call `getY`, which is no id; did you mean `getX`?
        "#]],
    );
    check_event(
        "    wrapper: id\n",
        &expect![[r#"
        spec/events/e.yaml:12: `id` is both a field and the wrapper of fields; remove one of both
    "#]],
    );
    check_events(
        &format!("events:\n{}    wrapper: w\n", event("x", "{}")),
        &expect![[r#"
        spec/events/e.yaml:10: `x` has no fields of its own for a wrapper to hold; remove `wrapper`, or add `fields`
    "#]],
    );
}

#[test]
fn the_head_is_everywhere_but_in_callbacks() {
    check_event(
        "      MsgType: { type: string }\n      create_time: { type: timestamp }\n      FromUserName: { type: string }\n",
        &expect![[r#"
            spec/events/e.yaml:12: `MsgType` selects the struct, and is a field of each event; remove it
            spec/events/e.yaml:13: `create_time` has the Rust name `create_time`, which is a field of each event; give it another name with `rust:`
        "#]],
    );
    check_event(
        "    kind: callback\n    wrapper: w\n",
        &expect![[r#"
        spec/events/e.yaml:13: `happened` is a callback, whose fields stand by themselves; remove `wrapper`, or make the object a field
    "#]],
    );
    check_event(
        "      create_time: { type: timestamp }\n      Event: { type: string }\n    kind: callback\n",
        &expect![[r#"
            nothing
        "#]],
    );
}

#[test]
fn several_names_are_of_events_and_each_of_one() {
    check_event(
        "    kind: message\n    names: [a, b]\n",
        &expect![[r#"
        spec/events/e.yaml:13: `happened` is no event, and has no `names`; make each its own, and remove `names`
    "#]],
    );
    check_event(
        "    names: [a]\n",
        &expect![[r#"
        spec/events/e.yaml:12: `names` of `happened` holds one name; make that the key, and remove `names`
    "#]],
    );
    let two = |first: &str, second: &str| {
        format!("events:\n{}    names: {first}\n{}    names: {second}\n", event("x", "{}"), event("y", "{ Event: q }"))
    };
    check_events(
        &two("[a, b]", "{ b: It is b., c: { name: A, about: It is c. }, a-b: { name: A, about: X. } }"),
        &expect![[r#"
            spec/events/e.yaml:15: `Event` of the example is the text `q`, not one of `b`, `c`, `a-b`; correct the example
            spec/events/e.yaml:16: `b` means `x` at spec/events/e.yaml:5 already; name it in one event only
            spec/events/e.yaml:16: two values of `y` are named `A`; give one of both another `name`
        "#]],
    );
    check_events(
        &format!("events:\n{}{}    kind: message\n", event("text", "{}"), event("text2", "{}")),
        &expect![[r#"
        nothing
    "#]],
    );
}

#[test]
fn events_replies_and_types_have_names_of_their_own() {
    let reply = "    reply:\n      name: Thing\n      fields:\n        a: { type: i64 }\n";
    check_events(
        &format!(
            "types:\n  Happened: {{ about: T., fields: {{ a: {{ type: i64 }} }} }}\nevents:\n{}    fields:\n      a: {{ type: Happened }}\n{}{reply}{}    name: Success\n",
            event("happened", "{}"),
            event("thing", "{}"),
            event("more", "{}")
        ),
        &expect![[r#"
            spec/events/e.yaml:5: the type has the same name `Happened` as what stands at spec/events/e.yaml:7; rename the type
            spec/events/e.yaml:20: a reply has the same name `Thing` as what stands at spec/events/e.yaml:14; choose another `name`
            spec/events/e.yaml:28: what is pushed cannot be named `Success`: that is a name of the sdk's push messages; choose another `name`
        "#]],
    );
    let other = format!("group: f\ntitle: 组\nabout: A.\nevents:\n{}", event("x", "{}"));
    let group =
        format!("group: e\ntitle: 组\nabout: A.\nevents:\n{}{}    name: Shared\n", event("x", "{}"), event("z", "{}"));
    let types = "types:\n  Shared: { about: T., values: { a: A. } }\n";
    check(
        &[("events/e.yaml", &group), ("events/f.yaml", &other), ("types.yaml", types)],
        &expect![[r#"
        spec/events/e.yaml:15: what is pushed has the name of the shared type `Shared` at spec/types.yaml:2; choose another `name`
        spec/events/f.yaml:5: the event `x` is taken by spec/events/e.yaml:5; remove one of both, or make one event with `kind` or `names`
        spec/events/f.yaml:5: what is pushed has the same name `X` as what stands at spec/events/e.yaml:5; choose another `name`
        spec/types.yaml:2: no endpoint uses the type `Shared`; remove it
    "#]],
    );
}

#[test]
fn a_reply_is_filled_from_what_is_there() {
    check_event(
        "    reply:\n      optional: true\n      fields:\n        a: { type: i64, default_from: now }\n        b: { type: string, default_from: FromUser }\n        c: { type: secret, default_from: id }\n        d: { type: string, initial: 1 }\n        e: { type: string, fixed: x, initial: y }\n        f: { type: file }\n        g: { type: string, always: true }\n",
        &expect![[r#"
            spec/events/e.yaml:15: `a` is filled with a `timestamp` and has another type; write `type: timestamp`
            spec/events/e.yaml:16: `default_from` names `FromUser`, which is no field of `happened`; name a field of the event, or `now`
            spec/events/e.yaml:17: `default_from` names `id` of `happened`, a `string`; name a field of the same type, a string or a secret
            spec/events/e.yaml:18: `initial` of `d` is the number 1, not a text; write a value of the field's type
            spec/events/e.yaml:19: `initial` and `fixed` of `e` contradict each other; remove one of both
            spec/events/e.yaml:20: `f` is `file`, and a file is a part of a form by itself; make it a parameter of type `file`
            spec/events/e.yaml:21: `always` belongs to an event's field, not to a reply's field; remove it
        "#]],
    );
    check_event(
        "    reply: Ok\n",
        &expect![[r#"
        spec/events/e.yaml:12: `reply` names `Ok`, which is none of the file's `replies`; define it under `replies`, or write the reply here
    "#]],
    );
    let event = event("happened", "{}");
    check_events(
        &format!(
            "replies:\n  Verdict:\n    fields:\n      a: {{ type: string, default_from: id }}\n  Other:\n    name: X\n    fields: {{ a: {{ type: u8, initial: 300 }} }}\nevents:\n{event}    reply: Verdict\n{}    reply: Verdic\n",
            event.replace("happened", "again")
        ),
        &expect![[r#"
            spec/events/e.yaml:7: `default_from` names `id`, which is no field of `happened`; name a field of the event, or `now`
            spec/events/e.yaml:8: no event wants the reply `Other`; remove it
            spec/events/e.yaml:9: `name` belongs to a reply, not to a reply of several events; remove it
            spec/events/e.yaml:9: a reply cannot be named `Other`: that is a name of the sdk's push messages; choose another `name`
            spec/events/e.yaml:10: `initial` of `a` is the number 300, not a whole number from 0 to 255; write a value of the field's type
            spec/events/e.yaml:23: `reply` names `Verdic`, which is none of the file's `replies`; did you mean `Verdict`?
        "#]],
    );
}

#[test]
fn a_filled_struct_is_of_calls() {
    check(
        &[
            (
                "api/g.yaml",
                &group(&format!(
                    "endpoints:\n{}    params:\n      s: {{ type: S }}\n",
                    endpoint("getX", "get_x", "/x")
                )),
            ),
            (
                "types.yaml",
                "types:\n  S: { about: T., fields: { a: { type: string, default_from: official_account_appid } } }\n",
            ),
            (
                "events/e.yaml",
                &format!(
                    "group: e\ntitle: 组\nabout: A.\nevents:\n{}    reply:\n      fields:\n        s: {{ type: S }}\n",
                    event("x", "{}")
                ),
            ),
        ],
        &expect![[r#"
            spec/events/e.yaml:10: `XReply` holds a struct with `default_from`, which no reply fills in; hold a type of its own
        "#]],
    );
}

#[test]
fn an_example_is_an_event_that_can_come() {
    let fields = "    fields:\n      id: { type: string, always: true }\n      n: { type: u32 }\n      b: { type: bool }\n      t: { type: T, wire: json }\n      l: { type: \"[T]\" }\n      f: { type: f64 }\n";
    let types = "types:\n  T: { about: T., fields: { a: { type: i64, always: true } } }\n";
    for (example, expected) in [
        (
            "{ id: 1, n: \"2\", b: 1, t: '{\"a\":1}', l: { a: \"1\" }, f: \"0.5\" }",
            expect![[r#"
            nothing
        "#]],
        ),
        (
            "{ id: 1, n: \"2\", b: \"1\", t: { a: 1 }, l: [] }",
            expect![[r#"
            nothing
        "#]],
        ),
        (
            "{ n: x, b: 2, t: x, l: 1, ToUserName: gh }",
            expect![[r#"
            spec/events/e.yaml:11: `b` of the example is the number 2, not a `bool`; correct the example
            spec/events/e.yaml:11: `l` of the example is the number 1, not a `[T]`; correct the example
            spec/events/e.yaml:11: `n` of the example is the text `x`, not a `u32`; correct the example
            spec/events/e.yaml:11: `t` of the example is the text `x`, not a `T`; correct the example
            spec/events/e.yaml:11: the example gives `ToUserName`, which is no field; remove it, or add the field
            spec/events/e.yaml:11: the example lacks `id`, which is always there; add it
        "#]],
        ),
        (
            "{ id: [], l: {}, f: x }",
            expect![[r#"
            spec/events/e.yaml:11: `f` of the example is the text `x`, not a `f64`; correct the example
            spec/events/e.yaml:11: `id` of the example is a list, not a `string`; correct the example
            spec/events/e.yaml:11: the example lacks `l[0].a`, which is always there; add it
        "#]],
        ),
    ] {
        check_events(&format!("{types}events:\n{}{fields}", event("happened", example)), &expected);
    }
}

#[test]
fn what_no_event_uses_is_told() {
    check_events(
        &format!(
            "types:\n  T: {{ about: T., values: {{ a: A. }} }}\n  U: {{ about: T., fields: {{ a: {{ type: U }}, b: {{ type: i64, required: true }} }} }}\nevents:\n{}    fields:\n      u: {{ type: U }}\n      f: {{ type: file }}\n",
            event("happened", "{}")
        ),
        &expect![[r#"
            spec/events/e.yaml:5: no event uses the type `T`; remove it
            spec/events/e.yaml:6: `U` holds itself (U > U); hold it in a list, or use `json`
            spec/events/e.yaml:6: `required` has no effect: `U` is only answered, never sent; remove it
            spec/events/e.yaml:15: an event cannot hold `file`; use the type of what WeChat answers, such as `string`
        "#]],
    );
}
