//! Names that come in another case than the pages have them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::events::{DebugDemo, Event};

const SHOUTED: &str = r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1714112445,"MsgType":"Event",
    "Event":"Debug_DEMO","debug_str":"hello"}"#;

#[test]
fn a_message_is_known_in_any_case() {
    let message = opened(SHOUTED).unwrap();
    assert_eq!((message.msg_type(), message.event_name()), ("Event", Some("Debug_DEMO")));
    assert!(message.is::<DebugDemo>());
    assert_eq!(message.decode::<DebugDemo>().unwrap().debug_str.as_deref(), Some("hello"));
    assert!(matches!(message.event(), Ok(Event::DebugDemo(_))));
    assert!(!opened(&SHOUTED.replace("DEMO", "demos")).unwrap().is::<DebugDemo>());
}

#[tokio::test]
async fn its_handler_has_it_in_any_case() {
    let handled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&handled);
    let dispatcher = Dispatcher::new(receiver()).on(move |_: Arrived<DebugDemo>| {
        count.fetch_add(1, Ordering::Relaxed);
        async { Ok(()) }
    });
    let (query, body) = sealed(SHOUTED);
    assert_eq!(dispatcher.answer(&query, body).await.body, "success");
    assert_eq!(handled.load(Ordering::Relaxed), 1);
}
