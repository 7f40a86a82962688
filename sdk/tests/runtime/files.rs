//! Uploads, and files that have to be hosted first.

use std::sync::{Arc, Mutex};

#[allow(deprecated)]
use weapp::api::security::ImgSecCheck;
use weapp::api::security::{CheckMediaType, CheckScene, MediaCheckAsync};
use weapp::mock::Mock;
use weapp::{ErrorKind, File};

use crate::impatient;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

#[tokio::test]
#[allow(deprecated, reason = "version 1 is what is tested")]
async fn version_one_uploads_from_bytes_and_from_base64() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let encoded = "iVBORw0KGgpub3QgbXVjaCBvZiBhIHBpY3R1cmU=";
    for file in [File::new(PNG), File::from_base64(encoded).unwrap()] {
        mock.clear_requests();
        client.security().img_sec_check(file).await.unwrap();
        let sent = &mock.requests_to("imgSecCheck").unwrap()[0];
        let body = String::from_utf8_lossy(&sent.body);
        assert!(sent.header("content-type").unwrap().starts_with("multipart/form-data"), "{sent:?}");
        assert!(sent.header("content-length").is_some() && sent.header("transfer-encoding").is_none(), "{sent:?}");
        assert!(body.contains(r#"name="media""#) && body.contains("image/png"), "{body}");
        assert!(sent.body.windows(PNG.len()).any(|window| window == PNG));
    }
    let large = client.security().img_sec_check(ImgSecCheck::new(vec![0; (1 << 20) + 1])).await.unwrap_err();
    assert_eq!(large.kind(), ErrorKind::Invalid);
    mock.on("imgSecCheck").unwrap().errcode(87014);
    assert_eq!(client.security().img_sec_check(PNG).await.unwrap_err().code(), Some(87014.into()));
}

fn check() -> MediaCheckAsync {
    MediaCheckAsync::new().media_type(CheckMediaType::Image).scene(CheckScene::Comment).openid("OPENID")
}

#[tokio::test]
async fn version_two_takes_a_url_or_bytes_that_the_user_hosts() {
    let mock = Mock::start().await.unwrap();
    let hosted = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&hosted);
    let client = impatient(&mock)
        .media_host(move |file: File| {
            seen.lock().unwrap().push(file.bytes().clone());
            async { Ok::<_, std::io::Error>("https://files.example.com/1.png".to_owned()) }
        })
        .build()
        .unwrap();
    client.security().media_check_async(check().media_url("https://example.com/a.png")).await.unwrap();
    client.security().media_check_async(check().media_url(File::new(PNG))).await.unwrap();
    let urls: Vec<_> = mock
        .requests_to("mediaCheckAsync")
        .unwrap()
        .iter()
        .map(|request| request.json::<serde_json::Value>().unwrap()["media_url"].as_str().unwrap().to_owned())
        .collect();
    // A request that is wrong in another place costs no upload.
    let unfinished = MediaCheckAsync::new().media_url(File::new(PNG));
    let error = client.security().media_check_async(unfinished).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(urls, ["https://example.com/a.png", "https://files.example.com/1.png"]);
    assert_eq!(*hosted.lock().unwrap(), [PNG]);
}

#[tokio::test]
async fn bytes_without_a_host_are_refused_with_the_way_out() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let error = client.security().media_check_async(check().media_url(File::new(PNG))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("media_host"), "{error}");
    let failing =
        impatient(&mock).media_host(|_| async { Err::<String, _>(std::io::Error::other("full")) }).build().unwrap();
    let error = failing.security().media_check_async(check().media_url(File::new(PNG))).await.unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "full");
    assert!(mock.requests().is_empty());
}
