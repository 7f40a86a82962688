//! Whatever comes in WeChat's place: each a typed error that names it.

use std::io::Write as _;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use weapp::mock::Mock;
use weapp::{Client, Error, ErrorKind, Retry};

use crate::raw::{Raw, builder, client, post};
use crate::{impatient, question};

/// What an error is to say: its kind, a part of its text, and whether another try may help.
type Told = (ErrorKind, &'static str, bool);

fn check(error: &Error, (kind, text, retryable): Told, what: &str) {
    assert_eq!(error.kind(), kind, "{what}: {error}");
    assert!(error.to_string().contains(text), "{what}: {error}");
    assert_eq!(error.is_retryable(), retryable, "{what}: {error}");
    assert!(error.maybe_sent(), "{what}: it was answered");
    assert!(error.endpoint().is_some(), "{what}: {error}");
    assert!(error.remedy().is_some(), "{what}: {error}");
    // What came may hold secrets.
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{what}: {error:?}");
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn foreign_bodies_are_named() {
    use ErrorKind::{Decode, Status};
    const PAGE: &[u8] = b"<html><body>SECRET</body></html>";
    let utf16 = utf16(r#"{"errcode":0,"errmsg":"SECRET"}"#);
    // What is sent, what is told where JSON is expected, and where a picture is.
    let cases: Vec<(u16, &[u8], Told, Told)> = vec![
        (
            200,
            b"",
            (Decode, "expected JSON, got an empty body", true),
            (Decode, "expected a picture, got an empty", true),
        ),
        (
            200,
            b" \r\n\t ",
            (Decode, "got an empty body (5 bytes of white space)", true),
            (Decode, "got an empty body", true),
        ),
        (
            200,
            PAGE,
            (Decode, "expected JSON, got an HTML page (32 bytes)", true),
            (Decode, "expected a picture, got an HTML page", true),
        ),
        (
            200,
            b"<?xml version=\"1.0\"?><xml>SECRET</xml>",
            (Decode, "got XML (38 bytes)", true),
            (Decode, "got XML (38 bytes)", true),
        ),
        (200, &utf16, (Decode, "got UTF-16 text (62 bytes)", true), (Decode, "got UTF-16 text (62 bytes)", true)),
        (
            200,
            b"Bad Gateway SECRET",
            (Decode, "got text (18 bytes)", true),
            (Decode, "expected a picture, got text (18 bytes)", true),
        ),
        (
            200,
            b"\x1f\x8b\x08\x00\x00",
            (Decode, "got gzip data (5 bytes)", true),
            (Decode, "got gzip data (5 bytes)", true),
        ),
        (
            200,
            br#"{"errcode":0,"errmsg":"SECR"#,
            (Decode, "the JSON ends in the middle (after 27 bytes)", true),
            (Decode, "the JSON ends in the middle (after 27 bytes)", true),
        ),
        (
            200,
            b"\xef\xbb\xbf{\"errcode\":4",
            (Decode, "the JSON ends in the middle (after 15 bytes)", true),
            (Decode, "the JSON ends in the middle (after 15 bytes)", true),
        ),
        (
            200,
            br#"{"errcode":0}{"#,
            (Decode, "trailing characters", false),
            (Decode, "expected a picture, got JSON", false),
        ),
        (
            200,
            br#"{"total":["SECRET"]}"#,
            (Decode, "the answer's `total`", false),
            (Decode, "expected a picture, got JSON (20 bytes)", false),
        ),
        (
            200,
            b"\xff\xd8\xff\xe0 a picture that was cut",
            (Decode, "expected JSON, got a JPEG picture (27 bytes)", true),
            (Decode, "cut off before its end", true),
        ),
        (
            412,
            b"",
            (Status, "HTTP status 412 Precondition Failed with an empty body; what to do: WeChat's gateway", false),
            (Status, "Content-Length", false),
        ),
        (403, PAGE, (Status, "HTTP status 403 Forbidden with an HTML page (32 bytes)", false), (Status, "403", false)),
        (500, PAGE, (Status, "500 Internal Server Error with an HTML page (32 bytes)", true), (Status, "500", true)),
        (502, PAGE, (Status, "HTTP status 502 Bad Gateway with an HTML page (32 bytes)", true), (Status, "502", true)),
        (
            503,
            b"upstream SECRET",
            (Status, "503 Service Unavailable with text (15 bytes)", true),
            (Status, "503 Service Unavailable with text (15 bytes)", true),
        ),
        (
            504,
            b"{\"total\":1}",
            (Status, "504 Gateway Timeout with JSON (11 bytes)", true),
            (Status, "504 Gateway Timeout with JSON (11 bytes)", true),
        ),
        (
            302,
            b"",
            (Status, "302 Found with an empty body; what to do: redirects are not followed", false),
            (Status, "redirects", false),
        ),
        (407, PAGE, (Status, "http://user:password@host:port", false), (Status, "407", false)),
        (429, b"", (Status, "429 Too Many Requests with an empty body", true), (Status, "429", true)),
    ];
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).retry(Retry::never()).build().unwrap();
    client.access_token().await.unwrap();
    for (status, body, json, picture) in cases {
        for content_type in ["application/json", "text/html; charset=gbk", "image/jpeg", ""] {
            mock.clear_rules();
            mock.on_all().body(status, content_type, body.to_vec());
            let what = format!("{status} {content_type} {}", String::from_utf8_lossy(body));
            check(&client.send(question()).await.unwrap_err(), json, &what);
            check(&client.wxacode().get_unlimited("a=1").await.unwrap_err(), picture, &what);
        }
    }
}

#[tokio::test]
async fn an_error_code_wins_over_everything_around_it() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    client.access_token().await.unwrap();
    let cases: [(u16, &[u8]); 6] = [
        (200, br#"{"errcode":48001,"errmsg":"api unauthorized"}"#),
        (500, br#"{"errcode":48001,"errmsg":"api unauthorized"}"#),
        (412, b"\xef\xbb\xbf{\"errcode\":48001,\"errmsg\":\"api\nunauthorized\"}"),
        (200, b" \n{\"errcode\":\"48001\",\"errmsg\":\"api unauthorized\xff\"}"),
        (200, br#"{"errcode":48001,"errmsg":"api unauth"#),
        (200, br#"{"errcode":48001,"errmsg":"api unauthorized"}<html>"#),
    ];
    for (status, body) in cases {
        mock.clear_rules();
        mock.on_all().body(status, "text/html", body.to_vec());
        for error in [
            client.send(question()).await.unwrap_err(),
            client.wxacode().get_unlimited("a=1").await.unwrap_err(),
            client.request("wxa/some/path").bytes().await.unwrap_err(),
            client.request("wxa/some/path").await.unwrap_err(),
        ] {
            let what = String::from_utf8_lossy(body);
            assert_eq!(error.code().map(|code| code.get()), Some(48001), "{what}: {error}");
        }
    }
}

#[tokio::test]
async fn what_wechat_is_known_to_send_is_read() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).build().unwrap();
    let mark_and_controls = "\u{feff}{\"total\":1,\"room_info\":[{\"name\":\"a\tb\u{1}\nc\"}]}";
    for (content_type, body) in [
        ("text/plain", mark_and_controls.as_bytes()),
        ("text/html; charset=iso-8859-1", "\r\n{\"room_info\":[{\"name\":\"a\\tb\\u0001\\nc\"}]}\n".as_bytes()),
        ("image/jpeg", b"{\"room_info\":[{\"name\":\"a\tb\x01\nc\"}],\"new\":\"\xff\"}"),
    ] {
        mock.clear_rules();
        mock.on("getLiveInfo").unwrap().body(200, content_type, body.to_vec());
        let answer = client.send(question()).await.unwrap();
        assert_eq!(answer.room_info[0].name.as_deref(), Some("a\tb\u{1}\nc"), "{content_type}");
    }
}

#[tokio::test]
async fn data_are_anything_but_a_page_of_a_proxy() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    for (body, told) in [
        (&b"<!DOCTYPE html><html>"[..], "expected data, got an HTML page (21 bytes)"),
        (b"", "expected data, got an empty body"),
        (br#"{"errcode":0,"errm"#, "the JSON ends in the middle"),
    ] {
        mock.clear_rules();
        mock.on("/wxa/some/path").unwrap().body(200, "image/jpeg", body.to_vec());
        let error = client.request("wxa/some/path").bytes().await.unwrap_err();
        check(&error, (ErrorKind::Decode, told, true), told);
    }
    for body in [&b"a,b\n1,2\n"[..], br#"{"a":1}"#, b"\x00\x01"] {
        mock.clear_rules();
        mock.on("/wxa/some/path").unwrap().body(200, "text/html", body.to_vec());
        assert_eq!(client.request("wxa/some/path").bytes().await.unwrap(), body);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).retry(Retry::never()).build().unwrap();
    client.access_token().await.unwrap();
    mock.on_all().truncate(10);
    for error in [
        client.send(question()).await.unwrap_err(),
        client.wxacode().get_unlimited("a=1").await.unwrap_err(),
        client.request("wxa/getwxacodeunlimit").json(&serde_json::json!({"scene": "a"})).bytes().await.unwrap_err(),
    ] {
        let told = "the connection failed in the middle of the answer (after 10 bytes)";
        check(&error, (ErrorKind::Transport, told, true), "truncated");
        assert!(!error.is_timeout());
    }
}

#[tokio::test]
async fn an_answer_beyond_the_cap_is_refused_before_it_is_read() {
    const ANNOUNCED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n";
    // Nothing follows: whoever waited for the body would wait for ever.
    let server = Raw::start(|mut connection| async move {
        connection.request().await?;
        connection.stream.write_all(ANNOUNCED.as_bytes()).await?;
        std::future::pending().await
    })
    .await;
    let started = Instant::now();
    let error = post(&client(&server.url())).await.unwrap_err();
    let told = "the answer is larger than the 33554432 bytes that are allowed; what to do: allow more with `max_body`";
    check(&error, (ErrorKind::Decode, told, false), "announced");
    assert!(started.elapsed() < Duration::from_secs(5));

    let endless = Raw::start(|mut connection| async move {
        connection.request().await?;
        connection.stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        loop {
            connection.stream.write_all(&chunk).await?;
        }
    })
    .await;
    let error = post(&builder(&endless.url()).max_body(100_000).build().unwrap()).await.unwrap_err();
    check(&error, (ErrorKind::Decode, "larger than the 100000 bytes", false), "endless");

    let page = Raw::answering("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2000\r\n\r\n").await;
    let small = builder(&page.url()).max_body(1000).retry(Retry::never()).build().unwrap();
    let told = "HTTP status 502 Bad Gateway with more than 1000 bytes";
    check(&post(&small).await.unwrap_err(), (ErrorKind::Status, told, true), "a long page");

    // To the last byte.
    let exact = Raw::body("", br#"{"a":1}"#).await;
    let client = |bytes| builder(&exact.url()).max_body(bytes).build().unwrap();
    assert_eq!(post(&client(7)).await.unwrap()["a"], 1);
    assert_eq!(post(&client(6)).await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn headers_have_a_limit_too() {
    let many = (0..200).map(|number| format!("X-{number}: SECRET\r\n")).collect::<String>();
    let long = format!("X-Long: {}\r\n", "SECRET".repeat(100_000));
    for headers in [many, long] {
        let server = Raw::body(&headers, b"{}").await;
        let error = post(&client(&server.url())).await.unwrap_err();
        let told = "what came is no HTTP answer (message head is too large)";
        check(&error, (ErrorKind::Decode, told, false), &headers[..10]);
    }
}

#[tokio::test]
async fn what_is_not_http_is_named() {
    for (bytes, told) in [
        ("SSH-2.0-OpenSSH_9.6\r\n", "what came is no HTTP answer (invalid HTTP version parsed)"),
        ("\u{15}\u{3}\u{3}\0\u{2}\u{2}\u{16}", "(invalid HTTP version parsed)"),
        ("HTTP/1.1 two hundred\r\n\r\n", "(invalid HTTP status-code parsed)"),
    ] {
        let server = Raw::answering(bytes).await;
        let error = post(&client(&server.url())).await.unwrap_err();
        check(&error, (ErrorKind::Decode, told, false), bytes);
    }
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let elsewhere = Raw::body("", b"{}").await;
    let location = format!("{}/login?access_token=SECRET", elsewhere.url());
    let server =
        Raw::answering(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")).await;
    let error = post(&client(&server.url())).await.unwrap_err();
    let told =
        "HTTP status 302 Found with an empty body, a redirect to http://127.0.0.1; what to do: redirects are not";
    check(&error, (ErrorKind::Status, told, false), "redirect");
    assert_eq!(elsewhere.requests(), 0);
}

#[tokio::test]
async fn the_time_to_wait_is_kept() {
    let date = "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\nDate: Wed, 21 Oct 2015 07:26:00 GMT";
    for (status, header, seconds) in [
        ("429 Too Many Requests", "Retry-After: 7", Some(7)),
        ("503 Service Unavailable", date, Some(120)),
        ("407 Proxy Authentication Required", "Retry-After: 1", Some(1)),
        ("503 Service Unavailable", "X: y", None),
    ] {
        let server = Raw::answering(format!("HTTP/1.1 {status}\r\n{header}\r\nContent-Length: 0\r\n\r\n")).await;
        let error = post(&client(&server.url())).await.unwrap_err();
        assert_eq!(error.retry_after(), seconds.map(Duration::from_secs), "{status} {header}");
    }
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).retry(Retry::never()).build().unwrap();
    for (code, seconds) in [(44990, Some(1)), (45011, Some(60)), (44991, Some(60)), (45009, None), (-1, None)] {
        mock.clear_rules();
        mock.on("getLiveInfo").unwrap().errcode(code);
        let error = client.send(question()).await.unwrap_err();
        assert_eq!(error.retry_after(), seconds.map(Duration::from_secs), "{code}");
    }
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

async fn compressed(
    encoding: &str,
    body: &[u8],
    client: impl FnOnce(&str) -> Client,
) -> weapp::Result<serde_json::Value> {
    let server = Raw::body(&format!("Content-Encoding: {encoding}\r\n"), body).await;
    post(&client(&server.url())).await
}

#[tokio::test]
async fn compression_that_is_not_read_is_named() {
    let data = gzip(br#"{"a":1}"#);
    for (encoding, name) in [("br", "br"), ("zstd", "zstd"), ("Deflate", "deflate"), ("gzip, br", "br")] {
        let told = format!("expected JSON, got {} bytes, compressed ({name}); what to do: have the proxy", data.len());
        let error = compressed(encoding, &data, client).await.unwrap_err();
        check(&error, (ErrorKind::Decode, &*told.leak(), false), encoding);
    }
    // A label that lies about plain JSON, and one that means nothing.
    for encoding in ["br", "identity", "utf-8"] {
        assert_eq!(compressed(encoding, br#"{"a":1}"#, client).await.unwrap()["a"], 1, "{encoding}");
    }
    let server = Raw::body("Content-Encoding: br\r\n", &data).await;
    let told = "bytes, compressed (br)";
    let error = client(&server.url()).request("wxa/some/path").without_token().bytes().await.unwrap_err();
    check(&error, (ErrorKind::Decode, told, false), "bytes");
    let error = client(&server.url()).request("wxa/some/path").without_token().image().await.unwrap_err();
    check(&error, (ErrorKind::Decode, told, false), "a picture");
    let head = "HTTP/1.1 502 Bad Gateway\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\n\x01\x02\x03";
    let error = post(&client(&Raw::answering(head).await.url())).await.unwrap_err();
    check(&error, (ErrorKind::Status, "502 Bad Gateway with 3 bytes, compressed (br)", true), "a status");
}

#[cfg(not(feature = "gzip"))]
#[tokio::test]
async fn gzip_is_not_asked_for_unless_its_feature_is_on() {
    let error = compressed("gzip", &gzip(br#"{"a":1}"#), client).await.unwrap_err();
    let told = "compressed (gzip); what to do: switch on the feature `gzip`";
    check(&error, (ErrorKind::Decode, told, false), "gzip");
    let server = Raw::start(|mut connection| async move {
        let head = connection.request().await?;
        assert!(!head.contains("accept-encoding"), "{head}");
        connection.stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await
    })
    .await;
    post(&client(&server.url())).await.unwrap();
}

#[cfg(feature = "gzip")]
mod gzipped {
    use super::*;

    #[tokio::test]
    async fn gzip_is_read() {
        assert_eq!(compressed("gzip", &gzip(br#"{"a":1}"#), client).await.unwrap()["a"], 1);
        // The cap is about what is kept, not about what travels.
        let padded = [br#"{"a":1}"#, " ".repeat(100_000).as_bytes()].concat();
        let small = |url: &str| builder(url).max_body(10_000).build().unwrap();
        let error = compressed("gzip", &gzip(&padded), small).await.unwrap_err();
        check(&error, (ErrorKind::Decode, "larger than the 10000 bytes", false), "padded");
    }

    #[tokio::test]
    async fn damaged_gzip_is_told_from_a_broken_connection() {
        let whole = gzip(format!("{{\"a\":\"{}\"}}", "abc".repeat(1000)).as_bytes());
        let cut = &whole[..whole.len() / 2];
        let told = "the answer's compressed data are damaged";
        for (what, body) in [("cut", cut), ("no gzip", b"{\"a\":1}")] {
            let error = compressed("gzip", body, client).await.unwrap_err();
            check(&error, (ErrorKind::Decode, told, true), what);
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", whole.len());
        let server = Raw::answering([head.as_bytes(), cut].concat()).await;
        let error = post(&client(&server.url())).await.unwrap_err();
        check(&error, (ErrorKind::Transport, "in the middle of the answer", true), "broken");
    }

    /// 512 MiB of blanks in half a megabyte: a piece that refers to nothing before it, repeated.
    fn bomb() -> Vec<u8> {
        let mut piece = Vec::with_capacity(1 << 16);
        flate2::Compress::new(flate2::Compression::best(), false)
            .compress_vec(&vec![b' '; 1 << 20], &mut piece, flate2::FlushCompress::Full)
            .unwrap();
        [&gzip(b"")[..10], &piece.repeat(512), b"\x03\0", &[0; 8]].concat()
    }

    #[tokio::test]
    async fn a_bomb_is_not_unpacked_beyond_the_cap() {
        fn peak() -> i64 {
            nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).unwrap().max_rss()
        }
        let bomb = bomb();
        assert!(bomb.len() < 1 << 20, "{}", bomb.len());
        let before = peak();
        let capped = |url: &str| builder(url).max_body(1 << 20).build().unwrap();
        let error = compressed("gzip", &bomb, capped).await.unwrap_err();
        check(&error, (ErrorKind::Decode, "larger than the 1048576 bytes", false), "bomb");
        // Other tests run beside this one, and use some too.
        let grown = (peak() - before) >> 10;
        assert!(grown < 128, "{grown} MiB for a bomb of 512");
    }
}
