//! How a mock is configured and started.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;

use super::answer::Answers;
#[cfg(test)]
use super::catalogue::Catalogue;
use super::record::{Observer, RecordedRequest};
#[cfg(feature = "sign")]
use super::security::ApiSecurity;
use super::security::Securities;
use super::signature::Keys;
use super::tokens::Lives;
use super::{App, Mock, Shared, catalogue, server};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::sign::PaymentKeys;

/// Configures a [`Mock`].
#[must_use = "it makes a mock when `start` is called"]
#[derive(Default)]
pub struct MockBuilder {
    apps: Vec<(String, Secret)>,
    official_accounts: Vec<(String, Secret)>,
    lives: Lives,
    quota: Option<u64>,
    keep: Option<usize>,
    observer: Option<Observer>,
    lenient: bool,
    keys: Keys,
    security: Securities,
    #[cfg(test)]
    catalogue: Option<&'static Catalogue>,
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

    /// How long a token lives: two hours unless said otherwise.
    ///
    /// `expires_in` is in whole seconds and rounded down, as WeChat's: a token with half a second left is answered
    /// with 0.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lives.lifetime = lifetime;
        self
    }

    /// How long before the end of a stable token a fetch gets the next one: the last 24th of its life unless said
    /// otherwise, which is five minutes of two hours. Until then it gets the current one with what is left of its
    /// life. With a whole life or more each fetch gets a new one.
    pub fn token_rotation(mut self, rotation: Duration) -> Self {
        self.lives.rotation = Some(rotation);
        self
    }

    /// How long a token goes on working after another has replaced it: five minutes unless said otherwise. Of the
    /// tokens that were replaced the last 1,024 are remembered, so that a long run does not fill the memory.
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

    /// How many tokens each app may fetch, from both endpoints together, new and current ones. Any more fetches are
    /// answered 45009. Without it there is no limit. The mock's day does not end; for a quota that comes back, use a
    /// rule (`mock.on("getStableAccessToken")?.errcode(45009)`) and [end](crate::mock::Rule::end) it.
    pub fn token_quota(mut self, per_day: u64) -> Self {
        self.quota = Some(per_day);
        self
    }

    /// How many requests [`Mock::requests`] knows: the last so many, or none. All unless said otherwise; long runs fill
    /// the memory with them.
    pub fn keep_requests(mut self, last: usize) -> Self {
        self.keep = Some(last);
        self
    }

    /// Shows each request to a function of yours, once, with [what it met](RecordedRequest::fault) and [whether it took
    /// effect](RecordedRequest::took_effect). That includes requests that a fault or a rule dropped before they were
    /// taken, which [`Mock::requests`] does not know.
    ///
    /// It is called before the answer goes out, which waits for it. Several connections may call it at once.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> weapp::Result<()> {
    /// use std::collections::HashMap;
    /// use std::sync::{Arc, Mutex};
    /// use weapp::mock::Mock;
    ///
    /// let delivered = Arc::new(Mutex::new(HashMap::<Vec<u8>, usize>::new()));
    /// let count = Arc::clone(&delivered);
    /// let mock = Mock::builder()
    ///     .keep_requests(0)
    ///     .observe(move |request| {
    ///         if request.took_effect && request.endpoint.as_deref() == Some("sendMessage") {
    ///             *count.lock().unwrap().entry(request.body.clone()).or_default() += 1;
    ///         }
    ///     })
    ///     .start()
    ///     .await?;
    /// // … calls …
    /// assert!(delivered.lock().unwrap().values().all(|times| *times == 1), "a message was delivered twice");
    /// # Ok(()) }
    /// ```
    pub fn observe(mut self, observer: impl Fn(&RecordedRequest) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Takes parameters that the spec does not know, as WeChat itself does. Without it they are refused: most of them
    /// are slips of the pen.
    pub fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// The AppKeys with which payment calls must be signed. A `pay_sig` whose key is not told here only has to look like
    /// one. [`Mock::client`] signs with them.
    ///
    /// ```
    /// # #[cfg(feature = "xpay")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> weapp::Result<()> {
    /// use weapp::api::xpay::{PaymentEnv, QueryOrder};
    /// use weapp::mock::Mock;
    /// use weapp::sign::PaymentKeys;
    ///
    /// let keys = |sandbox: &str| PaymentKeys::new().virtual_payment("live key").sandbox(sandbox);
    /// let mock = Mock::builder().payment_keys(keys("sandbox key")).start().await?;
    /// let order = QueryOrder::new().openid("openid").env(PaymentEnv::Sandbox).order_id("1");
    /// let client = mock.client()?;
    /// client.xpay().get_order(order.clone()).await?;
    /// let stale = client.with_payment_keys(keys("the key before")).xpay().get_order(order).await;
    /// assert_eq!(stale.map_err(|error| error.code()).err(), Some(Some(268490003.into())));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "xpay"))]
    /// # fn main() {}
    /// ```
    pub fn payment_keys(mut self, keys: PaymentKeys) -> Self {
        self.keys.payment = keys;
        self
    }

    /// The AppSecret that a delivery company gave to a shop, by the shop's `shopid`. The `delivery_sign` of a shop that
    /// is not told here only has to look like one.
    pub fn delivery_secret(mut self, shop_id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.keys.delivery.insert(shop_id.into(), secret.into());
        self
    }

    /// The keys of an app's signed and encrypted calls, with which the mock verifies them and signs its answers. Plain
    /// calls of that app are taken as ever, but for those that WeChat takes only signed. [`Mock::client`] signs with the
    /// keys of the first app; other clients are given [`ApiSecurity::keys`].
    #[cfg(feature = "sign")]
    pub fn api_security(mut self, security: ApiSecurity) -> Self {
        self.security.apps.push(security);
        self
    }

    /// Knows the endpoints of another spec.
    #[cfg(test)]
    pub(super) fn catalogue(mut self, catalogue: &'static Catalogue) -> Self {
        self.catalogue = Some(catalogue);
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
        let catalogue = catalogue::built_in()?;
        #[cfg(test)]
        let catalogue = self.catalogue.unwrap_or(catalogue);
        let shared = Arc::new(Shared {
            catalogue,
            keys: self.keys,
            security: self.security,
            apps: self.apps.into_iter().map(app(false)).chain(official_accounts).collect(),
            lives: self.lives,
            quota: self.quota,
            keep: self.keep.unwrap_or(usize::MAX),
            observer: self.observer,
            strict: !self.lenient,
            answers: Answers::default(),
            #[cfg(feature = "push")]
            pushes: super::push::Pushes::new(self.keep.unwrap_or(usize::MAX)),
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

impl fmt::Debug for MockBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockBuilder")
            .field("apps", &self.apps)
            .field("official_accounts", &self.official_accounts)
            .field("lives", &self.lives)
            .field("quota", &self.quota)
            .field("keep", &self.keep)
            .field("observed", &self.observer.is_some())
            .field("lenient", &self.lenient)
            .field("keys", &self.keys)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}
