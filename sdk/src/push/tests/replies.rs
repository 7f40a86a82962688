//! Reading messages, and answering them.

use base64::Engine as _;
use serde_json::json;

use super::*;

/// The plaintext of an encrypted answer, after its signature was checked.
pub(super) fn unseal(key: &str, body: &[u8]) -> Vec<u8> {
    let envelope = match body[0] {
        b'{' => serde_json::from_slice::<Value>(body).unwrap(),
        _ => super::super::xml::read(body).unwrap(),
    };
    let text = |name: &str| envelope[name].as_str().map_or_else(|| envelope[name].to_string(), str::to_owned);
    let encrypt = text("Encrypt");
    let expected = crypto::signature([TOKEN, &text("TimeStamp"), &text("Nonce"), &encrypt]);
    assert_eq!(text("MsgSignature").as_bytes(), expected);
    assert_eq!((text("Nonce").as_str(), text("TimeStamp")), ("77", NOW.to_string()));
    let mut data = base64::engine::general_purpose::STANDARD.decode(encrypt).unwrap();
    let range = Key::parse(key).unwrap().open(&mut data, APPID).unwrap();
    data[range].to_vec()
}

const VERDICT: &str = r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":"1714112445","MsgType":"event",
    "Event":"verdict","trace_id":"t1","label":20001,"unknown":{"x":[1]}}"#;

#[test]
fn events_decode_from_json_and_from_xml_wrapped_or_not() {
    let expected = Verdict {
        to_user_name: "gh_1".into(),
        create_time: Timestamp::new(1_714_112_445),
        trace_id: "t1".into(),
        labels: vec![20001],
        errcode: None,
    };
    let head = "<ToUserName>gh_1</ToUserName><CreateTime>1714112445</CreateTime><MsgType><![CDATA[event]]></MsgType>
        <Event>verdict_again</Event>";
    for text in [
        VERDICT.to_owned(),
        VERDICT.replace(r#""trace_id":"t1","label":20001"#, r#""result":{"trace_id":"t1","label":[20001]}"#),
        VERDICT.replace(r#""trace_id":"t1","label":20001"#, r#""result":[{"trace_id":"t1","label":[20001]}]"#),
        // What the wrapper says counts.
        VERDICT.replace(r#""trace_id":"t1""#, r#""result":{"trace_id":"t1"},"trace_id":"t0""#),
        format!("<xml>{head}<trace_id>t1</trace_id><label>20001</label></xml>"),
        format!("<xml>{head}<result><trace_id>t1</trace_id><label>20001</label></result></xml>"),
        // A byte order mark, a raw line feed within a string.
        format!("\u{feff}{}", VERDICT.replace(r#""unknown":{"#, "\"unknown\":{\"broken\":\"a\nb\",")),
    ] {
        let message = opened(&text).unwrap();
        assert!(message.is::<Verdict>() && !message.is::<Words>(), "{text}");
        assert_eq!(message.decode::<Verdict>().unwrap(), expected, "{text}");
        assert_eq!(message.json().unwrap()["ToUserName"], "gh_1");
    }
    let error = opened(&VERDICT.replace("20001", r#"{"planted":1}"#)).unwrap().decode::<Verdict>().unwrap_err();
    assert_eq!(error.path(), Some("label"));
    assert!(!error.to_string().contains("planted"), "{error}");
    assert!(error.to_string().starts_with("`label"), "{error}");
}

#[test]
fn bytes_that_are_no_utf8_are_replaced() {
    for plain in [
        &b"{\"MsgType\":\"text\",\"Content\":\"a\xffb\"}"[..],
        b"<xml><MsgType>text</MsgType><Content>a\xffb</Content></xml>",
    ] {
        let (query, body) = sealed_with(KEY, APPID, plain);
        let message = receiver().open(&query, body).unwrap();
        assert_eq!(message.body(), plain);
        assert_eq!(message.decode::<Words>().unwrap().content, "a\u{fffd}b");
    }
}

/// As tests of handlers have them.
#[test]
fn messages_that_nobody_signed_are_read_when_they_are_asked_for() {
    let xml = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>
        <MsgType>event</MsgType><Event>verdict</Event><result><trace_id>t1</trace_id></result></xml>";
    for text in [VERDICT, xml] {
        let message = Message::unverified(text).unwrap();
        assert!(!message.is_encrypted());
        let event = Arrived::<Verdict>::decode(message.clone()).unwrap();
        assert_eq!((event.message().body(), &*event), (message.body(), &message.decode::<Verdict>().unwrap()));
        assert_eq!(kind(Arrived::<Words>::decode(message)), Some(ErrorKind::OtherEvent));
    }
    let (_, sealed) = sealed(VERDICT);
    assert_eq!(kind(Message::unverified(sealed)), Some(ErrorKind::Config));
    assert_eq!(kind(Message::unverified("success")), Some(ErrorKind::Malformed));
}

#[test]
fn an_app_is_told_where_it_is_known() {
    assert_eq!(opened(VERDICT).unwrap().appid(), Some(APPID));
    assert_eq!(Message::unverified(VERDICT).unwrap().appid(), None);
    let refused = receiver().open(&plain_query(), VERDICT).unwrap_err();
    assert_eq!((refused.kind(), refused.appid()), (ErrorKind::Unencrypted, Some(APPID)));
    assert_eq!(receiver().verify_url(&Query::default()).unwrap_err().appid(), Some(APPID));
    let refused = Receiver::plain(TOKEN).unwrap().open(&Query::default(), VERDICT).unwrap_err();
    assert_eq!((refused.kind(), refused.appid()), (ErrorKind::Query, None));
}

/// What a third-party platform is sent about itself has neither `MsgType` nor a sender.
#[test]
fn messages_without_a_type_open() {
    let ticket = "<xml><AppId>wx1</AppId><CreateTime>1413192605</CreateTime>
        <InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>ticket@@@x</ComponentVerifyTicket></xml>";
    let message = opened(ticket).unwrap();
    assert_eq!((message.msg_type(), message.event_name(), message.msg_id()), ("", None, None));
    assert_eq!((message.to_user_name(), message.from_user_name()), ("", ""));
    assert_eq!(message.info_type(), Some("component_verify_ticket"));
    assert_eq!(message.create_time(), Some(Timestamp::new(1_413_192_605)));
    assert_eq!(message.json().unwrap()["ComponentVerifyTicket"], "ticket@@@x");
    assert!(message.key().contains("component_verify_ticket"));
    assert_eq!(kind(message.decode::<Verdict>()), Some(ErrorKind::OtherEvent));
    assert_eq!(opened("{}").unwrap().msg_type(), "");
}

#[test]
fn answers_have_the_format_and_the_mode_of_the_message() {
    let xml = "<xml><FromUserName>o1</FromUserName><MsgType>event</MsgType><Event>verdict</Event>
        <result><trace_id>t1</trace_id></result></xml>";
    let plain = Receiver::builder(TOKEN).clock(Stopped).build().unwrap();
    for text in [VERDICT, xml] {
        let json = text.starts_with('{');
        let secret = opened(text).unwrap();
        let open = plain.open(&plain_query(), text).unwrap();
        for message in [&secret, &open] {
            for answer in [
                message.success(),
                message.reply(Success).unwrap(),
                message.reply(Success::from(())).unwrap(),
                message.reply(ReplyOr::<VerdictReply>::from(())).unwrap(),
                message.reply(ReplyOr::<VerdictReply>::from(None)).unwrap(),
            ] {
                assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"success"[..]));
            }
        }
        let reply = || ReplyOr::With(VerdictReply { code: Some(7) });
        let answers = [secret.reply(reply()).unwrap(), open.reply(reply()).unwrap()];
        for answer in &answers {
            let expected = if json { "application/json; charset=utf-8" } else { "application/xml; charset=utf-8" };
            assert_eq!(answer.content_type, expected);
        }
        let written = unseal(KEY, &answers[0].body);
        assert_eq!(written, answers[1].body);
        let again = secret.reply(reply()).unwrap();
        assert_ne!(again.body, answers[0].body, "the random bytes are new each time");
        let expected = if json {
            json!({ "ToUserName": "o1", "TraceId": "t1", "CreateTime": NOW, "ResultCode": 7 })
        } else {
            json!({ "ToUserName": "o1", "TraceId": "t1", "CreateTime": NOW.to_string(), "ResultCode": "7" })
        };
        let read =
            if json { serde_json::from_slice(&written).unwrap() } else { super::super::xml::read(&written).unwrap() };
        assert_eq!(read, expected);
        assert_eq!(
            unseal(KEY, &secret.reply_json(&json!({ "ErrCode": 0 })).unwrap().body).len(),
            if json { 13 } else { 31 }
        );
    }
    assert_eq!(kind(opened(xml).unwrap().reply_json(&"text")), Some(ErrorKind::Reply));
    assert_eq!(kind(opened(xml).unwrap().reply_json(&json!({ "a b": 1 }))), Some(ErrorKind::Reply));
}

#[test]
fn keys_are_the_same_for_the_same_message_only() {
    let message = |text: &str| opened(text).unwrap();
    let text = message(r#"{"ToUserName":"gh_1","FromUserName":"o1","MsgType":"text","MsgId":"9223372036854775807"}"#);
    let number =
        message(r#"{"ToUserName":"gh_1","FromUserName":"o1","MsgType":"text","MsgId":9223372036854775807,"x":1}"#);
    assert_eq!(text.key(), number.key());
    assert_eq!(text.key(), text.distinct(Words::META));
    assert_ne!(text.key(), message(r#"{"ToUserName":"gh_2","FromUserName":"o1","MsgId":"9223372036854775807"}"#).key());
    // An id that says nothing tells nothing apart.
    for none in [r#""""#, r#""0""#, "0", "null"] {
        let sent = |time: u64| {
            message(&format!(
                r#"{{"FromUserName":"o1","CreateTime":{time},"MsgType":"event","Event":"x","MsgId":{none}}}"#
            ))
        };
        assert_eq!(sent(1).key(), sent(1).key());
        assert_ne!(sent(1).key(), sent(2).key(), "{none}");
    }
    let event = message(VERDICT);
    // What the spec says tells them apart does, and nothing else.
    let same = message(&VERDICT.replace("20001", "20002"));
    let other = message(&VERDICT.replace("t1", "t2"));
    assert_eq!(event.distinct(Verdict::META), same.distinct(Verdict::META));
    assert_ne!(event.distinct(Verdict::META), other.distinct(Verdict::META));
    assert_ne!(event.key(), same.key());
    assert_eq!(event.key(), message(VERDICT).key());
    let wrapped = message(&VERDICT.replace(r#""trace_id":"t1""#, r#""result":{"trace_id":"t1"}"#));
    assert_eq!(event.distinct(Verdict::META), wrapped.distinct(Verdict::META));
    let (none, nothing) = (VERDICT.replace("trace_id", "other"), VERDICT.replace("trace_id", "another"));
    assert_ne!(message(&none).distinct(Verdict::META), message(&nothing).distinct(Verdict::META));
    assert_ne!(event.key(), message(&VERDICT.replace("714112445", "714112446")).key());
}

/// What an event that nobody knows yet holds besides its head is its own affair.
#[test]
fn fields_that_are_no_head_are_not_judged() {
    for own in [r#""action":{"a":[1]}"#, r#""action":[1,2]"#, r#""action":1.5"#, r#""action":null"#] {
        let message = opened(&format!(r#"{{"MsgType":"event","Event":"tomorrow",{own}}}"#)).unwrap();
        assert_eq!(message.event_name(), Some("tomorrow"));
        assert!(!message.is_probe());
    }
    let twice = "<xml><MsgType>event</MsgType><Event>tomorrow</Event><action>a</action><action>b</action></xml>";
    assert_eq!(opened(twice).unwrap().json().unwrap()["action"], json!(["a", "b"]));
}

#[test]
fn cloud_hosting_is_trusted_for_its_header() {
    let receiver = Receiver::cloud_hosted();
    let query = Query::default().with_source("wx");
    let message = receiver.open(&query, r#"{"MsgType":"text","Content":"hi"}"#).unwrap();
    assert_eq!(message.decode::<Words>().unwrap().content, "hi");
    assert!(!message.is_probe());
    for probe in [r#"{ "action": "CheckContainerPath"}"#, "<xml><action>CheckContainerPath</action></xml>"] {
        let message = receiver.open(&Query::default(), probe).unwrap();
        assert!(message.is_probe());
        assert_eq!(&message.success().body[..], b"success");
        assert_eq!(kind(super::receiver().open(&Query::default(), probe)), Some(ErrorKind::Unencrypted));
    }
    for both in [
        r#"{"action":"CheckContainerPath","MsgType":"text"}"#,
        r#"{"action":"CheckContainerPath","InfoType":"authorized"}"#,
        r#"{"action":"CheckContainerPath","Event":"verdict"}"#,
        r#"{"action":"CheckContainerPath","FromUserName":"o1"}"#,
        r#"{"action":"CheckContainerPath","MsgId":1}"#,
    ] {
        assert_eq!(
            kind(receiver.open(&Query::default(), both)),
            Some(ErrorKind::Source),
            "a way round the header: {both}"
        );
    }
    // A proxy may leave a header empty that it takes away.
    let emptied = receiver.open(&Query::default().with_source(""), r#"{"MsgType":"text","Content":"hi"}"#);
    assert_eq!(kind(emptied), Some(ErrorKind::Source));
}
