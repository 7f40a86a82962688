//! What characters a text may hold, as a regular expression.
//!
//! Without look-ahead: JSON Schema allows it, and many of its implementations do not.

use crate::model::{Api, Constraint, Field, Forbid};

/// The pattern of a field's character set and of what it forbids; nothing where it has neither.
pub(super) fn pattern(api: &Api, field: &Field) -> Option<String> {
    let set = field.constraints.iter().find_map(|constraint| match constraint {
        Constraint::Charset(name) => api.charset(name),
        _ => None,
    });
    let forbidden: &[Forbid] = field
        .constraints
        .iter()
        .find_map(|constraint| match constraint {
            Constraint::Forbid(forbidden) => Some(forbidden.as_slice()),
            _ => None,
        })
        .unwrap_or_default();
    let any = |c: char| {
        !(c == '?' && forbidden.contains(&Forbid::Query) || c.is_control() && forbidden.contains(&Forbid::Control))
    };
    let class = |extra: Option<char>| match set {
        Some(set) => {
            let chars: Vec<char> = set.chars.chars().filter(|c| any(*c) && Some(*c) != extra).collect();
            format!("[{}]", ranges(&chars))
        }
        None => {
            let mut refused: Vec<String> =
                ('?'..='?').chain(extra).filter(|c| *c != '?' || !any('?')).map(escaped).collect();
            if forbidden.contains(&Forbid::Control) {
                refused.push("\\u0000-\\u001f\\u007f-\\u009f".into());
            }
            format!("[^{}]", refused.concat())
        }
    };
    if set.is_none() && forbidden.is_empty() {
        return None;
    }
    if !forbidden.contains(&Forbid::LeadingSlash) {
        return Some(format!("^{}*$", class(None)));
    }
    let rest = class(None);
    // Nothing but the slash is refused, and only in front.
    let rest = if rest == "[^]" { "[\\s\\S]" } else { &rest };
    Some(format!("^({}{rest}*)?$", class(Some('/'))))
}

/// Characters, in order, as the inside of a class.
fn ranges(chars: &[char]) -> String {
    let mut out = String::new();
    let mut rest = chars;
    while let Some(first) = rest.first() {
        let run = rest.iter().zip(*first..).take_while(|(is, would_be)| **is == *would_be).count();
        out += &escaped(*first);
        if run > 2 {
            out.push('-');
            out += &escaped(rest[run - 1]);
        } else if run == 2 {
            out += &escaped(rest[1]);
        }
        rest = &rest[run.max(1)..];
    }
    out
}

fn escaped(c: char) -> String {
    if matches!(c, '\\' | ']' | '[' | '^' | '-' | '/') { format!("\\{c}") } else { c.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Charset, Place, Presence, Ty};

    fn of(constraints: Vec<Constraint>) -> Option<String> {
        let charset = Charset {
            name: "hex".into(),
            written: String::new(),
            chars: "-/0123456789?]abc".into(),
            about: String::new(),
        };
        let api = Api { groups: vec![], types: vec![], charsets: vec![charset], errcodes: vec![], events: vec![] };
        let field = Field {
            wire: "f".into(),
            rust: "f".into(),
            ty: Ty::String,
            about: None,
            presence: Presence::Optional,
            default: None,
            default_from: None,
            wire_form: None,
            place: Place::Body,
            yields_to: None,
            deprecated: None,
            note: None,
            constraints,
        };
        pattern(&api, &field)
    }

    #[test]
    fn sets_and_what_is_forbidden_go_together() {
        let set = || Constraint::Charset("hex".into());
        assert_eq!(of(vec![]), None);
        assert_eq!(of(vec![set()]).as_deref(), Some(r"^[\-\/-9?\]a-c]*$"));
        let forbid = |what: &[Forbid]| Constraint::Forbid(what.to_vec());
        assert_eq!(of(vec![forbid(&[Forbid::Query])]).as_deref(), Some("^[^?]*$"));
        assert_eq!(of(vec![forbid(&[Forbid::LeadingSlash])]).as_deref(), Some(r"^([^\/][\s\S]*)?$"));
        let both = of(vec![forbid(&[Forbid::LeadingSlash, Forbid::Query])]);
        assert_eq!(both.as_deref(), Some(r"^([^?\/][^?]*)?$"));
        let all = of(vec![set(), forbid(&[Forbid::LeadingSlash, Forbid::Query, Forbid::Control])]);
        assert_eq!(all.as_deref(), Some(r"^([\-0-9\]a-c][\-\/-9\]a-c]*)?$"));
        let control = of(vec![forbid(&[Forbid::Control])]);
        assert_eq!(control.as_deref(), Some("^[^\\u0000-\\u001f\\u007f-\\u009f]*$"));
    }
}
