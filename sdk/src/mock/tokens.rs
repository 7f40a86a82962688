//! Access tokens, with the lives that WeChat gives them.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::codes;
use super::random;

/// How long tokens live, and how they follow one another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lives {
    pub(super) lifetime: Duration,
    /// How long before its end a stable token is followed by the next; a 24th of its life where nothing is said.
    pub(super) rotation: Option<Duration>,
    /// How long a token that was replaced goes on working.
    pub(super) grace: Duration,
    /// How soon a forced refresh may follow another.
    pub(super) force_interval: Duration,
}

impl Default for Lives {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(7200),
            rotation: None,
            grace: Duration::from_secs(300),
            force_interval: Duration::from_secs(30),
        }
    }
}

impl Lives {
    /// How long before a stable token's end WeChat makes the next one: five minutes of two hours.
    fn rotation(&self) -> Duration {
        self.rotation.unwrap_or(self.lifetime / 24)
    }
}

/// How many tokens that were replaced are remembered.
const REMEMBERED: usize = 1024;

/// All tokens that were ever given out and not forgotten.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    issued: HashMap<String, Issued>,
    stable: HashMap<String, Stable>,
    classic: HashMap<String, String>,
    /// Tokens after which others came, oldest first.
    replaced: VecDeque<String>,
    /// How many tokens each app has fetched.
    fetched: HashMap<String, u64>,
    pub(super) fetches: usize,
    /// How many of the fetches gave out a new token.
    pub(super) issues: usize,
}

#[derive(Debug)]
struct Issued {
    holder: Holder,
    ends: Instant,
    replaced: bool,
}

/// For whom a token was made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Holder {
    pub(super) appid: String,
    /// Whether a third-party platform holds it for the app.
    pub(super) platform: bool,
}

#[derive(Debug)]
struct Stable {
    current: String,
    forced: Option<Instant>,
    /// Whether the current token itself came of a forced refresh.
    current_is_forced: bool,
}

impl Tokens {
    /// Counts a fetch, or answers the code of one too many.
    pub(super) fn count(&mut self, appid: &str, quota: Option<u64>) -> Result<(), i64> {
        let fetched = self.fetched.entry(appid.to_owned()).or_default();
        if quota.is_some_and(|quota| *fetched >= quota) {
            return Err(codes::QUOTA_USED_UP);
        }
        *fetched += 1;
        self.fetches += 1;
        Ok(())
    }

    /// `cgi-bin/token`: always a new one, in place of the previous one.
    pub(super) fn classic(&mut self, appid: &str, lives: &Lives, now: Instant) -> (String, Duration) {
        let token = self.issue(appid, false, lives, now);
        self.issues += 1;
        if let Some(old) = self.classic.insert(appid.to_owned(), token.clone()) {
            self.replace(old, later(now, lives.grace), now);
        }
        (token, lives.lifetime)
    }

    /// `cgi-bin/stable_token`: the current one, unless it is about to end or the caller forces a new one.
    pub(super) fn stable(&mut self, appid: &str, force: bool, lives: &Lives, now: Instant) -> (String, Duration) {
        let current = self.stable.get(appid);
        let left = current
            .and_then(|stable| self.issued.get(&stable.current))
            .map_or(Duration::ZERO, |issued| issued.ends.saturating_duration_since(now));
        let forced = current.and_then(|stable| stable.forced);
        let too_soon = forced.is_some_and(|forced| now.saturating_duration_since(forced) < lives.force_interval);
        let refresh = force && !too_soon;
        if let Some(stable) = current
            && !refresh
            && left > lives.rotation()
        {
            return (stable.current.clone(), left);
        }
        // Two forced refreshes in a row mean that the token leaked: the old one dies at once.
        let at_once = refresh && current.is_some_and(|stable| stable.current_is_forced);
        let token = self.issue(appid, false, lives, now);
        self.issues += 1;
        let next = Stable {
            current: token.clone(),
            forced: if refresh { Some(now) } else { forced },
            current_is_forced: refresh,
        };
        if let Some(old) = self.stable.insert(appid.to_owned(), next) {
            self.replace(old.current, if at_once { now } else { later(now, lives.grace) }, now);
        }
        (token, lives.lifetime)
    }

    /// A token that a third-party platform holds for an app.
    pub(super) fn platform(&mut self, appid: &str, lives: &Lives, now: Instant) -> String {
        self.issue(appid, true, lives, now)
    }

    fn issue(&mut self, appid: &str, platform: bool, lives: &Lives, now: Instant) -> String {
        let token = random::token();
        let holder = Holder { appid: appid.to_owned(), platform };
        self.issued.insert(token.clone(), Issued { holder, ends: later(now, lives.lifetime), replaced: false });
        token
    }

    fn replace(&mut self, token: String, ends: Instant, now: Instant) {
        if let Some(issued) = self.issued.get_mut(&token)
            && issued.ends > now
        {
            issued.ends = ends;
            issued.replaced = true;
        }
        self.replaced.push_back(token);
        if self.replaced.len() > REMEMBERED
            && let Some(oldest) = self.replaced.pop_front()
        {
            self.issued.remove(&oldest);
        }
    }

    /// Whose token this is, or the code with which WeChat refuses it.
    pub(super) fn holder(&self, token: &str, now: Instant) -> Result<Holder, i64> {
        match self.issued.get(token) {
            None => Err(codes::INVALID_CREDENTIAL),
            Some(issued) if now < issued.ends => Ok(issued.holder.clone()),
            Some(issued) if issued.replaced => Err(codes::INVALID_CREDENTIAL),
            Some(_) => Err(codes::TOKEN_EXPIRED),
        }
    }

    /// Makes all tokens unknown.
    pub(super) fn revoke(&mut self) {
        self.issued.clear();
        self.stable.clear();
        self.classic.clear();
        self.replaced.clear();
    }

    /// Ends the lives of all tokens.
    pub(super) fn expire(&mut self, now: Instant) {
        for issued in self.issued.values_mut().filter(|issued| issued.ends > now) {
            issued.ends = now;
            issued.replaced = false;
        }
    }
}

/// A moment that stands for never where the duration is absurd.
fn later(now: Instant, duration: Duration) -> Instant {
    const YEARS: Duration = Duration::from_secs(100 * 365 * 86_400);
    now.checked_add(duration).unwrap_or_else(|| now + YEARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "wx0123456789abcdef";

    /// Tokens with a clock that goes on when it is told to.
    struct Clocked {
        tokens: Tokens,
        lives: Lives,
        now: Instant,
    }

    impl Clocked {
        fn new(lives: Lives) -> Self {
            Self { tokens: Tokens::default(), lives, now: Instant::now() }
        }

        fn pass(&mut self, seconds: u64) {
            self.now += Duration::from_secs(seconds);
        }

        fn stable(&mut self, force: bool) -> (String, u64) {
            self.tokens.count(APP, None).unwrap();
            let (token, left) = self.tokens.stable(APP, force, &self.lives, self.now);
            (token, left.as_secs())
        }

        fn classic(&mut self, appid: &str) -> String {
            self.tokens.classic(appid, &self.lives, self.now).0
        }

        fn holder(&self, token: &str) -> Result<Holder, i64> {
            self.tokens.holder(token, self.now)
        }
    }

    #[test]
    fn a_stable_token_lives_two_hours_and_is_replaced_in_the_last_five_minutes() {
        let mut wechat = Clocked::new(Lives::default());
        let (first, left) = wechat.stable(false);
        assert_eq!(left, 7200);
        wechat.pass(6899);
        assert_eq!(wechat.stable(false), (first.clone(), 301));
        wechat.pass(2);
        let (second, left) = wechat.stable(false);
        assert_ne!(second, first);
        assert_eq!(left, 7200);
        assert!(wechat.holder(&first).is_ok() && wechat.holder(&second).is_ok());
        wechat.pass(299);
        assert!(wechat.holder(&first).is_ok());
        wechat.pass(1);
        assert_eq!(wechat.holder(&first), Err(codes::INVALID_CREDENTIAL));
        wechat.pass(6900);
        assert_eq!(wechat.holder(&second), Err(codes::TOKEN_EXPIRED));
        assert_eq!((wechat.tokens.fetches, wechat.tokens.issues), (3, 2));
    }

    #[test]
    fn the_next_stable_token_comes_when_the_rotation_begins() {
        let seconds = Duration::from_secs;
        let lives = Lives { lifetime: seconds(20), rotation: Some(seconds(8)), grace: seconds(10), ..Lives::default() };
        let mut wechat = Clocked::new(lives);
        let (first, _) = wechat.stable(false);
        wechat.pass(11);
        assert_eq!(wechat.stable(false), (first.clone(), 9));
        wechat.pass(1);
        let (second, left) = wechat.stable(false);
        assert_ne!(second, first);
        assert_eq!(left, 20);
        wechat.pass(9);
        assert!(wechat.holder(&first).is_ok(), "the grace is counted from the replacement, past the old end");
        wechat.pass(1);
        assert_eq!(wechat.holder(&first), Err(codes::INVALID_CREDENTIAL));
        assert_eq!((wechat.tokens.fetches, wechat.tokens.issues), (3, 2));

        let mut restless = Clocked::new(Lives { rotation: Some(seconds(7200)), ..Lives::default() });
        assert_ne!(restless.stable(false).0, restless.stable(false).0);
    }

    #[test]
    fn quotas_count_by_app() {
        let mut tokens = Tokens::default();
        let outcomes = [APP, APP, "wx2", APP, "wx2", "wx2"].map(|appid| tokens.count(appid, Some(2)));
        let used_up = Err(codes::QUOTA_USED_UP);
        assert_eq!(outcomes, [Ok(()), Ok(()), Ok(()), used_up, Ok(()), used_up]);
        assert_eq!(tokens.fetches, 4);
        assert_eq!(tokens.count(APP, None), Ok(()));
        assert_eq!(Tokens::default().count(APP, Some(0)), used_up);
    }

    #[test]
    fn tokens_do_not_pile_up() {
        let mut wechat = Clocked::new(Lives::default());
        let first = wechat.classic(APP);
        for _ in 0..REMEMBERED {
            wechat.classic(APP);
        }
        assert!(wechat.holder(&first).is_ok());
        let stable = wechat.stable(false).0;
        for _ in 0..REMEMBERED * 2 {
            wechat.classic(APP);
        }
        assert!(wechat.holder(&first).is_err());
        assert!(wechat.holder(&stable).is_ok());
        assert_eq!(wechat.tokens.issued.len(), REMEMBERED + 2);
    }

    #[test]
    fn forced_refreshes() {
        let mut wechat = Clocked::new(Lives::default());
        let (first, _) = wechat.stable(false);
        let (second, _) = wechat.stable(true);
        assert_ne!(second, first);
        assert!(wechat.holder(&first).is_ok(), "the old one lives on for a while");
        wechat.pass(29);
        assert_eq!(wechat.stable(true).0, second, "too soon");
        wechat.pass(1);
        let (third, _) = wechat.stable(true);
        assert_ne!(third, second);
        assert!(wechat.holder(&second).is_err(), "a second one in a row ends the old token at once");
        assert!(wechat.holder(&third).is_ok());
    }

    #[test]
    fn each_classic_fetch_replaces_the_token_and_the_two_systems_are_apart() {
        let mut wechat = Clocked::new(Lives::default());
        let (stable, _) = wechat.stable(false);
        let (first, second, other) = (wechat.classic(APP), wechat.classic(APP), wechat.classic("wx-another"));
        assert_ne!(first, second);
        assert!(wechat.holder(&first).is_ok());
        wechat.pass(300);
        assert_eq!(wechat.holder(&first), Err(codes::INVALID_CREDENTIAL));
        for token in [&stable, &second, &other] {
            assert!(wechat.holder(token).is_ok());
        }
        assert_eq!(wechat.holder(&other).unwrap().appid, "wx-another");
    }

    #[test]
    fn ends_by_decree() {
        let mut wechat = Clocked::new(Lives::default());
        let (first, _) = wechat.stable(false);
        wechat.tokens.expire(wechat.now);
        assert_eq!(wechat.holder(&first), Err(codes::TOKEN_EXPIRED));
        let (second, _) = wechat.stable(false);
        assert_ne!(second, first);
        wechat.tokens.revoke();
        assert_eq!(wechat.holder(&second), Err(codes::INVALID_CREDENTIAL));
        assert_eq!(wechat.holder(""), Err(codes::INVALID_CREDENTIAL));
        let platform = wechat.tokens.platform(APP, &wechat.lives, wechat.now);
        assert!(wechat.holder(&platform).unwrap().platform);
    }

    #[test]
    fn absurd_lives_do_no_harm() {
        for lifetime in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
            let mut wechat =
                Clocked::new(Lives { lifetime, rotation: None, grace: lifetime, force_interval: lifetime });
            for force in [false, true, true] {
                let (token, _) = wechat.stable(force);
                assert_eq!(wechat.holder(&token).is_ok(), lifetime > Duration::ZERO);
            }
            wechat.classic(APP);
            wechat.classic(APP);
        }
    }
}
