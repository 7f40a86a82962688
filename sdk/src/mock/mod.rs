//! A WeChat to test against: a real HTTP server on this machine that answers, refuses and fails as WeChat does.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> weapp::Result<()> {
//! use weapp::mock::Mock;
//!
//! let mock = Mock::start().await?;
//! let client = mock.client()?;
//!
//! // Every endpoint answers something plausible …
//! let session = client.auth().code2session("any code").await?;
//! assert_eq!(session.session_key, mock.session_key("any code"));
//!
//! // … or what you tell it to.
//! mock.on("code2Session")?.errcode(40029);
//! assert_eq!(client.auth().code2session("another").await.map_err(|error| error.code()), Err(Some(40029.into())));
//!
//! // What was sent can be looked at.
//! assert_eq!(mock.requests_to("code2Session")?.len(), 2);
//! # Ok(()) }
//! ```
//!
//! # What it checks
//!
//! In WeChat's order: the path (404), the method (43001, 43002), the token (41001, 40001, 42001; 48001 for that of the
//! wrong kind of account), the body (44002 for none, 47001 for what is not JSON), appid and AppSecret (41002, 40013,
//! 41004, 40125), then the parameters: those that must be there, types (47001), constraints, and parameters that the
//! endpoint does not have. A parameter is refused with the code that the endpoint documents for it, else with 40097;
//! `errmsg` names it. A body sent in chunks is answered with HTTP status 412, as by WeChat's gateway.
//!
//! It knows the endpoints from the spec alone and shares no code with the client, so what it accepts is what the
//! spec says, and not what the client happens to send.
//!
//! # What it answers
//!
//! All fields that the spec knows, the same each time. Texts tell their names, numbers count, a list holds two
//! elements, an enum takes its values in turn, and a paged list has 25 rows in all. Each `js_code` stands for another
//! user, whose openid and session_key follow from it; it works once, and so does the code of a phone number. Pictures
//! decode and have the width that was asked for.
//!
//! Tokens live and follow one another as WeChat's do. `cgi-bin/stable_token` answers the current token until the last
//! five minutes of its two hours; `cgi-bin/token` replaces its token each time; neither touches the other's. A token
//! that was replaced works for five minutes more. [`MockBuilder`] changes these times, and [`Mock::expire_tokens`] and
//! [`Mock::revoke_tokens`] end tokens at once. WeChat's limits on the number of calls are not enforced.

mod answer;
mod body;
mod catalogue;
mod check;
mod codes;
mod keywords;
mod login;
mod picture;
mod random;
mod record;
mod rules;
mod server;
#[cfg(test)]
mod tests;
mod tokens;
mod wechat;

use std::collections::HashSet;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

pub use self::login::Encrypted;
pub use self::record::RecordedRequest;
pub use self::rules::Rule;

use self::catalogue::Catalogue;
use self::rules::{Rules, Target};
use self::tokens::{Lives, Tokens};
use crate::client::Client;
use crate::config::Apps;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::user_data::SessionKey;

/// A WeChat of your own, at [`url`](Self::url). Dropping it stops its server and closes all connections.
///
/// It needs tokio's I/O and time on the runtime that starts it (`#[tokio::test]` has both).
/// See the [module](self) for what it does, and [`on`](Self::on) for what it can be told to do.
pub struct Mock {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: AbortHandle,
}

/// What all connections share.
struct Shared {
    catalogue: &'static Catalogue,
    /// The first that is no official account is the default app.
    apps: Vec<App>,
    lives: Lives,
    strict: bool,
    state: Mutex<State>,
}

struct App {
    appid: String,
    secret: Secret,
    official: bool,
}

#[derive(Default)]
struct State {
    tokens: Tokens,
    rules: Rules,
    requests: Vec<RecordedRequest>,
    /// The codes that were handed in, with the endpoint.
    used_codes: HashSet<(String, String)>,
    /// How many pictures were made that WeChat counts.
    made: u64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn app(&self, appid: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.appid == appid)
    }

    fn default_app(&self) -> &App {
        // The builder sees to it that there is one.
        self.apps.iter().find(|app| !app.official).unwrap_or(&self.apps[0])
    }
}

impl Mock {
    /// The AppID of the Mini Program that a mock knows unless it is told of another.
    pub const APPID: &'static str = "wx0123456789abcdef";
    /// Its AppSecret.
    pub const SECRET: &'static str = "0123456789abcdef0123456789abcdef";
    /// The AppID of the official account that a mock knows unless it is told of another.
    pub const OFFICIAL_ACCOUNT_APPID: &'static str = "wxfedcba9876543210";
    /// Its AppSecret.
    pub const OFFICIAL_ACCOUNT_SECRET: &'static str = "fedcba9876543210fedcba9876543210";

    /// Starts a mock on a free port of 127.0.0.1, with everything at its default.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when no port can be had.
    pub async fn start() -> Result<Self> {
        Self::builder().start().await
    }

    /// A mock to be configured.
    pub fn builder() -> MockBuilder {
        MockBuilder::default()
    }

    /// Where it listens: `http://127.0.0.1:PORT`, for [`ClientBuilder::base_url`](crate::ClientBuilder::base_url).
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client that calls this mock: for the first app, and with all other apps configured.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when an app was given an AppID or an AppSecret that can not be
    /// right.
    pub fn client(&self) -> Result<Client> {
        Client::builder().apps(self.apps()?).base_url(self.url()).build()
    }

    /// All apps that this mock knows, for a client that you configure yourself.
    ///
    /// # Errors
    /// As for [`client`](Self::client).
    pub fn apps(&self) -> Result<Apps> {
        let default = &self.shared.default_app().appid;
        let official = self.shared.apps.iter().find(|app| app.official).map(|app| &app.appid);
        self.shared.apps.iter().try_fold(Apps::new(), |apps, app| {
            let (appid, secret) = (app.appid.as_str(), app.secret.clone());
            if appid == default {
                apps.with_mini_program(appid, secret)
            } else if Some(&app.appid) == official {
                apps.with_official_account(appid, secret)
            } else {
                apps.with_app(appid, secret)
            }
        })
    }

    /// Departs from WeChat's behaviour at one endpoint: name it by its id (`sendMessage`), by another name
    /// (`subscribeMessage.send`, `subscribe_message.send`) or by its path. The path need not be in the spec.
    ///
    /// ```no_run
    /// # fn demo(mock: &weapp::mock::Mock) -> weapp::Result<()> {
    /// mock.on("sendMessage")?.errcode(43101);
    /// mock.on("/wxa/a/new/path")?.answer(serde_json::json!({ "errcode": 0 }));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when there is no endpoint of this name.
    pub fn on(&self, endpoint: &str) -> Result<Rule<'_>> {
        let target = self.target(endpoint)?;
        Ok(Rule::new(self, self.shared.state().rules.add(target)))
    }

    /// Departs from WeChat's behaviour at all endpoints, those that give out tokens included.
    #[must_use = "a rule changes nothing until it is told what to do"]
    pub fn on_all(&self) -> Rule<'_> {
        Rule::new(self, self.shared.state().rules.add(Target::All))
    }

    /// Ends all rules: WeChat's usual behaviour again.
    pub fn clear_rules(&self) {
        self.shared.state().rules.clear();
    }

    /// All requests so far, in the order of their arrival, refused ones included.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.state().requests.clone()
    }

    /// The requests to one endpoint, which is named as for [`on`](Self::on).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when there is no endpoint of this name.
    pub fn requests_to(&self, endpoint: &str) -> Result<Vec<RecordedRequest>> {
        let target = self.target(endpoint)?;
        let state = self.shared.state();
        let meant = |request: &&RecordedRequest| target.covers(request.endpoint.as_deref(), &request.path);
        Ok(state.requests.iter().filter(meant).cloned().collect())
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.state().requests.clear();
    }

    fn target(&self, name: &str) -> Result<Target> {
        if name.starts_with('/') {
            return Ok(Target::Path(name.to_owned()));
        }
        if let Some(endpoint) = self.shared.catalogue.named(name) {
            return Ok(Target::Endpoint(endpoint.id.clone()));
        }
        let candidates = self.shared.catalogue.candidates(name);
        let hint =
            if candidates.is_empty() { String::new() } else { format!("; there are: {}", candidates.join(", ")) };
        Err(Error::config(
            format!("the spec has no endpoint of the name {name:?}{hint}"),
            "give the official id, another name that the endpoint's page lists, or the path",
        ))
    }

    /// How often a token was given out, be it a new one or the current one.
    #[must_use]
    pub fn token_fetches(&self) -> usize {
        self.shared.state().tokens.fetches
    }

    /// Makes all tokens invalid at once, as if another program had fetched newer ones: calls are answered 40001.
    pub fn revoke_tokens(&self) {
        self.shared.state().tokens.revoke();
    }

    /// Ends the lives of all tokens now: calls are answered 42001.
    pub fn expire_tokens(&self) {
        self.shared.state().tokens.expire(Instant::now());
    }

    /// A token such as a third-party platform holds for an app (`authorizer_access_token`): for
    /// [`Client::with_token`]. Endpoints that platforms may not call answer 61007.
    #[must_use]
    pub fn platform_token(&self, appid: &str) -> Secret {
        self.shared.state().tokens.platform(appid, &self.shared.lives, Instant::now()).into()
    }

    /// The session_key of the user for whom a `js_code` stands: what `code2Session` answers.
    #[must_use]
    pub fn session_key(&self, js_code: &str) -> Secret {
        random::session_key(js_code).into()
    }

    /// The openid of the user for whom a `js_code` stands, in the first app: what `code2Session` answers.
    #[must_use]
    pub fn openid(&self, js_code: &str) -> String {
        random::openid(&self.shared.default_app().appid, js_code)
    }

    /// What the button for the phone number hands over in the Mini Program, for
    /// [`UserData::phone_number`](crate::UserData::phone_number). A foreign number is written `+1 2025550123`.
    ///
    /// # Errors
    /// As for [`encrypt`](Self::encrypt).
    pub fn encrypted_phone_number(&self, session_key: impl SessionKey, number: &str) -> Result<Encrypted> {
        self.encrypt(session_key, &login::phone_number(number))
    }

    /// Encrypts data of a user as WeChat does for the Mini Program. An object without a `watermark` gets that of the
    /// first app and of this moment.
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`](crate::ErrorKind::Crypto) when the session_key is none.
    pub fn encrypt(&self, session_key: impl SessionKey, data: &Value) -> Result<Encrypted> {
        login::encrypt(&self.shared.default_app().appid, session_key.text(), data)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock").field("url", &self.url()).finish_non_exhaustive()
    }
}

/// Configures a [`Mock`].
#[must_use = "it makes a mock when `start` is called"]
#[derive(Debug, Default)]
pub struct MockBuilder {
    apps: Vec<(String, Secret)>,
    official_accounts: Vec<(String, Secret)>,
    lives: Lives,
    lenient: bool,
}

impl MockBuilder {
    /// A Mini Program. The first one takes the place of [`Mock::APPID`]; there can be several.
    pub fn app(mut self, appid: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.apps.push((appid.into(), secret.into()));
        self
    }

    /// An official account. The first one takes the place of [`Mock::OFFICIAL_ACCOUNT_APPID`].
    pub fn official_account(mut self, appid: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.official_accounts.push((appid.into(), secret.into()));
        self
    }

    /// How long a token lives: two hours unless said otherwise. A stable token is replaced in the last 24th of it.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lives.lifetime = lifetime;
        self
    }

    /// How long a token goes on working after another has replaced it: five minutes unless said otherwise.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.lives.grace = grace;
        self
    }

    /// How soon one forced refresh may follow another: 30 seconds unless said otherwise. Sooner, the current token is
    /// answered.
    pub fn force_refresh_interval(mut self, interval: Duration) -> Self {
        self.lives.force_interval = interval;
        self
    }

    /// Takes parameters that the spec does not know, as WeChat itself does. Without it they are refused: most of them
    /// are slips of the pen.
    pub fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Starts the mock on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when no port can be had.
    pub async fn start(mut self) -> Result<Mock> {
        if self.apps.is_empty() {
            self.apps.push((Mock::APPID.to_owned(), Mock::SECRET.into()));
        }
        if self.official_accounts.is_empty() {
            self.official_accounts
                .push((Mock::OFFICIAL_ACCOUNT_APPID.to_owned(), Mock::OFFICIAL_ACCOUNT_SECRET.into()));
        }
        let app = |official| move |(appid, secret)| App { appid, secret, official };
        let official_accounts = self.official_accounts.into_iter().map(app(true));
        let shared = Arc::new(Shared {
            catalogue: catalogue::built_in()?,
            apps: self.apps.into_iter().map(app(false)).chain(official_accounts).collect(),
            lives: self.lives,
            strict: !self.lenient,
            state: Mutex::default(),
        });
        let no_port = |error: std::io::Error| {
            Error::config(
                "the mock can not listen on 127.0.0.1",
                "see the source; too many open files are a usual cause",
            )
            .with_source(error)
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(no_port)?;
        let address = listener.local_addr().map_err(no_port)?;
        let server = tokio::spawn(server::serve(listener, Arc::clone(&shared))).abort_handle();
        Ok(Mock { shared, address, server })
    }
}
