//! Pictures that WeChat answers: Mini Program codes and the like.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::came;
use crate::error::{Error, Result};

/// A picture, whole and of a known format.
///
/// Endpoints that make codes answer one. [`save`](Self::save) writes it to a file, [`bytes`](Self::bytes) hands it to
/// an HTTP response, [`data_url`](Self::data_url) puts it into a page.
///
/// Official page:
/// <https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/qr-code/api_getunlimitedqrcode>
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    bytes: Bytes,
    format: ImageFormat,
    used: Option<u64>,
}

/// How a picture is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImageFormat {
    /// JPEG: what WeChat makes of a code by default.
    Jpeg,
    /// PNG: what it makes of a code with a transparent background.
    Png,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
    /// BMP.
    Bmp,
}

impl ImageFormat {
    /// The format whose signature the data begin with. `None` for anything else.
    #[must_use]
    pub fn detect(data: &[u8]) -> Option<Self> {
        match data {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            // "BM" alone may begin a text, so the length of the second header has to be one that exists.
            [b'B', b'M', _, _, _, _, _, _, _, _, _, _, _, _, 12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0, ..] => {
                Some(Self::Bmp)
            }
            _ => None,
        }
    }

    /// The media type: `image/png`.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Bmp => "image/bmp",
        }
    }

    /// The usual end of a file's name, without the dot: `png`, `jpg`.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Bmp => "bmp",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Gif => "GIF",
            Self::Webp => "WebP",
            Self::Bmp => "BMP",
        }
    }

    /// Whether the end of the picture is there. A doubtful one counts as whole.
    fn is_whole(self, data: &[u8]) -> bool {
        let stored = |at: usize| {
            let bytes = data.get(at..at + 4)?.try_into().ok()?;
            usize::try_from(u32::from_le_bytes(bytes)).ok()
        };
        match self {
            Self::Jpeg => ends_with(data, &[0xFF, 0xD9]),
            Self::Png => ends_with(data, b"IEND\xAE\x42\x60\x82"),
            Self::Gif => ends_with(data, &[0x3B]),
            // Both store their length; WebP without the eight bytes in front of it.
            Self::Webp => stored(4).is_none_or(|length| data.len() >= length.saturating_add(8)),
            Self::Bmp => stored(2).is_none_or(|length| data.len() >= length),
        }
    }
}

/// Whether `mark` stands near the end. Some encoders and servers add padding behind a picture.
fn ends_with(data: &[u8], mark: &[u8]) -> bool {
    const NEAR: usize = 64;
    let padding = |byte: &u8| matches!(byte, 0x00 | 0xFF | b'\r' | b'\n' | b' ');
    let end = data.iter().rposition(|byte| !padding(byte)).map_or(0, |last| last + 1);
    data[end.saturating_sub(NEAR)..end].windows(mark.len()).any(|window| window == mark)
}

impl Image {
    /// Takes data for a picture. Their first bytes decide, not a header or a file's name.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the data are not a picture, saying what came instead
    /// (nothing, JSON, a page, text, unknown data), or when the picture was cut off before its end.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self> {
        let bytes = bytes.into();
        let Some(format) = ImageFormat::detect(&bytes) else {
            return Err(Error::decode("", format!("expected a picture, got {}", came::describe(&bytes))));
        };
        if !format.is_whole(&bytes) {
            let (name, length) = (format.name(), bytes.len());
            return Err(Error::decode(
                "",
                format!("the {name} picture was cut off before its end, {length} bytes came"),
            ));
        }
        Ok(Self { bytes, format, used: None })
    }

    /// The picture as it was sent.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The picture as it was sent, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// How it is encoded.
    #[must_use]
    pub fn format(&self) -> ImageFormat {
        self.format
    }

    /// How many codes of this kind the app has made so far, where the endpoint counts them (header `Num-Used`):
    /// `getQRCode` and `createQRCode` share an allowance of 100,000.
    #[must_use]
    pub fn used(&self) -> Option<u64> {
        self.used
    }

    pub(crate) fn with_used(mut self, used: Option<u64>) -> Self {
        self.used = used;
        self
    }

    /// The picture as a `data:` URL, for the `src` of an `<img>` or `<image>`.
    #[must_use]
    pub fn data_url(&self) -> String {
        let mime = self.format.mime();
        let mut url = String::with_capacity("data:;base64,".len() + mime.len() + self.bytes.len().div_ceil(3) * 4);
        url.extend(["data:", mime, ";base64,"]);
        STANDARD.encode_string(&self.bytes, &mut url);
        url
    }

    /// Writes the picture to a file, replacing what stood there.
    ///
    /// It is written beside the target and then renamed, so that nobody ever sees half of it, not even after a crash.
    /// Where `path` is a symbolic link, the link itself is replaced.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the file could not be written; the
    /// [`source`](std::error::Error::source) is the [`io::Error`].
    pub async fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref().to_owned();
        let name = path.display().to_string();
        let bytes = self.bytes.clone();
        // One trip to the blocking pool; tokio's own file would make one for each step.
        let written = tokio::task::spawn_blocking(move || replace(&path, &bytes)).await;
        written.unwrap_or_else(|stopped| Err(io::Error::other(stopped))).map_err(|error| {
            Error::config(
                format!("{name}: could not be written"),
                "create the folder, or choose one that can be written",
            )
            .with_source(error)
        })
    }
}

/// Writes to a new file in the target's folder and renames it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = sibling(path);
    let write = || {
        // Never an existing file: another process with the same id, in another container, may be at work here.
        let mut file = std::fs::File::create_new(&temporary)?;
        file.write_all(bytes)?;
        // Without this a power cut may leave the new name on an empty file.
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().inspect_err(|error| {
        if error.kind() != io::ErrorKind::AlreadyExists {
            let _ = std::fs::remove_file(&temporary);
        }
    })
}

/// A name that nobody else uses, short enough for any file system.
fn sibling(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".weapp-{}-{now:x}-{next}.tmp", std::process::id()))
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("format", &self.format).field("length", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl AsRef<[u8]> for Image {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Image> for Bytes {
    fn from(image: Image) -> Self {
        image.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;
    use crate::error::ErrorKind;

    const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00 picture \xFF\xD9";
    const PNG: &[u8] = b"\x89PNG\r\n\x1A\n\x00\x00\x00\x0DIHDR....\x00\x00\x00\x00IEND\xAE\x42\x60\x82";
    const GIF: &[u8] = b"GIF89a picture \x3B";
    const WEBP: &[u8] = b"RIFF\x08\x00\x00\x00WEBPVP8 ";
    const BMP: &[u8] = b"BM\x14\x00\x00\x00\x00\x00\x00\x00\x12\x00\x00\x00\x28\x00\x00\x00..";

    fn refusal(bytes: &[u8]) -> String {
        let error = Image::from_bytes(bytes.to_vec()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        error.to_string()
    }

    #[test]
    fn the_first_bytes_decide() {
        for (bytes, format, mime, extension) in [
            (JPEG, ImageFormat::Jpeg, "image/jpeg", "jpg"),
            (PNG, ImageFormat::Png, "image/png", "png"),
            (GIF, ImageFormat::Gif, "image/gif", "gif"),
            (WEBP, ImageFormat::Webp, "image/webp", "webp"),
            (BMP, ImageFormat::Bmp, "image/bmp", "bmp"),
        ] {
            let image = Image::from_bytes(bytes).unwrap();
            assert_eq!((image.format(), format.mime(), format.extension()), (format, mime, extension));
            assert_eq!(image.bytes(), bytes);
            assert_eq!(image.clone().into_bytes(), bytes);
        }
    }

    #[test]
    fn padding_behind_a_picture_is_tolerated() {
        for picture in [JPEG, PNG, GIF, WEBP, BMP] {
            for padding in [&b"\0\0\0\0"[..], b"\r\n", &[0xFF; 4], &[0; 4096]] {
                Image::from_bytes([picture, padding].concat()).unwrap();
            }
        }
        Image::from_bytes([JPEG, b"a short comment of some encoder"].concat()).unwrap();
    }

    #[test]
    fn a_picture_cut_off_before_its_end_is_refused() {
        for (picture, name) in [(JPEG, "JPEG"), (PNG, "PNG"), (GIF, "GIF"), (WEBP, "WebP"), (BMP, "BMP")] {
            let text = refusal(&picture[..picture.len() - 1]);
            assert!(text.contains(&format!("the {name} picture was cut off before its end")), "{text}");
        }
        assert!(refusal(b"\xFF\xD8\xFF").contains("cut off"));
        assert!(refusal(b"\x89PNG\r\n\x1A\n").contains("cut off"));
    }

    #[test]
    fn what_came_instead_is_named_and_never_quoted() {
        for (bytes, named) in [
            (&b""[..], "an empty body"),
            (b" \r\n\t ", "an empty body"),
            (b"\xEF\xBB\xBF", "an empty body"),
            (br#"{"errcode":40001,"errmsg":"secret-text"}"#, "JSON (40 bytes)"),
            (b"\xEF\xBB\xBF\r\n  {\"secret-text\":1}", "JSON"),
            (b"[1]", "JSON"),
            (b"\n<!DOCTYPE html><p>secret-text</p>", "an HTML page"),
            (b"<HTML>secret-text", "an HTML page"),
            (b"<", "an HTML page"),
            (b"<?xml version='1.0'?><a>secret-text</a>", "XML"),
            (b"<xml>secret-text</xml>", "XML"),
            (b"secret-text", "text (11 bytes)"),
            ("BMW 小程序 secret-text".as_bytes(), "text"),
            (b"\x00\x01\x02secret-text", "14 bytes of unknown data"),
            (b"\xFF\xD8", "2 bytes of unknown data"),
        ] {
            let text = refusal(bytes);
            assert!(text.contains(&format!("expected a picture, got {named}")), "{named}: {text}");
            assert!(!text.contains("secret-text"), "{text}");
        }
    }

    #[test]
    fn a_data_url_is_the_whole_picture() {
        let url = Image::from_bytes(GIF).unwrap().data_url();
        assert_eq!(url, "data:image/gif;base64,R0lGODlhIHBpY3R1cmUgOw==");
        assert_eq!(url.capacity(), url.len());
    }

    #[test]
    fn debug_prints_no_content() {
        let image = Image::from_bytes(GIF).unwrap().with_used(Some(7));
        assert_eq!(image.used(), Some(7));
        assert_eq!(format!("{image:?}"), "Image { format: Gif, length: 16, .. }");
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("weapp-image-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[tokio::test]
    async fn save_replaces_and_leaves_nothing_else() {
        let folder = folder("save");
        let path = folder.join("码.jpg");
        std::fs::write(&path, "what stood there before").unwrap();
        let image = Image::from_bytes(JPEG).unwrap();
        image.save(&path).await.unwrap();
        image.save(path.to_str().unwrap()).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), JPEG);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no temporary file may stay");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn save_says_which_file_could_not_be_written() {
        let folder = folder("fail");
        let path = folder.join("missing").join("code.png");
        let error = Image::from_bytes(PNG).unwrap().save(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("code.png: could not be written"), "{error}");
        assert!(error.source().unwrap().downcast_ref::<io::Error>().is_some());

        // The target is a folder: the rename fails, and the temporary file has to go.
        let error = Image::from_bytes(PNG).unwrap().save(&folder).await.unwrap_err();
        assert!(error.to_string().contains("could not be written"), "{error}");
        let left: Vec<_> = std::fs::read_dir(folder.parent().unwrap())
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
            .filter(|name| name.starts_with(&format!(".weapp-{}-", std::process::id())))
            .collect();
        assert_eq!(left, Vec::<String>::new());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
