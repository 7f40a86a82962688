//! Requests at the bounds of each constraint, and just outside of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::cases::choices;
use crate::make::{Flavor, Maker, filler, int, int_bounds, is_required_by_others, type_bounds};
use crate::spec::{Bounds, Endpoint, Field, Forbid, Spec, Ty, TypeDef};
use crate::spots::{Spot, at, holder, spots};

/// What must become of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is sent.
    Passes,
    /// It is not sent, and the violations name this field and no other.
    Refused(String),
    /// It is not sent, and the one violation names all these fields.
    Choice(Vec<String>),
    /// It can not be read: what stands at this place is of another type.
    Unreadable(String),
}

/// A request and what must become of it.
#[derive(Debug)]
pub struct Probe {
    /// The constraint and how it is tried.
    pub what: String,
    /// The request.
    pub input: Map<String, Value>,
    /// What must become of it.
    pub verdict: Verdict,
}

/// All probes of an endpoint.
pub fn probes(spec: &Spec, endpoint: &Endpoint) -> Vec<Probe> {
    let mut out = Vec::new();
    for (skip, also) in choices(endpoint) {
        let root = Maker::new(spec, Flavor::Rich(0)).object(&endpoint.params, &skip, &also);
        for spot in spots(spec, &endpoint.params, &root) {
            let mut probe = |what: &str, input: Map<String, Value>, verdict: Verdict| {
                out.push(Probe { what: format!("{}: {what}", spot.name()), input, verdict });
            };
            presence(&spot, &root, &mut probe);
            for (what, value, passes) in values(spot.field) {
                let verdict = if passes { Verdict::Passes } else { Verdict::Refused(spot.name()) };
                probe(&what, spot.with(&root, value), verdict);
            }
            for (keyword, value, passes) in keywords(spot.field) {
                let wrong = Verdict::Refused(format!("{}.{keyword}", spot.name()));
                let input = spot.with(&root, json!({ keyword: { "value": value } }));
                probe(&format!("{keyword} {value:?}"), input, if passes { Verdict::Passes } else { wrong });
            }
            for (what, value) in misfits(spec, &spot.field.ty) {
                probe(&what, spot.with(&root, value), Verdict::Unreadable(spot.name()));
            }
        }
    }
    exclusive(spec, endpoint, &mut out);
    out
}

type Sink<'s> = &'s mut dyn FnMut(&str, Map<String, Value>, Verdict);

fn presence(spot: &Spot<'_>, root: &Map<String, Value>, probe: Sink<'_>) {
    let field = spot.field;
    let without = spot.without(root);
    let refused = || Verdict::Refused(spot.name());
    if field.required {
        probe("missing", without.clone(), refused());
        if !matches!(field.ty, Ty::Json) {
            probe("null", spot.with(root, Value::Null), refused());
        }
    }
    if field.required_if.is_empty() {
        return;
    }
    // All conditions hold, by what is given or by the defaults.
    let mut all = without.clone();
    for (name, wanted) in &field.required_if {
        holder(&mut all, &spot.path).insert(name.clone(), wanted.clone());
    }
    let present = |mut root: Map<String, Value>| {
        let value = spot.with(&root_with(&mut root, spot), Maker::field(&maker_of(spot), field));
        value
    };
    probe("missing though its conditions hold", all.clone(), refused());
    probe("given as its conditions hold", present(all.clone()), Verdict::Passes);
    for (name, wanted) in &field.required_if {
        let sibling = spot.siblings.iter().find(|sibling| sibling.wire == *name).expect("a sibling");
        let mut absent = all.clone();
        holder(&mut absent, &spot.path).remove(name);
        let by_default = sibling.default.as_ref() == Some(wanted);
        if !sibling.required {
            let verdict = if by_default { refused() } else { Verdict::Passes };
            probe(&format!("missing, and so is {name}"), absent, verdict);
        }
        if let Some(other) = another(sibling, wanted) {
            let mut changed = all.clone();
            let at_home = holder(&mut changed, &spot.path);
            at_home.insert(name.clone(), other);
            // Others may be required by the other value.
            let fine = !spot.siblings.iter().any(|other| {
                !at_home.contains_key(&other.wire) && is_required_by_others(other, spot.siblings, at_home)
            });
            if fine {
                probe(&format!("missing while {name} is another"), changed, Verdict::Passes);
            }
        }
    }
}

/// The object with some value at the spot, so that it can be replaced.
fn root_with(root: &mut Map<String, Value>, spot: &Spot<'_>) -> Map<String, Value> {
    holder(root, &spot.path).insert(spot.field.wire.clone(), Value::Null);
    root.clone()
}

fn maker_of<'a>(_: &Spot<'a>) -> Maker<'static> {
    Maker::new(Spec::get(), Flavor::Rich(0))
}

/// Another value than the one that a condition waits for.
fn another(sibling: &Field, wanted: &Value) -> Option<Value> {
    match (&sibling.ty, wanted) {
        (_, Value::Bool(value)) => Some(json!(!value)),
        (_, Value::Number(number)) => Some(json!(number.as_i64()? + 1)),
        (_, Value::String(text)) => Some(json!(format!("{text}x"))),
        _ => None,
    }
}

/// Values at the bounds and outside: what, the value, whether it passes.
fn values(field: &Field) -> Vec<(String, Value, bool)> {
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
        let ((least, most), (type_least, type_most)) = (int_bounds(&field.ty, field.range.as_ref()), type_bounds(&field.ty));
        for (number, passes) in [(least, true), (most, true), (least - 1, false), (most + 1, false)] {
            if (type_least..=type_most).contains(&number) {
                out.push((format!("{number}"), int(number), passes));
            }
        }
    }
    if let Some(items) = &field.items {
        for (count, passes) in around(items, 0, 1 << 12) {
            out.push((format!("{count} elements"), elements(field, count as usize), passes));
        }
    }
    if let Some(set) = &field.charset {
        let foreign = (0..128u8).map(char::from).filter(|character| !set.contains(*character)).chain("汉é\u{80}😀".chars());
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
    let candidates = [
        (from, true),
        (to, true),
        (from.and_then(|from| from.checked_sub(1)), false),
        (to.map(|to| to + 1), false),
    ];
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

fn elements(field: &Field, count: usize) -> Value {
    let sized = Field { items: Some(Bounds::parse(&format!("{count}..{count}"))), ..field.clone() };
    Maker::new(Spec::get(), Flavor::Rich(0)).field(&sized)
}

/// Values of a subscribe message at the documented limits and beyond: keyword, value, whether it passes.
fn keywords(field: &Field) -> Vec<(&'static str, String, bool)> {
    if !field.subscribe_keywords {
        return Vec::new();
    }
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
    at_limits.chain(wrong.map(|(keyword, value)| (keyword, value.to_owned(), false))).collect()
}

fn is_int(ty: &Ty) -> bool {
    matches!(ty, Ty::I64 | Ty::U64 | Ty::U32 | Ty::U8 | Ty::Time { .. })
}

/// Values that are not of a type, however leniently they are read.
pub fn misfits(spec: &Spec, ty: &Ty) -> Vec<(String, Value)> {
    let values = match ty {
        Ty::String | Ty::Secret | Ty::HostedFile => vec![json!({ "a": 1 }), json!([1])],
        Ty::Bool => vec![json!("maybe"), json!(2), json!({ "a": 1 })],
        Ty::U8 | Ty::U32 | Ty::U64 | Ty::I64 | Ty::Time { .. } => {
            let (least, most) = type_bounds(ty);
            let beyond = [least - 1, most + 1].into_iter().filter(|n| i64::try_from(*n).is_ok() || u64::try_from(*n).is_ok());
            let wrong = [json!("abc"), json!(1.5), json!({ "a": 1 }), json!([1])];
            beyond.map(int).chain(wrong).collect()
        }
        Ty::F64 => vec![json!("abc"), json!({ "a": 1 })],
        Ty::Json => Vec::new(),
        Ty::File => vec![json!("not base64!"), json!({ "a": 1 })],
        Ty::TemplateData => vec![json!("abc"), json!([1]), json!({ "thing1": "bare" })],
        Ty::List(inner) if spec.fields(inner).is_some() => vec![json!("abc"), json!(1), json!([1])],
        Ty::List(_) => Vec::new(),
        Ty::Map(_) => vec![json!("abc"), json!(1), json!([1])],
        Ty::Named(number) => match &spec.types[*number] {
            TypeDef::Struct(_) => vec![json!("abc"), json!(1), json!([1])],
            TypeDef::TextEnum(_) => vec![json!({ "a": 1 }), json!([1])],
            TypeDef::IntEnum(_) => vec![json!("abc"), json!(1.5), json!({ "a": 1 })],
        },
    };
    values.into_iter().map(|value| (format!("the misfit {value}"), value)).collect()
}

/// None and two of the sets of which exactly one must be given.
fn exclusive(spec: &Spec, endpoint: &Endpoint, out: &mut Vec<Probe>) {
    let all: Vec<&str> = endpoint.exclusive.iter().flatten().map(String::as_str).collect();
    if all.is_empty() {
        return;
    }
    let verdict = || Verdict::Choice(all.iter().map(|name| (*name).to_owned()).collect());
    let maker = Maker { minimal: true, ..Maker::new(spec, Flavor::Rich(0)) };
    out.push(Probe {
        what: "exclusive: none".to_owned(),
        input: maker.object(&endpoint.params, &all, &[]),
        verdict: verdict(),
    });
    out.push(Probe {
        what: "exclusive: all".to_owned(),
        input: maker.object(&endpoint.params, &[], &all),
        verdict: verdict(),
    });
    for set in endpoint.exclusive.iter().filter(|set| set.len() > 1) {
        out.push(Probe {
            what: format!("exclusive: only a part of {}", set.join(", ")),
            input: maker.object(&endpoint.params, &[], &[&set[0]]),
            verdict: verdict(),
        });
    }
}

/// Each object of a request with a member that the spec does not know: the place of the stranger, and the request.
pub fn strangers(spec: &Spec, endpoint: &Endpoint) -> Vec<(String, Map<String, Value>)> {
    const STRANGER: &str = "no_such_field";
    let (skip, also) = choices(endpoint).swap_remove(0);
    let root = Maker::new(spec, Flavor::Rich(0)).object(&endpoint.params, &skip, &also);
    let mut top = root.clone();
    top.insert(STRANGER.to_owned(), json!(1));
    let mut out = vec![(STRANGER.to_owned(), top)];
    for spot in spots(spec, &endpoint.params, &root) {
        if spec.fields(&spot.field.ty).is_some() {
            let mut changed = root.clone();
            at(&mut changed, &spot.path)[STRANGER] = json!(1);
            out.push((format!("{}.{STRANGER}", spot.name()), changed));
        }
    }
    for field in endpoint.params.iter().filter(|field| !field.settable()) {
        let mut changed = root.clone();
        changed.insert(field.wire.clone(), json!("1"));
        out.push((field.wire.clone(), changed));
    }
    out
}
