//! What the whole spec defines: types, character sets and codes by their names.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::errcodes::{Constants, errcodes};
use crate::diagnostic::Diagnostics;
use crate::model::{Charset, ErrCode, Ty, TypeRef};
use crate::spec::files::{File, Files};
use crate::spec::record::Record;

/// What a field needs to know of a type before the type is lowered.
#[derive(Debug)]
pub(crate) enum Head<'a> {
    Struct,
    /// The values.
    TextEnum(Vec<&'a str>),
    /// The values.
    IntEnum(Vec<i64>),
}

type Heads<'a> = BTreeMap<&'a str, Head<'a>>;

#[derive(Debug)]
pub(crate) struct Names<'a> {
    shared: Heads<'a>,
    groups: BTreeMap<&'a str, Heads<'a>>,
    pub(crate) charsets: Vec<Charset>,
    pub(crate) errcodes: Vec<ErrCode>,
    /// Those of the groups, by group.
    pub(crate) group_errcodes: BTreeMap<&'a str, Vec<ErrCode>>,
    /// Whether types.yaml could be read; otherwise an unknown name may be one of its.
    pub(crate) shared_known: bool,
    /// Whether errcodes.yaml could be read.
    pub(crate) errcodes_known: bool,
    unresolved: Cell<bool>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(files: &'a Files, charsets: Vec<Charset>, out: &mut Diagnostics) -> Self {
        let mut constants = Constants::new();
        let of_all = files.errcodes.record().map(|file| errcodes(&file, &mut constants, out)).unwrap_or_default();
        let group_errcodes = files
            .groups
            .iter()
            .filter_map(|file| Some((file.stem(), errcodes(&file.record()?, &mut constants, out))))
            .collect();
        Self {
            shared: heads(&files.types),
            groups: files.groups.iter().map(|file| (file.stem(), heads(file))).collect(),
            charsets,
            errcodes: of_all,
            group_errcodes,
            shared_known: files.types.record().is_some(),
            errcodes_known: files.errcodes.record().is_some(),
            unresolved: Cell::new(false),
        }
    }

    /// Remembers that a name was not found: what it was meant to name may look unused.
    pub(crate) fn miss(&self) {
        self.unresolved.set(true);
    }

    pub(crate) fn resolved(&self) -> bool {
        !self.unresolved.get()
    }

    /// A type of the group, else of types.yaml.
    pub(crate) fn resolve(&self, group: Option<&str>, name: &str) -> Option<Ty> {
        let own = group.and_then(|group| Some((group, self.groups.get(group)?.get(name)?)));
        let (group, head) = match own {
            Some((group, head)) => (Some(group.to_owned()), head),
            None => (None, self.shared.get(name)?),
        };
        let reference = TypeRef { name: name.to_owned(), group };
        Some(match head {
            Head::Struct => Ty::Struct(reference),
            Head::TextEnum(_) | Head::IntEnum(_) => Ty::Enum(reference),
        })
    }

    pub(crate) fn head(&self, reference: &TypeRef) -> Option<&Head<'a>> {
        match &reference.group {
            Some(group) => self.groups.get(group.as_str())?.get(reference.name.as_str()),
            None => self.shared.get(reference.name.as_str()),
        }
    }

    /// The names that a group can use.
    pub(crate) fn types_of(&self, group: Option<&str>) -> impl Iterator<Item = &'a str> {
        let own = group.and_then(|group| self.groups.get(group)).into_iter().flat_map(BTreeMap::keys);
        own.chain(self.shared.keys()).copied()
    }

    pub(crate) fn charset(&self, name: &str) -> Option<&Charset> {
        self.charsets.iter().find(|charset| charset.name == name)
    }

    /// What a code means in a group.
    pub(crate) fn errcode(&self, group: Option<&str>, code: i64) -> Option<&ErrCode> {
        let own = group.and_then(|group| self.group_errcodes.get(group));
        own.into_iter().flatten().chain(&self.errcodes).find(|errcode| errcode.code == code)
    }
}

fn heads(file: &File) -> Heads<'_> {
    let records = file.record().into_iter().flat_map(|file| file.records("types"));
    records.map(|record| (record.key, head(&record))).collect()
}

fn head<'a>(record: &Record<'a>) -> Head<'a> {
    let values = record.entries("values");
    if values.is_empty() {
        Head::Struct
    } else if values.iter().all(|value| value.number.is_some()) {
        Head::IntEnum(values.iter().filter_map(|value| value.number).collect())
    } else {
        Head::TextEnum(values.iter().map(|value| value.key.as_str()).collect())
    }
}
