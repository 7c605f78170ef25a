//! WebP (RFC 9649).

use super::{Outline, exif, reader::Reader};
use crate::Result;

/// The flags of what is kept in the header of the extended format: animation, alpha and colour profile.
const KEPT_FLAGS: u8 = 0b0011_0010;
const HAS_EXIF: u8 = 0b0000_1000;

/// Bytes of a frame's header, before its chunks.
const FRAME_HEADER: u64 = 16;

/// The header of the extended format: its part, its first four bytes, and its size.
type Extended = (usize, [u8; 10]);

struct Chunk {
    name: [u8; 4],
    at: u64,
    len: u64,
    end: u64,
}

pub async fn outline(reader: &mut Reader<'_>) -> Result<Outline> {
    let mut outline = Outline::default();
    let header = outline.keep_apart(0..12);
    reader.skip(4);
    let Some(announced) = reader.array().await?.map(u32::from_le_bytes) else {
        return Ok(outline);
    };
    let end = reader.len().min(8 + u64::from(announced));
    reader.skip(4);
    let mut extended = None;
    while outline.next_part()
        && let Some(chunk) = next_chunk(reader, end).await?
    {
        match &chunk.name {
            b"VP8X" if extended.is_none() => {
                extended = extended_header(reader, &mut outline, &chunk).await?;
            }
            b"EXIF" if outline.orientation.is_none() && extended.is_some() => {
                exif_chunk(reader, &mut outline, &chunk).await?;
            }
            b"ANMF" => frame(reader, &mut outline, &chunk).await?,
            b"VP8 " | b"VP8L" => {
                set_size(reader, &mut outline, &chunk).await?;
                outline.keep(chunk.at..chunk.end);
            }
            b"ALPH" | b"ANIM" | b"ICCP" => outline.keep(chunk.at..chunk.end),
            _ => {}
        }
        reader.skip_to(chunk.end);
    }
    if let Some((part, mut content)) = extended {
        let before = content[0];
        content[0] &= KEPT_FLAGS;
        if outline.orientation.is_some() {
            content[0] |= HAS_EXIF;
        }
        if content[0] != before {
            outline.rewrite(part, [&b"VP8X\x0a\0\0\0"[..], &content].concat());
        }
    }
    let len = u32::try_from(outline.len().saturating_sub(8)).unwrap_or(u32::MAX);
    if len != announced {
        outline.rewrite(header, [&b"RIFF"[..], &len.to_le_bytes(), b"WEBP"].concat());
    }
    Ok(outline)
}

/// The header of the chunk that follows; `None` if it is not whole.
async fn next_chunk(reader: &mut Reader<'_>, end: u64) -> Result<Option<Chunk>> {
    let at = reader.position();
    let Some([n0, n1, n2, n3, len @ ..]) = reader.array::<8>().await? else {
        return Ok(None);
    };
    let len = u64::from(u32::from_le_bytes(len));
    let chunk = Chunk {
        name: [n0, n1, n2, n3],
        at,
        len,
        // Chunks have an even length.
        end: at + 8 + len + len % 2,
    };
    Ok((chunk.end <= end).then_some(chunk))
}

async fn extended_header(
    reader: &mut Reader<'_>,
    outline: &mut Outline,
    chunk: &Chunk,
) -> Result<Option<Extended>> {
    if chunk.len != 10 {
        return Ok(None);
    }
    let Some(content) = reader.array().await? else {
        return Ok(None);
    };
    let [_, _, _, _, w0, w1, w2, h0, h1, h2] = content;
    let width = u32::from_le_bytes([w0, w1, w2, 0]) + 1;
    let height = u32::from_le_bytes([h0, h1, h2, 0]) + 1;
    outline.set_stored_size(width, height);
    Ok(Some((outline.keep_apart(chunk.at..chunk.end), content)))
}

async fn exif_chunk(reader: &mut Reader<'_>, outline: &mut Outline, chunk: &Chunk) -> Result<()> {
    let len = usize::try_from(chunk.len).unwrap_or(exif::MAX_READ);
    let content = reader.bytes(len.min(exif::MAX_READ)).await?;
    // Some programs write the prefix of JPEG before it.
    let tiff = content.strip_prefix(b"Exif\0\0").unwrap_or(&content);
    outline.orientation = exif::orientation(tiff);
    if let Some(orientation) = outline.orientation {
        let written = exif::with_orientation(orientation);
        if content == written {
            outline.keep(chunk.at..chunk.end);
        } else {
            outline.write([&b"EXIF\x1a\0\0\0"[..], &written].concat());
        }
    }
    Ok(())
}

/// Keeps a frame of an animation without what is no picture in it.
async fn frame(reader: &mut Reader<'_>, outline: &mut Outline, chunk: &Chunk) -> Result<()> {
    let end = chunk.at + 8 + chunk.len;
    let content = chunk.at + 8 + FRAME_HEADER;
    reader.skip_to(content);
    let mut kept = Vec::new();
    while reader.position() < end
        && outline.next_block()
        && let Some(inner) = next_chunk(reader, end).await?
    {
        if matches!(&inner.name, b"ALPH" | b"VP8 " | b"VP8L") {
            kept.push(inner.at..inner.end);
        }
        reader.skip_to(inner.end);
        if kept.len() > 2 {
            break;
        }
    }
    let len = FRAME_HEADER + kept.iter().map(|it| it.end - it.start).sum::<u64>();
    if kept.is_empty() {
        return Ok(());
    }
    if len == chunk.len {
        outline.keep(chunk.at..chunk.end);
        return Ok(());
    }
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    outline.write([&b"ANMF"[..], &len.to_le_bytes()].concat());
    outline.keep(chunk.at + 8..content);
    for range in kept {
        outline.keep(range);
    }
    Ok(())
}

/// Of the simple format, whose size is in its only picture.
async fn set_size(reader: &mut Reader<'_>, outline: &mut Outline, chunk: &Chunk) -> Result<()> {
    if chunk.name == *b"VP8L" {
        if let Some([0x2f, bits @ ..]) = reader.array_before::<5>(chunk.end).await? {
            let bits = u32::from_le_bytes(bits);
            outline.set_stored_size((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1);
        }
    } else if let Some([_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1]) =
        reader.array_before(chunk.end).await?
    {
        let (width, height) = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
        outline.set_stored_size((width & 0x3fff).into(), (height & 0x3fff).into());
    }
    Ok(())
}
