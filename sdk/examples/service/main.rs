//! A backend of a Mini Program on axum: logins, pictures that are checked before others see them, and customer messages.
//!
//! ```text
//! WEAPP_APPID=… WEAPP_SECRET=… WEAPP_PUSH_TOKEN=… WEAPP_ENCODING_AES_KEY=… PUBLIC_URL=https://example.com \
//!     cargo run --package weapp --features axum --example service
//! ```
//!
//! Token and EncodingAESKey stand under 消息推送 in the console, where `PUBLIC_URL/push` is to be entered, with 安全模式.
//! It listens on PORT, 8080 unless set, behind a proxy that ends TLS and slow requests: WeChat pushes to the ports 80 and
//! 443. What it remembers ends with the process. Everything of interest is in `app.rs`.

mod app;

use std::env::var;
use std::process::ExitCode;

use app::{App, Config};
use tokio::net::TcpListener;
use tokio::signal;
use weapp::Client;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let read = |name: &str| var(name).map_err(|_| format!("set {name}"));
    let config = Config {
        push_token: read("WEAPP_PUSH_TOKEN")?.into(),
        encoding_aes_key: read("WEAPP_ENCODING_AES_KEY")?.into(),
        public_url: read("PUBLIC_URL")?,
    };
    let port: u16 = match var("PORT") {
        Ok(port) => port.parse().map_err(|_| format!("PORT is to be a number up to 65535, not {port:?}"))?,
        Err(_) => 8080,
    };
    let app = App::new(Client::from_env()?, config)?;
    let listener = TcpListener::bind(("0.0.0.0", port)).await.map_err(|error| format!("port {port}: {error}"))?;
    app::serve(app, listener, stopped()).await?;
    Ok(())
}

/// Returns when the service is to stop: on Ctrl-C, and on SIGTERM, by which containers are ended.
async fn stopped() {
    #[cfg(unix)]
    if let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => return,
            _ = signal::ctrl_c() => return,
        }
    }
    // Without signals it runs until it is killed.
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
