//! JPEG (ITU-T T.81), as JFIF (T.871) and EXIF have it.
//!
//! Of the segments of applications, what colours need is kept: JFIF without its thumbnail, ICC profiles, Adobe's
//! transform. Further pictures behind the end, such as those of MPF, and motion photos are left out, also where the
//! marker of the end is missing.

use super::{
    Outline, exif,
    reader::{Passed, Reader},
};
use crate::Result;

const END: u8 = 0xd9;
const START: u8 = 0xd8;

pub async fn outline(reader: &mut Reader<'_>) -> Result<Outline> {
    let mut outline = Outline::default();
    reader.skip(2);
    outline.keep(0..2);
    let mut is_in_scan = false;
    let mut scan_start = 0;
    while outline.next_part() {
        let next = next_marker(reader, is_in_scan).await?;
        if is_in_scan {
            outline.keep(scan_start..next.at().max(scan_start));
        }
        let (at, marker) = match next {
            Next::Marker(at, END) => {
                outline.keep(at..at + 2);
                break;
            }
            Next::Marker(_, START) | Next::End(_) => break,
            Next::Marker(at, marker) => (at, marker),
        };
        let Some(end) = segment(reader, &mut outline, at, marker).await? else {
            break;
        };
        is_in_scan = marker == 0xda;
        scan_start = end;
        reader.skip_to(end);
    }
    Ok(outline)
}

/// What follows in a file, and where it begins.
enum Next {
    Marker(u64, u8),
    /// The end of the file, or a film that was appended to the picture.
    End(u64),
}

impl Next {
    fn at(&self) -> u64 {
        match self {
            Self::Marker(at, _) | Self::End(at) => *at,
        }
    }
}

/// Goes behind the next marker. What has no length is passed over: stuffed and filling bytes, and the restarts within a
/// scan. A film is looked for in scans only: elsewhere nothing is kept between segments.
async fn next_marker(reader: &mut Reader<'_>, is_in_scan: bool) -> Result<Next> {
    loop {
        match reader.skip_past(0xff).await? {
            Passed::Value => {}
            Passed::Film(at) if is_in_scan => return Ok(Next::End(at)),
            Passed::Film(_) => continue,
            Passed::All => return Ok(Next::End(reader.len())),
        }
        let mut byte = reader.byte().await?;
        while byte == Some(0xff) {
            byte = reader.byte().await?;
        }
        match byte {
            Some(0x00 | 0x01 | 0xd0..=0xd7) => {}
            Some(marker) => return Ok(Next::Marker(reader.position() - 2, marker)),
            None => return Ok(Next::End(reader.len())),
        }
    }
}

/// Keeps what is needed of the segment whose marker has just been read; returns its end, or `None` if the file ends
/// before.
async fn segment(
    reader: &mut Reader<'_>,
    outline: &mut Outline,
    at: u64,
    marker: u8,
) -> Result<Option<u64>> {
    let Some(len) = reader.array().await?.map(u16::from_be_bytes) else {
        return Ok(None);
    };
    let end = at + 2 + u64::from(len);
    if len < 2 || end > reader.len() {
        return Ok(None);
    }
    match marker {
        // A frame begins, which has the size.
        0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
            if let Some([_, height @ .., w0, w1]) = reader.array_before::<5>(end).await? {
                let width = u16::from_be_bytes([w0, w1]);
                outline.set_stored_size(width.into(), u16::from_be_bytes(height).into());
            }
            outline.keep(at..end);
        }
        // Tables, a scan, and the number of lines.
        0xc4 | 0xcc | 0xda..=0xdd => outline.keep(at..end),
        0xe0..=0xe2 | 0xee => {
            let content = reader.bytes(usize::from(len) - 2).await?;
            application(outline, at..end, marker, &content);
        }
        _ => {}
    }
    Ok(Some(end))
}

fn application(outline: &mut Outline, range: std::ops::Range<u64>, marker: u8, content: &[u8]) {
    match marker {
        0xe0 if content.starts_with(b"JFIF\0") => match content {
            [_, _, _, _, _, _, _, _, _, _, _, _, 0, 0] => outline.keep(range),
            [head @ .., _, _] if head.len() >= 12 => {
                let head = head.get(..12).unwrap_or_default();
                outline.write([b"\xff\xe0\0\x10", head, b"\0\0"].concat());
            }
            _ => {}
        },
        0xe1 if outline.orientation.is_none() => {
            let tiff = content.strip_prefix(b"Exif\0\0");
            outline.orientation = tiff.and_then(exif::orientation);
            if let Some(orientation) = outline.orientation {
                let tiff = exif::with_orientation(orientation);
                let segment = [&b"\xff\xe1\0\x22Exif\0\0"[..], &tiff].concat();
                if content.len() == segment.len() - 4 && segment.ends_with(content) {
                    outline.keep(range);
                } else {
                    outline.write(segment);
                }
            }
        }
        0xe2 if content.starts_with(b"ICC_PROFILE\0") => outline.keep(range),
        0xee if content.starts_with(b"Adobe") && content.len() == 12 => outline.keep(range),
        0xee if content.starts_with(b"Adobe") && content.len() > 12 => {
            let content = content.get(..12).unwrap_or_default();
            outline.write([b"\xff\xee\0\x0e", content].concat());
        }
        _ => {}
    }
}
