//! What errors say of themselves.

use super::*;

#[test]
fn an_error_is_one_pointer_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Error>();
}

#[test]
fn the_rid_is_read_however_it_is_separated() {
    for message in [
        "invalid code, rid: 63f1a2b3-0a1b2c3d-4e5f6071",
        "invalid code rid:63f1a2b3-0a1b2c3d-4e5f6071",
        "invalid code hint: [x] rid: 63f1a2b3-0a1b2c3d-4e5f6071 ",
    ] {
        assert_eq!(Error::api(40029, message.into(), None).rid(), Some("63f1a2b3-0a1b2c3d-4e5f6071"), "{message}");
    }
    assert_eq!(Error::api(40029, "invalid code".into(), None).rid(), None);
    assert_eq!(Error::api(40029, "rid: ".into(), None).rid(), None);
}

#[test]
fn every_violation_is_shown() {
    let error = Error::invalid(vec![
        Violation { field: "scene".into(), problem: "is required".into() },
        Violation { field: "width".into(), problem: "must be 280..1280".into() },
    ])
    .at("getUnlimitedQRCode");
    let text = error.to_string();
    assert!(text.starts_with("getUnlimitedQRCode: not sent: `scene` is required, `width` must be 280..1280"), "{text}");
    assert!(!error.maybe_sent());
}

/// What `main` prints of the error that it returns.
#[test]
fn debug_says_what_to_do() {
    let error = Error::config("there is no app", "give one");
    assert!(format!("{error:?}").contains("remedy: Some(\"give one\")"), "{error:?}");
}

#[test]
fn a_token_error_speaks_for_its_source() {
    let error = Error::token(Arc::new(Error::api(40125, "invalid appsecret".into(), None)));
    assert_eq!(error.kind(), ErrorKind::Token);
    assert_eq!(error.code(), Some(ErrCode::new(40125)));
    assert_eq!(error.message(), Some("invalid appsecret"));
    assert!(!error.maybe_sent(), "the call itself was not sent");
}

#[test]
fn a_limit_says_when_to_come_back() {
    let error = Error::limited("100 calls a second are allowed", Some(Duration::from_millis(40)));
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Limit, Some(Duration::from_millis(40))));
    assert!(error.is_retryable() && !error.maybe_sent() && !error.is_unreached());
    assert!(error.to_string().starts_with("not sent: 100 calls a second are allowed; what to do: "), "{error}");
    let token = Error::token(Arc::new(error));
    assert_eq!(token.retry_after(), Some(Duration::from_millis(40)));
}

#[test]
fn an_error_of_the_users_own_keeps_its_cause_and_no_secret() {
    let secret = Secret::from("0123456789");
    let error = Error::other("the vault is sealed for 0123456789").with_source(std::io::Error::other("refused"));
    assert_eq!(error.kind(), ErrorKind::Other);
    assert!(error.is_retryable() && !error.maybe_sent());
    assert_eq!(error.source().unwrap().to_string(), "refused");
    let error = error.without_secrets([&secret].into_iter());
    assert_eq!(error.to_string(), "the vault is sealed for [redacted]");
}

#[test]
fn the_window_of_a_rate_is_a_hint_and_a_quota_is_none() {
    let after = |code| Error::api(code, String::new(), None).retry_after().map(|time| time.as_secs());
    let codes = [(44990, Some(1)), (45011, Some(60)), (44991, Some(60)), (45009, None), (44993, None), (1, None)];
    for (code, seconds) in codes {
        assert_eq!(after(code), seconds, "{code}");
    }
}

#[test]
fn a_status_says_what_came_with_it() {
    let error = Error::status(StatusCode::BAD_GATEWAY, "an HTML page (152 bytes)".into(), Some(Duration::from_secs(3)));
    assert!(error.to_string().starts_with("HTTP status 502 Bad Gateway with an HTML page (152 bytes); "), "{error}");
    assert!(format!("{error:?}").contains("an HTML page (152 bytes)"));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
    assert!(error.maybe_sent() && error.is_retryable());
}

#[test]
fn only_what_was_foreign_or_cut_off_may_pass() {
    let error = Error::decode("total", "expected a number");
    assert!(!error.is_retryable());
    assert!(error.remedy().unwrap().contains("report it"));
    let error = error.passing();
    assert!(error.is_retryable());
    assert!(error.remedy().unwrap().contains("proxy"));
    assert_eq!(error.with_remedy("do that").remedy(), Some("do that"));
}

#[test]
fn time_that_ran_out_before_anything_was_sent_needs_no_inquiry() {
    assert!(Error::timeout(true).remedy().unwrap().contains("took effect"));
    assert!(!Error::timeout(false).remedy().unwrap().contains("took effect"));
    assert!(Error::timeout(false).is_unreached() && !Error::timeout(true).is_unreached());
}
