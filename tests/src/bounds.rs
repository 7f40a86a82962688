//! Values at the bounds of a field's constraints, and just outside of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::make::{Flavor, Maker, filler, int, int_bounds, type_bounds};
use crate::spec::{Bounds, Field, Forbid, Spec, Ty, TypeDef, WireForm};

/// Values at the bounds and outside: what, the value, whether it passes.
pub fn values(spec: &Spec, field: &Field) -> Vec<(String, Value, bool)> {
    let mut out = Vec::new();
    if let Some(length) = &field.length {
        for (count, passes) in around(length, 0, 1 << 22) {
            let text = characters(field, count);
            if !passes || fits(field, &text) {
                out.push((format!("{count} characters"), json!(text), passes));
            }
        }
    }
    if let Some(bytes) = &field.bytes {
        let least = if field.ty == Ty::File { 1 } else { 0 };
        for (count, passes) in around(bytes, least, 1 << 25) {
            let what = format!("{count} bytes");
            if field.ty == Ty::File {
                out.push((what, json!(STANDARD.encode(vec![b'.'; count as usize])), passes));
            } else {
                let text = of_bytes(field, count as usize);
                if !passes || fits(field, &text) {
                    out.push((what, json!(text), passes));
                }
            }
        }
    }
    if let (Some(range), Ty::F64) = (&field.range, &field.ty) {
        let ends = [(range.from::<f64>(), -0.001), (range.to::<f64>(), 0.001)];
        for (end, step) in ends.into_iter().filter_map(|(end, step)| Some((end?, step))) {
            out.push((format!("{end}"), json!(end), true));
            out.push((format!("{}", end + step), json!(end + step), false));
        }
    } else if is_int(&field.ty) {
        let ((least, most), (type_least, type_most)) =
            (int_bounds(&field.ty, field.range.as_ref()), type_bounds(&field.ty));
        for (number, passes) in [(least, true), (most, true), (least - 1, false), (most + 1, false)] {
            if (type_least..=type_most).contains(&number) {
                out.push((format!("{number}"), int(number), passes));
            }
        }
    }
    if let Some(items) = &field.items {
        for (count, passes) in around(items, 0, 1 << 12) {
            out.push((format!("{count} elements"), elements(spec, field, count as usize), passes));
        }
    }
    if field.is_text() {
        // What nobody forbids is not refused.
        let a = filler(field);
        let plain = [
            format!("/{a}"),
            format!("{a}?{a}"),
            format!("{a}\n\0\t\u{7f}\u{85}{a}"),
            format!(" {a} "),
            "汉😀é".to_owned(),
        ];
        for (turn, text) in plain.into_iter().chain([String::new(), a.to_string().repeat(20_000)]).enumerate() {
            // One in four where nothing at all is asked of the field: no line of code could look at it.
            if !field.is_constrained() && !(turn + field.wire.len()).is_multiple_of(4) {
                continue;
            }
            let leads = field.forbid.contains(&Forbid::LeadingSlash) && text.starts_with('/');
            if text.chars().all(|character| field.allows(character)) && !leads && fits(field, &text) {
                let what = text.chars().take(20).collect::<String>();
                out.push((format!("allowed: {what:?}"), json!(text), true));
            }
        }
    }
    if let Some(set) = &field.charset {
        let foreign =
            (0..128u8).map(char::from).filter(|character| !set.contains(*character)).chain("汉é\u{80}😀".chars());
        out.extend(foreign.map(|foreign| (format!("holds {foreign:?}"), json!(padded(field, foreign)), false)));
        let all = set.chars().filter(|character| field.allows(*character));
        out.extend(all.map(|own| (format!("holds {own:?}"), json!(padded(field, own)), true)));
    }
    for forbidden in &field.forbid {
        let in_set = |character: char| field.charset.as_ref().is_none_or(|set| set.contains(character));
        let bad: &[char] = match forbidden {
            Forbid::LeadingSlash => &['/'],
            Forbid::Query => &['?'],
            Forbid::Control => &['\n', '\0', '\t', '\u{7f}', '\u{85}'],
        };
        for character in bad.iter().filter(|character| in_set(**character)) {
            let a = filler(field);
            let text = if *forbidden == Forbid::LeadingSlash { format!("/{a}") } else { format!("{a}{character}{a}") };
            out.push((format!("{forbidden:?} {text:?}"), json!(text), false));
        }
        if *forbidden == Forbid::LeadingSlash && in_set('/') {
            out.push(("a slash within".to_owned(), json!(format!("{0}/{0}", filler(field))), true));
        }
    }
    out
}

/// Counts at both ends and one beyond them, unless that is more than can be tried.
fn around(bounds: &Bounds, least: u64, most: u64) -> Vec<(u64, bool)> {
    let (from, to) = (bounds.from::<u64>(), bounds.to::<u64>());
    let candidates =
        [(from, true), (to, true), (from.and_then(|from| from.checked_sub(1)), false), (to.map(|to| to + 1), false)];
    let counts = candidates.into_iter().filter_map(|(count, passes)| Some((count?, passes)));
    counts.filter(|(count, _)| (least..=most).contains(count)).collect()
}

/// A text of so many characters, of several bytes each where the field takes such.
fn characters(field: &Field, count: u64) -> String {
    let character = if field.allows('汉') && field.bytes.is_none() { '汉' } else { filler(field) };
    std::iter::repeat_n(character, count as usize).collect()
}

/// A text of so many bytes, in far fewer characters where the field takes such.
fn of_bytes(field: &Field, count: usize) -> String {
    let a = filler(field).to_string();
    if field.allows('汉') && field.length.is_none() {
        "汉".repeat(count / 3) + &a.repeat(count % 3)
    } else {
        a.repeat(count)
    }
}

/// A text that holds a character and keeps all else.
fn padded(field: &Field, character: char) -> String {
    let least = field.length.as_ref().and_then(Bounds::from).unwrap_or(0usize);
    let a = filler(field).to_string();
    let leading = if field.forbid.contains(&Forbid::LeadingSlash) || least > 1 { a.clone() } else { String::new() };
    let text = format!("{leading}{character}");
    let missing = least.saturating_sub(text.chars().count());
    text + &a.repeat(missing)
}

fn fits(field: &Field, text: &str) -> bool {
    let within = |bounds: &Option<Bounds>, count: usize| {
        let bounds = bounds.clone().unwrap_or_default();
        (bounds.from().unwrap_or(0)..=bounds.to().unwrap_or(usize::MAX)).contains(&count)
    };
    within(&field.length, text.chars().count()) && within(&field.bytes, text.len())
}

fn elements(spec: &Spec, field: &Field, count: usize) -> Value {
    let sized = Field { items: Some(Bounds::parse(&format!("{count}..{count}"))), ..field.clone() };
    Maker::new(spec, Flavor::Rich(0)).field(&sized)
}

/// Values of a subscribe message at the documented limits and beyond: keyword, value, whether it passes.
pub fn keywords(field: &Field) -> Vec<(&'static str, String, bool)> {
    let limits = [
        ("thing1", "汉", 20),
        ("number2", "7", 32),
        ("letter3", "x", 32),
        ("symbol4", "＋", 5),
        ("character_string5", "x", 32),
        ("phone_number6", "7", 17),
        ("car_number7", "A", 8),
        ("name8", "汉", 10),
        ("name9", "x", 20),
        ("phrase10", "汉", 5),
    ];
    let at_limits = limits.into_iter().flat_map(|(keyword, character, most)| {
        [(keyword, character.repeat(most), true), (keyword, character.repeat(most + 1), false)]
    });
    let wrong = [
        ("thing1", ""),
        ("thing1", "a\nb"),
        ("number2", "twelve"),
        ("time3", "15h"),
        ("date4", "tomorrow"),
        ("amount5", "free"),
        ("phrase6", "OK"),
    ];
    let wrong = wrong.map(|(keyword, value)| (keyword, value.to_owned(), false));
    let own =
        [("thing", "x".repeat(500), true), ("keyword1", String::new(), true), ("const2", "a\nb".to_owned(), true)];
    let all = at_limits.chain(wrong).chain(own);
    match (&field.ty, field.subscribe_keywords) {
        (Ty::TemplateData, true) => all.collect(),
        // Keywords of other templates have no limits.
        (Ty::TemplateData, false) => all.map(|(keyword, value, _)| (keyword, value, true)).collect(),
        _ => Vec::new(),
    }
}

fn is_int(ty: &Ty) -> bool {
    matches!(ty, Ty::I64 | Ty::U64 | Ty::U32 | Ty::U8 | Ty::Time { .. })
}

/// A text that no error may quote: it might have been a secret.
pub const MISFIT: &str = "MISFIT";

/// Values that are not of a type, however leniently they are read.
pub fn misfits(spec: &Spec, ty: &Ty) -> Vec<(String, Value)> {
    let values = match ty {
        Ty::String | Ty::Secret | Ty::HostedFile => vec![json!({ "a": MISFIT }), json!([1])],
        Ty::Bool => vec![json!(MISFIT), json!(2), json!({ "a": MISFIT })],
        Ty::U8 | Ty::U32 | Ty::U64 | Ty::I64 | Ty::Time { .. } => {
            let (least, most) = type_bounds(ty);
            let beyond =
                [least - 1, most + 1].into_iter().filter(|n| i64::try_from(*n).is_ok() || u64::try_from(*n).is_ok());
            let wrong = [json!(MISFIT), json!(1.5), json!({ "a": MISFIT }), json!([1])];
            beyond.map(int).chain(wrong).collect()
        }
        Ty::F64 => vec![json!(MISFIT), json!({ "a": MISFIT })],
        Ty::Json => Vec::new(),
        Ty::File => vec![json!(format!("{MISFIT}!")), json!({ "a": MISFIT })],
        Ty::TemplateData => vec![json!(MISFIT), json!([1]), json!({ "thing1": MISFIT })],
        Ty::List(inner) if spec.fields(inner).is_some() => vec![json!(MISFIT), json!(1), json!([1])],
        Ty::List(_) => Vec::new(),
        Ty::Map(_) => vec![json!(MISFIT), json!(1), json!([1])],
        Ty::Named(number) => match &spec.types[*number] {
            TypeDef::Struct(_) => vec![json!(MISFIT), json!(1), json!([1])],
            TypeDef::TextEnum(_) => vec![json!({ "a": MISFIT }), json!([1])],
            TypeDef::IntEnum(_) => vec![json!(MISFIT), json!(1.5), json!({ "a": MISFIT })],
        },
    };
    values.into_iter().map(|value| (format!("the misfit {value}"), value)).collect()
}

/// Values that a field cannot hold, in whichever form it is written.
pub fn misfits_of(spec: &Spec, field: &Field) -> Vec<(String, Value)> {
    let mut out = misfits(spec, &field.ty);
    if field.wire_form == Some(WireForm::Json) {
        let inside = out.clone().into_iter().map(|(what, value)| (format!("{what} as text"), json!(value.to_string())));
        out.extend(inside.collect::<Vec<_>>());
        out.push(("no JSON in the text".to_owned(), json!(format!("{{\"a\": {MISFIT}}}"))));
    }
    out
}
