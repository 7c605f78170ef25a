//! Pictures become pixels, within limits.

use crate::pixels::{PIXEL, Pixels, Unshowable};
use image_webp::WebPDecoder;
use png::{ColorType, Limits, Transformations};
use std::io::Cursor;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::{ImageInfo, JpegDecoder};

/// Bytes that a picture may take while it is decoded. A larger one has no thumbnails.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;

/// Scans of a progressive JPEG. Each goes over the whole picture, and programs write some ten.
const MAX_SCANS: usize = 32;

/// Bytes that PNG may take besides its pixels: a few lines, and its colour profile.
const MAX_PNG_BUFFERS: usize = 4 * 1024 * 1024;

/// The gamma of sRGB, as PNG writes it (W3C PNG, 11.3.2.2).
const SRGB_GAMMA: u32 = 45_455;

/// Bytes of memory for each pixel of a PNG, at most: those of the decoder and what they are made from, or, while it is
/// scaled, a copy that alpha is multiplied with.
const PNG_MEMORY: u64 = 8;

/// Of a JPEG, and of one that is not in one scan: with the coefficients of three components.
const JPEG_MEMORY: u64 = 4;
const JPEG_SCANS_MEMORY: u64 = 10;

/// Of a WebP: two copies, and alpha.
const WEBP_MEMORY: u64 = 12;

pub struct Decoded {
    /// As they are stored, not turned.
    pub pixels: Pixels,
    /// The ICC profile, where there is one.
    pub profile: Option<Vec<u8>>,
}

type Decoder = fn(&[u8], u64) -> Result<Decoded, Unshowable>;

fn decoder(media_type: &str) -> Option<Decoder> {
    match media_type {
        "image/png" => Some(png),
        "image/jpeg" => Some(jpeg),
        "image/webp" => Some(webp),
        _ => None,
    }
}

pub fn is_known(media_type: &str) -> bool {
    decoder(media_type).is_some()
}

/// Decodes a still picture of this media type and size.
///
/// # Errors
/// For an animation, colours that WebP does not have, what is broken, and what would take too much memory.
pub fn decode(
    media_type: &str,
    (width, height): (u32, u32),
    bytes: &[u8],
) -> Result<Decoded, Unshowable> {
    let decode = decoder(media_type).ok_or("another format")?;
    let decoded = decode(bytes, u64::from(width) * u64::from(height))?;
    if (decoded.pixels.width(), decoded.pixels.height()) != (width, height) {
        return Err("another size than the file says".into());
    }
    Ok(decoded)
}

fn require_memory(pixels: u64, bytes_per_pixel: u64) -> Result<(), Unshowable> {
    if pixels.saturating_mul(bytes_per_pixel) > MAX_MEMORY {
        return Err("more pixels than are decoded".into());
    }
    Ok(())
}

fn png(bytes: &[u8], pixels: u64) -> Result<Decoded, Unshowable> {
    require_memory(pixels, PNG_MEMORY)?;
    let limits = Limits {
        bytes: MAX_PNG_BUFFERS,
    };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let mut reader = decoder.read_info()?;
    let info = reader.info();
    let (width, height) = (info.width, info.height);
    if u64::from(width) * u64::from(height) > pixels {
        return Err("another size than the file says".into());
    }
    if info.animation_control.is_some() {
        return Err("an animation".into());
    }
    let profile = info.icc_profile.as_ref().map(|it| it.to_vec());
    let gamma = info
        .gama_chunk
        .filter(|_| info.srgb.is_none() && profile.is_none());
    if info.coding_independent_code_points.is_some()
        || gamma.is_some_and(|it| it.into_scaled() != SRGB_GAMMA)
    {
        return Err("colours that WebP does not have".into());
    }
    let len = reader.output_buffer_size().ok_or("too many bytes")?;
    let mut samples = vec![0; len];
    let frame = reader.next_frame(&mut samples)?;
    samples.truncate(frame.buffer_size());
    let rgba = match frame.color_type {
        ColorType::Rgba => samples,
        ColorType::GrayscaleAlpha => {
            let mut rgba = Vec::with_capacity(samples.len() * 2);
            for [grey, alpha] in samples.as_chunks().0 {
                rgba.extend_from_slice(&[*grey, *grey, *grey, *alpha]);
            }
            rgba
        }
        _ => return Err("pixels without alpha".into()),
    };
    Ok(Decoded {
        pixels: Pixels::new(width, height, rgba)?,
        profile,
    })
}

fn jpeg(bytes: &[u8], pixels: u64) -> Result<Decoded, Unshowable> {
    require_memory(pixels, JPEG_MEMORY)?;
    let side = usize::from(u16::MAX);
    let options = DecoderOptions::default()
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers()?;
    let info = decoder.info().ok_or("no header")?;
    if u64::from(info.width) * u64::from(info.height) > pixels {
        return Err("another size than the file says".into());
    }
    if !is_in_one_scan(bytes, &info) {
        require_memory(pixels, JPEG_SCANS_MEMORY)?;
    }
    let rgba = match decoder.input_colorspace() {
        Some(ColorSpace::YCbCr | ColorSpace::Luma) => decoder.decode()?,
        // The decoder adds alpha to all but these.
        Some(ColorSpace::RGB) => {
            decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::RGB));
            with_alpha(&decoder.decode()?)
        }
        _ => return Err("colours that WebP does not have".into()),
    };
    Ok(Decoded {
        pixels: Pixels::new(info.width.into(), info.height.into(), rgba)?,
        profile: decoder.icc_profile(),
    })
}

/// Whether the decoder writes pixels as it reads: when the picture is sequential, and its first scan has all components
/// (ITU-T T.81, B.2.3).
fn is_in_one_scan(bytes: &[u8], info: &ImageInfo) -> bool {
    let mut at = 2;
    let mut is_sequential = false;
    while let Some([0xff, marker, l0, l1, rest @ ..]) = bytes.get(at..) {
        match marker {
            0xc0 | 0xc1 => is_sequential = true,
            0xda => return is_sequential && rest.first() == Some(&info.components),
            _ => {}
        }
        at += 2 + usize::from(u16::from_be_bytes([*l0, *l1]));
    }
    false
}

fn webp(bytes: &[u8], pixels: u64) -> Result<Decoded, Unshowable> {
    require_memory(pixels, WEBP_MEMORY)?;
    let mut decoder = WebPDecoder::new(Cursor::new(bytes))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > pixels {
        return Err("another size than the file says".into());
    }
    if decoder.is_animated() {
        return Err("an animation".into());
    }
    let profile = decoder.icc_profile()?;
    let len = decoder.output_buffer_size().ok_or("too many bytes")?;
    let mut samples = vec![0; len];
    decoder.read_image(&mut samples)?;
    let rgba = if decoder.has_alpha() {
        samples
    } else {
        with_alpha(&samples)
    };
    Ok(Decoded {
        pixels: Pixels::new(width, height, rgba)?,
        profile,
    })
}

/// Pixels of three bytes, which are opaque, with alpha.
fn with_alpha(rgb: &[u8]) -> Vec<u8> {
    let mut rgba = Vec::with_capacity(rgb.len() / 3 * PIXEL);
    for [red, green, blue] in rgb.as_chunks().0 {
        rgba.extend_from_slice(&[*red, *green, *blue, u8::MAX]);
    }
    rgba
}
