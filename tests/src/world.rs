//! The SDK and a server for it to talk to.

use serde_json::{Map, Value};
use weapp::dynamic::Output;
use weapp::sign::PaymentKeys;
use weapp::{Client, ErrorKind, Retry};

use crate::answers::success;
use crate::expect::{Caller, Keys, expected};
use crate::make::Flavor;
use crate::message::{Message, find};
use crate::server::{Issue, Server};
use crate::sign::MARK;
use crate::spec::{Endpoint, Spec};
use crate::tally::Tally;

/// The app that calls.
pub const APP: (&str, &str) = ("wx00000000000000a1", "secret/+=&%é");
/// The official account.
pub const OFFICIAL: (&str, &str) = ("wx00000000000000f2", "other+secret&=");
/// A merchant, and the token that a platform holds for it.
pub const MERCHANT: (&str, &str) = ("wx00000000000000d3", "MERCHANT+/=&TOKEN");

/// The AppKeys of payments that are configured; all hold [`MARK`].
fn keys() -> Keys {
    let key = |of: &str| Some(format!("{MARK} of {of} +/=&%é"));
    Keys { live: key("virtual payment"), sandbox: key("its sandbox"), b2b: key("B2b payment") }
}

fn payment_keys() -> PaymentKeys {
    let Keys { live: Some(live), sandbox: Some(sandbox), b2b: Some(b2b) } = keys() else { unreachable!("all are set") };
    PaymentKeys::new().virtual_payment(live).sandbox(sandbox).b2b(b2b)
}

/// A client of the SDK that talks to a server of ours.
#[derive(Debug)]
pub struct World {
    /// The server.
    pub server: Server,
    client: Client,
    retry: Retry,
}

impl World {
    /// A new one, in which nothing is repeated unless a token was rejected.
    pub async fn new() -> Self {
        Self::with_retry(Retry::never()).await
    }

    /// A new one with these repetitions.
    pub async fn with_retry(retry: Retry) -> Self {
        let server = Server::start(&[APP, OFFICIAL]).await;
        let client = client(&server, retry);
        Self { server, client, retry }
    }

    /// Goes on with another client: one that has seen no failures, which clients remember.
    pub fn forget_failures(&mut self) {
        self.client = client(&self.server, self.retry);
    }

    /// The client for an endpoint.
    pub fn client(&self, endpoint: &Endpoint) -> Client {
        match endpoint.token.as_str() {
            "authorizer" => self.client.with_token(MERCHANT.0, MERCHANT.1).with_payment_keys(payment_keys()),
            _ => self.client.clone(),
        }
    }

    /// The client for an endpoint, with no AppKey of payments.
    pub fn keyless(&self, endpoint: &Endpoint) -> Client {
        self.client(endpoint).with_payment_keys(PaymentKeys::new())
    }

    /// A client like [`client`](Self::client) that checks no constraint.
    pub fn unchecked(&self) -> Client {
        let builder = Client::builder().app(APP.0, APP.1).official_account(OFFICIAL.0, OFFICIAL.1);
        builder
            .base_url(self.server.url())
            .payment_keys(payment_keys())
            .retry(Retry::never())
            .unchecked()
            // What is looked at is the plain call.
            .unsigned()
            .build()
            .expect("a client")
    }

    /// Who calls an endpoint, with the token that was last given out.
    pub fn caller(&self, endpoint: &Endpoint) -> Caller {
        let official_account = Some(OFFICIAL.0.to_owned());
        let ((appid, secret), token, official_account) = match endpoint.token.as_str() {
            "authorizer" => ((MERCHANT.0, ""), Some(MERCHANT.1.to_owned()), None),
            "official_account" => (OFFICIAL, self.server.token_of(OFFICIAL.0), official_account),
            _ => (APP, self.server.token_of(APP.0), official_account),
        };
        Caller { appid: appid.to_owned(), secret: secret.to_owned(), official_account, token, keys: keys() }
    }

    /// Prepares the server for an endpoint: tokens are given out unless the endpoint itself is what does so.
    pub fn prepare(&self, spec: &Spec, endpoint: &Endpoint) {
        self.server.issue(if endpoint.has_token() { Issue::Fresh } else { Issue::Off });
        self.server.answer(success(spec, endpoint, Flavor::Rich(0)).0);
        drop(self.server.take_calls());
        drop(self.server.take_fetches());
    }

    /// Calls an endpoint by its id; answers the result and what the server saw.
    pub async fn call(&self, endpoint: &Endpoint, input: &Map<String, Value>) -> (weapp::Result<Output>, Vec<Message>) {
        self.call_with(&self.client(endpoint), endpoint, input).await
    }

    /// The same with another client.
    pub async fn call_with(
        &self,
        client: &Client,
        endpoint: &Endpoint,
        input: &Map<String, Value>,
    ) -> (weapp::Result<Output>, Vec<Message>) {
        let request = serde_json::to_vec(input).expect("JSON of our own");
        let result = weapp::dynamic::call(client, &endpoint.id, &request).await;
        if let Err(error) = &result {
            self.assert_no_secret(&endpoint.id, error);
        }
        let calls = self.server.take_calls();
        for call in &calls {
            assert_no_key(&endpoint.id, call);
        }
        (result, calls)
    }

    /// No error may tell a secret or a token, nor may what caused it.
    fn assert_no_secret(&self, endpoint: &str, error: &weapp::Error) {
        let mut told = format!("{error} {error:?} {error:#?}");
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            told.push_str(&format!(" {cause} {cause:?}"));
            source = cause.source();
        }
        let tokens = [APP.0, OFFICIAL.0].into_iter().filter_map(|appid| self.server.token_of(appid));
        for secret in tokens.chain([APP.1, OFFICIAL.1, MERCHANT.1].map(str::to_owned)) {
            assert!(!told.contains(&secret), "{endpoint}: an error tells a secret: {told}");
        }
        assert!(!told.contains(MARK), "{endpoint}: an error tells the key of a signature: {told}");
        assert!(!told.contains("access_token="), "{endpoint}: an error tells a URL: {told}");
    }

    /// Calls an endpoint, which must succeed with exactly one request, the one that the spec describes.
    pub async fn must_send(
        &self,
        tally: &mut Tally,
        spec: &Spec,
        endpoint: &Endpoint,
        label: &str,
        input: &Map<String, Value>,
    ) {
        tally.case(&endpoint.id);
        let (result, calls) = self.call(endpoint, input).await;
        if let Err(error) = &result {
            tally.fail(&endpoint.id, label, "success", error);
        }
        let [call] = &calls[..] else {
            tally.fail(&endpoint.id, label, "one request", calls.len());
            return;
        };
        let expected = expected(spec, endpoint, input, &self.caller(endpoint));
        for (place, expected, got) in expected.differences(endpoint, call) {
            tally.fail(&endpoint.id, &format!("{label}: {place}"), expected, got);
        }
    }
}

/// A key signs, and is sent nowhere.
fn assert_no_key(endpoint: &str, call: &Message) {
    let headers = call.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect::<String>();
    let head = format!("{} {:?}\n{headers}", call.path, call.query);
    let is_there = head.contains(MARK) || find(&call.body, MARK.as_bytes()).is_some();
    assert!(!is_there, "{endpoint}: the key of a signature is sent: {head}{}", String::from_utf8_lossy(&call.body));
}

fn client(server: &Server, retry: Retry) -> Client {
    Client::builder()
        .app(APP.0, APP.1)
        .official_account(OFFICIAL.0, OFFICIAL.1)
        .base_url(server.url())
        .payment_keys(payment_keys())
        .retry(retry)
        // What is looked at is the plain call.
        .unsigned()
        .build()
        .expect("a client")
}

/// The kind of a result that should be an error.
pub fn kind(result: &weapp::Result<Output>) -> Option<ErrorKind> {
    result.as_ref().err().map(weapp::Error::kind)
}
