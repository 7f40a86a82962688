//! What the mock was told to do instead of answering as WeChat would.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use super::Mock;
use super::wire::Pace;

/// Departs from WeChat's behaviour at the endpoints that [`Mock::on`] names.
///
/// Each method takes effect at once, for every call from now on, or for as many as [`times`](Self::times) says:
///
/// ```no_run
/// # fn demo(mock: &weapp::mock::Mock) -> weapp::Result<()> {
/// mock.on("sendMessage")?.times(2).errcode(-1);
/// # Ok(())
/// # }
/// ```
///
/// Of several rules for one endpoint the first counts that has calls left: they form a sequence.
/// What [`status`](Self::status), [`body`](Self::body), [`drop_before`](Self::drop_before) and
/// [`reset_before`](Self::reset_before) say happens to every call; everything else only to calls that WeChat would
/// have taken: a call with a stale token is told so first, and does not count.
///
/// What is answered (`errcode`, `error`, `answer`, `status`, `body`), how that ends (`drop_after`, `reset_after`,
/// `stall`, `truncate`, `status_after`, `body_after`) and how it travels (`delay`, `header`, `slow_headers`,
/// `slow_body`, `chunked`) go together; of two that say what is answered, or two that say how it ends, the last one
/// counts.
///
/// ```no_run
/// # use std::time::Duration;
/// # fn demo(mock: &weapp::mock::Mock) -> weapp::Result<()> {
/// mock.on("getLiveInfo")?.times(1).answer(serde_json::json!({ "errcode": 0 })).truncate(5);
/// mock.on("getLiveInfo")?.times(1).status(503).header("retry-after", "2");
/// mock.on("getLiveInfo")?.slow_body(Duration::from_millis(10));
///
/// // Until it is over:
/// let closed = mock.on("getStableAccessToken")?.errcode(40164);
/// // … calls …
/// closed.end();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Rule<'a> {
    mock: &'a Mock,
    id: u64,
}

/// Which calls a rule is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    All,
    Endpoint(String),
    Path(String),
}

impl Target {
    pub(super) fn covers(&self, endpoint: Option<&str>, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Endpoint(id) => endpoint == Some(id.as_str()),
            Self::Path(wanted) => wanted == path,
        }
    }
}

/// What is answered, how that ends, and how it travels.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) action: Action,
    pub(super) end: End,
    pub(super) manner: Manner,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Action {
    /// As WeChat would.
    #[default]
    Usual,
    Errcode {
        code: i64,
        message: Option<String>,
    },
    Answer {
        json: Value,
        text: Bytes,
    },
    Reply(Canned),
    /// The connection ends, and WeChat does not see the request.
    Vanish {
        reset: bool,
    },
}

impl Action {
    /// Whether it stands for something between the caller and WeChat, which looks at no request.
    fn is_in_front(&self) -> bool {
        matches!(self, Self::Reply(_) | Self::Vanish { .. })
    }
}

/// What becomes of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum End {
    /// It arrives.
    #[default]
    Whole,
    /// The connection ends without it.
    Vanish { reset: bool },
    /// It never comes.
    Stall,
    /// The connection ends after so many bytes of its body.
    Truncate(usize),
    /// Something else arrives.
    Replace(Canned),
}

/// An answer that WeChat does not write.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Canned {
    pub(super) status: StatusCode,
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

impl Canned {
    fn new(status: u16, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, content_type: content_type.into(), body: body.into() }
    }

    /// A gateway's page.
    pub(super) fn page(status: u16) -> Self {
        Self::new(status, "text/html", format!("<html><body><h1>{status}</h1></body></html>"))
    }
}

/// How an answer travels.
#[derive(Clone, Debug, Default)]
pub(super) struct Manner {
    pub(super) delay: Duration,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) pace: Pace,
    /// Whether the length is not announced.
    pub(super) chunked: bool,
}

/// All rules, oldest first.
#[derive(Debug, Default)]
pub(super) struct Rules {
    entries: Vec<Entry>,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    target: Target,
    /// Shared with the calls that it is about.
    plan: Arc<Plan>,
    left: Option<usize>,
}

impl Rules {
    pub(super) fn add(&mut self, target: Target) -> u64 {
        self.next += 1;
        self.entries.push(Entry { id: self.next, target, plan: Arc::default(), left: None });
        self.next
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// The plan for a call that has just arrived, if it is one that does not look at the request.
    pub(super) fn in_front(&mut self, endpoint: Option<&str>, path: &str) -> Option<Arc<Plan>> {
        let first = self.entries.iter_mut().find(|entry| entry.covers(endpoint, path))?;
        first.plan.action.is_in_front().then(|| first.take())
    }

    /// The plan for a call that WeChat takes.
    pub(super) fn behind(&mut self, endpoint: Option<&str>, path: &str) -> Option<Arc<Plan>> {
        let mut entries = self.entries.iter_mut();
        entries.find(|entry| entry.covers(endpoint, path) && !entry.plan.action.is_in_front()).map(Entry::take)
    }
}

impl Entry {
    fn covers(&self, endpoint: Option<&str>, path: &str) -> bool {
        self.left != Some(0) && self.target.covers(endpoint, path)
    }

    fn take(&mut self) -> Arc<Plan> {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
        }
        Arc::clone(&self.plan)
    }
}

impl<'a> Rule<'a> {
    pub(super) fn new(mock: &'a Mock, id: u64) -> Self {
        Self { mock, id }
    }

    fn change(self, change: impl FnOnce(&mut Entry)) -> Self {
        let mut state = self.mock.shared.state();
        if let Some(entry) = state.rules.entries.iter_mut().find(|entry| entry.id == self.id) {
            change(entry);
        }
        drop(state);
        self
    }

    fn plan(self, change: impl FnOnce(&mut Plan)) -> Self {
        self.change(|entry| change(Arc::make_mut(&mut entry.plan)))
    }

    fn act(self, action: Action) -> Self {
        self.plan(|plan| plan.action = action)
    }

    fn finish(self, end: End) -> Self {
        self.plan(|plan| plan.end = end)
    }

    /// Ends the rule after this many calls. Without it the rule stays until [`end`](Self::end) or
    /// [`Mock::clear_rules`].
    pub fn times(self, calls: usize) -> Self {
        self.change(|entry| entry.left = Some(calls))
    }

    /// Ends this rule. What it said holds for the calls that have come by now.
    pub fn end(self) {
        self.mock.shared.state().rules.entries.retain(|entry| entry.id != self.id);
    }

    /// Answers this error code with its usual message. The call takes no effect.
    pub fn errcode(self, code: i64) -> Self {
        self.act(Action::Errcode { code, message: None })
    }

    /// Answers this error code with a message of yours, to which the `rid` is added. The call takes no effect.
    pub fn error(self, code: i64, message: impl Into<String>) -> Self {
        self.act(Action::Errcode { code, message: Some(message.into()) })
    }

    /// Answers this JSON, as it is, instead of a made-up answer. Also for paths that the spec does not know. The call
    /// counts as one that took effect unless the JSON holds an error code.
    pub fn answer(self, json: impl Into<Value>) -> Self {
        let json = json.into();
        let text = json.to_string().into();
        self.act(Action::Answer { json, text })
    }

    /// Answers this HTTP status with a page of HTML, as a gateway does. WeChat does not see the call.
    pub fn status(self, status: u16) -> Self {
        self.act(Action::Reply(Canned::page(status)))
    }

    /// Answers exactly this. An HTTP status that does not exist becomes 500. WeChat does not see the call.
    pub fn body(self, status: u16, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        self.act(Action::Reply(Canned::new(status, content_type, body)))
    }

    /// Closes the connection as if the request had never arrived: it takes no effect and is not recorded.
    pub fn drop_before(self) -> Self {
        self.act(Action::Vanish { reset: false })
    }

    /// Resets the connection (TCP RST) as if the request had never arrived: it takes no effect and is not recorded.
    pub fn reset_before(self) -> Self {
        self.act(Action::Vanish { reset: true })
    }

    /// Closes the connection without an answer, when the call has taken effect.
    pub fn drop_after(self) -> Self {
        self.finish(End::Vanish { reset: false })
    }

    /// Resets the connection (TCP RST) without an answer, when the call has taken effect.
    pub fn reset_after(self) -> Self {
        self.finish(End::Vanish { reset: true })
    }

    /// Never answers, though the call has taken effect, until the caller closes the connection.
    pub fn stall(self) -> Self {
        self.finish(End::Stall)
    }

    /// Announces the whole answer, sends this many bytes of its body, and closes the connection.
    pub fn truncate(self, bytes: usize) -> Self {
        self.finish(End::Truncate(bytes))
    }

    /// Answers this HTTP status with a page of HTML, when the call has taken effect: a gateway that lost the answer.
    pub fn status_after(self, status: u16) -> Self {
        self.finish(End::Replace(Canned::page(status)))
    }

    /// Answers exactly this, when the call has taken effect. An HTTP status that does not exist becomes 500.
    pub fn body_after(self, status: u16, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        self.finish(End::Replace(Canned::new(status, content_type, body)))
    }

    /// Answers so much later. The call has taken effect by then.
    pub fn delay(self, delay: Duration) -> Self {
        self.plan(|plan| plan.manner.delay = delay)
    }

    /// Sends the head of the answer byte by byte, with this pause after each.
    pub fn slow_headers(self, pause: Duration) -> Self {
        self.plan(|plan| plan.manner.pace.head = pause)
    }

    /// Sends the body of the answer byte by byte, with this pause after each.
    pub fn slow_body(self, pause: Duration) -> Self {
        self.plan(|plan| plan.manner.pace.body = pause)
    }

    /// Adds a header to the answer, whatever that is: `content-encoding`, `retry-after`. A name or a value that HTTP
    /// does not allow is left out, and so is a length or a transfer encoding, which have to be true.
    pub fn header(self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_ref().as_bytes());
        let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_ref())) else { return self };
        if name == header::CONTENT_LENGTH || name == header::TRANSFER_ENCODING {
            return self;
        }
        self.plan(|plan| plan.manner.headers.push((name, value)))
    }

    /// Does not announce the length of the answer (`transfer-encoding: chunked`).
    pub fn chunked(self) -> Self {
        self.plan(|plan| plan.manner.chunked = true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(rules: &mut Rules, target: Target, action: Action, left: Option<usize>) {
        let id = rules.add(target);
        let entry = rules.entries.iter_mut().find(|entry| entry.id == id).unwrap();
        entry.plan = Arc::new(Plan { action, ..Plan::default() });
        entry.left = left;
    }

    fn code(plan: Option<Arc<Plan>>) -> Option<i64> {
        match &plan?.action {
            Action::Errcode { code, .. } => Some(*code),
            _ => None,
        }
    }

    #[test]
    fn rules_form_a_sequence() {
        let errcode = |code| Action::Errcode { code, message: None };
        let mut rules = Rules::default();
        add(&mut rules, Target::Endpoint("a".to_owned()), errcode(1), Some(2));
        add(&mut rules, Target::Path("/a".to_owned()), Action::Vanish { reset: true }, Some(1));
        add(&mut rules, Target::All, errcode(3), None);
        assert!(rules.in_front(Some("a"), "/a").is_none(), "the first rule is not exhausted");
        assert_eq!(code(rules.behind(Some("a"), "/a")), Some(1));
        assert_eq!(code(rules.behind(Some("b"), "/b")), Some(3));
        assert_eq!(code(rules.behind(Some("a"), "/a")), Some(1));
        let front = rules.in_front(Some("a"), "/a").unwrap();
        assert!(matches!(front.action, Action::Vanish { reset: true }));
        assert!(rules.in_front(Some("a"), "/a").is_none());
        assert_eq!(code(rules.behind(None, "/a")), Some(3));
        rules.clear();
        assert!(rules.behind(Some("a"), "/a").is_none());
    }
}
