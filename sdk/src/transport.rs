//! The one place that speaks HTTP.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Request, Url};
use tokio::time::Instant;

use crate::endpoint::{Method, Received};
use crate::error::{Error, Result};
use crate::handover::Handover;
use crate::parts::{Body, FormValue};
use crate::status::retry_after;

/// Sends one request and receives the whole answer.
///
/// The request is handed over before anything is awaited, and what is rare is boxed: a call's future is moved once and
/// its memory is touched by every call, so that its size is time.
pub(crate) fn exchange(
    http: &Client,
    method: Method,
    url: Url,
    headers: Option<&HeaderMap>,
    body: Body,
    deadline: Instant,
    max_body: usize,
) -> impl Future<Output = Result<Received>> + use<> {
    let sent = build(http, method, url, body).map(|mut request| {
        if let Some(headers) = headers {
            request.headers_mut().extend(headers.clone());
        }
        let handover = Handover::watch(&mut request);
        (http.execute(request), handover)
    });
    async move {
        let (sent, handover) = sent?;
        let received = tokio::time::timeout_at(deadline, receive(sent, &handover, max_body)).await;
        received.unwrap_or_else(|_| Err(Error::timeout(!handover.withdraw())))
    }
}

fn build(http: &Client, method: Method, url: Url, body: Body) -> Result<Request> {
    let method = match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    match body {
        Body::None => Ok(Request::new(method, url)),
        Body::Json(json) => {
            let mut request = Request::new(method, url);
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(json.into());
            Ok(request)
        }
        Body::Form(parts) => {
            let mut form = Form::new();
            for (name, value) in parts {
                form = match value {
                    FormValue::Text(text) => form.text(name, text),
                    FormValue::File(file) => {
                        let bytes = file.bytes().clone();
                        // A known length: WeChat answers a chunked upload with 412 and nothing else.
                        let part = Part::stream_with_length(bytes.clone(), bytes.len() as u64)
                            .file_name(file.file_name().to_owned())
                            .mime_str(file.mime())
                            .map_err(|error| {
                                Error::config("the file's content type can not be used", "write it as image/png")
                                    .with_source(error)
                            })?;
                        form.part(name, part)
                    }
                };
            }
            http.request(method, url).multipart(form).build().map_err(|error| Error::transport(error, true))
        }
    }
}

async fn receive(
    sent: impl Future<Output = reqwest::Result<reqwest::Response>>,
    handover: &Handover,
    max_body: usize,
) -> Result<Received> {
    let mut response = sent.await.map_err(|error| Error::transport(error, handover.withdraw()))?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > max_body as u64) {
        return Err(too_large(status, &headers, max_body));
    }
    // Decompressed by now, if it came compressed: what is measured is what is kept.
    let mut body = response.chunk().await.map_err(|error| Error::broken_off(error, 0))?.unwrap_or_default();
    while body.len() <= max_body {
        match response.chunk().await.map_err(|error| Error::broken_off(error, body.len()))? {
            Some(more) => body = joined(body, &more),
            None => return Ok(Received { status, headers, body }),
        }
    }
    Err(too_large(status, &headers, max_body))
}

/// The rest of the answer is not read. An HTTP error stays one, however long its page is.
fn too_large(status: StatusCode, headers: &HeaderMap, max_body: usize) -> Error {
    if status.is_success() {
        Error::decode("", format!("the answer is larger than the {max_body} bytes that are allowed"))
            .with_remedy("allow more with `max_body` of the client's builder, if that is what you expect")
    } else {
        Error::status(status, format!("more than {max_body} bytes"), retry_after(headers))
    }
}

/// Most answers come in one piece, which is then kept as it came.
fn joined(body: Bytes, more: &[u8]) -> Bytes {
    let mut grown = body.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
    grown.extend_from_slice(more);
    grown.freeze()
}
