//! The WeChat Mini Program (微信小程序) server API: every endpoint typed, checked and explained, generated from a spec.
//!
//! ```no_run
//! # async fn run() -> weapp::Result<()> {
//! let client = weapp::Client::from_env()?;
//! let session = client.auth().code2session("the code of wx.login").await?;
//! println!("{}", session.openid);
//! # Ok(()) }
//! ```
//!
//! - [`Client`] and the groups' methods ([`api`]) make calls; each request's page is its endpoint's page.
//! - [`Error`] says what went wrong, whether a retry can help, and what to do; of error codes in Chinese, too.
//! - [`UserData`] decrypts what the Mini Program's front end hands over, without asking WeChat.
//! - `push` receives what WeChat sends to a backend: messages, events, the verdicts of asynchronous checks.
//! - [`Client::request`] reaches paths that the spec does not know yet.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod api;
mod attempts;
mod budget;
mod builder;
mod call;
mod came;
mod check;
mod client;
mod clock;
mod config;
#[cfg(feature = "dynamic")]
pub mod dynamic;
mod endpoint;
mod errcode;
mod error;
#[cfg(feature = "push")]
pub mod events;
mod file;
mod handover;
mod hosting;
mod hosts;
mod image;
mod limits;
pub mod middleware;
#[cfg(feature = "mock")]
pub mod mock;
pub mod observe;
pub(crate) mod paging;
mod parts;
#[cfg(feature = "push")]
pub mod push;
mod request;
mod retry;
mod secret;
pub mod sign;
mod status;
mod template;
pub mod token;
mod transport;
pub mod user_data;
#[doc(hidden)]
pub mod wire;

#[doc(hidden)]
pub use serde as __serde;

pub use builder::ClientBuilder;
pub use call::{Call, CallFuture, Raw, RawCall, RawFuture};
pub use check::Check;
pub use client::Client;
pub use clock::Clock;
pub use config::{AppConfig, Apps};
pub use endpoint::{Answer, Authorisation, BytesOr, Encryption, Endpoint, Meta, Method};
pub use errcode::{ErrCode, ErrCodeInfo, ErrCodeKind, RetryHint};
pub use error::{Error, ErrorKind, Remedy, Result, Violation};
pub use file::{File, HostedFile, Hosting, MediaHost};
pub use hosting::CloudHosting;
pub use hosts::Hosts;
pub use image::{Image, ImageFormat};
pub use limits::{Limit, Limits, Per};
pub use paging::{Items, Paged, Pages};
pub use request::Request;
pub use retry::Retry;
pub use secret::Secret;
pub use template::TemplateData;
pub use token::{AccessToken, AccessTokenCall, AccessTokenFuture, ClassicToken, StableToken};
pub use user_data::UserData;
pub use wire::{Nothing, Timestamp, TimestampMs, UnknownValue};

/// The code of both READMEs compiles.
#[cfg(all(
    doctest,
    feature = "axum",
    feature = "mock",
    feature = "dynamic",
    feature = "redis",
    feature = "all-groups"
))]
mod readme {
    #[doc = include_str!("../../README.md")]
    mod english {}
    #[doc = include_str!("../../README.zh-CN.md")]
    mod chinese {}
}
