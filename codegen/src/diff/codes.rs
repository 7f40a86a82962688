//! What changed of codes: their constants, and which endpoint answers them.

use super::groups::Located;
use super::{Both, Changes, Kind, pair, word};
use crate::model::{Api, EndpointErrCode, ErrCode, ErrKind, Retry};

/// A code and where it means what it says: in a group, or everywhere.
struct Known<'a> {
    group: Option<&'a str>,
    code: &'a ErrCode,
}

fn all(api: &Api) -> Vec<Known<'_>> {
    let common = api.errcodes.iter().map(|code| Known { group: None, code });
    let groups =
        api.groups.iter().flat_map(|group| group.errcodes.iter().map(|code| Known { group: Some(&group.name), code }));
    common.chain(groups).collect()
}

/// The constants. Those of all groups are constants of one type.
pub(super) fn compare(old: &Api, new: &Api, out: &mut Changes) {
    const PLACE: &str = "ErrCode";
    let (before, after) = (all(old), all(new));
    let mut codes = pair(&before, &after, |known| known.code.name.as_str());
    for (old, new) in codes.pair(|known| (known.group, known.code.code)) {
        let what = format!("`{}` is named `{}`", old.code.name, new.code.name);
        out.major(Kind::Changed, PLACE, what, "code that names it does not compile");
    }
    for new in &codes.added {
        out.minor(Kind::Added, PLACE, format!("`{}` ({})", new.code.name, new.code.code));
    }
    for (old, new) in &codes.both {
        let name = &new.code.name;
        if old.code.code != new.code.code {
            let what = format!("`{name}` is {} instead of {}", new.code.code, old.code.code);
            out.major(Kind::Changed, PLACE, what, "code that compares with it stops working");
        }
        if old.group != new.group {
            let place = |group: Option<&str>| group.map_or("everywhere".to_owned(), |group| format!("in `{group}`"));
            let what = format!("`{name}` is explained {} instead of {}", place(new.group), place(old.group));
            out.minor(Kind::Changed, PLACE, what);
        }
        meaning(name, (Some(old.code.kind), old.code.retry), (Some(new.code.kind), new.code.retry), PLACE, out);
        let both = Both { old: old.code, new: new.code };
        out.texts(
            PLACE,
            &format!("`{name}`"),
            &[
                ("message", both.differ(|code| &code.message)),
                ("about", both.differ(|code| &code.about)),
                ("remedy", both.differ(|code| &code.remedy)),
                ("zh", both.differ(|code| &code.zh)),
            ],
        );
    }
    for old in &codes.removed {
        let what = format!("`{}` ({})", old.code.name, old.code.code);
        out.major(Kind::Removed, PLACE, what, "code that names it does not compile");
    }
}

/// Kind and retry steer what callers, and the client itself, do.
fn meaning(name: &str, old: (Option<ErrKind>, Retry), new: (Option<ErrKind>, Retry), place: &str, out: &mut Changes) {
    let shown = |kind: Option<ErrKind>| kind.map_or("unknown".to_owned(), |kind| word(&kind));
    if old.0 != new.0 {
        out.minor(Kind::Changed, place, format!("`{name}` is `{}` instead of `{}`", shown(new.0), shown(old.0)));
    }
    if old.1 != new.1 {
        let what = format!("`{name}` may be repeated `{}` instead of `{}`", word(&new.1), word(&old.1));
        out.minor(Kind::Changed, place, what);
    }
}

/// The codes that an endpoint may answer.
pub(super) fn of_endpoint(apis: Both<'_, Api>, located: Both<'_, Located<'_>>, place: &str, out: &mut Changes) {
    let both = located.map(|each| each.endpoint);
    let codes = pair(&both.old.errcodes, &both.new.errcodes, |each| each.code);
    let list =
        |codes: &[&EndpointErrCode]| codes.iter().map(|each| each.code.to_string()).collect::<Vec<_>>().join(", ");
    if !codes.added.is_empty() {
        out.minor(Kind::Added, place, format!("may answer {}", list(&codes.added)));
    }
    let mut reworded = false;
    for (old, new) in &codes.both {
        let says = |api: &Api, at: &Located<'_>, each: &EndpointErrCode| match &each.own {
            Some(own) => (own.kind, own.retry),
            None => api.errcode(at.group, each.code).map_or((None, Retry::Never), |code| (Some(code.kind), code.retry)),
        };
        // What a code means in general is told of at the code.
        if old.own.is_some() || new.own.is_some() {
            let (was, is) = (says(apis.old, located.old, old), says(apis.new, located.new, new));
            meaning(&new.code.to_string(), was, is, place, out);
            let texts = |each: &EndpointErrCode| {
                each.own.as_ref().map(|own| [&own.about, &own.remedy, &own.zh].map(String::clone))
            };
            reworded |= texts(old) != texts(new);
        }
    }
    if !codes.removed.is_empty() {
        out.minor(Kind::Removed, place, format!("does not answer {} any more", list(&codes.removed)));
    }
    out.texts(place, "", &[("errcodes", reworded)]);
}
