//! Pixels become WebP (RFC 9649), with the colour profile of their picture.

use crate::pixels::{Pixels, Unshowable};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Of what libwebp has from 0 to 100.
const QUALITY: f32 = 78.0;

/// The longest side of a placeholder, in pixels, and its quality: the browser makes soft colours of it.
const PLACEHOLDER_SIDE: u32 = 20;
const PLACEHOLDER_QUALITY: f32 = 20.0;

/// Characters of a placeholder. A picture that needs more has none: each message carries those of its pictures.
const MAX_PLACEHOLDER: usize = 300;

/// Bytes of a colour profile that goes into each thumbnail. Those of cameras and screens have less; a picture with a
/// larger one, as printers have, has no thumbnails.
const MAX_PROFILE: usize = 16 * 1024;

const HAS_PROFILE: u8 = 0b0010_0000;

/// Where the header of the extended format has its flags, and where it ends.
const FLAGS: usize = 20;
const HEADER_END: usize = 30;

/// The profile that thumbnails have of a picture with this one.
///
/// # Errors
/// For one that WebP does not have: of grey or CMYK, or a large one.
pub fn kept_profile(profile: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, Unshowable> {
    // The data colour space (ICC.1:2022, 7.2.6).
    let has_rgb = |it: &[u8]| it.get(16..20).is_some_and(|colours| colours == b"RGB ");
    let is_kept = |it: &[u8]| it.len() <= MAX_PROFILE && has_rgb(it);
    if profile.as_deref().is_none_or(is_kept) {
        Ok(profile)
    } else {
        Err("a colour profile that is not kept".into())
    }
}

pub fn thumbnail(pixels: &Pixels, profile: Option<&[u8]>) -> Result<Vec<u8>, Unshowable> {
    let plain = encode(pixels, QUALITY)?;
    match profile {
        Some(profile) => with_profile(&plain, profile, pixels),
        None => Ok(plain),
    }
}

/// A tiny picture as a `data:` address. One that is seen through has none, as it would stay behind the picture.
pub fn placeholder(pixels: &Pixels) -> Result<Option<String>, Unshowable> {
    if !pixels.is_opaque() {
        return Ok(None);
    }
    let tiny = encode(&pixels.scaled(PLACEHOLDER_SIDE)?, PLACEHOLDER_QUALITY)?;
    let address = format!("data:image/webp;base64,{}", STANDARD.encode(tiny));
    Ok(Some(address).filter(|it| it.len() <= MAX_PLACEHOLDER))
}

fn encode(pixels: &Pixels, quality: f32) -> Result<Vec<u8>, Unshowable> {
    let webp = webp::Encoder::from_rgba(pixels.rgba(), pixels.width(), pixels.height());
    let webp = webp.encode_simple(false, quality);
    let webp = webp.map_err(|error| format!("libwebp: {error:?}"))?;
    Ok(webp.to_vec())
}

/// The same file with a profile, which only the extended format has: it is that already where there is alpha.
fn with_profile(webp: &[u8], profile: &[u8], pixels: &Pixels) -> Result<Vec<u8>, Unshowable> {
    const TOO_SHORT: &str = "libwebp: a file without a header";
    let is_extended = webp.get(12..16).ok_or(TOO_SHORT)? == b"VP8X";
    let (mut header, pictures) = if is_extended {
        let (header, pictures) = webp.split_at_checked(HEADER_END).ok_or(TOO_SHORT)?;
        (header.to_vec(), pictures)
    } else {
        let (riff, pictures) = webp.split_at(12);
        let side = |it: u32| (it - 1).to_le_bytes();
        let ([w0, w1, w2, _], [h0, h1, h2, _]) = (side(pixels.width()), side(pixels.height()));
        let extended = [&b"VP8X\x0a\0\0\0\0\0\0\0"[..], &[w0, w1, w2, h0, h1, h2]].concat();
        ([riff, &extended].concat(), pictures)
    };
    header[FLAGS] |= HAS_PROFILE;
    let len = u32::try_from(profile.len())?;
    // Chunks have an even length.
    let padding = &[0][..profile.len() % 2];
    let chunk = [&b"ICCP"[..], &len.to_le_bytes(), profile, padding].concat();
    let len = u32::try_from(header.len() + chunk.len() + pictures.len() - 8)?;
    header[4..8].copy_from_slice(&len.to_le_bytes());
    Ok([&header[..], &chunk, pictures].concat())
}

#[cfg(test)]
mod tests {
    use super::{MAX_PROFILE, Pixels, kept_profile, placeholder, thumbnail};
    use image_webp::WebPDecoder;
    use std::io::Cursor;

    /// Stripes, each with its alpha.
    fn stripes(width: u32, height: u32, alpha: [u8; 2]) -> Pixels {
        let line = (0..width).flat_map(|x| {
            let at = usize::from(x / 40 % 2 == 1);
            [[200, 40][at], 80, [30, 220][at], alpha[at]]
        });
        let line: Vec<u8> = line.collect();
        Pixels::new(width, height, line.repeat(height as usize)).unwrap()
    }

    fn profile(len: usize, colours: [u8; 4]) -> Vec<u8> {
        let mut profile = vec![7; len];
        profile[16..20].copy_from_slice(&colours);
        profile
    }

    #[test]
    fn a_profile_is_in_the_file_beside_the_same_pixels() {
        for (alpha, len) in [([255, 255], 601), ([255, 20], 601), ([255, 255], 128)] {
            let pixels = stripes(80, 33, alpha);
            let read = |bytes: Vec<u8>| {
                let mut decoder = WebPDecoder::new(Cursor::new(bytes)).unwrap();
                let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
                decoder.read_image(&mut pixels).unwrap();
                (decoder.dimensions(), decoder.icc_profile().unwrap(), pixels)
            };
            let profile = profile(len, *b"RGB ");
            let plain = read(thumbnail(&pixels, None).unwrap());
            let coloured = read(thumbnail(&pixels, Some(&profile)).unwrap());
            assert_eq!((coloured.0, &coloured.1), ((80, 33), &Some(profile)));
            assert_eq!(plain.1, None);
            assert!(plain.2 == coloured.2, "the same pixels");
        }
    }

    #[test]
    fn profiles_of_other_colours_and_large_ones_are_not_kept() {
        assert_eq!(kept_profile(None).unwrap(), None);
        let small = profile(MAX_PROFILE, *b"RGB ");
        assert_eq!(kept_profile(Some(small.clone())).unwrap(), Some(small));
        for other in [
            profile(MAX_PROFILE + 1, *b"RGB "),
            profile(600, *b"GRAY"),
            profile(600, *b"CMYK"),
            vec![1; 10],
        ] {
            assert!(kept_profile(Some(other)).is_err());
        }
    }

    #[test]
    fn a_placeholder_is_short_and_of_what_is_opaque() {
        let pixels = stripes(320, 240, [255, 255]);
        let address = placeholder(&pixels).unwrap().unwrap();
        assert!(address.starts_with("data:image/webp;base64,UklGR"));
        assert!(address.len() <= 300, "{}", address.len());
        let clear = stripes(320, 240, [255, 254]);
        assert_eq!(placeholder(&clear).unwrap(), None);
    }
}
