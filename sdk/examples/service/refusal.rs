//! What users of the service are told when something does not work.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use weapp::ErrorKind;

/// A status, and why.
#[derive(Debug)]
pub(crate) struct Refusal(StatusCode, &'static str);

impl Refusal {
    pub(crate) fn not_found() -> Self {
        Self(StatusCode::NOT_FOUND, "there is no such picture")
    }

    pub(crate) fn logged_out() -> Self {
        Self(StatusCode::UNAUTHORIZED, "there is no such session; call wx.login and POST /login")
    }

    pub(crate) fn unsupported(why: &'static str) -> Self {
        Self(StatusCode::UNSUPPORTED_MEDIA_TYPE, why)
    }
}

/// A call of WeChat that failed: the log has all of it, the user only what helps.
impl From<weapp::Error> for Refusal {
    fn from(error: weapp::Error) -> Self {
        match error.code().map(weapp::ErrCode::get) {
            // A code of wx.login is wrong, was used, or is older than five minutes.
            Some(40029 | 40163 | 41008) => {
                return Self(StatusCode::UNAUTHORIZED, "the code is not valid (any more); call wx.login anew");
            }
            // WeChat checks for users who were there lately.
            Some(61010) => {
                return Self(StatusCode::UNAUTHORIZED, "the session is too old; call wx.login and POST /login");
            }
            _ => {}
        }
        tracing::error!(%error, "WeChat did not do what was asked");
        match error.kind() {
            ErrorKind::Invalid => Self(StatusCode::BAD_REQUEST, "the request is not as WeChat wants it"),
            ErrorKind::Limit | ErrorKind::Transport | ErrorKind::Token => {
                Self(StatusCode::SERVICE_UNAVAILABLE, "WeChat can not be reached; try again in a while")
            }
            _ => Self(StatusCode::BAD_GATEWAY, "WeChat refused; the log says why"),
        }
    }
}

impl From<getrandom::Error> for Refusal {
    fn from(error: getrandom::Error) -> Self {
        tracing::error!(%error, "the system has no randomness");
        Self(StatusCode::INTERNAL_SERVER_ERROR, "something is wrong here; the log says what")
    }
}

#[derive(Serialize)]
struct Told {
    error: &'static str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(Told { error: self.1 })).into_response()
    }
}
