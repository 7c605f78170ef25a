//! Pictures made by hand, with a secret in every place for metadata.

use super::{Size, exif, outline, write};
use crate::uploads::file_store::{FileStore, Folder, PieceWriter, StoredFile};
use futures_util::TryStreamExt;
use model::UploadId;

const SECRET: &[u8] = b"N52.5 E13.4";

const JPEG: &str = "image/jpeg";
const PNG: &str = "image/png";
const WEBP: &str = "image/webp";
const GIF: &str = "image/gif";

/// What is kept of a file, its size as a picture, and whether that is all of it.
async fn strip(bytes: &[u8], media_type: &str) -> (Vec<u8>, Option<Size>, bool) {
    let store = FileStore::in_memory();
    let folder = Folder::Received(UploadId(1));
    let mut writer = PieceWriter::new(&store, folder);
    writer.push(bytes).await.unwrap();
    let len = writer.finish().await.unwrap();
    let file = StoredFile { folder, len };
    let outline = outline(&store, file, media_type).await.unwrap().unwrap();
    let folder = Folder::Stripped(UploadId(1));
    let writer = PieceWriter::new(&store, folder);
    let len = write(&store, file, &outline, writer).await.unwrap();
    let pieces = store.stream(StoredFile { folder, len }, 0..len);
    let pieces: Vec<_> = pieces.try_collect().await.unwrap();
    let kept = pieces.concat();
    assert_eq!(kept.len() as u64, outline.len());
    (kept, outline.size(), outline.is_whole(bytes.len() as u64))
}

fn has_secret(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|it| it == SECRET)
}

/// The dirty file becomes the clean one, which stays as it is. Cut anywhere, it gives no secret away.
async fn expect(media_type: &str, dirty: &[u8], clean: &[u8], size: (i32, i32)) {
    assert!(has_secret(dirty));
    let size = Size {
        width: size.0,
        height: size.1,
    };
    let (kept, found, is_whole) = strip(dirty, media_type).await;
    assert!(
        kept == clean,
        "{} became {}, and not {}",
        dirty.escape_ascii(),
        kept.escape_ascii(),
        clean.escape_ascii()
    );
    assert_eq!((found, is_whole), (Some(size), false));
    assert_eq!(strip(clean, media_type).await, (kept, Some(size), true));
    for end in 12..dirty.len() {
        let (kept, ..) = strip(&dirty[..end], media_type).await;
        assert!(!has_secret(&kept), "cut at {end}");
        assert!(kept.len() <= dirty.len());
    }
    // Whatever is broken, the file ends.
    for at in 12..dirty.len() {
        for value in [0, 1, 0x7f, 0xff, dirty[at] ^ 0x10] {
            let mut broken = dirty.to_vec();
            broken[at] = value;
            let (kept, ..) = strip(&broken, media_type).await;
            assert!(kept.len() <= dirty.len() + 64);
        }
    }
}

/// EXIF data with an orientation, a place and a thumbnail.
fn exif_of(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0]);
    tiff.extend(b"\x25\x88\x04\0\x01\0\0\0\x26\0\0\0\0\0\0\0");
    tiff.extend(SECRET);
    tiff.extend(b"\xff\xd8\xff\xe1\0\x04ab\xff\xda\0\x02");
    tiff.extend(SECRET);
    tiff.extend(b"\xff\xd9");
    tiff
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len() + 2).unwrap();
    [&[0xff, marker][..], &len.to_be_bytes(), content].concat()
}

fn secret_segment(marker: u8, name: &[u8]) -> Vec<u8> {
    segment(marker, &[name, SECRET].concat())
}

/// A frame of 4 by 3 pixels and two scans.
fn jpeg_picture() -> Vec<u8> {
    [
        segment(0xdb, &[0; 65]),
        segment(0xc2, b"\x08\0\x03\0\x04\x01\x01\x11\0"),
        segment(0xc4, &[0; 20]),
        segment(0xda, b"\x01\x01\0\0\x3f\0"),
        b"scan\xff\0of\xff\xd0all".to_vec(),
        segment(0xda, b"\x01\x01\0\0\x3f\0"),
        b"more\xff\0".to_vec(),
    ]
    .concat()
}

#[tokio::test]
async fn a_jpeg_keeps_colours_and_orientation() {
    let jfif =
        |thumbnail: &[u8]| segment(0xe0, &[b"JFIF\0\x01\x02\0\0\x48\0\x48", thumbnail].concat());
    let icc = segment(0xe2, b"ICC_PROFILE\0\x01\x01profile");
    let adobe = segment(0xee, b"Adobe\0\x64\0\0\0\0\x01");
    let picture = jpeg_picture();
    let dirty = [
        b"\xff\xd8".to_vec(),
        jfif(&[b"\x01\x01", SECRET].concat()),
        secret_segment(0xe0, b"JFXX\0\x10"),
        segment(0xe1, &[b"Exif\0\0", exif_of(6).as_slice()].concat()),
        segment(0xe1, &[b"Exif\0\0", exif_of(3).as_slice()].concat()),
        secret_segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0"),
        icc.clone(),
        secret_segment(0xe2, b"MPF\0"),
        secret_segment(0xed, b"Photoshop 3.0\0"),
        secret_segment(0xeb, b"JP"),
        adobe.clone(),
        secret_segment(0xfe, b""),
        b"garbage \xff\xff".to_vec(),
        picture.clone(),
        secret_segment(0xfe, b""),
        segment(0xda, b"\x01\x01\0\0\x3f\0"),
        b"last\xff\xd9".to_vec(),
        // A motion photo, or the next picture.
        b"\0\0\0\x18ftypmp42".to_vec(),
        SECRET.to_vec(),
        b"\xff\xd8".to_vec(),
        secret_segment(0xe1, b""),
    ]
    .concat();
    let clean = [
        b"\xff\xd8".to_vec(),
        jfif(&[0, 0]),
        segment(
            0xe1,
            &[b"Exif\0\0", &exif::with_orientation(6)[..]].concat(),
        ),
        icc,
        adobe,
        picture,
        segment(0xda, b"\x01\x01\0\0\x3f\0"),
        b"last\xff\xd9".to_vec(),
    ]
    .concat();
    expect(JPEG, &dirty, &clean, (3, 4)).await;
}

#[tokio::test]
async fn a_jpeg_that_is_not_turned_has_no_exif() {
    let exif = segment(0xe1, &[b"Exif\0\0", exif_of(1).as_slice()].concat());
    let end = b"\xff\xd9".to_vec();
    let dirty = [b"\xff\xd8".to_vec(), exif, jpeg_picture(), end.clone()].concat();
    let clean = [b"\xff\xd8".to_vec(), jpeg_picture(), end].concat();
    expect(JPEG, &dirty, &clean, (4, 3)).await;
}

fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len()).unwrap();
    // The walker copies checks, and makes that of its EXIF data only.
    [&len.to_be_bytes()[..], name, content, b"crc."].concat()
}

#[tokio::test]
async fn a_png_keeps_colours_orientation_and_animation() {
    let header = chunk(b"IHDR", b"\0\0\x01\0\0\0\0\x02\x08\x02\0\0\0");
    let profile = chunk(b"iCCP", b"profile\0\0data");
    let control = chunk(b"acTL", b"\0\0\0\x01\0\0\0\0");
    let data = [chunk(b"IDAT", b"pixels"), chunk(b"IDAT", b"")].concat();
    let frame = chunk(b"fdAT", b"\0\0\0\x02more");
    let end = chunk(b"IEND", b"");
    let secret = |name: &[u8]| chunk(name, SECRET);
    let dirty = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        header.clone(),
        profile.clone(),
        secret(b"tEXt"),
        secret(b"zTXt"),
        control.clone(),
        chunk(b"eXIf", &exif_of(8)),
        data.clone(),
        secret(b"iTXt"),
        secret(b"tIME"),
        frame.clone(),
        secret(b"caBX"),
        chunk(b"eXIf", &exif_of(2)),
        end.clone(),
        SECRET.to_vec(),
    ]
    .concat();
    let exif = [
        &b"\0\0\0\x1aeXIf"[..],
        &exif::with_orientation(8),
        // As zlib has it.
        &0x8658_3034_u32.to_be_bytes(),
    ]
    .concat();
    let signature = b"\x89PNG\r\n\x1a\n".to_vec();
    let clean = [signature, header, profile, control, exif, data, frame, end].concat();
    expect(PNG, &dirty, &clean, (2, 256)).await;
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let content = chunks.concat();
    let len = u32::try_from(content.len() + 4).unwrap();
    [&b"RIFF"[..], &len.to_le_bytes(), b"WEBP", &content].concat()
}

fn riff_chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len()).unwrap();
    let padding = &b"\0"[..content.len() % 2];
    [name, &len.to_le_bytes(), content, padding].concat()
}

const VP8: &[u8] = b"\x30\x01\0\x9d\x01\x2a\x05\0\x07\0data";

#[tokio::test]
async fn a_webp_keeps_colours_orientation_and_animation() {
    let extended = |flags: u8| riff_chunk(b"VP8X", &[flags, 0, 0, 0, 9, 0, 0, 19, 0, 0]);
    let profile = riff_chunk(b"ICCP", b"odd");
    let loops = riff_chunk(b"ANIM", b"\0\0\0\0\0\0");
    let picture = riff_chunk(b"VP8 ", VP8);
    let alpha = riff_chunk(b"ALPH", b"\0abc");
    let secret = riff_chunk(b"abcd", SECRET);
    let frame = |chunks: &[&[u8]]| riff_chunk(b"ANMF", &[&[7; 16], &chunks.concat()[..]].concat());
    let dirty = [
        riff(&[
            extended(0b0011_1110),
            profile.clone(),
            secret.clone(),
            loops.clone(),
            frame(&[&alpha, &secret, &picture, &secret]),
            frame(&[&picture]),
            riff_chunk(b"EXIF", &[b"Exif\0\0", exif_of(5).as_slice()].concat()),
            riff_chunk(b"XMP ", SECRET),
        ]),
        SECRET.to_vec(),
    ]
    .concat();
    let clean = riff(&[
        extended(0b0011_1010),
        profile,
        loops,
        frame(&[&alpha, &picture]),
        frame(&[&picture]),
        riff_chunk(b"EXIF", &exif::with_orientation(5)),
    ]);
    expect(WEBP, &dirty, &clean, (20, 10)).await;
}

#[tokio::test]
async fn a_simple_webp_keeps_its_picture_only() {
    let lossy = riff_chunk(b"VP8 ", VP8);
    let lossless = riff_chunk(b"VP8L", b"\x2f\x04\x80\x01\0data!");
    let exif = riff_chunk(b"EXIF", &exif_of(6));
    for picture in [lossy, lossless] {
        let dirty = riff(&[picture.clone(), exif.clone()]);
        expect(WEBP, &dirty, &riff(&[picture]), (5, 7)).await;
    }
}

#[tokio::test]
async fn a_gif_keeps_its_loop() {
    let blocks = |content: &[u8]| {
        let len = u8::try_from(content.len()).unwrap();
        [&[len], content, &[0]].concat()
    };
    let header = b"GIF89a\x06\0\x08\0\x80\0\0colour".to_vec();
    let control = [b"!\xf9".to_vec(), blocks(b"\0\0\0\0")].concat();
    let image = [
        b",\0\0\0\0\x06\0\x08\0\x80colour\x02".to_vec(),
        blocks(b"lzw;!"),
    ]
    .concat();
    let again = [b"!\xff\x0bNETSCAPE2.0".to_vec(), blocks(b"\x01\0\0")].concat();
    let comment = [b"!\xfe".to_vec(), blocks(SECRET)].concat();
    let xmp = [b"!\xff\x0bXMP DataXMP".to_vec(), blocks(SECRET)].concat();
    let text = [b"!\x01\x0c            ".to_vec(), blocks(SECRET)].concat();
    let end = b";".to_vec();
    let dirty = [
        &header, &comment, &again, &xmp, &control, &image, &comment, &text, &end, SECRET,
    ]
    .map(<[u8]>::to_vec)
    .concat();
    let clean = [header, again, control, image, end].concat();
    expect(GIF, &dirty, &clean, (6, 8)).await;
}

#[tokio::test]
async fn pieces_of_a_large_picture_are_read_one_after_another() {
    let scan = vec![0x55; 2_600_000];
    let start = [b"\xff\xd8".to_vec(), jpeg_picture()].concat();
    let end = [
        segment(0xda, b"\x01\x01\0\0\x3f\0"),
        scan.clone(),
        b"\xff\xd9".to_vec(),
    ]
    .concat();
    let comments = secret_segment(0xfe, &vec![0; 65_000]).repeat(9);
    let (kept, size, _) = strip(&[start.clone(), scan, comments, end.clone()].concat(), JPEG).await;
    assert!(!has_secret(&kept));
    assert_eq!(kept.len(), start.len() + 2_600_000 + end.len());
    assert!(size.is_some());
}

#[tokio::test]
async fn a_picture_of_very_many_parts_ends_early() {
    let pair = [segment(0xdd, b"\0\0"), secret_segment(0xfe, b"")].concat();
    let dirty = [b"\xff\xd8".to_vec(), jpeg_picture(), pair.repeat(60_000)].concat();
    let (kept, size, _) = strip(&dirty, JPEG).await;
    assert!(!has_secret(&kept));
    assert!(kept.len() < 60_000 * 6);
    assert_eq!(size, None);
}

#[tokio::test]
async fn a_file_of_very_many_parts_is_no_picture() {
    let jpeg = |part: Vec<u8>, count: usize| {
        let start = [b"\xff\xd8".to_vec(), part.repeat(count)].concat();
        [start, jpeg_picture(), b"\xff\xd9".to_vec()].concat()
    };
    let png = |count: usize| {
        let header = chunk(b"IHDR", b"\0\0\x01\0\0\0\0\x02\x08\x02\0\0\0");
        let others = chunk(b"abCd", b"").repeat(count);
        let end = [chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")].concat();
        [b"\x89PNG\r\n\x1a\n".to_vec(), header, others, end].concat()
    };
    let webp = |count: usize| {
        let others = riff_chunk(b"abcd", b"").repeat(count);
        riff(&[others, riff_chunk(b"VP8 ", VP8)])
    };
    let gif = |others: Vec<u8>| {
        let header = b"GIF89a\x06\0\x08\0\0\0\0".to_vec();
        let image = b",\0\0\0\0\x06\0\x08\0\0\x02\x01a\0;".to_vec();
        [header, others, image].concat()
    };
    let comments = |count: usize| gif(b"!\xfe\0".repeat(count));
    let blocks = |count: usize| gif([&b"!\xfe"[..], &b"\x01a".repeat(count), b"\0"].concat());
    let segments = |count: usize| jpeg(b"\xff\xfe\0\x02".to_vec(), count);
    let tables = |count: usize| jpeg(b"\xff\xdb\0\x02".to_vec(), count);
    for (few, many, media_type) in [
        (segments(9_000), segments(11_000), JPEG),
        (tables(900_000), tables(1_100_000), JPEG),
        (png(9_000), png(11_000), PNG),
        (webp(9_000), webp(11_000), WEBP),
        (comments(9_000), comments(11_000), GIF),
        (blocks(900_000), blocks(1_100_000), GIF),
    ] {
        assert!(strip(&few, media_type).await.1.is_some(), "{media_type}");
        assert_eq!(strip(&many, media_type).await.1, None, "{media_type}");
    }
}

#[tokio::test]
async fn a_film_behind_a_jpeg_without_an_end_is_left_out() {
    let picture = [b"\xff\xd8".to_vec(), jpeg_picture(), b"\xff\xd9".to_vec()].concat();
    let open = picture.strip_suffix(b"\xff\xd9").unwrap();
    let film = [b"\0\0\0\x18ftypmp42\xff\xd9".to_vec(), SECRET.to_vec()].concat();
    let next = [b"\xff\xd8".to_vec(), secret_segment(0xe1, b"")].concat();
    for follows in [&film, &next, &[film.clone(), next.clone()].concat()] {
        let (kept, size, _) = strip(&[open, follows].concat(), JPEG).await;
        assert!(kept == open, "{}", kept.escape_ascii());
        assert!(size.is_some());
    }
    // Where a stuffed byte ends the scan, and where the film begins in the next piece.
    for scan in [b"\xff".to_vec(), vec![0x55; 1024 * 1024 - open.len() - 4]] {
        let begin = [open, &scan].concat();
        let (kept, ..) = strip(&[&begin[..], &film].concat(), JPEG).await;
        assert!(!has_secret(&kept));
        assert!(kept == begin, "{} bytes of {}", kept.len(), begin.len());
    }
    // Bytes between segments are no scan.
    let between = [&b"\xff\xd8"[..], SECRET, &film, &picture[2..]].concat();
    assert!(!has_secret(&strip(&between, JPEG).await.0));
}

#[tokio::test]
async fn what_has_no_size_or_too_large_a_one_is_no_picture() {
    let png = |width: u32, height: u32| {
        let content = [
            &width.to_be_bytes()[..],
            &height.to_be_bytes(),
            b"\x08\0\0\0\0",
        ];
        let header = chunk(b"IHDR", &content.concat());
        [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            header,
            chunk(b"tEXt", SECRET),
        ]
        .concat()
    };
    for (width, height) in [
        (30_000, 30_000),
        (0, 5),
        (u32::MAX, 1),
        (u32::MAX, u32::MAX),
    ] {
        let (kept, size, _) = strip(&png(width, height), PNG).await;
        assert_eq!(size, None, "{width} x {height}");
        assert!(!has_secret(&kept));
    }
    assert!(strip(&png(10_000, 10_000), PNG).await.1.is_some());
    for (media_type, begin) in [
        (JPEG, &b"\xff\xd8\xff"[..]),
        (PNG, b"\x89PNG\r\n\x1a\n"),
        (WEBP, b"RIFF\xff\0\0\0WEBP"),
        (GIF, b"GIF89a"),
    ] {
        for more in [&b""[..], SECRET, &[SECRET; 9].concat()] {
            let (kept, size, _) = strip(&[begin, more].concat(), media_type).await;
            assert_eq!(size, None);
            assert!(!has_secret(&kept), "{media_type}");
        }
    }
}
