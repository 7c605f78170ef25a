//! GIF (version 89a). Comments, texts and what applications add are left out, but for the loop and colour profiles.

use super::{Outline, reader::Reader};
use crate::Result;

const IMAGE: u8 = 0x2c;
const EXTENSION: u8 = 0x21;
const END: u8 = 0x3b;

const CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;

/// With the length of the block before them.
const KEPT_APPLICATIONS: [&[u8]; 3] = [b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0", b"\x0bICCRGBG1012"];

pub async fn outline(reader: &mut Reader<'_>) -> Result<Outline> {
    let mut outline = Outline::default();
    reader.skip(6);
    outline.keep(0..reader.position());
    let Some([w0, w1, h0, h1, flags, _, _]) = reader.array::<7>().await? else {
        return Ok(outline);
    };
    let (width, height) = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
    reader.skip(table_len(flags));
    outline.keep(6..reader.position());
    while outline.next_part() {
        let at = reader.position();
        let (is_kept, is_whole) = match reader.byte().await? {
            Some(IMAGE) => {
                outline.set_stored_size(width.into(), height.into());
                reader.skip(8);
                let flags = reader.byte().await?.unwrap_or_default();
                // The table, and the size of the codes.
                reader.skip(table_len(flags) + 1);
                (true, skip_blocks(reader, &mut outline).await?)
            }
            Some(EXTENSION) => extension(reader, &mut outline).await?,
            Some(END) => (true, false),
            _ => (false, false),
        };
        if is_kept {
            outline.keep(at..reader.position());
        }
        if !is_whole {
            break;
        }
    }
    Ok(outline)
}

/// Goes behind an extension; returns whether it is kept and whether the file goes on.
async fn extension(reader: &mut Reader<'_>, outline: &mut Outline) -> Result<(bool, bool)> {
    match reader.byte().await? {
        Some(CONTROL) => Ok((true, skip_blocks(reader, outline).await?)),
        Some(APPLICATION) => {
            let name = reader.bytes(12).await?;
            let is_kept = KEPT_APPLICATIONS.contains(&name.as_slice());
            // Of another length, the block is passed over as others are.
            let rest = u64::from(name.first().copied().unwrap_or_default()).saturating_sub(11);
            if name.first().is_some_and(|len| *len < 11) {
                return Ok((false, false));
            }
            reader.skip(rest);
            Ok((is_kept, skip_blocks(reader, outline).await?))
        }
        Some(_) => Ok((false, skip_blocks(reader, outline).await?)),
        None => Ok((false, false)),
    }
}

/// Goes behind the blocks of data up to the empty one; `false` if the file ends before, or has more than a picture has.
async fn skip_blocks(reader: &mut Reader<'_>, outline: &mut Outline) -> Result<bool> {
    while outline.next_block()
        && let Some(len) = reader.byte().await?
    {
        if len == 0 {
            return Ok(true);
        }
        reader.skip(len.into());
    }
    Ok(false)
}

/// Bytes of a table of colours, if there is one.
fn table_len(flags: u8) -> u64 {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}
