//! Thumbnails of pictures of every format: their sizes and colours, and what has none.

use image_webp::WebPDecoder;
use std::io::Cursor;
use thumbnails::{Picture, Thumbnail, Thumbnails, Unshowable};
use webp::{AnimEncoder, AnimFrame, WebPConfig};

/// The colours of the corners of all pictures here: at the top left and right, and at the bottom.
const COLOURS: [[u8; 3]; 4] = [[200, 40, 40], [40, 160, 60], [40, 60, 200], [220, 200, 60]];

const WIDTH: u32 = 400;
const HEIGHT: u32 = 200;

const BASELINE: &[u8] = include_bytes!("pictures/baseline.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("pictures/progressive.jpg");
const GREY: &[u8] = include_bytes!("pictures/grey.jpg");
const RGB: &[u8] = include_bytes!("pictures/rgb.jpg");
const CMYK: &[u8] = include_bytes!("pictures/cmyk.jpg");

fn made(media_type: &'static str, file: &[u8]) -> Result<Thumbnails, Unshowable> {
    made_of_size(media_type, (WIDTH, HEIGHT), file)
}

fn made_of_size(
    media_type: &'static str,
    size: (u32, u32),
    file: &[u8],
) -> Result<Thumbnails, Unshowable> {
    let picture = Picture {
        media_type,
        size,
        orientation: None,
    };
    picture.thumbnails(file)
}

/// The pixels of four colours, with so many bytes each.
fn corners(width: u32, height: u32, pixel: impl Fn([u8; 3]) -> Vec<u8>) -> Vec<u8> {
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let at = |x: u32, y: u32| usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2);
    places.flat_map(|(x, y)| pixel(COLOURS[at(x, y)])).collect()
}

fn opaque(width: u32, height: u32) -> Vec<u8> {
    corners(width, height, |colour| colour.to_vec())
}

fn png_with(
    (width, height): (u32, u32),
    colours: png::ColorType,
    pixels: &[u8],
    change: impl FnOnce(&mut png::Info),
) -> Vec<u8> {
    let mut info = png::Info::with_size(width, height);
    info.color_type = colours;
    info.bit_depth = png::BitDepth::Eight;
    change(&mut info);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut file, info).unwrap();
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    file
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let pixels = opaque(width, height);
    png_with((width, height), png::ColorType::Rgb, &pixels, |_| {})
}

/// Its pixels as red, green, blue and, where it has that, alpha.
fn pixels(thumbnail: &Thumbnail) -> (usize, Vec<u8>, Option<Vec<u8>>) {
    let mut decoder = WebPDecoder::new(Cursor::new(&thumbnail.webp)).unwrap();
    assert_eq!(decoder.dimensions(), (thumbnail.width, thumbnail.height));
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut pixels).unwrap();
    let len = if decoder.has_alpha() { 4 } else { 3 };
    (len, pixels, decoder.icc_profile().unwrap())
}

/// The colours in the middle of each quarter.
fn shown(thumbnail: &Thumbnail) -> Vec<Vec<u8>> {
    let (len, pixels, _) = pixels(thumbnail);
    let (width, height) = (thumbnail.width as usize, thumbnail.height as usize);
    let places = [(1, 1), (3, 1), (1, 3), (3, 3)];
    let at = places.map(|(x, y)| (height * y / 4 * width + width * x / 4) * len);
    at.iter().map(|at| pixels[*at..at + len].to_vec()).collect()
}

fn is_near(shown: &[u8], expected: &[u8]) -> bool {
    let parts = shown.iter().zip(expected);
    shown.len() == expected.len() && parts.into_iter().all(|(a, b)| a.abs_diff(*b) <= 12)
}

fn assert_colours(thumbnail: &Thumbnail, what: &str) {
    for (shown, expected) in shown(thumbnail).iter().zip(COLOURS) {
        assert!(
            is_near(shown, &expected),
            "{what}: {shown:?} for {expected:?}"
        );
    }
}

fn sides(made: &Thumbnails) -> Vec<(u32, u32)> {
    made.sizes.iter().map(|it| (it.width, it.height)).collect()
}

#[test]
fn sizes_are_those_below_the_picture() {
    for (width, height, expected) in [
        (321, 100, vec![(320, 100)]),
        (600, 801, vec![(240, 320), (599, 800)]),
        (1601, 900, vec![(320, 180), (800, 450), (1600, 899)]),
    ] {
        let made = made_of_size("image/png", (width, height), &png(width, height)).unwrap();
        assert_eq!(sides(&made), expected);
        for thumbnail in &made.sizes {
            assert_colours(thumbnail, "of a PNG");
        }
        let placeholder = made.placeholder.unwrap();
        assert!(placeholder.starts_with("data:image/webp;base64,"));
        assert!(placeholder.len() <= 300);
    }
    let picture = |width, media_type| Picture {
        media_type,
        size: (width, 10),
        orientation: None,
    };
    assert!(picture(321, "image/png").may_have_thumbnails(1000));
    assert!(!picture(320, "image/png").may_have_thumbnails(1000));
    assert!(!picture(321, "image/png").may_have_thumbnails(1 << 30));
    assert!(!picture(321, "image/gif").may_have_thumbnails(1000));
}

#[test]
fn a_small_picture_has_one_size_and_grows_never() {
    for (width, height, side, expected) in [
        (600, 300, 256, (256, 128)),
        (100, 60, 256, (100, 60)),
        (256, 256, 256, (256, 256)),
    ] {
        let picture = Picture {
            media_type: "image/png",
            size: (width, height),
            orientation: None,
        };
        assert!(picture.may_be_small(1000));
        let small = picture.small(&png(width, height), side).unwrap();
        assert_eq!((small.width, small.height), expected);
        assert_colours(&small, "of a small PNG");
        assert!(picture.small(b"no picture", side).is_err());
    }
    let turned = Picture {
        media_type: "image/png",
        size: (600, 300),
        orientation: Some(6),
    };
    let turned = turned.small(&png(600, 300), 256).unwrap();
    assert_eq!((turned.width, turned.height), (128, 256));
    let animation = Picture {
        media_type: "image/gif",
        size: (10, 10),
        orientation: None,
    };
    assert!(!animation.may_be_small(1000));
}

#[test]
fn jpeg_of_all_kinds_has_its_colours() {
    let truncated = &BASELINE[..BASELINE.len() - 40];
    for (what, file) in [
        ("baseline", BASELINE),
        ("progressive", PROGRESSIVE),
        ("RGB", RGB),
    ] {
        let made = made("image/jpeg", file).unwrap();
        assert_eq!(sides(&made), [(320, 160)]);
        assert_colours(&made.sizes[0], what);
    }
    let grey = made("image/jpeg", GREY).unwrap();
    let first = &shown(&grey.sizes[0])[0];
    assert!(is_near(first, &[88, 88, 88]), "{first:?}");
    // As far as it goes.
    let cut = made("image/jpeg", truncated).unwrap();
    assert!(is_near(&shown(&cut.sizes[0])[0], &COLOURS[0]));
    assert!(made("image/jpeg", CMYK).is_err());
}

#[test]
fn png_of_all_kinds_has_its_colours() {
    let size = (WIDTH, HEIGHT);
    let rgb = opaque(WIDTH, HEIGHT);
    let deep: Vec<_> = rgb.iter().flat_map(|it| [*it, 0]).collect();
    let deep = png_with(size, png::ColorType::Rgb, &deep, |info| {
        info.bit_depth = png::BitDepth::Sixteen;
    });
    let numbers = corners(WIDTH, HEIGHT, |colour| {
        let at = COLOURS.iter().position(|it| *it == colour).unwrap();
        vec![u8::try_from(at).unwrap()]
    });
    let with_palette = png_with(size, png::ColorType::Indexed, &numbers, |info| {
        info.palette = Some(COLOURS.concat().into());
    });
    for (what, file) in [("16 bits", deep), ("a palette", with_palette)] {
        assert_colours(&made("image/png", &file).unwrap().sizes[0], what);
    }
    let grey = corners(WIDTH, HEIGHT, |colour| vec![colour[0]]);
    let grey = png_with(size, png::ColorType::Grayscale, &grey, |_| {});
    let grey = made("image/png", &grey).unwrap();
    assert!(is_near(&shown(&grey.sizes[0])[3], &[220, 220, 220]));
}

#[test]
fn what_is_seen_through_stays_so() {
    let pixels = corners(WIDTH, HEIGHT, |[red, green, blue]| {
        vec![red, green, blue, if red == 200 { 0 } else { 255 }]
    });
    let png = png_with((WIDTH, HEIGHT), png::ColorType::Rgba, &pixels, |_| {});
    let webp = webp::Encoder::from_rgba(&pixels, WIDTH, HEIGHT).encode_lossless();
    for (media_type, file) in [("image/png", &png[..]), ("image/webp", &webp)] {
        let made = made(media_type, file).unwrap();
        let shown = shown(&made.sizes[0]);
        assert_eq!(shown[0][3], 0, "{media_type}");
        for (shown, colour) in shown.iter().zip(COLOURS).skip(1) {
            assert_eq!(shown[3], 255);
            assert!(is_near(&shown[..3], &colour), "{media_type}: {shown:?}");
        }
        assert_eq!(made.placeholder, None);
    }
}

#[test]
fn webp_has_its_colours() {
    let rgb = opaque(WIDTH, HEIGHT);
    let encoder = webp::Encoder::from_rgb(&rgb, WIDTH, HEIGHT);
    for file in [encoder.encode(80.0), encoder.encode_lossless()] {
        assert_colours(&made("image/webp", &file).unwrap().sizes[0], "WebP");
    }
}

#[test]
fn the_colour_profile_is_kept() {
    let profile = |colours: &[u8; 4]| {
        let mut profile = vec![9; 600];
        profile[16..20].copy_from_slice(colours);
        profile
    };
    let png = |profile: Vec<u8>| {
        let pixels = opaque(WIDTH, HEIGHT);
        png_with((WIDTH, HEIGHT), png::ColorType::Rgb, &pixels, |info| {
            info.icc_profile = Some(profile.into());
        })
    };
    let jpeg = |profile: &[u8]| {
        let len = u16::try_from(profile.len() + 16).unwrap().to_be_bytes();
        let segment = [&b"\xff\xe2"[..], &len, b"ICC_PROFILE\0\x01\x01", profile].concat();
        [&BASELINE[..2], &segment, &BASELINE[2..]].concat()
    };
    let rgb = profile(b"RGB ");
    for (media_type, file) in [("image/png", png(rgb.clone())), ("image/jpeg", jpeg(&rgb))] {
        let made = made(media_type, &file).unwrap();
        assert_eq!(pixels(&made.sizes[0]).2, Some(rgb.clone()), "{media_type}");
        assert_colours(&made.sizes[0], media_type);
    }
    assert!(made("image/png", &png(profile(b"GRAY"))).is_err());
    let made = made("image/png", &self::png(WIDTH, HEIGHT)).unwrap();
    assert_eq!(pixels(&made.sizes[0]).2, None);
}

#[test]
fn other_colours_than_those_of_webp_have_none() {
    let pixels = opaque(WIDTH, HEIGHT);
    let with = |gamma| {
        png_with((WIDTH, HEIGHT), png::ColorType::Rgb, &pixels, |info| {
            info.source_gamma = Some(png::ScaledFloat::from_scaled(gamma));
        })
    };
    assert!(made("image/png", &with(45_455)).is_ok());
    assert!(made("image/png", &with(100_000)).is_err());
}

#[test]
fn animations_have_none() {
    let rgba = corners(WIDTH, HEIGHT, |[red, green, blue]| {
        vec![red, green, blue, 255]
    });
    let config = WebPConfig::new().unwrap();
    let mut encoder = AnimEncoder::new(WIDTH, HEIGHT, &config);
    let clear = vec![0; rgba.len()];
    for (time, pixels) in [(0, &rgba), (100, &clear)] {
        encoder.add_frame(AnimFrame::from_rgba(pixels, WIDTH, HEIGHT, time));
    }
    let webp = encoder.encode();
    assert!(made("image/webp", &webp).is_err());

    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for _ in 0..2 {
        writer.write_image_data(&rgba).unwrap();
    }
    writer.finish().unwrap();
    assert!(made("image/png", &file).is_err());
}

#[test]
fn what_would_take_too_much_memory_has_none() {
    // A little more than what fits, of which a decoder would be done soon.
    let (width, height) = (20_000, 1_700);
    let pixels = vec![0; width as usize * height as usize];
    let bomb = png_with((width, height), png::ColorType::Grayscale, &pixels, |_| {});
    assert!(bomb.len() < 1_000_000);
    let refused = made_of_size("image/png", (width, height), &bomb).unwrap_err();
    assert_eq!(refused.to_string(), "more pixels than are decoded");

    // Files that say one size and have another.
    for (media_type, file) in [
        ("image/png", png(800, 600)),
        ("image/jpeg", BASELINE.to_vec()),
        ("image/webp", {
            let rgb = opaque(800, 600);
            webp::Encoder::from_rgb(&rgb, 800, 600)
                .encode(50.0)
                .to_vec()
        }),
    ] {
        for size in [(330, 10), (330, 4000)] {
            let refused = made_of_size(media_type, size, &file).unwrap_err();
            assert_eq!(refused.to_string(), "another size than the file says");
        }
    }

    // As many pixels in one scan fit, and in several do not, with their coefficients.
    let (width, height) = (10_000_u16, 3_000_u16);
    let sized = |file: &[u8]| {
        let at = file
            .windows(2)
            .position(|it| matches!(it, [0xff, 0xc0 | 0xc2]))
            .unwrap();
        let mut file = file.to_vec();
        file[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
        file[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
        file
    };
    let size = (width.into(), height.into());
    let refused = made_of_size("image/jpeg", size, &sized(PROGRESSIVE)).unwrap_err();
    assert_eq!(refused.to_string(), "more pixels than are decoded");
    assert!(made_of_size("image/jpeg", size, &sized(BASELINE)).is_ok());
}

/// Every cut, and bytes that are changed: an error or thumbnails, and never a panic.
#[test]
fn broken_files_do_no_harm() {
    let png = png(WIDTH, HEIGHT);
    let rgba = corners(WIDTH, HEIGHT, |[red, green, blue]| {
        vec![red, green, blue, red]
    });
    let encoder = webp::Encoder::from_rgba(&rgba, WIDTH, HEIGHT);
    let (lossy, lossless) = (encoder.encode(50.0), encoder.encode_lossless());
    for (media_type, file) in [
        ("image/png", &png[..]),
        ("image/jpeg", BASELINE),
        ("image/jpeg", PROGRESSIVE),
        ("image/webp", &lossy),
        ("image/webp", &lossless),
    ] {
        let mut refused = 0;
        for at in (0..file.len()).step_by(file.len() / 60 + 1) {
            refused += u32::from(made(media_type, &file[..at]).is_err());
            let mut changed = file.to_vec();
            changed[at] ^= 0x55;
            refused += u32::from(made(media_type, &changed).is_err());
        }
        assert!(refused > 2, "{media_type}");
    }
}
