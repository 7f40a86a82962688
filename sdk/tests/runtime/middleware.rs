//! Code of the user's around each attempt.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use weapp::api::auth::Code2Session;
use weapp::api::xpay::{PaymentEnv, QueryOrder};
use weapp::middleware::{Handling, Middleware, Outgoing, Reply, middleware_fn};
use weapp::mock::Mock;
use weapp::sign::PaymentKeys;
use weapp::{Client, Error, ErrorKind, Method, Secret};

use crate::{impatient, message, question};

/// Notes who passes, on the way out and on the way back.
struct Named(&'static str, Arc<Mutex<Vec<String>>>);

impl Middleware for Named {
    fn handle<'a>(&'a self, request: Outgoing<'a>) -> Handling<'a> {
        Box::pin(async move {
            let (endpoint, attempt) = (request.endpoint().to_owned(), request.attempt());
            self.1.lock().unwrap().push(format!("{} > {endpoint} {attempt}", self.0));
            let outcome = request.send().await;
            let came = match &outcome {
                Ok(reply) => reply.errcode().map_or("ok".to_owned(), |code| code.to_string()),
                Err(error) => format!("{:?}", error.kind()),
            };
            self.1.lock().unwrap().push(format!("{} < {came}", self.0));
            outcome
        })
    }
}

/// A client with one middleware that is a closure.
fn with<F>(mock: &Mock, handle: F) -> Client
where
    F: for<'a> Fn(Outgoing<'a>) -> Handling<'a> + Send + Sync + 'static,
{
    impatient(mock).middleware(middleware_fn(handle)).build().unwrap()
}

#[tokio::test]
async fn the_first_one_is_the_outermost_and_repetitions_and_token_fetches_pass_too() {
    let mock = Mock::start().await.unwrap();
    mock.on("getLiveInfo").unwrap().times(1).errcode(-1);
    mock.on("getLiveInfo").unwrap().times(1).drop_before();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let client = impatient(&mock)
        .middleware(Named("a", Arc::clone(&seen)))
        .middleware(Arc::new(Named("b", Arc::clone(&seen))))
        .build()
        .unwrap();
    client.send(question()).await.unwrap();
    let expected = [
        // The token is sought behind the last middleware.
        "a > getLiveInfo 1",
        "b > getLiveInfo 1",
        "a > getStableAccessToken 1",
        "b > getStableAccessToken 1",
        "b < ok",
        "a < ok",
        "b < -1",
        "a < -1",
        "a > getLiveInfo 2",
        "b > getLiveInfo 2",
        "b < Transport",
        "a < Transport",
        "a > getLiveInfo 3",
        "b > getLiveInfo 3",
        "b < ok",
        "a < ok",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn it_sees_what_is_no_secret() {
    let mock = Mock::start().await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let passed = Arc::clone(&seen);
    let client = with(&mock, move |request| {
        let shown = format!("{request:?}");
        assert!(!shown.contains(Mock::SECRET) && !shown.contains("the-code"), "{shown}");
        assert_eq!(request.appid(), Mock::APPID);
        assert!(request.time_left() > Duration::from_secs(20) && request.time_left() <= Duration::from_secs(30));
        match request.endpoint() {
            "code2Session" => {
                assert_eq!((request.method(), request.path()), (Method::Get, "/sns/jscode2session"));
                assert_eq!((request.meta().name, request.body_len()), ("auth.code2session", 0));
                assert!(request.has_query("js_code") && !request.has_query("code") && !request.has_json("js_code"));
            }
            "/wxa/some" => {
                assert_eq!((request.method(), request.path(), request.body_len()), (Method::Post, "/wxa/some", 7));
                assert!(request.has_json("a") && !request.has_json("b") && !request.has_query("a"));
                assert_eq!(request.meta().id, "");
            }
            "/wxa/form" => assert_eq!(request.body_len(), 9),
            "getStableAccessToken" => assert!(request.has_json("secret")),
            other => panic!("{other}"),
        }
        passed.lock().unwrap().push(request.endpoint().to_owned());
        request.send()
    });
    client.auth().code2session("the-code").await.unwrap();
    let _ = client.request("wxa/some").json(&json!({"a": 1})).await.unwrap_err();
    let _ = client.request("wxa/form").form("a", "texts").file("b", weapp::File::new("1234")).await;
    assert_eq!(*seen.lock().unwrap(), ["code2Session", "/wxa/some", "getStableAccessToken", "/wxa/form"]);
}

#[tokio::test]
async fn what_it_adds_arrives_and_a_repetition_begins_anew() {
    let mock = Mock::builder().lenient().start().await.unwrap();
    mock.on("getLiveInfo").unwrap().times(1).errcode(-1);
    let client = with(&mock, |mut request| {
        Box::pin(async move {
            assert!(request.headers().is_empty(), "from another attempt");
            if request.endpoint() == "getLiveInfo" {
                let attempt = request.attempt();
                request.insert_header("X-Trace", "first")?.insert_header("x-trace", format!("trace {attempt}"))?;
                request.insert_query("中文", "a b&c=d")?.insert_query("empty", "")?;
                request.insert_json("list", &[1, 2])?.insert_json("hidden", &Secret::new("shown to WeChat"))?;
                assert!(request.has_query("empty") && request.has_json("list"));
                assert_eq!(request.headers().len(), 1);
            }
            request.send().await
        })
    });
    client.send(question()).await.unwrap();
    let sent = mock.requests_to("getLiveInfo").unwrap();
    assert_eq!(sent.len(), 2);
    for (attempt, sent) in sent.iter().enumerate() {
        assert_eq!(sent.header("x-trace"), Some(format!("trace {}", attempt + 1).as_str()));
        assert_eq!(sent.header("content-type"), Some("application/json"));
        assert_eq!((sent.query_value("中文"), sent.query_value("empty")), (Some("a b&c=d"), Some("")));
        assert_eq!(sent.query.iter().filter(|(name, _)| name == "access_token").count(), 1);
        let body = sent.json::<serde_json::Value>().unwrap();
        assert_eq!(body, json!({"start": 0, "limit": 10, "list": [1, 2], "hidden": "shown to WeChat"}));
    }
}

#[tokio::test]
async fn what_it_must_not_add_is_refused_with_a_reason() {
    let mock = Mock::start().await.unwrap();
    let problems = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&problems);
    let client = with(&mock, move |mut request| {
        let note = |refused: weapp::Result<&mut Outgoing<'_>>| {
            let error = refused.err().unwrap();
            assert_eq!((error.kind(), error.maybe_sent()), (ErrorKind::Config, false));
            noted.lock().unwrap().push(error.to_string());
        };
        match request.endpoint() {
            "code2Session" => {
                note(request.insert_query("js_code", "x"));
                note(request.insert_query("secret", "x"));
                note(request.insert_query("Access_Token", "x"));
                note(request.insert_json("a", "x"));
                request.insert_query("mine", "1").unwrap();
                note(request.insert_query("mine", "2"));
            }
            "getStableAccessToken" => {
                note(request.insert_json("grant_type", "x"));
                note(request.insert_json("appid", "x"));
                request.insert_json("mine", "1").unwrap();
                note(request.insert_json("mine", "2"));
            }
            "sendMessage" => {
                note(request.insert_json("from_appid", "x"));
                note(request.insert_json("map", &std::collections::HashMap::from([((1, 2), 3)])));
                for name in ["Host", "content-length", "Content-Type", "transfer-encoding", "Accept-Encoding"] {
                    note(request.insert_header(name, "x"));
                }
                note(request.insert_header("no name", "x"));
                note(request.insert_header("x-a", "line\nbreak"));
            }
            "/form" => note(request.insert_json("a", "x")),
            other => panic!("{other}"),
        }
        let nothing = request.answer("{}");
        Box::pin(async { Ok(nothing) })
    });
    client.auth().code2session("x").await.unwrap_err();
    client.auth().fetch_stable_access_token(weapp::api::auth::GetStableAccessToken::new()).await.unwrap_err();
    client.send(message()).await.unwrap();
    client.request("form").form("b", "x").await.unwrap();
    let problems = problems.lock().unwrap().join("\n");
    let expected = [
        "the request has a parameter `js_code` already; what to do: set it in the request itself",
        "the request has a parameter `secret` already; what to do: set it in the request itself",
        "`Access_Token` says for whom the call is made, and can not be added; what to do: make the call with a client of \
         that app",
        "`a` can not be added: the body is no JSON object; what to do: look at `method` and `meta` before inserting",
        "the request has a parameter `mine` already; what to do: set it in the request itself",
        "the request has a parameter `grant_type` already; what to do: set it in the request itself",
        "the request has a parameter `appid` already; what to do: set it in the request itself",
        "the request has a parameter `mine` already; what to do: set it in the request itself",
        "`from_appid` says for whom the call is made, and can not be added; what to do: make the call with a client of \
         that app",
        "`map` can not be written as JSON; what to do: see the source",
    ];
    assert!(problems.starts_with(&expected.join("\n")), "{problems}");
    for header in ["host", "content-length", "content-type", "transfer-encoding", "accept-encoding"] {
        assert!(problems.contains(&format!("the header `{header}` can not be set")), "{problems}");
    }
    assert!(problems.contains("a header's name is not one of HTTP"), "{problems}");
    assert!(problems.contains("the value of the header `x-a` is not one of HTTP"), "{problems}");
    assert_eq!(mock.requests().len(), 0);
}

#[tokio::test]
async fn a_body_that_is_signed_stays_as_it_is() {
    let keys = PaymentKeys::new().virtual_payment("live key");
    let mock = Mock::builder().payment_keys(keys.clone()).start().await.unwrap();
    let problems = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&problems);
    let adding = middleware_fn(move |mut request| {
        if request.endpoint() == "query_order" {
            let refused = request.insert_json("added", "x").err().unwrap();
            noted.lock().unwrap().push(refused.to_string());
            // It signs nothing of the query.
            request.insert_header("x-trace", "1").unwrap();
        }
        request.send()
    });
    let client = impatient(&mock).payment_keys(keys).middleware(adding).build().unwrap();
    let question = QueryOrder::new().openid("o-user").env(PaymentEnv::Live).order_id("1");
    client.send(question).await.unwrap();
    assert_eq!(
        *problems.lock().unwrap(),
        [
            "`added` can not be added: `pay_sig` is made over the body as it is; what to do: set it in the request itself, \
          which then is signed with it"
        ]
    );
}

#[tokio::test]
async fn it_can_answer_in_wechats_place() {
    let mock = Mock::start().await.unwrap();
    let kept = Arc::new(Mutex::new(None::<Reply>));
    let cache = Arc::clone(&kept);
    let client = with(&mock, move |request| {
        let cache = Arc::clone(&cache);
        Box::pin(async move {
            if request.endpoint() != "getLiveInfo" {
                return request.send().await;
            }
            let known = cache.lock().unwrap().clone();
            match known {
                Some(reply) => Ok(reply),
                None => {
                    let reply = request.send().await?;
                    assert!(reply.status().is_success() && reply.elapsed() > Duration::ZERO);
                    assert_eq!(reply.headers()["content-length"], reply.len().to_string());
                    *cache.lock().unwrap() = Some(reply.clone());
                    Ok(reply)
                }
            }
        })
    });
    let first = client.send(question()).await.unwrap();
    assert_eq!(client.send(question()).await.unwrap(), first);
    assert_eq!(mock.requests_to("getLiveInfo").unwrap().len(), 1);
    // Without a call that is sent no token is fetched.
    let unsent = with(&mock, |request| {
        let reply = request.answer(r#"{"errcode":43101,"errmsg":"user refuse to accept the msg"}"#);
        Box::pin(async { Ok(reply) })
    });
    let error = unsent.send(message()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Api, Some(43101.into())));
    assert_eq!(mock.token_fetches(), 1);
}

#[tokio::test]
async fn a_made_up_answer_is_treated_as_wechats() {
    let mock = Mock::start().await.unwrap();
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&attempts);
    let client = with(&mock, move |request| {
        counted.fetch_max(request.attempt(), Ordering::Relaxed);
        if request.attempt() < 3 && !request.endpoint().contains("Token") {
            let busy = request.answer(r#"{"errcode":-1,"errmsg":"system error"}"#);
            return Box::pin(async { Ok(busy) });
        }
        request.send()
    });
    client.send(question()).await.unwrap();
    assert_eq!(attempts.swap(0, Ordering::Relaxed), 3);
    // What may not be repeated is not repeated for this answer either.
    assert_eq!(client.send(message()).await.unwrap_err().code(), Some((-1).into()));
    assert_eq!(attempts.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_a_gateway_wraps_around_answers_comes_off() {
    let mock = Mock::start().await.unwrap();
    mock.on("getLiveInfo").unwrap().body(
        299,
        "text/html",
        r#"gateway:{"errcode":0,"errmsg":"ok","room_info":[],"total":7}"#,
    );
    let client = with(&mock, |request| {
        Box::pin(async move {
            let reply = request.send().await?;
            let bare = reply.expose_body().strip_prefix(b"gateway:").map(<[u8]>::to_vec);
            Ok(match bare {
                Some(bare) => reply.with_body(bare),
                None => reply,
            })
        })
    });
    assert_eq!(client.send(question()).await.unwrap().total, Some(7));
}

/// The error, and how many attempts it took.
async fn failing<F, Fut>(mock: &Mock, fail: F) -> (Error, u32)
where
    F: Fn(Result<Reply, Error>) -> Fut + Send + Sync + Copy + 'static,
    Fut: Future<Output = Result<Reply, Error>> + Send + 'static,
{
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&attempts);
    let client = with(mock, move |request| {
        if request.endpoint() != "getLiveInfo" {
            return request.send();
        }
        counted.fetch_max(request.attempt(), Ordering::Relaxed);
        Box::pin(async move { fail(request.send().await).await })
    });
    let error = client.send(question()).await.unwrap_err();
    (error, attempts.load(Ordering::Relaxed))
}

#[tokio::test]
async fn its_own_error_is_no_reason_to_repeat_and_tells_whether_something_was_sent() {
    let mock = Mock::start().await.unwrap();
    // After an exchange.
    let (error, attempts) = failing(&mock, |_| async { Err(Error::other("not today")) }).await;
    assert_eq!((error.kind(), error.maybe_sent(), attempts), (ErrorKind::Other, true, 1));
    assert_eq!(error.to_string(), "getLiveInfo: not today");
    // After one that did not reach anybody, and which would have been repeated.
    mock.on("getLiveInfo").unwrap().drop_before();
    let (error, attempts) =
        failing(&mock, |outcome| async { Err(Error::other("wrapped").with_source(outcome.unwrap_err())) }).await;
    assert_eq!((error.kind(), attempts), (ErrorKind::Other, 1));
    // The same error, handed on, is repeated as ever.
    let (error, attempts) = failing(&mock, |outcome| async { outcome }).await;
    assert_eq!((error.kind(), attempts), (ErrorKind::Transport, 3));
    // An error of another call is its own, be it of a kind that would be repeated.
    let unreachable = Client::builder().app("wx1", "s").base_url("http://127.0.0.1:1").build().unwrap();
    let client = with(&mock, move |request| {
        assert_eq!(request.attempt(), 1);
        let other = unreachable.auth().code2session("x").retry(weapp::Retry::never());
        Box::pin(async move { Err(other.await.unwrap_err()) })
    });
    mock.clear_requests();
    let error = client.send(question()).await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_sent()), (ErrorKind::Transport, false));
    assert_eq!(mock.requests().len(), 0);
}

#[tokio::test]
async fn a_rejection_that_it_makes_up_of_another_call_costs_no_token() {
    let mock = Mock::start().await.unwrap();
    let plain = impatient(&mock).build().unwrap();
    mock.on("code2Session").unwrap().errcode(40001);
    let client = with(&mock, move |request| {
        let plain = plain.clone();
        Box::pin(async move {
            match request.endpoint() {
                "getLiveInfo" => {
                    request.send().await?;
                    Err(plain.auth().code2session("x").await.unwrap_err())
                }
                _ => request.send().await,
            }
        })
    });
    assert_eq!(client.send(question()).await.unwrap_err().code(), Some(40001.into()));
    assert_eq!((mock.requests_to("getLiveInfo").unwrap().len(), mock.token_fetches()), (1, 1));
    client.access_token().await.unwrap();
    assert_eq!(mock.token_fetches(), 1, "the token was dropped");
}

#[tokio::test]
async fn a_call_without_a_token_says_so_through_it() {
    let mock = Mock::start().await.unwrap();
    mock.on("getStableAccessToken").unwrap().errcode(40125);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let client = impatient(&mock).middleware(Named("a", Arc::clone(&seen))).build().unwrap();
    let error = client.send(message()).await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_sent()), (ErrorKind::Token, false));
    let expected = ["a > sendMessage 1", "a > getStableAccessToken 1", "a < 40125", "a < Token"];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn the_calls_time_bounds_it() {
    let mock = Mock::start().await.unwrap();
    for (sends, maybe_sent) in [(false, false), (true, true)] {
        let client = with(&mock, move |request| {
            if request.endpoint() != "getLiveInfo" {
                return request.send();
            }
            Box::pin(async move {
                if sends {
                    request.send().await.unwrap();
                }
                std::future::pending().await
            })
        });
        let started = Instant::now();
        let error = client.send(question()).timeout(Duration::from_millis(200)).await.unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(5));
        assert_eq!((error.kind(), error.is_timeout(), error.maybe_sent()), (ErrorKind::Transport, true, maybe_sent));
    }
}

#[tokio::test]
async fn its_panic_is_the_callers() {
    let mock = Mock::start().await.unwrap();
    let client = with(&mock, |request| match request.endpoint() {
        "code2Session" => panic!("a bug of the user's"),
        _ => request.send(),
    });
    let call = client.send(Code2Session::new("x"));
    assert!(tokio::spawn(async move { call.await }).await.unwrap_err().is_panic());
    client.send(question()).await.unwrap();
}

/// The promise that a list without end is not gone through for ever, without a limit set by the user.
#[tokio::test]
async fn a_list_without_end_stops_after_ten_thousand_pages() {
    let mock = Mock::start().await.unwrap();
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let client = with(&mock, move |request| {
        counted.fetch_add(1, Ordering::Relaxed);
        let page = json!({ "errcode": 0, "total": 4_000_000_000_u64, "room_info": [{ "name": "a room" }] });
        Box::pin(async move { Ok(request.answer(page.to_string())) })
    });
    let mut rooms = client.live_broadcast().get_live_info(question()).items();
    let mut rows = 0;
    let error = loop {
        match rooms.next().await.expect("the list never says that it ends") {
            Ok(_) => rows += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((rows, asked.load(Ordering::Relaxed)), (10_000, 10_000));
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("10000 pages came"), "{error}");
    assert!(rooms.next().await.is_none());
}
