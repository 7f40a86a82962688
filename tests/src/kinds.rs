//! Each of the SDK's events by its id: how a message is read as it, and what was read, as JSON.

use std::any::type_name;

use serde::ser::{Error as _, Impossible, Serialize, SerializeMap, Serializer};
use serde_json::{Error as JsonError, Map, Value};
use weapp::Secret;
use weapp::events::*;
use weapp::push::{EventMeta, Message, PushEvent, Receiver, Result};

/// What an event says.
pub type Said = Map<String, Value>;

/// An event of the SDK.
#[derive(Debug)]
pub struct Kind {
    /// What it says of itself.
    pub meta: &'static EventMeta,
    /// The type of what may be answered to it, by its whole name.
    pub reply: fn() -> &'static str,
    /// Whether a message is it.
    pub is: fn(&Message) -> bool,
    /// Reads a message as it.
    pub decode: fn(&Message) -> Result<Said>,
    /// Reads a callback as it.
    pub callback: fn(&Receiver, Vec<u8>) -> Result<Said>,
}

/// A secret, or perhaps none.
trait Told {
    fn told(&self) -> Option<&str>;
}

impl Told for Secret {
    fn told(&self) -> Option<&str> {
        Some(self.expose())
    }
}

impl Told for Option<Secret> {
    fn told(&self) -> Option<&str> {
        self.as_ref().map(Secret::expose)
    }
}

macro_rules! kind {
    ($name:ident $($field:ident $wire:literal)*) => {
        Kind {
            meta: $name::META,
            reply: type_name::<<$name as PushEvent>::Reply>,
            is: |message| message.is::<$name>(),
            decode: |message| {
                message.decode::<$name>().map(|event| told(&event, &[$(($wire, event.$field.told())),*]))
            },
            callback: |receiver, body| {
                receiver.callback::<$name>(body).map(|event| told(&event, &[$(($wire, event.$field.told())),*]))
            },
        }
    };
}

macro_rules! kinds {
    ($($name:ident $({ $($field:ident: $wire:literal),* })?,)*) => {
        /// All of them: the pushed ones, and the callbacks.
        pub const ALL: &[Kind] = &[$(kind!($name $($($field $wire)*)?),)* kind!(IntracityOrderStatus)];

        /// What [`Message::event`] made of a message: the event's id, and its fields. `None`: one that nobody knows.
        pub fn which(event: &Event) -> Option<(&'static str, Map<String, Value>)> {
            match event {
                $(Event::$name(event) => {
                    Some(($name::META.id, told(&**event, &[$($(($wire, event.$field.told())),*)?])))
                })*
                _ => None,
            }
        }
    };
}

kinds! {
    RetailPayNotify,
    RetailRefundNotify,
    ChargeMpServiceQuotaNotify,
    ChargeMpServiceValidityNotify,
    WxaCommentBadScore,
    ComplaintCallback,
    TextMessage,
    ImageMessage,
    MiniProgramPageMessage,
    UserEnterTempsession,
    IotVoipNotify { session_key: "SessionKey", server_token: "ServerToken" },
    SecvodUploadEvent,
    SecvodAuditEvent,
    UpdateWaybillStatus,
    MockUpdateOrderStatus,
    TransportCancelOrder,
    TransportConfirmReturnToBiz,
    TransportQueryOrderStatus,
    TransportPrecancelOrder,
    WxainsuranceClaimResult,
    WxaliveFollowNotify,
    WxalivePushMessageNotify,
    UpdateBusinessBindResult,
    AddExpressPath,
    AddWaybill { token: "Token", biz_pwd: "BizPwd" },
    CancelWaybill { biz_pwd: "BizPwd" },
    CheckBiz { biz_pwd: "BizPwd" },
    GetQuota { biz_pwd: "BizPwd" },
    AddSingleWaybill { token: "Token", account_pwd: "AccountPwd" },
    CancelSingleWaybill { token: "Token" },
    QuerySingleWaybill { token: "Token" },
    QuerySingleWaybillFee,
    WaybillQueryExpectTimeRange,
    RemindWaybill { token: "Token" },
    NotifySingleWaybillPay { token: "Token" },
    WaybillEvaluateAgent { token: "Token" },
    WaybillComplaint { token: "Token" },
    WaybillNotifyQuery,
    WxaNovelChapterPermission,
    SecbookAuditEvent,
    BookBanStatusChange,
    WxaPunishEvent,
    DebugDemo,
    WxaMediaCheck,
    SubscribeMsgPopupEvent,
    SubscribeMsgChangeEvent,
    SubscribeMsgSentEvent,
    NotifyServiceMsgSendResult { notify_code: "notify_code" },
    WeappAuditSuccess,
    WeappAuditFail,
    WeappAuditDelay,
    TradeManageRemindAccessApi,
    TradeManageRemindShipping,
    TradeManageOrderSettlement,
    WxaTradeControlled,
    AuthorizedUserChange,
    XpayGoodsDeliverNotify,
    XpayCoinPayNotify,
    XpayRefundNotify,
    XpayComplaintNotify,
    XpayWxpayCallbackNotify,
    XpaySubscribeSigningResultNotify,
    XpaySubscribePayFailNotify,
    XpayAppleSubscribeSigningResultNotify,
    XpayAppleSubscribeUnsigningResultNotify,
    XpaySubscribeIosRefundQueryNotify,
}

/// The one with this id.
pub fn kind(id: &str) -> &'static Kind {
    ALL.iter().find(|kind| kind.meta.id == id).unwrap_or_else(|| panic!("`kinds` lacks the event {id}"))
}

/// What an event says. Its secrets refuse to be serialised, so they are told beside it.
fn told(event: &impl Serialize, secrets: &[(&str, Option<&str>)]) -> Map<String, Value> {
    let mut fields = event.serialize(Fields { out: Map::new(), name: String::new() }).expect("an event is an object");
    for (name, secret) in secrets {
        let refused = fields.remove(*name);
        assert_eq!(refused.is_some(), secret.is_some(), "{name}: whether it is there");
        assert!(refused.is_none_or(|value| value == REFUSED), "{name}: a secret was serialised");
        if let Some(secret) = secret {
            fields.insert((*name).to_owned(), (*secret).into());
        }
    }
    assert!(!fields.values().any(|value| *value == REFUSED), "`kinds` lacks a secret, or something else is refused");
    fields
}

const REFUSED: &str = "(refuses to be serialised)";

/// Writes an object, one field after the other.
struct Fields {
    out: Map<String, Value>,
    name: String,
}

impl SerializeMap for Fields {
    type Ok = Map<String, Value>;
    type Error = JsonError;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> std::result::Result<(), JsonError> {
        self.name = serde_json::from_value(serde_json::to_value(key)?)?;
        Ok(())
    }
    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> std::result::Result<(), JsonError> {
        let value = serde_json::to_value(value).unwrap_or_else(|_| REFUSED.into());
        let before = self.out.insert(std::mem::take(&mut self.name), value);
        if before.is_some() { Err(JsonError::custom("a field was written twice")) } else { Ok(()) }
    }
    fn end(self) -> std::result::Result<Self::Ok, JsonError> {
        Ok(self.out)
    }
}

macro_rules! refuse {
    ($($name:ident($($type:ty),*) -> $ok:ty;)*) => {
        $(fn $name(self, $(_: $type),*) -> std::result::Result<$ok, JsonError> {
            Err(JsonError::custom("no object"))
        })*
    };
}

type Never = Impossible<Map<String, Value>, JsonError>;

impl Serializer for Fields {
    type Ok = Map<String, Value>;
    type Error = JsonError;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Self;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_map(self, _: Option<usize>) -> std::result::Result<Self, JsonError> {
        Ok(self)
    }
    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> std::result::Result<Self::Ok, JsonError> {
        Err(JsonError::custom("no object"))
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: &T,
    ) -> std::result::Result<Self::Ok, JsonError> {
        Err(JsonError::custom("no object"))
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> std::result::Result<Self::Ok, JsonError> {
        Err(JsonError::custom("no object"))
    }
    refuse! {
        serialize_bool(bool) -> Self::Ok;
        serialize_i8(i8) -> Self::Ok;
        serialize_i16(i16) -> Self::Ok;
        serialize_i32(i32) -> Self::Ok;
        serialize_i64(i64) -> Self::Ok;
        serialize_u8(u8) -> Self::Ok;
        serialize_u16(u16) -> Self::Ok;
        serialize_u32(u32) -> Self::Ok;
        serialize_u64(u64) -> Self::Ok;
        serialize_f32(f32) -> Self::Ok;
        serialize_f64(f64) -> Self::Ok;
        serialize_char(char) -> Self::Ok;
        serialize_str(&str) -> Self::Ok;
        serialize_bytes(&[u8]) -> Self::Ok;
        serialize_none() -> Self::Ok;
        serialize_unit() -> Self::Ok;
        serialize_unit_struct(&'static str) -> Self::Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> Self::Ok;
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}
