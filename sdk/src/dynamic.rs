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

use std::pin::Pin;

use bytes::Bytes;
use serde::Deserialize;

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
    let request: R = strictly(|| serde_json::from_slice(request)).map_err(|error| {
        let (path, what) = split_path(&error);
        let place = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
        Error::config(format!("the request can not be read: {place}{what}"), "write the parameters as one JSON object")
            .at(R::META.id)
    })?;
    let call = client.send(request);
    Ok(Box::pin(async move { call.await.and_then(Answer::into_output) }))
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
