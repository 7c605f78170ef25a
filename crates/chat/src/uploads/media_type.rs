//! What a file is, by its first bytes. What the client says decides nothing but whether a text is one.

use model::AttachmentKind;

/// Bytes that are looked at.
pub const HEAD: usize = 4096;

/// The media type of a file of which nothing is known.
pub const PLAIN: &str = "application/octet-stream";

/// The kind of a file and its media type. Only what is named here is ever shown in place; all the rest is saved.
pub fn media_type(head: &[u8], given: &str) -> (AttachmentKind, &'static str) {
    use AttachmentKind::{Audio, File, Image, Video};
    let at = |start: usize, sign: &[u8]| head.get(start..).is_some_and(|it| it.starts_with(sign));
    let contains = |sign: &[u8]| head.windows(sign.len()).take(64).any(|it| it == sign);
    if at(0, b"\x89PNG\r\n\x1a\n") {
        (Image, "image/png")
    } else if at(0, b"\xff\xd8\xff") {
        (Image, "image/jpeg")
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        (Image, "image/gif")
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        (Image, "image/webp")
    } else if at(0, b"RIFF") && at(8, b"WAVE") {
        (Audio, "audio/wav")
    } else if at(4, b"ftypM4A") {
        (Audio, "audio/mp4")
    } else if at(4, b"ftyp") && is_mp4_brand(head) {
        (Video, "video/mp4")
    } else if at(0, b"\x1a\x45\xdf\xa3") && contains(b"webm") {
        // A recording of a page is WebM too, with or without a picture.
        if given.starts_with("audio/") {
            (Audio, "audio/webm")
        } else {
            (Video, "video/webm")
        }
    } else if at(0, b"OggS") {
        (Audio, "audio/ogg")
    } else if at(0, b"ID3") || is_mpeg_audio(head) {
        (Audio, "audio/mpeg")
    } else if at(0, b"fLaC") {
        (Audio, "audio/flac")
    } else if at(0, b"%PDF-") {
        (File, "application/pdf")
    } else if at(0, b"PK\x03\x04") {
        (File, "application/zip")
    } else if given.starts_with("text/") && is_text(head) {
        // Never as the markup or script that it may be.
        (File, "text/plain; charset=utf-8")
    } else {
        (File, PLAIN)
    }
}

/// The brands of MP4 that browsers play, and not those of pictures (`heic`, `avif`).
fn is_mp4_brand(head: &[u8]) -> bool {
    let brand = head.get(8..12).unwrap_or_default();
    let brands: [&[u8]; 8] = [
        b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1",
    ];
    brands.contains(&brand) || brand.starts_with(b"M4V") || brand == b"dash"
}

/// The header of a frame of MPEG-1 or 2, layer III.
fn is_mpeg_audio(head: &[u8]) -> bool {
    matches!(head, [0xff, second, third, ..]
        if second & 0xe0 == 0xe0 && second & 0x06 == 0x02 && third >> 4 != 0xf && third & 0x0c != 0x0c)
}

/// UTF-8 without NUL; the last character may be cut.
fn is_text(head: &[u8]) -> bool {
    let is_utf8 = match str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    is_utf8 && !head.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::media_type;
    use model::AttachmentKind::{Audio, File, Image, Video};

    #[test]
    fn bytes_decide_and_not_what_is_said() {
        let of = |head: &[u8]| media_type(head, "image/png");
        assert_eq!(of(b"\x89PNG\r\n\x1a\n...."), (Image, "image/png"));
        assert_eq!(of(b"RIFF....WEBPVP8 "), (Image, "image/webp"));
        assert_eq!(of(b"RIFF....WAVEfmt "), (Audio, "audio/wav"));
        assert_eq!(of(b"....ftypisom"), (Video, "video/mp4"));
        assert_eq!(of(b"\xff\xfb\x90\x00"), (Audio, "audio/mpeg"));
        let unknown = (File, "application/octet-stream");
        for other in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'>"[..],
            b"<html><script>alert(1)</script>",
            b"....ftypheic",
            b"",
            b"\xff\xff\xff\xff",
        ] {
            assert_eq!(of(other), unknown, "{other:?}");
        }
        let html = media_type(b"<html>", "text/html");
        assert_eq!(html, (File, "text/plain; charset=utf-8"));
        assert_eq!(media_type(b"a\0b", "text/plain"), unknown);
    }
}
