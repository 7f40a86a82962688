//! The SDK's replies, each filled from JSON: they can only be written, so the wire name of each setter stands here.

use serde_json::{Map, Value};
use weapp::api::types::{DeliveryStatus, ExpressAction};
use weapp::events::logistics::*;
use weapp::events::novel::{ChapterPerm, ChapterPermission};
use weapp::events::xpay::{IosRefundAnswer, RefundAdvice};
use weapp::events::*;
use weapp::push::{Answer, Message, Result};
use weapp::{Secret, Timestamp};

/// Makes a value of JSON.
trait Made: Sized {
    fn made(value: &Value) -> Self;
}

impl<T: Made> Made for Vec<T> {
    fn made(value: &Value) -> Self {
        value.as_array().expect("a list").iter().map(T::made).collect()
    }
}

macro_rules! scalars {
    ($($name:ident)*) => {
        $(impl Made for $name {
            fn made(value: &Value) -> Self {
                serde_json::from_value(value.clone()).expect("a value of the field's type")
            }
        })*
    };
}

scalars! {
    String Secret Timestamp bool i64 u64 u32 u8 f64
    AccountResult CancelResult ChapterPerm DeliveryStatus ExpressAction GoodsKind OrderResult PayResult RefundAdvice
    SlotStatus
}

/// Sets a field, unless nothing is given for it.
fn set<T: Made>(field: &mut Option<T>, given: &Map<String, Value>, name: &str) {
    if let Some(value) = given.get(name) {
        *field = Some(T::made(value));
    }
}

macro_rules! structs {
    ($($name:ident($($new:expr),*) $(without $gone:ident)? { $($field:ident: $wire:literal),* })*) => {
        $(impl Made for $name {
            fn made(value: &Value) -> Self {
                let mut made = $name::new($($new),*);
                $(made.$gone = None;)?
                let given = value.as_object().expect("an object");
                $(set(&mut made.$field, given, $wire);)*
                made
            }
        })*
    };
}

macro_rules! replies {
    ($($name:ident($($new:expr),*) $(without $gone:ident)? { $($field:ident: $wire:literal),* })*) => {
        structs! { $($name($($new),*) $(without $gone)? { $($field: $wire),* })* }

        /// The names of all of them.
        pub const ALL: &[&str] = &[$(stringify!($name)),*];

        /// Answers with the reply of this name, in which these fields were set: to a message, or else to a callback.
        ///
        /// # Errors
        /// Those of the SDK.
        pub fn answer(name: &str, given: &Map<String, Value>, message: Option<&Message>) -> Result<Answer> {
            let given = Value::Object(given.clone());
            match name {
                $(stringify!($name) => match message {
                    Some(message) => message.reply($name::made(&given)),
                    None => Answer::callback($name::made(&given)),
                },)*
                _ => panic!("`replies` lacks {name}"),
            }
        }
    };
}

structs! {
    ChapterPermission() { start_chapter_index: "StartChapterIndex", end_chapter_index: "EndChapterIndex", perm: "Perm" }
    IosRefundAnswer() { result_code: "result_code", result_info: "result_info", evidence: "evidence" }
    ReportedGoods() { weight: "Weight", special: "Special" }
    ReportedParty() { name: "Name", tel: "Tel", mobile: "Mobile", province: "Province", city: "City", area: "Area", street: "Street", address: "Address" }
    ReportedPath(Vec::<ReportedStep>::new()) without path_info { path_info: "path_info" }
    ReportedStep() { action_time: "action_time", action_type: "action_type", action_msg: "action_msg", pickup_courier_name: "pickup_courier_name", pickup_courier_phone: "pickup_courier_phone", delivery_courier_name: "delivery_courier_name", delivery_courier_phone: "delivery_courier_phone" }
    TimeSlot() { start_time: "StartTime", end_time: "EndTime", day_delta: "DayDelta", status: "Status" }
    TrackedStep() { action_time: "ActionTime", action_type: "ActionType", action_msg: "ActionMsg", pickup_courier_name: "PickupCourierName", pickup_courier_phone: "PickupCourierPhone", delivery_courier_name: "DeliveryCourierName", delivery_courier_phone: "DeliveryCourierPhone" }
    WaybillInsurance() { use_insured: "UseInsured", insured_value: "InsuredValue" }
}

replies! {
    AddSingleWaybillReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", result_code: "ResultCode", result_msg: "ResultMsg", waybill_id: "WayBillID", estimated_delivery_time: "EstimatedDeliveryTime", jump_path: "JumpPath", pick_code: "PickCode" }
    AddWaybillReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", token: "Token", order_id: "OrderID", biz_id: "BizID", waybill_id: "WayBillID", result_code: "ResultCode", result_msg: "ResultMsg", waybill_data: "WaybillData" }
    CancelSingleWaybillReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", result_code: "ResultCode", result_msg: "ResultMsg" }
    CancelWaybillReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", biz_id: "BizID", order_id: "OrderID", waybill_id: "WayBillID", result_code: "ResultCode", result_msg: "ResultMsg" }
    CheckBizReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", biz_id: "BizID", result_code: "ResultCode", result_msg: "ResultMsg", quota: "Quota" }
    GetQuotaReply(0) without quota { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", biz_id: "BizID", result_code: "ResultCode", result_msg: "ResultMsg", quota: "Quota" }
    IntracityOrderStatusReply() { return_code: "return_code", return_msg: "return_msg" }
    IotVoipNotifyReply() { errcode: "errcode", errmsg: "errmsg" }
    MockUpdateOrderStatusReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", resultcode: "resultcode", resultmsg: "resultmsg" }
    NotifySingleWaybillPayReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", event: "Event", result_code: "ResultCode", result_msg: "ResultMsg" }
    QuerySingleWaybillFeeReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", event: "Event", result_code: "ResultCode", result_msg: "ResultMsg", waybill_id: "WayBillID", sender: "Sender", receiver: "Receiver", good_detail: "GoodDetail", insured: "Insured", path_info: "PathInfo", fee: "Fee", original_fee: "OriginalFee", online_pay: "OnlinePay", pay_result: "PayResult" }
    QuerySingleWaybillReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", result_code: "ResultCode", result_msg: "ResultMsg", waybill_id: "WayBillID", sender: "Sender", receiver: "Receiver", good_detail: "GoodDetail", insured: "Insured", path_info: "PathInfo", fee: "Fee", original_fee: "OriginalFee", online_pay: "OnlinePay", pay_result: "PayResult" }
    RemindWaybillReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", result_code: "ResultCode", result_msg: "ResultMsg", waybill_id: "WayBillID", estimated_delivery_time: "EstimatedDeliveryTime" }
    TransferCustomerService() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime" }
    TransportCancelOrderReply("") without desc { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", resultcode: "resultcode", resultmsg: "resultmsg", deduct_fee: "deduct_fee", desc: "desc" }
    TransportConfirmReturnToBizReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", resultcode: "resultcode", resultmsg: "resultmsg" }
    TransportPrecancelOrderReply("") without desc { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", resultcode: "resultcode", resultmsg: "resultmsg", deduct_fee: "deduct_fee", desc: "desc" }
    TransportQueryOrderStatusReply(0_i64) without order_status { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", resultcode: "resultcode", resultmsg: "resultmsg", order_status: "order_status", action_msg: "action_msg", waybill_id: "waybill_id" }
    UpdateWaybillStatusReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", resultcode: "resultcode", resultmsg: "resultmsg" }
    WaybillComplaintReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", result_code: "ResultCode", result_msg: "ResultMsg" }
    WaybillEvaluateAgentReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", result_code: "ResultCode", result_msg: "ResultMsg" }
    WaybillNotifyQueryReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", result_code: "ResultCode", result_msg: "ResultMsg", path: "Path", waybill_create_time: "WaybillCreateTime" }
    WaybillQueryExpectTimeRangeReply() { to_user_name: "ToUserName", from_user_name: "FromUserName", create_time: "CreateTime", result_code: "ResultCode", result_msg: "ResultMsg", expect_time_range: "ExpectTimeRange", valid_time_range: "ValidTimeRange", asap: "Asap" }
    WxaNovelChapterPermissionReply(Vec::<ChapterPermission>::new()) without chapter_perms { err_code: "ErrCode", err_msg: "ErrMsg", chapter_perms: "ChapterPerms" }
    XpayReply() { err_code: "ErrCode", err_msg: "ErrMsg" }
    XpaySubscribeIosRefundQueryNotifyReply(IosRefundAnswer::new()) without ios_refund_query_response { err_code: "ErrCode", err_msg: "ErrMsg", ios_refund_query_response: "IosRefundQueryResponse" }
    XpaySubscriptionReply() { err_code: "ErrCode", err_msg: "ErrMsg" }
}
