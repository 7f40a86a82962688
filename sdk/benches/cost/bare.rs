//! The same work as people write it by hand.

use aes::Aes128;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use serde::{Deserialize, Serialize};

pub(crate) struct Bare {
    http: reqwest::Client,
    base: String,
    token: String,
}

#[derive(Serialize)]
struct MsgSecCheckRequest<'a> {
    content: &'a str,
    version: u8,
    scene: u8,
    openid: &'a str,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is what is measured")]
pub(crate) struct MsgSecCheckResponse {
    errcode: i64,
    errmsg: String,
    result: CheckResult,
    detail: Vec<CheckDetail>,
    trace_id: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is what is measured")]
struct CheckResult {
    suggest: String,
    label: i64,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is what is measured")]
struct CheckDetail {
    strategy: String,
    errcode: i64,
    suggest: Option<String>,
    label: Option<i64>,
    keyword: Option<String>,
    prob: Option<i64>,
    level: Option<i64>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is what is measured")]
pub(crate) struct SessionResponse {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
    openid: String,
    session_key: String,
    unionid: Option<String>,
}

impl Bare {
    pub(crate) fn new(base: String) -> Self {
        Self { http: reqwest::Client::new(), base, token: super::server::TOKEN.to_owned() }
    }

    pub(crate) async fn msg_sec_check(&self, content: &str, openid: &str, scene: u8) -> MsgSecCheckResponse {
        let url = format!("{}/wxa/msg_sec_check?access_token={}", self.base, self.token);
        let body = MsgSecCheckRequest { content, version: 2, scene, openid };
        let answer: MsgSecCheckResponse = self.http.post(url).json(&body).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer.errcode, 0);
        answer
    }

    pub(crate) async fn code2session(&self, code: &str) -> SessionResponse {
        let url = format!(
            "{}/sns/jscode2session?appid={}&secret={}&js_code={code}&grant_type=authorization_code",
            self.base, "wx0123456789abcdef", "0123456789abcdef0123456789abcdef"
        );
        let answer: SessionResponse = self.http.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer.errcode, 0);
        answer
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "decoding them is what is measured")]
pub(crate) struct UserInfo {
    open_id: String,
    nick_name: String,
    gender: i64,
    language: String,
    city: String,
    province: String,
    country: String,
    avatar_url: String,
    union_id: Option<String>,
    watermark: Watermark,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is what is measured")]
struct Watermark {
    timestamp: i64,
    appid: String,
}

pub(crate) fn decrypt(data: &str, iv: &str, key: &str) -> UserInfo {
    let key = STANDARD.decode(key).unwrap();
    let iv = STANDARD.decode(iv).unwrap();
    let mut data = STANDARD.decode(data).unwrap();
    let cipher = cbc::Decryptor::<Aes128>::new_from_slices(&key, &iv).unwrap();
    serde_json::from_slice(cipher.decrypt_padded::<Pkcs7>(&mut data).unwrap()).unwrap()
}
