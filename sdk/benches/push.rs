//! What it takes to receive a message in secure mode: from query string and body to a typed event, beside the bare
//! cryptography that nobody can do without. CPU time of this process, on one core.
//!
//! `cargo bench -p weapp --no-default-features --features push --bench push`. Each ratio is the median of interleaved
//! rounds; "bare / bare" shows how much noise is left. "By hand" reads query and JSON as well, with serde's derive.

#![allow(clippy::unwrap_used, reason = "a benchmark that can not run has nothing to say")]

use std::collections::HashMap;
use std::hint::black_box;

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use nix::sys::resource::{UsageWho, getrusage};
use serde::Deserialize;
use sha1::{Digest as _, Sha1};
use weapp::events::{DebugDemo, WxaMediaCheck};
use weapp::push::{PushEvent, Query, Receiver};

const ROUNDS: usize = 61;

const TOKEN: &str = "AAAAA";
const APPID: &str = "wxba5fad812f8e6fb9";
const TIMESTAMP: &str = "1714112445";
const NONCE: &str = "415670741";
/// What 43 times `A` decodes to.
const KEY: [u8; 32] = [0; 32];

const MEDIA_CHECK: &str = r#"{"ToUserName":"gh_9df7d78a1234","FromUserName":"o4_t144jTUSEoxydysUA2E234_tc","CreateTime":1626959646,"MsgType":"event","Event":"wxa_media_check","appid":"wx8f16a5be77871234","trace_id":"60f96f1d-3845297a-1976a3ae","version":2,"detail":[{"strategy":"content_model","errcode":0,"suggest":"pass","label":100,"prob":90},{"strategy":"keyword","errcode":0,"suggest":"risky","label":20006,"level":90,"keyword":"某个关键词"},{"strategy":"keyword","errcode":0,"suggest":"pass","label":20002,"level":20,"keyword":"另一个关键词"}],"errcode":0,"errmsg":"ok","result":{"suggest":"risky","label":20006}}"#;

const MEDIA_CHECK_XML: &str = "<xml><ToUserName><![CDATA[gh_9df7d78a1234]]></ToUserName>\n<FromUserName><![CDATA[o4_t144jTUSEoxydysUA2E234_tc]]></FromUserName>\n<CreateTime>1626959646</CreateTime>\n<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[wxa_media_check]]></Event>\n<appid><![CDATA[wx8f16a5be77871234]]></appid>\n<trace_id><![CDATA[60f96f1d-3845297a-1976a3ae]]></trace_id>\n<version>2</version>\n<detail><strategy><![CDATA[content_model]]></strategy>\n<errcode>0</errcode>\n<suggest><![CDATA[pass]]></suggest>\n<label>100</label>\n<prob>90</prob>\n</detail>\n<errcode>0</errcode>\n<errmsg><![CDATA[ok]]></errmsg>\n<result><suggest><![CDATA[pass]]></suggest>\n<label>100</label>\n</result>\n</xml>";

const DEBUG_DEMO: &str = r#"{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}"#;

const DEBUG_DEMO_XML: &str = "<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName>\n<FromUserName><![CDATA[o9AgO5Kd5ggOC-bXrbNODIiE3bGY]]></FromUserName>\n<CreateTime>1715943329</CreateTime>\n<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[debug_demo]]></Event>\n<debug_str><![CDATA[hello world]]></debug_str>\n</xml>";

fn main() {
    // Away from what else runs. Where the system does not let us, the figures are merely noisier.
    let mut set = nix::sched::CpuSet::new();
    if set.set(0).is_ok() {
        let _ = nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set);
    }
    // `cargo test --benches` only asks whether it starts.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    println!("{:<44}{:>12}{:>12}{:>8}", "from query and body to a typed event", "messages/s", "beside", "ratio");
    let check = Pushed::json(MEDIA_CHECK);
    compare("wxa_media_check, JSON / bare", quick, &check, ours::<WxaMediaCheck>, bare);
    compare("wxa_media_check, XML / bare", quick, &Pushed::xml(MEDIA_CHECK_XML), ours::<WxaMediaCheck>, bare);
    compare("debug_demo, JSON / bare", quick, &Pushed::json(DEBUG_DEMO), ours::<DebugDemo>, bare);
    compare("debug_demo, XML / bare", quick, &Pushed::xml(DEBUG_DEMO_XML), ours::<DebugDemo>, bare);
    compare("wxa_media_check, JSON / by hand", quick, &check, ours::<WxaMediaCheck>, by_hand);
    compare("bare / bare", quick, &check, |_, pushed| bare(pushed), bare);
}

/// A message as it reaches a web framework.
struct Pushed {
    query: String,
    body: Bytes,
    /// What of it the bare side is handed, as if that needed no reading.
    encrypt: String,
    signature: String,
    size: usize,
}

impl Pushed {
    fn json(message: &str) -> Self {
        Self::new(message, |encrypt| format!(r#"{{"ToUserName":"gh_97417a04a28d","Encrypt":"{encrypt}"}}"#))
    }

    fn xml(message: &str) -> Self {
        Self::new(message, |encrypt| {
            let name = "<![CDATA[gh_97417a04a28d]]>";
            format!("<xml>\n<ToUserName>{name}</ToUserName>\n<Encrypt><![CDATA[{encrypt}]]></Encrypt>\n</xml>")
        })
    }

    fn new(message: &str, envelope: impl Fn(&str) -> String) -> Self {
        let encrypt = seal(message.as_bytes());
        let signature = sign([TOKEN, TIMESTAMP, NONCE, &encrypt]);
        let query = format!(
            "signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp={TIMESTAMP}&nonce={NONCE}\
             &openid=o4_t144jTUSEoxydysUA2E234_tc&encrypt_type=aes&msg_signature={signature}"
        );
        Self { query, body: envelope(&encrypt).into(), encrypt, signature, size: message.len() }
    }
}

fn ours<E: PushEvent>(receiver: &Receiver, pushed: &Pushed) {
    let query = Query::parse(black_box(&pushed.query));
    let message = receiver.open(&query, black_box(&pushed.body).clone()).unwrap();
    black_box(message.decode::<E>().unwrap());
}

/// SHA-1 over the sorted parts, base64, AES-256-CBC in place: with the crates that the SDK uses, and nothing else.
fn bare(pushed: &Pushed) {
    let signature = sign(black_box([TOKEN, TIMESTAMP, NONCE, &pushed.encrypt]));
    assert!(signature == pushed.signature);
    black_box(decrypt(&pushed.encrypt));
}

fn decrypt(encrypt: &str) -> Vec<u8> {
    let mut data = STANDARD.decode(encrypt).unwrap();
    let cipher = cbc::Decryptor::<Aes256>::new(black_box(&KEY).into(), KEY.first_chunk::<16>().unwrap().into());
    cipher.decrypt_padded::<NoPadding>(&mut data).unwrap();
    data
}

/// As people write it who trust what is signed.
fn by_hand(pushed: &Pushed) {
    let query: HashMap<_, _> = form_urlencoded::parse(black_box(&pushed.query).as_bytes()).collect();
    let envelope: Envelope<'_> = serde_json::from_slice(black_box(&pushed.body)).unwrap();
    let signature = sign([TOKEN, &query["timestamp"], &query["nonce"], envelope.encrypt]);
    assert!(signature == query["msg_signature"]);
    let plain = decrypt(envelope.encrypt);
    let length = u32::from_be_bytes(plain[16..20].try_into().unwrap()) as usize;
    let (message, app) = plain[20..plain.len() - usize::from(plain[plain.len() - 1])].split_at(length);
    assert!(app == APPID.as_bytes());
    let event: MediaCheck = serde_json::from_slice(message).unwrap();
    assert!(event.event == "wxa_media_check");
    black_box(event);
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "Encrypt")]
    encrypt: &'a str,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is what is measured")]
struct MediaCheck {
    #[serde(rename = "ToUserName")]
    to_user_name: String,
    #[serde(rename = "FromUserName")]
    from_user_name: String,
    #[serde(rename = "CreateTime")]
    create_time: i64,
    #[serde(rename = "MsgType")]
    msg_type: String,
    #[serde(rename = "Event")]
    event: String,
    appid: Option<String>,
    trace_id: String,
    version: Option<u32>,
    errcode: i64,
    errmsg: Option<String>,
    result: Option<Verdict>,
    #[serde(default)]
    detail: Vec<Detail>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is what is measured")]
struct Verdict {
    suggest: Option<String>,
    label: Option<i64>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is what is measured")]
struct Detail {
    strategy: Option<String>,
    errcode: Option<i64>,
    suggest: Option<String>,
    label: Option<i64>,
    keyword: Option<String>,
    prob: Option<i64>,
    level: Option<i64>,
}

/// Interleaved rounds of both sides.
fn compare(what: &str, quick: bool, pushed: &Pushed, run: impl Fn(&Receiver, &Pushed), beside: impl Fn(&Pushed)) {
    let receiver = Receiver::new(TOKEN, "A".repeat(43), APPID).unwrap();
    let (count, rounds) = if quick { (1, 1) } else { (5_000, ROUNDS) };
    let side = |us: bool| {
        let before = cpu();
        for _ in 0..count {
            if us { run(&receiver, pushed) } else { beside(pushed) }
        }
        cpu() - before
    };
    // The first round warms caches and the allocator.
    side(true);
    let (mut ratios, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        // Whoever goes second finds warmer caches.
        let (us, them) = if round % 2 == 0 {
            let us = side(true);
            (us, side(false))
        } else {
            let them = side(false);
            (side(true), them)
        };
        ratios.push(us / them);
        ours.push(f64::from(count) / us);
        theirs.push(f64::from(count) / them);
    }
    let what = format!("{what}, {} bytes", pushed.size);
    println!("{what:<44}{:>12.0}{:>12.0}{:>8.2}", median(ours), median(theirs), median(ratios));
}

fn sign(mut texts: [&str; 4]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    texts.sort_unstable();
    let mut digest = Sha1::new();
    texts.iter().for_each(|text| digest.update(text));
    let digest = digest.finalize();
    digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| char::from(DIGITS[usize::from(half)])).collect()
}

fn seal(message: &[u8]) -> String {
    let mut plain = b"0123456789abcdef".to_vec();
    plain.extend((message.len() as u32).to_be_bytes());
    plain.extend(message);
    plain.extend(APPID.as_bytes());
    let padding = 32 - plain.len() % 32;
    plain.extend(vec![padding as u8; padding]);
    let size = plain.len();
    let cipher = cbc::Encryptor::<Aes256>::new(&KEY.into(), KEY.first_chunk::<16>().unwrap().into());
    STANDARD.encode(cipher.encrypt_padded::<NoPadding>(&mut plain, size).unwrap())
}

/// CPU time that this process has used.
fn cpu() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let (user, system) = (usage.user_time(), usage.system_time());
    user.tv_sec() as f64 + system.tv_sec() as f64 + (user.tv_usec() as f64 + system.tv_usec() as f64) / 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
