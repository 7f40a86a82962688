//! Every error code comes back as itself, with WeChat's words and the spec's remedy.

use contract_tests::answers::{failure, fields, success};
use contract_tests::cases::minimal;
use contract_tests::make::Flavor;
use contract_tests::server::{Answer, Issue};
use contract_tests::spec::{Code, Endpoint, Spec, Words};
use contract_tests::tally::Tally;
use contract_tests::world::{APP, OFFICIAL, World, kind};
use serde_json::Value;
use weapp::dynamic::Output;
use weapp::{ErrCode, ErrCodeKind, Error, ErrorKind, Retry, RetryHint};

const RID: &str = "63f1a2b3-0a1b2c3d-4e5f6071";
/// The codes that say that the access_token was not accepted.
const TOKEN_CODES: [i64; 3] = [40001, 40014, 42001];
/// A code that nobody documents.
const UNKNOWN: i64 = 987_654_321;

fn ids(spec: &Spec) -> impl Iterator<Item = &str> {
    spec.endpoints.iter().map(|endpoint| endpoint.id.as_str())
}

/// Codes to try: those the endpoint declares, all general ones, and some that nobody knows; with what is said of each.
fn codes<'a>(spec: &'a Spec, endpoint: &'a Endpoint) -> Vec<(i64, Option<&'a Words>)> {
    let mut all: Vec<(i64, Option<&Words>)> =
        endpoint.failures().map(|(code, declared)| (code, Some(&declared.words))).collect();
    let general = spec.errcodes.iter().filter(|(code, _)| !endpoint.errcodes.contains_key(code));
    all.extend(general.map(|(code, known)| (*code, Some(&known.words))));
    all.extend([UNKNOWN, 1, 2, -2, 9, 200].map(|code| (code, spec.words(code))));
    all.retain(|(code, _)| !endpoint.envelope.ok.contains(code));
    all
}

#[tokio::test]
async fn every_code_comes_back_with_its_remedy() {
    let (spec, mut world, mut tally) = (Spec::get(), World::new().await, Tally::new("errcodes"));
    for endpoint in &spec.endpoints {
        let input = minimal(spec, endpoint);
        for (code, words) in codes(spec, endpoint) {
            for status in [200, 500] {
                if TOKEN_CODES.contains(&code) {
                    world.forget_failures();
                }
                world.prepare(spec, endpoint);
                let message = format!("WeChat's text, 汉字 for {code} rid: {RID}");
                world.server.answer(Answer::json(&failure(endpoint, code, &message)).status(status));
                tally.case(&endpoint.id);
                let (result, calls) = world.call(endpoint, &input).await;
                let label = format!("{code} with status {status}");
                let repeats = TOKEN_CODES.contains(&code) && endpoint.renews_token();
                tally.equal(&endpoint.id, &format!("{label}: requests"), if repeats { 2 } else { 1 }, calls.len());
                match result {
                    Err(error) => is_as_said(&mut tally, endpoint, &label, code, &message, words, &error),
                    Ok(output) => tally.fail(&endpoint.id, &label, "an error", output),
                }
            }
        }
    }
    tally.finish(ids(spec));
}

fn is_as_said(
    tally: &mut Tally,
    endpoint: &Endpoint,
    label: &str,
    code: i64,
    message: &str,
    words: Option<&Words>,
    error: &Error,
) {
    let id = endpoint.id.as_str();
    let at = |what: &str| format!("{label}: {what}");
    tally.equal(id, &at("kind"), ErrorKind::Api, error.kind());
    tally.equal(id, &at("code"), Some(ErrCode::new(code)), error.code());
    tally.equal(id, &at("message"), Some(message), error.message());
    tally.equal(id, &at("rid"), Some(RID), error.rid());
    tally.equal(id, &at("endpoint"), Some(id), error.endpoint());
    tally.equal(id, &at("remedy"), words.map(|words| words.remedy.as_str()), error.remedy());
    tally.equal(id, &at("remedy_zh"), words.map(|words| words.zh.as_str()), error.remedy_zh());
    tally.equal(id, &at("maybe_sent"), true, error.maybe_sent());
    let told = error.to_string();
    for part in [id, message, &code.to_string(), words.map_or("", |words| &words.remedy)] {
        if !told.contains(part) {
            tally.fail(id, &at("text"), part, &told);
        }
    }
}

#[tokio::test]
async fn a_code_that_means_success_is_no_error() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("codes of success"));
    let has_json = |endpoint: &&Endpoint| {
        !matches!(
            success(spec, endpoint, Flavor::Rich(0)).1,
            contract_tests::answers::Wanted::Image(_) | contract_tests::answers::Wanted::Bytes(_)
        )
    };
    for endpoint in spec.endpoints.iter().filter(has_json) {
        for code in &endpoint.envelope.ok {
            world.prepare(spec, endpoint);
            let (_, wanted) = success(spec, endpoint, Flavor::Rich(0));
            let mut body = contract_tests::answers::body(spec, endpoint, Flavor::Rich(0));
            body.insert(endpoint.envelope.code.clone(), (*code).into());
            world.server.answer(Answer::json(&Value::Object(body)));
            tally.case(&endpoint.id);
            match world.call(endpoint, &minimal(spec, endpoint)).await.0 {
                Ok(output) if fields(endpoint).is_empty() => drop(output),
                Ok(output) => {
                    for (place, expected, got) in wanted.differences(&output) {
                        tally.fail(&endpoint.id, &format!("errcode {code}: {place}"), expected, got);
                    }
                }
                Err(error) => tally.fail(&endpoint.id, &format!("errcode {code}"), "success", error),
            }
        }
    }
    tally.finish(spec.endpoints.iter().filter(has_json).map(|endpoint| endpoint.id.as_str()));
}

#[tokio::test]
async fn a_rejected_token_is_renewed_once() {
    let (spec, mut world, mut tally) = (Spec::get(), World::new().await, Tally::new("rejected tokens"));
    for endpoint in &spec.endpoints {
        let input = minimal(spec, endpoint);
        for code in TOKEN_CODES {
            for issue in [Issue::Fresh, Issue::Same] {
                world.forget_failures();
                world.prepare(spec, endpoint);
                tally.case(&endpoint.id);
                let label = format!("{code}, {issue:?}");
                // A token is there before it is rejected.
                if endpoint.has_token() {
                    if let (Err(error), _) = world.call(endpoint, &input).await {
                        tally.fail(&endpoint.id, &label, "success", error);
                    }
                    world.server.issue(issue);
                }
                drop(world.server.take_fetches());
                world.server.answer(Answer::json(&failure(endpoint, code, "not this token")));
                let (result, calls) = world.call(endpoint, &input).await;
                let fetches = world.server.take_fetches();
                tally.equal(&endpoint.id, &label, Some(ErrorKind::Api), kind(&result));
                let code_of = |error: &Error| error.code().map(ErrCode::get);
                tally.equal(
                    &endpoint.id,
                    &format!("{label}: code"),
                    Some(code),
                    result.err().as_ref().and_then(code_of),
                );
                let (renewals, requests) = match (endpoint.renews_token(), issue) {
                    (false, _) => (0, 1),
                    (true, Issue::Fresh) => (1, 2),
                    // The same token again: asking once more would change nothing.
                    (true, _) => (1, 1),
                };
                tally.equal(&endpoint.id, &format!("{label}: renewals"), renewals, fetches.len());
                tally.equal(&endpoint.id, &format!("{label}: requests"), requests, calls.len());
                if let [first, second] = &calls[..] {
                    if first.query == second.query {
                        tally.fail(&endpoint.id, &label, "another token", &second.query);
                    }
                    tally.equal(
                        &endpoint.id,
                        &format!("{label}: body again"),
                        first.body == second.body,
                        is_json(first),
                    );
                }
            }
        }
    }
    tally.finish(ids(spec));
}

/// Whether a body must be the same when it is sent again: a form has another boundary.
fn is_json(message: &contract_tests::message::Message) -> bool {
    !matches!(message.header("content-type"), Ok(Some(kind)) if kind.starts_with("multipart"))
}

#[tokio::test]
async fn only_what_is_safe_to_repeat_is_repeated() {
    let retry = Retry::default().times(2).pause(std::time::Duration::ZERO);
    let (spec, mut world, mut tally) = (Spec::get(), World::with_retry(retry).await, Tally::new("repetitions"));
    for endpoint in &spec.endpoints {
        world.forget_failures();
        let input = minimal(spec, endpoint);
        let busy = Answer::json(&failure(endpoint, -1, "system error"));
        for (label, answer, may) in [
            ("-1", busy.clone(), true),
            ("-1 with status 500", busy.status(500), true),
            ("status 502", Answer::body("<html>bad gateway</html>", "text/html").status(502), true),
            ("45009", Answer::json(&failure(endpoint, 45009, "reach max api daily quota limit")), false),
            ("status 404", Answer::body("not found", "text/plain").status(404), false),
        ] {
            world.prepare(spec, endpoint);
            world.server.answer(answer);
            tally.case(&endpoint.id);
            let (result, calls) = world.call(endpoint, &input).await;
            let wanted = if may && endpoint.retry_safe { 3 } else { 1 };
            tally.equal(&endpoint.id, &format!("{label}: requests"), wanted, calls.len());
            let wanted = if label.starts_with("status") { ErrorKind::Status } else { ErrorKind::Api };
            tally.equal(&endpoint.id, label, Some(wanted), kind(&result));
        }
    }
    tally.finish(ids(spec));
}

#[tokio::test]
async fn a_token_that_can_not_be_had_is_explained() {
    let (spec, mut tally) = (Spec::get(), Tally::new("no token"));
    for endpoint in spec.endpoints.iter().filter(|endpoint| endpoint.renews_token()) {
        let world = World::new().await;
        world.prepare(spec, endpoint);
        world.server.issue(Issue::Off);
        world.server.answer(Answer::json(&failure(endpoint, 40125, &format!("invalid appsecret rid: {RID}"))));
        tally.case(&endpoint.id);
        let (result, calls) = world.call(endpoint, &minimal(spec, endpoint)).await;
        tally.equal(&endpoint.id, "requests", 1, calls.len());
        if calls[0].path == endpoint.path {
            tally.fail(&endpoint.id, "request", "one for a token", &calls[0].path);
        }
        match result {
            Err(error) => {
                tally.equal(&endpoint.id, "kind", ErrorKind::Token, error.kind());
                tally.equal(&endpoint.id, "code", Some(ErrCode::new(40125)), error.code());
                tally.equal(&endpoint.id, "rid", Some(RID), error.rid());
                tally.equal(&endpoint.id, "maybe_sent", false, error.maybe_sent());
                tally.equal(&endpoint.id, "endpoint", Some(endpoint.id.as_str()), error.endpoint());
                tally.equal(&endpoint.id, "remedy", spec.words(40125).map(|words| &*words.remedy), error.remedy());
                for secret in [APP.1, OFFICIAL.1] {
                    if format!("{error} {error:?}").contains(secret) {
                        tally.fail(&endpoint.id, "text", "no secret", error.to_string());
                    }
                }
            }
            Ok(output) => tally.fail(&endpoint.id, "result", "an error", output),
        }
    }
    tally.finish(spec.endpoints.iter().filter(|e| e.renews_token()).map(|endpoint| endpoint.id.as_str()));
}

#[test]
fn the_table_of_codes_is_that_of_the_spec() {
    let spec = Spec::get();
    for (code, known) in &spec.errcodes {
        let info = ErrCode::new(*code).info().unwrap_or_else(|| panic!("{code} is not known"));
        assert_eq!(info.code.get(), *code);
        let got = Code {
            name: info.name.to_owned(),
            kind: kind_name(info.kind).to_owned(),
            retry: match info.retry {
                RetryHint::Never => "never",
                RetryHint::Soon => "soon",
                RetryHint::Later => "later",
                _ => "?",
            }
            .to_owned(),
            message: info.message.to_owned(),
            words: Words {
                about: info.about.to_owned(),
                remedy: info.remedy.to_owned(),
                zh: info.remedy_zh.to_owned(),
            },
        };
        assert_eq!(*known, got, "{code}");
        assert_eq!(ErrCode::new(*code).kind(), info.kind, "{code}");
    }
    // Nothing that the spec does not say.
    let unknown = |code: &i64| !spec.errcodes.contains_key(code);
    for code in (-100..100_000).chain([UNKNOWN, i64::MIN, i64::MAX]).filter(unknown) {
        assert_eq!(ErrCode::new(code).info(), None, "{code}");
        assert_eq!(ErrCode::new(code).kind(), ErrCodeKind::Other, "{code}");
    }
    println!("table of codes: {} codes", spec.errcodes.len());
}

fn kind_name(kind: ErrCodeKind) -> &'static str {
    match kind {
        ErrCodeKind::Busy => "busy",
        ErrCodeKind::Token => "token",
        ErrCodeKind::Credential => "credential",
        ErrCodeKind::Permission => "permission",
        ErrCodeKind::Quota => "quota",
        ErrCodeKind::Rate => "rate",
        ErrCodeKind::Parameter => "parameter",
        ErrCodeKind::Content => "content",
        ErrCodeKind::User => "user",
        ErrCodeKind::Duplicate => "duplicate",
        ErrCodeKind::NotFound => "not_found",
        ErrCodeKind::Account => "account",
        ErrCodeKind::Retired => "retired",
        _ => "other",
    }
}

#[tokio::test]
async fn a_code_given_as_text_is_understood() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("codes as text"));
    for endpoint in &spec.endpoints {
        let input = minimal(spec, endpoint);
        for code in [serde_json::json!("40029"), serde_json::json!(40029.0), serde_json::json!(" 40029 ")] {
            world.prepare(spec, endpoint);
            let mut body = failure(endpoint, 0, "invalid code");
            body[&endpoint.envelope.code] = code.clone();
            world.server.answer(Answer::json(&body));
            tally.case(&endpoint.id);
            let result = world.call(endpoint, &input).await.0;
            let got = result.as_ref().err().and_then(Error::code).map(ErrCode::get);
            tally.equal(&endpoint.id, &format!("errcode {code}"), Some(40029), got);
        }
        if let (answer, contract_tests::answers::Wanted::Json(_)) = success(spec, endpoint, Flavor::Rich(0)) {
            for code in [serde_json::json!("0"), Value::Null, serde_json::json!(0.0), serde_json::json!("")] {
                world.prepare(spec, endpoint);
                let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
                body[&endpoint.envelope.code] = code.clone();
                world.server.answer(Answer::json(&body));
                tally.case(&endpoint.id);
                let result = world.call(endpoint, &input).await.0;
                if !matches!(result, Ok(Output::Json(_))) {
                    tally.fail(&endpoint.id, &format!("errcode {code}"), "success", result);
                }
            }
        }
    }
    tally.finish(ids(spec));
}

#[tokio::test]
async fn a_token_that_wechat_quotes_is_blotted_out() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("quoted tokens"));
    for endpoint in spec.endpoints.iter().filter(|endpoint| endpoint.has_token()) {
        let input = minimal(spec, endpoint);
        world.prepare(spec, endpoint);
        drop(world.call(endpoint, &input).await);
        let token = world.caller(endpoint).token.unwrap();
        world.server.answer(Answer::json(&failure(endpoint, 48001, &format!("not for {token} hint: [x] rid: {RID}"))));
        tally.case(&endpoint.id);
        // `call` looks for secrets in every error.
        let error = world.call(endpoint, &input).await.0.unwrap_err();
        let message = error.message().unwrap_or_default();
        if !(message.starts_with("not for ") && message.ends_with(RID)) {
            tally.fail(&endpoint.id, "message", "the rest of WeChat's text", message);
        }
        tally.equal(&endpoint.id, "rid", Some(RID), error.rid());
    }
    tally.finish(spec.endpoints.iter().filter(|e| e.has_token()).map(|endpoint| endpoint.id.as_str()));
}
