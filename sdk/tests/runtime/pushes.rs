//! Messages from WeChat, of which everything becomes that can.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use serde_json::json;
use weapp::push::{Claim, Dedupe, DedupeKey, Deduping, Dispatcher, MemoryDedupe, Message, Query, Receiver};

/// Signed with the token `token`.
const QUERY: &str = "signature=7b168527e6c8e8e22b5d3ad62002daf6ebc5c284&timestamp=1700000000&nonce=42";

/// A store that fails, or gives claims out twice, when it is told to.
#[derive(Default)]
struct Shaky {
    inner: MemoryDedupe,
    mood: AtomicU8,
}

const DOWN: u8 = 1;
const STALE: u8 = 2;

impl Shaky {
    fn or<'a, T: Send + 'a>(&'a self, answer: Deduping<'a, T>) -> Deduping<'a, T> {
        match self.mood.load(Ordering::Relaxed) {
            DOWN => Box::pin(async { Err("the store is down".into()) }),
            _ => answer,
        }
    }
}

impl Dedupe for Shaky {
    fn claim<'a>(&'a self, key: &'a DedupeKey, lease: Duration) -> Deduping<'a, Claim> {
        self.or(self.inner.claim(key, lease))
    }
    fn renew<'a>(&'a self, key: &'a DedupeKey, fence: u64, lease: Duration) -> Deduping<'a, bool> {
        self.or(self.inner.renew(key, fence, lease))
    }
    fn finish<'a>(
        &'a self,
        key: &'a DedupeKey,
        fence: u64,
        reply: Option<&'a str>,
        keep: Duration,
    ) -> Deduping<'a, bool> {
        match self.mood.load(Ordering::Relaxed) {
            STALE => Box::pin(async { Ok(false) }),
            _ => self.or(self.inner.finish(key, fence, reply, keep)),
        }
    }
    fn release<'a>(&'a self, key: &'a DedupeKey, fence: u64) -> Deduping<'a, ()> {
        self.or(self.inner.release(key, fence))
    }
}

/// Delivers messages of all sorts, and waits for their handlers.
pub(crate) async fn all_sorts() {
    let store = Arc::new(Shaky::default());
    let receiver = Receiver::plain("token").unwrap();
    let dispatcher = Dispatcher::new(receiver.clone())
        .dedupe(Arc::clone(&store))
        .budget(Duration::from_secs(1))
        .max_in_flight(1)
        .other(|message: Message| async move {
            let event = message.event_name().unwrap_or_default();
            if event.starts_with("slow") {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            if event.ends_with("fails") { Err("planned".into()) } else { Ok(()) }
        });
    let deliver = async |event: &str| {
        let body = json!({"MsgType": "event", "Event": event}).to_string();
        dispatcher.answer(&Query::parse(QUERY), body).await.status.as_u16()
    };
    assert_eq!(deliver("news").await, 200);
    assert_eq!(deliver("news").await, 200);
    assert_eq!(deliver("fails").await, 500);
    assert_eq!(deliver("slow, and fails").await, 200);
    assert_eq!(deliver("busy").await, 503);
    assert_eq!(dispatcher.drain(Duration::from_secs(10)).await, 0);
    assert_eq!(dispatcher.answer(&Query::parse(""), "{}").await.status.as_u16(), 400);
    store.mood.store(DOWN, Ordering::Relaxed);
    assert_eq!((deliver("down").await, deliver("down, too").await), (200, 200));
    assert_eq!(dispatcher.drain(Duration::from_secs(10)).await, 0);
    store.mood.store(STALE, Ordering::Relaxed);
    assert_eq!(deliver("stale").await, 200);
    assert_eq!(dispatcher.drain(Duration::from_secs(10)).await, 0);
    let deaf = Dispatcher::new(receiver);
    let body = json!({"MsgType": "event", "Event": "news"}).to_string();
    assert_eq!(deaf.answer(&Query::parse(QUERY), body).await.status.as_u16(), 200);
}

/// What WeChat's page of the message push shows: the message and its query.
const SEALED: (&str, &str) = (
    "encrypt_type=aes&timestamp=1714112445&nonce=415670741&msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
    r#"{"ToUserName":"gh_97417a04a28d","Encrypt":"+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="}"#,
);

/// An app is told of where messages come encrypted. A process warns of each kind of refusal of an app once a minute: no
/// other test here is refused in this way.
pub(crate) async fn refused_twice() {
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let dispatcher = Dispatcher::new(Receiver::new("AAAAA", key, "wxba5fad812f8e6fb9").unwrap())
        .other(|_| async { Err::<(), _>("planned".into()) });
    assert_eq!(dispatcher.answer(&Query::parse(SEALED.0), SEALED.1).await.status.as_u16(), 500);
    for _ in 0..2 {
        assert_eq!(dispatcher.answer(&Query::parse(SEALED.0), "no message").await.status.as_u16(), 400);
    }
}
