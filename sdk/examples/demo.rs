//! What the crate does, one step after the other: `cargo xtask demo`.
//!
//! Without credentials it starts the mock and talks to that. With WEAPP_APPID and WEAPP_SECRET set it talks to WeChat;
//! steps that need a user then want WEAPP_JS_CODE (a fresh code of wx.login) or WEAPP_OPENID, and the message
//! WEAPP_TEMPLATE_ID besides. The service of `service/` runs against the mock alone, which pushes messages to it.

#[path = "service/app.rs"]
mod app;

use std::env::var;
use std::error::Error as StdError;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use weapp::api::security::{CheckScene, MsgSecCheck};
use weapp::api::subscribe_message::SendMessage;
use weapp::api::types::EnvVersion;
use weapp::api::wxacode::GetUnlimitedQrCode;
use weapp::mock::{ApiSecurity, Mock, PushFault, PushTarget, Tampering};
use weapp::{Client, Error, Result};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match error.downcast_ref::<Error>() {
                Some(error) => eprintln!("{}", explain(error)),
                None => eprintln!("{error}"),
            }
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn StdError>> {
    let mock = match (var("WEAPP_APPID"), var("WEAPP_SECRET")) {
        (Ok(_), Ok(_)) => None,
        _ => Some(Mock::start().await?),
    };
    let client = match &mock {
        Some(mock) => mock.client()?,
        None => Client::from_env()?,
    };
    match &mock {
        Some(mock) => println!("Talking to a mock of WeChat at {} as {}.\n", mock.url(), client.appid()),
        None => println!("Talking to WeChat as {}.\n", client.appid()),
    }

    let token = client.access_token().await?;
    println!(
        "1. Token    fetched; it serves {} s more. You never need it: calls fetch and renew it.",
        token.expires_in().as_secs()
    );

    let openid = log_in(&client, mock.as_ref()).await;
    decrypt(&client, mock.as_ref())?;
    let picture = make_code(&client).await?;
    match &openid {
        Some(openid) => {
            send_message(&client, openid, mock.is_some()).await;
            check_text(&client, openid).await;
        }
        None => println!("5. Message  skipped, and so is the check of a text: set WEAPP_JS_CODE or WEAPP_OPENID."),
    }
    show_errors(&client, mock.as_ref()).await?;
    match &mock {
        Some(mock) => {
            run_service(mock, picture).await?;
            sign_call().await?;
        }
        None => println!("8. Push     skipped: and so is a signed call: they want the mock."),
    }
    Ok(())
}

async fn log_in(client: &Client, mock: Option<&Mock>) -> Option<String> {
    let code = match (mock, var("WEAPP_JS_CODE")) {
        (Some(_), _) => "demo-code".to_owned(),
        (None, Ok(code)) => code,
        (None, Err(_)) => {
            println!("2. Login    skipped: set WEAPP_JS_CODE to a code of wx.login.");
            return var("WEAPP_OPENID").ok();
        }
    };
    match client.auth().code2session(&*code).await {
        Ok(session) => {
            println!("2. Login    openid {}; the session_key prints as {:?}.", session.openid, session.session_key);
            Some(session.openid)
        }
        Err(error) => {
            println!("2. Login    {}", explain(&error));
            var("WEAPP_OPENID").ok()
        }
    }
}

fn decrypt(client: &Client, mock: Option<&Mock>) -> Result<()> {
    let Some(mock) = mock else {
        println!("3. Phone    skipped: only a Mini Program's front end can make encrypted data.");
        return Ok(());
    };
    let session_key = mock.session_key("demo-code");
    let encrypted = mock.encrypted_phone_number(&session_key, "13800138000")?;
    let phone = client.user_data().phone_number(&encrypted.encrypted_data, &encrypted.iv, &session_key)?;
    println!("3. Phone    decrypted to {} without asking WeChat.", phone.phone_number);
    Ok(())
}

async fn make_code(client: &Client) -> Result<Bytes> {
    let request =
        GetUnlimitedQrCode::new("from=demo").check_path(false).env_version(EnvVersion::Develop).is_hyaline(true);
    let image = client.wxacode().get_unlimited(request).await?;
    let path = std::env::temp_dir().join(format!("weapp-demo-code.{}", image.format().extension()));
    image.save(&path).await?;
    println!("4. Code     {:?}, {} bytes, saved as {}.", image.format(), image.bytes().len(), path.display());
    Ok(image.bytes().clone())
}

async fn send_message(client: &Client, openid: &str, mocked: bool) {
    let template = var("WEAPP_TEMPLATE_ID").ok().or(mocked.then(|| "demo-template".to_owned()));
    let Some(template) = template else {
        println!("5. Message  skipped: set WEAPP_TEMPLATE_ID to a template that the user has subscribed to.");
        return;
    };
    let message = SendMessage::new()
        .touser(openid)
        .template_id(template)
        .data([("thing1", "雪花秀滋盈生人生焕颜精华露"), ("date2", "2026-11-22 15:04")])
        .page("pages/index/index");
    match client.subscribe_message().send(message).await {
        Ok(_) => println!("5. Message  sent to {openid}."),
        Err(error) => println!("5. Message  {}", explain(&error)),
    }
}

async fn check_text(client: &Client, openid: &str) {
    let request = MsgSecCheck::new().content("hello world").openid(openid).scene(CheckScene::Comment);
    match client.security().msg_sec_check(request).await {
        Ok(verdict) => println!(
            "6. Text     judged {:?} (trace {}).",
            verdict.result.suggest,
            verdict.trace_id.unwrap_or_default()
        ),
        Err(error) => println!("6. Text     {}", explain(&error)),
    }
}

async fn show_errors(client: &Client, mock: Option<&Mock>) -> Result<()> {
    let refused = client.wxacode().get_unlimited(GetUnlimitedQrCode::new("中文").width(10)).await;
    if let Err(error) = refused {
        println!("7. Checked  nothing was sent: {}", explain(&error));
    }
    if let Some(mock) = mock {
        mock.on("sendMessage")?.errcode(43101);
        let message = SendMessage::new().touser("OPENID").template_id("demo-template").data([("thing1", "订单")]);
        if let Err(error) = client.subscribe_message().send(message).await {
            println!("8. Errcode  {}", explain(&error));
        }
    }
    Ok(())
}

/// The service of `service/`, from the check of its URL to the verdict on a picture.
async fn run_service(mock: &Mock, picture: Bytes) -> Result<(), Box<dyn StdError>> {
    const TOKEN: &str = "demotoken";
    const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let config = app::Config {
        push_token: TOKEN.into(),
        encoding_aes_key: KEY.into(),
        public_url: "https://example.com".into(),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let service = app::serve(app::App::new(mock.client()?, config)?, listener, async { drop(stopped.await) });
    let service = tokio::spawn(service);

    let wechat = mock.push_to(PushTarget::new(format!("{url}/push"), TOKEN, KEY))?;
    wechat.verify().await?;
    println!("9. Push     {url}/push answers WeChat's check of the URL.");

    let http = reqwest::Client::builder().no_proxy().build()?;
    let login = http.post(format!("{url}/login")).json(&json!({ "code": "service-code" })).send().await?;
    let session = text(&login.error_for_status()?.json().await?, "session");
    // So that the picture is seen waiting.
    wechat.on_event("wxa_media_check")?.delay(Duration::from_millis(200));
    let upload = http.post(format!("{url}/pictures")).bearer_auth(&session).body(picture).send().await?;
    let picture = format!("{url}/pictures/{}", text(&upload.error_for_status()?.json().await?, "id"));
    let verdict = async || -> Result<String, Box<dyn StdError>> {
        let told = http.get(format!("{picture}/verdict")).bearer_auth(&session).send().await?;
        Ok(text(&told.error_for_status()?.json().await?, "verdict"))
    };
    let (waiting, hidden) = (verdict().await?, http.get(&picture).send().await?.status());
    println!("10. Picture uploaded: {waiting}; others are answered {hidden}.");

    mock.pushes_settled().await;
    let (told, shown) = (verdict().await?, http.get(&picture).send().await?.status());
    println!("11. Verdict pushed, encrypted: {told}; others are answered {shown}.");

    let forged = wechat.event("wxa_media_check")?.set("result.suggest", "risky").fault(PushFault::Tampered);
    let status = forged.send_once().await?.status().unwrap_or_default();
    println!("12. Forged  a verdict that was changed on its way is refused with {status}; still {}.", verdict().await?);

    let _ = stop.send(());
    service.await??;
    Ok(())
}

/// API 安全: keys of both sides, a call that is signed and encrypted, and an answer that somebody forged.
async fn sign_call() -> Result<()> {
    let mock = Mock::builder().api_security(ApiSecurity::generate(Mock::APPID)?).start().await?;
    let client = mock.client()?;
    let phone = client.phonenumber().get_phone_number("signed-code").signed().await?.phone_info.phone_number;
    println!("13. Signed  call and answer were encrypted, signed and verified: {phone}.");
    mock.tamper(Tampering::WrongSignature);
    if let Err(error) = client.phonenumber().get_phone_number("another-code").signed().await {
        println!("14. Refused {}", explain(&error));
    }
    Ok(())
}

fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap_or_default().to_owned()
}

fn explain(error: &Error) -> String {
    match error.remedy_zh() {
        Some(zh) => format!("{error}\n            中文: {zh}"),
        None => error.to_string(),
    }
}
