//! The mock's messages over real HTTP: against the crate's own receiver, and against endpoints that are wrong.

mod calls;
mod endpoints;
mod messages;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

use super::*;
use crate::push::{Answer, Dispatcher, Query, Receiver};

const TOKEN: &str = "AAAAA";
const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";

/// The address of an endpoint that answers a request's query and body by a function. `None` breaks the connection.
async fn serve<F, Fut>(answer: F) -> String
where
    F: Fn(String, Bytes) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Option<(u16, Bytes)>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer.clone();
                async move {
                    let method = request.method().clone();
                    let query = request.uri().query().unwrap_or_default().to_owned();
                    let mut body = request.into_body();
                    let mut all = Vec::new();
                    while let Some(frame) =
                        std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await
                    {
                        all.extend_from_slice(&frame.unwrap().into_data().unwrap());
                    }
                    let query = if method == "GET" { format!("{query}&method=GET") } else { query };
                    let (status, body) = answer(query, all.into()).await.ok_or("the connection is to break")?;
                    let body = Full(Some(body));
                    Ok::<_, &str>(http::Response::builder().status(status).body(body).unwrap())
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    format!("http://{address}/push")
}

/// A body in one piece.
struct Full(Option<Bytes>);

impl hyper::body::Body for Full {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(self.0.take().map(|data| Ok(hyper::body::Frame::data(data))))
    }
}

/// An endpoint as users write it.
async fn dispatch(dispatcher: Dispatcher) -> String {
    serve(move |query, body| {
        let dispatcher = dispatcher.clone();
        async move {
            let Answer { status, body, .. } = match query.strip_suffix("&method=GET") {
                Some(query) => dispatcher.verify(&Query::parse(query)),
                None => dispatcher.answer(&Query::parse(&query), body).await,
            };
            Some((status.as_u16(), body))
        }
    })
    .await
}

/// Status and body, or a connection that breaks.
type Scripted = Option<(u16, String)>;

/// An endpoint that answers so, one after the other, and then `success`; and what it was sent.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Scripted>>>,
    sent: Arc<Mutex<Vec<(String, Bytes)>>>,
}

impl Script {
    fn new<const N: usize>(answers: [(u16, &str); N]) -> Self {
        let script = Self::default();
        script.answers.lock().unwrap().extend(answers.map(|(status, body)| Some((status, body.to_owned()))));
        script
    }

    async fn serve(&self) -> String {
        let script = self.clone();
        serve(move |query, body| {
            script.sent.lock().unwrap().push((query, body));
            let answer = script.answers.lock().unwrap().pop_front();
            async move { answer.unwrap_or(Some((200, "success".to_owned()))).map(|(status, body)| (status, body.into())) }
        })
        .await
    }

    fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

fn receiver() -> Receiver {
    Receiver::new(TOKEN, KEY, Mock::APPID).unwrap()
}

fn secure(url: &str) -> PushTarget {
    PushTarget::new(url, TOKEN, KEY)
}

fn told<T>() -> (impl Fn(T) + Clone + Send + Sync + 'static, Arc<Mutex<Vec<T>>>)
where
    T: Send + 'static,
{
    let all = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&all);
    (move |one| kept.lock().unwrap().push(one), all)
}

fn unreadable(delivery: &PushDelivery) -> &str {
    match &delivery.outcome {
        PushOutcome::Unreadable(why) => why,
        other => panic!("{other:?}"),
    }
}

fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
