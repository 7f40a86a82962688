//! What a structured reply has WeChat do.

use serde_json::{Map, Value};

/// What WeChat does once it has a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// What it does on the bare word `success`.
    Success,
    /// It delivers the message again: payments know an `ErrCode` other than 0.
    Again,
    /// It reads what the reply says.
    Read,
}

impl Effect {
    pub(super) fn of(reply: Option<&Value>) -> Self {
        let Some(reply) = reply else { return Self::Success };
        let says_more = |fields: &Map<_, _>| fields.keys().any(|name| name != "ErrCode" && name != "ErrMsg");
        match reply.get("ErrCode") {
            // The handler of the rest may write it as a text.
            Some(code) if code != 0 && code != "0" => Self::Again,
            Some(_) if !reply.as_object().is_some_and(says_more) => Self::Success,
            _ => Self::Read,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_code_decides() {
        for (reply, effect) in [
            (json!({"ErrCode": 0}), Effect::Success),
            (json!({"ErrCode": "0", "ErrMsg": "success"}), Effect::Success),
            (json!({"ErrCode": 0, "ErrMsg": "", "ChapterPerms": []}), Effect::Read),
            (json!({"ErrCode": -1, "ErrMsg": "later"}), Effect::Again),
            (json!({"ErrCode": "7"}), Effect::Again),
            (json!({"MsgType": "transfer_customer_service"}), Effect::Read),
            (json!([]), Effect::Read),
        ] {
            assert_eq!(Effect::of(Some(&reply)), effect, "{reply}");
        }
        assert_eq!(Effect::of(None), Effect::Success);
    }
}
