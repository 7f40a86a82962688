//! What WeChat sends to a backend (消息推送): messages of users, and events such as the verdict of an asynchronous check.
//!
//! [`Receiver`] verifies and decrypts, on bytes and query values alone, so that any web framework can call it:
//!
//! ```
//! use weapp::push::{Answer, Query, Receiver};
//!
//! # fn main() -> weapp::push::Result<()> {
//! let receiver = Receiver::new("AAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "wxba5fad812f8e6fb9")?;
//!
//! // GET: the console's check of the URL.
//! let query = Query::parse("signature=f464b24fc39322e44b38aa78f5edd27bd1441696&echostr=4375120948345356249\
//!     &timestamp=1714036504&nonce=1514711492");
//! assert_eq!(receiver.verify_url(&query)?, "4375120948345356249");
//!
//! // POST: a message.
//! # let query = Query::parse("encrypt_type=aes&timestamp=1714112445&nonce=415670741\
//! #     &msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3");
//! # let body = r#"{"ToUserName":"gh_97417a04a28d","Encrypt":"+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="}"#;
//! let message = receiver.open(&query, body)?;
//! assert_eq!(message.event_name(), Some("debug_demo"));
//! assert_eq!(message.json()?["debug_str"], "hello world");
//! let answer: Answer = message.success();
//! # assert_eq!(&answer.body[..], b"success");
//! # Ok(())
//! # }
//! ```
//!
//! [`Dispatcher`] hands each message to the handler of its type, once, and answers within WeChat's five seconds. With the
//! feature `axum` it is a route, a [`Message`] is an extractor, and [`Answer`] and [`Error`] are responses.
//!
//! Official page: <https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html>

mod answer;
#[cfg(feature = "axum")]
pub mod axum;
mod builder;
mod crypto;
mod dedupe;
mod dispatch;
mod error;
mod event;
mod message;
mod query;
mod receiver;
mod xml;

pub use answer::Answer;
pub use builder::ReceiverBuilder;
#[cfg(feature = "redis")]
pub use dedupe::RedisDedupe;
pub use dedupe::{Claim, Dedupe, DedupeKey, Deduping, MemoryDedupe};
pub use dispatch::{Arrived, BoxError, Dispatcher, Failure, FailureKind};
pub use error::{Error, ErrorKind, Result};
pub use event::{EventKind, EventMeta, Fill, IntoReply, PushEvent, PushReply, ReplyOr, Success};
pub use message::{Format, Message};
pub use query::Query;
pub use receiver::Receiver;

#[cfg(test)]
mod tests;
