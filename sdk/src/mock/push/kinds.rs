//! The events as the mock knows them: from the catalogue, past the generated types.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::mock::catalogue::{Catalogue, entries, list, text, texts};
use crate::mock::random;

/// A message or an event of the spec.
#[derive(Debug, Default)]
pub(in crate::mock) struct PushKind {
    pub(super) id: String,
    pub(super) form: Form,
    /// The values of `Event`, or of `MsgType`: at least one.
    pub(super) names: Vec<String>,
    /// The element in which its fields stand in XML; empty where they stand beside the head.
    pub(super) wrapper: String,
    /// The calls whose outcome it tells, and the field that both have.
    pub(super) answers: Vec<(String, String)>,
    pub(super) fields: Vec<String>,
    /// The fields that tell two of its kind apart.
    distinct_by: Vec<String>,
    /// Whether it is delivered until it was answered as its page says, with `ErrCode` 0 or `success`: payments are.
    pub(super) insists: bool,
    pub(super) example: Map<String, Value>,
    pub(super) reply: Option<Reply>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    #[default]
    Event,
    Message,
    /// A signed request of its own, which is no push message.
    Callback,
}

impl PushKind {
    /// The field that names what it is about, such as `trace_id`: of those that tell two of its kind apart, the last one
    /// that can be made up. States and codes can not, nor can what names an app or a user.
    fn own_id(&self) -> Option<&str> {
        let is_id = |field: &&str| {
            let field = field.to_ascii_lowercase();
            let ends = |ends: &[&str]| ends.iter().any(|end| field.ends_with(end));
            ends(&["id", "no", "contractcode"]) && !ends(&["appid", "openid", "openpid", "pluginid", "delivery_id"])
        };
        let is_given = |field: &&str| match self.example.get(*field) {
            Some(Value::String(text)) => !text.is_empty(),
            value => value.is_some_and(Value::is_u64),
        };
        self.distinct_by.iter().map(String::as_str).filter(is_id).rfind(is_given)
    }

    /// Makes it another one than all before it, so that it does not count as one that was handled: by what it is about,
    /// or else by its second, which may lie ahead then.
    pub(super) fn renew(&self, head: &mut Map<String, Value>, own: &mut Map<String, Value>) {
        if self.form == Form::Message {
            own.insert("MsgId".to_owned(), random::number().into());
        } else if let Some(value) = self.own_id().and_then(|field| own.get_mut(field)) {
            *value = another(value);
        } else {
            static LAST: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());
            let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
            let last = last.entry(self.id.clone()).or_default();
            *last = random::unix_time().max(*last + 1);
            head.insert("CreateTime".to_owned(), (*last).into());
        }
    }
}

/// An id that looks like this one.
fn another(example: &Value) -> Value {
    let Value::String(text) = example else { return random::number().into() };
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits < 8 {
        return format!("{text}-{}", random::number()).into();
    }
    random::with_digits(text).into()
}

/// The structured reply that an event wants.
#[derive(Debug)]
pub(super) struct Reply {
    /// Whether `success` will do as well.
    pub(super) optional: bool,
    pub(super) required: Vec<String>,
    pub(super) fixed: Vec<(String, Value)>,
}

/// Reads the events of a catalogue.
pub(in crate::mock) fn kinds(catalogue: &Value) -> Vec<PushKind> {
    let groups = list(catalogue, "events");
    groups.flat_map(|group| entries(group.get("events")).map(move |(id, json)| kind(group, id, json))).collect()
}

fn kind(group: &Value, id: &str, json: &Value) -> PushKind {
    let mut names = match json.get("names") {
        // With something to say of each of them, or without.
        Some(Value::Object(names)) => names.keys().cloned().collect(),
        names => texts(names),
    };
    if names.is_empty() {
        names.push(id.to_owned());
    }
    let answer = |json: &Value| (text(json, "call").to_owned(), text(json, "by").to_owned());
    PushKind {
        id: id.to_owned(),
        form: match text(json, "kind") {
            "message" => Form::Message,
            "callback" => Form::Callback,
            _ => Form::Event,
        },
        names,
        wrapper: text(json, "wrapper").to_owned(),
        answers: match json.get("answers") {
            Some(Value::Array(answers)) => answers.iter().map(answer).collect(),
            answers => answers.iter().map(|json| answer(json)).collect(),
        },
        fields: entries(json.get("fields")).map(|(name, _)| name.clone()).collect(),
        distinct_by: texts(json.get("distinct_by")),
        insists: json.get("redeliveries").is_some(),
        example: json.get("example").and_then(Value::as_object).cloned().unwrap_or_default(),
        reply: json
            .get("reply")
            .and_then(|reply| match reply {
                Value::String(name) => group.get("replies")?.get(name),
                reply => Some(reply),
            })
            .map(reply),
    }
}

fn reply(json: &Value) -> Reply {
    let is_true = |json: &Value, word: &str| json.get(word).and_then(Value::as_bool).unwrap_or(false);
    let fields = || entries(json.get("fields"));
    Reply {
        optional: is_true(json, "optional"),
        required: fields().filter(|(_, field)| is_true(field, "required")).map(|(name, _)| name.clone()).collect(),
        fixed: fields().filter_map(|(name, field)| Some((name.clone(), field.get("fixed")?.clone()))).collect(),
    }
}

impl Catalogue {
    /// The message or event of this id, or of this value of `Event` or `MsgType`.
    pub(super) fn push_kind(&self, name: &str) -> Option<&PushKind> {
        let named = |kind: &&PushKind| kind.id == name || kind.names.iter().any(|own| own == name);
        self.pushes.iter().find(named)
    }

    /// Ids that somebody may have meant by a name that is none, the likeliest first: that of the Rust type of this name,
    /// then those that share the most words with it.
    pub(super) fn push_candidates(&self, name: &str) -> Vec<&str> {
        let wanted = words(name);
        let shared = |id: &str| {
            let own = words(id);
            match (own.concat(), wanted.concat()) {
                (id, name) if id == name => usize::MAX,
                // Written without anything between the words.
                (id, name) if name.len() > 5 && id.contains(&name) => wanted.len() + 1,
                _ => wanted.iter().filter(|word| word.len() > 2 && own.contains(word)).count(),
            }
        };
        let mut ids: Vec<_> = self.pushes.iter().map(|kind| (shared(&kind.id), kind.id.as_str())).collect();
        let most = ids.iter().map(|(shared, _)| *shared).max().unwrap_or_default();
        // `notify` and the like are shared by many.
        ids.retain(|(shared, _)| *shared > 0 && (*shared > 1 || most == 1));
        ids.sort_by_key(|(shared, id)| (Reverse(*shared), id.len()));
        ids.into_iter().map(|(_, id)| id).take(5).collect()
    }
}

/// The words of a name, in lower case: of `media_check`, and of `MediaCheck`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        after_lower = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::catalogue::built_in;

    #[test]
    fn names_that_are_none_suggest_some() {
        let catalogue = built_in().unwrap();
        let first = |name: &str| catalogue.push_candidates(name).first().copied();
        for (name, meant) in [
            ("WxaMediaCheck", "wxa_media_check"),
            ("wxa_media_chek", "wxa_media_check"),
            ("media_check", "wxa_media_check"),
            ("mediacheck", "wxa_media_check"),
            ("MEDIA-CHECK", "wxa_media_check"),
            ("XpayRefundNotify", "xpay_refund_notify"),
            ("refund_notify", "xpay_refund_notify"),
            ("SubscribeMsgSent", "subscribe_msg_sent_event"),
            ("SubscribeMsgPopup", "subscribe_msg_popup_event"),
            ("TextMessage", "text"),
        ] {
            assert_eq!(first(name), Some(meant), "{name}: {:?}", catalogue.push_candidates(name));
        }
        assert_eq!(first("nonsense"), None);
        assert_eq!(first(""), None);
        assert!(catalogue.push_candidates("notify").len() == 5);
    }

    /// Whatever has an id of its own is told apart by that.
    #[test]
    fn ids_are_made_up_and_states_are_not() {
        let kinds = &built_in().unwrap().pushes;
        let own = |id: &str| kinds.iter().find(|kind| kind.id == id).unwrap().own_id();
        for (id, field) in [
            ("wxa_media_check", Some("trace_id")),
            ("retail_pay_notify", Some("out_trade_no")),
            ("xpay_goods_deliver_notify", Some("OutTradeNo")),
            ("xpay_subscribe_signing_result_notify", Some("OutContractCode")),
            ("update_business_bind_result", Some("biz_id")),
            ("user_enter_tempsession", None),
            ("xpay_apple_subscribe_signing_result_notify", None),
            ("debug_demo", None),
        ] {
            assert_eq!(own(id), field, "{id}");
        }
        let (looks, short) = (another(&"60f96f1d-3845297a-1976a3ae".into()), another(&"wxrefund-1".into()));
        assert_eq!(looks.as_str().unwrap().len(), 26);
        assert!(short.as_str().unwrap().starts_with("wxrefund-1-"));
        assert!(another(&20001.into()).is_u64());
    }
}
