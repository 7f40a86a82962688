//! Error codes.

use std::collections::BTreeSet;

use super::Kind;
use super::endpoint::Found;
use super::spec::{Spec, codes};
use crate::pages::Page;

pub(super) fn compare(spec: &Spec<'_>, page: &Page, found: &mut Found<'_, '_>) {
    let endpoint = found.endpoint;
    let own = codes(endpoint.json.get("errcodes"));
    let common = codes(endpoint.of.get("common_errcodes"));
    let ok = endpoint.ok();
    let told: BTreeSet<_> = page.errcodes.iter().map(|code| code.code).collect();
    for code in page.errcodes.iter().filter(|code| !ok.contains(&code.code)) {
        // Of the codes of errcodes.yaml an endpoint lists those that its page lists; listing them says no more.
        if !own.contains(&code.code) && !common.contains(&code.code) {
            let what = format!("errcodes.{}", code.code);
            let spec = if spec.errcodes.contains(&code.code) { "in errcodes.yaml only" } else { "" };
            found.enter(&what, Kind::Added, &format!("+{what}"), spec, format!("{} {}", code.message, code.solution));
        }
    }
    for code in own.difference(&told).filter(|code| !ok.contains(code)) {
        let what = format!("errcodes.{code}");
        found.enter(&what, Kind::Removed, &format!("-{what}"), code, "");
    }
}
