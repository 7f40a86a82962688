//! What is read of a push message of every kind, and what is answered.

#![allow(deprecated, reason = "what is outdated is still read")]

use golden_pushed::Secret;
use golden_pushed::events::every::{Mood, State, Step};
use golden_pushed::events::security::Suggestion;
use golden_pushed::events::{
    BoundReply, CameAndWent, CameAndWentEvent, Done, Event, ImageMessage, OrderAnswer, OrderQuery, PayNotify,
    TextMessage, Transfer, UserInformation, UserInformationEvent, WxaMediaCheck,
};
use golden_pushed::push::{ErrorKind, EventKind, Message, PushEvent, Query, Receiver, ReplyOr};
use serde_json::{Value, json};

fn open(body: &str) -> Message {
    let query = Query::parse("").with_source("planted");
    Receiver::cloud_hosted().open(&query, body.to_owned()).unwrap()
}

fn json_of(kind: &str, own: Value) -> Message {
    let mut whole = json!({ "ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": 1700000000, "MsgType": "event" });
    whole["Event"] = kind.into();
    whole.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    open(&whole.to_string())
}

/// What an answer says.
fn said(message: &Message, reply: impl golden_pushed::push::PushReply) -> Value {
    serde_json::from_slice(&message.reply(reply).unwrap().body).unwrap()
}

#[test]
fn an_event_is_read_from_json_and_from_xml_alike() {
    let own = json!({
        "trace_id": "t", "version": "2", "result": { "strategy": "whole", "suggest": "risky", "label": "20002" },
        "detail": { "strategy": "s", "suggest": "new" },
    });
    let one: WxaMediaCheck = json_of("wxa_media_check", own).decode().unwrap();
    let other: WxaMediaCheck = open(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1700000000</CreateTime>\
         <MsgType>event</MsgType><Event>wxa_media_check</Event><trace_id>t</trace_id><version>2</version>\
         <result><strategy>whole</strategy><suggest>risky</suggest><label>20002</label></result>\
         <detail><strategy>s</strategy><suggest>new</suggest></detail></xml>",
    )
    .decode()
    .unwrap();
    assert_eq!(one, other);
    assert_eq!(
        (one.version, one.create_time.get(), one.result.suggest),
        (Some(2), 1_700_000_000, Some(Suggestion::Risky))
    );
    assert_eq!((one.detail.len(), one.detail[0].suggest.as_ref().unwrap().as_str()), (1, "new"));
}

#[test]
fn what_is_read_can_be_written_and_read_again() {
    let message = json_of("wxa_media_check", json!({ "trace_id": "t", "result": { "strategy": "whole" } }));
    let event: WxaMediaCheck = message.decode().unwrap();
    let written = serde_json::to_string(&event).unwrap();
    assert_eq!(open(&written).decode::<WxaMediaCheck>().unwrap(), event);
}

#[test]
fn several_names_share_a_struct_and_a_head_may_differ() {
    let message =
        json_of("user_gone", json!({ "FromUserName": null, "CreateTime": 1700000000123_i64, "RevokeInfo": "[1,2]" }));
    let event: UserInformation = message.decode().unwrap();
    assert_eq!((event.event, event.from_user_name), (UserInformationEvent::Gone, None));
    assert_eq!((event.created.get(), event.revoke_info), (1_700_000_000_123, vec![1, 2]));
    let came: CameAndWent = json_of("came", json!({})).decode().unwrap();
    assert_eq!(came.event, CameAndWentEvent::Came);
}

#[test]
fn own_fields_may_stand_in_the_wrapper() {
    for own in [json!({ "OrderId": "o", "Count": "2" }), json!({ "pay_event": { "OrderId": "o", "Count": 2 } })] {
        let message = json_of("pay_notify", own);
        let event: PayNotify = message.decode().unwrap();
        let count = event.count;
        assert_eq!((event.order.as_str(), count), ("o", Some(2)));
        assert_eq!(
            message.distinct(PayNotify::META),
            json_of("pay_notify", json!({ "OrderId": "o", "Count": "2", "Paid": 1 })).distinct(PayNotify::META)
        );
    }
    let error = json_of("pay_notify", json!({})).decode::<PayNotify>().unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("OrderId")));
}

#[test]
fn any_message_is_read_as_what_it_is() {
    let text =
        r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1,"MsgType":"text","MsgId":"9","Content":"hi"}"#;
    assert!(
        matches!(open(text).event().unwrap(), Event::TextMessage(text) if text.content == "hi" && text.msg_id == 9)
    );
    assert!(matches!(json_of("went", json!({})).event().unwrap(), Event::CameAndWent(_)));
    // An event may have the name of a message.
    assert!(matches!(json_of("text", json!({})).event().unwrap(), Event::Other(_)));
    assert!(matches!(json_of("nobody_knows", json!({})).event().unwrap(), Event::Other(_)));
    assert!(json_of("text", json!({})).decode::<ImageMessage>().is_err());
}

#[test]
fn the_list_tells_what_the_spec_says() {
    let of = |id: &str| Event::ALL.iter().find(|meta| meta.id == id).unwrap();
    assert_eq!(Event::ALL.len(), 10);
    assert_eq!((of("delivered").kind, of("text").kind), (EventKind::Callback, EventKind::Message));
    assert_eq!((of("pay_notify").wrapper, of("pay_notify").answer_within), (Some("pay_event"), 3));
    assert_eq!(of("user_information").names, ["user_info_modified", "user_gone"]);
    assert_eq!(of("wxa_media_check").answers, ["mediaCheckAsync", "mediaCheckAgain"]);
}

#[test]
fn a_reply_is_filled_and_checked() {
    let query = json_of("order_query", json!({ "OrderID": "o7", "Token": "t7" }));
    let reply = OrderAnswer::new("way").steps([Step::new("s")]);
    assert_eq!((reply.state.clone(), reply.mood.clone()), (Some(State::Running), Some(Mood::Fine)));
    let mut answer = said(&query, reply.clone());
    assert!(answer["Time"].is_u64() && answer.as_object_mut().unwrap().remove("Time").is_some());
    assert_eq!(
        answer,
        json!({
            "OrderID": "o7", "Token": "t7", "State": 1, "Mood": "fine", "Path": "way", "Number": "1", "Since": 5,
            "SinceMs": 5, "Pin": "p", "Rate": 0.5, "Open": 1, "Steps": "[{\"name\":\"s\"}]",
        })
    );
    let own = said(&query, reply.clone().order_id("mine").token(Secret::new("s")).time(3));
    assert_eq!((&own["OrderID"], &own["Token"], &own["Time"]), (&json!("mine"), &json!("s"), &json!(3)));
    for (wrong, field) in [(reply.clone().way("/a"), "Path"), (reply.clone().state(State::Failed), "Reason")] {
        let error = query.reply(wrong).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Reply, Some(field)));
    }
    assert_eq!(query.reply(BoundReply::new("abcdef")).unwrap_err().path(), Some("waybill"));
}

#[test]
fn where_a_reply_is_optional_success_will_do() {
    let either: <OrderQuery as PushEvent>::Reply = OrderAnswer::new("way").into();
    assert!(matches!(either, ReplyOr::With(_)));
    let text =
        open(r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1,"MsgType":"text","MsgId":9,"Content":""}"#);
    let none: <TextMessage as PushEvent>::Reply = ().into();
    assert_eq!(&text.reply(none).unwrap().body[..], b"success");
    let transfer = said(&text, Transfer::new());
    assert_eq!((&transfer["ToUserName"], &transfer["FromUserName"]), (&json!("o1"), &json!("gh_1")));
    assert_eq!(
        (&transfer["MsgType"], &said(&text, Done::new())),
        (&json!("transfer_customer_service"), &json!({ "ErrCode": 0 }))
    );
}
