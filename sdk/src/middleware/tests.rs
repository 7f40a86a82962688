use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::*;
use crate::endpoint::{Meta, Method};
use crate::parts::Body;

fn reply(meta: &Meta, body: &'static str) -> Reply {
    let received = Received { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from(body) };
    Reply::new(meta, received, std::time::Duration::ZERO)
}

#[test]
fn a_code_is_read_as_the_endpoint_spells_it() {
    let standard = Meta::new("a", "g.a", Method::Post, "/a");
    assert_eq!(reply(&standard, r#"{"errcode":40003,"errmsg":"x"}"#).errcode(), Some(40003.into()));
    assert_eq!(reply(&standard, "\u{feff}{\"errmsg\":\"a\tb\",\"errcode\":\"-1\"}").errcode(), Some((-1).into()));
    for without in [r#"{"errcode":0}"#, r#"{"openid":"x"}"#, "<html>", "", "[1]"] {
        assert_eq!(reply(&standard, without).errcode(), None, "{without}");
    }
    let own = Meta::new("b", "g.b", Method::Post, "/b").envelope("resultcode", "resultmsg", &[0, 1]);
    assert_eq!(reply(&own, r#"{"resultcode":2,"errcode":7}"#).errcode(), Some(2.into()));
    assert_eq!(reply(&own, r#"{"resultcode":1}"#).errcode(), None);
}

#[test]
fn a_replaced_body_and_status_count() {
    let meta = Meta::new("a", "g.a", Method::Post, "/a");
    let wrapped = reply(&meta, r#"{"data":{"errcode":45011}}"#);
    assert_eq!((wrapped.errcode(), wrapped.len(), wrapped.is_empty()), (None, 26, false));
    let bare = wrapped.with_body(r#"{"errcode":45011}"#).with_status(StatusCode::BAD_GATEWAY);
    assert_eq!(bare.errcode(), Some(45011.into()));
    assert_eq!(bare.status(), 502);
    assert!(bare.with_body("").is_empty());
}

#[test]
fn what_is_added_to_a_body_leaves_the_rest_as_it_was() {
    let mut changes = Changes::default();
    let plain = Body::Json(Bytes::from_static(b"{}"));
    assert!(matches!(changes.extended(&plain), Body::Json(json) if json == "{}"));
    changes.json.push(("new".to_owned(), b"[1,\"\xe4\xbd\xa0\"]".to_vec()));
    changes.json.push(("quoted\"name".to_owned(), b"null".to_vec()));
    for (before, after) in [
        ("{}", r#"{"new":[1,"你"],"quoted\"name":null}"#),
        (" { } ", r#" { "new":[1,"你"],"quoted\"name":null}"#),
        (r#"{"a": 1.50,"b":"}"}"#, r#"{"a": 1.50,"b":"}","new":[1,"你"],"quoted\"name":null}"#),
    ] {
        let Body::Json(json) = changes.extended(&Body::Json(before.into())) else { panic!("{before}") };
        assert_eq!(json, after);
        serde_json::from_slice::<Value>(&json).unwrap();
    }
    assert!(matches!(changes.extended(&Body::None), Body::None));
}

#[test]
fn nothing_is_shown_of_a_reply_but_its_size() {
    let meta = Meta::new("a", "g.a", Method::Post, "/a");
    let shown = format!("{:?}", reply(&meta, r#"{"session_key":"planted"}"#));
    assert!(shown.contains("25 bytes") && !shown.contains("planted"), "{shown}");
    assert_eq!(format!("{:?}", middleware_fn(|request| request.send())), "MiddlewareFn");
}
