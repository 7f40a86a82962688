//! What WeChat pushes.

use expect_test::expect;

use super::{EVENTS, check};

#[test]
fn events_come_and_go() {
    let gone = EVENTS.find("  thing_gone").unwrap();
    let seen = EVENTS.find("  thing_seen").unwrap();
    check(
        &[(&EVENTS[gone..seen], ""), ("types:\n  Cause:\n    about: Why.\n    values:\n      bored: Boredom.\n", "")],
        &expect![[r#"
            major Removed `events::ThingGone`: 事物消失 (`thing_gone`)
            major Removed `events::pushed::Cause`: enum of texts
        "#]],
        &expect![[r#"
            minor Added `events::ThingGone`: 事物消失 (`thing_gone`)
            minor Added `events::pushed::Cause`: enum of texts
        "#]],
    );
    check(
        &[("  thing_gone:\n", "  thing_left:\n    name: ThingGone\n")],
        &expect![[r#"
            minor Added `events::ThingGone`: comes for `thing_left`
            major Removed `events::ThingGone`: does not come for `thing_gone` any more
        "#]],
        &expect![[r#"
            minor Added `events::ThingGone`: comes for `thing_gone`
            major Removed `events::ThingGone`: does not come for `thing_left` any more
        "#]],
    );
    check(
        &[("  thing_gone:\n", "  thing_gone:\n    name: Vanished\n    kind: message\n")],
        &expect![[r#"
            major Changed `events::Vanished`: was `events::ThingGone`
            major Changed `events::Vanished`: comes as `message` instead of `event`
            patch Changed `events::Vanished`: documentation of field `FromUserName`: about
        "#]],
        &expect![[r#"
            major Changed `events::ThingGone`: was `events::Vanished`
            major Changed `events::ThingGone`: comes as `event` instead of `message`
            patch Changed `events::ThingGone`: documentation of field `FromUserName`: about
        "#]],
    );
}

#[test]
fn what_an_event_says() {
    check(
        &[
            ("thing: { type: u64, always: true }", "thing: { type: u64 }\n      more: { type: string }"),
            ("    names: [thing_came, thing_passed]\n", "    names: [thing_came, thing_left]\n    answer_within: 3\n"),
            ("    distinct_by: [seen]\n", ""),
            ("about: A thing is seen.", "about: It is seen.\n    deprecated: { since: \"1\", instead: nothing }"),
            ("bored: Boredom.", "bored: Boredom.\n      tired: Fatigue."),
        ],
        &expect![[r#"
            minor Added `events::ThingGone`: field `more` (string)
            major Changed `events::ThingGone`: field `thing` is `Option<u64>` in Rust instead of `u64`
            minor Added `events::ThingSeen`: comes for `thing_left`
            major Removed `events::ThingSeen`: does not come for `thing_passed` any more
            minor Changed `events::ThingSeen`: has another `distinct_by`
            minor Changed `events::ThingSeen`: has another `answer_within`
            minor Deprecated `events::ThingSeen`: since 1; instead: nothing
            patch Changed `events::ThingSeen`: documentation: about
            minor Added `events::pushed::Cause`: value `Tired` (`tired`)
            minor Added `events::pushed::ThingSeenEvent`: value `ThingLeft` (`thing_left`)
            major Removed `events::pushed::ThingSeenEvent`: value `ThingPassed` (`thing_passed`)
        "#]],
        &expect![[r#"
            major Changed `events::ThingGone`: field `thing` is `u64` in Rust instead of `Option<u64>`
            major Removed `events::ThingGone`: field `more`
            minor Added `events::ThingSeen`: comes for `thing_passed`
            major Removed `events::ThingSeen`: does not come for `thing_left` any more
            minor Changed `events::ThingSeen`: has another `distinct_by`
            minor Changed `events::ThingSeen`: has another `answer_within`
            minor Changed `events::ThingSeen`: is not deprecated any more
            patch Changed `events::ThingSeen`: documentation: about
            major Removed `events::pushed::Cause`: value `Tired` (`tired`)
            minor Added `events::pushed::ThingSeenEvent`: value `ThingPassed` (`thing_passed`)
            major Removed `events::pushed::ThingSeenEvent`: value `ThingLeft` (`thing_left`)
        "#]],
    );
}

#[test]
fn what_an_event_wants_to_hear() {
    check(
        &[(
            "      Code: { type: i64, initial: 0 }\n",
            "      Code: { type: i64, initial: 1, required: true }\n      Since: { type: timestamp, required: true, default_from: now }\n",
        )],
        &expect![[r#"
            minor Changed `events::Taken`: its fields have another `default_from`
            minor Changed `events::Taken`: its fields have another `initial`
            minor Added `events::Taken`: field `Since` (timestamp)
        "#]],
        &expect![[r#"
            minor Changed `events::Taken`: its fields have another `default_from`
            minor Changed `events::Taken`: its fields have another `initial`
            major Removed `events::Taken`: field `Since`
        "#]],
    );
    check(
        &[
            ("  Taken:\n", "  Taken:\n    optional: true\n    about: It is taken.\n"),
            ("      Text: { type: string }", "      Text: { type: string, required: true }"),
        ],
        &expect![[r#"
            major Changed `events::Taken`: `success` will do as well
            patch Changed `events::Taken`: documentation: about
            major Changed `events::Taken`: field `Text` is required
            major Changed `events::Taken`: `new` takes `text` instead of nothing
        "#]],
        &expect![[r#"
            major Changed `events::Taken`: `success` will not do any more
            patch Changed `events::Taken`: documentation: about
            minor Changed `events::Taken`: field `Text` is not required any more
            major Changed `events::Taken`: `new` takes nothing instead of `text`
        "#]],
    );
    check(
        &[
            ("    reply: Taken\n", "    reply:\n      name: Seen\n      fields:\n        Code: { type: i64 }\n"),
            (
                "replies:\n  Taken:\n    fields:\n      Code: { type: i64, initial: 0 }\n      Text: { type: string }\n",
                "",
            ),
        ],
        &expect![[r#"
            major Changed `events::ThingSeen`: is answered with `Seen` instead of `Taken`
            minor Added `events::Seen`: reply
            major Removed `events::Taken`: reply
        "#]],
        &expect![[r#"
            major Changed `events::ThingSeen`: is answered with `Taken` instead of `Seen`
            minor Added `events::Taken`: reply
            major Removed `events::Seen`: reply
        "#]],
    );
}
