//! How a token is had: from the store, by a fetch under the store's lease, or alone while the store is out of reach.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::instrument::WithSubscriber as _;

use super::keeper::{Keeper, Search, Want};
use super::{COME_BACK, FetchedToken, Generation, Lease, StoredToken, Storing, Token, Wish, between, jittered};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::observe::{Origin, StoreOperation, store_stale_owner};

/// How long a lease lasts without being renewed: whoever dies with it holds the others up for so long.
const LEASE: Duration = Duration::from_secs(5);
/// How long the store may take for one operation.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a fetched token serves at least. WeChat counts whole seconds, and rounds down; and a source that says that
/// nothing is left must not be asked by each call.
const LEAST: Duration = Duration::from_secs(1);
/// How often those look who wait for another process's fetch, at first and at last.
const LOOK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(200));
/// How soon those look again who could do with the old token until another process has fetched the next one.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The store is out of reach.
struct OutOfReach;

/// Whose turn it is.
enum Turn {
    /// Nobody's: the store had what is wanted.
    Over(Arc<Token>),
    Ours(Lease),
    Others,
}

/// From which source.
#[derive(Clone, Copy)]
enum Source {
    Own,
    /// The one that does no harm without the store.
    Substitute,
}

impl Keeper {
    pub(super) async fn obtain(&self, client: &Client, search: Search) -> Result<Arc<Token>> {
        let patience = client.bound().shared.timeout;
        let mut pause = LOOK.0;
        loop {
            match self.look_and_lease(search).await {
                Ok(Turn::Over(token)) => return Ok(token),
                Ok(Turn::Ours(lease)) => return self.lead(client, search, lease).await,
                Ok(Turn::Others) if search.started.elapsed() < patience => {}
                Ok(Turn::Others) | Err(OutOfReach) => return self.alone(client, search).await,
            }
            if search.want == Want::Early
                && let Some(token) = self.serving()
            {
                self.put_off(jittered(self.terms.scaled(LOOK_AGAIN)));
                return Ok(token);
            }
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(LOOK.1);
        }
    }

    /// Looks whether the store has what is wanted, and else asks for the right to fetch.
    async fn look_and_lease(&self, search: Search) -> Result<Turn, OutOfReach> {
        if let Some(token) = self.look(search).await? {
            return Ok(Turn::Over(token));
        }
        let lease = self.ask(StoreOperation::Acquire, self.terms.store.acquire(&self.key, LEASE)).await?;
        let Some(lease) = lease else { return Ok(Turn::Others) };
        // Whoever had the lease before may have saved a token since the look.
        let turn = match self.look(search).await {
            Ok(None) => return Ok(Turn::Ours(lease)),
            Ok(Some(token)) => Ok(Turn::Over(token)),
            Err(OutOfReach) => Err(OutOfReach),
        };
        self.give_back(lease).await;
        turn
    }

    /// The store's token, made the current one, if it will do.
    async fn look(&self, search: Search) -> Result<Option<Arc<Token>>, OutOfReach> {
        if matches!(search.want, Want::Again | Want::Forced) {
            return Ok(None);
        }
        let stored = self.ask(StoreOperation::Load, self.terms.store.load(&self.key)).await?;
        let Some(StoredToken { token, life, remaining, generation, .. }) = stored else { return Ok(None) };
        if self.is_rejected(&token) {
            // For the other processes, too; unless one of them has put a newer one in its place.
            self.ask(StoreOperation::Expire, self.terms.store.expire(&self.key, generation)).await?;
            return Ok(None);
        }
        let token = Token::new(token, Generation::Stored(generation), &self.terms, life, remaining);
        let is_news = match self.serving() {
            // A store that takes no writes may still have the old one.
            Some(current) if search.want == Want::Early => {
                current.generation != token.generation && !token.is_to_be_replaced()
            }
            _ => true,
        };
        let will_do = is_news && token.serves();
        Ok(will_do.then(|| self.install(token, search, Origin::Store)))
    }

    /// Fetches under a lease, and saves what came.
    async fn lead(&self, client: &Client, search: Search, lease: Lease) -> Result<Arc<Token>> {
        let store = &self.terms.store;
        let fetched = self.fetch_from(Source::Own, client, search.want);
        tokio::pin!(fetched);
        let fetched = loop {
            tokio::select! {
                fetched = &mut fetched => break fetched,
                // A lease that is lost stays lost, and the store refuses what is saved under it.
                () = sleep(LEASE / 3) => {
                    drop(self.ask(StoreOperation::Renew, store.renew(&self.key, &lease, LEASE)).await);
                }
            }
        };
        let (FetchedToken { secret, life }, remaining) = match fetched {
            Ok(fetched) => fetched,
            Err(error) => {
                self.give_back(lease).await;
                return Err(error);
            }
        };
        let saved = self.ask(StoreOperation::Save, store.save(&self.key, &secret, remaining, &lease)).await;
        let fence = lease.fence();
        if saved.is_ok() {
            self.give_back(lease).await;
        }
        let (generation, origin) = match saved {
            Ok(true) => (Generation::Stored(fence), Origin::Source),
            Ok(false) => {
                store_stale_owner(&self.key, fence);
                if let Ok(Some(newer)) = self.look(Search { want: Want::Missing, ..search }).await {
                    return Ok(newer);
                }
                (Generation::Unstored, Origin::Source)
            }
            Err(OutOfReach) => (Generation::Unstored, Origin::Fallback),
        };
        Ok(self.install(Token::new(secret, generation, &self.terms, life, remaining), search, origin))
    }

    /// While the store is out of reach: goes on with what there is, and else fetches for this process only.
    async fn alone(&self, client: &Client, search: Search) -> Result<Arc<Token>> {
        self.put_off(jittered(self.terms.scaled(COME_BACK)));
        if search.want == Want::Early
            && let Some(token) = self.serving().filter(|token| !token.is_to_be_replaced())
        {
            return Ok(token);
        }
        let (FetchedToken { secret, life }, remaining) =
            self.fetch_from(Source::Substitute, client, search.want).await?;
        let token = Token::new(secret, Generation::Unstored, &self.terms, life, remaining);
        Ok(self.install(token, search, Origin::Fallback))
    }

    /// Fetches a token; and says how long it lives from now on, as WeChat counted when it wrote its answer.
    async fn fetch_from(&self, which: Source, client: &Client, want: Want) -> Result<(FetchedToken, Duration)> {
        let asked = self.terms.time.moment();
        let (source, own) = (Arc::clone(&self.terms.source), client.clone());
        let wish = if want == Want::Forced { Wish::Forced } else { Wish::Valid };
        // In a task, because a source that panics must not take the lease with it.
        let mut task = JoinSet::new();
        let work = async move {
            match (which, source.without_store()) {
                (Source::Substitute, Some(substitute)) => substitute.fetch(&own, wish).await,
                _ => source.fetch(&own, wish).await,
            }
        };
        task.spawn(work.with_current_subscriber());
        let fetched = match timeout(client.bound().shared.timeout, task.join_next()).await {
            Ok(Some(Ok(fetched))) => fetched?,
            Ok(_) => return Err(Error::other("the token source panicked")),
            Err(_) => return Err(Error::timeout(false)),
        };
        let remaining = fetched.life.saturating_sub(between(asked, self.terms.time.moment()));
        Ok((fetched, remaining.max(self.terms.scaled(LEAST))))
    }

    async fn give_back(&self, lease: Lease) {
        // If that fails, the lease ends by itself.
        drop(self.ask(StoreOperation::Release, self.terms.store.release(&self.key, lease)).await);
    }

    async fn ask<T>(&self, operation: StoreOperation, answer: Storing<'_, T>) -> Result<T, OutOfReach> {
        let failure = match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => {
                self.store_answered(operation, None);
                return Ok(answer);
            }
            Ok(Err(failure)) => failure,
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()).into(),
        };
        self.store_answered(operation, Some(&failure));
        Err(OutOfReach)
    }
}
