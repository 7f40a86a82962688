//! Every error code comes back as itself, with WeChat's words and the spec's remedy.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use contract_tests::answers::{failure, fields, success};
use contract_tests::cases::minimal;
use contract_tests::make::Flavor;
use contract_tests::server::{Answer, Issue};
use contract_tests::spec::{Code, Endpoint, Meaning, Spec};
use contract_tests::tally::Tally;
use contract_tests::world::{APP, OFFICIAL, World, kind};
use serde_json::Value;
use weapp::dynamic::Output;
use weapp::{ErrCode, ErrCodeInfo, ErrCodeKind, Error, ErrorKind, Retry, RetryHint};

const RID: &str = "63f1a2b3-0a1b2c3d-4e5f6071";
/// The codes that say that the access_token was not accepted.
const TOKEN_CODES: [i64; 3] = [40001, 40014, 42001];
/// A code that nobody documents.
const UNKNOWN: i64 = 987_654_321;

fn ids(spec: &Spec) -> impl Iterator<Item = &str> {
    spec.endpoints.iter().map(|endpoint| endpoint.id.as_str())
}

/// Of the codes that an endpoint does not declare, each is tried at one endpoint in so many: what they mean is looked up
/// by the code and the group alone, so nothing is left that only another endpoint of the group could show.
const SAMPLE: usize = 16;

/// Codes to try: those the endpoint declares, a sample of all others, and some that nobody knows.
fn codes(spec: &Spec, turn: usize, endpoint: &Endpoint) -> BTreeSet<i64> {
    let in_turn = |(index, code): (usize, i64)| (index + turn).is_multiple_of(SAMPLE).then_some(code);
    let general = spec.errcodes.keys().copied().enumerate().filter_map(in_turn);
    let of_groups = spec.group_errcodes.values().flat_map(BTreeMap::keys).copied().enumerate();
    // Of other groups' codes fewer: there are far more of them.
    let of_groups = of_groups.filter(|(index, _)| (index + turn).is_multiple_of(SAMPLE * 16)).map(|(_, code)| code);
    let of_own = spec.group_errcodes[&endpoint.group].keys().copied().enumerate().filter_map(in_turn);
    let mut all: BTreeSet<i64> = endpoint.failures().map(|(code, _)| code).collect();
    all.extend(general.chain(of_groups).chain(of_own).chain([UNKNOWN, 1, 2, -2, 9, 200]));
    all.retain(|code| !endpoint.envelope.ok.contains(code));
    all
}

#[tokio::test]
async fn every_code_comes_back_with_its_remedy() {
    let (spec, mut world, mut tally) = (Spec::get(), World::new().await, Tally::new("errcodes"));
    let mut tried = BTreeSet::new();
    for (turn, endpoint) in spec.endpoints.iter().enumerate() {
        let input = minimal(spec, endpoint);
        for (index, code) in codes(spec, turn, endpoint).into_iter().enumerate() {
            let meaning = spec.meaning(endpoint, code);
            tried.insert(code);
            // By turns: that a status changes nothing is a matter of the envelope, not of the code.
            let status = if (turn + index).is_multiple_of(3) { 500 } else { 200 };
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
                Err(error) => is_as_said(&mut tally, endpoint, &label, code, &message, meaning, &error),
                Ok(output) => tally.fail(&endpoint.id, &label, "an error", output),
            }
        }
    }
    let untried: Vec<_> = spec.errcodes.keys().filter(|code| !tried.contains(code)).collect();
    assert!(untried.is_empty(), "no endpoint was in turn for {untried:?}");
    tally.finish(ids(spec));
}

fn is_as_said(
    tally: &mut Tally,
    endpoint: &Endpoint,
    label: &str,
    code: i64,
    message: &str,
    meaning: Option<&Meaning>,
    error: &Error,
) {
    let id = endpoint.id.as_str();
    let at = |what: &str| format!("{label}: {what}");
    tally.equal(id, &at("kind"), ErrorKind::Api, error.kind());
    tally.equal(id, &at("code"), Some(ErrCode::new(code)), error.code());
    tally.equal(id, &at("message"), Some(message), error.message());
    tally.equal(id, &at("rid"), Some(RID), error.rid());
    tally.equal(id, &at("endpoint"), Some(id), error.endpoint());
    let of = |word: fn(&Meaning) -> &String| meaning.map(|meaning| word(meaning).as_str());
    tally.equal(id, &at("remedy"), of(|meaning| &meaning.remedy), error.remedy());
    tally.equal(id, &at("remedy_zh"), of(|meaning| &meaning.zh), error.remedy_zh());
    tally.equal(id, &at("about"), of(|meaning| &meaning.about), error.code_about());
    tally.equal(
        id,
        &at("kind of the code"),
        of(|meaning| &meaning.kind).or(Some("other")),
        error.code_kind().map(kind_name),
    );
    let retryable = of(|meaning| &meaning.retry).is_some_and(|retry| retry != "never");
    tally.equal(id, &at("is_retryable"), retryable, error.is_retryable());
    // A limit on the rate ends by itself: after seconds, or after a minute.
    let after = match (of(|meaning| &meaning.kind), of(|meaning| &meaning.retry)) {
        (Some("rate"), Some("soon")) => Some(Duration::from_secs(1)),
        (Some("rate"), _) => Some(Duration::from_secs(60)),
        _ => None,
    };
    tally.equal(id, &at("retry_after"), after, error.retry_after());
    tally.equal(id, &at("maybe_sent"), true, error.maybe_sent());
    let told = error.to_string();
    for part in [id, message, &code.to_string(), meaning.map_or("", |meaning| &meaning.remedy)] {
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
    let mut seen = BTreeSet::new();
    for (turn, endpoint) in spec.endpoints.iter().enumerate() {
        let input = minimal(spec, endpoint);
        // Which codes say so does not depend on the endpoint: all of them are tried once for each kind of token, and then
        // in turn.
        let codes = match seen.insert(&endpoint.token) {
            true => TOKEN_CODES.to_vec(),
            false => vec![TOKEN_CODES[turn % TOKEN_CODES.len()]],
        };
        for (index, code) in codes.iter().copied().enumerate() {
            // Both at each third endpoint; at the others by turns.
            let issues = [Issue::Fresh, Issue::Same];
            let issues = if codes.len() > 1 || turn.is_multiple_of(3) {
                &issues[..]
            } else {
                &issues[(turn + index) % 2..][..1]
            };
            for issue in issues.iter().copied() {
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
    let retry = Retry::default().times(2).pause(Duration::ZERO);
    let (spec, mut world, mut tally) = (Spec::get(), World::with_retry(retry).await, Tally::new("repetitions"));
    for (turn, endpoint) in spec.endpoints.iter().enumerate() {
        // A client that repeats much stops doing so; calls that are not repeated have no part in that.
        if endpoint.retry_safe || turn.is_multiple_of(8) {
            world.forget_failures();
        }
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
    let (spec, mut world, mut tally) = (Spec::get(), World::new().await, Tally::new("no token"));
    // The endpoint has no part in it but its kind of token: each kind once, and one endpoint in four, in turn.
    let (mut seen, mut tried) = (BTreeSet::new(), Vec::new());
    for (turn, endpoint) in spec.endpoints.iter().filter(|endpoint| endpoint.renews_token()).enumerate() {
        if !seen.insert(&endpoint.token) && !turn.is_multiple_of(4) {
            continue;
        }
        tried.push(endpoint.id.as_str());
        world.forget_failures();
        world.prepare(spec, endpoint);
        world.server.issue(Issue::Off);
        // It is not the endpoint that answers so, whatever its own envelope is.
        let no_token = serde_json::json!({ "errcode": 40125, "errmsg": format!("invalid appsecret rid: {RID}") });
        world.server.answer(Answer::json(&no_token));
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
                tally.equal(&endpoint.id, "remedy", Some(&*spec.errcodes[&40125].meaning.remedy), error.remedy());
                for secret in [APP.1, OFFICIAL.1] {
                    if format!("{error} {error:?}").contains(secret) {
                        tally.fail(&endpoint.id, "text", "no secret", error.to_string());
                    }
                }
            }
            Ok(output) => tally.fail(&endpoint.id, "result", "an error", output),
        }
    }
    tally.finish(tried);
}

#[test]
fn the_tables_of_codes_are_those_of_the_spec() {
    let spec = Spec::get();
    let all: BTreeSet<i64> =
        std::iter::once(&spec.errcodes).chain(spec.group_errcodes.values()).flat_map(BTreeMap::keys).copied().collect();
    for code in &all {
        // All that it means: everywhere first, then in the groups by their names.
        let wanted: Vec<&Code> = spec.meanings(*code).collect();
        let infos: Vec<Code> = ErrCode::new(*code).infos().map(code_of).collect();
        assert_eq!(wanted, infos.iter().collect::<Vec<_>>(), "{code}");
        assert!(ErrCode::new(*code).infos().all(|info| info.code.get() == *code));
        // What it means where nothing is known of the endpoint.
        let usual = match &wanted[..] {
            [only] => Some(*only),
            _ => spec.errcodes.get(code),
        };
        assert_eq!(usual, ErrCode::new(*code).info().map(code_of).as_ref(), "{code}");
        let kind = usual.map_or("other", |usual| usual.meaning.kind.as_str());
        assert_eq!(kind, kind_name(ErrCode::new(*code).kind()), "{code}");
    }
    // Nothing that the spec does not say.
    for code in (-100..100_000).chain([UNKNOWN, i64::MIN, i64::MAX]).filter(|code| !all.contains(code)) {
        assert_eq!(ErrCode::new(code).info(), None, "{code}");
        assert_eq!(ErrCode::new(code).infos().count(), 0, "{code}");
        assert_eq!(ErrCode::new(code).kind(), ErrCodeKind::Other, "{code}");
    }
    println!("tables of codes: {} codes, {} of them general", all.len(), spec.errcodes.len());
}

/// What the SDK says of a code, in the words of the spec.
pub(crate) fn code_of(info: &ErrCodeInfo) -> Code {
    Code {
        name: info.name.to_owned(),
        message: info.message.to_owned(),
        meaning: Meaning {
            kind: kind_name(info.kind).to_owned(),
            retry: retry_name(info.retry).to_owned(),
            about: info.about.to_owned(),
            remedy: info.remedy.to_owned(),
            zh: info.remedy_zh.to_owned(),
        },
    }
}

pub(crate) fn retry_name(retry: RetryHint) -> &'static str {
    match retry {
        RetryHint::Never => "never",
        RetryHint::Soon => "soon",
        RetryHint::Later => "later",
        _ => "?",
    }
}

pub(crate) fn kind_name(kind: ErrCodeKind) -> &'static str {
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
