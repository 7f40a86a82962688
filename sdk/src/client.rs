//! The client: one app's view of shared connections, tokens and configuration.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::budget::Budget;
use crate::builder::ClientBuilder;
use crate::call::Call;
use crate::config::{AppConfig, Apps};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::file::MediaHost;
use crate::hosting::CloudHosting;
use crate::hosts::Route;
use crate::limits::Limiter;
use crate::middleware::Middleware;
use crate::retry::Retry;
use crate::secret::Secret;
#[cfg(feature = "sign")]
use crate::sign::ApiKeys;
use crate::sign::PaymentKeys;
use crate::token::{Keeper, Terms, TokenSource};
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
    pub(crate) route: Route,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) budget: Budget,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) unchecked: bool,
    /// Whether calls are sent plain unless they ask to be signed.
    pub(crate) unsigned: bool,
    pub(crate) tokens: Terms,
    pub(crate) hosting: Option<(CloudHosting, Route)>,
    pub(crate) media_host: Option<Arc<dyn MediaHost>>,
    pub(crate) middlewares: Box<[Arc<dyn Middleware>]>,
    pub(crate) max_body: usize,
    pub(crate) apps: Apps,
    pub(crate) known: Mutex<HashMap<Box<str>, Arc<App>>>,
}

/// An app: who it is, and its token.
#[doc(hidden)]
pub struct App {
    appid: Box<str>,
    secret: Option<Secret>,
    pub(crate) official_account: Option<Box<str>>,
    pub(crate) token: Holding,
    payment_keys: PaymentKeys,
    #[cfg(feature = "sign")]
    pub(crate) api_keys: Option<ApiKeys>,
}

/// How an app comes by its token.
#[derive(Clone)]
pub(crate) enum Holding {
    /// The client fetches and keeps it.
    Kept(Arc<Keeper>),
    /// Somebody else looks after it.
    Given(Secret),
    /// WeChat Cloud Hosting adds it.
    Hosted,
}

impl App {
    pub(crate) fn keeper(&self) -> Result<&Arc<Keeper>> {
        match &self.token {
            Holding::Kept(keeper) => Ok(keeper),
            Holding::Given(_) => Err(Error::config(
                "the token of this client was given to it, and somebody else looks after it",
                "ask whoever looks after it, or use a client that has the AppSecret",
            )),
            Holding::Hosted => Err(Error::config(
                "inside WeChat Cloud Hosting there is no token to be had",
                "make calls without one, or build a client without `cloud_hosted`",
            )),
        }
    }

    /// The token that was given for this app.
    pub(crate) fn given_token(&self) -> Option<&Secret> {
        match &self.token {
            Holding::Given(token) => Some(token),
            Holding::Kept(_) | Holding::Hosted => None,
        }
    }

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

    /// The AppKey of virtual payment, if one is configured.
    #[must_use]
    pub fn virtual_payment_key(&self, sandbox: bool) -> Option<Secret> {
        self.payment_keys.of_virtual_payment(sandbox)
    }

    /// The AppKey of B2b payment, if one is configured.
    #[must_use]
    pub fn b2b_payment_key(&self) -> Option<Secret> {
        self.payment_keys.of_b2b()
    }

    /// Whether its calls can be signed and encrypted.
    pub(crate) fn has_api_keys(&self) -> bool {
        #[cfg(feature = "sign")]
        return self.api_keys.is_some();
        #[cfg(not(feature = "sign"))]
        false
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
            .field("hosts", &shared.route)
            .field("timeout", &shared.timeout)
            .field("token_source", &shared.tokens.source.kind())
            .finish_non_exhaustive()
    }
}

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
            return Ok(self.bind(Arc::clone(app)));
        }
        match shared.apps.secret_of(appid) {
            Some(secret) => self.credentials(appid, secret.clone()),
            // There nobody needs a secret.
            None if shared.hosting.is_some() => {
                Ok(self.with_app(App::new(appid.into(), None, self.0.app.official_account.clone(), Holding::Hosted)))
            }
            None => Err(Error::config(
                format!("no configuration knows the app {appid}"),
                "add it to the apps of the client, or give its AppSecret with `credentials`",
            )),
        }
    }

    /// A client for any app whose AppSecret you give. It shares connections and tokens with this one. An app that is known
    /// already keeps its keys for signing, whatever its secret was.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the AppID or the AppSecret can not be right (empty, blanks).
    pub fn credentials(&self, appid: impl Into<String>, secret: impl Into<Secret>) -> Result<Self> {
        let config = AppConfig::new(appid, secret)?;
        let is_it = |app: &App| *app.appid == *config.appid() && app.secret.as_ref() == Some(config.secret());
        if is_it(&self.0.app) {
            return Ok(self.clone());
        }
        let mut known = self.0.shared.known();
        let app = match known.get(config.appid()) {
            Some(app) if is_it(app) => Arc::clone(app),
            // Another secret means that the old one was replaced: its token may be dead.
            before => {
                let secret = Some(config.secret().clone());
                let token = self.0.shared.holding(config.appid())?;
                let account = self.0.app.official_account.clone();
                let app = App::new(config.appid().into(), secret, account, token);
                let app = Arc::new(match before {
                    Some(before) => app.keyed_like(before),
                    None => app,
                });
                known.insert(app.appid.clone(), Arc::clone(&app));
                app
            }
        };
        drop(known);
        // The keys of `with_api_keys` are this client's, and no other's.
        Ok(match app.appid == self.0.app.appid {
            true => self.with_app(app.copy().keyed_like(&self.0.app)),
            false => self.bind(app),
        })
    }

    /// A client that uses a token which somebody else looks after, such as a third-party platform's
    /// `authorizer_access_token` for the app `appid`. It is neither renewed nor dropped by this client. An app that is
    /// known keeps its keys for signing.
    #[must_use]
    pub fn with_token(&self, appid: impl Into<String>, token: impl Into<Secret>) -> Self {
        let app = App::new(appid.into().into(), None, None, Holding::Given(token.into()));
        self.with_app(self.keyed(app))
    }

    /// A client for any app whose tokens come from a source of its own, such as a third-party platform's
    /// `api_authorizer_token`. It shares connections and the token store with this one: make it as often as you like.
    /// An app that is known keeps its keys for signing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the source's kind can not be used as a name.
    pub fn with_token_source(&self, appid: impl Into<String>, source: impl TokenSource) -> Result<Self> {
        let appid: String = appid.into();
        let terms = Terms { source: Arc::new(source), ..self.0.shared.tokens.clone() };
        let keeper = Keeper::new(&appid, &terms)?;
        let app = App::new(appid.into(), None, None, Holding::Kept(keeper));
        Ok(self.with_app(self.keyed(app)))
    }

    /// A client for the same app that signs payment calls with these keys. It shares everything else with this one.
    /// Only this client has them: [`app`](Self::app) of another one gives the app without.
    #[must_use]
    pub fn with_payment_keys(&self, keys: PaymentKeys) -> Self {
        self.with_app(self.0.app.copy().with_payment_keys(keys))
    }

    /// A client for the same app that signs and encrypts calls with these keys. It shares everything else with this one.
    /// Only this client has them: what [`app`](Self::app) of another one gives for this app makes its calls plain, and so
    /// does [`Call::app`](crate::Call::app).
    #[cfg(feature = "sign")]
    #[must_use]
    pub fn with_api_keys(&self, keys: ApiKeys) -> Self {
        self.with_app(self.0.app.copy().with_api_keys(keys))
    }

    /// Opens what this app's front end hands over encrypted, such as a phone number. Nothing is sent.
    #[must_use]
    pub fn user_data(&self) -> UserData {
        UserData::new(self.appid()).clock(&self.0.shared.tokens.time)
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

    /// The app with the keys that are known of it.
    fn keyed(&self, app: App) -> App {
        let known = self.0.shared.known().get(&app.appid).cloned();
        known.iter().chain([&self.0.app]).fold(app, |app, known| app.keyed_like(known))
    }

    fn with_app(&self, app: App) -> Self {
        self.bind(Arc::new(app))
    }

    fn bind(&self, app: Arc<App>) -> Self {
        Self::of(Arc::clone(&self.0.shared), app)
    }

    pub(crate) fn of(shared: Arc<Shared>, app: Arc<App>) -> Self {
        Self(Arc::new(Bound { shared, app }))
    }

    #[inline]
    pub(crate) fn bound(&self) -> &Bound {
        &self.0
    }
}

impl Shared {
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Arc<App>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn holding(&self, appid: &str) -> Result<Holding> {
        Ok(match self.hosting {
            Some(_) => Holding::Hosted,
            None => Holding::Kept(Keeper::new(appid, &self.tokens)?),
        })
    }
}

impl App {
    pub(crate) fn new(
        appid: Box<str>,
        secret: Option<Secret>,
        official_account: Option<Box<str>>,
        token: Holding,
    ) -> Self {
        Self {
            appid,
            secret,
            official_account,
            token,
            payment_keys: PaymentKeys::new(),
            #[cfg(feature = "sign")]
            api_keys: None,
        }
    }

    /// With the keys of the other one, where both are the same app: without them its calls would go plain.
    fn keyed_like(self, other: &App) -> Self {
        if self.appid != other.appid {
            return self;
        }
        Self {
            payment_keys: other.payment_keys.clone(),
            #[cfg(feature = "sign")]
            api_keys: other.api_keys.clone(),
            ..self
        }
    }

    /// The same app, to be given other keys.
    fn copy(&self) -> Self {
        Self {
            appid: self.appid.clone(),
            secret: self.secret.clone(),
            official_account: self.official_account.clone(),
            token: self.token.clone(),
            payment_keys: self.payment_keys.clone(),
            #[cfg(feature = "sign")]
            api_keys: self.api_keys.clone(),
        }
    }

    pub(crate) fn with_payment_keys(mut self, keys: PaymentKeys) -> Self {
        self.payment_keys = keys;
        self
    }

    #[cfg(feature = "sign")]
    pub(crate) fn with_api_keys(mut self, keys: impl Into<Option<ApiKeys>>) -> Self {
        self.api_keys = keys.into();
        self
    }
}
