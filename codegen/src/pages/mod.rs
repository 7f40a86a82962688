//! Reads WeChat's documentation: one Markdown page per endpoint, and the pages and parts of pages that describe what
//! WeChat pushes, as `cargo xtask import` and `cargo xtask drift` take them.
//!
//! What a page says is kept as it stands there, in Chinese; what it means is for the reader of the draft to decide.

mod address;
mod fields;
mod files;
mod markdown;
mod pushed;
mod pushed_part;
mod read;

pub use address::SERVER;
pub use files::{Pages, read};
pub use read::{events, page};

/// What one page says of one endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The file, as it was named.
    pub file: String,
    /// Where the endpoint's name stands, from 1.
    pub line: usize,
    /// The official English name.
    pub id: String,
    /// The official title.
    pub title: String,
    /// What stands in front of the first section.
    pub summary: String,
    /// `GET` or `POST`; old pages do not say.
    pub method: Option<String>,
    /// The path without the query.
    pub path: String,
    /// The method of the cloud call.
    pub cloud_call: Option<String>,
    /// Whether a third-party platform may make the call; `None`: the page does not say.
    pub third_party: Option<bool>,
    /// Permission sets of third-party platforms.
    pub permission_sets: Vec<u32>,
    /// Whether the call may be encrypted.
    pub encryption: bool,
    /// The page only outlines the endpoint: its fields and codes stand elsewhere.
    pub outline: bool,
    /// Parameters in the query, the token included.
    pub query: Vec<PageField>,
    /// The fields of the body.
    pub body: Vec<PageField>,
    /// The fields of the answer, the envelope included.
    pub response: Vec<PageField>,
    /// Codes of the table of codes, 0 included.
    pub errcodes: Vec<PageCode>,
    /// Sentences that tell how often the endpoint may be called.
    pub limits: Vec<String>,
    /// The section of notes, by paragraphs.
    pub notes: Vec<String>,
    /// Requests and answers.
    pub examples: Vec<Example>,
    /// The page's address, where other pages tell it.
    pub docs: Option<String>,
}

/// What a page, or a part of one, says of one pushed event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventPage {
    /// The file, as it was named.
    pub file: String,
    /// Where the description begins, from 1.
    pub line: usize,
    /// The values of `Event`, or the `MsgType` of a message, sorted; none of a callback.
    pub names: Vec<String>,
    /// The official titles: of the page, and of the section.
    pub titles: Vec<String>,
    /// What is pushed, the head included where a table lists it.
    pub fields: Vec<PageField>,
    /// What is answered; empty where no table says so.
    pub reply: Vec<PageField>,
}

/// A row of a table of fields.
#[derive(Clone, Debug, PartialEq)]
pub struct PageField {
    /// From 1.
    pub line: usize,
    /// The name on the wire.
    pub name: String,
    /// What it holds; of a list, what its elements are.
    pub kind: Kind,
    /// Whether it is a list.
    pub list: bool,
    /// As the page words the type.
    pub said: String,
    /// Whether the caller must give it; answers do not say.
    pub required: Option<bool>,
    /// What the page says of it.
    pub text: String,
    /// The column of examples.
    pub example: Option<String>,
    /// The values of its enum, with what they mean.
    pub values: Vec<(String, String)>,
    /// The fields of an object, or of a list's objects; empty where the page does not list them.
    pub fields: Vec<PageField>,
}

/// The kinds of values that the pages tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    String,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An object.
    Object,
    /// Bytes: a part of a form, or a whole answer.
    Bytes,
    /// The page does not say.
    Unknown,
}

impl Kind {
    /// The word for it in messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::Object => "object",
            Kind::Bytes => "bytes",
            Kind::Unknown => "unknown",
        }
    }
}

/// A row of the table of codes.
#[derive(Clone, Debug, PartialEq)]
pub struct PageCode {
    /// From 1.
    pub line: usize,
    /// The code.
    pub code: i64,
    /// As WeChat words it.
    pub message: String,
    /// What to do; empty where the page does not say.
    pub solution: String,
}

/// A listing of the section of examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Whether it is a request, not an answer.
    pub request: bool,
    /// What it holds, mostly JSON.
    pub text: String,
}
