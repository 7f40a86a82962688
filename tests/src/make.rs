//! Makes values that keep every constraint of the spec.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::choices::choices;
use crate::sign::MARK;
use crate::spec::{Bounds, Field, Place, Source, Spec, Struct, Ty, TypeDef};

/// What values look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flavor {
    /// Long texts with all that needs escaping, large numbers, and of each enum the value with this number.
    Rich(usize),
    /// `false`, `0` or the least, `""` or the shortest.
    Zero,
    /// Values that no enum has.
    Novel,
}

/// Makes values of one flavor.
#[derive(Clone, Debug)]
pub struct Maker<'a> {
    /// Where types are looked up.
    pub spec: &'a Spec,
    /// What values look like.
    pub flavor: Flavor,
    /// Whether only what is required is given.
    pub minimal: bool,
    /// Whether fields are left out that silence others.
    pub without_targets: bool,
    /// Whether it is an answer that is made.
    pub answer: bool,
}

/// All that a query, a JSON text or a form must escape, and characters of two to four bytes.
const SAMPLE: &str = "Aa0 &=?/+%#\"\\\n\tü汉😀";

/// Deeper than this only what is required is made: types may hold themselves.
const DEPTH: usize = 4;

impl<'a> Maker<'a> {
    /// Requests of this flavor with every field.
    pub fn new(spec: &'a Spec, flavor: Flavor) -> Self {
        Self { spec, flavor, minimal: false, without_targets: false, answer: false }
    }

    /// An object with these fields, and those of `also` whatever else holds.
    pub fn object(&self, fields: &[Field], skip: &[&str], also: &[&str]) -> Map<String, Value> {
        self.at_depth(fields, skip, also, 0)
    }

    fn at_depth(&self, fields: &[Field], skip: &[&str], also: &[&str], depth: usize) -> Map<String, Value> {
        let mut out = Map::new();
        let given = |field: &Field| {
            let name = field.wire.as_str();
            let is_target = fields.iter().any(|other| other.yields_to.as_deref() == Some(name));
            let must = if self.answer { field.always } else { field.required };
            also.contains(&name)
                || must
                || !(skip.contains(&name) || self.minimal || depth > DEPTH || self.without_targets && is_target)
        };
        for field in fields.iter().filter(|field| field.settable() && given(field)) {
            out.insert(field.wire.clone(), self.value(field, depth));
        }
        while let Some(field) = fields
            .iter()
            .find(|field| !self.answer && !out.contains_key(&field.wire) && is_required_by_others(field, fields, &out))
        {
            out.insert(field.wire.clone(), self.value(field, depth));
        }
        out
    }

    /// A struct, in which one way to choose is kept to: another one with each turn.
    fn structure(&self, def: &Struct, depth: usize) -> Map<String, Value> {
        if self.answer {
            return self.at_depth(&def.fields, &[], &[], depth);
        }
        let ways = choices(&def.choices);
        let turn = if let Flavor::Rich(turn) = self.flavor { turn } else { 0 };
        let (skip, also) = &ways[turn % ways.len()];
        self.at_depth(&def.fields, skip, also, depth)
    }

    /// A value for a field.
    pub fn field(&self, field: &Field) -> Value {
        self.value(field, 0)
    }

    fn value(&self, field: &Field, depth: usize) -> Value {
        self.typed(&field.ty, field, 0, depth)
    }

    /// A value of a type; `index` tells the elements of a list apart.
    fn typed(&self, ty: &Ty, field: &Field, index: usize, depth: usize) -> Value {
        let zero = self.flavor == Flavor::Zero;
        match ty {
            Ty::String | Ty::Secret => Value::String(self.text(field)),
            Ty::Bool => Value::Bool(!zero),
            Ty::I64 | Ty::U64 | Ty::U32 | Ty::U8 | Ty::Time { .. } => int(self.int(ty, field.range.as_ref())),
            Ty::F64 => json!(self.float(field.range.as_ref())),
            Ty::Json if zero => json!({}),
            Ty::Json => json!({ "any": [1, "汉", null, { "no": false }, 0.5], "": "\n" }),
            Ty::File => Value::String(STANDARD.encode(self.file(field.bytes.as_ref()))),
            Ty::HostedFile => json!("https://files.example.com/a/b_@.png?sign=a%2B&x=汉"),
            Ty::TemplateData => self.template(field.subscribe_keywords),
            Ty::List(inner) => {
                let count = self.count(field.items.as_ref());
                (0..count).map(|index| self.typed(inner, &bare(field), index, depth + 1)).collect()
            }
            Ty::Map(inner) => {
                let keys = (0..self.count(field.items.as_ref())).map(|index| format!("键 {index}"));
                keys.enumerate().map(|(i, key)| (key, self.typed(inner, &bare(field), i, depth + 1))).collect()
            }
            Ty::Named(number) => match &self.spec.types[*number] {
                TypeDef::Struct(def) => Value::Object(self.structure(def, depth + 1)),
                TypeDef::TextEnum(values) => match self.flavor {
                    Flavor::Rich(turn) => json!(values[(turn + index) % values.len()]),
                    Flavor::Zero => json!(values[0]),
                    Flavor::Novel => json!("value_of_tomorrow"),
                },
                TypeDef::IntEnum(values) => match self.flavor {
                    Flavor::Rich(turn) => json!(values[(turn + index) % values.len()]),
                    Flavor::Zero => json!(values.iter().min()),
                    Flavor::Novel => json!(987_654_321),
                },
            },
        }
    }

    fn text(&self, field: &Field) -> String {
        let limit = |bounds: &Option<Bounds>| {
            let bounds = bounds.clone().unwrap_or_default();
            (bounds.from().unwrap_or(0), bounds.to().unwrap_or(usize::MAX))
        };
        let ((least, most), (least_bytes, most_bytes)) = (limit(&field.length), limit(&field.bytes));
        if is_key(field) && self.flavor != Flavor::Zero && !field.is_constrained() {
            return format!("{MARK} {} +/=&%", field.wire);
        }
        let mut text: String = match self.flavor {
            Flavor::Zero => String::new(),
            _ => SAMPLE.chars().filter(|character| field.allows(*character)).take(most).collect(),
        };
        while text.len() > most_bytes {
            text.pop();
        }
        let filler = filler(field);
        while text.chars().count() < least || text.len() < least_bytes {
            text.push(filler);
        }
        text
    }

    fn int(&self, ty: &Ty, range: Option<&Bounds>) -> i128 {
        let (least, most) = int_bounds(ty, range);
        let wanted: i128 = match (self.flavor, ty) {
            (Flavor::Zero, _) => 0,
            (_, Ty::U8) => 200,
            (_, Ty::U32) => 4_000_000_000,
            // Beyond what a float can tell apart.
            (_, Ty::U64) => 9_007_199_254_740_993,
            (_, Ty::I64) => -9_007_199_254_740_993,
            (_, Ty::Time { millis: true }) => 1_900_000_000_123,
            _ => 1_900_000_000,
        };
        wanted.clamp(least, most)
    }

    fn float(&self, range: Option<&Bounds>) -> f64 {
        let range = range.cloned().unwrap_or_default();
        let wanted = if self.flavor == Flavor::Zero { 0.0 } else { 0.1 };
        f64::clamp(wanted, range.from().unwrap_or(f64::MIN), range.to().unwrap_or(f64::MAX))
    }

    fn count(&self, items: Option<&Bounds>) -> usize {
        let items = items.cloned().unwrap_or_default();
        let wanted: usize = if self.flavor == Flavor::Zero { 0 } else { 2 };
        wanted.clamp(items.from().unwrap_or(0), items.to().unwrap_or(usize::MAX))
    }

    fn file(&self, bytes: Option<&Bounds>) -> Vec<u8> {
        let bytes = bytes.cloned().unwrap_or_default();
        let mut content = match self.flavor {
            Flavor::Zero => vec![0],
            _ => b"\x89PNG\r\n\x1a\n\x00\xff--boundary\r\n\r\n--\r\n\x00".to_vec(),
        };
        content.truncate(bytes.to().unwrap_or(usize::MAX));
        content.resize(content.len().max(bytes.from().unwrap_or(0)), b'.');
        content
    }

    fn template(&self, subscribe: bool) -> Value {
        match (self.flavor, subscribe) {
            (Flavor::Zero, _) => json!({}),
            (_, true) => json!({
                "thing1": { "value": "广州至北京 & \"more\"" },
                "number2": { "value": "12.50" },
                "phrase3": { "value": "配送中" },
            }),
            (_, false) => json!({
                "first": { "value": "a\n汉😀\"\\", "color": "#173177" },
                "keyword1": { "value": "" },
            }),
        }
    }
}

/// The same field for the elements of a list, on which its constraints are not put.
fn bare(field: &Field) -> Field {
    Field { length: None, bytes: None, range: None, items: None, charset: None, forbid: Vec::new(), ..field.clone() }
}

/// A harmless character that a field takes.
pub fn filler(field: &Field) -> char {
    let mut harmless =
        ('a'..='z').chain('0'..='9').chain('A'..='Z').chain(field.charset.iter().flat_map(|set| set.chars()));
    harmless.find(|character| field.allows(*character)).unwrap_or_else(|| panic!("{} takes nothing", field.wire))
}

/// Whether a field is the key of a signature.
pub fn is_key(field: &Field) -> bool {
    field.place == Some(Place::Sign) || matches!(field.default_from, Some(Source::VirtualPayment | Source::B2bPayment))
}

/// Whether a field is required because of what its siblings hold.
pub fn is_required_by_others(field: &Field, siblings: &[Field], given: &Map<String, Value>) -> bool {
    let holds = |name: &str, wanted: &[Value]| {
        let sibling = siblings.iter().find(|sibling| sibling.wire == name).expect("a sibling");
        given.get(name).or(sibling.default.as_ref()).is_some_and(|value| wanted.contains(value))
    };
    !field.required_if.is_empty() && field.required_if.iter().all(|(name, wanted)| holds(name, wanted))
}

/// The least and the greatest whole number that type and range allow.
pub fn int_bounds(ty: &Ty, range: Option<&Bounds>) -> (i128, i128) {
    let (least, most) = type_bounds(ty);
    let range = range.cloned().unwrap_or_default();
    (range.from().unwrap_or(least), range.to().unwrap_or(most))
}

/// The least and the greatest whole number of a type.
pub fn type_bounds(ty: &Ty) -> (i128, i128) {
    match ty {
        Ty::U8 => (0, u8::MAX.into()),
        Ty::U32 => (0, u32::MAX.into()),
        Ty::U64 => (0, u64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    }
}

/// A whole number as JSON.
pub fn int(number: i128) -> Value {
    u64::try_from(number).map_or_else(|_| json!(i64::try_from(number).expect("a number that JSON holds")), Value::from)
}
