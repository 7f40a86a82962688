//! The words of `spec/events`: what WeChat pushes, and what it wants to hear.

use super::differs;
use super::field_words::{
    ANSWER, CONSTRAINTS, FIELD, FORM, FORM_OF_ANSWERS, MEMBER, PARAMETER, REQUEST, RESPONSE_WORDS,
};
use super::pattern;
use super::words::{DEPRECATED, Shape, TYPE, VALUE, Word, Words, may, must};

pub(crate) static EVENT_GROUP: Words = Words {
    name: "event_group",
    what: "a group of events",
    kin: &[],
    tables: &[&[
        must("group", Shape::Form(&pattern::SNAKE), "The file's name and the Rust module below `weapp::events`."),
        must("title", Shape::Text, "The official category."),
        must("about", Shape::Text, "What the events tell."),
        may("types", Shape::Map(&pattern::CAMEL, &Shape::Record(&TYPE)), "Types of this file only."),
        may(
            "replies",
            Shape::Map(&pattern::CAMEL, &Shape::Record(&SHARED_REPLY)),
            "Replies that several events of this file want.",
        ),
        must(
            "events",
            Shape::Map(&pattern::ID, &Shape::Record(&EVENT)),
            "Events by the value of `Event`, messages by that of `MsgType`.",
        ),
    ]],
};

pub(crate) static EVENT: Words = Words {
    name: "event",
    what: "an event",
    kin: &[],
    tables: &[&[
        must("title", Shape::Text, "The official title."),
        must("about", Shape::Text, "When it comes, and what to do."),
        must("docs", Shape::Form(&pattern::HTTPS), "The official page."),
        may("name", Shape::Form(&pattern::CAMEL), "The Rust struct; the key in UpperCamelCase when absent."),
        may(
            "kind",
            Shape::Choice(&["event", "message", "callback"]),
            "`message`: the key is a `MsgType`; `callback`: a signed HTTP callback, which has no head; `event` when absent.",
        ),
        may(
            "names",
            Shape::Either(&[
                Shape::List(&Shape::Form(&pattern::WORD)),
                Shape::Map(&pattern::ANY, &Shape::Either(&[Shape::Text, Shape::Record(&VALUE)])),
            ]),
            "All values of `Event` that share the struct, where there are several; the key is then a name of ours.",
        ),
        may(
            "answers",
            Shape::Either(&[Shape::Record(&ANSWERS), Shape::List(&Shape::Record(&ANSWERS))]),
            "The call whose outcome it tells, or several.",
        ),
        may("wrapper", Shape::Form(&pattern::WORD), "The object in which the event's own fields may stand."),
        may("distinct_by", Shape::List(&Shape::Text), "Own fields that tell two events of one user and second apart."),
        may("answer_within", Shape::Count, "Seconds that WeChat waits for the answer; 5 when absent."),
        may(
            "redeliveries",
            Shape::Count,
            "How often WeChat delivers it again until it is taken, where a page promises that; its handler's end is waited for, then.",
        ),
        may("fields", Shape::Map(&pattern::ANY, &Shape::Record(&EVENT_FIELD)), "What it has beside the head."),
        may(
            "reply",
            Shape::Either(&[Shape::Form(&pattern::CAMEL), Shape::Record(&REPLY)]),
            "What it wants to be answered with, or the name of one of `replies`; `success` when absent.",
        ),
        may("deprecated", Shape::Record(&DEPRECATED), "Marks the struct as deprecated."),
        may("note", Shape::Text, "A contradiction in the documentation, and what was decided."),
        may("differs", Shape::List(&differs::OF_EVENT), "What the page says otherwise, on purpose; see `note`."),
        must("example", Shape::Object, "One event as WeChat sends it in JSON, without the head."),
    ]],
};

static ANSWERS: Words = Words {
    name: "answers",
    what: "a call that an event answers",
    kin: &[],
    tables: &[&[
        must("call", Shape::Form(&pattern::ID), "The id of the call."),
        must("by", Shape::Text, "The field that the event shares with the call's response, or with its request."),
    ]],
};

static EVENT_FIELD: Words = Words {
    name: "event_field",
    what: "an event's field",
    kin: &[&REPLY_FIELD, &PARAMETER, &ANSWER, &MEMBER],
    tables: &[FIELD, FORM_OF_ANSWERS, RESPONSE_WORDS],
};

static REPLY: Words = Words { name: "reply", what: "a reply", kin: &[], tables: &[&[REPLY_NAME], &REPLY_WORDS] };

static SHARED_REPLY: Words =
    Words { name: "shared_reply", what: "a reply of several events", kin: &[&REPLY], tables: &[&REPLY_WORDS] };

const REPLY_NAME: Word =
    may("name", Shape::Form(&pattern::CAMEL), "The Rust struct; the event's and `Reply` when absent.");

static REPLY_WORDS: [Word; 3] = [
    may("about", Shape::Text, "What it says."),
    may("optional", Shape::Yes, "`success` will do as well."),
    must("fields", Shape::Map(&pattern::ANY, &Shape::Record(&REPLY_FIELD)), "What it holds."),
];

static REPLY_FIELD: Words = Words {
    name: "reply_field",
    what: "a reply's field",
    kin: &[&EVENT_FIELD, &PARAMETER, &MEMBER],
    tables: &[FIELD, FORM, REQUEST, REPLY_ONLY, CONSTRAINTS],
};

const REPLY_ONLY: &[Word] = &[
    may(
        "default_from",
        Shape::Form(&pattern::WORD),
        "The field of the event with which it is filled when absent, or `now`; can be set.",
    ),
    may("initial", Shape::Scalar, "The value that a new reply has; can be set."),
];
