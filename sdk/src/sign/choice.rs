//! Which calls are signed and encrypted.

use crate::client::Client;
use crate::endpoint::{Encryption, Meta, Method};
use crate::error::{Error, Result};
use crate::parts::Body;

/// Whether a call is signed and encrypted: as the caller wishes, else as the spec says.
///
/// `readable` says that the answer is JSON.
#[inline]
pub(crate) fn is_signed(client: &Client, meta: &Meta, wish: Option<bool>, readable: bool) -> Result<bool> {
    match (wish, meta.encryption) {
        (None, Encryption::None) | (Some(false), _) => Ok(false),
        _ => decide(client, meta, wish, readable),
    }
}

#[cold]
fn decide(client: &Client, meta: &Meta, wish: Option<bool>, readable: bool) -> Result<bool> {
    let bound = client.bound();
    let has_keys = bound.app.has_api_keys();
    match wish {
        None if bound.shared.unsigned => Ok(false),
        None if meta.encryption == Encryption::Supported => Ok(has_keys && readable && meta.method == Method::Post),
        _ if has_keys => Ok(true),
        _ => Err(without_keys(client.appid(), wish.is_none())),
    }
}

fn without_keys(appid: &str, required: bool) -> Error {
    let why = if required { "WeChat takes this call only signed and encrypted" } else { "the call is to be signed" };
    if cfg!(feature = "sign") {
        Error::config(
            format!("{why}, and the client has no API keys of {appid}"),
            "set up API 安全 in the Mini Program's console, and give its keys with `api_keys` of the builder or \
             `with_api_keys` of the client; `unsigned()` sends the call as it is",
        )
    } else {
        Error::config(
            format!("{why}, and this build can not do that"),
            "switch on the feature `sign` of the crate (`sm` for SM2 and SM4) and give the client its `api_keys`; \
             `unsigned()` sends the call as it is",
        )
    }
}

/// Refuses what can not be signed, before anything is done for it.
pub(crate) fn require_signable(body: &Body) -> Result<()> {
    match body {
        Body::None => Ok(()),
        Body::Json(json) if json.trim_ascii().first() == Some(&b'{') => Ok(()),
        Body::Json(_) => Err(Error::config(
            "only a JSON object can be signed and encrypted",
            "give the parameters as the members of one object, or send the call by `unsigned()`",
        )),
        Body::Form(_) => Err(Error::config(
            "WeChat takes no upload signed and encrypted",
            "send it plain: leave out `signed()`, or say `unsigned()`",
        )),
    }
}
