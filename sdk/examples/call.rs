//! Calls any endpoint by name: `cargo run --example call --features dynamic -- ENDPOINT [JSON|-] [--base-url URL]`.
//!
//! ENDPOINT is an official id (`getUnlimitedQRCode`), a cloud-call name (`wxacode.getUnlimited`) or group.method
//! (`wxacode.get_unlimited`). The parameters are JSON, `-` reads them from the input. The app is named by WEAPP_APPID
//! and WEAPP_SECRET. A picture is written as it is.

use std::io::{Read, Write};
use std::process::ExitCode;

use weapp::Client;
use weapp::dynamic::{Output, call};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let (mut positional, mut base_url) = (Vec::new(), None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--base-url" => base_url = Some(arguments.next().ok_or("--base-url wants an address behind it")?),
            _ => positional.push(argument),
        }
    }
    let (endpoint, json) = match &positional[..] {
        [endpoint] => (endpoint, "{}".to_owned()),
        [endpoint, json] if json == "-" => {
            let mut json = String::new();
            std::io::stdin().read_to_string(&mut json).map_err(|error| format!("the input: {error}"))?;
            (endpoint, json)
        }
        [endpoint, json] => (endpoint, json.clone()),
        _ => return Err("usage: call ENDPOINT [JSON|-] [--base-url URL]".to_owned()),
    };
    let read = |name: &str| std::env::var(name).map_err(|_| format!("set {name}"));
    let mut builder = Client::builder().app(read("WEAPP_APPID")?, read("WEAPP_SECRET")?);
    if let Some(url) = base_url {
        builder = builder.base_url(url);
    }
    let client = builder.build().map_err(|error| error.to_string())?;
    let output = call(&client, endpoint, json.as_bytes()).await.map_err(|error| explain(&error))?;
    let mut out = std::io::stdout().lock();
    let written = match output {
        Output::Json(json) => writeln!(out, "{json:#}"),
        Output::Image(image) => out.write_all(image.bytes()),
        Output::Bytes(bytes) => out.write_all(&bytes),
        _ => return Err("this example does not know what to do with the answer".to_owned()),
    };
    written.map_err(|error| format!("the output: {error}"))
}

fn explain(error: &weapp::Error) -> String {
    let mut lines = vec![error.to_string()];
    lines.extend(error.code().map(|code| format!("code: {code}")));
    lines.extend(error.rid().map(|rid| format!("rid: {rid}")));
    lines.extend(error.remedy_zh().map(|remedy| format!("怎么办: {remedy}")));
    lines.join("\n")
}
