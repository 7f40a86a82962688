//! One app's token in this process: at hand without a lock, and at most one fetch under way.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;
use tracing::instrument::WithSubscriber as _;

use super::trouble::Trouble;
use super::{COME_BACK, Generation, StoreError, Token, TokenKey, TokenSource, TokenStore, between, jittered};
use crate::client::Client;
use crate::clock::{Moment, Time};
use crate::error::{Error, Result};
use crate::observe::{
    Obtained, Origin, Reason, StoreOperation, store_back, store_failed, token_failed, token_failure_remembered,
    token_obtained, token_refreshing, token_rejected,
};
use crate::secret::Secret;

type Outcome = Option<Result<Arc<Token>, Arc<Error>>>;

/// How the tokens of all apps of a client are had and kept.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) source: Arc<dyn TokenSource>,
    pub(crate) store: Arc<dyn TokenStore>,
    /// How long before its end a token is replaced.
    pub(crate) margin: Duration,
    pub(crate) time: Time,
}

impl Terms {
    /// A pause, shorter where tokens are replaced later, as in tests.
    pub(super) fn scaled(&self, pause: Duration) -> Duration {
        pause.min(self.margin / 4)
    }
}

/// Keeps the token of one app.
pub(crate) struct Keeper {
    pub(super) key: TokenKey,
    pub(super) terms: Terms,
    current: ArcSwapOption<Token>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    flight: Option<watch::Receiver<Outcome>>,
    /// Before this moment nothing is done early.
    not_before: Moment,
    /// Since when the store has been out of reach.
    store_lost: Option<Moment>,
    trouble: Trouble,
}

/// Why a token is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// A call has none that serves.
    Missing,
    /// The current one serves still, and is to be replaced soon.
    Early,
    /// What the source has to say now, whatever is kept.
    Again,
    /// A new token; the current one dies.
    Forced,
}

/// A search for a token under way.
#[derive(Clone, Copy)]
pub(super) struct Search {
    pub(super) want: Want,
    pub(super) reason: Reason,
    pub(super) started: Instant,
}

impl Keeper {
    pub(crate) fn new(appid: &str, terms: &Terms) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            key: TokenKey::new(appid, terms.source.kind())?,
            terms: terms.clone(),
            current: ArcSwapOption::empty(),
            state: Mutex::default(),
        }))
    }

    /// The token, if there is nothing to do but to use it.
    #[inline]
    pub(crate) fn cached(&self) -> Option<Arc<Token>> {
        let token = self.current.load();
        token.as_ref().filter(|token| token.is_fresh()).map(Arc::clone)
    }

    /// The token, if it serves.
    pub(super) fn serving(&self) -> Option<Arc<Token>> {
        self.current.load_full().filter(|token| token.serves())
    }

    /// The token that serves, or the one that a fetch brings. Where its end is near, its replacement begins in the
    /// background.
    pub(crate) async fn get(self: &Arc<Self>, client: &Client) -> Result<Arc<Token>> {
        match self.serving() {
            Some(token) => {
                if !token.is_fresh() {
                    self.begin_early(client, token.expires_in());
                }
                Ok(token)
            }
            None => self.fetch(client, Want::Missing).await,
        }
    }

    /// Has a token fetched. All callers share one fetch.
    pub(crate) async fn fetch(self: &Arc<Self>, client: &Client, want: Want) -> Result<Arc<Token>> {
        let mut doubtful = None;
        // A fetch that began for another reason may end without a token for this one, and one whose runtime was shut
        // down ends with nothing.
        for _ in 0..3 {
            let (mut flight, joined) = self.join_or_begin(client, want)?;
            let outcome = flight.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
            match outcome {
                Some(Ok(token)) if !joined || (token.serves() && !self.is_rejected(token.secret())) => {
                    return Ok(token);
                }
                Some(Ok(token)) => doubtful = Some(token),
                Some(Err(error)) => return Err(Error::token(error)),
                None => {}
            }
        }
        // Whoever began the last fetch uses its token, too.
        doubtful.ok_or_else(|| {
            Error::token(Arc::new(Error::config(
                "the fetch of the access_token was aborted",
                "keep the tokio runtime alive on which the client is used",
            )))
        })
    }

    /// A fetch, and whether it had begun before.
    fn join_or_begin(self: &Arc<Self>, client: &Client, want: Want) -> Result<(watch::Receiver<Outcome>, bool)> {
        let mut state = self.state();
        // A forced fetch is never shared: whoever joined it would have asked for something else.
        if want == Want::Forced {
            return Ok((self.begin(&mut State::default(), client, want), false));
        }
        if let Some(under_way) = state.under_way() {
            return Ok((under_way, true));
        }
        if want == Want::Missing {
            // Another caller's fetch may have ended between this caller's look and the lock.
            if let Some(token) = self.serving() {
                return Ok((watch::channel(Some(Ok(token))).1, false));
            }
            if let Some((error, left)) = state.trouble.failure(self.terms.time.moment()) {
                token_failure_remembered(&self.key, error, left);
                return Err(Error::token(Arc::clone(error)));
            }
        }
        Ok((self.begin(&mut state, client, want), false))
    }

    pub(super) fn begin_early(self: &Arc<Self>, client: &Client, left: Duration) {
        let mut state = self.state();
        let now = self.terms.time.moment();
        let is_idle = state.under_way().is_none() && state.trouble.failure(now).is_none();
        // Another caller's fetch may have ended between this caller's look and the lock.
        if now >= state.not_before && is_idle && self.cached().is_none() {
            token_refreshing(&self.key, left);
            self.begin(&mut state, client, Want::Early);
        }
    }

    /// The fetch runs in a task of its own, so that a caller who gives up strands nobody.
    fn begin(self: &Arc<Self>, state: &mut State, client: &Client, want: Want) -> watch::Receiver<Outcome> {
        let (done, receiver) = watch::channel(None);
        state.flight = Some(receiver.clone());
        let (keeper, client) = (Arc::clone(self), client.clone());
        let flight = async move {
            let search = Search { want, reason: keeper.reason(want), started: Instant::now() };
            let outcome = keeper.obtain(&client, search).await.map_err(Arc::new);
            if let Err(error) = &outcome {
                token_failed(&keeper.key, search.reason, search.started.elapsed(), error);
                if want != Want::Forced {
                    let now = keeper.terms.time.moment();
                    keeper.state().trouble.failed(error, now);
                }
            }
            done.send_replace(Some(outcome));
        };
        tokio::spawn(flight.with_current_subscriber());
        receiver
    }

    /// Makes a token the current one, unless a newer one is.
    pub(super) fn install(&self, token: Token, search: Search, origin: Origin) -> Arc<Token> {
        let token = Arc::new(token);
        let left = token.expires_in();
        let obtained = Obtained {
            reason: search.reason,
            origin,
            elapsed: search.started.elapsed(),
            age: token.life.saturating_sub(left),
            left,
            now: self.terms.time.now(),
        };
        token_obtained(&self.key, obtained);
        let mut state = self.state();
        state.trouble.had(token.secret(), self.terms.time.moment());
        if let (Generation::Stored(new), Some(current)) = (token.generation, self.serving())
            && let Generation::Stored(newer) = current.generation
            && new < newer
        {
            // The store has lost its latest writes: it is not to be asked by each call.
            state.not_before = self.terms.time.moment() + jittered(self.terms.scaled(COME_BACK)).into();
            return current;
        }
        self.current.store(Some(Arc::clone(&token)));
        token
    }

    /// WeChat did not accept a token. It is dropped if it still is the current one: a newer one, fetched meanwhile,
    /// stays. And it is kept where fetching would not help, or not yet.
    pub(crate) fn reject(&self, rejected: &Token, error: &Error) {
        let mut state = self.state();
        let current = self.current.load();
        if current.as_ref().is_none_or(|current| current.secret() != rejected.secret()) {
            return;
        }
        let now = self.terms.time.moment();
        let drop = state.trouble.rejected(rejected.secret(), rejected.age(), rejected.life, now);
        token_rejected(&self.key, error, drop);
        if drop {
            self.current.compare_and_swap(&current, None);
        }
    }

    /// Whether its source asks WeChat for the app's own token, and not for one that a merchant granted.
    pub(crate) fn fetches_own(&self) -> bool {
        matches!(self.key.kind(), "stable" | "classic")
    }

    fn reason(&self, want: Want) -> Reason {
        match want {
            Want::Missing if self.state().trouble.is_replacing() => Reason::Rejected,
            Want::Missing => Reason::Missing,
            Want::Early => Reason::Early,
            Want::Again => Reason::Asked,
            Want::Forced => Reason::Forced,
        }
    }

    pub(super) fn is_rejected(&self, token: &Secret) -> bool {
        self.state().trouble.is_rejected(token)
    }

    /// The store answered, or did not.
    pub(super) fn store_answered(&self, operation: StoreOperation, failure: Option<&StoreError>) {
        let now = self.terms.time.moment();
        let mut state = self.state();
        match failure {
            None => {
                if let Some(lost) = state.store_lost.take() {
                    store_back(&self.key, between(lost, now));
                }
            }
            Some(error) => {
                store_failed(&self.key, operation, error, state.store_lost.is_none());
                state.store_lost.get_or_insert(now);
            }
        }
    }

    /// Does nothing early for a while.
    pub(super) fn put_off(&self, pause: Duration) {
        self.state().not_before = self.terms.time.moment() + pause.into();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn under_way(&self) -> Option<watch::Receiver<Outcome>> {
        let flight = self.flight.as_ref()?;
        (flight.has_changed().is_ok() && flight.borrow().is_none()).then(|| flight.clone())
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("key", &self.key).finish_non_exhaustive()
    }
}
