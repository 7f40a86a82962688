//! The HTTP side: connections, requests, answers.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Shared;
use super::exchange::Delivery;
use super::payload::{Payload, Reply};
use super::rules::End;
use super::wire::{Orders, Wire};

/// No request may be larger. WeChat's own limits are far below.
const LARGEST: usize = 64 << 20;

/// Accepts connections until the task is aborted, which ends all connections too: they live in this task's set.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    let (shared, orders) = (Arc::clone(&shared), Orders::default());
                    let wire = Wire::new(stream, orders.clone());
                    let service = service_fn(move |request| answer(Arc::clone(&shared), orders.clone(), request));
                    let connection = http1::Builder::new().serve_connection(TokioIo::new(wire), service);
                    // An error here is a connection that broke, on purpose or not.
                    connections.spawn(async move { drop(connection.await) });
                }
                // Out of file descriptors, most likely: some will be free again.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Tells hyper to end the connection without an answer.
#[derive(Debug)]
pub(super) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the mock was told to drop this connection")
    }
}

impl std::error::Error for Dropped {}

async fn answer(shared: Arc<Shared>, orders: Orders, request: Request<Incoming>) -> Result<Response<Payload>, Dropped> {
    let (head, body) = request.into_parts();
    // Where this fails the caller went away.
    let body = collect(body).await.map_err(|_| Dropped)?;
    let Delivery { reply, end, manner } = shared.handle(&head, body);
    orders.pace(manner.pace);
    if !manner.delay.is_zero() {
        tokio::time::sleep(manner.delay).await;
    }
    match end {
        End::Whole => Ok(reply.into_response(&manner, None)),
        End::Truncate(length) => Ok(reply.into_response(&manner, Some(length))),
        End::Replace(canned) => Ok(Reply::from(canned).into_response(&manner, None)),
        End::Stall => pending().await,
        End::Vanish { reset } => {
            if reset {
                orders.reset();
            }
            Err(Dropped)
        }
    }
}

/// The body, or `None` when it is too large.
async fn collect(mut body: Incoming) -> Result<Option<Vec<u8>>, hyper::Error> {
    let mut all = Vec::new();
    let mut too_large = false;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Ok(data) = frame?.into_data() {
            too_large |= all.len() + data.len() > LARGEST;
            // It is read to its end all the same, so that the caller hears the answer.
            if !too_large {
                all.extend_from_slice(&data);
            }
        }
    }
    Ok((!too_large).then_some(all))
}
