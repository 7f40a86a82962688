//! The token itself, for those who need to hand it on.

use std::future::IntoFuture;
use std::pin::Pin;

use super::{AccessToken, Fetch, Token};
use crate::client::Client;
use crate::error::Result;

/// A wish for the access_token; `.await` fulfils it.
#[derive(Debug)]
#[must_use = "nothing happens until it is awaited"]
pub struct AccessTokenCall {
    client: Client,
    cache: bool,
    force: bool,
}

impl AccessTokenCall {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, cache: true, force: false }
    }

    /// Whether the cached token will do; `true` unless said otherwise.
    ///
    /// With `false` WeChat is asked again. Under [`TokenSource::Stable`](super::TokenSource::Stable) it answers the
    /// current token, and under [`TokenSource::Classic`](super::TokenSource::Classic) a new one, which replaces the
    /// one that other processes hold.
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

impl IntoFuture for AccessTokenCall {
    type Output = Result<AccessToken>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let cache = &self.client.bound().app.token;
            let token = match (self.force, self.cache) {
                (true, _) => cache.fetch(&self.client, Fetch::Forced).await?,
                (false, true) => cache.get(&self.client).await?,
                (false, false) => cache.fetch(&self.client, Fetch::Current).await?,
            };
            Ok(Token::to_access_token(&token))
        })
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
    pub fn access_token(&self) -> AccessTokenCall {
        AccessTokenCall::new(self.clone())
    }
}

impl crate::api::auth::Auth<'_> {
    /// The app's access_token, cached: the same as [`Client::access_token`].
    pub fn get_access_token(&self) -> AccessTokenCall {
        self.client().access_token()
    }
}
