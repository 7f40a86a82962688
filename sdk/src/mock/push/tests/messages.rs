//! Messages and their answers, with the crate's own receiver at the other end.

use serde_json::json;

use super::*;
use crate::events::novel::{ChapterPerm, ChapterPermission};
use crate::events::{
    TextMessage, TransferCustomerService, WxaMediaCheck, WxaNovelChapterPermission, WxaNovelChapterPermissionReply,
    XpayRefundNotify, XpayReply,
};
use crate::push::{Arrived, Message};

/// All ways in which messages can come.
fn ways(url: &str) -> [(&'static str, PushTarget); 6] {
    [
        ("secure JSON", secure(url)),
        ("secure XML", secure(url).xml()),
        ("compatible JSON", secure(url).compatible()),
        ("compatible XML", secure(url).compatible().xml()),
        ("plain JSON", PushTarget::plain(url, TOKEN)),
        ("plain XML", PushTarget::plain(url, TOKEN).xml()),
    ]
}

#[tokio::test]
async fn all_modes_and_formats_arrive() {
    let (verdict, verdicts) = told::<(bool, WxaMediaCheck)>();
    let receiver = Receiver::builder(TOKEN).encoding_aes_key(KEY).appid(Mock::APPID).allow_plain().build().unwrap();
    let endpoint = Dispatcher::new(receiver).on(move |event: Arrived<WxaMediaCheck>| {
        verdict((event.message().is_encrypted(), event.into_inner()));
        async { Ok(()) }
    });
    let url = dispatch(endpoint).await;
    let mock = Mock::start().await.unwrap();
    for (number, (way, target)) in ways(&url).into_iter().enumerate() {
        let pusher = mock.push_to(target).unwrap();
        pusher.verify().await.unwrap_or_else(|error| panic!("{way}: {error}"));
        let push =
            pusher.event("wxa_media_check").unwrap().from_user("oUser").set("trace_id", format!("trace {number}"));
        let delivery = push.set("result.suggest", "risky").send().await.unwrap();
        assert_eq!(delivery.outcome, PushOutcome::Success, "{way}");
        let (encrypted, event) = verdicts.lock().unwrap().pop().unwrap();
        assert_eq!(encrypted, !way.starts_with("plain"), "{way}");
        assert_eq!((event.from_user_name.as_str(), event.trace_id), ("oUser", format!("trace {number}")), "{way}");
        assert_eq!(event.result.unwrap().suggest.unwrap().to_string(), "risky", "{way}");
        assert_eq!(event.detail.len(), 1, "{way}");
    }
    assert_eq!(mock.deliveries().len(), 6);
    assert!(mock.deliveries().iter().all(|delivery| delivery.status() == Some(200) && delivery.attempt == 1));
    mock.clear_deliveries();
    assert!(mock.deliveries().is_empty());
}

#[tokio::test]
async fn every_event_of_the_spec_arrives() {
    let (name, names) = told::<String>();
    let endpoint = Dispatcher::new(receiver()).other(move |message: Message| {
        message.event().unwrap();
        name(message.event_name().unwrap_or(message.msg_type()).to_owned());
        async { Ok(()) }
    });
    let url = dispatch(endpoint).await;
    let mock = Mock::start().await.unwrap();
    let mut wanted = 0;
    for target in [secure(&url), secure(&url).xml()] {
        let pusher = mock.push_to(target).unwrap();
        for kind in mock.shared.catalogue.pushes.iter().filter(|kind| kind.form != kinds::Form::Callback) {
            for own in &kind.names {
                wanted += 1;
                let delivery = pusher.event(own).unwrap().send().await.unwrap();
                let structured = kind.reply.as_ref().is_some_and(|reply| !reply.optional);
                assert_eq!(delivery.is_accepted(), !structured, "{own}: {delivery:?}");
                assert_eq!(names.lock().unwrap().pop().as_ref(), Some(own));
            }
        }
    }
    assert!(wanted > 130, "{wanted}");
}

/// What a service remembers of one must not keep it from handling the next.
#[tokio::test]
async fn each_event_is_a_new_one_unless_it_is_told_otherwise() {
    let (name, names) = told::<String>();
    let endpoint = Dispatcher::new(receiver()).other(move |message: Message| {
        name(message.event_name().unwrap_or(message.msg_type()).to_owned());
        async { Ok(()) }
    });
    let url = dispatch(endpoint).await;
    let mock = Mock::start().await.unwrap();
    let pusher = mock.push_to(secure(&url)).unwrap();
    let kinds = || mock.shared.catalogue.pushes.iter().filter(|kind| kind.form != kinds::Form::Callback);
    for kind in kinds() {
        for _ in 0..3 {
            let _ = pusher.event(&kind.names[0]).unwrap().send_once().await.unwrap();
        }
    }
    assert_eq!(names.lock().unwrap().len(), 3 * kinds().count());

    // Of what it is about, another; of what it says, nothing else.
    let push = || pusher.event("wxa_media_check").unwrap();
    let [first, second] = [push().send().await.unwrap().message, push().send().await.unwrap().message];
    let [id, other] = [field(&first, "trace_id"), field(&second, "trace_id")];
    assert_ne!(id, other);
    let parts = |id: &str| id.split('-').map(str::len).collect::<Vec<_>>();
    assert_eq!((parts(id), parts(other)), (vec![8, 8, 8], vec![8, 8, 8]));
    assert_eq!((&first["result"], &first["FromUserName"]), (&second["result"], &second["FromUserName"]));

    names.lock().unwrap().clear();
    for _ in 0..3 {
        push().set("trace_id", "the same").set("CreateTime", 1_700_000_000).send().await.unwrap();
    }
    let same = push();
    same.clone().send().await.unwrap();
    same.send().await.unwrap();
    push().deliver_twice().await.unwrap();
    assert_eq!(names.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn structured_replies_are_decrypted_and_checked() {
    let receiver = Receiver::builder(TOKEN).encoding_aes_key(KEY).appid(Mock::APPID).allow_plain().build().unwrap();
    let endpoint = Dispatcher::new(receiver)
        .on(|event: Arrived<WxaNovelChapterPermission>| async move {
            let index = event.chapter_index;
            let permission = ChapterPermission::new().start_chapter_index(index).end_chapter_index(index);
            Ok(WxaNovelChapterPermissionReply::new([permission.perm(ChapterPerm::Unlocked)]))
        })
        .on(|_: Arrived<TextMessage>| async { Ok(TransferCustomerService::new()) });
    let url = dispatch(endpoint).await;
    let mock = Mock::start().await.unwrap();
    for (way, target) in ways(&url) {
        let pusher = mock.push_to(target).unwrap();
        let push = pusher.event("wxa_novel_chapter_permission").unwrap().set("ChapterIndex", 7).set("ChapterId", way);
        let delivery = push.send().await.unwrap();
        let reply = delivery.reply().unwrap_or_else(|| panic!("{way}: {delivery:?}"));
        // XML knows neither numbers nor lists of one.
        let permission = if way.ends_with("XML") { &reply["ChapterPerms"] } else { &reply["ChapterPerms"][0] };
        let expected = if way.ends_with("XML") { json!("7") } else { json!(7) };
        assert_eq!((&permission["StartChapterIndex"], &permission["EndChapterIndex"]), (&expected, &expected), "{way}");

        let delivery = pusher.event("text").unwrap().from_user("oUser").set("Content", "你好").send().await.unwrap();
        let reply = delivery.reply().unwrap_or_else(|| panic!("{way}: {delivery:?}"));
        assert_eq!(
            (field(reply, "ToUserName"), field(reply, "MsgType")),
            ("oUser", "transfer_customer_service"),
            "{way}"
        );
        assert_eq!(field(reply, "FromUserName"), field(&delivery.message, "ToUserName"), "{way}");
    }
}

#[tokio::test]
async fn faults_are_refused() {
    let receiver = Receiver::builder(TOKEN).encoding_aes_key(KEY).appid(Mock::APPID).max_age(millis(60_000)).build();
    let url = dispatch(Dispatcher::new(receiver.unwrap())).await;
    let mock = Mock::start().await.unwrap();
    for target in [secure(&url), secure(&url).xml(), secure(&url).compatible()] {
        let pusher = mock.push_to(target).unwrap();
        for fault in PushFault::ALL.iter().copied() {
            let delivery = pusher.event("wxa_media_check").unwrap().fault(fault).send_once().await.unwrap();
            let wanted = if matches!(fault, PushFault::OtherKey | PushFault::OtherApp) { 400 } else { 403 };
            // In 兼容模式 the message is there as it is, too, but it has no `Encrypt`.
            assert_eq!((delivery.status(), delivery.fault), (Some(wanted), Some(fault)));
            assert!(delivery.is_refused() && !delivery.is_accepted());
        }
        assert!(pusher.event("wxa_media_check").unwrap().send().await.unwrap().is_accepted());
    }

    let plain = Receiver::builder(TOKEN).max_age(millis(60_000)).build().unwrap();
    let pusher = mock.push_to(PushTarget::plain(dispatch(Dispatcher::new(plain)).await, TOKEN)).unwrap();
    for fault in PushFault::ALL.iter().copied() {
        let delivery = pusher.event("wxa_media_check").unwrap().fault(fault).send_once().await;
        match fault.suits_plain() {
            true => assert_eq!(delivery.unwrap().status(), Some(403), "{fault:?}"),
            false => assert!(delivery.unwrap_err().to_string().contains("EncodingAESKey"), "{fault:?}"),
        }
    }
}

#[tokio::test]
async fn what_comes_twice_is_handled_once() {
    let (trace, traces) = told::<String>();
    let endpoint = Dispatcher::new(receiver()).on(move |event: Arrived<WxaMediaCheck>| {
        trace(event.trace_id.clone());
        async { Ok(()) }
    });
    let mock = Mock::start().await.unwrap();
    let pusher = mock.push_to(secure(&dispatch(endpoint).await)).unwrap();
    let push = pusher.event("wxa_media_check").unwrap().set("trace_id", "the same");
    let [first, second] = push.clone().deliver_twice().await.unwrap();
    assert!(first.is_accepted() && second.is_accepted());
    assert_eq!((first.attempt, second.attempt, &first.message), (1, 2, &second.message));
    push.set("trace_id", "another").send().await.unwrap();
    assert_eq!(*traces.lock().unwrap(), ["the same", "another"]);
}

/// WeChat's page of virtual payment: it pushes again unless `ErrCode` is 0.
#[tokio::test]
async fn a_payment_comes_until_it_is_done() {
    let (retry, retries) = told::<u32>();
    let endpoint = Dispatcher::new(receiver()).on(move |event: Arrived<XpayRefundNotify>| {
        let times = event.retry_times.unwrap();
        retry(times);
        async move { Ok(XpayReply::new().err_code(if times < 2 { -1 } else { 0 })) }
    });
    let mock = Mock::start().await.unwrap();
    let url = dispatch(endpoint).await;
    for target in [secure(&url), secure(&url).xml()] {
        let pusher = mock.push_to(target).unwrap();
        let push = pusher.event("xpay_refund_notify").unwrap().set("WxRefundId", retries.lock().unwrap().len());
        let declined = push.clone().send_once().await.unwrap();
        assert!(matches!(declined.outcome, PushOutcome::Declined(_)), "{declined:?}");
        assert_eq!((declined.is_accepted(), declined.status()), (false, Some(200)));
        assert!(declined.reply().is_some());
        let delivery = push.clone().send().await.unwrap();
        assert_eq!((delivery.is_accepted(), delivery.attempt), (true, 3));
        let [first, second] = push.deliver_twice().await.unwrap();
        assert!(first.is_accepted() && second.is_accepted());
    }
    assert_eq!(*retries.lock().unwrap(), [0, 0, 1, 2, 0, 0, 1, 2]);
}

#[tokio::test]
async fn any_message_can_be_pushed() {
    let (message, messages) = told::<Message>();
    let endpoint = Dispatcher::new(receiver()).other(move |arrived: Message| {
        message(arrived);
        async { Ok(()) }
    });
    let mock = Mock::start().await.unwrap();
    let pusher = mock.push_to(secure(&dispatch(endpoint).await)).unwrap();
    let image = json!({"MsgType": "image", "PicUrl": "http://p", "MsgId": 1, "FromUserName": "oUser"});
    let new = json!({"MsgType": "event", "Event": "new_event", "CreateTime": 1_700_000_000});
    for (json, name) in [(image, "image"), (new, "new_event"), (json!({"InfoType": "authorized"}), "")] {
        let delivery = pusher.message(json.clone()).send().await.unwrap();
        assert_eq!((delivery.is_accepted(), delivery.name.as_str()), (true, name));
        let arrived = messages.lock().unwrap().pop().unwrap().json().unwrap();
        for (member, value) in json.as_object().unwrap() {
            assert_eq!(arrived[member], *value);
        }
        assert!(field(&arrived, "ToUserName").starts_with("gh_") && arrived["CreateTime"].is_u64());
    }
    for (asked, name) in [
        ("authorized_user_information_changes", "user_authorization_revoke"),
        ("user_info_modified", "user_info_modified"),
    ] {
        assert_eq!(pusher.event(asked).unwrap().send().await.unwrap().name, name);
    }
    let moved = pusher.event("text").unwrap().set("a.b.c", 1).set("a.d", 2).set("Content", Value::Null);
    let arrived = moved.send().await.unwrap().message;
    assert_eq!(arrived["a"], json!({"b": {"c": 1}, "d": 2}));
    assert!(arrived.get("Content").is_none() && arrived["MsgId"].is_u64());
}
