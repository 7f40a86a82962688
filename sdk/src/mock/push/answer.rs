//! What WeChat makes of an endpoint's answer.

use serde_json::Value;

use super::crypto;
use super::delivery::PushOutcome;
use super::kinds::{PushKind, Reply};
use super::target::Target;
use super::xml;
use crate::push::Format;

/// Judges an answer; `kind` is what it answers, where the spec knows it.
pub(super) fn judge(target: &Target, kind: Option<&PushKind>, status: u16, body: &[u8]) -> PushOutcome {
    if status != 200 {
        return PushOutcome::Refused(status);
    }
    let wanted = kind.and_then(|kind| kind.reply.as_ref());
    match read(target, wanted, body) {
        Ok(None) => PushOutcome::Success,
        Ok(Some(reply)) if kind.is_some_and(|kind| kind.insists) && !is_success(&reply) => PushOutcome::Declined(reply),
        Ok(Some(reply)) => PushOutcome::Reply(reply),
        Err(problem) => PushOutcome::Unreadable(problem),
    }
}

fn read(target: &Target, wanted: Option<&Reply>, body: &[u8]) -> Result<Option<Value>, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the answer is not UTF-8")?.trim();
    if text.is_empty() || text == "success" {
        return match wanted {
            Some(reply) if !reply.optional => Err("this event wants a structured reply, not `success`".to_owned()),
            _ => Ok(None),
        };
    }
    let (format, outer) = document("the answer", text)?;
    // An XML message may be answered in JSON: WeChat's pages show both. The reverse is nowhere.
    if target.format == Format::Json && format == Format::Xml {
        return Err("a message in JSON is answered in XML".to_owned());
    }
    let reply = match &target.key {
        Some(key) if outer.get("Encrypt").is_some() || !target.compatible => {
            let part = |name: &str| match outer.get(name) {
                Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
                Some(Value::Number(number)) => Ok(number.to_string()),
                _ => Err(format!("an encrypted reply has `{name}`, and this one has not")),
            };
            let (encrypt, timestamp, nonce) = (part("Encrypt")?, part("TimeStamp")?, part("Nonce")?);
            let signature = crypto::signature([target.token.expose(), &timestamp, &nonce, &encrypt]);
            if part("MsgSignature")? != signature {
                return Err("`MsgSignature` does not fit the token, `TimeStamp`, `Nonce` and `Encrypt`".to_owned());
            }
            let (message, appid) = key.open(&encrypt).map_err(|problem| format!("`Encrypt` {problem}"))?;
            if appid != target.appid {
                return Err(format!("the reply is encrypted for the app {appid:?}, not for {:?}", target.appid));
            }
            document("the decrypted reply", &message)?.1
        }
        _ if outer.get("Encrypt").is_some() => return Err("the reply is encrypted, and the message was not".to_owned()),
        _ => outer,
    };
    if let Some(wanted) = wanted {
        complete(wanted, &reply)?;
    }
    Ok(Some(reply))
}

/// Whether `ErrCode` says so. XML has it as a text; a reply of another form may have none.
fn is_success(reply: &Value) -> bool {
    reply.get("ErrCode").is_none_or(|code| code == 0 || code == "0")
}

fn document(what: &str, text: &str) -> Result<(Format, Value), String> {
    let (format, read) = if text.starts_with('{') {
        (Format::Json, serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}")))
    } else if text.starts_with('<') {
        (Format::Xml, xml::read(text))
    } else {
        (Format::Json, Err("is neither `success` nor JSON nor XML".to_owned()))
    };
    read.map(|value| (format, value)).map_err(|problem| format!("{what} {problem}"))
}

/// Whether all is there that the spec wants.
fn complete(wanted: &Reply, reply: &Value) -> Result<(), String> {
    if let Some(missing) = wanted.required.iter().find(|name| reply.get(name).is_none_or(Value::is_null)) {
        return Err(format!("the reply has no `{missing}`"));
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    // XML knows texts alone.
    let differs = |(name, fixed): &&(String, Value)| reply.get(name).map(text) != Some(text(fixed));
    match wanted.fixed.iter().find(differs) {
        Some((name, fixed)) => Err(format!("`{name}` of the reply is always {fixed}")),
        None => Ok(()),
    }
}
