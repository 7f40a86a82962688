//! Files that go to WeChat: uploaded, or hosted somewhere that WeChat fetches them from.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result, Violation};
use crate::image::{Image, ImageFormat};

const UNKNOWN_TYPE: &str = "application/octet-stream";
const UNKNOWN_NAME: &str = "file.bin";

/// A file to upload: its content, a name and a media type.
///
/// Name and type are guessed where they are not given: a picture is recognised by its first bytes (`image.png`,
/// `image/png`), anything else is `file.bin`, `application/octet-stream`. Each endpoint's page says how large its files
/// may be.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/sec-check/api_imgseccheck>
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    bytes: Bytes,
    name: Cow<'static, str>,
    content_type: Cow<'static, str>,
}

impl File {
    /// A file of this content.
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let (name, content_type) = match ImageFormat::detect(&bytes) {
            Some(format) => (image_name(format), format.mime()),
            None => (UNKNOWN_NAME.into(), UNKNOWN_TYPE),
        };
        Self { bytes, name, content_type: content_type.into() }
    }

    /// Sets the name under which WeChat receives the file.
    ///
    /// Quotes, slashes, backslashes and control characters become `_`, because the name stands in a header. An empty
    /// name leaves the guessed one.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name: String = name.into();
        let unsafe_here = |c: char| c.is_control() || matches!(c, '"' | '\\' | '/');
        if !name.is_empty() {
            self.name = name.chars().map(|c| if unsafe_here(c) { '_' } else { c }).collect::<String>().into();
        }
        self
    }

    /// Sets the media type: `image/png`, `video/mp4`. What is not of that form leaves the guessed one.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        let content_type: String = content_type.into();
        if is_media_type(&content_type) {
            self.content_type = content_type.into();
        }
        self
    }

    /// A file from base64, as front ends and databases hand it over.
    ///
    /// Takes the standard and the URL-safe alphabet, with or without padding and line breaks. A prefix like
    /// `data:image/png;base64,` is understood, and the type it names is used.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the text is not base64, saying where and why: a foreign
    /// character, an end cut off, nothing at all, or a blank where form decoding swallowed a `+`.
    pub fn from_base64(text: &str) -> Result<Self> {
        let text = text.trim();
        let (declared, payload) = split_data_url(text)?;
        let symbols = symbols(payload, text.len() - payload.len())?;
        if symbols.is_empty() {
            return Err(not_base64("is empty"));
        }
        let bytes = STANDARD_NO_PAD.decode(&symbols).map_err(|_| {
            not_base64(format!("was cut off: {} characters are no whole number of bytes", symbols.len()))
        })?;
        let file = Self::new(bytes);
        Ok(match declared.map(str::to_ascii_lowercase) {
            Some(declared) => file.content_type(declared),
            None => file,
        })
    }

    /// A file from the disk, under its own name.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when it can not be read; the [`source`](StdError::source) is the
    /// [`io::Error`](std::io::Error).
    pub async fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = tokio::fs::read(path).await.map_err(|error| {
            Error::config(format!("{}: could not be read", path.display()), "check the path and its permissions")
                .with_source(error)
        })?;
        let file = Self::new(bytes);
        Ok(match path.file_name() {
            Some(name) => file.name(name.to_string_lossy()),
            None => file,
        })
    }

    /// The content.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The name under which WeChat receives it.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.name
    }

    /// The media type.
    #[must_use]
    pub fn mime(&self) -> &str {
        &self.content_type
    }
}

fn image_name(format: ImageFormat) -> Cow<'static, str> {
    format!("image.{}", format.extension()).into()
}

/// `type/subtype` and parameters, of characters that are harmless in a header.
fn is_media_type(text: &str) -> bool {
    let token =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    let mut parts = text.split(';');
    let essence = parts.next().and_then(|essence| essence.split_once('/'));
    essence.is_some_and(|(kind, subtype)| token(kind) && token(subtype))
        && parts
            .all(|parameter| parameter.trim().split_once('=').is_some_and(|(key, value)| token(key) && token(value)))
}

fn not_base64(problem: impl Into<String>) -> Error {
    Error::invalid(vec![Violation { field: "base64".to_owned(), problem: problem.into() }])
}

/// The declared type and the base64 of a `data:` URL; any other text is all base64.
fn split_data_url(text: &str) -> Result<(Option<&str>, &str)> {
    if !text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        return Ok((None, text));
    }
    let Some((head, payload)) = text[5..].split_once(',') else {
        return Err(not_base64("begins like a `data:` URL, but has no comma before its content"));
    };
    match head.rsplit_once(';') {
        Some((declared, encoding)) if encoding.trim().eq_ignore_ascii_case("base64") => {
            // The parameters say nothing about a binary file.
            let essence = declared.split(';').next().unwrap_or(declared).trim();
            Ok(((!essence.is_empty()).then_some(essence), payload))
        }
        _ => Err(not_base64("is a `data:` URL that is not marked `;base64`")),
    }
}

/// The base64 without line breaks and padding, in the standard alphabet. Positions in errors count from `offset`.
fn symbols(payload: &str, offset: usize) -> Result<Vec<u8>> {
    let bytes = payload.as_bytes();
    let mut symbols = Vec::with_capacity(bytes.len());
    let mut padding = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        let symbol = match byte {
            b'\r' | b'\n' | b'\t' => continue,
            b' ' => {
                // A blank within a line is no layout: dropping it would corrupt the file without a word.
                let within =
                    |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|b| !b.is_ascii_whitespace());
                if within(index.checked_sub(1)) && within(Some(index + 1)) {
                    let position = offset + index + 1;
                    return Err(not_base64(format!(
                        "has a blank at character {position}, most likely a `+` that form decoding turned into one; \
                         percent-encode it as %2B, or send JSON"
                    )));
                }
                continue;
            }
            b'=' => {
                padding += 1;
                continue;
            }
            b'-' => b'+',
            b'_' => b'/',
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => byte,
            _ => {
                let position = offset + payload.char_indices().take_while(|(at, _)| *at <= index).count();
                return Err(not_base64(format!("has a character that base64 does not know, at character {position}")));
            }
        };
        if padding > 0 {
            return Err(not_base64("goes on after its `=`: these are two texts, or the end is damaged"));
        }
        symbols.push(symbol);
    }
    if padding > 2 {
        return Err(not_base64(format!("ends with {padding} `=`, but two are the most")));
    }
    Ok(symbols)
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("length", &self.bytes.len())
            .finish()
    }
}

impl From<Bytes> for File {
    fn from(bytes: Bytes) -> Self {
        Self::new(bytes)
    }
}

impl From<Vec<u8>> for File {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl From<&'static [u8]> for File {
    fn from(bytes: &'static [u8]) -> Self {
        Self::new(bytes)
    }
}

impl<const N: usize> From<&'static [u8; N]> for File {
    fn from(bytes: &'static [u8; N]) -> Self {
        Self::new(&bytes[..])
    }
}

impl From<Image> for File {
    fn from(image: Image) -> Self {
        let format = image.format();
        Self { name: image_name(format), content_type: format.mime().into(), bytes: image.into_bytes() }
    }
}

/// A file that WeChat fetches by itself: a URL, or a [`File`] that a [`MediaHost`] turns into one first.
///
/// `&str`, `String`, [`File`] and [`Image`] all convert into it. A file needs a host on the client; without one
/// the call is not sent.
///
/// Official page:
/// <https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/sec-check/api_mediacheckasync>
#[derive(Clone, PartialEq, Eq)]
pub struct HostedFile {
    url: Option<String>,
    file: Option<File>,
}

impl HostedFile {
    /// A file that stands at this URL already.
    #[must_use]
    pub fn url(url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), file: None }
    }

    /// A file that has to be hosted before the call.
    #[must_use]
    pub fn file(file: impl Into<File>) -> Self {
        Self { url: None, file: Some(file.into()) }
    }

    /// Takes out the file that still has to be hosted; [`set_url`](Self::set_url) says where it went.
    pub(crate) fn take_file(&mut self) -> Option<File> {
        self.file.take()
    }

    pub(crate) fn set_url(&mut self, url: String) {
        *self = Self::url(url);
    }

    /// The URL, if there is one yet.
    pub(crate) fn url_str(&self) -> Option<&str> {
        self.url.as_deref()
    }
}

impl fmt::Debug for HostedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.url, &self.file) {
            // The query of a cloud store's URL is a signature that lets anybody read the file.
            (Some(url), _) => match url.split_once('?') {
                Some((bare, _)) => write!(f, "HostedFile({bare}?..)"),
                None => write!(f, "HostedFile({url})"),
            },
            (None, Some(file)) => f.debug_tuple("HostedFile").field(file).finish(),
            (None, None) => f.write_str("HostedFile(..)"),
        }
    }
}

impl From<&str> for HostedFile {
    fn from(url: &str) -> Self {
        Self::url(url)
    }
}

impl From<String> for HostedFile {
    fn from(url: String) -> Self {
        Self::url(url)
    }
}

impl From<&String> for HostedFile {
    fn from(url: &String) -> Self {
        Self::url(url)
    }
}

impl From<File> for HostedFile {
    fn from(file: File) -> Self {
        Self::file(file)
    }
}

impl From<Image> for HostedFile {
    fn from(image: Image) -> Self {
        Self::file(image)
    }
}

impl Serialize for HostedFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.url {
            Some(url) => serializer.serialize_str(url),
            None => Err(serde::ser::Error::custom(
                "the file has no URL yet: give the client a MediaHost, or host the file and pass its URL",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for HostedFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::url)
    }
}

/// What a [`MediaHost`] answers: the file's public URL.
pub type Hosting<'a> =
    Pin<Box<dyn Future<Output = std::result::Result<String, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Puts files where WeChat can fetch them: on your own web server, or in a cloud store.
///
/// WeChat accepts a URL where other services accept an upload; with a host, those calls take a [`File`] all the same.
/// The URL has to be reachable from the Internet, without a login, until WeChat has fetched the file.
///
/// A closure will do:
///
/// ```
/// use weapp::{File, MediaHost};
///
/// async fn put(name: String, content: bytes::Bytes) -> Result<String, std::io::Error> {
///     // Store the content, for instance in a bucket.
///     Ok(format!("https://files.example.com/{}/{name}", content.len()))
/// }
///
/// let host = |file: File| put(file.file_name().to_owned(), file.bytes().clone());
/// # fn takes(_: impl MediaHost) {}
/// # takes(host);
/// ```
pub trait MediaHost: Send + Sync {
    /// Hosts a file and answers its URL.
    ///
    /// # Errors
    /// Whatever kept the file from being hosted. The call that needs the file fails with it as the source.
    fn host(&self, file: File) -> Hosting<'_>;
}

impl<F, Fut, E> MediaHost for F
where
    F: Fn(File) -> Fut + Send + Sync,
    Fut: Future<Output = std::result::Result<String, E>> + Send + 'static,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    fn host(&self, file: File) -> Hosting<'_> {
        let hosting = self(file);
        Box::pin(async move { hosting.await.map_err(Into::into) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    const PNG: &[u8] = b"\x89PNG\r\n\x1A\n\x00\x00\x00\x00IEND\xAE\x42\x60\x82";
    const PNG_BASE64: &str = "iVBORw0KGgoAAAAASUVORK5CYII=";

    fn refusal(text: &str) -> String {
        let error = File::from_base64(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.violations()[0].field, "base64");
        error.to_string()
    }

    #[test]
    fn name_and_type_are_guessed() {
        let file = File::new(PNG);
        assert_eq!((file.file_name(), file.mime()), ("image.png", "image/png"));
        let file = File::new(vec![1, 2, 3]);
        assert_eq!((file.file_name(), file.mime()), ("file.bin", "application/octet-stream"));
        let file = file.name("样.mp4").content_type("video/mp4");
        assert_eq!((file.file_name(), file.mime()), ("样.mp4", "video/mp4"));
    }

    #[test]
    fn neither_name_nor_type_can_break_a_header() {
        let file = File::new(vec![1]).name("a\"; x=\"\r\nEvil: 1\r\n\r\n../\\b\u{85}.png");
        assert_eq!(file.file_name(), "a_; x=___Evil: 1____..__b_.png");
        assert_eq!(file.clone().name("").file_name(), file.file_name());
        for bad in [
            "",
            "image",
            "image/",
            "/png",
            "image/png\r\nEvil: 1",
            "image/p ng",
            "图/png",
            "image/png; a",
            "a/b; c=\"d\"",
        ] {
            assert_eq!(file.clone().content_type(bad).mime(), "application/octet-stream", "{bad:?}");
        }
        assert_eq!(file.content_type("text/plain; charset=utf-8").mime(), "text/plain; charset=utf-8");
    }

    #[test]
    fn base64_comes_in_many_forms() {
        let plain = File::new(PNG);
        for text in [
            PNG_BASE64.to_owned(),
            PNG_BASE64.trim_end_matches('=').to_owned(),
            format!("\n  {PNG_BASE64} \r\n"),
            format!("{}\r\n  {}\n{}", &PNG_BASE64[..10], &PNG_BASE64[10..20], &PNG_BASE64[20..]),
            format!("data:image/png;base64,{PNG_BASE64}"),
            format!("data:image/png;charset=utf-8;BASE64,\n{PNG_BASE64}"),
            format!("DATA:Image/PNG;base64,{PNG_BASE64}"),
            format!("data:;base64,{PNG_BASE64}"),
        ] {
            assert_eq!(File::from_base64(&text).unwrap(), plain, "{text:?}");
        }
        assert_eq!(File::from_base64("-_-_").unwrap().bytes(), File::from_base64("+/+/").unwrap().bytes());
        assert_eq!(File::from_base64("data:audio/amr;base64,AQID").unwrap().mime(), "audio/amr");
        assert_eq!(File::from_base64("data:image/jpeg;base64,iVBORw0KGgo").unwrap().mime(), "image/jpeg");
    }

    #[test]
    fn what_is_not_base64_is_refused_with_the_reason_and_without_the_text() {
        for (text, reason) in [
            ("", "is empty"),
            (" \n", "is empty"),
            ("====", "ends with 4 `=`"),
            ("data:image/png;base64,", "is empty"),
            ("data:image/png,AQID", "not marked `;base64`"),
            ("data:image/png;base64", "has no comma"),
            ("iVBO*w0KGgo=", "does not know, at character 5"),
            ("小iVBO", "at character 1"),
            ("data:image/png;base64,AQ%2B", "at character 25"),
            ("iVBORw0K Ggo=", "has a blank at character 9"),
            ("iVBORw0KGgoA=AAA", "goes on after its `=`"),
            ("iVBORw0KG", "9 characters are no whole number of bytes"),
            ("iVBORw0KGgp", "was cut off"),
        ] {
            let message = refusal(text);
            assert!(message.contains(reason), "{text:?}: {message}");
            assert!(!message.contains("iVBO"), "{message}");
        }
        assert!(refusal("iVBORw0K Ggo=").contains("%2B"));
    }

    #[tokio::test]
    async fn a_file_from_the_disk_has_its_own_name() {
        let path = std::env::temp_dir().join(format!("weapp-file-{}.jpg", std::process::id()));
        std::fs::write(&path, PNG).unwrap();
        let file = File::read(&path).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(file.file_name(), path.file_name().unwrap().to_str().unwrap());
        assert_eq!((file.mime(), &file.bytes()[..]), ("image/png", PNG));

        let error = File::read(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(".jpg: could not be read"), "{error}");
        assert!(error.source().unwrap().is::<std::io::Error>());
    }

    #[test]
    fn anything_that_holds_bytes_converts() {
        let image = Image::from_bytes(PNG).unwrap();
        for file in [File::from(PNG), File::from(PNG.to_vec()), File::from(Bytes::from_static(PNG)), File::from(image)]
        {
            assert_eq!(file, File::new(PNG));
        }
        assert_eq!(File::from(b"abc").bytes(), &b"abc"[..]);
        let printed = format!("{:?}", File::new(&b"private"[..]));
        assert_eq!(printed, r#"File { name: "file.bin", content_type: "application/octet-stream", length: 7 }"#);
    }

    #[test]
    fn a_hosted_file_travels_as_its_url() {
        for hosted in [
            HostedFile::from("https://a/b.png"),
            "https://a/b.png".to_owned().into(),
            HostedFile::url("https://a/b.png"),
        ] {
            assert_eq!(serde_json::to_string(&hosted).unwrap(), r#""https://a/b.png""#);
            assert_eq!(hosted, serde_json::from_str(r#""https://a/b.png""#).unwrap());
        }
        let mut hosted = HostedFile::from(File::new(PNG));
        assert_eq!(hosted.url_str(), None);
        let refused = serde_json::to_string(&hosted).unwrap_err().to_string();
        assert!(refused.contains("MediaHost"), "{refused}");
        assert_eq!(hosted.take_file(), Some(File::new(PNG)));
        assert_eq!(hosted.take_file(), None);
        assert!(serde_json::to_string(&hosted).is_err());
        hosted.set_url("https://a/c.png".to_owned());
        assert_eq!(hosted.url_str(), Some("https://a/c.png"));
    }

    #[test]
    fn debug_hides_the_signature_of_a_url() {
        let hosted = HostedFile::url("https://store.example.com/a.png?sign=very-secret");
        assert_eq!(format!("{hosted:?}"), "HostedFile(https://store.example.com/a.png?..)");
        assert!(format!("{:?}", HostedFile::from(File::new(PNG))).contains("image.png"));
    }

    #[tokio::test]
    async fn a_closure_is_a_host() {
        fn boxed(host: impl MediaHost + 'static) -> Box<dyn MediaHost> {
            Box::new(host)
        }
        let prefix = "https://files.example.com/".to_owned();
        let host = boxed(move |file: File| {
            let url = format!("{prefix}{}", file.file_name());
            async move { if file.bytes().is_empty() { Err("nothing to host") } else { Ok(url) } }
        });
        assert_eq!(host.host(File::new(PNG)).await.unwrap(), "https://files.example.com/image.png");
        assert_eq!(host.host(File::new(vec![])).await.unwrap_err().to_string(), "nothing to host");
    }
}
