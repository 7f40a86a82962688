//! Several hosts: calls go to another one only when nothing was sent.

use std::time::{Duration, Instant};

use weapp::mock::Mock;
use weapp::{Client, ErrorKind, Hosts, Retry};

use crate::raw::{Nobody, Raw, post};
use crate::{message, question};

fn client(mock: &Mock, hosts: &[&str]) -> Client {
    let hosts = Hosts::new(hosts).unwrap();
    Client::builder().apps(mock.apps().unwrap()).hosts(hosts).retry(Retry::never()).build().unwrap()
}

#[tokio::test]
async fn calls_go_on_to_the_first_host_that_is_there() {
    let mock = Mock::start().await.unwrap();
    let (dead, also_dead) = (Nobody::new(), Nobody::new());
    let client = client(&mock, &[&dead.url(), &also_dead.url(), &mock.url()]);
    // The token first, and then a message, which is sent once.
    client.send(message()).await.unwrap();
    assert_eq!(mock.requests_to("sendMessage").unwrap().len(), 1);
    assert_eq!(mock.token_fetches(), 1);
    client.send(question()).await.unwrap();
}

#[tokio::test]
async fn another_host_needs_no_repetition_and_no_pause() {
    let mock = Mock::start().await.unwrap();
    let dead = Nobody::new();
    let hosts = Hosts::new([dead.url(), mock.url()]).unwrap();
    let slow = Retry::default().times(1).pause(Duration::from_secs(20));
    let client = Client::builder().apps(mock.apps().unwrap()).hosts(hosts).retry(slow).build().unwrap();
    let started = Instant::now();
    client.send(question()).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn what_was_answered_or_may_have_been_sent_stays_where_it_is() {
    let backup = Mock::start().await.unwrap();
    let main = Mock::start().await.unwrap();
    let client = client(&main, &[&main.url(), &backup.url()]);
    client.access_token().await.unwrap();
    for kind in [ErrorKind::Status, ErrorKind::Transport, ErrorKind::Transport, ErrorKind::Api] {
        main.clear_rules();
        main.clear_requests();
        let rule = main.on("sendMessage").unwrap();
        match kind {
            ErrorKind::Status => drop(rule.status(502)),
            ErrorKind::Api => drop(rule.errcode(-1)),
            _ => drop(rule.drop_after()),
        }
        let error = client.send(message()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.maybe_sent());
        assert_eq!(main.requests_to("sendMessage").unwrap().len(), 1);
    }
    assert!(backup.requests().is_empty());
}

#[tokio::test]
async fn with_all_hosts_dead_the_error_says_that_nothing_was_sent() {
    let nobody = [Nobody::new(), Nobody::new(), Nobody::new()];
    let hosts = nobody.each_ref().map(Nobody::url);
    let mock = Mock::start().await.unwrap();
    let client = client(&mock, &hosts.each_ref().map(|url| &**url));
    for _ in 0..3 {
        let error = post(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert!(!error.maybe_sent());
    }
}

#[tokio::test]
async fn a_path_in_front_is_kept_on_each_host() {
    let gateway = Raw::start(|mut connection| async move {
        let head = connection.request().await?;
        assert!(head.starts_with("post /wx/wxa/some/path http"), "{head}");
        use tokio::io::AsyncWriteExt as _;
        connection.stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await
    })
    .await;
    let dead = Nobody::new();
    let hosts = Hosts::new([dead.url(), format!("{}/wx/", gateway.url())]).unwrap();
    let client = Client::builder().app("wx0123456789abcdef", "secret-secret").hosts(hosts).build().unwrap();
    post(&client).await.unwrap();
    assert_eq!(gateway.requests(), 1);
}
