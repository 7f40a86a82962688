//! Calls by name: JSON in, JSON out, through the typed request and response of the endpoint.
//!
//! ```no_run
//! # async fn run(client: weapp::Client) -> weapp::Result<()> {
//! use weapp::dynamic::{Output, call};
//! let output = call(&client, "wxacode.getUnlimited", br#"{"scene":"a=1"}"#).await?;
//! if let Output::Image(image) = output {
//!     image.save("code.png").await?;
//! }
//! # Ok(()) }
//! ```

use std::future::IntoFuture as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use serde::Deserialize;

use crate::call::CallFuture;
use crate::client::Client;
use crate::endpoint::{Answer, Endpoint, Meta};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::wire::{split_path, strictly};

/// What a call by name answers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// What the typed response holds; `{}` where success holds nothing. Secrets in it are readable.
    Json(serde_json::Value),
    /// A picture.
    Image(Image),
    /// Other data.
    Bytes(Bytes),
}

/// An endpoint that can be called by name.
pub(crate) struct Entry {
    meta: &'static Meta,
    call: fn(Client, &[u8]) -> Result<Pending>,
}

type Pending = Pin<Box<dyn Future<Output = Result<Output>> + Send>>;

impl Entry {
    pub(crate) const fn of<R: Endpoint + for<'de> Deserialize<'de>>() -> Self {
        Self { meta: R::META, call: start::<R> }
    }
}

fn start<R: Endpoint + for<'de> Deserialize<'de>>(client: Client, request: &[u8]) -> Result<Pending> {
    let request: R = strictly(|| serde_json::from_slice(request)).map_err(|error| unreadable(R::META, &error))?;
    Ok(Box::pin(Spoken(client.send(request).into_future())))
}

fn unreadable(meta: &Meta, error: &serde_json::Error) -> Error {
    let (path, what) = split_path(error);
    let place = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
    Error::config(format!("the request can not be read: {place}{what}"), "write the parameters as one JSON object")
        .at(meta.id)
}

/// A call under way whose result is told as JSON. An `async` block would be compiled to more, once an endpoint.
struct Spoken<T>(CallFuture<T>);

impl<T: Answer> Future for Spoken<T> {
    type Output = Result<Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|result| result?.into_output())
    }
}

/// All endpoints that can be called by name.
pub fn endpoints() -> impl Iterator<Item = &'static Meta> {
    crate::api::dynamic::TABLE.iter().map(|entry| entry.meta)
}

/// Calls an endpoint by its official id (`getUnlimitedQRCode`), its cloud-call name (`wxacode.getUnlimited`) or its
/// group and method (`wxacode.get_unlimited`), with its parameters as a JSON object.
///
/// Parameters that the endpoint does not have are refused, for they would be lost.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) for a name that nothing has, and for parameters that do not fit;
/// otherwise as the typed call.
pub async fn call(client: &Client, name: &str, request: &[u8]) -> Result<Output> {
    let entry = find(name)?;
    (entry.call)(client.clone(), request)?.await
}

fn find(name: &str) -> Result<&'static Entry> {
    let table = crate::api::dynamic::TABLE;
    let known_as =
        |entry: &&Entry| entry.meta.id == name || entry.meta.name == name || entry.meta.aliases.contains(&name);
    if let Some(entry) = table.iter().find(known_as) {
        return Ok(entry);
    }
    let same_base = |entry: &&Entry| entry.meta.id.split("__").next() == Some(name);
    let candidates: Vec<_> = table.iter().filter(same_base).map(|entry| entry.meta.id).collect();
    let what = match &candidates[..] {
        [] => format!("no endpoint is called {name:?}"),
        _ => format!("{name:?} names several endpoints: {}", candidates.join(", ")),
    };
    Err(Error::config(
        what,
        "use an official id, a cloud-call name or group.method, as `dynamic::endpoints` lists them",
    ))
}
