//! What a call costs beside the same call made by hand: CPU time of this process, against a server in another one.
//!
//! `cargo bench -p weapp --bench cost`, and with `--features gzip,metrics,redis` a client that uses everything beside
//! it. Each figure is the median of the ratios of interleaved rounds, so that
//! whatever else the machine does hits both sides alike; "bare / bare" shows how much noise is left.

#![allow(clippy::unwrap_used, reason = "a benchmark that can not run has nothing to say")]

mod bare;
mod everything;
mod server;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use nix::sys::resource::{UsageWho, getrusage};
use weapp::api::auth::Code2Session;
use weapp::api::security::MsgSecCheck;
use weapp::user_data::UserData;
use weapp::{Client, StableToken};

const ROUNDS: usize = 61;

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--server") {
        pin(1);
        return server::run();
    }
    pin(0);
    // `cargo test --benches` only asks whether it starts.
    let quick = !arguments.iter().any(|argument| argument == "--bench");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        calls(quick).await;
        token_hit(quick).await;
        decryption(quick);
    });
}

/// Keeps this process on one core, away from the other side. Where there is only one, or the system does not let us,
/// the figures are merely noisier.
fn pin(core: usize) {
    let mut set = nix::sched::CpuSet::new();
    if set.set(core).is_ok() {
        let _ = nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set);
    }
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

fn report(what: &str, ratios: Vec<f64>, ours: Vec<f64>, unit: &str) {
    println!("{what:<58} {:>6.3}   ({:.3} {unit})", median(ratios), median(ours));
}

async fn calls(quick: bool) {
    let server = server::Server::start();
    let client = Client::builder()
        .app("wx0123456789abcdef", "0123456789abcdef0123456789abcdef")
        .base_url(server.url())
        .token_source(StableToken)
        .build()
        .unwrap();
    let bare = Arc::new(bare::Bare::new(server.url()));
    println!("CPU per call, weapp / bare reqwest:");
    let everything = everything::client(&server.url());
    for callers in [1, 64] {
        let count = if quick { callers } else { 1600 };
        let post = async |client: Option<&Client>| {
            let (client, bare) = (client.cloned(), Arc::clone(&bare));
            spread(callers, count, move || {
                let (client, bare) = (client.clone(), Arc::clone(&bare));
                async move {
                    if let Some(client) = client {
                        let request = MsgSecCheck::new().content("hello world").openid("OPENID").scene(2);
                        black_box(client.security().msg_sec_check(request).await.unwrap());
                    } else {
                        black_box(bare.msg_sec_check("hello world", "OPENID", 2).await);
                    }
                }
            })
            .await
        };
        let get = async |ours: bool| {
            let (client, bare) = (client.clone(), Arc::clone(&bare));
            spread(callers, count, move || {
                let (client, bare) = (client.clone(), Arc::clone(&bare));
                async move {
                    if ours {
                        black_box(client.auth().code2session(Code2Session::new("CODE")).await.unwrap());
                    } else {
                        black_box(bare.code2session("CODE").await);
                    }
                }
            })
            .await
        };
        let default = async |ours: bool| post(ours.then_some(&client)).await;
        compare(&format!("msgSecCheck (POST), {callers} at once"), quick, count, &default).await;
        compare(&format!("code2Session (GET), {callers} at once"), quick, count, &get).await;
        let with_everything = async |ours: bool| {
            let _watched = ours.then(everything::watch);
            post(ours.then_some(&everything)).await
        };
        let what = format!("with {}, {callers} at once", everything::WHAT);
        compare(&what, quick, count, &with_everything).await;
        let itself = async |_: bool| post(None).await;
        compare(&format!("bare / bare (POST), {callers} at once"), quick, count, &itself).await;
    }
}

/// Interleaved rounds of both sides; `run(true)` is ours.
async fn compare(what: &str, quick: bool, count: usize, run: &impl AsyncFn(bool)) {
    let rounds = if quick { 1 } else { ROUNDS };
    let (mut ratios, mut ours) = (Vec::new(), Vec::new());
    // The first round warms connections and the token.
    run(true).await;
    run(false).await;
    for round in 0..rounds {
        let side = async |us: bool| {
            let before = cpu();
            run(us).await;
            cpu() - before
        };
        // Whoever goes second finds warmer caches.
        let (us, them) = if round % 2 == 0 {
            let us = side(true).await;
            (us, side(false).await)
        } else {
            let them = side(false).await;
            (side(true).await, them)
        };
        ratios.push(us / them);
        ours.push(us / count as f64 * 1e6);
    }
    report(what, ratios, ours, "µs");
}

async fn spread<F: Future<Output = ()> + Send + 'static>(
    callers: usize,
    count: usize,
    call: impl Fn() -> F + Clone + Send + 'static,
) {
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let call = call.clone();
            tokio::spawn(async move {
                for _ in 0..count / callers {
                    call().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn token_hit(quick: bool) {
    println!("Token from the cache / Arc clone behind a lock-free load:");
    let server = server::Server::start();
    let client = Client::builder().app("wx0123456789abcdef", "secret-secret").base_url(server.url()).build().unwrap();
    client.access_token().await.unwrap();
    let count = if quick { 64 } else { 128_000 };
    let floor = Arc::new(arc_swap::ArcSwap::from_pointee(String::from("token")));
    for tasks in [1, 64] {
        let run = async |ours: bool| {
            let (client, floor) = (client.clone(), Arc::clone(&floor));
            // One caller's loop stays in one task: what is measured is the hit, not the scheduler.
            let work = move || {
                let (client, floor) = (client.clone(), Arc::clone(&floor));
                async move {
                    for _ in 0..count / tasks {
                        if ours {
                            black_box(client.access_token().await.unwrap());
                        } else {
                            black_box(Arc::clone(&floor.load()));
                        }
                    }
                }
            };
            let all: Vec<_> = (0..tasks).map(|_| tokio::spawn(work())).collect();
            for task in all {
                task.await.unwrap();
            }
        };
        compare(&format!("token hit, {tasks} tasks"), quick, count, &run).await;
    }
}

fn decryption(quick: bool) {
    println!("Phone number, decrypt / bare AES, base64 and JSON:");
    let vectors: serde_json::Value = serde_json::from_str(include_str!("encrypted_data.json")).unwrap();
    let text = |name: &str| vectors[name].as_str().unwrap().to_owned();
    let (key, iv, data) = (text("session_key"), text("iv"), text("encrypted_data"));
    let user_data = UserData::new(text("appid")).max_age(Duration::MAX);
    let count = if quick { 1 } else { 5_000 };
    let (mut ratios, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..if quick { 1 } else { ROUNDS } {
        let before = cpu();
        for _ in 0..count {
            black_box(user_data.user_info(black_box(&data), &iv, &*key).unwrap());
        }
        let us = cpu() - before;
        let before = cpu();
        for _ in 0..count {
            black_box(bare::decrypt(black_box(&data), &iv, &key));
        }
        ratios.push(us / (cpu() - before));
        ours.push(us / count as f64 * 1e6);
    }
    black_box(base64::engine::general_purpose::STANDARD.encode("x"));
    report("the published payload", ratios, ours, "µs");
}
