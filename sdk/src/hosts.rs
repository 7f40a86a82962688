//! Which of several addresses is called, and when another one is.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Url;

use crate::error::{Error, Result};
use crate::observe::host_switched;

/// The addresses of WeChat's API, or of gateways of yours, in the order in which they are tried.
///
/// The first one is the main host. When no connection to it can be made, a call goes to the next one, and so do all
/// calls after it. Once a minute one call tries the main host again; when that works, all calls come home.
///
/// Only a call of which certainly nothing was sent goes on to another host: the name has no address, the connection is
/// refused or not made in time, TLS fails, or the proxy does not let it through. Whatever a host has answered, be it an
/// error, is an answer. Each host is tried at most once for each attempt, without a pause, within the call's time.
///
/// ```
/// # fn main() -> weapp::Result<()> {
/// let documented = weapp::Hosts::wechat();
/// let own = weapp::Hosts::new(["https://wechat-a.example.com", "https://wechat-b.example.com/gateway"])?;
/// # let _ = (documented, own); Ok(()) }
/// ```
///
/// Calls that are signed or encrypted bind their URL to `api.weixin.qq.com`; whether WeChat takes them elsewhere is not
/// documented.
#[derive(Clone, PartialEq, Eq)]
pub struct Hosts(Vec<Url>);

/// More are a slip of the pen, and each costs a call that finds no host up to one time limit for connecting.
const MOST: usize = 16;

impl Hosts {
    /// All domains that WeChat documents: the main one (`api`), the one for recovery (`api2`), Shanghai, Shenzhen and
    /// Hong Kong.
    ///
    /// Official page: <https://developers.weixin.qq.com/doc/service/Basic_Information/Interface_field_description.html>
    #[must_use]
    pub fn wechat() -> Self {
        let names = ["api", "api2", "sh.api", "sz.api", "hk.api"];
        Self(names.iter().filter_map(|name| Url::parse(&format!("https://{name}.weixin.qq.com")).ok()).collect())
    }

    /// Addresses of your own, the main one first: `https://host`, with a path if you must.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when there is none, or there are more than 16, or one of them is
    /// not http or https, has no host, or has a query or a fragment. It says which.
    pub fn new<I>(urls: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let urls = urls.into_iter().map(|url| base(url.as_ref())).collect::<Result<Vec<_>>>()?;
        match urls.len() {
            0 => Err(Error::config("there is no host to call", "give at least one URL, or use `Hosts::wechat()`")),
            1..=MOST => Ok(Self(urls)),
            many => Err(Error::config(format!("{many} hosts are too many"), "give at most 16 URLs")),
        }
    }

    /// Whether all of them are on this machine.
    pub(crate) fn are_loopback(&self) -> bool {
        self.0.iter().all(is_loopback)
    }
}

/// Without the user and password that a URL may hold.
impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|url| shown(url.as_str()))).finish()
    }
}

/// An address that paths can be put behind.
fn base(text: &str) -> Result<Url> {
    let problem = match Url::parse(text.trim_end_matches('/')) {
        Err(_) => "is no URL",
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "is neither http nor https",
        Ok(url) if !url.has_host() => "has no host",
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "has a query or a fragment",
        Ok(url) => return Ok(url),
    };
    Err(Error::config(
        format!("the address `{}` {problem}", shown(text)),
        "write it as https://host, with a path if you must",
    ))
}

/// A URL without what may be secret in it: user, password, query and fragment. Also of a text that is no URL.
fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match (text.split_once("://"), text.rsplit_once('@')) {
        (_, None) => text.to_owned(),
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        (None, Some((_, rest))) => rest.to_owned(),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// How long calls stay away from a main host that failed. Whoever tries it then may lose the time limit for connecting
/// (5 seconds by default), so that it should be rare; and a domain for recovery is not meant to carry everything for
/// long, so that it should not be much rarer.
const AWAY: Duration = Duration::from_secs(60);

/// Which host a client calls now. No lock: with one host it is a look at a length, else a load or two.
///
/// The route changes when a call has *reached* another host, not when it has failed at one: so nothing moves, and
/// nothing is logged, while the network of this machine is down.
pub(crate) struct Route {
    hosts: Hosts,
    /// Where calls begin.
    now: AtomicUsize,
    /// When the main host is to be tried again, in milliseconds since `since`. Only read while calls begin elsewhere.
    home_at: AtomicU64,
    since: Instant,
}

/// One attempt's way along the hosts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    /// The host to call.
    index: usize,
    /// Where calls began when this one did.
    begin: usize,
    /// A bit for each host that could not be reached.
    failed: u16,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.hosts.fmt(f)
    }
}

impl Route {
    pub(crate) fn new(hosts: Hosts) -> Self {
        Self { hosts, now: AtomicUsize::new(0), home_at: AtomicU64::new(0), since: Instant::now() }
    }

    /// The address of a host, to put a path behind.
    pub(crate) fn base(&self, way: Way) -> &Url {
        // A way comes from `begin`, and is never beyond the end.
        &self.hosts.0[way.index]
    }

    /// The main host.
    pub(crate) fn main(&self) -> &Url {
        &self.hosts.0[0]
    }

    /// Where an attempt begins.
    pub(crate) fn begin(&self) -> Way {
        if self.hosts.0.len() == 1 {
            return Way { index: 0, begin: 0, failed: 0 };
        }
        let begin = self.now.load(Ordering::Acquire);
        let index = if begin != 0 && self.is_time_to_go_home() { 0 } else { begin };
        Way { index, begin, failed: 0 }
    }

    /// True for one call in a while: it tries the main host, and the others stay where it is known to work.
    fn is_time_to_go_home(&self) -> bool {
        let now = self.milliseconds();
        let due = self.home_at.load(Ordering::Relaxed);
        let next = now + AWAY.as_millis() as u64;
        now >= due && self.home_at.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// The host could not be reached, and nothing was sent: on to the next. `false` when all have been tried.
    pub(crate) fn failed(&self, way: &mut Way) -> bool {
        way.failed |= 1 << way.index;
        let hosts = self.hosts.0.len();
        // From where calls begin: whoever tried the main host in vain goes back to the one that works.
        let mut others = (way.begin..hosts).chain(0..way.begin);
        match others.find(|index| way.failed & (1 << index) == 0) {
            Some(next) => {
                way.index = next;
                true
            }
            None => false,
        }
    }

    /// A connection to the host took the request, whatever came of it. Calls begin there from now on, unless they do
    /// already.
    pub(crate) fn answered(&self, way: Way) {
        if way.index == way.begin {
            return;
        }
        if way.index != 0 {
            self.home_at.store(self.milliseconds() + AWAY.as_millis() as u64, Ordering::Relaxed);
        }
        // Whoever has changed the route meanwhile knew as much.
        if self.now.compare_exchange(way.begin, way.index, Ordering::Release, Ordering::Relaxed).is_err() {
            return;
        }
        let name = |index: usize| self.hosts.0[index].host_str().unwrap_or_default();
        host_switched(name(way.begin), name(way.index), way.index == 0);
    }

    fn milliseconds(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn route(hosts: usize) -> Route {
        Route::new(Hosts::new((0..hosts).map(|host| format!("https://h{host}.example.com"))).unwrap())
    }

    fn host(route: &Route, way: Way) -> String {
        route.base(way).host_str().unwrap().replace(".example.com", "")
    }

    fn pass(route: &mut Route, time: Duration) {
        route.since -= time;
    }

    /// The hosts that an attempt tries when only those of `alive` can be reached.
    fn attempt(route: &Route, alive: &[&str]) -> Vec<String> {
        let mut way = route.begin();
        let mut tried = Vec::new();
        loop {
            tried.push(host(route, way));
            if alive.contains(&tried.last().unwrap().as_str()) {
                route.answered(way);
                return tried;
            }
            if !route.failed(&mut way) {
                return tried;
            }
        }
    }

    #[test]
    fn the_documented_domains_are_known() {
        let hosts = Hosts::wechat();
        let names: Vec<_> = hosts.0.iter().map(|url| (url.scheme(), url.host_str().unwrap())).collect();
        let expected = ["api", "api2", "sh.api", "sz.api", "hk.api"].map(|name| format!("{name}.weixin.qq.com"));
        assert_eq!(names, expected.iter().map(|name| ("https", name.as_str())).collect::<Vec<_>>());
        assert!(!hosts.are_loopback());
    }

    #[test]
    fn addresses_are_checked_and_named_without_secrets() {
        let ok = Hosts::new(["https://a.example.com/", "http://127.0.0.1:8080/wx"]).unwrap();
        assert_eq!(ok.0[1].path(), "/wx");
        assert!(Hosts::new(["http://127.0.0.1:1", "http://[::1]:2", "http://localhost"]).unwrap().are_loopback());
        let cases = [
            ("", "`` is no URL"),
            ("a.example.com", "`a.example.com` is no URL"),
            ("ftp://a.example.com", "`ftp://a.example.com` is neither http nor https"),
            ("https://a.example.com?token=secret", "`https://a.example.com` has a query"),
            ("https://a.example.com#secret", "`https://a.example.com` has a query or a fragment"),
            ("https://user:secret@a b", "`https://a b` is no URL"),
            ("user:secret@a.example.com", "`a.example.com` is neither http nor https"),
        ];
        for (url, told) in cases {
            let error = Hosts::new(["https://fine.example.com", url]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(told), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert!(Hosts::new(Vec::<String>::new()).unwrap_err().to_string().contains("no host"));
        assert!(Hosts::new(["https://a.example.com"; 17]).unwrap_err().to_string().contains("17"));
        let debug = format!("{:?}", Hosts::new(["https://user:secret@a.example.com/wx"]).unwrap());
        assert_eq!(debug, r#"["https://a.example.com/wx"]"#);
    }

    #[test]
    fn calls_follow_the_first_that_reached_another_host() {
        let route = route(3);
        assert_eq!(attempt(&route, &["h0"]), ["h0"]);
        assert_eq!(attempt(&route, &["h2"]), ["h0", "h1", "h2"]);
        assert_eq!(attempt(&route, &["h2"]), ["h2"], "the others follow");
        assert_eq!(attempt(&route, &["h0"]), ["h2", "h0"], "home when nothing else works");
        assert_eq!(attempt(&route, &["h0"]), ["h0"]);
    }

    #[test]
    fn each_host_is_tried_once_and_nothing_moves_while_all_are_dead() {
        let route = route(3);
        for _ in 0..3 {
            assert_eq!(attempt(&route, &[]), ["h0", "h1", "h2"]);
        }
        attempt(&route, &["h1"]);
        assert_eq!(attempt(&route, &[]), ["h1", "h2", "h0"]);
    }

    #[test]
    fn one_call_a_minute_tries_the_main_host() {
        let mut route = route(3);
        attempt(&route, &["h1"]);
        pass(&mut route, AWAY - Duration::from_secs(10));
        assert_eq!(attempt(&route, &["h1"]), ["h1"]);
        pass(&mut route, Duration::from_secs(10));
        let mut scout = route.begin();
        assert_eq!(host(&route, scout), "h0");
        assert_eq!(attempt(&route, &["h1"]), ["h1"], "the others do not wait for the scout");
        assert!(route.failed(&mut scout));
        assert_eq!(host(&route, scout), "h1", "back to the host that works");
        route.answered(scout);
        assert_eq!(attempt(&route, &["h1"]), ["h1"]);
        pass(&mut route, AWAY);
        assert_eq!(attempt(&route, &["h0", "h1"]), ["h0"]);
        assert_eq!(attempt(&route, &["h0", "h1"]), ["h0"], "all are home");
    }

    #[test]
    fn a_late_answer_moves_nobody() {
        let route = route(3);
        let slow = route.begin();
        let mut other = route.begin();
        attempt(&route, &["h1"]);
        route.answered(slow);
        assert_eq!(attempt(&route, &["h1"]), ["h1"], "an old connection says nothing of new ones");
        assert!(route.failed(&mut other) && route.failed(&mut other));
        route.answered(other);
        assert_eq!(attempt(&route, &["h1"]), ["h1"], "whoever comes second changes nothing");
    }

    #[test]
    fn one_host_goes_nowhere() {
        let route = route(1);
        let mut way = route.begin();
        assert!(!route.failed(&mut way));
        route.answered(way);
        assert_eq!(host(&route, route.begin()), "h0");
        assert_eq!(route.main().host_str(), Some("h0.example.com"));
    }

    #[test]
    fn threads_agree() {
        let route = route(4);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for round in 0..1000 {
                        let alive = format!("h{}", round % 4);
                        let tried = attempt(&route, &[&alive]);
                        assert_eq!(tried.last(), Some(&alive));
                        assert!(tried.len() <= 4);
                    }
                });
            }
        });
        assert_eq!(attempt(&route, &["h3"]).last().unwrap(), "h3");
        assert_eq!(attempt(&route, &["h3"]), ["h3"]);
    }
}
