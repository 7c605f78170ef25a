//! The orientation in EXIF data, which is all that is kept of it (CIPA DC-008, TIFF 6.0).

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// Bytes of EXIF data that are looked at. The orientation is in its first directory.
pub const MAX_READ: usize = 64 * 1024;

/// The orientation in data that begins with a TIFF header: 2 to 8, or `None` for a picture that is not turned.
pub fn orientation(tiff: &[u8]) -> Option<u8> {
    let is_big_endian = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    };
    let high_and_low = (short(4)?, short(6)?);
    let (high, low) = if is_big_endian {
        high_and_low
    } else {
        (high_and_low.1, high_and_low.0)
    };
    let directory = (usize::from(high) << 16) | usize::from(low);
    let count = usize::from(short(directory)?);
    let entry = (0..count)
        .map(|number| directory.saturating_add(2 + number * 12))
        .take_while(|at| short(*at).is_some())
        .find(|at| short(*at) == Some(ORIENTATION))?;
    if short(entry + 2)? != SHORT {
        return None;
    }
    let value = u8::try_from(short(entry + 8)?).ok()?;
    (2..=8).contains(&value).then_some(value)
}

/// EXIF data that has an orientation and nothing else, from its TIFF header on.
pub fn with_orientation(orientation: u8) -> [u8; 26] {
    let mut tiff = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    tiff[19] = orientation;
    tiff
}

#[cfg(test)]
mod tests {
    use super::{orientation, with_orientation};

    #[test]
    fn the_orientation_is_found_in_both_orders_of_bytes() {
        assert_eq!(orientation(&with_orientation(6)), Some(6));
        let little = b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x04\0\0\0abc\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0";
        assert_eq!(orientation(little), Some(8));
        for cut in 0..32 {
            assert_eq!(orientation(&little[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn what_turns_nothing_is_none() {
        for value in [0, 1, 9] {
            assert_eq!(orientation(&with_orientation(value)), None);
        }
        assert_eq!(orientation(b"MM\0*\xff\xff\xff\xff"), None);
        assert_eq!(orientation(b"MM\0*\0\0\0\x08\xff\xff"), None);
    }
}
