//! Faults that meet a share of all requests, drawn from a seed.

use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::Bytes;

use super::catalogue::{Endpoint, Response};
use super::random::Draws;
use super::rules::{Canned, End, Target};
use super::wechat::{CLASSIC_TOKEN, STABLE_TOKEN};

/// What can go wrong between a caller and WeChat: see [`Faults`].
///
/// "Before" is before WeChat takes the request, which then has no effect; "after" is after it has taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is reset (TCP RST) as if the request had never arrived. It is not among
    /// [`Mock::requests`](super::Mock::requests).
    ResetBefore,
    /// The connection is closed (TCP FIN) as if the request had never arrived. It is not among
    /// [`Mock::requests`](super::Mock::requests).
    CloseBefore,
    /// The connection is reset without an answer.
    ResetAfter,
    /// The connection is closed without an answer.
    CloseAfter,
    /// The answer is right, and late: see [`Faults::delays`].
    Delay,
    /// HTTP status 500, 502 or 503 with a page of HTML, by a gateway that did not let the request through.
    GatewayBefore,
    /// HTTP status 502 with a page of HTML, by a gateway that let the request through and lost the answer.
    GatewayAfter,
    /// WeChat answers -1 and does nothing.
    Busy,
    /// WeChat answers 40001 to a good token, which goes on working, and does nothing. Only where a call carries a
    /// token.
    TokenRejected,
    /// The whole length of the answer is announced, and the connection is closed in the midst of it.
    CutOff,
    /// JSON that breaks off, in an HTTP answer that does not. Only where JSON is answered.
    Truncated,
    /// A page of HTML with the status of success, by something that did not let the request through.
    HtmlBefore,
    /// A page of HTML with the status of success, in place of the answer.
    HtmlAfter,
    /// The right answer with a byte order mark in front, and with one more member, `mock_dirt`, whose text holds raw
    /// control characters. Only where JSON is answered.
    Dirty,
}

impl Fault {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::ResetBefore,
        Self::CloseBefore,
        Self::ResetAfter,
        Self::CloseAfter,
        Self::Delay,
        Self::GatewayBefore,
        Self::GatewayAfter,
        Self::Busy,
        Self::TokenRejected,
        Self::CutOff,
        Self::Truncated,
        Self::HtmlBefore,
        Self::HtmlAfter,
        Self::Dirty,
    ];

    /// In words, for tables: `reset before`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ResetBefore => "reset before",
            Self::CloseBefore => "close before",
            Self::ResetAfter => "reset after",
            Self::CloseAfter => "close after",
            Self::Delay => "delay",
            Self::GatewayBefore => "gateway before",
            Self::GatewayAfter => "gateway after",
            Self::Busy => "busy",
            Self::TokenRejected => "token rejected",
            Self::CutOff => "cut off",
            Self::Truncated => "truncated",
            Self::HtmlBefore => "HTML before",
            Self::HtmlAfter => "HTML after",
            Self::Dirty => "dirty",
        }
    }

    /// Whether a request that is right takes effect all the same.
    #[must_use]
    pub fn takes_effect(self) -> bool {
        !self.is_in_front() && !self.is_refusal()
    }

    /// Whether WeChat does not see the request.
    pub(super) fn is_in_front(self) -> bool {
        matches!(self, Self::ResetBefore | Self::CloseBefore | Self::GatewayBefore | Self::HtmlBefore)
    }

    /// Whether WeChat refuses a request that it would have taken.
    pub(super) fn is_refusal(self) -> bool {
        matches!(self, Self::Busy | Self::TokenRejected)
    }

    fn suits(self, endpoint: Option<&Endpoint>) -> bool {
        match self {
            Self::Busy => endpoint.is_some(),
            Self::TokenRejected => endpoint.is_some_and(|endpoint| endpoint.token.is_token()),
            Self::Truncated | Self::Dirty => {
                endpoint.is_none_or(|endpoint| !matches!(endpoint.response, Response::Image | Response::Bytes))
            }
            _ => true,
        }
    }
}

/// Faults that a share of all requests meets, for [`Mock::faults`](super::Mock::faults).
///
/// ```no_run
/// # fn demo(mock: &weapp::mock::Mock) -> weapp::Result<()> {
/// use weapp::mock::{Fault, Faults};
///
/// // One of ten requests, but for those that fetch tokens; resets thrice as often as any other fault.
/// mock.faults(Faults::seeded(7).rate(0.1).weight(Fault::ResetAfter, 3).spare_tokens())?;
/// // … calls …
/// for (fault, count) in mock.faults_given() {
///     println!("{}: {count}", fault.name());
/// }
/// mock.clear_faults();
/// # Ok(()) }
/// ```
///
/// Requests are counted from the moment at which the faults are switched on, and only those that they are about (see
/// [`at`](Self::at) and [`except`](Self::except)). What the nth of them meets follows from the seed, from n and from
/// the endpoint, and from nothing else: so one caller meets the same faults each time, and of many callers as many
/// meet them. Another version of this crate may draw otherwise.
///
/// [`Fault::Busy`] and [`Fault::TokenRejected`] meet only requests that WeChat would take: one with a stale token or a
/// wrong parameter is told so, and meets no fault. Rules ([`Mock::on`](super::Mock::on)) count beside faults: a
/// request that WeChat does not see uses up no call of a rule, and where a rule answers in WeChat's place without
/// looking at the request (as [`Rule::status`](super::Rule::status) does), no other fault is added.
#[derive(Clone, Debug)]
#[must_use = "faults are switched on by `Mock::faults`"]
pub struct Faults {
    seed: u64,
    rate: f64,
    /// One for each of [`Fault::ALL`].
    weights: Vec<(Fault, u32)>,
    at: Vec<String>,
    except: Vec<String>,
    spares_tokens: bool,
    delays: (Duration, Duration),
}

impl Faults {
    /// All faults alike, at one of ten requests, everywhere.
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            rate: 0.1,
            weights: Fault::ALL.iter().map(|fault| (*fault, 1)).collect(),
            at: Vec::new(),
            except: Vec::new(),
            spares_tokens: false,
            delays: (Duration::from_millis(5), Duration::from_millis(50)),
        }
    }

    /// The share of requests that meet a fault, from 0.0 to 1.0. What is beyond these is cut off; NaN is none.
    pub fn rate(mut self, share: f64) -> Self {
        self.rate = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self
    }

    /// How often a fault is drawn in comparison with others, which have 1 unless said otherwise. 0 is never.
    pub fn weight(mut self, fault: Fault, weight: u32) -> Self {
        for (_, own) in self.weights.iter_mut().filter(|(known, _)| *known == fault) {
            *own = weight;
        }
        self
    }

    /// These faults, with the weight 1 each, and no others.
    pub fn only(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        let faults: Vec<Fault> = faults.into_iter().collect();
        for (fault, weight) in &mut self.weights {
            *weight = u32::from(faults.contains(fault));
        }
        self
    }

    /// Only at this endpoint, which is named as for [`Mock::on`](super::Mock::on). Called more than once: at each of
    /// these endpoints.
    pub fn at(mut self, endpoint: impl Into<String>) -> Self {
        self.at.push(endpoint.into());
        self
    }

    /// Not at this endpoint, which is named as for [`Mock::on`](super::Mock::on).
    pub fn except(mut self, endpoint: impl Into<String>) -> Self {
        self.except.push(endpoint.into());
        self
    }

    /// Not where tokens are fetched.
    pub fn spare_tokens(mut self) -> Self {
        self.spares_tokens = true;
        self
    }

    /// The shortest and the longest time by which [`Fault::Delay`] delays an answer: 5 to 50 ms unless said otherwise.
    pub fn delays(mut self, range: RangeInclusive<Duration>) -> Self {
        self.delays = range.into_inner();
        self
    }

    /// What the request of this number meets.
    fn draw(&self, number: u64, endpoint: Option<&Endpoint>) -> Option<Drawn> {
        let mut draws = Draws::new(self.seed, number);
        if draws.share() >= self.rate {
            return None;
        }
        let suitable = || self.weights.iter().filter(|(fault, _)| fault.suits(endpoint));
        let total: u64 = suitable().map(|(_, weight)| u64::from(*weight)).sum();
        let mut left = draws.below(total)?;
        let (fault, _) = suitable().find(|(_, weight)| match left.checked_sub((*weight).into()) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        })?;
        let (shortest, longest) = self.delays;
        let span = u64::try_from(longest.saturating_sub(shortest).as_nanos()).unwrap_or(u64::MAX);
        let delay = shortest.saturating_add(Duration::from_nanos(draws.below(span.saturating_add(1)).unwrap_or(0)));
        Some(Drawn { fault: *fault, delay, detail: draws.share() })
    }
}

/// A fault that one request is to meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Drawn {
    pub(super) fault: Fault,
    pub(super) delay: Duration,
    /// From 0 to 1: which of several forms the fault takes.
    detail: f64,
}

impl Drawn {
    /// The answer of a gateway, for faults in front that give one.
    pub(super) fn page(&self) -> Option<Canned> {
        match self.fault {
            Fault::GatewayBefore => {
                let status = [500, 502, 503];
                status.get((self.detail * 3.0) as usize).map(|status| Canned::page(*status))
            }
            Fault::HtmlBefore => Some(Canned::page(200)),
            _ => None,
        }
    }

    /// How an answer of this length ends.
    pub(super) fn end(&self, length: usize) -> Option<End> {
        match self.fault {
            Fault::ResetAfter => Some(End::Vanish { reset: true }),
            Fault::CloseAfter => Some(End::Vanish { reset: false }),
            Fault::CutOff => Some(End::Truncate((length as f64 * self.detail) as usize)),
            Fault::GatewayAfter => Some(End::Replace(Canned::page(502))),
            Fault::HtmlAfter => Some(End::Replace(Canned::page(200))),
            _ => None,
        }
    }

    /// JSON as it comes damaged; `None` for another fault, or where there is no JSON object to damage.
    pub(super) fn damaged(&self, body: &Bytes) -> Option<Bytes> {
        let inside = body.strip_prefix(b"{").filter(|inside| !inside.is_empty())?;
        match self.fault {
            Fault::Truncated => Some(body.slice(..1 + ((inside.len() - 1) as f64 * self.detail) as usize)),
            Fault::Dirty => {
                let comma = if inside == b"}" { "" } else { "," };
                let mut dirty = format!("\u{feff}{{\"mock_dirt\":\"a\u{1}\tb\nc\"{comma}").into_bytes();
                dirty.extend_from_slice(inside);
                Some(dirty.into())
            }
            _ => None,
        }
    }
}

/// Faults that are switched on.
#[derive(Debug)]
pub(super) struct Running {
    faults: Faults,
    at: Vec<Target>,
    except: Vec<Target>,
    /// How many requests came that the faults are about.
    number: u64,
}

impl Running {
    /// Looks up the endpoints by `target`.
    pub(super) fn new<E>(mut faults: Faults, target: impl Fn(&str) -> Result<Target, E>) -> Result<Self, E> {
        let targets =
            |names: &mut Vec<String>| -> Result<Vec<Target>, E> { names.drain(..).map(|name| target(&name)).collect() };
        let at = targets(&mut faults.at)?;
        let mut except = targets(&mut faults.except)?;
        if faults.spares_tokens {
            except.extend([CLASSIC_TOKEN, STABLE_TOKEN].map(|path| Target::Path(path.to_owned())));
        }
        Ok(Self { faults, at, except, number: 0 })
    }

    /// What the request that has just arrived is to meet.
    pub(super) fn draw(&mut self, endpoint: Option<&Endpoint>, path: &str) -> Option<Drawn> {
        let id = endpoint.map(|endpoint| endpoint.id.as_str());
        let covers = |target: &Target| target.covers(id, path);
        if self.except.iter().any(covers) || !(self.at.is_empty() || self.at.iter().any(covers)) {
            return None;
        }
        self.number += 1;
        self.faults.draw(self.number, endpoint)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use serde_json::Value;

    use super::*;
    use crate::mock::catalogue::built_in;

    fn drawn(faults: &Faults, id: &str) -> Vec<Option<Fault>> {
        let endpoint = built_in().unwrap().named(id).unwrap();
        (1..=10_000).map(|number| Some(faults.draw(number, Some(endpoint))?.fault)).collect()
    }

    fn count(drawn: &[Option<Fault>], fault: Fault) -> usize {
        drawn.iter().filter(|drawn| **drawn == Some(fault)).count()
    }

    #[test]
    fn the_seed_and_the_number_decide() {
        let faults = Faults::seeded(7);
        let first = drawn(&faults, "sendMessage");
        assert_eq!(first, drawn(&faults.clone(), "sendMessage"));
        assert_ne!(first, drawn(&Faults::seeded(8), "sendMessage"));
        let given = first.iter().flatten().count();
        assert!((900..1100).contains(&given), "{given} of 10,000 at a rate of 0.1");
        for fault in Fault::ALL {
            let given = count(&first, *fault);
            assert!((40..110).contains(&given), "{}: {given}", fault.name());
        }
    }

    #[test]
    fn rates_and_weights() {
        let given = |faults: Faults| drawn(&faults, "sendMessage");
        for (rate, wanted) in [(0.0, 0), (-1.0, 0), (f64::NAN, 0), (1.0, 10_000), (7.0, 10_000)] {
            assert_eq!(given(Faults::seeded(1).rate(rate)).iter().flatten().count(), wanted, "{rate}");
        }
        let all = Faults::seeded(1).rate(1.0);
        let two = given(all.clone().only([Fault::Busy, Fault::Delay]).weight(Fault::Busy, 3));
        let (busy, delay) = (count(&two, Fault::Busy), count(&two, Fault::Delay));
        assert_eq!(busy + delay, 10_000);
        assert!((7300..7700).contains(&busy), "{busy}");
        assert_eq!(count(&given(all.clone().weight(Fault::Busy, 0)), Fault::Busy), 0);
        assert!(given(all.only([])).iter().all(Option::is_none));
        let delays = Faults::seeded(1).rate(1.0).only([Fault::Delay]);
        for (from, to) in [(3, 3), (10, 20), (9, 8), (0, 0)] {
            let delays = delays.clone().delays(Duration::from_secs(from)..=Duration::from_secs(to));
            let delay = delays.draw(1, None).unwrap().delay;
            assert!(delay >= Duration::from_secs(from) && delay <= Duration::from_secs(to.max(from)), "{delay:?}");
        }
        assert!(delays.delays(Duration::MAX..=Duration::MAX).draw(1, None).is_some());
    }

    #[test]
    fn some_faults_do_not_suit_some_endpoints() {
        let all = Faults::seeded(1).rate(1.0);
        let never = |id: &str| -> Vec<Fault> {
            let drawn = drawn(&all, id);
            Fault::ALL.iter().copied().filter(|fault| count(&drawn, *fault) == 0).collect()
        };
        assert_eq!(never("sendMessage"), []);
        assert_eq!(never("getStableAccessToken"), [Fault::TokenRejected]);
        assert_eq!(never("code2Session"), [Fault::TokenRejected]);
        assert_eq!(never("getUnlimitedQRCode"), [Fault::Truncated, Fault::Dirty]);
        let picture = built_in().unwrap().named("getUnlimitedQRCode");
        assert!(all.only([Fault::Dirty]).draw(1, picture).is_none());
    }

    #[test]
    fn only_what_the_faults_are_about_counts() {
        let target = |name: &str| {
            let named = built_in().unwrap().named(name).map(|endpoint| Target::Endpoint(endpoint.id.clone()));
            Ok::<_, Infallible>(named.unwrap_or_else(|| Target::Path(name.to_owned())))
        };
        let running = |faults: Faults| Running::new(faults.rate(0.5), target).unwrap();
        let endpoint = |id: &str| built_in().unwrap().named(id);
        let draw = |running: &mut Running, id: &str| {
            let endpoint = endpoint(id);
            running.draw(endpoint, &endpoint.unwrap().path)
        };

        let mut alone = running(Faults::seeded(7).at("sendMessage"));
        let mut between = running(Faults::seeded(7).at("sendMessage").at("/wxa/new"));
        for _ in 0..100 {
            let expected = draw(&mut alone, "sendMessage");
            assert_eq!(draw(&mut between, "getLiveInfo"), None);
            assert_eq!(draw(&mut between, "sendMessage"), expected);
        }
        assert!((0..20).any(|_| between.draw(None, "/wxa/new").is_some()));

        let mut spared = running(Faults::seeded(7).spare_tokens().except("getLiveInfo"));
        for id in ["getStableAccessToken", "getAccessToken", "getLiveInfo"] {
            assert!((0..100).all(|_| draw(&mut spared, id).is_none()), "{id}");
        }
        assert_eq!(spared.number, 0);
        assert!((0..100).any(|_| draw(&mut spared, "sendMessage").is_some()));
    }

    #[test]
    fn damages() {
        let damaged = |fault, detail, body: &'static str| {
            Drawn { fault, delay: Duration::ZERO, detail }.damaged(&Bytes::from_static(body.as_bytes()))
        };
        for body in [r#"{"errcode":0,"errmsg":"ok"}"#, "{}"] {
            for detail in [0.0, 0.5, 0.999_999] {
                let cut = damaged(Fault::Truncated, detail, body).unwrap();
                assert!(!cut.is_empty() && cut.len() < body.len() && body.as_bytes().starts_with(&cut));
                assert!(serde_json::from_slice::<Value>(&cut).is_err());
            }
            let dirty = damaged(Fault::Dirty, 0.0, body).unwrap();
            assert!(serde_json::from_slice::<Value>(&dirty).is_err());
            let text = std::str::from_utf8(&dirty).unwrap().strip_prefix('\u{feff}').unwrap();
            let clean = text.replace(char::is_control, "");
            let mut json: Value = serde_json::from_str(&clean).unwrap();
            assert_eq!(json.as_object_mut().unwrap().remove("mock_dirt"), Some("abc".into()));
            assert_eq!(json, serde_json::from_str::<Value>(body).unwrap());
        }
        for body in ["", "{", "[]", "\u{ff}"] {
            assert_eq!(damaged(Fault::Truncated, 0.5, body).or(damaged(Fault::Dirty, 0.5, body)), None, "{body}");
        }
    }

    #[test]
    fn each_fault_has_a_name_and_an_effect_or_none() {
        let names: std::collections::BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::ALL.len());
        let without: Vec<_> = Fault::ALL.iter().copied().filter(|fault| !fault.takes_effect()).collect();
        use Fault::{Busy, CloseBefore, GatewayBefore, HtmlBefore, ResetBefore, TokenRejected};
        assert_eq!(without, [ResetBefore, CloseBefore, GatewayBefore, Busy, TokenRejected, HtmlBefore]);
    }
}
