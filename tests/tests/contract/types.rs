//! Enums are open, so no call shows whether a value of the spec has a variant: the generated text does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use contract_tests::spec::{Spec, TypeDef};

/// The enums of the generated files: file, name and wire values as they are written.
fn generated() -> BTreeMap<(String, String), BTreeSet<String>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk/src/api"));
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
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
