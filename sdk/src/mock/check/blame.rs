//! Which code a refusal has: the one that the endpoint documents for what is wrong.

use super::{Checker, Refusal};
use crate::mock::catalogue::{Endpoint, Errcode};
use crate::mock::codes;

/// Which rule a value breaks, as far as WeChat has codes of its own for it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Broken {
    Length,
    Other,
}

impl Checker<'_> {
    pub(super) fn invalid(&self, path: &str, broken: Broken, problem: &str) -> Refusal {
        Refusal::new(self.code_for(path, broken), format!("`{path}` {problem}"))
    }

    /// A value of a template, for which WeChat has one code everywhere.
    pub(super) fn invalid_data(&self, path: &str, problem: &str) -> Refusal {
        let declared = self.endpoint.errcodes.contains_key(&codes::INVALID_DATA);
        let code = if declared { codes::INVALID_DATA } else { codes::INVALID_ARGS };
        Refusal::new(code, format!("`{path}` {problem}"))
    }

    /// The code that the endpoint declares for this parameter: the first one whose text names it. Of several, the one
    /// that speaks of length is for what is missing, too short or too long. Codes of other kinds than these speak of
    /// what a parameter stands for: an `order_id` that exists already is none that is malformed.
    fn code_for(&self, path: &str, broken: Broken) -> i64 {
        let leaf = path.rsplit('.').next().unwrap_or(path);
        let of_length = |about: &str| ["long", "empty", "length"].iter().any(|word| about.contains(word));
        let naming = |code: &Errcode| names(code, path) || names(code, leaf);
        let fits = |code: &Errcode| of_length(&code.about) == (broken == Broken::Length);
        let of_kind = |kind: &str| {
            let found = || self.endpoint.errcodes.iter().filter(|(_, code)| code.kind == kind && naming(code));
            found().find(|(_, code)| fits(code)).or_else(|| found().next()).map(|(code, _)| *code)
        };
        let own = of_kind("parameter").or_else(|| of_kind("credential"));
        own.or_else(|| own_usual_code(self.endpoint)).or_else(|| of_kind("user")).unwrap_or(codes::INVALID_ARGS)
    }

    /// The code for what is wrong with no single parameter.
    pub(super) fn usual_code(&self) -> i64 {
        own_usual_code(self.endpoint).unwrap_or(codes::INVALID_ARGS)
    }

    /// Whether the endpoint has a code that speaks of this parameter by its name.
    pub(super) fn has_code_for(&self, parameter: &str) -> bool {
        self.endpoint.errcodes.values().any(|code| code.kind == "parameter" && names(code, parameter))
    }
}

/// The code for a signature that is missing or wrong: the first one that names it, best one about credentials; else
/// the one that speaks of signatures by the user's key or at all.
pub(in crate::mock) fn signature_code(endpoint: &Endpoint, signature: &str) -> i64 {
    let codes =
        |fits: &dyn Fn(&Errcode) -> bool| endpoint.errcodes.iter().find(|(_, code)| fits(code)).map(|(code, _)| *code);
    codes(&|code| code.kind == "credential" && names(code, signature))
        .or_else(|| codes(&|code| names(code, signature)))
        .or_else(|| codes(&|code| code.about.contains("signature")))
        .or_else(|| own_usual_code(endpoint))
        .unwrap_or(codes::INVALID_ARGS)
}

/// Whether a code's text names a parameter.
fn names(code: &Errcode, parameter: &str) -> bool {
    code.about.contains(&format!("`{parameter}`"))
}

/// Several groups have a code of their own for all that is wrong with a parameter, and say it in the same words.
fn own_usual_code(endpoint: &Endpoint) -> Option<i64> {
    let usual = |code: &Errcode| {
        let speaks_of_any = ["A parameter is ", "A parameter has ", "A field of the request "];
        code.kind == "parameter" && speaks_of_any.iter().any(|words| code.about.starts_with(words))
    };
    endpoint.errcodes.iter().find(|(_, code)| usual(code)).map(|(code, _)| *code)
}
