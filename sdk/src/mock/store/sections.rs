//! What is asked of a store, section by section. They run side by side, each with a key of its own.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::Trial;
use super::keyed::{End, Ended, Keyed, LATE, Step, key};
use crate::secret::Secret;
use crate::token::Lease;

type Section = for<'a> fn(&'a mut Trial) -> Pin<Box<dyn Future<Output = Step> + Send + 'a>>;

pub(super) const SECTIONS: [Section; 11] = [
    |trial| Box::pin(kept(trial)),
    |trial| Box::pin(texts(trial)),
    |trial| Box::pin(lives(trial)),
    |trial| Box::pin(extremes(trial)),
    |trial| Box::pin(leases(trial)),
    |trial| Box::pin(ends(trial)),
    |trial| Box::pin(renewals(trial)),
    |trial| Box::pin(stale_owners(trial)),
    |trial| Box::pin(expired(trial)),
    |trial| Box::pin(keys(trial)),
    |trial| Box::pin(crowd(trial)),
];

/// So long that no test sees its end.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_secs(1);
const TWO_HOURS: Duration = Duration::from_secs(7200);
const A_DAY: Duration = Duration::from_secs(86_400);
/// How often to look.
const LOOK: Duration = Duration::from_millis(20);
const CROWD: usize = 32;
/// How long the last of a crowd may have to wait.
const QUEUE: Duration = Duration::from_secs(10);

fn token(text: &str) -> Secret {
    Secret::new(format!("token {text}"))
}

impl Trial {
    /// What `load` answers must be this token of this generation.
    async fn must_load(&mut self, token: &Secret, lease: u64, when: &str) -> Step {
        match self.at.load().await? {
            None => self.require(false, format!("{when} `load` answers no token")),
            Some(loaded) => {
                self.require(loaded.token == *token, format!("{when} `load` answers another token"));
                self.require(
                    loaded.generation == lease,
                    format!("{when} `load` answers a generation that is not the fence of the lease it was saved under"),
                );
            }
        }
        Ok(())
    }

    async fn must_be_empty(&mut self, when: &str) -> Step {
        let loaded = self.at.load().await?;
        self.require(loaded.is_none(), format!("{when} `load` answers a token"));
        Ok(())
    }

    async fn must_be_held(&mut self, violation: &str) -> Step {
        let second = self.at.acquire(LONG).await?;
        self.require(second.is_none(), violation);
        Ok(())
    }

    /// The next lease, once the one before has ended.
    async fn lease_after(&mut self, end: End) -> Step<Lease> {
        loop {
            let before = Instant::now();
            let next = self.at.acquire(LONG).await?;
            match (end.judge(before, next.is_some()), next) {
                (Ended::TooEarly, _) => {
                    return Err("a lease ended before its time `ttl` was over".to_owned());
                }
                (_, Some(lease)) => return Ok(lease),
                (Ended::TooLate, None) => {
                    return Err("a lease did not end when its time `ttl` was over".to_owned());
                }
                (_, None) => sleep(LOOK).await,
            }
        }
    }
}

/// A token comes back as it was saved.
async fn kept(trial: &mut Trial) -> Step {
    trial.must_be_empty("under a key where nothing was saved").await?;
    let lease = trial.at.lease(LONG).await?;
    let (first, second) = (token("one"), token("two"));
    let before = Instant::now();
    trial.at.keep(&first, TWO_HOURS, &lease).await?;
    trial.must_load(&first, lease.fence(), "after `save`").await?;
    if let Some(loaded) = trial.at.load().await? {
        trial.require(
            loaded.life.abs_diff(TWO_HOURS) <= Duration::from_secs(1),
            "`load` answers a life other than the one that was saved",
        );
        trial.require(loaded.remaining <= loaded.life, "`load` answers that more remains than the whole life");
        trial.require(
            loaded.remaining + before.elapsed() + LATE >= TWO_HOURS,
            "`load` answers that less remains than was saved just now",
        );
    }
    trial.at.keep(&second, TWO_HOURS, &lease).await?;
    trial.must_load(&second, lease.fence(), "after a second `save` under the same lease").await?;
    trial.must_be_held("`save` ended the lease").await?;
    trial.at.release(lease).await
}

/// Whatever the characters of a token.
async fn texts(trial: &mut Trial) -> Step {
    // WeChat asks for room for 512 characters. NUL is left out: there are databases that can not hold it.
    let texts = [
        "0123456789abcdef".repeat(32),
        "0123456789ABCDEF".repeat(128),
        "访问令牌 ключ κλειδί مفتاح 🎫🇨🇳".to_owned(),
        // Composed and decomposed: nothing may normalise it.
        "é e\u{301} ﬁ \u{feff}\u{200d}\u{10ffff}".to_owned(),
        "\"quotes\" 'and' `marks` \\ / % _ ; -- {} [] <> & = + \u{1}\u{7f}".to_owned(),
        " lines\r\n\tand blanks at both ends \n".to_owned(),
    ];
    let lease = trial.at.lease(LONG).await?;
    for text in texts {
        let length = text.chars().count();
        let characters = if text.is_ascii() { "ASCII" } else { "Unicode" };
        let token = Secret::new(text);
        trial.at.keep(&token, TWO_HOURS, &lease).await?;
        let unchanged = trial.at.load().await?.is_some_and(|loaded| loaded.token == token);
        trial.require(unchanged, format!("a token of {length} {characters} characters does not come back as it was"));
    }
    trial.at.release(lease).await
}

/// Lives shrink and end.
async fn lives(trial: &mut Trial) -> Step {
    const LIFE: Duration = Duration::from_secs(3);
    let lease = trial.at.lease(LONG).await?;
    let before = Instant::now();
    trial.at.keep(&token("short"), LIFE, &lease).await?;
    let end = End::of(LIFE, before);
    let at_first = trial.at.load().await?;
    sleep(LATE).await;
    let later = trial.at.load().await?;
    if let (Some(at_first), Some(later)) = (at_first, later) {
        trial.require(later.remaining < at_first.remaining, "what remains of a token's life does not shrink");
        trial.require(
            later.life.abs_diff(LIFE) <= Duration::from_secs(1),
            "the life that `load` answers changes while the token ages",
        );
    }
    loop {
        let before = Instant::now();
        let loaded = trial.at.load().await?;
        match end.judge(before, loaded.is_none()) {
            Ended::NotYet => sleep(LOOK).await,
            Ended::InTime => break,
            Ended::TooEarly => return Err("a token is gone before its life is over".to_owned()),
            Ended::TooLate => return Err("`load` answers a token whose life is over".to_owned()),
        }
    }
    trial.at.release(lease).await
}

/// Lives and times of zero, and for ever.
async fn extremes(trial: &mut Trial) -> Step {
    let lease = trial.at.lease(LONG).await?;
    trial.at.keep(&token("kept"), TWO_HOURS, &lease).await?;
    trial.at.keep(&token("dead"), Duration::ZERO, &lease).await?;
    trial.must_be_empty("after `save` with a life of zero").await?;
    let for_ever = token("for ever");
    trial.at.keep(&for_ever, Duration::MAX, &lease).await?;
    trial.must_load(&for_ever, lease.fence(), "after `save` with a life of `Duration::MAX`").await?;
    let enough = trial.at.load().await?.is_none_or(|loaded| loaded.remaining > A_DAY);
    trial.require(enough, "of a life of `Duration::MAX` hardly anything remains");
    trial.at.release(lease).await?;

    let lease = trial.at.lease(Duration::MAX).await?;
    trial.must_be_held("a lease for `Duration::MAX` does not last").await?;
    let renewed = trial.at.renew(&lease, Duration::MAX).await?;
    trial.require(renewed, "`renew` for `Duration::MAX` refused the latest lease");
    trial.at.release(lease).await?;

    let before = Instant::now();
    let _at_an_end = trial.at.lease(Duration::ZERO).await?;
    let lease = trial.lease_after(End::of(Duration::ZERO, before)).await?;
    trial.at.release(lease).await
}

/// One lease at a time, with a fence beyond all before.
async fn leases(trial: &mut Trial) -> Step {
    let mut last = None;
    for round in 0..6 {
        let lease = trial.at.lease(LONG).await.map_err(|violation| match last {
            None => violation,
            Some(_) => "`acquire` gave no lease after the one before was released".to_owned(),
        })?;
        trial.require(
            last.is_none_or(|last| lease.fence() > last),
            "a lease has a fence that is not larger than the one before",
        );
        last = Some(lease.fence());
        trial.must_be_held("`acquire` gave a second lease while the first one lasted").await?;
        let text = token(&round.to_string());
        trial.at.keep(&text, TWO_HOURS, &lease).await?;
        if round % 2 == 0 {
            trial.at.expire(lease.fence()).await?;
        }
        trial.at.release(lease).await?;
        if round % 2 == 1 {
            let (lease, generation) = (trial.at.lease(LONG).await?, last);
            trial.must_load(&text, generation.unwrap_or_default(), "after the next `acquire`").await?;
            trial.require(last.is_some_and(|last| lease.fence() > last), "a fence did not rise after `release`");
            last = Some(lease.fence());
            trial.at.release(lease).await?;
        }
    }
    Ok(())
}

/// A lease that nobody releases or renews ends by itself.
async fn ends(trial: &mut Trial) -> Step {
    let before = Instant::now();
    let lease = trial.at.lease(SHORT).await?;
    let next = trial.lease_after(End::of(SHORT, before)).await?;
    trial.require(next.fence() > lease.fence(), "a fence did not rise after a lease that ran out");
    trial.at.release(next).await
}

/// A lease that is renewed ends so long from then on.
async fn renewals(trial: &mut Trial) -> Step {
    let before = Instant::now();
    let lease = trial.at.lease(SHORT).await?;
    let first_end = End::of(SHORT, before);
    let renewed = trial.at.renew(&lease, LONG).await?;
    // On a machine that stood still for a second it may have ended.
    if first_end.is_ahead() {
        trial.require(renewed, "`renew` refused the latest lease before its end");
    }
    sleep(SHORT + LATE).await;
    if renewed {
        trial.must_be_held("a lease that was renewed ended at its old end").await?;
    }
    let before = Instant::now();
    let shortened = trial.at.renew(&lease, SHORT).await?;
    trial.require(shortened || !renewed, "`renew` refused a lease that was renewed before");
    sleep(SHORT + LATE).await;
    let again = trial.at.renew(&lease, LONG).await?;
    trial.require(!again, "`renew` prolonged a lease that had ended, or did not shorten one when it was asked to");
    if again {
        return Ok(());
    }
    let next = trial.lease_after(End::of(SHORT, before)).await?;
    trial.require(next.fence() > lease.fence(), "a fence did not rise after a lease that ran out");
    trial.at.release(next).await
}

/// Who was held up for too long.
async fn stale_owners(trial: &mut Trial) -> Step {
    let before = Instant::now();
    let slow = trial.at.lease(SHORT).await?;
    let end = End::of(SHORT, before);
    sleep(SHORT + LATE).await;
    // The token it fetched is good, and nobody else has one.
    let late = token("late");
    let kept = trial.at.save(&late, TWO_HOURS, &slow).await?;
    trial.require(kept, "`save` refused a token though no newer lease was given out, only because its lease had ended");
    if kept {
        trial.must_load(&late, slow.fence(), "after a late `save`").await?;
    }

    let next = trial.lease_after(end).await?;
    trial.require(next.fence() > slow.fence(), "a fence did not rise after a lease that ran out");
    let stale = token("stale");
    let overwritten = "`save` under a lease that is not the latest one";
    let saved = trial.at.save(&stale, TWO_HOURS, &slow).await?;
    trial.require(!saved, format!("{overwritten} says that it kept the token"));
    let loaded = trial.at.load().await?;
    trial.require(loaded.is_none_or(|loaded| loaded.token != stale), format!("{overwritten} kept the token"));
    let renewed = trial.at.renew(&slow, LONG).await?;
    trial.require(!renewed, "`renew` prolonged a lease that is not the latest one");

    let newer = token("newer");
    trial.at.keep(&newer, TWO_HOURS, &next).await?;
    trial.at.save(&stale, TWO_HOURS, &slow).await?;
    trial.must_load(&newer, next.fence(), "after a `save` under an older lease").await?;
    trial.at.release(slow).await?;
    trial.must_be_held("`release` of an older lease ended the latest one").await?;
    let renewed = trial.at.renew(&next, LONG).await?;
    trial.require(renewed, "`renew` refused the latest lease after an older one was released");
    trial.at.release(next).await
}

/// Only the token of that generation.
async fn expired(trial: &mut Trial) -> Step {
    let dropped = trial.at.expire(1).await?;
    trial.require(!dropped, "`expire` says that it dropped a token where none is kept");
    let lease = trial.at.lease(LONG).await?;
    let (first, second) = (token("one"), token("two"));
    trial.at.keep(&first, TWO_HOURS, &lease).await?;
    for other in [lease.fence().wrapping_add(1), lease.fence().wrapping_sub(1)] {
        let dropped = trial.at.expire(other).await?;
        trial.require(!dropped, "`expire` of another generation says that it dropped the token");
    }
    trial.must_load(&first, lease.fence(), "after `expire` of another generation").await?;
    let dropped = trial.at.expire(lease.fence()).await?;
    trial.require(dropped, "`expire` of the generation that is kept says that it dropped nothing");
    trial.must_be_empty("after `expire` of its generation").await?;
    let dropped = trial.at.expire(lease.fence()).await?;
    trial.require(!dropped, "`expire` of a token that was dropped before says that it dropped it");
    trial.must_be_held("`expire` ended the lease").await?;
    trial.at.keep(&first, TWO_HOURS, &lease).await?;
    trial.must_load(&first, lease.fence(), "after `expire` and another `save`").await?;

    let old = lease.fence();
    trial.at.release(lease).await?;
    let lease = trial.at.lease(LONG).await?;
    trial.at.keep(&second, TWO_HOURS, &lease).await?;
    let dropped = trial.at.expire(old).await?;
    trial.require(!dropped, "`expire` of an older generation says that it dropped the newer token");
    trial.must_load(&second, lease.fence(), "after `expire` of an older generation").await?;
    trial.at.release(lease).await
}

/// What is done under one key is not seen under another.
async fn keys(trial: &mut Trial) -> Step {
    let appid = trial.at.appid().to_owned();
    let appids = [
        appid.clone(),
        appid.to_uppercase(),
        format!("{appid}-a"),
        format!("{appid}_a"),
        format!("{appid}:a"),
        format!("{appid}/a"),
        format!("../{appid}"),
        format!("{appid} "),
        format!("{appid}é"),
        format!("{appid}e\u{301}"),
        format!("{appid}{{a}}*?"),
        format!("{appid}%61"),
    ];
    let kinds = ["b", "a-b", "a_b"];
    let all: Vec<_> = appids.iter().flat_map(|appid| kinds.map(|kind| trial.at.with_key(key(appid, kind)))).collect();
    let text = |at: &Keyed| token(&format!("{} {}", at.appid(), at.kind()));
    let mut leases = Vec::new();
    for at in &all {
        let Some(lease) = at.acquire(LONG).await? else {
            return Err(format!("a lease of another key kept {:?}, {:?} from having one", at.appid(), at.kind()));
        };
        at.keep(&text(at), TWO_HOURS, &lease).await?;
        leases.push(lease);
    }
    for (at, lease) in all.iter().zip(leases) {
        let own = at.load().await?.is_some_and(|loaded| loaded.token == text(at));
        let (appid, kind) = (at.appid(), at.kind());
        trial.require(own, format!("another key's token took the place of that of {appid:?}, {kind:?}"));
        at.expire(lease.fence()).await?;
        at.release(lease).await?;
    }
    for at in &all {
        at.tidy().await;
    }
    Ok(())
}

/// Many at once.
async fn crowd(trial: &mut Trial) -> Step {
    let start = Arc::new(Barrier::new(CROWD));
    let mut callers = JoinSet::new();
    for _ in 0..CROWD {
        let (at, start) = (trial.at.clone(), Arc::clone(&start));
        callers.spawn(async move {
            start.wait().await;
            at.acquire(LONG).await
        });
    }
    let mut leases = Vec::new();
    while let Some(caller) = callers.join_next().await {
        leases.extend(caller.map_err(panicked)??);
    }
    let got = leases.len();
    trial.require(got == 1, format!("of {CROWD} callers of `acquire` at the same time {got} got a lease, and not one"));
    for lease in leases {
        trial.at.release(lease).await?;
    }

    // How many hold it, and the fences in their order.
    let (holders, fences) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let mut callers = JoinSet::new();
    for _ in 0..CROWD {
        let (at, holders, fences) = (trial.at.clone(), Arc::clone(&holders), Arc::clone(&fences));
        callers.spawn(async move {
            let lease = queue(&at).await?;
            let alone = holders.fetch_add(1, Ordering::SeqCst) == 0;
            fences.lock().unwrap_or_else(PoisonError::into_inner).push(lease.fence());
            sleep(Duration::from_millis(2)).await;
            holders.fetch_sub(1, Ordering::SeqCst);
            at.release(lease).await.map(|()| alone)
        });
    }
    let mut alone = true;
    while let Some(caller) = callers.join_next().await {
        alone &= caller.map_err(panicked)??;
    }
    trial.require(alone, format!("of {CROWD} callers who wait for the lease two had it at the same time"));
    let fences = std::mem::take(&mut *fences.lock().unwrap_or_else(PoisonError::into_inner));
    trial.require(fences.is_sorted_by(|a, b| a < b), "leases that follow one another have fences that do not rise");
    Ok(())
}

/// Waits for the lease.
async fn queue(at: &Keyed) -> Step<Lease> {
    let since = Instant::now();
    while since.elapsed() < QUEUE {
        if let Some(lease) = at.acquire(LONG).await? {
            return Ok(lease);
        }
        sleep(Duration::from_millis(fastrand::u64(2..10))).await;
    }
    Err(format!("of {CROWD} callers who release the lease soon, one did not get it in {} seconds", QUEUE.as_secs()))
}

fn panicked(_: tokio::task::JoinError) -> String {
    "the store panicked".to_owned()
}
