//! What WeChat, or whoever stands in its place, answers to a call.

use std::cell::RefCell;
use std::fmt::Debug;

use serde::Serialize;
use weapp::api::auth::Code2Session;
use weapp::api::nearby_poi::GetNearbyPoiList;
use weapp::api::security::MsgSecCheck;
use weapp::api::wxacode::GetQrCode;
use weapp::middleware::middleware_fn;
use weapp::{Answer, Client, Endpoint, Error, ErrorKind, Retry};

/// Reads the input as the body of an answer: as a struct, as one with JSON text inside, as a picture, and as any JSON.
pub fn envelope(body: &[u8]) {
    let any = ask(|client| client.request("/any").retry(Retry::never()).into_future(), 200, body);
    if let Err(error) = &any {
        well_told(error);
    }
    let code = api_code(&any);

    let checked = || MsgSecCheck::new().content("x").openid("o").scene(1);
    typed(checked, code, body);
    typed(|| GetNearbyPoiList::new().page(1).page_rows(1), code, body);

    let session = call(Code2Session::new("code"), 200, body);
    same_code(&session, code);
    let picture = call(GetQrCode::new("pages/index"), 200, body);
    if let Ok(picture) = &picture {
        assert_eq!(picture.bytes(), body, "a picture is handed over as it came");
    }
    if code.is_some() && body.first() == Some(&b'{') {
        same_code(&picture, code);
    }
    // An error code explains more than a status does.
    let refused = call(checked(), 502, body);
    assert!(refused.is_err(), "a status other than success is a failure");
    same_code(&refused, code);
}

/// Reads `body` as what `R` answers. What was read must read the same once it is written again.
fn typed<R>(request: impl Fn() -> R, code: Option<i64>, body: &[u8])
where
    R: Endpoint,
    R::Response: Serialize + PartialEq + Debug,
{
    let read = call(request(), 200, body);
    same_code(&read, code);
    if let Ok(read) = read {
        let written = serde_json::to_vec(&read).expect("an answer can be written");
        let again = call(request(), 200, &written).expect("what was written can be read");
        assert_eq!(read, again);
    }
}

/// All readers find the same error code, and tell of it in the same way.
fn same_code<T>(result: &weapp::Result<T>, code: Option<i64>) {
    assert_eq!(api_code(result), code, "two readers of one body disagree on its error code");
    if let Err(error) = result {
        well_told(error);
    }
}

fn api_code<T>(result: &weapp::Result<T>) -> Option<i64> {
    result.as_ref().err().and_then(Error::code).map(|code| code.get())
}

fn well_told(error: &Error) {
    let kinds = [ErrorKind::Api, ErrorKind::Decode, ErrorKind::Status];
    assert!(kinds.contains(&error.kind()), "an answer is no reason for {error:?}");
    assert!(!error.to_string().is_empty());
}

fn call<R: Endpoint>(request: R, status: u16, body: &[u8]) -> weapp::Result<R::Response> {
    ask(|client| client.send(request).into_future(), status, body)
}

thread_local! {
    /// What calls are answered.
    static ANSWER: RefCell<(u16, Vec<u8>)> = const { RefCell::new((0, Vec::new())) };
    static CLIENT: (Client, tokio::runtime::Runtime) = make();
}

/// A call takes the way that all take, save that a middleware answers in place of the network.
fn ask<T, F>(start: impl FnOnce(&Client) -> F, status: u16, body: &[u8]) -> weapp::Result<T>
where
    T: Answer,
    F: Future<Output = weapp::Result<T>>,
{
    ANSWER.set((status, body.to_vec()));
    CLIENT.with(|(client, runtime)| runtime.block_on(async { start(client).await }))
}

fn make() -> (Client, tokio::runtime::Runtime) {
    let answering = middleware_fn(|request| {
        // Not taken: an input that says the token was rejected is asked for twice.
        let (status, body) = ANSWER.with_borrow(Clone::clone);
        let reply = request.answer(body).with_status(status.try_into().expect("a status"));
        Box::pin(std::future::ready(Ok(reply)))
    });
    let client = Client::builder().app("wx0123456789abcdef", "secret").retry(Retry::never()).middleware(answering);
    (
        client.build().expect("a client"),
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime"),
    )
}
