//! No error tells what it could not read: it may have been a secret.

use super::*;
use crate::secret::revealing;

/// A text, a number and a float that occur nowhere else.
const PLANTED: [&str; 9] = [
    "\"s3cr3tValue\"",
    "918273645546",
    "-918273645546",
    "918273645546.918273645546",
    "918273645546918273645546918273645546",
    "[\"s3cr3tValue\",918273645546]",
    "[[\"s3cr3tValue\"]]",
    "{\"x\":\"s3cr3tValue\",\"y\":918273645546}",
    "{\"$serde_json::private::Number\":\"s3cr3tValue\"}",
];

#[track_caller]
fn clean(error: &str) {
    for marker in ["s3cr3t", "91827", "9.1827"] {
        assert!(!error.contains(marker), "{error}");
    }
}

#[test]
fn no_type_prints_what_it_refuses() {
    fn of<T: Wire>() {
        for json in PLANTED {
            for json in [json.to_owned(), json.trim_end_matches(['"', '}', ']']).to_owned()] {
                if let Err(error) = read::<T>(&json) {
                    clean(&error);
                }
            }
        }
    }
    of::<String>();
    of::<Secret>();
    of::<bool>();
    of::<i64>();
    of::<u64>();
    of::<u32>();
    of::<u8>();
    of::<f64>();
    of::<Timestamp>();
    of::<TimestampMs>();
    of::<Level>();
    of::<Kind>();
    of::<Part>();
    of::<Value>();
    of::<Vec<u8>>();
    of::<Vec<bool>>();
    of::<Vec<Part>>();
    of::<Vec<Vec<bool>>>();
    of::<BTreeMap<String, bool>>();
    of::<crate::File>();
    of::<crate::HostedFile>();
    of::<crate::TemplateData>();
}

#[test]
fn no_answer_is_printed() {
    for json in PLANTED {
        for field in FIELDS.iter().chain(&["errcode", "errmsg"]) {
            let inside = format!("{{\"{field}\":{json}}}");
            let cut = inside.trim_end_matches(['"', '}', ']']);
            for body in [&inside, cut, &format!("{inside} 918273645546"), &format!("{inside}s3cr3t")] {
                if let Err(error) = judged::<Everything>(body) {
                    // The message and the code of a failure are WeChat's to choose.
                    if !error.starts_with("failure") {
                        clean(&error);
                    }
                }
            }
        }
        if let Err(error) = judged::<Everything>(json) {
            clean(&error);
        }
    }
}

#[test]
fn a_secret_is_read_and_not_shown() {
    let body = r#"{"openid":"o","session_key":"s3cr3tValue"}"#;
    let session = judged::<Session>(body).unwrap();
    assert_eq!(session.session_key.expose(), "s3cr3tValue");
    clean(&format!("{session:?} {session:#?}"));
}

#[test]
fn a_secret_is_written_only_where_it_may_be() {
    let session: Session = serde_json::from_str(r#"{"openid":"o","session_key":"s3cr3tValue"}"#).unwrap();
    let error = serde_json::to_string(&session).unwrap_err().to_string();
    assert!(error.contains("expose()"), "{error}");
    clean(&error);
    serde_json::to_value(&session).unwrap_err();
    let written = revealing(|| serde_json::to_string(&session)).unwrap();
    assert_eq!(written, r#"{"openid":"o","session_key":"s3cr3tValue"}"#);
}
