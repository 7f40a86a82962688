//! What the mock was told to do instead of answering as WeChat would.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::Mock;

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
/// What [`status`](Self::status), [`body`](Self::body) and [`drop_before`](Self::drop_before) say happens to every
/// call; everything else only to calls that WeChat would have taken: a call with a stale token is told so first, and
/// does not count.
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

#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) action: Action,
    pub(super) delay: Duration,
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
    Answer(Value),
    Reply {
        status: u16,
        content_type: String,
        body: Bytes,
    },
    DropBefore,
    DropAfter,
    Truncate(usize),
}

impl Action {
    /// Whether it stands for something between the caller and WeChat, which looks at no request.
    fn is_in_front(&self) -> bool {
        matches!(self, Self::Reply { .. } | Self::DropBefore)
    }
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
    plan: Plan,
    left: Option<usize>,
}

impl Rules {
    pub(super) fn add(&mut self, target: Target) -> u64 {
        self.next += 1;
        self.entries.push(Entry { id: self.next, target, plan: Plan::default(), left: None });
        self.next
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// The plan for a call that has just arrived, if it is one that does not look at the request.
    pub(super) fn in_front(&mut self, endpoint: Option<&str>, path: &str) -> Option<Plan> {
        let first = self.entries.iter_mut().find(|entry| entry.covers(endpoint, path))?;
        first.plan.action.is_in_front().then(|| first.take())
    }

    /// The plan for a call that WeChat takes.
    pub(super) fn behind(&mut self, endpoint: Option<&str>, path: &str) -> Option<Plan> {
        let mut entries = self.entries.iter_mut();
        entries.find(|entry| entry.covers(endpoint, path) && !entry.plan.action.is_in_front()).map(Entry::take)
    }
}

impl Entry {
    fn covers(&self, endpoint: Option<&str>, path: &str) -> bool {
        self.left != Some(0) && self.target.covers(endpoint, path)
    }

    fn take(&mut self) -> Plan {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
        }
        self.plan.clone()
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

    fn act(self, action: Action) -> Self {
        self.change(|entry| entry.plan.action = action)
    }

    /// Ends the rule after this many calls. Without it the rule stays until [`Mock::clear_rules`].
    pub fn times(self, calls: usize) -> Self {
        self.change(|entry| entry.left = Some(calls))
    }

    /// Answers so much later. The call has taken effect by then.
    pub fn delay(self, delay: Duration) -> Self {
        self.change(|entry| entry.plan.delay = delay)
    }

    /// Answers this error code with its usual message. The call takes no effect.
    pub fn errcode(self, code: i64) -> Self {
        self.act(Action::Errcode { code, message: None })
    }

    /// Answers this error code with a message of yours, to which the `rid` is added. The call takes no effect.
    pub fn error(self, code: i64, message: impl Into<String>) -> Self {
        self.act(Action::Errcode { code, message: Some(message.into()) })
    }

    /// Answers this JSON, as it is, instead of a made-up answer. Also for paths that the spec does not know.
    pub fn answer(self, json: impl Into<Value>) -> Self {
        self.act(Action::Answer(json.into()))
    }

    /// Answers this HTTP status with a page of HTML, as a gateway does.
    pub fn status(self, status: u16) -> Self {
        self.body(status, "text/html", format!("<html><body><h1>{status}</h1></body></html>"))
    }

    /// Answers exactly this. An HTTP status that does not exist becomes 500.
    pub fn body(self, status: u16, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        self.act(Action::Reply { status, content_type: content_type.into(), body: body.into() })
    }

    /// Closes the connection as if the request had never arrived: it takes no effect and is not recorded.
    pub fn drop_before(self) -> Self {
        self.act(Action::DropBefore)
    }

    /// Closes the connection without an answer, when the call has taken effect.
    pub fn drop_after(self) -> Self {
        self.act(Action::DropAfter)
    }

    /// Announces the whole answer, sends this many bytes of its body, and closes the connection.
    pub fn truncate(self, bytes: usize) -> Self {
        self.act(Action::Truncate(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(rules: &mut Rules, target: Target, action: Action, left: Option<usize>) {
        let id = rules.add(target);
        let entry = rules.entries.iter_mut().find(|entry| entry.id == id).unwrap();
        (entry.plan.action, entry.left) = (action, left);
    }

    fn code(plan: Option<Plan>) -> Option<i64> {
        match plan?.action {
            Action::Errcode { code, .. } => Some(code),
            _ => None,
        }
    }

    #[test]
    fn rules_form_a_sequence() {
        let errcode = |code| Action::Errcode { code, message: None };
        let mut rules = Rules::default();
        add(&mut rules, Target::Endpoint("a".to_owned()), errcode(1), Some(2));
        add(&mut rules, Target::Path("/a".to_owned()), Action::DropBefore, Some(1));
        add(&mut rules, Target::All, errcode(3), None);
        assert!(rules.in_front(Some("a"), "/a").is_none(), "the first rule is not exhausted");
        assert_eq!(code(rules.behind(Some("a"), "/a")), Some(1));
        assert_eq!(code(rules.behind(Some("b"), "/b")), Some(3));
        assert_eq!(code(rules.behind(Some("a"), "/a")), Some(1));
        assert!(matches!(rules.in_front(Some("a"), "/a"), Some(Plan { action: Action::DropBefore, .. })));
        assert!(rules.in_front(Some("a"), "/a").is_none());
        assert_eq!(code(rules.behind(None, "/a")), Some(3));
        rules.clear();
        assert!(rules.behind(Some("a"), "/a").is_none());
    }
}
