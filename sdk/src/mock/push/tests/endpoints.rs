//! Endpoints that are late, broken or wrong, and what the mock says of them.

use std::time::Instant;

use super::*;
use crate::ErrorKind;
use crate::mock::push::crypto::{self, AesKey};

#[tokio::test]
async fn a_message_is_delivered_until_it_is_taken() {
    let mock = Mock::start().await.unwrap();
    let script = Script::new([(500, ""), (503, "")]);
    let pusher = mock.push_to(secure(&script.serve().await)).unwrap();
    let delivery = pusher.event("wxa_media_check").unwrap().send().await.unwrap();
    assert_eq!((delivery.outcome.clone(), delivery.attempt), (PushOutcome::Success, 3));
    let outcomes: Vec<_> = mock.deliveries().into_iter().map(|delivery| delivery.outcome).collect();
    assert_eq!(outcomes, [PushOutcome::Refused(500), PushOutcome::Refused(503), PushOutcome::Success]);
    {
        let sent = script.sent.lock().unwrap();
        assert!(sent[0].0 != sent[1].0 && sent[0].1 != sent[1].1, "each delivery is encrypted and signed anew");
    }

    let script = Script::new([(500, ""), (302, ""), (404, "no")]);
    let pusher = mock.push_to(secure(&script.serve().await)).unwrap();
    let delivery = pusher.event("wxa_media_check").unwrap().send().await.unwrap();
    assert_eq!((delivery.outcome, delivery.body, script.count()), (PushOutcome::Refused(404), "no".into(), 3));

    let script = Script::new([(500, "")]);
    let pusher = mock.push_to(secure(&script.serve().await).attempts(0)).unwrap();
    let delivery = pusher.event("text").unwrap().send().await.unwrap();
    assert_eq!((delivery.status(), delivery.is_refused(), delivery.is_accepted()), (Some(500), false, false));
    assert_eq!(script.count(), 1);
}

#[tokio::test]
async fn patience_and_pauses() {
    let url = serve(|_, _| std::future::pending()).await;
    let mock = Mock::start().await.unwrap();
    let pusher = mock.push_to(secure(&url).patience(millis(30)).pause(millis(50))).unwrap();
    let started = Instant::now();
    let delivery = pusher.event("text").unwrap().send().await.unwrap();
    assert_eq!((delivery.outcome.clone(), delivery.attempt, delivery.status()), (PushOutcome::TimedOut, 3, None));
    // Thirty for each of three deliveries, and fifty between them.
    assert!(started.elapsed() >= millis(190), "{:?}", started.elapsed());
    let error = pusher.verify().await.unwrap_err().to_string();
    assert!(error.contains("within 30ms"), "{error}");
}

#[tokio::test]
async fn no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/push", listener.local_addr().unwrap());
    drop(listener);
    let mock = Mock::start().await.unwrap();
    let pusher = mock.push_to(secure(&url)).unwrap();
    let delivery = pusher.event("text").unwrap().send().await.unwrap();
    assert!(matches!(&delivery.outcome, PushOutcome::Unreachable(how) if how.contains("refused")), "{delivery:?}");
    assert_eq!((delivery.attempt, delivery.status()), (3, None));
    let error = pusher.verify().await.unwrap_err();
    assert!(error.to_string().contains("refused") && error.to_string().contains("listens there"), "{error}");

    let broken = Script::default();
    broken.answers.lock().unwrap().extend([None, None]);
    let pusher = mock.push_to(secure(&broken.serve().await)).unwrap();
    assert_eq!(pusher.event("text").unwrap().send().await.unwrap().attempt, 3);
}

#[tokio::test]
async fn a_url_does_not_pass_for_a_reason() {
    let mock = Mock::start().await.unwrap();
    for (status, body, reason) in [
        (200, "success", "is not `echostr`"),
        (200, "", "is not `echostr`"),
        (403, "", "compare the endpoint's token"),
        (404, "", "compare the path"),
        (500, "", "look at the log"),
    ] {
        let pusher = mock.push_to(secure(&Script::new([(status, body)]).serve().await)).unwrap();
        let error = pusher.verify().await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(error.kind(), ErrorKind::Config);
    }
    for (form, reason) in [("\"E\"", "without quotes"), ("E\n", "white space"), (" E", "white space")] {
        let url = serve(move |query, _| async move {
            let echo = Query::parse(&query).echostr.unwrap();
            Some((200, form.replace('E', &echo).into()))
        });
        let error = mock.push_to(secure(&url.await)).unwrap().verify().await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
    // Another token.
    let url = dispatch(Dispatcher::new(Receiver::plain("BBBBB").unwrap())).await;
    let error = mock.push_to(secure(&url)).unwrap().verify().await.unwrap_err();
    assert!(error.to_string().contains("answered 403"), "{error}");
}

/// A reply as an endpoint encrypts it, with these parts of its own.
fn reply(token: &str, key: &str, appid: &str, message: &str) -> String {
    let encrypt = crypto::base64(&AesKey::parse(key).unwrap().seal([7; 16], message, appid));
    let signature = crypto::signature([token, "1700000000", "n", &encrypt]);
    serde_json::json!({"Encrypt": encrypt, "MsgSignature": signature, "TimeStamp": 1_700_000_000, "Nonce": "n"})
        .to_string()
}

#[tokio::test]
async fn replies_that_wechat_could_not_read() {
    let mock = Mock::start().await.unwrap();
    let other_key = format!("B{}", &KEY[1..]);
    let good = r#"{"ErrCode":0,"ChapterPerms":[]}"#;
    for (body, reason) in [
        ("success".to_owned(), "wants a structured reply"),
        (String::new(), "wants a structured reply"),
        ("ok".to_owned(), "neither"),
        ("{".to_owned(), "is not JSON"),
        ("<xml>".to_owned(), "ends in the middle"),
        ("<xml><a>1</a></xml>".to_owned(), "answered in XML"),
        (good.to_owned(), "has `Encrypt`"),
        (r#"{"Encrypt":"x"}"#.to_owned(), "has `TimeStamp`"),
        (reply("BBBBB", KEY, Mock::APPID, good), "`MsgSignature` does not fit"),
        (reply(TOKEN, &other_key, Mock::APPID, good), "`Encrypt`"),
        (reply(TOKEN, KEY, "wx1", good), "for the app \"wx1\""),
        (reply(TOKEN, KEY, Mock::APPID, "success"), "the decrypted reply is neither"),
        (reply(TOKEN, KEY, Mock::APPID, "{}"), "has no `ChapterPerms`"),
    ] {
        let script = Script::new([(200, &body)]);
        let pusher = mock.push_to(secure(&script.serve().await)).unwrap();
        let delivery = pusher.event("wxa_novel_chapter_permission").unwrap().send().await.unwrap();
        assert!(unreadable(&delivery).contains(reason), "{body}: {delivery:?}");
        assert_eq!((script.count(), delivery.status(), delivery.is_accepted()), (1, Some(200), false));
    }
    let pusher = mock.push_to(secure(&Script::new([(200, &reply(TOKEN, KEY, Mock::APPID, good))]).serve().await));
    let delivery = pusher.unwrap().event("wxa_novel_chapter_permission").unwrap().send().await.unwrap();
    assert_eq!(delivery.reply().unwrap()["ErrCode"], 0);

    // Of payments the page says that they come again then.
    let script = Script::new([(200, "ok"), (200, "{")]);
    let pusher = mock.push_to(secure(&script.serve().await)).unwrap();
    let delivery = pusher.event("xpay_refund_notify").unwrap().send().await.unwrap();
    assert_eq!((delivery.is_accepted(), delivery.attempt), (true, 3));

    let wrong = r#"{"MsgType":"text","ToUserName":"o","FromUserName":"gh","CreateTime":1}"#;
    let pusher = mock.push_to(PushTarget::plain(Script::new([(200, wrong)]).serve().await, TOKEN)).unwrap();
    let delivery = pusher.event("text").unwrap().send().await.unwrap();
    assert!(unreadable(&delivery).contains("`MsgType` of the reply is always \"transfer_customer_service\""));
}

#[tokio::test]
async fn what_can_not_be_pushed() {
    let mock = Mock::start().await.unwrap();
    let refused = |target: PushTarget| mock.push_to(target).unwrap_err().to_string();
    assert!(refused(secure("127.0.0.1:80/push")).contains("the URL to push to is none"));
    assert!(refused(PushTarget::plain("http://127.0.0.1/", "")).contains("token"));
    assert!(refused(PushTarget::new("http://127.0.0.1/", TOKEN, "short")).contains("43 letters and digits"));
    assert!(refused(PushTarget::plain("http://127.0.0.1/", TOKEN).compatible()).contains("兼容模式"));
    let text = format!("{:?}", PushTarget::new("http://127.0.0.1/", "planted", "planted"));
    assert!(!text.contains("planted"), "{text}");

    let pusher = mock.push_to(secure("http://127.0.0.1:1/")).unwrap();
    let error = pusher.event("wxa_media_chek").unwrap_err().to_string();
    assert!(error.contains("wxa_media_check") && error.contains("Pusher::message"), "{error}");
    let callback = mock.shared.catalogue.pushes.iter().find(|kind| kind.form == kinds::Form::Callback).unwrap();
    assert!(pusher.event(&callback.id).unwrap_err().to_string().contains("callback of its own"));
    assert!(pusher.on_event("text").unwrap_err().to_string().contains("no call brings `text` about"));
}
