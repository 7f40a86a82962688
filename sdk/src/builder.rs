//! What a client can be told before it is made.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::budget::Budget;
use crate::client::{App, Client, Holding, Shared};
use crate::clock::{Clock, Time};
use crate::config::{AppConfig, Apps};
use crate::error::{Error, Result};
use crate::file::MediaHost;
use crate::hosting::CloudHosting;
use crate::hosts::{Hosts, Route};
use crate::limits::{Limiter, Limits};
use crate::middleware::Middleware;
use crate::retry::Retry;
use crate::secret::Secret;
#[cfg(feature = "sign")]
use crate::sign::ApiKeys;
use crate::sign::PaymentKeys;
use crate::token::{Keeper, MemoryStore, StableToken, Terms, TokenSource, TokenStore};

/// WeChat's main domain.
const BASE_URL: &str = "https://api.weixin.qq.com";
/// Where WeChat Cloud Hosting listens inside the container.
const HOSTED_URL: &str = "http://api.weixin.qq.com";

/// Configures a [`Client`].
#[must_use = "it makes a client when `build` is called"]
pub struct ClientBuilder {
    app: Option<(String, Option<Secret>)>,
    official_account: Option<(String, Secret)>,
    payment_keys: PaymentKeys,
    #[cfg(feature = "sign")]
    api_keys: Option<ApiKeys>,
    unsigned: bool,
    apps: Apps,
    base: Option<Base>,
    timeout: Duration,
    connect_timeout: Duration,
    retry: Retry,
    limits: Option<Limits>,
    unchecked: bool,
    source: Arc<dyn TokenSource>,
    store: Arc<dyn TokenStore>,
    margin: Duration,
    time: Time,
    hosting: Option<CloudHosting>,
    media_host: Option<Arc<dyn MediaHost>>,
    middlewares: Vec<Arc<dyn Middleware>>,
    max_body: usize,
    proxy: Option<String>,
}

/// Where calls go.
enum Base {
    Url(String),
    Hosts(Hosts),
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            app: None,
            official_account: None,
            payment_keys: PaymentKeys::new(),
            #[cfg(feature = "sign")]
            api_keys: None,
            unsigned: false,
            apps: Apps::new(),
            base: None,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            retry: Retry::default(),
            limits: None,
            unchecked: false,
            source: Arc::new(StableToken),
            store: Arc::new(MemoryStore::new()),
            margin: Duration::from_secs(300),
            time: Time::system(),
            hosting: None,
            media_host: None,
            middlewares: Vec::new(),
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
            .field("token_source", &self.source.kind())
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// The app that the client speaks for. Without it the Mini Program of [`apps`](Self::apps) is taken.
    pub fn app(mut self, appid: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.app = Some((appid.into(), Some(secret.into())));
        self
    }

    /// The app that the client speaks for, without its AppSecret: where tokens come from a source of your own, or from
    /// [Cloud Hosting](Self::cloud_hosted). Calls that carry the AppSecret, such as `code2Session`, fail.
    pub fn appid(mut self, appid: impl Into<String>) -> Self {
        self.app = Some((appid.into(), None));
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

    /// The AppKeys with which the app's payment calls are signed; see [`Client::with_payment_keys`] for other apps.
    pub fn payment_keys(mut self, keys: PaymentKeys) -> Self {
        self.payment_keys = keys;
        self
    }

    /// The keys with which the app's calls are signed and encrypted, where WeChat takes that: see [`sign`](crate::sign).
    /// For other apps there is [`Client::with_api_keys`].
    #[cfg(feature = "sign")]
    pub fn api_keys(mut self, keys: ApiKeys) -> Self {
        self.api_keys = Some(keys);
        self
    }

    /// Sends all calls plain that do not ask to be signed by [`Call::signed`](crate::Call::signed), even those that
    /// WeChat takes only signed and encrypted: where a gateway of yours does that.
    pub fn unsigned(mut self) -> Self {
        self.unsigned = true;
        self
    }

    /// Where access_tokens come from; [`StableToken`] unless said otherwise.
    pub fn token_source(mut self, source: impl TokenSource) -> Self {
        self.source = Arc::new(source);
        self
    }

    /// Where access_tokens are kept; a [`MemoryStore`] of the client's own unless said otherwise. Processes that share
    /// a store fetch once for all.
    pub fn token_store(mut self, store: impl TokenStore) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// How long before its end a token is replaced, in the background while it still serves; five minutes unless said
    /// otherwise, as WeChat makes the next stable token then.
    ///
    /// Where a token lives shortly, half of its life at most. Each process comes a little later, by chance, so that
    /// they do not all come at once.
    pub fn token_margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// Another clock than the system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.time = Time::of(clock);
        self
    }

    /// Makes calls through WeChat Cloud Hosting, without tokens: see [`CloudHosting`].
    pub fn cloud_hosted(mut self, hosting: CloudHosting) -> Self {
        self.hosting = Some(hosting);
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

    /// Limits that the client keeps to by itself, waiting or refusing: see [`Limits`]. Without them it sends what it is
    /// told to.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
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

    /// Code of yours around each attempt of each call: see [`middleware`](crate::middleware). The first one given is the
    /// outermost.
    pub fn middleware(mut self, middleware: impl Middleware) -> Self {
        self.middlewares.push(Arc::new(middleware));
        self
    }

    /// The largest answer that is read, in bytes; 32 MiB unless said otherwise.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Another address than `https://api.weixin.qq.com`: a gateway of yours, or the mock.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base = Some(Base::Url(url.into()));
        self
    }

    /// Further addresses for when the first one can not be reached: [`Hosts::wechat`] for all that WeChat documents.
    /// Without it calls go to `https://api.weixin.qq.com` alone.
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.base = Some(Base::Hosts(hosts));
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
        let (appid, secret) = match (self.app, apps.mini_program()) {
            (Some((appid, Some(secret))), _) => {
                let app = AppConfig::new(appid, secret)?;
                (Box::from(app.appid()), Some(app.secret().clone()))
            }
            (Some((appid, None)), _) => (AppConfig::checked_appid(appid)?.into(), None),
            (None, Some(app)) => (Box::from(app.appid()), Some(app.secret().clone())),
            (None, None) => {
                return Err(Error::config(
                    "no app is named",
                    "name one with `app`, or give `apps` that hold a Mini Program (`mp-weixin`)",
                ));
            }
        };
        let hosts = match self.base {
            Some(Base::Hosts(hosts)) => Some(hosts),
            Some(Base::Url(url)) => Some(Hosts::new([url])?),
            None => None,
        };
        let hosting = match (self.hosting, &hosts) {
            (Some(hosting), Some(hosts)) => Some((hosting, hosts.clone())),
            (Some(hosting), None) => Some((hosting, Hosts::new([HOSTED_URL])?)),
            (None, _) => None,
        };
        let hosts = hosts.map_or_else(|| Hosts::new([BASE_URL]), Ok)?;
        if let Some(limits) = &self.limits {
            limits.check()?;
        }
        let mut http = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            // A redirect would carry the token to wherever it points, and a Referer would too.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // What is repeated is decided in one place, and that is not here.
            .retry(reqwest::retry::never());
        if hosts.are_loopback() {
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
        let tokens = Terms { source: self.source, store: self.store, margin: self.margin, time: self.time };
        let token = match hosting {
            Some(_) => Holding::Hosted,
            None => Holding::Kept(Keeper::new(&appid, &tokens)?),
        };
        let app = App::new(appid.clone(), secret, official_account, token).with_payment_keys(self.payment_keys);
        #[cfg(feature = "sign")]
        let app = app.with_api_keys(self.api_keys);
        let app = Arc::new(app);
        let shared = Shared {
            http,
            route: Route::new(hosts),
            timeout: self.timeout,
            retry: self.retry,
            budget: Budget::default(),
            limiter: self.limits.map(Limiter::new),
            unchecked: self.unchecked,
            unsigned: self.unsigned,
            tokens,
            hosting: hosting.map(|(hosting, hosts)| (hosting, Route::new(hosts))),
            media_host: self.media_host,
            middlewares: self.middlewares.into(),
            max_body: self.max_body,
            apps,
            known: Mutex::new(HashMap::from([(appid, Arc::clone(&app))])),
        };
        Ok(Client::of(Arc::new(shared), app))
    }
}
