//! Codes and what they mean where: at an endpoint, else in its group, else everywhere.

use std::collections::BTreeMap;

use serde_yaml::Value as Yaml;

use super::raw::{RawCode, RawOwn};
use super::read::part;
use super::{Endpoint, Spec};

/// A code of `errcodes.yaml` or of a group.
#[derive(Debug, PartialEq)]
pub struct Code {
    /// The constant's name.
    pub name: String,
    /// WeChat's words.
    pub message: String,
    /// What it means.
    pub meaning: Meaning,
}

/// What is said of a code.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    /// What kind of trouble it is; `other` where nobody says.
    pub kind: String,
    /// `never`, `soon` or `later`.
    pub retry: String,
    /// What it means.
    pub about: String,
    /// What to do.
    pub remedy: String,
    /// What to do, in Chinese.
    pub zh: String,
}

/// A code that an endpoint declares.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Whether the endpoint says anything of its own.
    pub own: bool,
    /// What holds there: its own words, and for those it leaves out the ones of the group, else of `errcodes.yaml`.
    pub meaning: Meaning,
}

impl Spec {
    /// What a code means at an endpoint. One that neither it nor its group nor `errcodes.yaml` knows means what the only
    /// group says that knows it; where several do, nobody can tell.
    pub fn meaning<'a>(&'a self, endpoint: &'a Endpoint, code: i64) -> Option<&'a Meaning> {
        let declared = endpoint.errcodes.get(&code).map(|declared| &declared.meaning);
        declared.or_else(|| self.group_errcodes[&endpoint.group].get(&code).map(|code| &code.meaning)).or_else(|| {
            let mut all = self.meanings(code);
            let first = all.next()?;
            (self.errcodes.contains_key(&code) || all.next().is_none()).then_some(&first.meaning)
        })
    }

    /// All that a code means: everywhere first, then in the groups.
    pub fn meanings(&self, code: i64) -> impl Iterator<Item = &Code> {
        let groups = self.group_errcodes.values().filter_map(move |codes| codes.get(&code));
        self.errcodes.get(&code).into_iter().chain(groups)
    }
}

/// The codes that are known where an endpoint stands.
pub(super) struct Known<'a> {
    pub(super) general: &'a BTreeMap<i64, Code>,
    pub(super) group: &'a BTreeMap<i64, Code>,
    /// Those that every endpoint of the group may answer.
    pub(super) common: &'a [i64],
}

/// The codes of a file.
pub(super) fn codes(raw: BTreeMap<i64, RawCode>) -> BTreeMap<i64, Code> {
    let code = |raw: RawCode| Code {
        name: raw.name,
        message: raw.message,
        meaning: Meaning {
            kind: raw.kind,
            retry: raw.retry.unwrap_or_else(|| "never".to_owned()),
            about: raw.about,
            remedy: raw.remedy,
            zh: raw.zh,
        },
    };
    raw.into_iter().map(|(number, raw)| (number, code(raw))).collect()
}

/// The codes that an endpoint declares, and those of its whole group.
pub(super) fn declared(id: &str, raw: Option<&Yaml>, known: &Known<'_>) -> BTreeMap<i64, Declared> {
    let own: Vec<(i64, Option<RawOwn>)> = match raw {
        None => Vec::new(),
        Some(Yaml::Sequence(list)) => list.iter().map(|code| (code.as_i64().unwrap(), None)).collect(),
        Some(map) => part::<BTreeMap<i64, Option<RawOwn>>>(map, id).into_iter().collect(),
    };
    let common = known.common.iter().map(|code| (*code, None));
    // What the endpoint says wins.
    common.chain(own).map(|(code, own)| (code, merge(id, code, own, known))).collect()
}

fn merge(id: &str, code: i64, own: Option<RawOwn>, known: &Known<'_>) -> Declared {
    let general = known.group.get(&code).or_else(|| known.general.get(&code)).map(|code| code.meaning.clone());
    let is_own = own.is_some();
    let own = own.unwrap_or_default();
    let pick = |own: Option<String>, word: fn(Meaning) -> String| own.or_else(|| general.clone().map(word));
    let must = |said: Option<String>| said.unwrap_or_else(|| panic!("{id}: nobody explains {code}"));
    let meaning = Meaning {
        kind: pick(own.kind, |meaning| meaning.kind).unwrap_or_else(|| "other".to_owned()),
        retry: pick(own.retry, |meaning| meaning.retry).unwrap_or_else(|| "never".to_owned()),
        about: must(pick(own.about, |meaning| meaning.about)),
        remedy: must(pick(own.remedy, |meaning| meaning.remedy)),
        zh: must(pick(own.zh, |meaning| meaning.zh)),
    };
    Declared { own: is_own, meaning }
}
