//! Rust names: how they are made of wire names, and which ones are taken.

use heck::{ToSnakeCase, ToUpperCamelCase};

/// Keywords of any edition, reserved ones included.
const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// What every request has beside its setters.
const FIELD_METHODS: &[&str] =
    &["new", "default", "clone", "from", "into", "eq", "fmt", "validate", "write", "complete", "hosted"];

/// What every group's handle has beside its endpoints.
const GROUP_METHODS: &[&str] = &["new", "default", "clone", "from", "into", "eq", "fmt"];

/// Types that generated code names without a path: std's prelude and the sdk's own.
const TYPES: &[&str] = &[
    "Answer",
    "AsMut",
    "AsRef",
    "BTreeMap",
    "Box",
    "Call",
    "Check",
    "Client",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Endpoint",
    "Eq",
    "Err",
    "ErrCode",
    "Error",
    "ExactSizeIterator",
    "Extend",
    "File",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "HostedFile",
    "Image",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "Meta",
    "None",
    "Nothing",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Parts",
    "Result",
    "Secret",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "TemplateData",
    "Timestamp",
    "TimestampMs",
    "ToOwned",
    "ToString",
    "Token",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
    "Verb",
];

/// Modules beside the groups'.
const MODULES: &[&str] = &["mod", "types"];

pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// The field of a wire name: `type` gives `type_`. The caller asks [`is_identifier`] whether it is one.
pub(crate) fn field_name(wire: &str) -> String {
    let name = wire.to_snake_case();
    if is_keyword(&name) { name + "_" } else { name }
}

/// The request of an id: `getUnlimitedQRCode` gives `GetUnlimitedQrCode`.
pub(crate) fn type_name(id: &str) -> String {
    id.to_upper_camel_case()
}

/// Whether Rust takes it as a name; only ASCII, which any reader can type.
pub(crate) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !is_keyword(name)
}

/// Why a field cannot have this name.
pub(crate) fn field_taken(name: &str) -> Option<&'static str> {
    taken(name, FIELD_METHODS, "a method of every request")
}

/// Why an endpoint's method cannot have this name.
pub(crate) fn method_taken(name: &str) -> Option<&'static str> {
    taken(name, GROUP_METHODS, "a method of every group")
}

/// Why a type cannot have this name.
pub(crate) fn type_taken(name: &str) -> Option<&'static str> {
    taken(name, TYPES, "a name of Rust's prelude or of the sdk")
}

/// Why a group cannot have this name.
pub(crate) fn module_taken(name: &str) -> Option<&'static str> {
    taken(name, MODULES, "a module of the sdk")
}

fn taken(name: &str, reserved: &[&str], whose: &'static str) -> Option<&'static str> {
    if is_keyword(name) { Some("a keyword of Rust") } else { reserved.contains(&name).then_some(whose) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_wire() {
        assert_eq!(field_name("type"), "type_");
        assert_eq!(field_name("@type"), "type_");
        assert_eq!(field_name("purePhoneNumber"), "pure_phone_number");
        assert_eq!(type_name("getUnlimitedQRCode"), "GetUnlimitedQrCode");
        assert_eq!(type_name("code2Session"), "Code2Session");
        assert_eq!(type_name("addOrder__logistics"), "AddOrderLogistics");
        assert!(!is_identifier("1st") && !is_identifier("名") && !is_identifier("") && is_identifier("type_"));
    }
}
