//! The client: one app's view of shared connections, tokens and configuration.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;

use crate::call::Call;
use crate::config::{AppConfig, Apps};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::file::MediaHost;
use crate::retry::Retry;
use crate::secret::Secret;
use crate::token::{TokenCache, TokenSource};
use crate::user_data::UserData;

/// Speaks to WeChat for one app. Cheap to clone; clones share connections and tokens.
///
/// ```no_run
/// # async fn run() -> weapp::Result<()> {
/// let client = weapp::Client::new("wx0123456789abcdef", "the AppSecret")?;
/// let session = client.auth().code2session("the code of wx.login").await?;
/// println!("{}", session.openid);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Bound>);

/// A client's inside: what all apps share, and the one app it is bound to.
pub(crate) struct Bound {
    pub(crate) shared: Arc<Shared>,
    pub(crate) app: Arc<App>,
}

pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) unchecked: bool,
    pub(crate) source: TokenSource,
    pub(crate) media_host: Option<Arc<dyn MediaHost>>,
    pub(crate) max_body: usize,
    apps: Apps,
    known: Mutex<HashMap<Box<str>, Arc<App>>>,
}

/// An app: who it is, and its token.
#[doc(hidden)]
pub struct App {
    appid: Box<str>,
    secret: Option<Secret>,
    pub(crate) official_account: Option<Box<str>>,
    pub(crate) token: TokenCache,
    /// A token that somebody else looks after.
    pub(crate) supplied: Option<Secret>,
}

impl App {
    /// The AppID.
    #[must_use]
    pub fn appid(&self) -> &str {
        &self.appid
    }

    pub(crate) fn secret(&self) -> Result<&Secret> {
        self.secret.as_ref().ok_or_else(|| {
            Error::config(
                format!("the AppSecret of {} is not configured", self.appid),
                "give it with `Client::new`, `credentials` or in the configuration of the apps",
            )
        })
    }

    /// The AppID of the linked official account, if one is configured.
    #[must_use]
    pub fn official_account_appid(&self) -> Option<String> {
        self.official_account.as_deref().map(str::to_owned)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("appid", &self.appid).finish_non_exhaustive()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &self.0.shared;
        f.debug_struct("Client")
            .field("appid", &self.0.app.appid)
            .field("base_url", &shared.base.as_str())
            .field("timeout", &shared.timeout)
            .field("token_source", &shared.source)
            .finish_non_exhaustive()
    }
}

/// WeChat's main domain.
const BASE_URL: &str = "https://api.weixin.qq.com";

impl Client {
    /// A client for one app with everything else at its default.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the AppID or the AppSecret can not be right (empty, blanks).
    pub fn new(appid: impl Into<String>, secret: impl Into<Secret>) -> Result<Self> {
        Self::builder().app(appid, secret).build()
    }

    /// A client for the app that `WEAPP_APPID` and `WEAPP_SECRET` name.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when one of the two is not set.
    pub fn from_env() -> Result<Self> {
        let read = |name: &str| {
            std::env::var(name).map_err(|_| {
                Error::config(
                    format!("the environment variable {name} is not set"),
                    "set WEAPP_APPID and WEAPP_SECRET to what the Mini Program's console shows under 开发管理",
                )
            })
        };
        Self::new(read("WEAPP_APPID")?, read("WEAPP_SECRET")?)
    }

    /// A client to be configured.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The AppID of the app that this client speaks for.
    #[must_use]
    pub fn appid(&self) -> &str {
        &self.0.app.appid
    }

    /// A client for another app that the configuration knows. It shares connections and tokens with this one.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the configuration does not know the AppID.
    pub fn app(&self, appid: &str) -> Result<Self> {
        if appid == self.appid() {
            return Ok(self.clone());
        }
        let shared = &self.0.shared;
        if let Some(app) = shared.known().get(appid) {
            return Ok(self.with_app(Arc::clone(app)));
        }
        match shared.apps.secret_of(appid) {
            Some(secret) => self.credentials(appid, secret.clone()),
            None => Err(Error::config(
                format!("no configuration knows the app {appid}"),
                "add it to the apps of the client, or give its AppSecret with `credentials`",
            )),
        }
    }

    /// A client for any app whose AppSecret you give. It shares connections and tokens with this one.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the AppID or the AppSecret can not be right (empty, blanks).
    pub fn credentials(&self, appid: impl Into<String>, secret: impl Into<Secret>) -> Result<Self> {
        let config = AppConfig::new(appid, secret)?;
        let mut known = self.0.shared.known();
        let app = match known.get(config.appid()) {
            Some(app) if app.secret.as_ref() == Some(config.secret()) => Arc::clone(app),
            // Another secret means that the old one was replaced: its token may be dead.
            _ => {
                let secret = config.secret().clone();
                let app = Arc::new(App::new(config.appid().into(), Some(secret), self.0.app.official_account.clone()));
                known.insert(app.appid.clone(), Arc::clone(&app));
                app
            }
        };
        drop(known);
        Ok(self.with_app(app))
    }

    /// A client that uses a token which somebody else looks after, such as a third-party platform's
    /// `authorizer_access_token` for the app `appid`. It is neither renewed nor dropped by this client.
    #[must_use]
    pub fn with_token(&self, appid: impl Into<String>, token: impl Into<Secret>) -> Self {
        let mut app = App::new(appid.into().into(), None, None);
        app.supplied = Some(token.into());
        self.with_app(Arc::new(app))
    }

    /// Opens what this app's front end hands over encrypted, such as a phone number. Nothing is sent.
    #[must_use]
    pub fn user_data(&self) -> UserData {
        UserData::new(self.appid())
    }

    /// Sends a request. The groups' methods do the same.
    pub fn send<R: Endpoint>(&self, request: R) -> Call<R> {
        Call::new(self.clone(), request)
    }

    pub(crate) fn official_account(&self) -> Result<Self> {
        match &self.0.app.official_account {
            Some(appid) => self.app(appid),
            None => Err(Error::config(
                "this call needs the official account's token, and no official account is configured",
                "name it with `official_account` of the builder, or under `h5-weixin` in the configuration of the apps",
            )),
        }
    }

    fn with_app(&self, app: Arc<App>) -> Self {
        Self(Arc::new(Bound { shared: Arc::clone(&self.0.shared), app }))
    }

    #[inline]
    pub(crate) fn bound(&self) -> &Bound {
        &self.0
    }

    pub(crate) fn token_source(&self) -> TokenSource {
        self.0.shared.source
    }
}

impl Shared {
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Arc<App>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    fn new(appid: Box<str>, secret: Option<Secret>, official_account: Option<Box<str>>) -> Self {
        Self { appid, secret, official_account, token: TokenCache::default(), supplied: None }
    }
}

/// Configures a [`Client`].
#[must_use = "it makes a client when `build` is called"]
pub struct ClientBuilder {
    app: Option<(String, Secret)>,
    official_account: Option<(String, Secret)>,
    apps: Apps,
    base: String,
    timeout: Duration,
    connect_timeout: Duration,
    retry: Retry,
    unchecked: bool,
    source: TokenSource,
    media_host: Option<Arc<dyn MediaHost>>,
    max_body: usize,
    proxy: Option<String>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            app: None,
            official_account: None,
            apps: Apps::new(),
            base: BASE_URL.to_owned(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            retry: Retry::default(),
            unchecked: false,
            source: TokenSource::Stable,
            media_host: None,
            max_body: 32 << 20,
            proxy: None,
        }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("appid", &self.app.as_ref().map(|(appid, _)| appid))
            .field("timeout", &self.timeout)
            .field("token_source", &self.source)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// The app that the client speaks for. Without it the Mini Program of [`apps`](Self::apps) is taken.
    pub fn app(mut self, appid: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.app = Some((appid.into(), secret.into()));
        self
    }

    /// Further apps, found by their AppID: see [`Apps::from_uni_id`].
    pub fn apps(mut self, apps: Apps) -> Self {
        self.apps = apps;
        self
    }

    /// The official account that is linked to the Mini Program, whose token template messages need.
    pub fn official_account(mut self, appid: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.official_account = Some((appid.into(), secret.into()));
        self
    }

    /// Where access_tokens come from; [`TokenSource::Stable`] unless said otherwise.
    pub fn token_source(mut self, source: TokenSource) -> Self {
        self.source = source;
        self
    }

    /// How long a call may take in all, its token, retries and pauses included; 30 seconds unless said otherwise.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long connecting may take; 5 seconds unless said otherwise.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How calls are repeated; see [`Retry`].
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Sends requests without checking the documented constraints, for the day WeChat relaxes one.
    pub fn unchecked(mut self) -> Self {
        self.unchecked = true;
        self
    }

    /// Who hosts files for the endpoints that take only URLs, so that they can be given bytes.
    pub fn media_host(mut self, host: impl MediaHost + 'static) -> Self {
        self.media_host = Some(Arc::new(host));
        self
    }

    /// The largest answer that is read, in bytes; 32 MiB unless said otherwise.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Another address than `https://api.weixin.qq.com`: a gateway of yours, or the mock.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base = url.into();
        self
    }

    /// A proxy (`http://host:port`) for all calls. Without it the environment's `HTTPS_PROXY` counts.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Makes the client. Nothing is sent: the first call fetches the first token.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when no app is named, or an AppID, an AppSecret, the address or
    /// the proxy can not be right.
    pub fn build(self) -> Result<Client> {
        let apps = match self.official_account {
            Some((appid, secret)) => self.apps.with_official_account(appid, secret)?,
            None => self.apps,
        };
        let config = match (self.app, apps.mini_program()) {
            (Some((appid, secret)), _) => AppConfig::new(appid, secret)?,
            (None, Some(app)) => app.clone(),
            (None, None) => {
                return Err(Error::config(
                    "no app is named",
                    "name one with `app`, or give `apps` that hold a Mini Program (`mp-weixin`)",
                ));
            }
        };
        let base = Url::parse(self.base.trim_end_matches('/'))
            .ok()
            .filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https") && url.query().is_none())
            .ok_or_else(|| {
                Error::config("the base URL can not be used", "write it as https://host, with a path if you must")
            })?;
        let mut http = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            // A redirect would carry the token to wherever it points, and a Referer would too.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // What is repeated is decided in one place, and that is not here.
            .retry(reqwest::retry::never());
        if is_loopback(&base) {
            // No proxy reaches this machine's loopback, whatever the environment says.
            http = http.no_proxy();
        }
        if let Some(proxy) = self.proxy {
            let proxy = reqwest::Proxy::all(proxy).map_err(|error| {
                Error::config("the proxy's URL can not be used", "write it as http://host:port")
                    .with_source(error.without_url())
            })?;
            http = http.proxy(proxy);
        }
        let http = http.build().map_err(|error| {
            Error::config(
                "the HTTP client can not be made",
                "see the source; the feature `native-tls` is the other choice",
            )
            .with_source(error.without_url())
        })?;
        let official_account = apps.official_account().map(|app| app.appid().into());
        let app = Arc::new(App::new(config.appid().into(), Some(config.secret().clone()), official_account));
        let known = HashMap::from([(app.appid.clone(), Arc::clone(&app))]);
        let shared = Shared {
            http,
            base,
            timeout: self.timeout,
            retry: self.retry,
            unchecked: self.unchecked,
            source: self.source,
            media_host: self.media_host,
            max_body: self.max_body,
            apps,
            known: Mutex::new(known),
        };
        Ok(Client(Arc::new(Bound { shared: Arc::new(shared), app })))
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
