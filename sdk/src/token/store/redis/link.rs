//! The connection: made when it is needed, given up when it breaks or keeps silent.
//!
//! The `redis` crate's own `ConnectionManager` is not used: it keeps a failed login for good, never gives up a connection
//! that leads nowhere any more, needs a runtime to be built, and knows neither sentinels nor clusters.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::aio::{ConnectionLike, MultiplexedConnection};
use ::redis::cluster::{ClusterClient, ClusterClientBuilder};
use ::redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use ::redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use ::redis::{AsyncConnectionConfig, Client, ConnectionInfo, ErrorKind, RedisError, RedisResult, TlsMode, Value};
use tokio::task::JoinSet;
use tokio::time;

use super::fault::Fault;
use super::scripts::Call;
use super::tls::{Certificates, is_tls};

/// What to connect to.
#[derive(Clone)]
pub(super) enum Target {
    /// A connection that the user has.
    Given(Arc<dyn Wire>),
    Single(ConnectionInfo),
    Cluster(Vec<ConnectionInfo>),
    /// `master` says how to log in to what the sentinels name.
    Sentinel {
        sentinels: Vec<ConnectionInfo>,
        name: String,
        master: ConnectionInfo,
    },
}

/// A connection that many can use at once.
pub(super) trait Wire: Send + Sync {
    /// One more hand on it.
    fn handle(&self) -> Box<dyn ConnectionLike + Send>;
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> Wire for C {
    fn handle(&self) -> Box<dyn ConnectionLike + Send> {
        Box::new(self.clone())
    }
}

/// The way to Redis. Its clones share one connection.
#[derive(Clone)]
pub(crate) struct Link {
    target: Target,
    certificates: Certificates,
    pub(super) timeout: Duration,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    current: Mutex<Option<Arc<dyn Wire>>>,
    /// Held while connecting, so that one connects for all.
    connecting: tokio::sync::Mutex<()>,
}

impl Link {
    pub(super) fn new(target: Target, timeout: Duration) -> Self {
        Self { target, certificates: Certificates::default(), timeout, shared: Arc::default() }
    }

    /// The certificates, to be changed: with others it is another connection.
    #[cfg(feature = "rustls")]
    pub(super) fn certificates(&mut self) -> &mut Certificates {
        self.shared = Arc::default();
        &mut self.certificates
    }

    /// What it leads to, in a word.
    pub(super) fn kind(&self) -> &'static str {
        match &self.target {
            Target::Given(_) => "connection",
            Target::Single(_) => "single",
            Target::Cluster(_) => "cluster",
            Target::Sentinel { .. } => "sentinel",
        }
    }

    /// Finds what is wrong with the configuration, without connecting.
    pub(super) fn check(&self) -> RedisResult<()> {
        match &self.target {
            Target::Given(_) if self.certificates.are_given() => {
                Err((ErrorKind::InvalidClientConfig, "A connection of yours has certificates of its own").into())
            }
            Target::Given(_) => Ok(()),
            Target::Single(info) => self.client(info).map(drop),
            Target::Cluster(nodes) => self.cluster(nodes).map(drop),
            Target::Sentinel { sentinels, name, master } => {
                if !sentinels.iter().any(is_tls) {
                    self.certificates.on(master.clone())?;
                }
                sentinels.iter().try_for_each(|sentinel| self.sentinel(sentinel, name, master).map(drop))
            }
        }
    }

    /// Makes the call, within the time. A call that can not have been answered, because the connection broke, is made
    /// once more over a new one: all calls may be repeated.
    ///
    /// A call that is given up can not put the connection out of step: the `redis` crate matches answers to calls by
    /// their order, and keeps the place of one whose caller has gone.
    pub(crate) async fn ask(&self, call: &Call<'_>) -> Result<Value, Fault> {
        let mut used = None;
        match time::timeout(self.timeout, self.attempt(call, &mut used)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Fault::of(&error, call.token())),
            Err(_) => {
                // It may lead nowhere any more, which TCP itself would notice after a quarter of an hour.
                if let Some(wire) = used {
                    self.give_up(&wire);
                }
                Err(Fault::slow(self.timeout))
            }
        }
    }

    /// `used` is the connection that was there before the call. One that was made for this very call is known to lead
    /// somewhere: to give it up, too, would have each call to a slow server start with connecting, and end with it.
    async fn attempt(&self, call: &Call<'_>, used: &mut Option<Arc<dyn Wire>>) -> RedisResult<Value> {
        if let Some(wire) = self.current() {
            *used = Some(Arc::clone(&wire));
            match call.run(&*wire).await {
                Err(error) if is_over(&error) => self.give_up(&wire),
                outcome => return outcome,
            }
        }
        let wire = self.connect().await?;
        let outcome = call.run(&*wire).await;
        if outcome.as_ref().is_err_and(is_over) {
            self.give_up(&wire);
        }
        outcome
    }

    fn current(&self) -> Option<Arc<dyn Wire>> {
        match &self.target {
            Target::Given(wire) => Some(Arc::clone(wire)),
            _ => self.slot().clone(),
        }
    }

    /// Forgets this connection, if it still is the current one. It closes when the last call over it has ended.
    fn give_up(&self, wire: &Arc<dyn Wire>) {
        self.slot().take_if(|current| Arc::ptr_eq(current, wire));
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<dyn Wire>>> {
        self.shared.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> RedisResult<Arc<dyn Wire>> {
        let _turn = self.shared.connecting.lock().await;
        if let Some(wire) = self.current() {
            return Ok(wire);
        }
        self.certificates.prepare();
        let wire: Arc<dyn Wire> = match &self.target {
            Target::Given(wire) => Arc::clone(wire),
            Target::Single(info) => {
                Arc::new(self.client(info)?.get_multiplexed_async_connection_with_config(&untimed()).await?)
            }
            Target::Cluster(nodes) => Arc::new(self.cluster(nodes)?.get_async_connection().await?),
            Target::Sentinel { sentinels, name, master } => Arc::new(self.find(sentinels, name, master).await?),
        };
        *self.slot() = Some(Arc::clone(&wire));
        Ok(wire)
    }

    /// Asks all sentinels at once for the master; the first connection to one that says it is the master wins. A
    /// `SentinelClient` of all would wait for the first in the list, though its machine be gone.
    async fn find(
        &self,
        sentinels: &[ConnectionInfo],
        name: &str,
        master: &ConnectionInfo,
    ) -> RedisResult<MultiplexedConnection> {
        let mut lookups = JoinSet::new();
        for sentinel in sentinels {
            let mut client = self.sentinel(sentinel, name, master)?;
            lookups.spawn(async move { client.get_async_connection_with_config(&untimed()).await });
        }
        let mut failure = RedisError::from((ErrorKind::EmptySentinelList, "No sentinel answered"));
        while let Some(outcome) = lookups.join_next().await {
            match outcome {
                Ok(Ok(connection)) => return Ok(connection),
                // What a sentinel or the master says tells more than that another one can not be reached.
                Ok(Err(error)) if !error.is_io_error() || failure.kind() == ErrorKind::EmptySentinelList => {
                    failure = error;
                }
                _ => {}
            }
        }
        Err(failure)
    }

    fn client(&self, info: &ConnectionInfo) -> RedisResult<Client> {
        Client::open(self.certificates.on(info.clone())?.set_tcp_settings(tcp()))
    }

    /// A part of the time for each step, so that a node which keeps silent does not use up all of it: connecting waits
    /// for every node that the cluster names. The pauses between repetitions are cut down from seconds.
    fn cluster(&self, nodes: &[ConnectionInfo]) -> RedisResult<ClusterClient> {
        let builder = ClusterClientBuilder::new(nodes.iter().cloned())
            .tcp_settings(tcp())
            .connection_timeout(self.timeout / 4)
            .response_timeout(self.timeout / 2)
            .overall_response_timeout(None)
            .retries(3)
            .min_retry_wait(20)
            .max_retry_wait(100);
        self.certificates.on_cluster(builder, nodes)?.build()
    }

    fn sentinel(&self, sentinel: &ConnectionInfo, name: &str, master: &ConnectionInfo) -> RedisResult<SentinelClient> {
        let own = sentinel.clone();
        let sentinel = if is_tls(&own) { self.certificates.on(own)? } else { own };
        let mut builder = SentinelClientBuilder::new([sentinel.addr().clone()], name, SentinelServerType::Master)?
            .set_client_to_redis_tcp_settings(tcp())
            .set_client_to_redis_db(master.redis_settings().db())
            .set_client_to_redis_protocol(master.redis_settings().protocol());
        if let Some(user) = sentinel.redis_settings().username() {
            builder = builder.set_client_to_sentinel_username(user);
        }
        if let Some(password) = sentinel.redis_settings().password() {
            builder = builder.set_client_to_sentinel_password(password);
        }
        if let Some(user) = master.redis_settings().username() {
            builder = builder.set_client_to_redis_username(user);
        }
        if let Some(password) = master.redis_settings().password() {
            builder = builder.set_client_to_redis_password(password);
        }
        if is_tls(master) {
            builder = self.certificates.on_master(builder.set_client_to_redis_tls_mode(TlsMode::Secure));
        }
        builder.build()
    }
}

/// Whether a connection with this failure is of no more use: it broke, or leads to a server that is not the primary any
/// more.
fn is_over(error: &RedisError) -> bool {
    // In the code, or, from a script in Redis 6, in the text.
    let said = |word: &str| error.code() == Some(word) || error.detail().is_some_and(|text| text.contains(word));
    error.is_io_error() || error.is_unrecoverable_error() || said("READONLY") || said("MASTERDOWN")
}

/// Timeouts are ours: one for the whole operation.
fn untimed() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None)
}

/// A store is asked once in an hour: firewalls forget a connection of which they hear nothing.
fn tcp() -> TcpSettings {
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(10));
    TcpSettings::default().set_nodelay(true).set_keepalive(keepalive)
}
