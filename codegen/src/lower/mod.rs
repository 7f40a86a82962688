//! Makes the model of the trees. It reports what is wrong with one thing by itself; what is wrong between things
//! is for `check`.
//!
//! Broken things are lowered too, with placeholders, so that the checks behind see all the others.

mod constraints;
mod endpoints;
mod errcodes;
mod events;
mod fields;
mod names;
pub(crate) mod paging;
mod presence;
pub(crate) mod ty;
mod types;

use crate::diagnostic::Diagnostics;
use crate::model::{Api, ErrCode, Group, Home};
use crate::naming;
use crate::spec::files::{File, Files};
use crate::spec::record::Record;
use names::Names;

/// What names mean at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    names: &'a Names<'a>,
    /// The file.
    home: &'a Home,
}

impl Scope<'_> {
    /// What a code means here.
    fn errcode(&self, code: i64) -> Option<&ErrCode> {
        let group = match self.home {
            Home::Group(group) => Some(group.as_str()),
            Home::Shared | Home::Events(_) => None,
        };
        self.names.errcode(group, code)
    }
}

/// Where the parts of the model stand in the files; each list is parallel to the model's.
#[derive(Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) groups: Vec<GroupOrigin<'a>>,
    pub(crate) events: Vec<EventsOrigin<'a>>,
    pub(crate) types: Vec<Record<'a>>,
    pub(crate) charsets: Vec<Record<'a>>,
    /// Whether all files could be read and all names found. Otherwise nothing can be said about what is not
    /// there or not used.
    pub(crate) complete: bool,
}

#[derive(Debug)]
pub(crate) struct GroupOrigin<'a> {
    /// The whole file.
    pub(crate) file: Record<'a>,
    pub(crate) types: Vec<Record<'a>>,
    pub(crate) endpoints: Vec<Record<'a>>,
}

#[derive(Debug)]
pub(crate) struct EventsOrigin<'a> {
    /// The whole file.
    pub(crate) file: Record<'a>,
    pub(crate) types: Vec<Record<'a>>,
    pub(crate) replies: Vec<Record<'a>>,
    pub(crate) events: Vec<Record<'a>>,
}

pub(crate) fn lower<'a>(files: &'a Files, out: &mut Diagnostics) -> (Api, Origin<'a>) {
    let shared = files.types.record();
    let charsets: Vec<_> = shared.iter().flat_map(|file| file.records("charsets")).collect();
    let shared_types: Vec<_> = shared.iter().flat_map(|file| file.records("types")).collect();
    let sets = charsets.iter().map(|record| types::charset(record, out)).collect();
    let mut names = Names::new(files, sets, out);

    let scope = Scope { names: &names, home: &Home::Shared };
    let types = shared_types.iter().map(|record| types::type_(record, &scope, out)).collect();
    let mut groups = Vec::new();
    let mut origins = Vec::new();
    for file in &files.groups {
        if let Some(record) = file.record() {
            let (group, origin) = group(file, &record, &names, out);
            groups.push(group);
            origins.push(origin);
        }
    }
    let lowered = files.events.iter().filter_map(|file| Some(events::group(file, &file.record()?, &names, out)));
    let (events, event_origins) = lowered.unzip();
    let resolved = names.resolved();
    for group in &mut groups {
        group.errcodes = names.group_errcodes.remove(group.name.as_str()).unwrap_or_default();
    }
    let api = Api { groups, types, charsets: names.charsets, errcodes: names.errcodes, events };
    let complete = files.whole() && resolved;
    let origin = Origin { groups: origins, events: event_origins, types: shared_types, charsets, complete };
    (api, origin)
}

fn group<'a>(file: &File, record: &Record<'a>, names: &Names<'_>, out: &mut Diagnostics) -> (Group, GroupOrigin<'a>) {
    let name = stem(file, record, out);
    if let Some(why) = naming::module_taken(name) {
        let what = format!("no group can be named `{name}`: that is {why}");
        out.add(record.file, record.line_of("group"), what, "rename the group and the file");
    }
    let handle = naming::handle_name(name);
    if let Some(why) = naming::type_taken(&handle) {
        let what = format!("no group can be named `{name}`: its handle would be `{handle}`, {why}");
        out.add(record.file, record.line_of("group"), what, "rename the group and the file");
    }
    let home = Home::Group(name.to_owned());
    let scope = Scope { names, home: &home };
    let origin = GroupOrigin {
        file: *record,
        types: record.records("types").collect(),
        endpoints: record.records("endpoints").collect(),
    };
    let common = errcodes::codes(record, "common_errcodes", &scope, out);
    let group = Group {
        name: name.to_owned(),
        title: record.required("title"),
        about: record.required("about"),
        core: record.yes("core"),
        types: origin.types.iter().map(|record| types::type_(record, &scope, out)).collect(),
        errcodes: Vec::new(),
        endpoints: origin.endpoints.iter().map(|record| endpoints::endpoint(record, &common, &scope, out)).collect(),
    };
    (group, origin)
}

/// The name of a group, which is its file's.
fn stem<'f>(file: &'f File, record: &Record<'_>, out: &mut Diagnostics) -> &'f str {
    let name = file.stem();
    if let Some(said) = record.text("group").filter(|said| *said != name) {
        let what = format!("the group is `{said}` and the file is `{name}.yaml`");
        out.add(record.file, record.line_of("group"), what, "give both the same name");
    }
    name
}
