//! Where access_tokens come from.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use crate::api::auth::{GetAccessToken, GetStableAccessToken};
use crate::client::Client;
use crate::error::Result;
use crate::secret::Secret;

/// What [`TokenSource::fetch`] answers with.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<FetchedToken>> + Send + 'a>>;

/// Where access_tokens come from: [`StableToken`], [`ClassicToken`], or a source of your own, such as a central token
/// server, or a third-party platform's api_authorizer_token.
///
/// The client asks it at the right time, once for all callers and, with a shared [`TokenStore`](super::TokenStore),
/// once for all processes. A source does not cache.
///
/// For a function there is [`token_source_fn`].
pub trait TokenSource: Send + Sync + 'static {
    /// The name under which the store keeps this source's tokens: 1 to 32 of `[a-z0-9_-]`. `stable` and `classic` are
    /// taken.
    fn kind(&self) -> &str;

    /// Fetches a token for the app that `client` is bound to.
    ///
    /// # Errors
    /// Whatever stops it; [`Error::other`](crate::Error::other) makes an error of your own. The client remembers it
    /// for a while instead of asking again at once.
    fn fetch<'a>(&'a self, client: &'a Client, wish: Wish) -> Fetching<'a>;

    /// Who fetches in this source's place while the shared store is out of reach, where this one would evict the
    /// tokens that other processes hold. Itself, unless said otherwise.
    fn without_store(&self) -> Option<&dyn TokenSource> {
        None
    }
}

/// What is wanted of a [`TokenSource`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wish {
    /// A token that serves.
    Valid,
    /// A new token; the current one leaked and must die.
    Forced,
}

/// A token as its source gives it.
#[derive(Clone, Debug)]
pub struct FetchedToken {
    pub(crate) secret: Secret,
    pub(crate) life: Duration,
}

impl FetchedToken {
    /// A token, and how long it is accepted from the moment it was asked for.
    pub fn new(token: impl Into<Secret>, life: Duration) -> Self {
        Self { secret: token.into(), life }
    }
}

/// `cgi-bin/stable_token`, the default. Any number of processes may fetch: while a token is valid WeChat answers the
/// same one to all of them.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-access-token/api_getstableaccesstoken>
#[derive(Clone, Copy, Debug, Default)]
pub struct StableToken;

impl TokenSource for StableToken {
    fn kind(&self) -> &str {
        "stable"
    }

    fn fetch<'a>(&'a self, client: &'a Client, wish: Wish) -> Fetching<'a> {
        Box::pin(async move {
            let mut request = GetStableAccessToken::new();
            if wish == Wish::Forced {
                request = request.force_refresh(true);
            }
            let answer = client.send(request).exempt().await?;
            Ok(FetchedToken::new(answer.access_token, Duration::from_secs(answer.expires_in)))
        })
    }
}

/// `cgi-bin/token`. Each fetch replaces the token that anybody else holds (the old one lives five more minutes): for a
/// single process, or for processes that share a [`TokenStore`](super::TokenStore).
///
/// While the store is out of reach the stable token serves in its place: the two systems leave each other's tokens
/// alone. A forced refresh goes through `cgi-bin/stable_token`, too, which alone offers it.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-access-token/api_getaccesstoken>
#[derive(Clone, Copy, Debug, Default)]
pub struct ClassicToken;

impl TokenSource for ClassicToken {
    fn kind(&self) -> &str {
        "classic"
    }

    fn fetch<'a>(&'a self, client: &'a Client, wish: Wish) -> Fetching<'a> {
        if wish == Wish::Forced {
            return StableToken.fetch(client, wish);
        }
        Box::pin(async move {
            let answer = client.send(GetAccessToken::new()).exempt().await?;
            Ok(FetchedToken::new(answer.access_token, Duration::from_secs(answer.expires_in)))
        })
    }

    fn without_store(&self) -> Option<&dyn TokenSource> {
        Some(&StableToken)
    }
}

/// A source of your own that is a function from the AppID to a token: see [`token_source_fn`].
pub struct TokenSourceFn<F> {
    kind: String,
    fetch: F,
}

/// Makes a [`TokenSource`] of an async function.
///
/// `kind` is the name under which the store keeps its tokens, 1 to 32 of `[a-z0-9_-]`. The function gets the AppID and
/// what is wished.
///
/// ```no_run
/// use std::time::Duration;
/// use weapp::token::{FetchedToken, token_source_fn};
///
/// # async fn ask_our_token_server(appid: String) -> std::io::Result<(String, u64)> { unimplemented!() }
/// # fn main() -> weapp::Result<()> {
/// let central = token_source_fn("central", |appid, _wish| async move {
///     let (token, seconds) = ask_our_token_server(appid)
///         .await
///         .map_err(|error| weapp::Error::other("our token server did not answer").with_source(error))?;
///     Ok(FetchedToken::new(token, Duration::from_secs(seconds)))
/// });
/// let client = weapp::Client::builder().appid("wx0123456789abcdef").token_source(central).build()?;
/// # Ok(()) }
/// ```
pub fn token_source_fn<F, Fut>(kind: impl Into<String>, fetch: F) -> TokenSourceFn<F>
where
    F: Fn(String, Wish) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<FetchedToken>> + Send + 'static,
{
    TokenSourceFn { kind: kind.into(), fetch }
}

impl<F, Fut> TokenSource for TokenSourceFn<F>
where
    F: Fn(String, Wish) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<FetchedToken>> + Send + 'static,
{
    fn kind(&self) -> &str {
        &self.kind
    }

    fn fetch<'a>(&'a self, client: &'a Client, wish: Wish) -> Fetching<'a> {
        Box::pin((self.fetch)(client.appid().to_owned(), wish))
    }
}

impl<F> fmt::Debug for TokenSourceFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSourceFn").field("kind", &self.kind).finish_non_exhaustive()
    }
}
