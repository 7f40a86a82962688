//! Made-up answers of the types that the spec promises: plausible, and the same each time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::catalogue::{Catalogue, Endpoint, Field, Form, Kind, TypeDef};
use super::check::{Params, integer};
use super::login;
use super::page::{Page, Told};
use super::picture::Look;
use super::random;

/// How deep types may be nested that contain themselves.
const DEEPEST: usize = 8;
/// 2023-11-14: moments in answers are this one and those after it.
const EPOCH: u64 = 1_700_000_000;

/// How many answers are remembered.
const REMEMBERED: usize = 256;

/// The answers of the last second, so that the same call again costs little: a long one takes a millisecond to make
/// where the compiler does not optimise. In the next second they are other ones, for some hold the time.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<(u64, HashMap<Call, Bytes>)>);

/// Endpoint, appid, and the parameters as JSON.
type Call = (String, String, Vec<u8>);

impl Answers {
    pub(super) fn get_or_make(
        &self,
        endpoint: &str,
        appid: &str,
        params: &Params,
        make: impl FnOnce() -> Vec<u8>,
    ) -> Bytes {
        let now = random::unix_time();
        let call = (endpoint.to_owned(), appid.to_owned(), serde_json::to_vec(params).unwrap_or_default());
        let remembered = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut remembered = remembered();
            let (second, answers) = &mut *remembered;
            if *second != now || answers.len() >= REMEMBERED {
                *second = now;
                answers.clear();
            }
            if let Some(answer) = answers.get(&call) {
                return answer.clone();
            }
        }
        let answer = Bytes::from(make());
        remembered().1.insert(call, answer.clone());
        answer
    }
}

/// Makes the answer of one call.
pub(super) struct Author<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) endpoint: &'a Endpoint,
    pub(super) appid: &'a str,
    pub(super) params: &'a Params,
}

/// Where in a paged response a struct stands: the way to it from the top, outside of lists.
#[derive(Clone, Copy)]
struct Spot<'a> {
    page: &'a Page<'a>,
    way: &'a str,
}

impl Author<'_> {
    /// All fields, with the envelope where WeChat sends one: its login and token calls answer without.
    pub(super) fn fields(&self, fields: &[Field]) -> Value {
        let page = Page::of(self.endpoint, self.params);
        let spot = page.as_ref().map(|page| Spot { page, way: "" });
        let mut members = self.members(fields, 0, 0, spot);
        // An empty page has a code of its own where the spec lets more than 0 mean success.
        let other = self.endpoint.envelope.ok.iter().find(|code| **code != 0);
        let code = other.filter(|_| page.is_some_and(|page| page.is_empty()));
        if self.endpoint.token.is_token() {
            self.envelope(&mut members, code.copied().unwrap_or(0));
        }
        Value::Object(members)
    }

    /// Success without more.
    pub(super) fn nothing(&self) -> Value {
        let mut members = Map::new();
        self.envelope(&mut members, 0);
        Value::Object(members)
    }

    fn envelope(&self, members: &mut Params, code: i64) {
        let envelope = &self.endpoint.envelope;
        let code = if envelope.ok.contains(&code) { code } else { envelope.ok.first().copied().unwrap_or(0) };
        members.insert(envelope.code.clone(), code.into());
        members.insert(envelope.message.clone(), "ok".into());
    }

    fn members(&self, fields: &[Field], row: u64, depth: usize, spot: Option<Spot<'_>>) -> Params {
        let member = |field: &Field| {
            let value = match spot {
                Some(spot) => self.paged(field, row, depth, spot),
                None => self.value(&field.kind, &field.name, &field.about, row, depth, None),
            };
            let value = field.fixed.clone().or_else(|| Some(fitted(value?, field)))?;
            Some((field.name.clone(), written(value, field.wire)))
        };
        fields.iter().filter_map(member).collect()
    }

    /// A member of a struct that may have to do with the pages.
    fn paged(&self, field: &Field, row: u64, depth: usize, spot: Spot<'_>) -> Option<Value> {
        let way = if spot.way.is_empty() { field.name.clone() } else { format!("{}.{}", spot.way, field.name) };
        match (spot.page.told(&way, &field.kind), &field.kind) {
            (Some(Told::Value(value)), _) => Some(value),
            (Some(Told::Rows(rows)), Kind::List(kind)) => {
                Some(rows.filter_map(|row| self.value(kind, &field.name, "", row, depth + 1, None)).collect())
            }
            (_, kind) => {
                let inner = Spot { way: &way, ..spot };
                self.value(kind, &field.name, &field.about, row, depth, Some(inner))
            }
        }
    }

    /// A value; `None` where a type contains itself without an end.
    fn value(
        &self,
        kind: &Kind,
        name: &str,
        about: &str,
        row: u64,
        depth: usize,
        spot: Option<Spot<'_>>,
    ) -> Option<Value> {
        Some(match kind {
            Kind::Text => self.text(name, about, row).into(),
            Kind::Url => url(name, row).into(),
            Kind::Bool => row.is_multiple_of(2).into(),
            Kind::Int { max, .. } => match name {
                // Beside the envelope these stand for parts of an answer that went well.
                "errcode" | "err_code" | "code" | "ret" => 0.into(),
                "expires_in" => 7200.into(),
                "width" | "height" => 430.into(),
                _ if *max <= 255 => (row % 2).into(),
                _ => (row + 1).into(),
            },
            Kind::Float => json!(row as f64 + 0.5),
            Kind::Time { millis } => {
                // A watermark's time is looked at for its age.
                let time = if name == "timestamp" { random::unix_time() } else { EPOCH + row * 3600 };
                if *millis { (time * 1000).into() } else { time.into() }
            }
            Kind::Json => json!({}),
            Kind::File => return None,
            Kind::Template => json!({ "thing1": { "value": format!("{name} {}", row + 1) } }),
            Kind::List(inner) => {
                let items = (0..2).filter_map(|index| self.value(inner, name, about, row * 2 + index, depth + 1, None));
                Value::Array(items.collect())
            }
            Kind::Map(inner) => match self.value(inner, name, about, row, depth + 1, None) {
                Some(value) => json!({ "key": value }),
                None => json!({}),
            },
            Kind::Named(index) => match self.catalogue.type_def(*index)? {
                TypeDef::Enum(values) => values.get(row as usize % values.len().max(1))?.clone(),
                TypeDef::Struct { .. } if depth >= DEEPEST => return None,
                TypeDef::Struct { fields, sets } => {
                    let mut members = self.members(fields, row, depth + 1, spot);
                    // Of sets that exclude one another the first is answered.
                    if let [first, others @ ..] = sets.exclusive.as_slice() {
                        members.retain(|name, _| {
                            first.contains(name) || !others.iter().flatten().any(|other| other == name)
                        });
                    }
                    Value::Object(members)
                }
            },
        })
    }

    /// A text that its name suggests.
    fn text(&self, name: &str, about: &str, row: u64) -> String {
        let given = |name: &str| self.params.get(name).and_then(Value::as_str);
        let user = given("js_code").unwrap_or("");
        let lower = name.to_ascii_lowercase();
        let phone = |field: &str| login::phone_number("13800138000")[field].as_str().unwrap_or_default().to_owned();
        match lower.as_str() {
            "session_key" => random::session_key(user),
            "openid" => match given("openid").filter(|openid| !openid.is_empty()) {
                Some(openid) => openid.to_owned(),
                None => random::openid(self.appid, user),
            },
            // The same for all apps, because they count as those of one Open Platform account.
            "unionid" => random::openid("unionid", user),
            "appid" => self.appid.to_owned(),
            "phonenumber" => phone("phoneNumber"),
            "purephonenumber" => phone("purePhoneNumber"),
            "countrycode" => phone("countryCode"),
            "openlink" => format!("weixin://dl/business/?t=mock{}", row + 1),
            "url_link" => format!("https://wxaurl.cn/mock{}", row + 1),
            _ if lower.ends_with("openid") => random::openid(self.appid, &format!("{name} {row}")),
            _ if lower.ends_with("url") || lower.ends_with("_img") || about.contains("URL") => url(name, row),
            _ if lower.ends_with("_time") => format!("2023-11-14 22:13:{:02}", 20 + row % 40),
            _ if lower.ends_with("id") => format!("{name}-{}", row + 1),
            _ => format!("{name} {}", row + 1),
        }
    }

    /// How a picture is to look, as far as the parameters say.
    pub(super) fn look(&self) -> Look {
        let default = |name: &str| self.endpoint.params.iter().find(|field| field.name == name)?.default.as_ref();
        let width = self.params.get("width").or_else(|| default("width")).and_then(integer);
        let color = self.params.get("line_color");
        let part = |name: &str| color.and_then(|color| color.get(name)?.as_u64()?.try_into().ok()).unwrap_or(0);
        Look {
            width: width.and_then(|width| width.try_into().ok()).unwrap_or(430),
            seed: Value::from(self.params.clone()).to_string(),
            color: [part("r"), part("g"), part("b")],
        }
    }

    /// Whether the picture has a transparent background, and is a PNG therefore.
    pub(super) fn is_transparent(&self) -> bool {
        self.params.get("is_hyaline") == Some(&Value::Bool(true))
    }
}

fn url(name: &str, row: u64) -> String {
    format!("https://mock.example.com/{name}/{}", row + 1)
}

/// A value as the field writes it.
fn written(value: Value, form: Option<Form>) -> Value {
    match form {
        None => value,
        Some(Form::Json) => value.to_string().into(),
        Some(Form::Int) => u8::from(value == Value::Bool(true)).into(),
    }
}

/// Bends a made-up value to the constraints of its field.
fn fitted(value: Value, field: &Field) -> Value {
    let rules = &field.rules;
    let whole = |number: f64| if number.is_finite() { number.max(0.0) as usize } else { usize::MAX };
    let value = match (value, &rules.charset) {
        (Value::String(text), Some(charset)) => {
            let other = charset.iter().find(|c| c.is_ascii_alphanumeric()).or(charset.first()).copied();
            text.chars().filter_map(|c| if charset.contains(&c) { Some(c) } else { other }).collect::<String>().into()
        }
        (value, _) => value,
    };
    match (value, rules.length.or(rules.bytes), rules.range, rules.items) {
        (Value::String(text), Some(length), ..) => {
            let least = whole(length.from.max(0.0)).min(1 << 16);
            let padded = text.chars().chain(std::iter::repeat_n('x', least));
            let wanted = text.chars().count().clamp(least, whole(length.to).max(least));
            padded.take(wanted).collect::<String>().into()
        }
        (Value::Number(number), _, Some(range), _) if number.as_f64().is_some_and(|number| !range.contains(number)) => {
            let nearest = if range.from.is_finite() { range.from } else { range.to };
            if matches!(field.kind, Kind::Float) { json!(nearest) } else { json!(nearest as i64) }
        }
        (Value::Array(mut items), _, _, Some(count)) => {
            items.truncate(whole(count.to));
            if let Some(last) = items.last().cloned() {
                items.resize(items.len().max(whole(count.from.max(0.0)).min(1 << 10)), last);
            }
            Value::Array(items)
        }
        (value, ..) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::catalogue::{Response, built_in};

    fn answered(json: Value, params: Value) -> Value {
        let catalogue = Catalogue::read(&json);
        let endpoint = catalogue.named("x").unwrap();
        let Response::Fields(fields) = &endpoint.response else { panic!("no fields") };
        let params = params.as_object().unwrap().clone();
        Author { catalogue: &catalogue, endpoint, appid: "wx1", params: &params }.fields(fields)
    }

    fn endpoint(fields: Value, more: Value) -> Value {
        let mut endpoint = json!({"method": "POST", "path": "/x", "response": {"fields": fields}});
        endpoint.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({
            "groups": [{"group": "g", "endpoints": {"x": endpoint}, "types": {
                "Tree": {"fields": {"left": {"type": "Tree"}, "leaves": {"type": ["Tree"]}, "size": {"type": "u8"}}},
                "Word": {"values": {"b": "B.", "a": "A."}},
                "Number": {"values": {"10": {"name": "Ten"}, "9": {"name": "Nine"}}},
            }}],
        })
    }

    #[test]
    fn answers_are_remembered_for_a_second_and_do_not_pile_up() {
        let answers = Answers::default();
        let get = |endpoint: &str, appid: &str, number: usize, fresh: &'static str| {
            let params = json!({ "n": number }).as_object().unwrap().clone();
            answers.get_or_make(endpoint, appid, &params, || fresh.into())
        };
        let start = random::unix_time();
        assert_eq!(get("a", "wx1", 1, "first"), "first");
        let again = get("a", "wx1", 1, "second");
        assert!(again == "first" || random::unix_time() > start);
        for (endpoint, appid, number) in [("b", "wx1", 1), ("a", "wx2", 1), ("a", "wx1", 2)] {
            assert_eq!(get(endpoint, appid, number, "another"), "another");
        }
        answers.0.lock().unwrap().0 = start - 1;
        assert_eq!(get("a", "wx1", 1, "third"), "third", "a second has passed");
        for number in 0..2 * REMEMBERED {
            get("a", "wx1", number, "many");
            assert!(answers.0.lock().unwrap().1.len() <= REMEMBERED);
        }
    }

    #[test]
    fn every_type_has_a_value() {
        let fields = json!({
            "s": {"type": "string"}, "b": {"type": "bool"}, "i": {"type": "i64"}, "f": {"type": "f64"},
            "t": {"type": "timestamp"}, "ms": {"type": "timestamp_ms"}, "j": {"type": "json"},
            "h": {"type": "hosted_file"}, "list": {"type": ["u8"]}, "map": {"type": "map<Word>"},
            "w": {"type": "Word"}, "n": {"type": "Number"}, "d": {"type": "template_data"},
            "long": {"type": "string", "length": "8..9"}, "short": {"type": "string", "length": "..3"},
            "range": {"type": "u32", "range": "280..1280"}, "one": {"type": ["u8"], "items": "..1"},
            "three": {"type": ["u8"], "items": "3.."},
        });
        let answer = answered(endpoint(fields, json!({})), json!({}));
        let wanted = json!({
            "errcode": 0, "errmsg": "ok", "s": "s 1", "b": true, "i": 1, "f": 0.5, "t": 1_700_000_000,
            "ms": 1_700_000_000_000_i64, "j": {}, "h": "https://mock.example.com/h/1", "list": [0, 1],
            "map": {"key": "a"}, "w": "a", "n": 9, "d": {"thing1": {"value": "d 1"}}, "long": "long 1xx",
            "short": "sho", "range": 280, "one": [0], "three": [0, 1, 1],
        });
        assert_eq!(answer, wanted);
    }

    #[test]
    fn types_that_contain_themselves_end() {
        let answer = answered(endpoint(json!({"tree": {"type": "Tree"}}), json!({})), json!({}));
        assert_eq!(answer["tree"]["left"]["size"], 0);
        assert!(answer.to_string().len() < 1 << 16);
    }

    #[test]
    fn pages() {
        let spec = || {
            let paging =
                json!({"style": "offset", "start": "start", "limit": "limit", "items": "rows", "total": "total"});
            let fields = json!({"rows": {"type": ["i64"]}, "total": {"type": "u64"}});
            endpoint(fields, json!({"paging": paging, "envelope": {"code": "c", "message": "m", "ok": [0, 1]}}))
        };
        let page = |start: u64, limit: u64| answered(spec(), json!({"start": start, "limit": limit}));
        assert_eq!(page(0, 3), json!({"c": 0, "m": "ok", "rows": [1, 2, 3], "total": 25}));
        assert_eq!(page(24, 10), json!({"c": 0, "m": "ok", "rows": [25], "total": 25}));
        assert_eq!(page(u64::MAX, u64::MAX), json!({"c": 1, "m": "ok", "rows": [], "total": 25}));
    }

    #[test]
    fn names_speak() {
        let catalogue = built_in().unwrap();
        let author = |id: &str, params: Value| {
            let endpoint = catalogue.named(id).unwrap();
            let Response::Fields(fields) = &endpoint.response else { panic!("no fields") };
            let params = params.as_object().unwrap().clone();
            Author { catalogue, endpoint, appid: "wx1", params: &params }.fields(fields)
        };
        let login = author("code2Session", json!({"js_code": "a"}));
        assert_eq!(login["session_key"], random::session_key("a"));
        assert_ne!(login, author("code2Session", json!({"js_code": "b"})));
        assert!(login.get("errcode").is_none());
        let phone = author("getPhoneNumber", json!({}));
        assert_eq!(phone["phone_info"]["phoneNumber"], "13800138000");
        assert_eq!(phone["phone_info"]["watermark"]["appid"], "wx1");
        assert_eq!(author("msgSecCheck", json!({}))["detail"][0]["errcode"], 0);
        let room = &author("getLiveInfo", json!({}))["room_info"][1];
        assert_eq!(room["cover_img"], "https://mock.example.com/cover_img/2");
        assert_eq!(room["live_status"], 102);
    }
}
