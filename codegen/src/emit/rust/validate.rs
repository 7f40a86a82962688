//! Constraints as calls of the runtime's `Check`.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::when;
use super::fields::{literal, settable};
use super::text::ident;
use crate::model::{Api, Constraint, Field, Forbid, Keywords, Literal, Place, Presence, Range, Source, Ty, TypeKind};

/// The method with which a struct within a request is checked.
pub(super) fn inherent(
    api: &Api,
    fields: &[Field],
    exclusive_sets: &[Vec<String>],
    any_of_sets: &[Vec<String>],
) -> TokenStream {
    let mut lines = lines(api, fields);
    lines.extend(exclusive(fields, exclusive_sets));
    lines.extend(any_of(fields, any_of_sets));
    let check = if lines.is_empty() { ident("_check") } else { ident("check") };
    quote! {
        pub(crate) fn validate(&self, #check: &mut Check) {
            #(#lines)*
        }
    }
}

/// The body of an endpoint's `validate`.
pub(super) fn lines(api: &Api, fields: &[Field]) -> Vec<TokenStream> {
    settable(fields).flat_map(|field| field_lines(api, field, fields)).collect()
}

fn field_lines(api: &Api, field: &Field, siblings: &[Field]) -> Vec<TokenStream> {
    let (name, wire) = (ident(&field.rust), &field.wire);
    let mut out = Vec::new();
    let rules = rules(field);
    if !rules.is_empty() {
        out.push(match &field.ty {
            Ty::String => quote! { check.text(#wire, self.#name.as_deref(), &[#(#rules),*]); },
            Ty::Secret => quote! { check.text(#wire, self.#name.as_ref().map(Secret::expose), &[#(#rules),*]); },
            Ty::I64 | Ty::U64 | Ty::U32 | Ty::U8 => quote! { check.int(#wire, self.#name, &[#(#rules),*]); },
            Ty::Timestamp | Ty::TimestampMs => {
                quote! { check.int(#wire, self.#name.map(|time| time.get()), &[#(#rules),*]); }
            }
            Ty::F64 => quote! { check.float(#wire, self.#name, &[#(#rules),*]); },
            Ty::List(_) => quote! { check.items(#wire, self.#name.as_ref().map(Vec::len), &[#(#rules),*]); },
            Ty::Map(_) => quote! { check.items(#wire, self.#name.as_ref().map(BTreeMap::len), &[#(#rules),*]); },
            Ty::File => quote! { check.file(#wire, self.#name.as_ref(), &[#(#rules),*]); },
            Ty::HostedFile => quote! { check.hosted(#wire, self.#name.as_ref(), &[#(#rules),*]); },
            // Nothing but presence can be asked of the others.
            _ => quote! { check.present(#wire, &self.#name); },
        });
    }
    for constraint in &field.constraints {
        match constraint {
            Constraint::RequiredIf(conditions) => {
                let tests = conditions.iter().map(|(sibling, values)| condition(api, siblings, sibling, values));
                let words = when(conditions);
                out.push(quote! { check.present_if(#(#tests)&&*, #wire, &self.#name, #words); });
            }
            Constraint::Keywords(Keywords::Subscribe) => {
                out.push(quote! { check.subscribe_keywords(#wire, self.#name.as_ref()); });
            }
            _ => {}
        }
    }
    match &field.ty {
        Ty::Struct(reference) => {
            let ty = ident(&reference.name);
            out.push(quote! { check.nested(#wire, self.#name.as_ref(), #ty::validate); });
        }
        Ty::List(inner) => match &**inner {
            Ty::Struct(reference) => {
                let ty = ident(&reference.name);
                out.push(quote! { check.each(#wire, self.#name.as_deref(), #ty::validate); });
            }
            inner => out.extend(deep(inner).map(|lines| {
                let path = format!("{}[{{index}}]", escaped(wire));
                quote! {
                    for (index, value) in self.#name.iter().flatten().enumerate() {
                        let path = format!(#path);
                        #lines
                    }
                }
            })),
        },
        Ty::Map(inner) => out.extend(deep(inner).map(|lines| {
            let path = format!("{}.{{key}}", escaped(wire));
            quote! {
                for (key, value) in self.#name.iter().flatten() {
                    let path = format!(#path);
                    #lines
                }
            }
        })),
        _ => {}
    }
    out
}

/// A text as `format!` writes it out.
fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// Checks the structs that a list or a map holds, however deep, where `value` stands at `path`.
fn deep(of: &Ty) -> Option<TokenStream> {
    Some(match of {
        Ty::Struct(reference) => {
            let ty = ident(&reference.name);
            quote! { check.nested(&path, Some(value), #ty::validate); }
        }
        Ty::List(inner) => {
            let lines = deep(inner)?;
            quote! {
                for (index, value) in value.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    #lines
                }
            }
        }
        Ty::Map(inner) => {
            let lines = deep(inner)?;
            quote! {
                for (key, value) in value {
                    let path = format!("{path}.{key}");
                    #lines
                }
            }
        }
        _ => return None,
    })
}

fn rules(field: &Field) -> Vec<TokenStream> {
    let mut out = Vec::new();
    if field.presence == Presence::Required {
        out.push(match (field.place, field.default_from) {
            (Place::Sign, source) => {
                let configured = source.map_or("", configured_by);
                quote!(Rule::Signs(#configured))
            }
            _ => quote!(Rule::Required),
        });
    }
    for constraint in &field.constraints {
        match constraint {
            Constraint::Length(range) => out.push(counted("Length", range)),
            Constraint::Bytes(range) => out.push(counted("Bytes", range)),
            Constraint::Items(range) => out.push(counted("Items", range)),
            Constraint::IntRange(Range { from, to }) => {
                let from = end(*from, proc_macro2::Literal::i64_unsuffixed, quote!(i64::MIN));
                let to = end(*to, proc_macro2::Literal::i64_unsuffixed, quote!(i64::MAX));
                out.push(quote!(Rule::Range(#from, #to)));
            }
            Constraint::FloatRange(Range { from, to }) => {
                let from = end(*from, proc_macro2::Literal::f64_unsuffixed, quote!(f64::MIN));
                let to = end(*to, proc_macro2::Literal::f64_unsuffixed, quote!(f64::MAX));
                out.push(quote!(Rule::RangeF(#from, #to)));
            }
            Constraint::Charset(name) => {
                let name = ident(&name.to_uppercase());
                out.push(quote!(Rule::Charset(charsets::#name)));
            }
            Constraint::Forbid(what) => out.extend(what.iter().map(|what| match what {
                Forbid::LeadingSlash => quote!(Rule::NoLeadingSlash),
                Forbid::Query => quote!(Rule::NoQuery),
                Forbid::Control => quote!(Rule::NoControl),
            })),
            Constraint::RequiredIf(_) | Constraint::Keywords(_) => {}
        }
    }
    out
}

/// With what of `PaymentKeys` the client is given a key.
fn configured_by(source: Source) -> &'static str {
    match source {
        Source::VirtualPaymentKey => "`virtual_payment`, or `sandbox` where `env` is 1",
        Source::B2bPaymentKey => "`b2b`",
        Source::OfficialAccountAppid | Source::Appid | Source::AppSecret => "",
    }
}

fn counted(rule: &str, range: &Range<u64>) -> TokenStream {
    let rule = ident(rule);
    let from = end(range.from, proc_macro2::Literal::u64_unsuffixed, quote!(0));
    let to = end(range.to, proc_macro2::Literal::u64_unsuffixed, quote!(u64::MAX));
    quote!(Rule::#rule(#from, #to))
}

fn end<T>(value: Option<T>, written: impl Fn(T) -> proc_macro2::Literal, open: TokenStream) -> TokenStream {
    match value.map(written) {
        Some(value) => quote!(#value),
        None => open,
    }
}

/// Whether a sibling has a value; an absent one counts as its default.
fn condition(api: &Api, siblings: &[Field], name: &str, values: &[Literal]) -> TokenStream {
    let Some(sibling) = siblings.iter().find(|field| field.rust == name) else { return quote!(false) };
    let field = ident(name);
    let each = values.iter().map(|value| is(api, sibling, value));
    let counts_absent = sibling.default.as_ref().is_some_and(|default| values.contains(default));
    let tests = if counts_absent { ident("is_none_or") } else { ident("is_some_and") };
    quote!(self.#field.as_ref().#tests(|value| #(#each)||*))
}

/// Whether `value`, a reference to what the field holds, is this.
fn is(api: &Api, sibling: &Field, value: &Literal) -> TokenStream {
    match (&sibling.ty, value) {
        (Ty::Bool, Literal::Bool(true)) => quote!(*value),
        (Ty::Bool, Literal::Bool(false)) => quote!(!*value),
        (Ty::Secret, value) => {
            let value = literal(value);
            quote!(value.expose() == #value)
        }
        (Ty::HostedFile, value) => {
            let value = literal(value);
            quote!(value.url_str() == Some(#value))
        }
        (Ty::Timestamp | Ty::TimestampMs, value) => {
            let value = literal(value);
            quote!(value.get() == #value)
        }
        (Ty::Enum(reference), value) => {
            let ty = ident(&reference.name);
            let variant = api.find(reference).and_then(|found| match (&found.kind, value) {
                (TypeKind::TextEnum(variants), Literal::Text(text)) => {
                    variants.iter().find(|variant| variant.value == *text).map(|variant| ident(&variant.name))
                }
                (TypeKind::IntEnum(variants), Literal::Int(number)) => {
                    variants.iter().find(|variant| variant.value == *number).map(|variant| ident(&variant.name))
                }
                _ => None,
            });
            quote!(*value == #ty::#variant)
        }
        (_, value) => {
            let value = literal(value);
            quote!(*value == #value)
        }
    }
}

/// The sets of fields of which exactly one has to be given.
pub(super) fn exclusive(fields: &[Field], exclusive: &[Vec<String>]) -> Option<TokenStream> {
    let sets = sets(fields, exclusive)?;
    Some(quote! { check.exclusive(#sets); })
}

/// The sets of fields of which at least one has to be given.
pub(super) fn any_of(fields: &[Field], any_of: &[Vec<String>]) -> Option<TokenStream> {
    let sets = sets(fields, any_of)?;
    Some(quote! { check.any_of(#sets); })
}

/// The names of each set, whether all of its fields are given, and whether any is.
fn sets(fields: &[Field], sets: &[Vec<String>]) -> Option<TokenStream> {
    if sets.is_empty() {
        return None;
    }
    let sets = sets.iter().map(|set| {
        let named = |rust: &String| fields.iter().find(|field| field.rust == *rust);
        let wires: Vec<_> = set.iter().filter_map(named).map(|field| &*field.wire).collect();
        let names = wires.join(", ");
        let fields: Vec<_> = set.iter().map(|rust| ident(rust)).collect();
        quote!((#names, #(self.#fields.is_some())&&*, #(self.#fields.is_some())||*))
    });
    Some(quote! { &[#(#sets),*] })
}
