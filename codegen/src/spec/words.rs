//! The language: every word, where it may stand and what its value looks like.
//!
//! The reader refuses by these tables and the JSON Schema is made from them, so that the two cannot differ.

use super::differs;
use super::field_words::{ANSWER, MEMBER, PARAMETER};
use super::pattern::{self, Pattern};

/// The words of one place, such as an endpoint.
#[derive(Debug)]
pub(crate) struct Words {
    /// Its name in the JSON Schema.
    pub(crate) name: &'static str,
    /// How a message names the place: "a parameter".
    pub(crate) what: &'static str,
    /// In the order in which they are documented.
    pub(crate) tables: &'static [&'static [Word]],
    /// Similar places: a word that belongs there is told as such.
    pub(crate) kin: &'static [&'static Words],
}

#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
    /// For editors.
    pub(crate) about: &'static str,
}

/// What a value looks like.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Any text that is not empty.
    Text,
    /// A text of a form.
    Form(&'static Pattern),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true`; leaving the word out says the opposite.
    Yes,
    /// A whole number.
    Int,
    /// A whole number that is not negative.
    Count,
    /// A bool, a number or a text.
    Scalar,
    /// `FROM..TO`
    Range,
    /// The name of a type, `[T]` or `map<T>`.
    Type,
    /// Any map.
    Object,
    /// Nothing at all, as behind `40001:`.
    Nothing,
    /// A list that is not empty.
    List(&'static Shape),
    /// A map with free keys of a form; not empty.
    Map(&'static Pattern, &'static Shape),
    /// A map with these words.
    Record(&'static Words),
    /// The first shape that a value of its kind can have.
    Either(&'static [Shape]),
}

impl Words {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Word> {
        self.tables.iter().flat_map(|table| table.iter())
    }

    pub(crate) fn find(&self, name: &str) -> Option<&'static Word> {
        self.iter().find(|word| word.name == name)
    }
}

pub(super) const fn must(name: &'static str, shape: Shape, about: &'static str) -> Word {
    Word { name, required: true, shape, about }
}

pub(super) const fn may(name: &'static str, shape: Shape, about: &'static str) -> Word {
    Word { name, required: false, shape, about }
}

pub(crate) const KINDS: [&str; 13] = [
    "busy",
    "token",
    "credential",
    "permission",
    "quota",
    "rate",
    "parameter",
    "content",
    "user",
    "duplicate",
    "not_found",
    "account",
    "retired",
];

const RETRIES: [&str; 3] = ["never", "soon", "later"];

pub(crate) static GROUP: Words = Words {
    name: "group",
    what: "a group",
    kin: &[],
    tables: &[&[
        must("group", Shape::Form(&pattern::SNAKE), "The file's name, the Rust module, the cargo feature."),
        must("title", Shape::Text, "The official category."),
        must("about", Shape::Text, "What the group is for."),
        may("core", Shape::Yes, "The runtime itself needs it: it has no feature and is always there."),
        may("types", Shape::Map(&pattern::CAMEL, &Shape::Record(&TYPE)), "Types of this group only."),
        may(
            "errcodes",
            Shape::Map(&pattern::NUMBER, &Shape::Record(&ERRCODE)),
            "Codes that mean this in the whole group; they win over errcodes.yaml.",
        ),
        may(
            "common_errcodes",
            Shape::List(&Shape::Int),
            "Codes that every endpoint of the group may answer beside its own `errcodes`.",
        ),
        must(
            "endpoints",
            Shape::Map(&pattern::ID, &Shape::Record(&ENDPOINT)),
            "Endpoints by their official English name, or `name__group`.",
        ),
    ]],
};

pub(crate) static TYPES_FILE: Words = Words {
    name: "types",
    what: "types.yaml",
    kin: &[],
    tables: &[&[
        may("charsets", Shape::Map(&pattern::SNAKE, &Shape::Record(&CHARSET)), "Character sets for `charset`."),
        may("types", Shape::Map(&pattern::CAMEL, &Shape::Record(&TYPE)), "Types that several groups share."),
    ]],
};

pub(crate) static ERRCODES_FILE: Words = Words {
    name: "errcodes",
    what: "errcodes.yaml",
    kin: &[],
    tables: &[&[may(
        "errcodes",
        Shape::Map(&pattern::NUMBER, &Shape::Record(&ERRCODE)),
        "The codes that any endpoint may answer.",
    )]],
};

pub(crate) static UNCOVERED_FILE: Words = Words {
    name: "uncovered",
    what: "uncovered.yaml",
    kin: &[],
    tables: &[&[must(
        "uncovered",
        Shape::Map(&pattern::ID, &Shape::Text),
        "Endpoints that WeChat documents and the spec leaves out, by their official English name, with the reason.",
    )]],
};

static CHARSET: Words = Words {
    name: "charset",
    what: "a character set",
    kin: &[],
    tables: &[&[
        must("chars", Shape::Text, "`0-9`, `A-Z` and `a-z` are ranges; every other character stands for itself."),
        must("about", Shape::Text, "The set in words."),
    ]],
};

static ERRCODE: Words = Words {
    name: "errcode",
    what: "a code",
    kin: &[],
    tables: &[&[
        must("name", Shape::Form(&pattern::SCREAMING), "The constant's name; unique."),
        must("kind", Shape::Choice(&KINDS), "What kind of trouble it is."),
        may("retry", Shape::Choice(&RETRIES), "Whether repeating the same call can help; `never` when absent."),
        must("message", Shape::Text, "As WeChat words it, shortened."),
        must("about", Shape::Text, "What it means."),
        must("remedy", Shape::Text, "What to do."),
        must("zh", Shape::Text, "What to do, in Chinese."),
    ]],
};

static OWN_ERRCODE: Words = Words {
    name: "own_errcode",
    what: "a code of an endpoint",
    kin: &[&ERRCODE],
    tables: &[&[
        may("kind", Shape::Choice(&KINDS), "What kind of trouble it is here."),
        may("retry", Shape::Choice(&RETRIES), "Whether repeating the same call can help here."),
        may("about", Shape::Text, "What it means here."),
        may("remedy", Shape::Text, "What to do here."),
        may("zh", Shape::Text, "What to do here, in Chinese."),
    ]],
};

pub(crate) static ENDPOINT: Words = Words {
    name: "endpoint",
    what: "an endpoint",
    kin: &[],
    tables: &[&[
        must("name", Shape::Form(&pattern::SNAKE), "The Rust method of the group."),
        may("aliases", Shape::List(&Shape::Form(&pattern::WORD)), "Other names people know; unique in the whole spec."),
        must("title", Shape::Text, "The official title."),
        must("about", Shape::Text, "Our summary."),
        must("docs", Shape::Form(&pattern::HTTPS), "The official page."),
        must("method", Shape::Choice(&["GET", "POST"]), "The HTTP method."),
        must("path", Shape::Form(&pattern::PATH), "Starts with `/`, has no query."),
        may(
            "token",
            Shape::Choice(&["access_token", "app_secret", "authorizer", "official_account", "none"]),
            "What authorises the call; `access_token` when absent.",
        ),
        may(
            "limits",
            Shape::List(&Shape::Form(&pattern::LIMIT)),
            "Documented limits on the number of calls; a shared one is said by each endpoint that shares it.",
        ),
        may(
            "encryption",
            Shape::Choice(&["none", "supported", "required"]),
            "Whether WeChat takes the call signed and encrypted; `none` when absent.",
        ),
        may(
            "permission_sets",
            Shape::Either(&[Shape::Choice(&["any"]), Shape::List(&Shape::Count)]),
            "Permission sets with which a third-party platform may make the call for a merchant; absent: it may not.",
        ),
        may(
            "retry",
            Shape::Choice(&["never", "safe"]),
            "`safe`: repeating the call does no harm; `never` when absent.",
        ),
        may("params", Shape::Map(&pattern::ANY, &Shape::Record(&PARAMETER)), "What the caller gives."),
        may("exclusive", Shape::List(&Shape::List(&Shape::Text)), "Exactly one of these sets of fields must be given."),
        may("any_of", Shape::List(&Shape::List(&Shape::Text)), "At least one of these sets of fields must be given."),
        may(
            "sign",
            Shape::List(&Shape::Choice(&["pay_sig", "signature", "delivery_sign"])),
            "Signatures that the client makes over what it sends, with keys that are `in: sign`.",
        ),
        may(
            "response",
            Shape::Either(&[Shape::Choice(&["nothing", "image", "bytes", "text", "json"]), Shape::Record(&RESPONSE)]),
            "What success holds; `nothing` when absent.",
        ),
        may("envelope", Shape::Record(&ENVELOPE), "Where the answer's envelope differs."),
        may(
            "errcodes",
            Shape::Either(&[
                Shape::List(&Shape::Int),
                Shape::Map(&pattern::NUMBER, &Shape::Either(&[Shape::Nothing, Shape::Record(&OWN_ERRCODE)])),
            ]),
            "What this endpoint may answer.",
        ),
        may("paging", Shape::Record(&PAGING), "Names the fields of offset paging."),
        may("same_url", Shape::List(&Shape::Text), "Ids that share method and path; said on both sides."),
        may("deprecated", Shape::Record(&DEPRECATED), "Marks everything that the endpoint generates as deprecated."),
        may("note", Shape::Text, "A contradiction in the documentation, and what was decided."),
        may("differs", Shape::List(&differs::OF_ENDPOINT), "What the page says otherwise, on purpose; see `note`."),
        may("example", Shape::Object, "One valid request, as WeChat would see it."),
    ]],
};

static RESPONSE: Words = Words {
    name: "response",
    what: "a response",
    kin: &[],
    tables: &[&[
        may(
            "fields",
            Shape::Map(&pattern::ANY, &Shape::Record(&ANSWER)),
            "The fields of the answer beside its envelope.",
        ),
        may(
            "bytes_or",
            Shape::Map(&pattern::ANY, &Shape::Record(&ANSWER)),
            "Success is bytes, or JSON with these fields.",
        ),
    ]],
};

static ENVELOPE: Words = Words {
    name: "envelope",
    what: "an envelope",
    kin: &[],
    tables: &[&[
        may("code", Shape::Text, "The field that holds the code; `errcode` when absent."),
        may("message", Shape::Text, "The field that holds the message; `errmsg` when absent."),
        may("ok", Shape::List(&Shape::Int), "The codes that mean success; `[0]` when absent."),
    ]],
};

static PAGING: Words = Words {
    name: "paging",
    what: "paging",
    kin: &[],
    tables: &[&[
        must("style", Shape::Choice(&["offset", "page", "cursor"]), "How the next page is asked for."),
        may("start", Shape::Text, "`offset`: the parameter that says how many rows to skip."),
        may("page", Shape::Text, "`page`: the parameter that holds the page's number."),
        may(
            "first",
            Shape::Scalar,
            "`page`: the number of the first page, 1 when absent; `cursor`: what the first page is asked for with.",
        ),
        may("cursor", Shape::Text, "`cursor`: the parameter that holds the cursor; absent on the first page."),
        may("limit", Shape::Text, "The parameter that holds the rows per page."),
        must("items", Shape::Text, "The response's list; dots lead into structs."),
        may("total", Shape::Text, "The response's count of all rows; dots lead into structs."),
        may("pages", Shape::Text, "The response's count of all pages; dots lead into structs."),
        may("next", Shape::Text, "`cursor`: the response's cursor of the next page; dots lead into structs."),
        may("more", Shape::Text, "The response's word on whether there are more pages; dots lead into structs."),
    ]],
};

pub(super) static DEPRECATED: Words = Words {
    name: "deprecated",
    what: "a deprecation",
    kin: &[],
    tables: &[&[
        must("since", Shape::Text, "A date or a version, in quotes where it is a number."),
        must("instead", Shape::Text, "What to use."),
    ]],
};

pub(super) static TYPE: Words = Words {
    name: "type",
    what: "a type",
    kin: &[],
    tables: &[&[
        must("about", Shape::Text, "What it is."),
        may("fields", Shape::Map(&pattern::ANY, &Shape::Record(&MEMBER)), "The fields of a struct."),
        may("exclusive", Shape::List(&Shape::List(&Shape::Text)), "Exactly one of these sets of fields must be given."),
        may("any_of", Shape::List(&Shape::List(&Shape::Text)), "At least one of these sets of fields must be given."),
        may(
            "values",
            Shape::Map(&pattern::ANY, &Shape::Either(&[Shape::Text, Shape::Record(&VALUE)])),
            "The values of an enum: numbers, or texts.",
        ),
        may("differs", Shape::List(&differs::OF_TYPE), "Fields that pages have and the type has not, on purpose."),
    ]],
};

pub(super) static VALUE: Words = Words {
    name: "value",
    what: "a value of an enum",
    kin: &[],
    tables: &[&[
        may("name", Shape::Form(&pattern::CAMEL), "The variant's name; a number needs one."),
        must("about", Shape::Text, "What it means."),
    ]],
};
