//! The service itself: what it answers, and what it remembers.
//!
//! | request | what for |
//! | --- | --- |
//! | `POST /login` `{"code": …}` | the code of `wx.login` for a session of this service: `{"session": …}` |
//! | `POST /pictures`, the picture as the body | `{"id": …}`; the check begins |
//! | `GET /pictures/{id}/verdict` | `{"verdict": "checking"}`, later `passed`, `refused`, `in_review` or `failed` |
//! | `GET /pictures/{id}` | the picture: for whoever uploaded it, and for others once it has passed |
//! | `/push` | WeChat's: the verdicts, and what users write to customer service |
//!
//! But for the first and the last, requests name their session: `Authorization: Bearer SESSION`. Errors are answered as
//! `{"error": …}`, for the Mini Program's authors to read.

#[path = "refusal.rs"]
mod refusal;
#[path = "store.rs"]
mod store;

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Query, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::sleep;
use weapp::api::security::{CheckMediaType, CheckScene, MediaCheckAsync};
use weapp::api::types::CheckSuggestion;
use weapp::events::{ImageMessage, MiniProgramPageMessage, TextMessage, TransferCustomerService, WxaMediaCheck};
use weapp::push::{Arrived, Dispatcher, MemoryDedupe, Receiver};
use weapp::{Client, Secret};

use refusal::Refusal;
use store::{Kind, Picture, Session, Store, Verdict};

/// WeChat checks no larger files.
const LARGEST: usize = 10 << 20;

/// How long requests may go on when the service is to stop, and after that the handlers of messages. Twice that is
/// within the ten seconds that Docker allows.
const PATIENCE: Duration = Duration::from_secs(4);

/// What the service has to be told besides the app.
pub(crate) struct Config {
    /// Token and EncodingAESKey, from 消息推送 in the console.
    pub(crate) push_token: Secret,
    pub(crate) encoding_aes_key: Secret,
    /// Where WeChat reaches this service: `https://example.com`.
    pub(crate) public_url: String,
}

/// The service. Cloning one costs a few reference counts.
#[derive(Clone)]
pub(crate) struct App {
    client: Client,
    store: Store,
    dispatcher: Dispatcher,
    public_url: String,
}

impl App {
    /// # Errors
    /// When the token is empty, or the EncodingAESKey has not 43 characters.
    pub(crate) fn new(client: Client, config: Config) -> Result<Self, weapp::Error> {
        let store = Store::default();
        let receiver = Receiver::new(config.push_token, config.encoding_aes_key, client.appid())?;
        let dispatcher = listen(receiver, store.clone());
        let public_url = config.public_url.trim_end_matches('/').to_owned();
        Ok(Self { client, store, dispatcher, public_url })
    }

    fn router(self) -> Router {
        Router::new()
            .route("/login", post(log_in))
            .route("/pictures", post(upload).layer(DefaultBodyLimit::max(LARGEST)))
            .route("/pictures/{id}", get(show))
            .route("/pictures/{id}/verdict", get(verdict))
            .route("/push", self.dispatcher.clone().into_route())
            .with_state(self)
    }
}

/// Serves until `stop` is ready; then it finishes what has begun.
///
/// # Errors
/// When the port can not be served any more.
pub(crate) async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let dispatcher = app.dispatcher.clone();
    tracing::info!(address = %listener.local_addr()?, "listening");
    let (stopping, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, app.router()).with_graceful_shutdown(async {
        stop.await;
        drop(stopping);
    });
    // One who uploads slowly must not keep the service from stopping.
    let patience = async {
        drop(stopped.await);
        sleep(PATIENCE).await;
    };
    tokio::select! {
        served = server.into_future() => served?,
        () = patience => tracing::warn!("stopped while requests were under way"),
    }
    // WeChat may have been answered before a handler was through.
    let unfinished = dispatcher.drain(PATIENCE).await;
    if unfinished > 0 {
        tracing::warn!(unfinished, "stopped while messages were being handled");
    }
    Ok(())
}

/// What WeChat tells.
fn listen(receiver: Receiver, store: Store) -> Dispatcher {
    Dispatcher::new(receiver)
        .on(move |event: Arrived<WxaMediaCheck>| {
            let store = store.clone();
            async move {
                let verdict = match event.result.as_ref().and_then(|result| result.suggest.as_ref()) {
                    // There is a verdict only when the check itself went well.
                    _ if event.errcode != 0 => {
                        tracing::warn!(errcode = event.errcode, errmsg = ?event.errmsg, "a picture was not checked");
                        Verdict::Failed
                    }
                    Some(CheckSuggestion::Pass) => Verdict::Passed,
                    Some(CheckSuggestion::Risky) => Verdict::Refused,
                    // What is new, a person had better look at as well.
                    _ => Verdict::InReview,
                };
                store.decide(&event.trace_id, verdict);
                Ok(())
            }
        })
        // Customers are answered by people, in WeChat's own window for customer service.
        .on(async |_: Arrived<TextMessage>| Ok(TransferCustomerService::new()))
        .on(async |_: Arrived<ImageMessage>| Ok(TransferCustomerService::new()))
        .on(async |_: Arrived<MiniProgramPageMessage>| Ok(TransferCustomerService::new()))
        // WeChat delivers some messages twice. Several processes share a `RedisDedupe` instead.
        .dedupe(MemoryDedupe::new())
        .on_failure(|failure| tracing::error!(?failure, "a message was not handled"))
}

#[derive(Deserialize)]
struct Login {
    code: String,
}

#[derive(Serialize)]
struct LoggedIn {
    session: String,
}

/// The session_key stays here: whoever has it can sign as the user.
async fn log_in(State(app): State<App>, Json(login): Json<Login>) -> Result<Json<LoggedIn>, Refusal> {
    let user = app.client.auth().code2session(login.code).await?;
    let session = app.store.open_session(Session { openid: user.openid, session_key: user.session_key })?;
    Ok(Json(LoggedIn { session }))
}

#[derive(Serialize)]
struct Uploaded {
    id: String,
}

async fn upload(State(app): State<App>, session: Session, body: Bytes) -> Result<Json<Uploaded>, Refusal> {
    // What the request says of its type, anybody could have written.
    let kind = Kind::of(&body).ok_or_else(|| Refusal::unsupported("the body is to be a JPEG, PNG or GIF picture"))?;
    let (id, key) = app.store.add(Picture::new(session.openid.clone(), kind, body)?)?;
    // WeChat downloads the picture, and has no session: the key in the URL, which nobody else knows, opens it.
    let url = format!("{}/pictures/{id}?key={key}", app.public_url);
    let check = MediaCheckAsync::new()
        .media_url(url)
        .media_type(CheckMediaType::Image)
        .scene(CheckScene::SocialLog)
        .openid(session.openid);
    match app.client.security().media_check_async(check).await {
        Ok(check) => app.store.began(&id, check.trace_id),
        Err(error) => {
            app.store.remove(&id);
            return Err(error.into());
        }
    }
    Ok(Json(Uploaded { id }))
}

#[derive(Deserialize)]
struct Access {
    key: Option<String>,
}

async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(access): Query<Access>,
    session: Option<Session>,
) -> Result<impl IntoResponse, Refusal> {
    let picture = app.store.picture(&id).ok_or_else(Refusal::not_found)?;
    let is_owner = session.is_some_and(|session| session.openid == picture.owner);
    let is_wechat = access.key.is_some_and(|key| key == picture.key);
    // Others do not even learn that it exists.
    if !(is_owner || is_wechat || picture.verdict == Verdict::Passed) {
        return Err(Refusal::not_found());
    }
    let cached = if picture.verdict == Verdict::Passed { "public, max-age=86400" } else { "no-store" };
    let headers = [(CONTENT_TYPE, picture.kind.mime()), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (CACHE_CONTROL, cached)];
    Ok((headers, picture.bytes))
}

#[derive(Serialize)]
struct Told {
    verdict: Verdict,
}

async fn verdict(State(app): State<App>, Path(id): Path<String>, session: Session) -> Result<Json<Told>, Refusal> {
    let picture = app.store.picture(&id).filter(|picture| picture.owner == session.openid);
    Ok(Json(Told { verdict: picture.ok_or_else(Refusal::not_found)?.verdict }))
}

/// Of the header `Authorization`.
impl FromRequestParts<App> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let id = header.and_then(|value| value.strip_prefix("Bearer "));
        id.and_then(|id| app.store.session(id)).ok_or_else(Refusal::logged_out)
    }
}

/// For what others may see as well.
impl axum::extract::OptionalFromRequestParts<App> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Refusal> {
        Ok(<Self as FromRequestParts<App>>::from_request_parts(parts, app).await.ok())
    }
}
