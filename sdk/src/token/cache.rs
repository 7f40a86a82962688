//! One token in memory, and at most one fetch under way.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;
use tracing::instrument::WithSubscriber as _;

use super::{Fetch, Token, fetch};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::secret::Secret;

type Outcome = Option<Result<Arc<Token>, Arc<Error>>>;

/// The token of one app.
#[derive(Debug, Default)]
pub(crate) struct TokenCache {
    current: ArcSwapOption<Token>,
    flight: Mutex<Option<watch::Receiver<Outcome>>>,
}

impl TokenCache {
    /// The cached token, if it still serves.
    #[inline]
    pub(crate) fn cached(&self) -> Option<Arc<Token>> {
        let token = self.current.load();
        token.as_ref().filter(|token| token.is_fresh()).map(Arc::clone)
    }

    /// The cached token, or the one that a fetch brings. All callers share one fetch.
    pub(crate) async fn get(&self, client: &Client) -> Result<Arc<Token>> {
        match self.cached() {
            Some(token) => Ok(token),
            None => self.fetch(client, Fetch::Missing).await,
        }
    }

    /// Fetches a token, or joins the fetch that is under way.
    pub(crate) async fn fetch(&self, client: &Client, what: Fetch) -> Result<Arc<Token>> {
        // A forced fetch is never shared: whoever joined it would have asked for something else.
        if what == Fetch::Forced {
            let token = fetch(client, what).await.map_err(|error| Error::token(Arc::new(error)))?;
            self.current.store(Some(Arc::clone(&token)));
            return Ok(token);
        }
        let mut flight = self.join_or_start(client, what);
        let outcome = flight.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        match outcome {
            Some(Ok(token)) => Ok(token),
            Some(Err(error)) => Err(Error::token(error)),
            None => Err(Error::token(Arc::new(Error::config(
                "the fetch of the access_token was aborted",
                "keep the tokio runtime alive on which the client is used",
            )))),
        }
    }

    /// The fetch runs in a task of its own, so that a caller who gives up strands nobody.
    fn join_or_start(&self, client: &Client, what: Fetch) -> watch::Receiver<Outcome> {
        let mut flight = self.flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = flight.as_ref()
            && under_way.has_changed().is_ok()
            && under_way.borrow().is_none()
        {
            return under_way.clone();
        }
        // Another caller's fetch may have ended between this caller's look at the cache and the lock.
        if what == Fetch::Missing
            && let Some(token) = self.cached()
        {
            return watch::channel(Some(Ok(token))).1;
        }
        let (done, receiver) = watch::channel(None);
        *flight = Some(receiver.clone());
        let client = client.clone();
        let flight = async move {
            let outcome = fetch(&client, what).await.map_err(Arc::new);
            if let Ok(token) = &outcome {
                client.bound().app.token.current.store(Some(Arc::clone(token)));
            }
            done.send_replace(Some(outcome));
        };
        tokio::spawn(flight.with_current_subscriber());
        receiver
    }

    /// Drops the token if it is still the one that was rejected: a newer one, fetched meanwhile, stays.
    pub(crate) fn expire(&self, rejected: &Secret) {
        let current = self.current.load();
        if current.as_ref().is_some_and(|token| token.secret() == rejected) {
            self.current.compare_and_swap(&current, None);
        }
    }
}
