//! A WeChat to test against: a real HTTP server on this machine that answers, refuses and fails as WeChat does.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> weapp::Result<()> {
//! use weapp::mock::Mock;
//!
//! let mock = Mock::start().await?;
//! let client = mock.client()?;
//!
//! // Every endpoint answers something plausible …
//! let session = client.auth().code2session("any code").await?;
//! assert_eq!(session.session_key, mock.session_key("any code"));
//!
//! // … or what you tell it to.
//! mock.on("code2Session")?.errcode(40029);
//! assert_eq!(client.auth().code2session("another").await.map_err(|error| error.code()), Err(Some(40029.into())));
//!
//! // What was sent can be looked at.
//! assert_eq!(mock.requests_to("code2Session")?.len(), 2);
//! # Ok(()) }
//! ```
//!
//! # What it checks
//!
//! In WeChat's order: the path (404), the method (43001, 43002), the token (41001, 40001, 42001; 48001 for that of the
//! wrong kind of account), the body (44002 for none, 47001 for what is not JSON), appid and AppSecret (41002, 40013,
//! 41004, 40125), then the parameters: those that must be there, types (47001), constraints, and parameters that the
//! endpoint does not have, sets of parameters, and at last signatures. A parameter is refused with the code that the
//! endpoint documents for it, else with the one that its group documents for all parameters, else with 40097; `errmsg`
//! names it. A body sent in chunks is answered with HTTP status 412, as by WeChat's gateway.
//!
//! A signature must be there and look like one. Where the mock knows the key it is made anew over exactly the bytes that
//! arrived: the [payment keys](MockBuilder::payment_keys) and [delivery companies' secrets](MockBuilder::delivery_secret)
//! that you tell it, and the session_key of each user who logged in by `code2Session` here. One that does not fit is
//! refused with the endpoint's code for that (268490003 under `xpay`, 87009 for `checkSessionKey`), and `errmsg` says
//! what it should have been. A parameter that is only the key of a signature is refused wherever it is sent.
//!
//! Signed and encrypted calls (feature `sign`) are verified and decrypted, and answered in the same way, where the mock
//! has the keys of both sides: `ApiSecurity` makes them. What is wrong with one is answered 40230 to 40240, behind the
//! token's errors; a plain call of same-city delivery is answered 934011 then. `Mock::tamper` has answers come wrongly,
//! and `Mock::certificates` with another platform certificate. A signed call may not hold what a plain one may not.
//!
//! It knows the endpoints from the spec alone and shares no code with the client (but for the ciphers of signed calls),
//! so what it accepts is what the spec says, and not what the client happens to send.
//!
//! # What it answers
//!
//! All fields that the spec knows, the same each time. Texts tell their names, numbers count, a list holds two
//! elements, an enum takes its values in turn. Each `js_code` stands for another user, whose openid and session_key follow
//! from it; it works once, and so does the code of a phone number. Pictures decode and have the width that was asked for.
//!
//! A paged list has 25 different rows, on pages of as many as were asked for, or of 20 where neither the request nor the
//! spec says how many. What a page says of the others (how many rows or pages there are, whether there are more, where
//! the next one begins) is true, so that [`Call::pages`](crate::Call::pages) ends behind the last row. A cursor that no
//! page answered leads to no rows, or to the code that the endpoint documents for that.
//!
//! A download that may be JSON instead is one of bytes; [`Rule::answer`] makes it JSON.
//!
//! # Tokens
//!
//! Tokens live and follow one another as WeChat's do. `cgi-bin/stable_token` answers the current token until the last
//! five minutes of its two hours; `cgi-bin/token` replaces its token each time; neither touches the other's. A token
//! that was replaced works for five minutes more. [`MockBuilder`] changes these times, so that a token's life passes in
//! seconds; [`Mock::expire_tokens`] and [`Mock::revoke_tokens`] end tokens at once. WeChat's limits on the number of
//! calls are not enforced, but for a [quota of tokens](MockBuilder::token_quota) where you set one.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> weapp::Result<()> {
//! use std::time::Duration;
//! use weapp::mock::Mock;
//!
//! let seconds = Duration::from_secs;
//! let mock = Mock::builder()
//!     .token_lifetime(seconds(20))
//!     .token_rotation(seconds(5)) // from its 15th second on a fetch gets the next token …
//!     .grace(seconds(5)) // … and the old one works for 5 more
//!     .start()
//!     .await?;
//! let client = mock.client()?;
//! for _ in 0..10 {
//!     client.access_token().await?;
//! }
//! assert_eq!((mock.token_fetches(), mock.tokens_issued(), mock.token_fetches_refused()), (1, 1, 0));
//! # Ok(()) }
//! ```
//!
//! # How it fails
//!
//! [`Mock::on`] tells one endpoint what to do, for some calls or until further notice: an error code, an answer of
//! yours, a delay, a closed or reset connection before or after the call took effect, a gateway's page, an answer that
//! stalls, breaks off or trickles. [`Mock::faults`] lets a share of all requests fail at random, the same ones each
//! time. Together with [`RecordedRequest::took_effect`] that shows whether a program does everything once:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> weapp::Result<()> {
//! use weapp::mock::{Faults, Mock};
//!
//! let mock = Mock::builder().keep_requests(100).start().await?;
//! let client = mock.client()?;
//! mock.faults(Faults::seeded(7).rate(0.2).spare_tokens())?;
//! let mut answered = 0;
//! for n in 0..50 {
//!     // A code works once: a call that is sent again after it took effect fails.
//!     answered += u64::from(client.auth().code2session(format!("code {n}")).await.is_ok());
//! }
//! let delivered = mock.effects("code2Session")?;
//! assert!(answered <= delivered && delivered <= 50);
//! for (fault, count) in mock.faults_given() {
//!     println!("{count} times {}", fault.name());
//! }
//! # Ok(()) }
//! ```
//!
//! For long runs, [`MockBuilder::keep_requests`] keeps the memory flat, and [`MockBuilder::observe`] shows each request
//! to a function that counts what it wants.
//!
//! # What it pushes
//!
//! With the feature `push`, [`Mock::push_to`] makes it the sender of messages and events as well: it checks the URL of your
//! endpoint, pushes any event of the spec, encrypted and signed, or wrong on purpose, reads what is answered, and delivers
//! again what is not. A call brings the event about that tells its outcome.
//!
//! # Other processes
//!
//! A program under test may be another process: give it [`Mock::url`], [`Mock::APPID`] and [`Mock::SECRET`] (or what
//! you gave the builder), on its command line or in its environment. The mock stays with the test, which tells it what
//! to do and looks at what arrived.
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use weapp::mock::Mock;
//!
//! let mock = Mock::start().await?;
//! let mut program = std::process::Command::new("my-program");
//! program.env("WEAPP_URL", mock.url()).env("WEAPP_APPID", Mock::APPID).env("WEAPP_SECRET", Mock::SECRET);
//! // There: Client::builder().app(appid, secret).base_url(url).build()
//! let status = program.status()?;
//! # Ok(()) }
//! ```

mod answer;
mod body;
mod builder;
mod catalogue;
mod check;
mod codes;
mod exchange;
mod fault;
mod keywords;
mod login;
mod page;
mod payload;
mod picture;
#[cfg(feature = "push")]
mod push;
mod random;
mod record;
mod rules;
#[cfg_attr(not(feature = "sign"), path = "security/off.rs")]
mod security;
mod server;
mod signature;
mod store;
#[cfg(test)]
mod tests;
mod tokens;
mod wechat;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;
use tokio::task::AbortHandle;

pub use self::builder::MockBuilder;
pub use self::fault::{Fault, Faults};
pub use self::login::Encrypted;
#[cfg(feature = "push")]
pub use self::push::{EventRule, Push, PushDelivery, PushFault, PushOutcome, PushTarget, Pusher};
pub use self::record::RecordedRequest;
pub use self::rules::Rule;
#[cfg(feature = "sign")]
pub use self::security::{ApiSecurity, Certificates, Tampering};
pub use self::store::{StoreViolations, check_token_store};

use self::answer::Answers;
use self::catalogue::Catalogue;
use self::fault::Running;
use self::login::{SessionKeys, UsedCodes};
use self::record::{Observer, Records};
use self::rules::{Rules, Target};
use self::security::Securities;
use self::signature::Keys;
use self::tokens::{Lives, Tokens};
use crate::client::Client;
use crate::config::Apps;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::user_data::SessionKey;

/// A WeChat of your own, at [`url`](Self::url). Dropping it stops its server and closes all connections.
///
/// It needs tokio's I/O and time on the runtime that starts it (`#[tokio::test]` has both).
/// See the [module](self) for what it does, and [`on`](Self::on) for what it can be told to do.
pub struct Mock {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: AbortHandle,
}

/// What all connections share.
struct Shared {
    catalogue: &'static Catalogue,
    /// The first that is no official account is the default app.
    apps: Vec<App>,
    lives: Lives,
    /// How many tokens each app may fetch.
    quota: Option<u64>,
    /// How many requests are kept.
    keep: usize,
    observer: Option<Observer>,
    strict: bool,
    answers: Answers,
    keys: Keys,
    #[cfg(feature = "push")]
    pushes: push::Pushes,
    security: Securities,
    state: Mutex<State>,
}

struct App {
    appid: String,
    secret: Secret,
    official: bool,
}

#[derive(Default)]
struct State {
    tokens: Tokens,
    rules: Rules,
    faults: Option<Running>,
    records: Records,
    used_codes: UsedCodes,
    session_keys: SessionKeys,
    /// How many pictures were made that WeChat counts.
    made: u64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn app(&self, appid: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.appid == appid)
    }

    fn default_app(&self) -> &App {
        // The builder sees to it that there is one.
        self.apps.iter().find(|app| !app.official).unwrap_or(&self.apps[0])
    }
}

impl Mock {
    /// The AppID of the Mini Program that a mock knows unless it is told of another.
    pub const APPID: &'static str = "wx0123456789abcdef";
    /// Its AppSecret.
    pub const SECRET: &'static str = "0123456789abcdef0123456789abcdef";
    /// The AppID of the official account that a mock knows unless it is told of another.
    pub const OFFICIAL_ACCOUNT_APPID: &'static str = "wxfedcba9876543210";
    /// Its AppSecret.
    pub const OFFICIAL_ACCOUNT_SECRET: &'static str = "fedcba9876543210fedcba9876543210";

    /// Starts a mock on a free port of 127.0.0.1, with everything at its default.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when no port can be had.
    pub async fn start() -> Result<Self> {
        Self::builder().start().await
    }

    /// A mock to be configured.
    pub fn builder() -> MockBuilder {
        MockBuilder::default()
    }

    /// Where it listens: `http://127.0.0.1:PORT`, for [`ClientBuilder::base_url`](crate::ClientBuilder::base_url).
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client that calls this mock: for the first app, with its [payment keys](MockBuilder::payment_keys) and those of
    /// signed calls (`MockBuilder::api_security`), and with all other apps configured.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when an app was given an AppID or an AppSecret that can not be
    /// right.
    pub fn client(&self) -> Result<Client> {
        let keys = self.shared.keys.payment.clone();
        let client = Client::builder().apps(self.apps()?).payment_keys(keys).base_url(self.url());
        #[cfg(feature = "sign")]
        let client = match self.shared.security.of(&self.shared.default_app().appid) {
            Some(security) => client.api_keys(security.keys()?),
            None => client,
        };
        client.build()
    }

    /// All apps that this mock knows, for a client that you configure yourself.
    ///
    /// # Errors
    /// As for [`client`](Self::client).
    pub fn apps(&self) -> Result<Apps> {
        let default = &self.shared.default_app().appid;
        let official = self.shared.apps.iter().find(|app| app.official).map(|app| &app.appid);
        self.shared.apps.iter().try_fold(Apps::new(), |apps, app| {
            let (appid, secret) = (app.appid.as_str(), app.secret.clone());
            if appid == default {
                apps.with_mini_program(appid, secret)
            } else if Some(&app.appid) == official {
                apps.with_official_account(appid, secret)
            } else {
                apps.with_app(appid, secret)
            }
        })
    }

    /// Departs from WeChat's behaviour at one endpoint: name it by its id (`sendMessage`), by another name
    /// (`subscribeMessage.send`, `subscribe_message.send`) or by its path. The path need not be in the spec.
    ///
    /// ```no_run
    /// # fn demo(mock: &weapp::mock::Mock) -> weapp::Result<()> {
    /// mock.on("sendMessage")?.errcode(43101);
    /// mock.on("/wxa/a/new/path")?.answer(serde_json::json!({ "errcode": 0 }));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when there is no endpoint of this name.
    pub fn on(&self, endpoint: &str) -> Result<Rule<'_>> {
        let target = self.target(endpoint)?;
        Ok(Rule::new(self, self.shared.state().rules.add(target)))
    }

    /// Departs from WeChat's behaviour at all endpoints, those that give out tokens included.
    #[must_use = "a rule changes nothing until it is told what to do"]
    pub fn on_all(&self) -> Rule<'_> {
        Rule::new(self, self.shared.state().rules.add(Target::All))
    }

    /// Lets a share of all requests fail from now on, as [`Faults`] say. Faults that were on before end.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the faults name an endpoint that does not exist; then
    /// nothing changes.
    pub fn faults(&self, faults: Faults) -> Result<()> {
        let running = Running::new(faults, |name| self.target(name))?;
        self.shared.state().faults = Some(running);
        Ok(())
    }

    /// Ends what [`faults`](Self::faults) began.
    pub fn clear_faults(&self) {
        self.shared.state().faults = None;
    }

    /// Answers signed calls wrongly from now on, in this way, or rightly again (`None`). A client must take none of it,
    /// but for [`Tampering::PlainErrors`].
    #[cfg(feature = "sign")]
    pub fn tamper(&self, tampering: impl Into<Option<Tampering>>) {
        self.shared.security.tamper(tampering.into());
    }

    /// Signs answers with these platform certificates from now on, as WeChat does while it replaces one.
    #[cfg(feature = "sign")]
    pub fn certificates(&self, certificates: Certificates) {
        self.shared.security.certificates(certificates);
    }

    /// How many requests met which fault since the mock started, those included that were dropped before they were
    /// taken. A fault that nobody met is not there.
    #[must_use]
    pub fn faults_given(&self) -> BTreeMap<Fault, u64> {
        self.shared.state().records.faults.clone()
    }

    /// Ends all rules: WeChat's usual behaviour again, but for [`faults`](Self::faults).
    pub fn clear_rules(&self) {
        self.shared.state().rules.clear();
    }

    /// The requests so far, in the order in which they were taken, refused ones included: all of them, or as many as
    /// [`MockBuilder::keep_requests`] says.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.state().records.requests.iter().cloned().collect()
    }

    /// Those of the [requests](Self::requests) that went to one endpoint, which is named as for [`on`](Self::on).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when there is no endpoint of this name.
    pub fn requests_to(&self, endpoint: &str) -> Result<Vec<RecordedRequest>> {
        let target = self.target(endpoint)?;
        let state = self.shared.state();
        let meant = |request: &&RecordedRequest| target.covers(request.endpoint.as_deref(), &request.path);
        Ok(state.records.requests.iter().filter(meant).cloned().collect())
    }

    /// Forgets the requests so far. What was counted stays.
    pub fn clear_requests(&self) {
        self.shared.state().records.requests.clear();
    }

    /// How many calls of one endpoint, which is named as for [`on`](Self::on), [took
    /// effect](RecordedRequest::took_effect) since the mock started, whether or not their answers arrived.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when there is no endpoint of this name.
    pub fn effects(&self, endpoint: &str) -> Result<u64> {
        let target = self.target(endpoint)?;
        let state = self.shared.state();
        let meant = |((id, path), _): &(&(Option<&str>, String), &u64)| target.covers(*id, path);
        Ok(state.records.effects.iter().filter(meant).map(|(_, count)| count).sum())
    }

    fn target(&self, name: &str) -> Result<Target> {
        if name.starts_with('/') {
            return Ok(Target::Path(name.to_owned()));
        }
        if let Some(endpoint) = self.shared.catalogue.named(name) {
            return Ok(Target::Endpoint(self.shared.catalogue.canonical(endpoint).id.clone()));
        }
        let candidates = self.shared.catalogue.candidates(name);
        let hint =
            if candidates.is_empty() { String::new() } else { format!("; there are: {}", candidates.join(", ")) };
        Err(Error::config(
            format!("the spec has no endpoint of the name {name:?}{hint}"),
            "give the official id, another name that the endpoint's page lists, or the path",
        ))
    }

    /// How often a token was given out, be it a new one or the current one, and even if the answer was lost.
    #[must_use]
    pub fn token_fetches(&self) -> usize {
        self.shared.state().tokens.fetches
    }

    /// How many different tokens were given out by [those fetches](Self::token_fetches).
    #[must_use]
    pub fn tokens_issued(&self) -> usize {
        self.shared.state().tokens.issues
    }

    /// How many fetches of a token WeChat refused: for a wrong secret, for want of
    /// [quota](MockBuilder::token_quota), by a [rule](Rule::errcode) or by [`Fault::Busy`]. Those that WeChat did not
    /// see do not count.
    #[must_use]
    pub fn token_fetches_refused(&self) -> usize {
        self.shared.state().records.refused_fetches
    }

    /// Makes all tokens invalid at once, as if another program had fetched newer ones: calls are answered 40001.
    pub fn revoke_tokens(&self) {
        self.shared.state().tokens.revoke();
    }

    /// Ends the lives of all tokens now: calls are answered 42001.
    pub fn expire_tokens(&self) {
        self.shared.state().tokens.expire(Instant::now());
    }

    /// A token such as a third-party platform holds for an app (`authorizer_access_token`): for
    /// [`Client::with_token`]. Endpoints that platforms may not call answer 61007.
    #[must_use]
    pub fn platform_token(&self, appid: &str) -> Secret {
        self.shared.state().tokens.platform(appid, &self.shared.lives, Instant::now()).into()
    }

    /// The session_key of the user for whom a `js_code` stands: what `code2Session` answers.
    #[must_use]
    pub fn session_key(&self, js_code: &str) -> Secret {
        random::session_key(js_code).into()
    }

    /// The openid of the user for whom a `js_code` stands, in the first app: what `code2Session` answers.
    #[must_use]
    pub fn openid(&self, js_code: &str) -> String {
        random::openid(&self.shared.default_app().appid, js_code)
    }

    /// What the button for the phone number hands over in the Mini Program, for
    /// [`UserData::phone_number`](crate::UserData::phone_number). A foreign number is written `+1 2025550123`.
    ///
    /// # Errors
    /// As for [`encrypt`](Self::encrypt).
    pub fn encrypted_phone_number(&self, session_key: impl SessionKey, number: &str) -> Result<Encrypted> {
        self.encrypt(session_key, &login::phone_number(number))
    }

    /// Encrypts data of a user as WeChat does for the Mini Program. An object without a `watermark` gets that of the
    /// first app and of this moment.
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`](crate::ErrorKind::Crypto) when the session_key is none.
    pub fn encrypt(&self, session_key: impl SessionKey, data: &Value) -> Result<Encrypted> {
        login::encrypt(&self.shared.default_app().appid, session_key.text(), data)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock").field("url", &self.url()).finish_non_exhaustive()
    }
}
