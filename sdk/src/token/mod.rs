//! The access_token: fetched once however many callers wait, kept while it serves, dropped only when it is the one
//! that WeChat rejected.

mod cache;
mod call;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use cache::TokenCache;
pub use call::{AccessTokenCall, AccessTokenFuture};

use crate::api::auth::{GetAccessToken, GetStableAccessToken};
use crate::client::Client;
use crate::error::Result;
use crate::secret::Secret;

/// Where access_tokens come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenSource {
    /// `cgi-bin/stable_token`, the default. Any number of processes may fetch: while a token is valid WeChat answers
    /// the same one to all of them.
    #[default]
    Stable,
    /// `cgi-bin/token`. Each fetch replaces the token that anybody else holds (the old one lives five more minutes):
    /// for a single process only.
    Classic,
}

/// An access_token. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AccessToken(Arc<Token>);

impl AccessToken {
    /// The token's text; WeChat advises to reserve 512 characters for it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.secret.expose()
    }

    /// The token as a [`Secret`].
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0.secret
    }

    /// How long WeChat accepts it from now on.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.0.expires.duration_since(Instant::now()).into()
    }
}

/// A token as it is kept.
#[derive(Debug)]
pub(crate) struct Token {
    secret: Secret,
    expires: Instant,
    refresh: Instant,
}

/// Every call asks whether its token is fresh: the coarse clock answers in a fifth of the time, and a tick of some
/// milliseconds is nothing beside the margin.
type Instant = coarsetime::Instant;

/// How long before its end a token is replaced. WeChat rotates a stable token within its last five minutes.
const MARGIN: Duration = Duration::from_secs(300);

impl Token {
    fn new(secret: Secret, fetched: Instant, lifetime: Duration) -> Self {
        // stable_token may answer a token in its last minutes: a fixed margin would have every call fetch again.
        let margin = MARGIN.min(lifetime / 2);
        Self { secret, expires: fetched + lifetime.into(), refresh: fetched + (lifetime - margin).into() }
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    #[inline]
    fn is_fresh(&self) -> bool {
        Instant::now() < self.refresh
    }
}

/// What a fetch asks WeChat for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetch {
    /// A token for a call that found none in the cache.
    Missing,
    /// What WeChat has to say now, whatever the cache holds.
    Again,
    /// A new token; the current one dies.
    Forced,
}

/// Asks WeChat for a token.
async fn fetch(client: &Client, what: Fetch) -> Result<Arc<Token>> {
    // The clock starts before the request: the answer's lifetime was counted when WeChat wrote it.
    let asked = Instant::now();
    let (secret, lifetime) = match (client.token_source(), what) {
        (TokenSource::Classic, Fetch::Missing | Fetch::Again) => {
            let answer = client.send(GetAccessToken::new()).await?;
            (answer.access_token, answer.expires_in)
        }
        (_, what) => {
            let mut request = GetStableAccessToken::new();
            if what == Fetch::Forced {
                request = request.force_refresh(true);
            }
            let answer = client.send(request).await?;
            (answer.access_token, answer.expires_in)
        }
    };
    tracing::info!(target: "weapp", app = client.appid(), lifetime, forced = what == Fetch::Forced, "fetched an access_token");
    Ok(Arc::new(Token::new(secret, asked, Duration::from_secs(lifetime))))
}
