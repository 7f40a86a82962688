//! Why a message was refused, what to answer, and what to do about it.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;

/// What every fallible function of [`push`](super) answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a message was refused, or an answer could not be written.
///
/// It never holds a secret, and nothing of what a message says. `Display` says what happened and what to do about it, in
/// English; [`remedy_zh`](Self::remedy_zh) has it in Chinese. [`status`](Self::status) is what to answer; a sender that
/// could not prove to be WeChat should be told no more than that.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    what: Cow<'static, str>,
    /// Where in the message.
    path: String,
    /// The app whose receiver refused it.
    app: Option<Box<str>>,
    /// Takes the place of what the kind of error advises.
    remedy: Option<[&'static str; 2]>,
}

/// What sort of refusal an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The [`Receiver`](super::Receiver) is not configured for this: a key of the wrong length, no token, no appid.
    Config,
    /// The query lacks a parameter that WeChat always sends.
    Query,
    /// The signature does not fit: the sender does not know the token.
    Signature,
    /// The timestamp is further from now than [`max_age`](super::ReceiverBuilder::max_age) allows.
    Age,
    /// The message came unencrypted, though encryption is configured.
    Unencrypted,
    /// The message can not be decrypted. What exactly failed is not told, because an answer to that question, asked often
    /// enough, would decrypt a message.
    Decrypt,
    /// The message is meant for another app.
    AppId,
    /// The request lacks the header by which Cloud Hosting (微信云托管) marks what WeChat sends.
    Source,
    /// The body is larger than [`max_body`](super::ReceiverBuilder::max_body) allows.
    TooLarge,
    /// The body is neither JSON nor XML, or is damaged.
    Malformed,
    /// The message is another one than was asked for.
    OtherEvent,
    /// A field of the message is not as documented. See [`Error::path`].
    Decode,
    /// The answer could not be written: a field is missing, or has no form in XML.
    Reply,
}

impl ErrorKind {
    /// The status with which WeChat, or whoever pretends to be it, is best answered.
    ///
    /// | status | kinds |
    /// | --- | --- |
    /// | 400 | [`Query`](Self::Query), [`Decrypt`](Self::Decrypt), [`AppId`](Self::AppId), [`Malformed`](Self::Malformed) |
    /// | 403 | [`Signature`](Self::Signature), [`Age`](Self::Age), [`Unencrypted`](Self::Unencrypted), [`Source`](Self::Source) |
    /// | 413 | [`TooLarge`](Self::TooLarge) |
    /// | 500 | [`Config`](Self::Config), [`OtherEvent`](Self::OtherEvent), [`Decode`](Self::Decode), [`Reply`](Self::Reply) |
    ///
    /// WeChat repeats a message that is not answered with success. That is of no use where the message is at fault; where
    /// this service is (500), a repetition may find it mended.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            ErrorKind::Query | ErrorKind::Malformed | ErrorKind::Decrypt | ErrorKind::AppId => StatusCode::BAD_REQUEST,
            ErrorKind::Signature | ErrorKind::Age | ErrorKind::Unencrypted | ErrorKind::Source => StatusCode::FORBIDDEN,
            ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::Config | ErrorKind::OtherEvent | ErrorKind::Decode | ErrorKind::Reply => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// What to do, in English and in Chinese.
    const fn remedy(self) -> [&'static str; 2] {
        match self {
            ErrorKind::Config => [
                "compare token, EncodingAESKey and AppID with 消息推送 in the console",
                "对照小程序后台「消息推送」核对 Token、EncodingAESKey 与 AppID",
            ],
            ErrorKind::Query => [
                "hand over the query string of the request as it came; a proxy may have dropped it",
                "请原样传入请求的查询串；检查反向代理是否丢掉了参数",
            ],
            ErrorKind::Signature => [
                "compare the token with 消息推送 in the console (after a change give the former one as `previous_token`); if it \
                 is the same, this did not come from WeChat",
                "核对小程序后台「消息推送」中的 Token（更换后用 `previous_token` 保留旧 Token）；若一致，则该请求并非来自微信",
            ],
            ErrorKind::Age => [
                "set this machine's clock; if it is right, this is an old request sent again",
                "校准本机时钟；若时钟无误，则这是被重放的旧请求",
            ],
            ErrorKind::Unencrypted => [
                "choose 安全模式 (or 兼容模式) in the console, or call `allow_plain` while you change over",
                "在小程序后台选择安全模式（或兼容模式）；切换期间可调用 `allow_plain`",
            ],
            ErrorKind::Decrypt => [
                "compare EncodingAESKey with 消息推送 in the console; after a change give the former one as `previous_key`",
                "核对小程序后台「消息推送」中的 EncodingAESKey；更换密钥后用 `previous_key` 保留旧密钥",
            ],
            ErrorKind::AppId => [
                "give the receiver the AppID of the app; on a third-party platform, that of the platform (component_appid)",
                "为接收器配置该小程序的 AppID；第三方平台请填平台自己的 component_appid",
            ],
            ErrorKind::Source => [
                "hand over the header `x-wx-source`; if the request has none, it did not come from WeChat",
                "请传入请求头 `x-wx-source`；若请求没有该头，则并非来自微信",
            ],
            ErrorKind::TooLarge => [
                "raise `max_body` if WeChat sends such messages; otherwise this did not come from WeChat",
                "若微信确有如此大的消息，请调大 `max_body`；否则该请求并非来自微信",
            ],
            ErrorKind::Malformed => {
                ["hand over the body of the request as it came, byte for byte", "请逐字节原样传入请求体"]
            }
            ErrorKind::OtherEvent => [
                "ask `is` first, or match on the type and the event of the message",
                "请先用 `is` 判断，或按消息的 MsgType 与 Event 分派",
            ],
            ErrorKind::Decode => [
                "`json()` shows the message; if WeChat changed the event, please report it",
                "用 `json()` 查看消息内容；若微信改动了该事件，请反馈给我们",
            ],
            ErrorKind::Reply => ["correct the field that is named", "请修正所指出的字段"],
        }
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { kind, what: what.into(), path: String::new(), app: None, remedy: None }))
    }

    /// A field of the message, or of the answer to it.
    pub(crate) fn at(kind: ErrorKind, path: impl Into<String>, what: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(kind, what);
        error.0.path = path.into();
        error
    }

    /// What a [`Check`](crate::Check) found wrong with a reply: its first violation.
    #[allow(dead_code, reason = "the generated replies call it")]
    pub(crate) fn of_reply(error: &crate::Error) -> Self {
        match error.violations().first() {
            Some(first) => Self::at(ErrorKind::Reply, first.field.clone(), first.problem.clone()),
            None => Self::new(ErrorKind::Reply, error.to_string()),
        }
    }

    pub(crate) fn with_remedy(mut self, english: &'static str, chinese: &'static str) -> Self {
        self.0.remedy = Some([english, chinese]);
        self
    }

    /// For which app it happened.
    pub(super) fn of_app(mut self, app: Option<&str>) -> Self {
        self.0.app = app.map(Box::from);
        self
    }

    /// The app whose receiver refused a request: its AppID, where the receiver has one.
    #[must_use]
    pub fn appid(&self) -> Option<&str> {
        self.0.app.as_deref()
    }

    /// What sort of refusal this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status with which the request is best answered: [`ErrorKind::status`].
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.kind.status()
    }

    /// Where in the message (`SubscribeMsgSentEvent.List[0].MsgID`) or in the answer to it something is wrong.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        (!self.0.path.is_empty()).then_some(self.0.path.as_str())
    }

    /// What to do about it, in English.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.0.remedy.unwrap_or(self.0.kind.remedy())[0]
    }

    /// What to do about it, in Chinese.
    #[must_use]
    pub fn remedy_zh(&self) -> &'static str {
        self.0.remedy.unwrap_or(self.0.kind.remedy())[1]
    }

    /// What happened, without the remedy.
    fn what(&self) -> String {
        match self.0.path.as_str() {
            "" => self.0.what.clone().into_owned(),
            path => format!("`{path}` {}", self.0.what),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; what to do: {}", self.what(), self.remedy())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.0.kind).field("what", &self.what()).finish()
    }
}

impl std::error::Error for Error {}

/// For functions that call WeChat as well as listen to it.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        let (what, remedy) = (error.what(), error.remedy());
        let error_of_calls = match error.kind() {
            ErrorKind::Config | ErrorKind::Reply => crate::Error::config(what, remedy),
            ErrorKind::Malformed | ErrorKind::Decode | ErrorKind::OtherEvent | ErrorKind::TooLarge => {
                crate::Error::unreadable(what, remedy)
            }
            _ => crate::Error::crypto(what, remedy),
        };
        error_of_calls.with_source(error)
    }
}
