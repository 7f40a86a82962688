//! A real `redis-server` on a free port of the loopback, without persistence, gone when it is dropped.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use redis::{Client, RedisResult, Value};
use tempfile::TempDir;

/// What to say where there is no `redis-server`.
const MISSING: &str = "redis-server is missing, and these tests need a real one: install it with \
                       `apt-get install redis-server` (Debian, Ubuntu) or `brew install redis` (macOS)";

/// How long a server may take to start, and a cluster to form.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a server is set up.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    password: Option<String>,
    tls: bool,
    cluster: bool,
    sentinel: bool,
    options: Vec<(String, String)>,
}

impl Setup {
    /// Nothing special.
    pub fn new() -> Self {
        Self::default()
    }

    /// A password that clients must give.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self.option("requirepass", password)
    }

    /// A port with TLS besides the plain one; its certificates are made for it, and it wants one of its clients.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// So much memory, and what happens when it is used up: `noeviction`, `allkeys-lru`, …
    #[must_use]
    pub fn maxmemory(self, bytes: &str, policy: &str) -> Self {
        self.option("maxmemory", bytes).option("maxmemory-policy", policy)
    }

    /// A line of `redis.conf`. What is given later wins.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.options.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Panics
    /// If there is no `redis-server`, or if it does not start.
    pub fn start(self) -> RedisServer {
        // Another program may take a port between its choice and the start.
        for _ in 0..20 {
            let dir = tempfile::Builder::new().prefix("weapp-redis-").tempdir().unwrap();
            let ports = [(); 3].map(|()| free_port());
            let mut server = RedisServer { setup: self.clone(), dir, ports, child: None };
            server.configure();
            match server.spawn() {
                Ok(()) => return server,
                Err(log) if log.contains("bind") || log.contains("listening port") => {}
                Err(log) => panic!("redis-server does not start:\n{log}"),
            }
        }
        panic!("no free port for redis-server");
    }
}

/// A port that nobody listens on. It lies below those that the system gives to clients: a client that is refused again
/// and again at such a port is one day given that very port, and meets itself.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = std::process::id() as u16;
    loop {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 12_000 + start.wrapping_mul(37).wrapping_add(next) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A running server.
#[derive(Debug)]
pub struct RedisServer {
    setup: Setup,
    dir: TempDir,
    /// The plain port, that with TLS, and that of the cluster's bus.
    ports: [u16; 3],
    child: Option<Child>,
}

impl RedisServer {
    /// Starts one with nothing special.
    pub fn start() -> Self {
        Setup::new().start()
    }

    /// Its address as a client needs it: with the password, and over TLS if it has that.
    pub fn url(&self) -> String {
        let [plain, tls, _] = self.ports;
        let (scheme, port) = if self.setup.tls { ("rediss", tls) } else { ("redis", plain) };
        self.url_with(scheme, port)
    }

    fn url_with(&self, scheme: &str, port: u16) -> String {
        let login = self.setup.password.as_ref().map_or(String::new(), |password| format!(":{password}@"));
        format!("{scheme}://{login}127.0.0.1:{port}/0")
    }

    /// Its plain port.
    pub fn port(&self) -> u16 {
        self.ports[0]
    }

    /// The folder of its files; with TLS, `ca.pem`, `client.pem` and `client.key` are there.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Kills it, as a crash does: nothing is saved.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Starts it again on the same port, empty.
    pub fn restart(&mut self) {
        self.kill();
        let started = Instant::now();
        while let Err(log) = self.spawn() {
            // Somebody else may have the port for a moment.
            assert!(started.elapsed() < PATIENCE, "redis-server does not start again:\n{log}");
            sleep(Duration::from_millis(50));
        }
    }

    /// Stops it where it is: it keeps its connections, and answers nothing.
    pub fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().expect("the server was killed");
        kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
    }

    /// Sends a command, such as `["CONFIG", "SET", "maxmemory", "1mb"]`.
    ///
    /// # Panics
    /// If it fails.
    pub fn command<'a>(&self, words: impl AsRef<[&'a str]>) -> Value {
        let words = words.as_ref();
        self.try_command(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// The text that a command answers.
    pub fn text<'a>(&self, words: impl AsRef<[&'a str]>) -> String {
        redis::from_redis_value(self.command(words)).unwrap()
    }

    /// The same, of a server that may close the connection meanwhile: `None` then.
    pub fn text_if_up<'a>(&self, words: impl AsRef<[&'a str]>) -> Option<String> {
        redis::from_redis_value(self.try_command(words.as_ref()).ok()?).ok()
    }

    /// The number that a command answers.
    pub fn number<'a>(&self, words: impl AsRef<[&'a str]>) -> i64 {
        redis::from_redis_value(self.command(words)).unwrap()
    }

    fn try_command(&self, words: &[&str]) -> RedisResult<Value> {
        loop {
            match self.run(words) {
                // A process of this one's was stopped or has ended, and its signal ends a read that has a timeout.
                Err(error) if error.is_io_error() && error.to_string().contains("Interrupted") => {}
                outcome => return outcome,
            }
        }
    }

    fn run(&self, words: &[&str]) -> RedisResult<Value> {
        let mut connection =
            Client::open(self.url_with("redis", self.port()))?.get_connection_with_timeout(PATIENCE)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection)
    }

    fn configure(&self) {
        let [plain, tls, bus] = self.ports;
        let mut lines = vec![
            "bind 127.0.0.1".to_owned(),
            format!("port {plain}"),
            format!("dir {:?}", self.dir()),
            "logfile redis.log".to_owned(),
        ];
        if !self.setup.sentinel {
            lines.push("save \"\"".to_owned());
        }
        if self.setup.tls {
            certificates(self.dir());
            lines.push(format!("tls-port {tls}"));
            lines.extend(["tls-ca-cert-file ca.pem", "tls-cert-file server.pem"].map(str::to_owned));
            lines.push("tls-key-file server.key".to_owned());
        }
        if self.setup.cluster {
            lines.push(format!("cluster-port {bus}"));
            lines.extend(["cluster-enabled yes", "cluster-node-timeout 1000"].map(str::to_owned));
        }
        lines.extend(self.setup.options.iter().map(|(name, value)| match value.contains(' ') {
            // Several words are several arguments.
            true => format!("{name} {value}"),
            false => format!("{name} {value:?}"),
        }));
        fs::write(self.dir().join("redis.conf"), lines.join("\n")).unwrap();
    }

    /// Starts the process, and waits until it answers. An error is its log.
    fn spawn(&mut self) -> Result<(), String> {
        let mut command = Command::new("redis-server");
        command.arg(self.dir().join("redis.conf")).current_dir(self.dir());
        if self.setup.sentinel {
            command.arg("--sentinel");
        }
        let log = fs::File::create(self.dir().join("start.log")).unwrap();
        command.stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log);
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => panic!("{MISSING}"),
            Err(error) => panic!("redis-server can not be started: {error}"),
        };
        let own = format!("process_id:{}\r\n", child.id());
        self.child = Some(child);
        let started = Instant::now();
        loop {
            // Somebody else's server may listen on the port.
            let info =
                self.try_command(&["INFO", "server"]).and_then(|info| Ok(redis::from_redis_value::<String>(info)?));
            if info.is_ok_and(|info| info.contains(&own)) {
                return Ok(());
            }
            let ended = self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_some());
            if ended || started.elapsed() > PATIENCE {
                self.kill();
                let read = |name| fs::read_to_string(self.dir().join(name)).unwrap_or_default();
                return Err(read("start.log") + &read("redis.log"));
            }
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Makes an authority, and certificates for the server on 127.0.0.1 and for a client.
fn certificates(dir: &Path) {
    let write = |name: &str, text: String| fs::write(dir.join(name), text).unwrap();
    let mut authority = CertificateParams::new([]).unwrap();
    // Two of the same name would be taken for one another.
    authority.distinguished_name.push(DnType::CommonName, dir.to_str().unwrap());
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    write("ca.pem", authority.pem());
    for name in ["server", "client"] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        // By the same name as the authority's, OpenSSL would take it for signed by itself.
        params.distinguished_name.push(DnType::CommonName, name);
        write(&format!("{name}.pem"), params.signed_by(&key, &authority).unwrap().pem());
        write(&format!("{name}.key"), key.serialize_pem());
    }
}

/// A cluster of three masters.
#[derive(Debug)]
pub struct RedisCluster {
    /// Its nodes; each holds a third of the slots.
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts the nodes, and waits until each knows the others.
    ///
    /// # Panics
    /// If the cluster does not form.
    pub fn start() -> Self {
        let setup = Setup { cluster: true, ..Setup::new() };
        let nodes: Vec<RedisServer> = (0..3).map(|_| setup.clone().start()).collect();
        for (node, (from, to)) in nodes.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
            node.command(["CLUSTER", "ADDSLOTSRANGE", from, to]);
            let [port, _, bus] = nodes[0].ports.map(|port| port.to_string());
            node.command(["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
        }
        let started = Instant::now();
        let formed = |node: &RedisServer| {
            let info = node.text(["CLUSTER", "INFO"]);
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        };
        while !nodes.iter().all(formed) {
            assert!(started.elapsed() < PATIENCE, "the cluster does not form");
            sleep(Duration::from_millis(20));
        }
        Self { nodes }
    }

    /// The addresses of all nodes.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }
}

/// A sentinel that watches a master named `mymaster`, and alone may replace it.
#[derive(Debug)]
pub struct RedisSentinel(RedisServer);

impl RedisSentinel {
    /// Starts it, and waits until it knows the master's replicas.
    ///
    /// # Panics
    /// If it does not find them.
    pub fn watch(master: &RedisServer, replicas: usize) -> Self {
        let mut setup = Setup { sentinel: true, ..Setup::new() }
            .option("sentinel", &format!("monitor mymaster 127.0.0.1 {} 1", master.port()))
            .option("sentinel", "down-after-milliseconds mymaster 30000")
            .option("sentinel", "failover-timeout mymaster 2000");
        if let Some(password) = &master.setup.password {
            setup = setup.option("sentinel", &format!("auth-pass mymaster {password}"));
        }
        let sentinel = Self(setup.start());
        let started = Instant::now();
        while sentinel.replicas() < replicas {
            assert!(started.elapsed() < PATIENCE, "the sentinel does not find the replicas");
            sleep(Duration::from_millis(20));
        }
        sentinel
    }

    /// How many replicas of the master it knows.
    fn replicas(&self) -> usize {
        let Value::Array(replicas) = self.0.command(["SENTINEL", "REPLICAS", "mymaster"]) else { return 0 };
        replicas.len()
    }

    /// The server itself.
    pub fn server(&self) -> &RedisServer {
        &self.0
    }
}
