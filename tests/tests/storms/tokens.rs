//! One fetch, however many wait.

use std::time::{Duration, Instant};

use weapp::Client;
use weapp::api::live_broadcast::GetLiveInfo;
use weapp::api::subscribe_message::SendMessage;
use weapp::mock::Mock;

fn client(mock: &Mock) -> Client {
    Client::builder().app(Mock::APPID, Mock::SECRET).base_url(mock.url()).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_first_calls_fetch_once() {
    let mock = Mock::start().await.unwrap();
    mock.on("getStableAccessToken").unwrap().delay(Duration::from_millis(100));
    let client = client(&mock);
    let started = Instant::now();
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.send(GetLiveInfo::new().page(1, 10)).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(mock.token_fetches(), 1);
    println!("first calls: 1,000 at once, 1 fetch, 0 failed, {} ms", started.elapsed().as_millis());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_revoked_under_64_calls_in_flight_is_replaced_once() {
    const ROUNDS: usize = 20;
    let mock = Mock::start().await.unwrap();
    for _ in 0..ROUNDS {
        // A client of its own each time: tokens that are revoked again and again are another story.
        let client = client(&mock);
        client.send(GetLiveInfo::new().page(1, 10)).await.unwrap();
        let before = mock.token_fetches();
        let held_up = mock.on("sendMessage").unwrap().delay(Duration::from_millis(30));
        let calls: Vec<_> = (0..64)
            .map(|_| {
                let client = client.clone();
                let message = SendMessage::new().touser("OPENID").template_id("T").data([("thing1", "hello")]);
                tokio::spawn(async move { client.send(message).await })
            })
            .collect();
        // Some have been taken by now, and some come with the dead token.
        tokio::time::sleep(Duration::from_millis(5)).await;
        mock.revoke_tokens();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        held_up.end();
        assert!(mock.token_fetches() - before <= 1, "{} fetches", mock.token_fetches() - before);
    }
    println!("revoked: {ROUNDS} times under 64 calls in flight, at most 1 fetch each, 0 failed");
}
