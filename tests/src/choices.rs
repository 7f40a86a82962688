//! The ways to choose between sets of fields.

use crate::spec::{Choices, Spec, Struct, Ty, TypeDef};

/// A way to choose: what must be left out, and what must be given.
pub type Choice<'a> = (Vec<&'a str>, Vec<&'a str>);

/// All ways that are tried: each set of `exclusive`, with each set of `any_of` by itself and with all of them.
pub fn choices(of: &Choices) -> Vec<Choice<'_>> {
    let mut out = Vec::new();
    for (skip, also) in alone(&of.exclusive) {
        let mut of_any = alone(&of.any_of);
        if of.any_of.len() > 1 {
            of_any.push((Vec::new(), of.any_of.iter().flatten().map(String::as_str).collect()));
        }
        for (skip_too, also_too) in of_any {
            if !skip.iter().any(|name| also_too.contains(name)) && !also.iter().any(|name| skip_too.contains(name)) {
                out.push(([&skip[..], &skip_too].concat(), [&also[..], &also_too].concat()));
            }
        }
    }
    assert!(!out.is_empty(), "no choice satisfies {of:?}");
    out
}

/// Each of the sets without what the others have; nothing to choose where there are none.
fn alone(sets: &[Vec<String>]) -> Vec<Choice<'_>> {
    if sets.is_empty() {
        return vec![(Vec::new(), Vec::new())];
    }
    let all = || sets.iter().flatten().map(String::as_str);
    let each = sets.iter().map(|set| set.iter().map(String::as_str).collect::<Vec<_>>());
    each.map(|also| (all().filter(|name| !also.contains(name)).collect(), also)).collect()
}

/// The struct that a type is, or that the elements of its lists and maps are.
pub fn struct_within<'a>(spec: &'a Spec, ty: &Ty) -> Option<&'a Struct> {
    match ty {
        Ty::List(inner) | Ty::Map(inner) => struct_within(spec, inner),
        Ty::Named(number) => match &spec.types[*number] {
            TypeDef::Struct(def) => Some(def),
            _ => None,
        },
        _ => None,
    }
}
