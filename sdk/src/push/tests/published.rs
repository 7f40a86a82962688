//! The examples that WeChat publishes, byte for byte.

use serde_json::{Value, json};

use super::super::receiver::Seal;
use super::*;

fn published(of: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("published.json")).unwrap();
    all[of].as_array().unwrap().clone()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn signatures() {
    let vectors = published("push_signature");
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let (timestamp, nonce) = (text(&vector, "timestamp"), text(&vector, "nonce"));
        let query = format!("signature={}&timestamp={timestamp}&nonce={nonce}&echostr=437%2B51", text(&vector, "hex"));
        let query = Query::parse(&query);
        let receiver = Receiver::plain(text(&vector, "token")).unwrap();
        assert_eq!(receiver.verify_url(&query).unwrap(), "437+51");
        let message = receiver.open(&query, r#"{"MsgType":"event","Event":"debug_demo"}"#).unwrap();
        assert_eq!(message.event_name(), Some("debug_demo"));
        assert!(!message.is_encrypted());
        let other = Receiver::plain("AAAAB").unwrap();
        assert_eq!(kind(other.verify_url(&query)), Some(ErrorKind::Signature));
        assert_eq!(kind(other.open(&query, "{}")), Some(ErrorKind::Signature));
    }
}

#[test]
fn messages() {
    let vectors = published("push_decrypt");
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let encrypt = text(&vector, "encrypt");
        let query = Query::from_pairs(
            ["timestamp", "nonce", "msg_signature"].map(|name| (name, text(&vector, name))).into_iter().chain([
                ("encrypt_type", "aes"),
                // Of no use in this mode, and not looked at.
                ("signature", "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
            ]),
        );
        let receiver = |appid| Receiver::new(text(&vector, "token"), text(&vector, "encoding_aes_key"), appid).unwrap();
        let bodies = [
            json!({ "ToUserName": "gh_97417a04a28d", "Encrypt": encrypt }).to_string(),
            format!(
                "<xml>\n    <ToUserName><![CDATA[gh_9]]></ToUserName>\n    <Encrypt><![CDATA[{encrypt}]]></Encrypt>\n</xml>"
            ),
            // What stands beside it unencrypted is not believed.
            json!({ "MsgType": "text", "Content": "forged", "Encrypt": encrypt }).to_string(),
        ];
        for body in bodies {
            let message = receiver(text(&vector, "appid")).open(&query, body.clone()).unwrap();
            assert_eq!(message.body(), text(&vector, "msg"));
            assert_eq!((message.msg_type(), message.event_name()), ("event", Some("debug_demo")));
            assert_eq!(message.to_user_name(), "gh_97417a04a28d");
            assert_eq!(message.from_user_name(), "o9AgO5Kd5ggOC-bXrbNODIiE3bGY");
            assert!(message.create_time().unwrap().get() >= 1_714_112_445);
            assert_eq!(message.json().unwrap()["debug_str"], "hello world");
            assert!(message.is_encrypted());
            let xml = text(&vector, "msg").starts_with('<');
            assert_eq!(message.format(), if xml { Format::Xml } else { Format::Json });
            assert_eq!(kind(receiver("wx0000000000000000").open(&query, body)), Some(ErrorKind::AppId));
        }
    }
}

#[test]
fn replies() {
    let vectors = published("push_encrypt");
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let random: [u8; 16] = text(&vector, "random16").as_bytes().try_into().unwrap();
        let receiver =
            Receiver::new(text(&vector, "token"), text(&vector, "encoding_aes_key"), text(&vector, "appid")).unwrap();
        let seal = Seal { receiver, token: 0, key: 0, nonce: text(&vector, "nonce").to_owned() };
        let now = Timestamp::new(text(&vector, "timestamp").parse().unwrap());
        let plain = text(&vector, "msg").as_bytes();
        let json = seal.envelope_with(Format::Json, plain, now, &random).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&json).unwrap(),
            json!({
                "Encrypt": text(&vector, "encrypt"),
                "MsgSignature": text(&vector, "msg_signature"),
                "TimeStamp": now.get(),
                "Nonce": text(&vector, "nonce"),
            })
        );
        let xml = seal.envelope_with(Format::Xml, plain, now, &random).unwrap();
        for element in [
            format!("<Encrypt><![CDATA[{}]]></Encrypt>", text(&vector, "encrypt")),
            format!("<MsgSignature><![CDATA[{}]]></MsgSignature>", text(&vector, "msg_signature")),
            format!("<TimeStamp>{now}</TimeStamp>"),
            format!("<Nonce><![CDATA[{}]]></Nonce>", text(&vector, "nonce")),
        ] {
            assert!(xml.starts_with("<xml>") && xml.ends_with("</xml>") && xml.contains(&element), "{xml}");
        }
    }
}

/// The delivery's callback as WeChat's page has it. Its digest was made of a text that HTML had mangled, and can not be
/// reproduced; this one was made by `md5sum` of the text that the page describes.
#[test]
fn callbacks() {
    #[derive(Clone, Debug, PartialEq)]
    struct OrderStatus {
        order_status: i64,
        wx_order_id: String,
    }
    wire::decode!(OrderStatus { order_status: always("order_status"), wx_order_id: always("wx_order_id") });
    wire::encode!(OrderStatus { order_status: "order_status", wx_order_id: "wx_order_id" });
    impl Sealed for OrderStatus {}
    impl PushEvent for OrderStatus {
        const META: &'static EventMeta = &EventMeta::callback("order_status");
        type Reply = Success;
    }

    let body = |sign: &str| {
        format!(
            r#"{{"appid":"wx539e0b4872f19621","order_status":40000,"service_trans_id":"DADA",
            "status_change_time":1711458532,"store_order_id":"sa5dadada12fd4assdsdad11s","timestamp":1711458532,
            "wx_order_id":"4018734875633256960","wx_store_id":"4000000000000042001","sign":"{sign}"}}"#
        )
    };
    let receiver = Receiver::plain("abcdefghi").unwrap();
    let status: OrderStatus = receiver.callback(body("bb783330085f89499dfc6911e3a2dd31")).unwrap();
    assert_eq!(status, OrderStatus { order_status: 40000, wx_order_id: "4018734875633256960".into() });
    for wrong in ["a85489d9444bdd382e0de0ddca67a8ee", "", "bb783330085f89499dfc6911e3a2dd30"] {
        assert_eq!(kind(receiver.callback::<OrderStatus>(body(wrong))), Some(ErrorKind::Signature), "{wrong}");
    }
    let in_cloud = Receiver::builder("abcdefghi").cloud_hosted().build().unwrap();
    assert_eq!(in_cloud.callback::<OrderStatus>(body("bb783330085f89499dfc6911e3a2dd31")).unwrap(), status);
    let changing = Receiver::builder("new").previous_token("abcdefghi");
    for changing in
        [changing.build().unwrap(), Receiver::builder("").previous_token("abcdefghi").cloud_hosted().build().unwrap()]
    {
        assert_eq!(changing.callback::<OrderStatus>(body("bb783330085f89499dfc6911e3a2dd31")).unwrap(), status);
    }
    let other = body("bb783330085f89499dfc6911e3a2dd31").replace("40000", "40001");
    assert_eq!(kind(receiver.callback::<OrderStatus>(other)), Some(ErrorKind::Signature));
    let old = Receiver::builder("abcdefghi").max_age(Duration::from_secs(60)).clock(Stopped).build().unwrap();
    assert_eq!(kind(old.callback::<OrderStatus>(body("bb783330085f89499dfc6911e3a2dd31"))), Some(ErrorKind::Age));
    // Signed is the text, and a number may come as one.
    let as_text =
        body("bb783330085f89499dfc6911e3a2dd31").replace(r#""timestamp":1711458532"#, r#""timestamp":"1711458532""#);
    let patient = Receiver::builder("abcdefghi").max_age(Duration::from_secs(1 << 23)).clock(Stopped).build().unwrap();
    assert_eq!(patient.callback::<OrderStatus>(as_text.clone()).unwrap(), status);
    assert_eq!(kind(old.callback::<OrderStatus>(as_text)), Some(ErrorKind::Age));
    assert_eq!(
        kind(receiver.callback::<Verdict>(body("bb783330085f89499dfc6911e3a2dd31"))),
        Some(ErrorKind::OtherEvent)
    );
    assert_eq!(kind(Receiver::cloud_hosted().callback::<OrderStatus>(body(""))), Some(ErrorKind::Config));
    assert_eq!(kind(receiver.callback::<OrderStatus>("[]")), Some(ErrorKind::Malformed));
    assert_eq!(&Answer::callback(Success).unwrap().body[..], b"success");
    let answer = Answer::callback(VerdictReply { code: Some(0) }).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&answer.body).unwrap()["ResultCode"], 0);
}
