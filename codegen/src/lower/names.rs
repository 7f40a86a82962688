//! What the whole spec defines: types, character sets and codes by their names.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::errcodes::{Constants, errcodes};
use crate::diagnostic::Diagnostics;
use crate::model::{Charset, ErrCode, Home, Ty, TypeRef};
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
    /// What each file defines.
    types: BTreeMap<Home, Heads<'a>>,
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
            types: std::iter::once((Home::Shared, heads(&files.types)))
                .chain(files.groups.iter().map(|file| (Home::Group(file.stem().to_owned()), heads(file))))
                .chain(files.events.iter().map(|file| (Home::Events(file.stem().to_owned()), heads(file))))
                .collect(),
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

    /// A type of the file, else of types.yaml.
    pub(crate) fn resolve(&self, home: &Home, name: &str) -> Option<Ty> {
        let (home, head) =
            [home, &Home::Shared].into_iter().find_map(|home| Some((home, self.types.get(home)?.get(name)?)))?;
        let reference = TypeRef { name: name.to_owned(), home: home.clone() };
        Some(match head {
            Head::Struct => Ty::Struct(reference),
            Head::TextEnum(_) | Head::IntEnum(_) => Ty::Enum(reference),
        })
    }

    pub(crate) fn head(&self, reference: &TypeRef) -> Option<&Head<'a>> {
        self.types.get(&reference.home)?.get(reference.name.as_str())
    }

    /// The names that a file can use.
    pub(crate) fn types_of(&self, home: &Home) -> impl Iterator<Item = &'a str> {
        let own = Some(home).filter(|home| **home != Home::Shared);
        own.into_iter().chain([&Home::Shared]).filter_map(|home| self.types.get(home)).flat_map(BTreeMap::keys).copied()
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
