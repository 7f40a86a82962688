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
const GROUP_METHODS: &[&str] = &["new", "default", "client", "clone", "from", "into", "eq", "fmt"];

/// What the client has beside a method per group; a test compares it with the sdk.
const CLIENT_METHODS: &[&str] = &[
    "access_token",
    "app",
    "appid",
    "bind",
    "bound",
    "builder",
    "clone",
    "credentials",
    "fmt",
    "from",
    "from_env",
    "into",
    "keyed",
    "new",
    "of",
    "official_account",
    "request",
    "send",
    "token_source",
    "user_data",
    "with_app",
    "with_api_keys",
    "with_payment_keys",
    "with_token",
    "with_token_source",
];

/// Types that generated code names without a path: std's prelude and the sdk's own.
const TYPES: &[&str] = &[
    "Answer",
    "App",
    "AsMut",
    "AsRef",
    "Authorisation",
    "BTreeMap",
    "Box",
    "Bytes",
    "BytesOr",
    "Call",
    "Charset",
    "Check",
    "Client",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Encryption",
    "Endpoint",
    "Eq",
    "Err",
    "ErrCode",
    "ErrCodeKind",
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
    "Limit",
    "Meta",
    "Method",
    "None",
    "Nothing",
    "Ok",
    "Option",
    "Ord",
    "Paged",
    "PartialEq",
    "PartialOrd",
    "Parts",
    "Per",
    "Remedy",
    "Result",
    "RetryHint",
    "Rule",
    "Sealed",
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
    "Turn",
    "UnknownValue",
    "Unpin",
    "Value",
    "Vec",
    "Verb",
];

/// Types that the generated code of events names without a path beside those.
const EVENT_TYPES: &[&str] =
    &["Event", "EventMeta", "Fill", "Message", "Other", "PushEvent", "PushReply", "ReplyOr", "Serialize", "Success"];

/// Modules beside the groups'.
const MODULES: &[&str] = &["charsets", "dynamic", "errcodes", "mod", "types"];

/// Features beside the groups'; a test compares them with the sdk.
const FEATURES: &[&str] =
    &["axum", "default", "dynamic", "gzip", "metrics", "mock", "push", "redis", "rustls", "sign", "sm"];

/// The variant that holds a value which the spec does not know.
pub(crate) const OPEN_VARIANT: &str = "Unknown";

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

/// The handle of a group: `live_broadcast` gives `LiveBroadcast`.
pub(crate) fn handle_name(group: &str) -> String {
    group.to_upper_camel_case()
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

/// Why what is pushed, or a reply to it, cannot have this name.
pub(crate) fn event_taken(name: &str) -> Option<&'static str> {
    type_taken(name).or_else(|| taken(name, EVENT_TYPES, "a name of the sdk's push messages"))
}

/// Why a group of events cannot have this name.
pub(crate) fn event_module_taken(name: &str) -> Option<&'static str> {
    taken(name, MODULES, "a module of the sdk")
}

/// Why a group cannot have this name.
pub(crate) fn module_taken(name: &str) -> Option<&'static str> {
    taken(name, MODULES, "a module of the sdk")
        .or_else(|| taken(name, CLIENT_METHODS, "a method of `Client`"))
        .or_else(|| taken(name, FEATURES, "a feature of the sdk"))
}

fn taken(name: &str, reserved: &[&str], whose: &'static str) -> Option<&'static str> {
    if is_keyword(name) { Some("a keyword of Rust") } else { reserved.contains(&name).then_some(whose) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

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

    fn sdk(path: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../sdk").join(path)
    }

    /// All Rust files below a directory but the generated ones.
    fn sources(directory: PathBuf, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("src/api") {
                sources(path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }

    #[test]
    fn no_group_takes_the_name_of_a_method_of_the_client() {
        let mut files = Vec::new();
        sources(sdk("src"), &mut files);
        let mut methods = Vec::new();
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            // A file that somebody is in the middle of writing is for the compiler to refuse.
            let Ok(parsed) = syn::parse_file(&text) else { continue };
            for item in parsed.items {
                let syn::Item::Impl(block) = item else { continue };
                if !matches!(&*block.self_ty, syn::Type::Path(of) if of.path.is_ident("Client")) {
                    continue;
                }
                methods.extend(block.items.iter().filter_map(|item| match item {
                    syn::ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
                    _ => None,
                }));
            }
        }
        assert!(methods.iter().any(|name| name == "send") && methods.iter().any(|name| name == "access_token"));
        let missing: Vec<_> = methods.iter().filter(|name| !CLIENT_METHODS.contains(&name.as_str())).collect();
        assert!(missing.is_empty(), "add to CLIENT_METHODS: {missing:?}");
    }

    #[test]
    fn no_group_takes_the_name_of_another_feature() {
        let manifest = fs::read_to_string(sdk("Cargo.toml")).unwrap();
        let (_, features) = manifest.split_once("\n[features]\n").unwrap();
        let own = features.split("# Groups: ").next().unwrap();
        let names = own.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
        // A group's name holds no hyphen.
        let missing: Vec<_> = names.filter(|name| !name.contains('-') && !FEATURES.contains(name)).collect();
        assert!(missing.is_empty(), "add to FEATURES: {missing:?}");
    }
}
