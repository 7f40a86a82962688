//! The envelope: whether an answer is a success.

use super::*;

#[test]
fn success_is_errcode_0_or_none() {
    let part = Part { label: Some(1), parts: Vec::new() };
    for code in
        ["", r#""errcode":0,"#, r#""errcode":"0","#, r#""errcode":0.0,"#, r#""errcode":null,"#, r#""errcode":"","#]
    {
        let body = format!(r#"{{{code}"errmsg":"ok","label":1}}"#);
        assert_eq!(judged(&body), Ok(part.clone()), "{body}");
    }
    assert_eq!(judged("{}"), Ok(wire::Nothing));
    assert_eq!(judged(" \r\n\t{ \"errcode\" : 0 }\n"), Ok(wire::Nothing));
}

#[test]
fn failure_is_any_other_errcode() {
    let cases = [
        (r#"{"errcode":40001,"errmsg":"bad token"}"#, "failure 40001: bad token"),
        (r#"{"errmsg":"bad token","errcode":40001}"#, "failure 40001: bad token"),
        (r#"{"errcode":"40001","errmsg":"bad token"}"#, "failure 40001: bad token"),
        (r#"{"errcode":40001.0}"#, "failure 40001: "),
        (r#"{"errcode":-1,"errmsg":null}"#, "failure -1: "),
        (r#"{"errcode":-1000,"errmsg":5}"#, "failure -1000: 5"),
        (r#"{"errcode":9300501,"label":1}"#, "failure 9300501: "),
    ];
    for (body, expected) in cases {
        assert_eq!(judged::<Part>(body), Err(expected.into()), "{body}");
        assert_eq!(judged::<wire::Nothing>(body), Err(expected.into()), "{body}");
        assert_eq!(judged::<Session>(body), Err(expected.into()), "a code explains what is missing: {body}");
    }
}

#[test]
fn a_code_wins_over_a_field_that_does_not_fit() {
    let expected = Err("failure 61010: too late".to_owned());
    for field in [r#""label":"x""#, r#""label":{}"#, r#""label":[1]"#, r#""parts":[{"label":"x"}]"#, r#""parts":5"#] {
        let before = format!(r#"{{{field},"errcode":61010,"errmsg":"too late"}}"#);
        let after = format!(r#"{{"errcode":61010,"errmsg":"too late",{field}}}"#);
        let between = format!(r#"{{"errmsg":"too late",{field},"errcode":61010}}"#);
        for body in [before, after, between] {
            assert_eq!(judged::<Part>(&body), expected, "{body}");
            // And in a body that has to be mended first.
            assert_eq!(judged::<Part>(format!("\u{feff}{body}")), expected, "mended: {body}");
        }
    }
    // The message of a code that came late is not lost.
    let body = r#"{"errcode":61010,"label":"x","errmsg":"too late"}"#;
    assert_eq!(judged::<Part>(body), expected);
}

#[test]
fn a_message_decides_nothing() {
    for message in ["[1]", "{\"a\":1}", "true", "0.5", "[[[{}]]]"] {
        assert!(judged::<Part>(format!(r#"{{"errmsg":{message},"errcode":0}}"#)).is_ok(), "{message}");
        let failed = judged::<Part>(format!(r#"{{"errmsg":{message},"errcode":7}}"#)).unwrap_err();
        assert!(failed.starts_with("failure 7: "), "{failed}");
    }
}

#[test]
fn a_code_that_is_none() {
    for code in ["\"abc\"", "{}", "[1]", "0.5", "99999999999999999999"] {
        let error = judged::<Part>(format!(r#"{{"errcode":{code}}}"#)).unwrap_err();
        assert!(error.starts_with("malformed errcode: expected a whole number, got"), "{error}");
    }
    assert_eq!(judged::<Part>(r#"{"errcode":true}"#).unwrap_err(), "failure 1: ");
}

#[test]
fn of_two_codes_the_last_counts() {
    assert_eq!(judged::<Part>(r#"{"errcode":0,"errcode":7}"#).unwrap_err(), "failure 7: ");
    assert!(judged::<Part>(r#"{"errcode":7,"errcode":0}"#).is_ok());
    assert_eq!(judged::<Part>(r#"{"errcode":7,"errcode":null}"#).unwrap_err(), "failure 7: ");
}

#[test]
fn inner_codes_are_fields() {
    #[derive(Debug, PartialEq)]
    struct Detail {
        code: Option<i64>,
    }
    wire::decode!(Detail { code: "errcode" });
    #[derive(Debug, PartialEq)]
    struct Checked {
        detail: Vec<Detail>,
    }
    wire::decode!(Checked { detail: "detail" });
    let checked: Checked = judged(r#"{"errcode":0,"detail":[{"errcode":87014}]}"#).unwrap();
    assert_eq!(checked.detail[0].code, Some(87014));
}

#[test]
fn other_names() {
    let envelope = Envelope { code: "ret", message: "msg", ok: &[0] };
    let judged = |body: &str| judged_as::<Part>(body, &envelope);
    assert_eq!(judged(r#"{"ret":5,"msg":"no"}"#).unwrap_err(), "failure 5: no");
    assert_eq!(judged(r#"{"label":"x","msg":"no","ret":5}"#).unwrap_err(), "failure 5: no");
    assert!(judged(r#"{"ret":0,"msg":"ok","label":1}"#).is_ok());
}

/// WeChat's gateway knows no other envelope: it answers so when the token is stale, for example.
#[test]
fn the_usual_envelope_in_place_of_another() {
    let envelope = Envelope { code: "ret", message: "msg", ok: &[0] };
    let judged = |body: &str| judged_as::<Part>(body, &envelope);
    assert_eq!(judged(r#"{"errcode":40001,"errmsg":"stale"}"#).unwrap_err(), "failure 40001: stale");
    assert_eq!(judged(r#"{"errmsg":"stale","errcode":"40001"}"#).unwrap_err(), "failure 40001: stale");
    assert!(judged(r#"{"errcode":0,"errmsg":"ok"}"#).is_ok());
    assert!(judged(r#"{"ret":0,"errcode":7}"#).is_ok(), "the endpoint's own code decides");
    assert_eq!(judged(r#"{"ret":5,"errcode":7,"errmsg":"no"}"#).unwrap_err(), "failure 5: no");
}

#[test]
fn other_codes_that_mean_success() {
    let envelope = Envelope { code: "errcode", message: "errmsg", ok: &[0, 1] };
    let judged = |body: &str| judged_as::<Part>(body, &envelope);
    for body in ["{}", r#"{"errcode":0}"#, r#"{"errcode":1}"#, r#"{"errcode":"1"}"#] {
        assert!(judged(body).is_ok(), "{body}");
    }
    assert_eq!(judged(r#"{"errcode":2}"#).unwrap_err(), "failure 2: ");
    assert_eq!(
        judged(r#"{"errcode":1,"label":"x"}"#).unwrap_err(),
        "malformed label: expected a whole number, got a string"
    );
    assert_eq!(
        judged(r#"{"label":"x","errcode":1}"#).unwrap_err(),
        "malformed label: expected a whole number, got a string"
    );
    let only_one = Envelope { ok: &[1], ..Envelope::STANDARD };
    assert_eq!(judged_as::<Part>(r#"{"errcode":0}"#, &only_one).unwrap_err(), "failure 0: ");
}
