//! PNG and animated PNG (W3C Portable Network Graphics, third edition).

use super::{Outline, exif, reader::Reader};
use crate::Result;

/// What a decoder needs, colours, resolution and animation. Texts, times and what applications add are left out.
const KEPT: [&[u8; 4]; 19] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
    b"bKGD", b"hIST", b"pHYs", b"cICP", b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT",
];

pub async fn outline(reader: &mut Reader<'_>) -> Result<Outline> {
    let mut outline = Outline::default();
    reader.skip(8);
    outline.keep(0..8);
    while outline.next_part() {
        let at = reader.position();
        let Some([l0, l1, l2, l3, name @ ..]) = reader.array::<8>().await? else {
            break;
        };
        let len = u64::from(u32::from_be_bytes([l0, l1, l2, l3]));
        let end = at + 12 + len;
        let is_kept = KEPT.contains(&&name);
        if end > reader.len() {
            // What there is of the picture is shown.
            if name == *b"IDAT" {
                outline.keep(at..reader.len());
            }
            break;
        }
        match &name {
            b"IHDR" => {
                if let Some([width @ .., h0, h1, h2, h3]) = reader.array_before::<8>(end).await? {
                    let height = u32::from_be_bytes([h0, h1, h2, h3]);
                    outline.set_stored_size(u32::from_be_bytes(width), height);
                }
            }
            b"eXIf" if outline.orientation.is_none() => {
                let len = usize::try_from(len).unwrap_or(exif::MAX_READ);
                let tiff = reader.bytes(len.min(exif::MAX_READ)).await?;
                outline.orientation = exif::orientation(&tiff);
                if let Some(orientation) = outline.orientation {
                    let written = exif::with_orientation(orientation);
                    if tiff == written {
                        outline.keep(at..end);
                    } else {
                        outline.write(chunk(*b"eXIf", &written));
                    }
                }
            }
            _ => {}
        }
        if is_kept {
            outline.keep(at..end);
        }
        if name == *b"IEND" || !name.is_ascii() {
            break;
        }
        reader.skip_to(end);
    }
    Ok(outline)
}

fn chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len()).unwrap_or_default();
    let named = [&name[..], content].concat();
    let check = crc(&named);
    [&len.to_be_bytes()[..], &named, &check.to_be_bytes()].concat()
}

/// CRC-32 as in ISO 3309.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::crc;

    #[test]
    fn the_check_is_that_of_the_standard() {
        assert_eq!(crc(b"IEND"), 0xae42_6082);
    }
}
