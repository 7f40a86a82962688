//! In place of signing where the feature `sign` is off: no call gets here, for none is decided to be signed.

use bytes::Bytes;
use http::HeaderMap;

use crate::client::Client;
use crate::endpoint::{Meta, Received};
use crate::error::{Error, Result};
use crate::parts::Body;

fn off() -> Error {
    Error::config("this build can not sign calls", "switch on the feature `sign`")
}

pub(crate) fn seal(_: &Client, _: &str, _: &[&str], _: &Body) -> Result<(HeaderMap, Bytes)> {
    Err(off())
}

pub(crate) fn open(_: &Client, _: &str, _: &Meta, _: Received) -> Result<Received> {
    Err(off())
}
