//! The one place that speaks HTTP.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Request, Url};

use crate::endpoint::{Body, FormValue, Method, Received};
use crate::error::{Error, Result};

/// Sends one request and receives the whole answer.
pub(crate) async fn exchange(
    http: &Client,
    method: Method,
    url: Url,
    body: Body,
    timeout: Duration,
    max_body: usize,
) -> Result<Received> {
    let request = build(http, method, url, body)?;
    let started = tokio::time::timeout(timeout, receive(http, request, max_body));
    started.await.unwrap_or_else(|_| Err(Error::timeout(true)))
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
            http.request(method, url).multipart(form).build().map_err(Error::transport)
        }
    }
}

async fn receive(http: &Client, request: Request, max_body: usize) -> Result<Received> {
    let mut response = http.execute(request).await.map_err(Error::transport)?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let body = match response.content_length() {
        // Within the cap, and as long as announced: nothing has to be counted.
        Some(length) if length <= max_body as u64 => response.bytes().await.map_err(after_the_headers)?,
        _ => capped(response, max_body).await?,
    };
    Ok(Received { status, headers, body })
}

async fn capped(mut response: reqwest::Response, max_body: usize) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(after_the_headers)? {
        if body.len() + chunk.len() > max_body {
            return Err(Error::decode("", format!("the answer is larger than the {max_body} bytes that are allowed")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn after_the_headers(error: reqwest::Error) -> Error {
    let mut error = Error::transport(error);
    error.set_maybe_sent();
    error
}
