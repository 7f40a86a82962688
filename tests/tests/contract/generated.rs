//! What no call can show stands in the generated text: the variants of the enums, which are open, and what a request's
//! page says of codes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use contract_tests::spec::{Declared, PermissionSets, Spec, TypeDef};
use contract_tests::tally::Tally;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk/src/api"))
}

/// The enums of the generated files: file, name and wire values as they are written.
fn generated() -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut found = BTreeMap::new();
    let events = folder().with_file_name("events");
    let files = [(folder(), ""), (&*events, "events/")].map(|(folder, of)| (std::fs::read_dir(folder).unwrap(), of));
    for (entry, of) in files.into_iter().flat_map(|(entries, of)| entries.map(move |entry| (entry, of))) {
        let path = entry.unwrap().path();
        let file = format!("{of}{}", path.file_stem().unwrap().to_str().unwrap());
        let text = std::fs::read_to_string(&path).unwrap();
        for kind in ["text_enum!(", "int_enum!("] {
            for call in text.split(kind).skip(1) {
                let (name, rest) = call.split_once('{').unwrap();
                let (body, _) = rest.split_once('}').unwrap();
                let variants = body.split(',').map(str::trim).filter(|variant| !variant.is_empty());
                let value = |variant: &str| variant.split_once(':').unwrap().1.trim().to_owned();
                let known = found.insert((file.clone(), name.trim().to_owned()), variants.map(value).collect());
                assert!(known.is_none(), "{file}: {name} stands twice");
            }
        }
    }
    found
}

#[test]
fn every_value_of_every_enum_has_a_variant() {
    let spec = Spec::get();
    let mut wanted = BTreeMap::new();
    for ((file, name), ty) in spec.type_names.iter().zip(&spec.types) {
        let values: BTreeSet<String> = match ty {
            TypeDef::TextEnum(values) => values.iter().map(|value| format!("{value:?}")).collect(),
            TypeDef::IntEnum(values) => values.iter().map(ToString::to_string).collect(),
            TypeDef::Struct(_) => continue,
        };
        wanted.insert((file.clone(), name.clone()), values);
    }
    let values: usize = wanted.values().map(BTreeSet::len).sum();
    assert_eq!(wanted, generated());
    println!("enums: {}, values: {values}", wanted.len());
}

#[test]
fn every_code_has_a_constant() {
    let spec = Spec::get();
    let text = std::fs::read_to_string(folder().join("errcodes.rs")).unwrap();
    let constant = |line: &str| {
        let (name, number) = line.trim().strip_prefix("pub const ")?.split_once(": Self = Self::new(")?;
        Some((name.to_owned(), number.strip_suffix(");")?.parse::<i64>().unwrap()))
    };
    let mut got: Vec<_> = text.lines().filter_map(constant).collect();
    let all = std::iter::once(&spec.errcodes).chain(spec.group_errcodes.values()).flatten();
    let mut wanted: Vec<_> = all.map(|(number, code)| (code.name.clone(), *number)).collect();
    got.sort();
    wanted.sort();
    assert_eq!(wanted, got);
    println!("constants of codes: {}", got.len());
}

/// The page of the request whose endpoint has this id.
fn page<'a>(text: &'a str, id: &str) -> Vec<&'a str> {
    let quoted = format!("{id:?}");
    let impls = text.match_indices("impl Endpoint for ");
    let of_id = |at: &usize| {
        let (_, rest) = text[*at..].split_once("Meta::new(").unwrap();
        rest.trim_start().starts_with(&quoted)
    };
    let at = impls.map(|(at, _)| at).find(of_id).unwrap_or_else(|| panic!("no request has the id {id}"));
    let name = text[at + "impl Endpoint for ".len()..].split_whitespace().next().unwrap();
    let (before, _) = text.split_once(&format!("\npub struct {name} {{")).unwrap();
    // Attributes may take several lines; the item before ends with a brace in the first column.
    let mut lines: Vec<&str> = before.lines().rev().take_while(|line| *line != "}" && !line.is_empty()).collect();
    lines.reverse();
    lines.into_iter().filter_map(|line| line.strip_prefix("///").map(str::trim)).collect()
}

#[test]
fn every_request_s_page_explains_its_codes() {
    let (spec, mut tally) = (Spec::get(), Tally::new("pages of requests"));
    for endpoint in &spec.endpoints {
        let text = std::fs::read_to_string(folder().join(format!("{}.rs", endpoint.group))).unwrap();
        let page = page(&text, &endpoint.id);
        tally.case(&endpoint.id);
        let rows = page.iter().filter_map(|line| {
            let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split(" | ").map(str::trim).collect();
            Some((cells.first()?.parse::<i64>().ok()?, cells.get(1)?.to_string(), cells.get(2)?.to_string()))
        });
        let rows: BTreeSet<(i64, String, String)> = rows.collect();
        let row = |(code, said): (i64, &Declared)| (code, said.meaning.about.clone(), said.meaning.remedy.clone());
        let wanted: BTreeSet<_> = endpoint.failures().map(row).collect();
        for row in wanted.difference(&rows) {
            tally.fail(&endpoint.id, "page", row, "not there");
        }
        tally.equal(&endpoint.id, "page: codes", wanted.len(), rows.len());
        let sets = match &endpoint.permission_sets {
            None => None,
            Some(PermissionSets::Any) => Some("any".to_owned()),
            Some(PermissionSets::Listed(sets)) => {
                Some(sets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
        };
        let told = page.iter().find(|line| line.contains("may call it for a merchant"));
        let is_told = match (&sets, told) {
            (None, None) => true,
            (Some(sets), Some(line)) => line.contains(sets.as_str()),
            _ => false,
        };
        if !is_told {
            tally.fail(&endpoint.id, "page: permission sets", sets, told);
        }
        if !page.iter().any(|line| line.contains(&endpoint.docs)) {
            tally.fail(&endpoint.id, "page", &endpoint.docs, "not there");
        }
    }
    tally.finish(spec.endpoints.iter().map(|endpoint| endpoint.id.as_str()));
}
