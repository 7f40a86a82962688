//! Bodies that are no JSON, or not quite.

use super::*;

const LABEL: &str = "malformed label: expected a whole number, got a string";

fn text(body: impl AsRef<[u8]>) -> Result<Option<String>, String> {
    judged::<Everything>(body).map(|value| value.text)
}

#[test]
fn a_byte_order_mark_is_dropped() {
    assert_eq!(text("\u{feff}{\"text\":\"a\"}"), Ok(Some("a".into())));
    assert_eq!(text("\u{feff}{\"errcode\":5}"), Err("failure 5: ".into()));
    assert_eq!(judged::<Part>("\u{feff}{\"label\":\"x\"}").unwrap_err(), LABEL);
}

#[test]
fn raw_control_characters_are_kept() {
    assert_eq!(text("{\"text\":\"a\nb\tc\u{1}\"}"), Ok(Some("a\nb\tc\u{1}".into())));
    assert_eq!(text("{\"other\":\"a\nb\",\"text\":\"c\"}"), Ok(Some("c".into())));
    assert_eq!(text("{\"errcode\":5,\"errmsg\":\"a\nb\"}"), Err("failure 5: a\nb".into()));
    assert_eq!(text("{\"errmsg\":\"a\nb\",\"errcode\":5}"), Err("failure 5: a\nb".into()));
    // In a struct within a list, and in a key.
    let inner = "{\"sessions\":[{\"openid\":\"a\nb\",\"session_key\":\"\"}]}";
    #[derive(Debug)]
    struct Outer {
        sessions: Vec<Session>,
    }
    wire::decode!(Outer { sessions: "sessions" });
    assert_eq!(judged::<Outer>(inner).unwrap().sessions[0].openid, "a\nb");
    assert_eq!(judged::<Everything>("{\"table\":{\"a\nb\":1}}").unwrap().table.unwrap()["a\nb"], 1);
    // Escapes around them keep their meaning.
    assert_eq!(text("{\"text\":\"\\\"\n\\\\\"}"), Ok(Some("\"\n\\".into())));
    // Between values they are blanks and stay.
    assert_eq!(text("{\n\t\"text\":\n\"a\nb\"\r\n}"), Ok(Some("a\nb".into())));
}

#[test]
fn bytes_that_are_no_utf8_are_replaced() {
    assert_eq!(text(b"{\"text\":\"a\xffb\"}"), Ok(Some("a\u{fffd}b".into())));
    // 中 in GBK.
    assert_eq!(text(b"{\"errcode\":5,\"errmsg\":\"\xd6\xd0\"}"), Err("failure 5: \u{fffd}\u{fffd}".into()));
    assert_eq!(judged::<Part>(b"{\"x\":\"\xff\",\"label\":1}").unwrap().label, Some(1));
    assert_eq!(judged::<Part>(b"{\"label\":\"\xff\"}").unwrap_err(), LABEL);
    assert_eq!(text(b"{\"text\":\"\xe4\xb8\"}"), Ok(Some("\u{fffd}".into())), "cut in the middle of a character");
}

#[test]
fn what_is_well_formed_is_never_mended() {
    assert_eq!(text("{\"text\":\"\\ufeff\\u0001\\n\"}"), Ok(Some("\u{feff}\u{1}\n".into())));
    assert_eq!(text("{\"text\":\"\u{feff}\u{7f}\u{fffd}\"}"), Ok(Some("\u{feff}\u{7f}\u{fffd}".into())));
}

#[test]
fn garbage_behind_the_object_is_refused() {
    for garbage in ["x", "}", "{}", "<html>", ",", "\u{0}"] {
        let error = text(format!("{{\"text\":\"a\"}}{garbage}")).unwrap_err();
        assert!(error.starts_with("malformed : trailing characters"), "{error}");
    }
    // Yet a code was read.
    assert_eq!(text("{\"errcode\":5,\"errmsg\":\"no\"}<html>"), Err("failure 5: no".into()));
}

#[test]
fn every_truncation_is_an_error() {
    let body = r#"{"text":"中\n","parts":[{"label":1.5e0,"x":null}],"table":{"a":-1},"flag":true,"errcode":0}"#;
    for end in 0..body.len() {
        let error = judged::<Session>(&body.as_bytes()[..end]).unwrap_err();
        assert!(error.starts_with("malformed"), "{error}");
        let error = text(&body.as_bytes()[..end]).unwrap_err();
        assert!(error.starts_with("malformed"), "{error}");
    }
}

#[test]
fn a_code_that_may_be_cut_is_no_code() {
    // What began as 40001, -1 and 0.
    for body in [r#"{"errcode":4"#, r#"{"errmsg":"no","errcode":400"#, r#"{"errcode":-1"#, "\u{feff}{\"errcode\":4"] {
        let error = text(body).unwrap_err();
        assert!(error.starts_with("malformed : EOF"), "{body}: {error}");
        assert!(wire::is_cut_off(body.as_bytes()), "{body}");
    }
    // What follows the number shows that it is whole.
    for body in [r#"{"errcode":5,"#, r#"{"errcode":5 "#, r#"{"errcode":5,"errm"#, r#"{"errcode":5,"errmsg":"a1"#] {
        assert!(text(body).unwrap_err().starts_with("failure 5"), "{body}");
        assert!(wire::is_cut_off(body.as_bytes()), "{body}");
    }
    for body in ["{\"text\":\"a\nb", "\u{feff}[1,", "{\"text\":\"\u{4e2d}"] {
        assert!(wire::is_cut_off(body.as_bytes()), "{body}");
    }
    for body in ["{}", "{]", "{\"text\":\"a\nb\"}", "{}x", "<html>", "{x"] {
        assert!(!wire::is_cut_off(body.as_bytes()), "{body}");
    }
}

#[test]
fn only_an_object_is_an_answer() {
    let cases = [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("  ", "EOF while parsing a value at line 1 column 2"),
        ("\u{feff}", "EOF while parsing a value at line 1 column 0"),
    ];
    for (body, what) in cases {
        assert_eq!(text(body), Err(format!("malformed : {what}")), "{body:?}");
    }
    for (body, got) in [
        ("[]", "a list"),
        (r#"[{"text":"a"}]"#, "a list"),
        ("\"text\"", "a string"),
        ("\"\"", "a string"),
        ("5", "a number"),
        ("-5", "a number"),
        ("0.5", "a number"),
        ("null", "null"),
        ("true", "a boolean"),
    ] {
        let error = text(body).unwrap_err();
        let start = format!("malformed : expected a JSON object, got {got}");
        assert!(error.starts_with(&start), "{body}: {error}");
        let error = judged::<wire::Nothing>(body).unwrap_err();
        assert!(error.starts_with(&start), "{body}: {error}");
    }
    for body in ["<html></html>", "ok", "{text:1}", "{'text':1}", "{\"text\":1,}", "{\"text\" 1}", "\u{0}"] {
        assert!(text(body).unwrap_err().starts_with("malformed "), "{body}");
    }
}

#[test]
fn depth_is_an_error_and_no_overflow() {
    const DEPTH: usize = 10_000;
    let lists = "[".repeat(DEPTH);
    let closed = lists.clone() + &"]".repeat(DEPTH);
    assert!(text(&lists).is_err());
    assert!(text(&closed).is_err());
    for field in FIELDS.iter().chain(&["errcode", "errmsg"]) {
        for deep in [&lists, &closed] {
            let error = text(format!("{{\"{field}\":{deep}}}")).unwrap_err();
            assert!(error.starts_with(&format!("malformed {field}")), "{error}");
            assert!(text(format!("{{\"{field}\":{deep}")).is_err());
        }
    }
    let parts = r#"{"parts":["#.repeat(DEPTH);
    assert!(judged::<Part>(&parts).unwrap_err().contains("recursion limit"));
    let single = r#"{"parts":"#.repeat(DEPTH) + "1" + &"}".repeat(DEPTH);
    assert!(judged::<Part>(&single).unwrap_err().contains("recursion limit"));
    // A field that is skipped may be as deep as it likes; a code behind it counts.
    assert!(text(format!("{{\"new\":{closed}}}")).is_ok());
    assert_eq!(text(format!("{{\"new\":{closed},\"errcode\":5}}")), Err("failure 5: ".into()));
    assert_eq!(text(format!("{{\"parts\":{closed},\"errcode\":5}}")), Err("failure 5: ".into()));
}
