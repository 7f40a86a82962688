//! The token itself, for those who need to hand it on.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::AccessToken;
use super::keeper::Want;
use crate::client::Client;
use crate::error::{Error, Result};

/// A wish for the access_token; `.await` fulfils it.
#[derive(Debug)]
#[must_use = "nothing happens until it is awaited"]
pub struct AccessTokenCall<'a> {
    client: &'a Client,
    cache: bool,
    force: bool,
}

impl<'a> AccessTokenCall<'a> {
    #[inline]
    fn new(client: &'a Client) -> Self {
        Self { client, cache: true, force: false }
    }

    /// Whether the cached token will do; `true` unless said otherwise.
    ///
    /// With `false` WeChat is asked again, even shortly after it refused. Under [`StableToken`](super::StableToken) it
    /// answers the current token, and under [`ClassicToken`](super::ClassicToken) a new one, which replaces the one
    /// that other processes hold.
    pub fn cache(mut self, cache: bool) -> Self {
        self.cache = cache;
        self
    }

    /// Has WeChat make a new token, which invalidates the current one for every process.
    ///
    /// For a token that leaked, and for nothing else: WeChat allows it 20 times a day, at least 30 seconds apart
    /// (sooner, it answers the current token). Always goes through `cgi-bin/stable_token`.
    pub fn force_refresh(mut self) -> Self {
        self.force = true;
        self
    }
}

impl AccessTokenCall<'_> {
    /// Apart from the hit, so that the hit stays small enough to be inlined.
    fn fetch(self) -> AccessTokenFuture {
        let (client, want) = (
            self.client.clone(),
            match (self.force, self.cache) {
                (true, _) => Want::Forced,
                (false, true) => Want::Missing,
                (false, false) => Want::Again,
            },
        );
        AccessTokenFuture(State::Fetching(Box::pin(async move {
            let keeper = client.bound().app.keeper()?;
            let token = match want {
                Want::Missing => keeper.get(&client).await,
                _ => keeper.fetch(&client, want).await,
            };
            token.map(AccessToken)
        })))
    }
}

impl IntoFuture for AccessTokenCall<'_> {
    type Output = Result<AccessToken>;
    type IntoFuture = AccessTokenFuture;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        if self.cache
            && !self.force
            && let Ok(keeper) = self.client.bound().app.keeper()
            && let Some(token) = keeper.cached()
        {
            return AccessTokenFuture(State::Ready(Some(AccessToken(token))));
        }
        self.fetch()
    }
}

/// A token under way; at hand already when it was cached.
#[must_use = "futures do nothing unless they are awaited"]
pub struct AccessTokenFuture(State);

enum State {
    Ready(Option<AccessToken>),
    Fetching(Pin<Box<dyn Future<Output = Result<AccessToken>> + Send>>),
}

impl Future for AccessTokenFuture {
    type Output = Result<AccessToken>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(token) => {
                Poll::Ready(token.take().ok_or_else(|| Error::config("polled after its end", "await it once")))
            }
            State::Fetching(fetch) => fetch.as_mut().poll(context),
        }
    }
}

impl fmt::Debug for AccessTokenFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessTokenFuture")
    }
}

impl Client {
    /// The app's access_token: the cached one, else the one that WeChat answers.
    ///
    /// Calls need no token from you. This is for handing it to another program, or for warming up:
    /// `client.access_token().await?`, or with the cache left aside `client.access_token().cache(false).await?`.
    ///
    /// # Errors
    /// [`ErrorKind::Token`](crate::ErrorKind::Token), with WeChat's code: 40125 and 40001 for a wrong AppSecret, 40164
    /// for an IP address outside the whitelist.
    ///
    /// Official page: <https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-access-token/api_getstableaccesstoken>
    #[inline]
    pub fn access_token(&self) -> AccessTokenCall<'_> {
        AccessTokenCall::new(self)
    }
}

impl<'a> crate::api::auth::Auth<'a> {
    /// The app's access_token, cached: the same as [`Client::access_token`].
    pub fn get_access_token(&self) -> AccessTokenCall<'a> {
        self.client().access_token()
    }
}
