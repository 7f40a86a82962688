//! Signing for a client: with its app's keys, by its clock.

use bytes::Bytes;
use http::HeaderMap;

use super::keys::ApiKeys;
use super::{open as opening, seal as sealing};
use crate::client::Client;
use crate::endpoint::{Meta, Received};
use crate::error::{Error, Result};
use crate::parts::Body;

fn keys(client: &Client) -> Result<&ApiKeys> {
    let keys = client.bound().app.api_keys.as_ref();
    keys.ok_or_else(|| Error::config("the client has no API keys", "give them with `api_keys` of the builder"))
}

/// The headers and the body to be sent: all parameters of `queries` and `body`, signed and encrypted.
pub(crate) fn seal(client: &Client, path: &str, queries: &[&str], body: &Body) -> Result<(HeaderMap, Bytes)> {
    let now = client.bound().shared.tokens.time.now();
    sealing::seal(keys(client)?, path, client.appid(), now, queries, body)
}

/// An answer to a signed call, verified and decrypted.
pub(crate) fn open(client: &Client, path: &str, meta: &Meta, received: Received) -> Result<Received> {
    let now = client.bound().shared.tokens.time.now();
    opening::open(keys(client)?, path, client.appid(), now, meta, received)
}
