//! Errors of an exchange that did not come to its end: what failed, and whether anything was sent.

use std::error::Error as StdError;

use super::{Detail, Error};

impl Error {
    /// A failed exchange; `unsent` says that no connection has taken the request. The URL is taken out of the error
    /// here, because it holds the token.
    pub(crate) fn transport(error: reqwest::Error, unsent: bool) -> Self {
        if error.is_builder() {
            // Sending the same again could not help.
            return Self::config(
                "the request can not be built",
                "look for a value of many kilobytes in a query string",
            )
            .with_source(error.without_url());
        }
        if let Some(hyper) = cause::<hyper::Error>(&error).filter(|hyper| hyper.is_parse()) {
            // hyper says what it could not read, and never quotes it.
            return Self::decode("", format!("what came is no HTTP answer ({hyper})"))
                .with_remedy("check the scheme (http or https) and the port of `base_url`, and the proxy")
                .with_source(error.without_url());
        }
        let timeout = error.is_timeout();
        let what = match (unsent, timeout) {
            (true, true) => "could not connect in time",
            (true, false) if error.is_dns() => "could not find the address of the host",
            (true, false) if error.is_connect() => "could not connect",
            (true, false) => "the connection was closed before anything was sent",
            (false, true) => "no answer in time",
            (false, false) => "the connection failed before an answer came",
        };
        let mut built = Self::build(Detail::Transport { what: what.into(), timeout });
        built.0.maybe_sent = !unsent;
        built.0.source = Some(Box::new(error.without_url()));
        built
    }

    /// The connection failed after `length` bytes of an answer.
    pub(crate) fn broken_off(error: reqwest::Error, length: usize) -> Self {
        let timeout = error.is_timeout();
        // What goes wrong on the way is hyper's error; the decompressor has its own.
        let mut built = if timeout || cause::<hyper::Error>(&error).is_some() {
            let what = format!("the connection failed in the middle of the answer (after {length} bytes)");
            Self::build(Detail::Transport { what: what.into(), timeout })
        } else {
            Self::decode("", format!("the answer's compressed data are damaged (after {length} bytes)")).passing()
        };
        built.0.maybe_sent = true;
        built.with_source(error.without_url())
    }
}

/// The first error of this type among the causes.
fn cause<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
