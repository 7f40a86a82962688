//! What WeChat answers is read as the spec says, however sloppily it is written.

use contract_tests::answers::{Wanted, failure, fields, success};
use contract_tests::bounds::MISFIT;
use contract_tests::cases::{minimal, most_values};
use contract_tests::lenient::{Becomes, answers};
use contract_tests::make::Flavor;
use contract_tests::server::Answer;
use contract_tests::spec::{Endpoint, Response, Spec};
use contract_tests::tally::Tally;
use contract_tests::world::{World, kind};
use serde_json::{Value, json};
use weapp::ErrorKind;
use weapp::dynamic::Output;

fn with_fields(spec: &Spec) -> impl Iterator<Item = &Endpoint> {
    spec.endpoints.iter().filter(|endpoint| !fields(endpoint).is_empty())
}

fn ids<'a>(endpoints: impl Iterator<Item = &'a Endpoint>) -> impl Iterator<Item = &'a str> {
    endpoints.map(|endpoint| endpoint.id.as_str())
}

#[tokio::test]
async fn every_success_comes_out_as_it_was_answered() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("successes"));
    for endpoint in &spec.endpoints {
        let input = minimal(spec, endpoint);
        // A turn for each value of the answer's largest enum, and both forms of an answer that may be bytes.
        for turn in 0..most_values(spec, fields(endpoint)).max(2) {
            world.prepare(spec, endpoint);
            let (answer, wanted) = success(spec, endpoint, Flavor::Rich(turn));
            world.server.answer(answer);
            tally.case(&endpoint.id);
            match world.call(endpoint, &input).await.0 {
                Ok(output) => {
                    for (place, expected, got) in wanted.differences(&output) {
                        tally.fail(&endpoint.id, &format!("turn {turn}, {place}"), expected, got);
                    }
                }
                Err(error) => tally.fail(&endpoint.id, "answer", "success", error),
            }
        }
    }
    tally.finish(ids(spec.endpoints.iter()));
}

#[tokio::test]
async fn sloppy_answers_are_read_and_wrong_ones_named() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("leniency"));
    for endpoint in with_fields(spec) {
        let (id, input) = (&endpoint.id, minimal(spec, endpoint));
        world.prepare(spec, endpoint);
        for answered in answers(spec, endpoint) {
            world.server.answer(Answer::body(answered.body.clone(), "application/json"));
            tally.case(id);
            let result = world.call(endpoint, &input).await.0;
            let what = &answered.what;
            match (&answered.becomes, result) {
                (Becomes::Fields(wanted), Ok(output)) => {
                    for (place, expected, got) in Wanted::Json(wanted.clone()).differences(&output) {
                        tally.fail(id, &format!("{what}, at {place}"), expected, got);
                    }
                }
                (Becomes::Missing(place), Err(error)) => {
                    tally.equal(id, what, (ErrorKind::Decode, Some(place.as_str())), (error.kind(), error.path()));
                }
                (Becomes::Misfit(place), Err(error)) => {
                    tally.equal(id, what, ErrorKind::Decode, error.kind());
                    if format!("{error} {error:?}").contains(MISFIT) {
                        tally.fail(id, &format!("{what}: text"), "no value is quoted", &error);
                    }
                    if !error.path().is_some_and(|path| path.starts_with(place)) {
                        tally.fail(id, &format!("{what}: path"), place, error.path());
                    }
                    tally.equal(id, &format!("{what}: endpoint"), Some(id.as_str()), error.endpoint());
                }
                (wanted, got) => tally.fail(id, what, wanted, got),
            }
        }
    }
    tally.finish(ids(with_fields(spec)));
}

#[tokio::test]
async fn a_code_wins_over_fields_that_do_not_fit() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("codes before fields"));
    for (of_endpoint, endpoint) in with_fields(spec).enumerate() {
        let input = minimal(spec, endpoint);
        world.prepare(spec, endpoint);
        for (turn, answered) in answers(spec, endpoint).into_iter().enumerate() {
            // One in three: what misfits is of a few kinds, and every endpoint has several of each.
            if !(turn + of_endpoint).is_multiple_of(3) {
                continue;
            }
            let envelope = failure(endpoint, 45009, "reach max api daily quota limit").to_string();
            let own = String::from_utf8_lossy(&answered.body).into_owned();
            let Ok(Value::Object(mut members)) = serde_json::from_str(&own) else { continue };
            members.remove(&endpoint.envelope.code);
            members.remove(&endpoint.envelope.message);
            let members = Value::Object(members).to_string();
            let (inner, own) = (&envelope[1..envelope.len() - 1], &members[1..members.len() - 1]);
            let comma = if own.is_empty() { "" } else { "," };
            // In front and behind by turns: each answer has neighbours of its kind that show the other order.
            let body = [format!("{{{inner}{comma}{own}}}"), format!("{{{own}{comma}{inner}}}")][turn / 3 % 2].clone();
            world.server.answer(Answer::body(body, "application/json"));
            tally.case(&endpoint.id);
            let result = world.call(endpoint, &input).await.0;
            let code = result.as_ref().err().and_then(weapp::Error::code).map(weapp::ErrCode::get);
            tally.equal(&endpoint.id, &answered.what, (Some(ErrorKind::Api), Some(45009)), (kind(&result), code));
        }
    }
    tally.finish(ids(with_fields(spec)));
}

/// Bodies with status 200 that are neither JSON of WeChat's nor data.
fn rubbish() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("an empty body", Vec::new()),
        ("blanks", b" \r\n".to_vec()),
        ("HTML", b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>".to_vec()),
        ("HTML with a BOM", b"\xef\xbb\xbf\n<html></html>".to_vec()),
        ("text", b"Service unavailable".to_vec()),
        ("a list", b"[]".to_vec()),
        ("a list of errors", br#"[{"errcode":40001}]"#.to_vec()),
        ("JSON that is cut off", br#"{"errcode":0,"errmsg":"ok","a":[{"b":"#.to_vec()),
    ]
}

#[tokio::test]
async fn rubbish_is_no_answer() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("rubbish"));
    let not_bytes = |endpoint: &&Endpoint| !is_data(&endpoint.response);
    for (turn, endpoint) in spec.endpoints.iter().filter(not_bytes).enumerate() {
        let input = minimal(spec, endpoint);
        for (index, (what, body)) in rubbish().into_iter().enumerate() {
            // A picture with each content type; the others by turns: JSON is read without a look at it.
            let all = ["application/json", "image/jpeg", "text/html; charset=utf-8"];
            let is_picture = matches!(endpoint.response, Response::Image);
            let sample = if is_picture { &all[..] } else { &all[(turn + index) % 3..][..1] };
            for content_type in sample.iter().copied() {
                world.prepare(spec, endpoint);
                world.server.answer(Answer::body(body.clone(), content_type));
                tally.case(&endpoint.id);
                let result = world.call(endpoint, &input).await.0;
                let label = format!("{what} as {content_type}");
                tally.equal(&endpoint.id, &label, Some(ErrorKind::Decode), kind(&result));
                let endpoint_of = result.as_ref().err().and_then(weapp::Error::endpoint);
                tally.equal(&endpoint.id, &format!("{label}: endpoint"), Some(endpoint.id.as_str()), endpoint_of);
            }
        }
    }
    tally.finish(ids(spec.endpoints.iter().filter(not_bytes)));
}

/// Whether success may be data of any form.
fn is_data(response: &Response) -> bool {
    matches!(response, Response::Bytes | Response::Text | Response::BytesOr(_))
}

#[tokio::test]
async fn what_can_be_no_data_is_no_answer() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("rubbish instead of data"));
    let data = || spec.endpoints.iter().filter(|endpoint| is_data(&endpoint.response));
    for endpoint in data() {
        let input = minimal(spec, endpoint);
        let no_text = (b"a\xffb".to_vec(), !matches!(endpoint.response, Response::Text));
        let of_any = rubbish().into_iter().filter(|(what, _)| what.contains("HTML") || *what == "an empty body");
        for (body, passes) in of_any.map(|(_, body)| (body, false)).chain([no_text, (b"abc".to_vec(), true)]) {
            for content_type in ["image/jpeg", "text/plain", "application/octet-stream"] {
                world.prepare(spec, endpoint);
                world.server.answer(Answer::body(body.clone(), content_type));
                tally.case(&endpoint.id);
                let label = format!("{:?} as {content_type}", String::from_utf8_lossy(&body));
                match (world.call(endpoint, &input).await.0, passes) {
                    (Ok(Output::Bytes(bytes)), true) => {
                        tally.equal(&endpoint.id, &label, &body[..], &bytes[..]);
                    }
                    (Err(error), false) => {
                        tally.equal(&endpoint.id, &label, ErrorKind::Decode, error.kind());
                        tally.equal(&endpoint.id, &format!("{label}: endpoint"), Some(&*endpoint.id), error.endpoint());
                    }
                    (got, _) => tally.fail(&endpoint.id, &label, passes, got),
                }
            }
        }
    }
    tally.finish(ids(data()));
}

fn binary(spec: &Spec) -> impl Iterator<Item = &Endpoint> {
    let is_binary = |response: &Response| matches!(response, Response::Image) || is_data(response);
    spec.endpoints.iter().filter(move |endpoint| is_binary(&endpoint.response))
}

#[tokio::test]
async fn an_error_is_never_taken_for_data() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("errors instead of data"));
    for endpoint in binary(spec) {
        let input = minimal(spec, endpoint);
        let error = |message: &str| failure(endpoint, 45009, message).to_string().into_bytes();
        let long = error(&"汉".repeat(30_000));
        assert!(long.len() > 64 * 1024);
        for (what, body) in [
            ("an error", error("reach max api daily quota limit")),
            ("a long error", long),
            ("an error with a BOM", [b"\xef\xbb\xbf", &error("no")[..]].concat()),
            ("an error after blanks", [b"\r\n ", &error("no")[..]].concat()),
            ("an error with a raw control character", br#"{"errmsg":"a\x01b","errcode":45009}"#.replace_escape()),
            ("an error whose code is a text", br#"{"errcode":"45009","errmsg":"no"}"#.to_vec()),
            ("an error with more", br#"{"contentType":"image/png","errcode":45009,"buffer":[137,80]}"#.to_vec()),
        ] {
            for content_type in
                ["image/jpeg", "image/png", "text/plain", "application/json", "application/octet-stream"]
            {
                world.prepare(spec, endpoint);
                world.server.answer(Answer::body(body.clone(), content_type));
                tally.case(&endpoint.id);
                let result = world.call(endpoint, &input).await.0;
                let code = result.as_ref().err().and_then(weapp::Error::code).map(weapp::ErrCode::get);
                let label = format!("{what} as {content_type}");
                tally.equal(&endpoint.id, &label, (Some(ErrorKind::Api), Some(45009)), (kind(&result), code));
            }
        }
    }
    tally.finish(ids(binary(spec)));
}

trait ReplaceEscape {
    fn replace_escape(&self) -> Vec<u8>;
}

impl ReplaceEscape for [u8] {
    /// The text with a raw byte 1 where `\x01` is written.
    fn replace_escape(&self) -> Vec<u8> {
        String::from_utf8_lossy(self).replace("\\x01", "\u{1}").into_bytes()
    }
}

fn pictures(spec: &Spec) -> impl Iterator<Item = &Endpoint> {
    spec.endpoints.iter().filter(|endpoint| matches!(endpoint.response, Response::Image))
}

#[tokio::test]
async fn a_picture_is_its_bytes_and_nothing_else_is_one() {
    use contract_tests::answers::{JPEG, PNG};
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("pictures"));
    for endpoint in pictures(spec) {
        let input = minimal(spec, endpoint);
        let large = [PNG, &vec![0x2e; 300_000], &PNG[PNG.len() - 12..]].concat();
        for (what, body, is_picture) in [
            ("PNG", PNG.to_vec(), true),
            ("JPEG", JPEG.to_vec(), true),
            ("a large PNG", large, true),
            ("a PNG that is cut off", PNG[..PNG.len() - 12].to_vec(), false),
            ("a JPEG that is cut off", JPEG[..JPEG.len() - 2].to_vec(), false),
            ("JSON of success", json!({ "errcode": 0, "errmsg": "ok" }).to_string().into_bytes(), false),
            ("JSON without a code", json!({ "a": 1 }).to_string().into_bytes(), false),
            ("some data", vec![0x80; 4096], false),
        ] {
            for content_type in ["image/jpeg", "image/png", "text/plain", "application/json"] {
                world.prepare(spec, endpoint);
                world.server.answer(Answer::body(body.clone(), content_type));
                tally.case(&endpoint.id);
                let label = format!("{what} as {content_type}");
                match (world.call(endpoint, &input).await.0, is_picture) {
                    (Ok(output), true) => {
                        for (place, _, _) in Wanted::Image(body.clone()).differences(&output) {
                            tally.fail(&endpoint.id, &format!("{label}: {place}"), body.len(), &output);
                        }
                    }
                    (Err(error), false) => {
                        tally.equal(&endpoint.id, &label, ErrorKind::Decode, error.kind());
                    }
                    (got, _) => tally.fail(&endpoint.id, &label, is_picture, got),
                }
            }
        }
        world.server.answer(Answer::body(PNG, "image/png").status(500));
        tally.case(&endpoint.id);
        let result = world.call(endpoint, &input).await.0;
        tally.equal(&endpoint.id, "PNG with status 500", Some(ErrorKind::Status), kind(&result));
    }
    tally.finish(ids(pictures(spec)));
}
