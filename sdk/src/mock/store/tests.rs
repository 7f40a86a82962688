//! Each violation is found: stores that are wrong in one thing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{StoreViolations, check_token_store};
use crate::secret::Secret;
use crate::token::{Lease, MemoryStore, StoreError, StoredToken, Storing, TokenKey, TokenStore};

#[tokio::test]
async fn stores_that_keep_the_contract_pass() {
    check_token_store(MemoryStore::new()).await.unwrap();
    let shared: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    check_token_store(Arc::clone(&shared)).await.unwrap();
}

#[tokio::test]
async fn the_suite_removes_its_tokens() {
    let store = Arc::new(Watched::default());
    check_token_store(Arc::clone(&store)).await.unwrap();
    let keys = store.keys.lock().unwrap().clone();
    assert!(keys.len() >= 40, "{}", keys.len());
    for key in keys.keys() {
        assert!(store.inner.load(key).await.unwrap().is_none(), "{key:?} is left");
    }
}

/// What one store does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    LoadsNothing,
    LoadsFromTheStart,
    LoadFails,
    LoadHangs,
    LoadPanics,
    LoadsTheDead,
    DiesEarly,
    RemainingStays,
    LifeIsRemaining,
    RemainingIsTwice,
    WrongGeneration,
    TokenIsCut,
    TokenIsAscii,
    TokenIsTrimmed,
    ZeroLifeIsForEver,
    HugeLifeOverflows,
    HugeLifeFails,
    AcquireNever,
    AcquireAlways,
    AcquireRaces,
    HugeTtlFails,
    ZeroTtlIsForEver,
    LeaseEndsAtOnce,
    LeaseEndsEarly,
    LeaseNeverEnds,
    FenceStartsAnewAtTheEnd,
    FenceStays,
    FenceStartsAnewAfterRelease,
    SaveEndsLease,
    SaveKeepsNothing,
    SaveSaysNo,
    SaveTrustsAnybody,
    SaveLiesOfStale,
    SaveNeedsALiveLease,
    SaveOnlyOnce,
    RenewDoesNothing,
    RenewOnlyProlongs,
    RenewRefuses,
    RenewRevives,
    ReleaseDoesNothing,
    ReleaseEndsAnybodys,
    ExpireDropsAny,
    ExpireDoesNothing,
    ExpireSaysNo,
    ExpireSaysYes,
    ExpireEndsLease,
    KeysIgnoreCase,
    KeysIgnoreTheKind,
    KeysJoinTheirParts,
}

use Fault::*;

/// And how it has to be told.
const TOLD: &[(Fault, &str)] = &[
    (LoadsNothing, "after `save` `load` answers no token"),
    (LoadsFromTheStart, "under a key where nothing was saved `load` answers a token"),
    (LoadFails, "`load` failed: out of order"),
    (LoadHangs, "`load` took longer than three seconds"),
    (LoadPanics, "the store panicked"),
    (LoadsTheDead, "`load` answers a token whose life is over"),
    (DiesEarly, "a token is gone before its life is over"),
    (RemainingStays, "what remains of a token's life does not shrink"),
    (LifeIsRemaining, "the life that `load` answers changes while the token ages"),
    (RemainingIsTwice, "more remains than the whole life"),
    (WrongGeneration, "a generation that is not the fence of the lease"),
    (TokenIsCut, "a token of 2048 ASCII characters does not come back as it was"),
    (TokenIsAscii, "Unicode characters does not come back as it was"),
    (TokenIsTrimmed, "ASCII characters does not come back as it was"),
    (ZeroLifeIsForEver, "after `save` with a life of zero `load` answers a token"),
    (HugeLifeOverflows, "hardly anything remains"),
    (HugeLifeFails, "`save` failed: out of range"),
    (AcquireNever, "`acquire` gave no lease for a key that nobody holds"),
    (AcquireAlways, "`acquire` gave a second lease while the first one lasted"),
    (AcquireRaces, "got a lease, and not one"),
    (HugeTtlFails, "`acquire` failed: out of range"),
    (ZeroTtlIsForEver, "a lease did not end when its time `ttl` was over"),
    (LeaseEndsAtOnce, "`acquire` gave a second lease while the first one lasted"),
    (LeaseEndsEarly, "a lease ended before its time `ttl` was over"),
    (LeaseNeverEnds, "a lease did not end when its time `ttl` was over"),
    (FenceStartsAnewAtTheEnd, "a fence did not rise after a lease that ran out"),
    (FenceStays, "a fence that is not larger than the one before"),
    (FenceStartsAnewAfterRelease, "a fence that is not larger than the one before"),
    (SaveEndsLease, "`save` ended the lease"),
    (SaveKeepsNothing, "after `save` `load` answers no token"),
    (SaveSaysNo, "`save` refused a token though its lease is the latest one"),
    (SaveTrustsAnybody, "`save` under a lease that is not the latest one kept the token"),
    (SaveLiesOfStale, "`save` under a lease that is not the latest one says that it kept the token"),
    (SaveNeedsALiveLease, "only because its lease had ended"),
    (SaveOnlyOnce, "after a second `save` under the same lease `load` answers another token"),
    (RenewDoesNothing, "a lease that was renewed ended at its old end"),
    (RenewOnlyProlongs, "did not shorten one"),
    (RenewRefuses, "`renew` refused the latest lease before its end"),
    (RenewRevives, "`renew` prolonged a lease that had ended"),
    (ReleaseDoesNothing, "gave no lease after the one before was released"),
    (ReleaseEndsAnybodys, "`release` of an older lease ended the latest one"),
    (ExpireDropsAny, "`expire` of an older generation says that it dropped the newer token"),
    (ExpireDoesNothing, "after `expire` of its generation `load` answers a token"),
    (ExpireSaysNo, "`expire` of the generation that is kept says that it dropped nothing"),
    (ExpireSaysYes, "`expire` says that it dropped a token where none is kept"),
    (ExpireEndsLease, "`expire` ended the lease"),
    (KeysIgnoreCase, "a lease of another key kept"),
    (KeysIgnoreTheKind, "another key's token took the place"),
    (KeysJoinTheirParts, "another key's token took the place"),
];

#[tokio::test]
async fn each_violation_is_found_and_told() {
    let mut running = Vec::new();
    for (fault, told) in TOLD {
        running.push((fault, told, tokio::spawn(check_token_store(Broken::new(*fault)))));
    }
    let mut overlooked = Vec::new();
    for (fault, told, outcome) in running {
        match outcome.await.unwrap() {
            Ok(()) => overlooked.push(format!("{fault:?}: nothing was found")),
            Err(found) if !found.violations().iter().any(|violation| violation.contains(told)) => {
                overlooked.push(format!("{fault:?}: not told as {told:?}, but {found}"));
            }
            Err(_) => {}
        }
    }
    assert!(overlooked.is_empty(), "{}", overlooked.join("\n"));
}

#[tokio::test]
async fn what_fails_everywhere_is_told_once_and_in_lines() {
    let found = check_token_store(Broken::new(LoadFails)).await.unwrap_err();
    let told = found.violations().iter().filter(|violation| violation.contains("`load` failed")).count();
    assert_eq!(told, 1, "{found}");
    let text = format!("{:?}", StoreViolations(vec!["one".into(), "two".into()]));
    assert_eq!(text, "the token store breaks its contract:\n- one\n- two");
}

/// A store that remembers which keys were used.
#[derive(Default)]
struct Watched {
    inner: MemoryStore,
    keys: Mutex<HashMap<TokenKey, ()>>,
}

impl TokenStore for Watched {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Storing<'a, Option<StoredToken>> {
        self.inner.load(key)
    }
    fn acquire<'a>(&'a self, key: &'a TokenKey, ttl: Duration) -> Storing<'a, Option<Lease>> {
        self.inner.acquire(key, ttl)
    }
    fn renew<'a>(&'a self, key: &'a TokenKey, lease: &'a Lease, ttl: Duration) -> Storing<'a, bool> {
        self.inner.renew(key, lease, ttl)
    }
    fn save<'a>(&'a self, key: &'a TokenKey, token: &'a Secret, life: Duration, lease: &'a Lease) -> Storing<'a, bool> {
        self.keys.lock().unwrap().insert(key.clone(), ());
        self.inner.save(key, token, life, lease)
    }
    fn release<'a>(&'a self, key: &'a TokenKey, lease: Lease) -> Storing<'a, ()> {
        self.inner.release(key, lease)
    }
    fn expire<'a>(&'a self, key: &'a TokenKey, generation: u64) -> Storing<'a, bool> {
        self.inner.expire(key, generation)
    }
}

/// A small store of its own with one fault.
struct Broken {
    fault: Fault,
    slots: Mutex<HashMap<String, Slot>>,
    /// Whether a token was ever saved under any key.
    used: AtomicBool,
}

#[derive(Clone, Default)]
struct Slot {
    token: Option<(String, Duration, Instant, u64)>,
    fence: u64,
    until: Option<Instant>,
    saved_under: u64,
}

const AGES: Duration = Duration::from_secs(1_000_000_000);

impl Broken {
    fn new(fault: Fault) -> Self {
        Self { fault, slots: Mutex::default(), used: AtomicBool::new(false) }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn with<T: Send + 'static>(&self, key: &TokenKey, work: impl FnOnce(&mut Slot) -> T) -> Storing<'static, T> {
        let of_token = matches!(self.fault, KeysIgnoreTheKind | KeysJoinTheirParts);
        let name = match self.fault {
            KeysIgnoreCase => format!("{}|{}", key.appid(), key.kind()).to_lowercase(),
            _ => format!("{}|{}", key.appid(), key.kind()),
        };
        let shared = match self.fault {
            KeysIgnoreTheKind => key.appid().to_owned(),
            KeysJoinTheirParts => format!("{}-{}", key.appid(), key.kind()),
            _ => String::new(),
        };
        let mut slots = self.slots.lock().unwrap();
        let mut slot = slots.get(&name).cloned().unwrap_or_default();
        if of_token {
            slot.token = slots.get(&shared).and_then(|slot| slot.token.clone());
        }
        let outcome = work(&mut slot);
        if of_token {
            slots.entry(shared).or_default().token = slot.token.take();
        }
        slots.insert(name, slot);
        Box::pin(std::future::ready(Ok(outcome)))
    }
}

fn fails<T: Send + 'static>(why: &'static str) -> Storing<'static, T> {
    Box::pin(std::future::ready(Err(StoreError::from(why))))
}

impl TokenStore for Broken {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Storing<'a, Option<StoredToken>> {
        match self.fault {
            LoadFails => return fails("out of order"),
            LoadHangs => return Box::pin(std::future::pending()),
            LoadPanics => panic!("this panic is part of the test"),
            _ => {}
        }
        self.with(key, |slot| {
            if self.is(LoadsNothing) {
                return None;
            }
            let Some((token, life, saved, generation)) = slot.token.clone() else {
                let dead = StoredToken::new("from nowhere".into(), AGES, AGES, 7);
                return (self.is(LoadsFromTheStart) && !self.used.load(Ordering::SeqCst)).then_some(dead);
            };
            let age = if self.is(DiesEarly) { saved.elapsed() * 2 } else { saved.elapsed() };
            let zero_is_for_ever = self.is(ZeroLifeIsForEver) && life.is_zero();
            let (mut life, mut remaining) = match life.checked_sub(age).filter(|left| !left.is_zero()) {
                Some(remaining) => (life, remaining),
                None if zero_is_for_ever || self.is(LoadsTheDead) => (life, Duration::from_secs(1)),
                None => return None,
            };
            match self.fault {
                RemainingStays => remaining = life,
                LifeIsRemaining => life = remaining,
                RemainingIsTwice => remaining = life.saturating_mul(2),
                _ => {}
            }
            let generation = if self.is(WrongGeneration) { generation + 1 } else { generation };
            Some(StoredToken::new(token.into(), life, remaining, generation))
        })
    }

    fn acquire<'a>(&'a self, key: &'a TokenKey, ttl: Duration) -> Storing<'a, Option<Lease>> {
        match self.fault {
            AcquireNever => return self.with(key, |_| None),
            HugeTtlFails if ttl > AGES => return fails("out of range"),
            AcquireRaces => {
                // It looks, and takes what it saw to be free.
                return Box::pin(async move {
                    let free = self.with(key, |slot| slot.until.is_none_or(|until| Instant::now() >= until)).await?;
                    tokio::task::yield_now().await;
                    self.with(key, |slot| {
                        free.then(|| {
                            slot.fence += 1;
                            slot.until = Some(Instant::now() + ttl.min(AGES));
                            Lease::new(slot.fence, "")
                        })
                    })
                    .await
                });
            }
            _ => {}
        }
        self.with(key, |slot| {
            let now = Instant::now();
            if slot.until.is_some_and(|until| now < until) && !self.is(AcquireAlways) {
                return None;
            }
            if slot.until.is_some() && self.is(FenceStartsAnewAtTheEnd) {
                slot.fence = 0;
            }
            let for_ever = self.is(LeaseNeverEnds) || (self.is(ZeroTtlIsForEver) && ttl.is_zero());
            slot.until = match for_ever {
                true => Some(now + AGES),
                false if self.is(LeaseEndsAtOnce) => None,
                false if self.is(LeaseEndsEarly) => Some(now + ttl.min(AGES) / 2),
                false => Some(now + ttl.min(AGES)),
            };
            if !self.is(FenceStays) || slot.fence == 0 {
                slot.fence += 1;
            }
            Some(Lease::new(slot.fence, ""))
        })
    }

    fn renew<'a>(&'a self, key: &'a TokenKey, lease: &'a Lease, ttl: Duration) -> Storing<'a, bool> {
        self.with(key, |slot| {
            let now = Instant::now();
            let until = now + ttl.min(AGES);
            let ended = slot.until.is_none_or(|until| now >= until) && !self.is(RenewRevives);
            if self.is(RenewRefuses) || ended || slot.fence != lease.fence() {
                return false;
            }
            match self.fault {
                RenewDoesNothing => {}
                RenewOnlyProlongs => slot.until = slot.until.max(Some(until)),
                _ => slot.until = Some(until),
            }
            true
        })
    }

    fn save<'a>(&'a self, key: &'a TokenKey, token: &'a Secret, life: Duration, lease: &'a Lease) -> Storing<'a, bool> {
        self.used.store(true, Ordering::SeqCst);
        if self.is(HugeLifeFails) && life > AGES {
            return fails("out of range");
        }
        self.with(key, |slot| {
            if slot.fence != lease.fence() && !self.is(SaveTrustsAnybody) {
                return self.is(SaveLiesOfStale);
            }
            let live = slot.until.is_some_and(|until| Instant::now() < until);
            if self.is(SaveSaysNo) || (self.is(SaveNeedsALiveLease) && !live) {
                return false;
            }
            let text = token.expose();
            let text = match self.fault {
                TokenIsCut => text.chars().take(512).collect(),
                TokenIsAscii => text.replace(|c: char| !c.is_ascii(), "?"),
                TokenIsTrimmed => text.trim().to_owned(),
                _ => text.to_owned(),
            };
            let life = if self.is(HugeLifeOverflows) && life > AGES { Duration::from_secs(60) } else { life };
            let again = slot.saved_under == lease.fence() && slot.token.is_some();
            if !(self.is(SaveKeepsNothing) || self.is(SaveOnlyOnce) && again) {
                slot.token = Some((text, life, Instant::now(), lease.fence()));
            }
            slot.saved_under = lease.fence();
            if self.is(SaveEndsLease) {
                slot.until = None;
            }
            true
        })
    }

    fn release<'a>(&'a self, key: &'a TokenKey, lease: Lease) -> Storing<'a, ()> {
        self.with(key, |slot| {
            let ours = slot.fence == lease.fence() || self.is(ReleaseEndsAnybodys);
            if ours && !self.is(ReleaseDoesNothing) {
                slot.until = None;
                if self.is(FenceStartsAnewAfterRelease) {
                    slot.fence = 0;
                }
            }
        })
    }

    fn expire<'a>(&'a self, key: &'a TokenKey, generation: u64) -> Storing<'a, bool> {
        self.with(key, |slot| {
            let kept = slot.token.as_ref().is_some_and(|(.., kept)| self.is(ExpireDropsAny) || *kept == generation);
            if kept && !self.is(ExpireDoesNothing) {
                slot.token = None;
            }
            if self.is(ExpireEndsLease) {
                slot.until = None;
            }
            (kept || self.is(ExpireSaysYes)) && !self.is(ExpireSaysNo)
        })
    }
}
