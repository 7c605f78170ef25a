//! Thumbnails of pictures: which are made and stored, and who gets them for how long. Those of each format are in the tests
//! of the crate `thumbnails`.

use crate::{
    fixtures::{People, people, people_with, refused, settings},
    forwards::forward_of,
    uploads::{people_below, read, uploaded, with},
};
use chat::{Caller, Settings, UploadSettings};
use futures_util::TryStreamExt;
use image_webp::WebPDecoder;
use model::{AttachmentKind, ErrorCode, Thumbnail, Upload, UploadState};
use sqlx::PgPool;
use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

/// The colours of the quarters of a picture, as it is stored: above from left to right, and below.
const QUARTERS: [[u8; 3]; 4] = [[200, 40, 40], [40, 160, 60], [40, 60, 200], [220, 200, 60]];

pub fn png(width: u32, height: u32, orientation: Option<u8>) -> Vec<u8> {
    let half = |x: u32, y: u32| usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2);
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let pixels: Vec<u8> = places.flat_map(|(x, y)| QUARTERS[half(x, y)]).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().unwrap();
    if let Some(orientation) = orientation {
        let mut tiff = *b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0";
        tiff[18] = orientation;
        writer.write_chunk(png::chunk::eXIf, &tiff).unwrap();
    }
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    file
}

fn sides(thumbnails: &[Thumbnail]) -> Vec<(i32, i32)> {
    thumbnails.iter().map(|it| (it.width, it.height)).collect()
}

async fn bytes(people: &People, who: &Caller, upload: &Upload, name: &str) -> Vec<u8> {
    let content = people.chat.thumbnail(who, upload.id, name).await.unwrap();
    assert_eq!((content.name.as_str(), content.is_inline), (name, true));
    assert_eq!(content.content_type, "image/webp");
    let pieces = people.chat.read_content(&content, 0..content.size);
    let pieces: Vec<_> = pieces.try_collect().await.unwrap();
    let bytes = pieces.concat();
    assert_eq!(bytes.len() as u64, content.size);
    bytes
}

/// The numbers of the quarters as they are shown, in the same order.
pub fn shown(webp: &[u8]) -> [usize; 4] {
    let mut decoder = WebPDecoder::new(Cursor::new(webp)).unwrap();
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut pixels).unwrap();
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| {
        let at = (height * y / 4 * width + width * x / 4) * 3;
        let is_near = |colour: &[u8; 3]| {
            let parts = colour.iter().zip(&pixels[at..at + 3]);
            parts.into_iter().all(|(a, b)| a.abs_diff(*b) < 16)
        };
        let found = QUARTERS.iter().position(is_near);
        found.unwrap_or_else(|| panic!("{:?}", &pixels[at..at + 3]))
    })
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[sqlx::test(migrations = "../../migrations")]
async fn members_get_the_thumbnails_of_a_message_and_nobody_else(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let picture = uploaded(&people, &people.ada, "a.png", &png(1000, 600, None)).await;
    assert_eq!(picture.state, UploadState::Ready);
    assert_eq!(sides(&picture.thumbnails), [(320, 192), (800, 480)]);
    let address = format!("/uploads/{}/thumbnails/800.webp", picture.id);
    assert_eq!(picture.thumbnails[1].url, address);
    let placeholder = picture.placeholder.as_deref().unwrap();
    assert!(
        placeholder.starts_with("data:image/webp;base64,"),
        "{placeholder}"
    );
    assert!(placeholder.len() <= 300, "{placeholder}");
    for other in [&people.grace, &people.outsider] {
        let early = chat.thumbnail(other, picture.id, "320.webp").await;
        refused(early, ErrorCode::NotFound);
    }

    let sent = chat.send_message(&people.ada, group, with(&[&picture], "", None));
    let message = sent.await.unwrap().message;
    let attachment = &message.attachments[0];
    assert_eq!(attachment.thumbnails, picture.thumbnails);
    assert_eq!(attachment.placeholder, picture.placeholder);
    let read_back = chat.message(&people.grace, message.id).await.unwrap();
    assert_eq!(read_back, message);
    for member in [&people.ada, &people.grace, &people.linus] {
        for (name, width) in [("320.webp", 320), ("800.webp", 800)] {
            let webp = bytes(&people, member, &picture, name).await;
            let decoder = WebPDecoder::new(Cursor::new(&webp)).unwrap();
            assert_eq!(decoder.dimensions().0, width);
            assert_eq!(shown(&webp), [0, 1, 2, 3]);
        }
    }
    for missing in ["1600.webp", "320", "0320.webp", "a.png", ""] {
        let missing = chat.thumbnail(&people.ada, picture.id, missing).await;
        refused(missing, ErrorCode::NotFound);
    }
    let outside = chat
        .thumbnail(&people.outsider, picture.id, "320.webp")
        .await;
    refused(outside, ErrorCode::NotFound);

    // A forward has them too, for those who see it.
    let target = people.direct().await;
    let forward = chat.forward_messages(&people.ada, target, forward_of(&[&message], None));
    let forward = &forward.await.unwrap().messages[0];
    assert_eq!(forward.attachments[0].thumbnails, picture.thumbnails);
    chat.delete_message(&people.ada, message.id).await.unwrap();
    bytes(&people, &people.grace, &picture, "320.webp").await;
    let left = chat.thumbnail(&people.linus, picture.id, "320.webp").await;
    refused(left, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn thumbnails_are_turned_as_the_picture_says(db: PgPool) {
    let people = people(db).await;
    // Which quarter is shown where (CIPA DC-008, 4.6.4).
    for (orientation, quarters) in [
        (1, [0, 1, 2, 3]),
        (2, [1, 0, 3, 2]),
        (3, [3, 2, 1, 0]),
        (4, [2, 3, 0, 1]),
        (5, [0, 2, 1, 3]),
        (6, [2, 0, 3, 1]),
        (7, [3, 1, 2, 0]),
        (8, [1, 3, 0, 2]),
    ] {
        let file = png(400, 200, Some(orientation));
        let picture = uploaded(&people, &people.ada, "a.png", &file).await;
        let size = if orientation < 5 {
            (320, 160)
        } else {
            (160, 320)
        };
        assert_eq!(sides(&picture.thumbnails), [size], "{orientation}");
        let is_wide = picture.width > picture.height;
        assert_eq!(is_wide, orientation < 5, "{orientation}");
        let webp = bytes(&people, &people.ada, &picture, "320.webp").await;
        assert_eq!(shown(&webp), quarters, "{orientation}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_cannot_be_scaled_is_a_file_without_thumbnails(db: PgPool) {
    let people = people(db).await;
    let picture = png(400, 200, None);
    let mut enormous = picture.clone();
    enormous[16..24].copy_from_slice(b"\0\0\x75\x30\0\0\x75\x30");
    let mut large = picture.clone();
    // 7,000 by 5,000: no more than what a page shows, and more than is decoded.
    large[16..24].copy_from_slice(b"\0\0\x1b\x58\0\0\x13\x88");
    let broken = picture[..picture.len() / 2].to_vec();
    let gif = b"GIF89a\x90\x01\x90\x01\0\0\0,\0\0\0\0\x90\x01\x90\x01\0\x02\x02L\x01\0;";
    for (name, bytes, kind) in [
        ("enormous.png", enormous, AttachmentKind::File),
        ("large.png", large, AttachmentKind::Image),
        ("broken.png", broken, AttachmentKind::Image),
        ("moving.gif", gif.to_vec(), AttachmentKind::Image),
        ("small.png", png(320, 200, None), AttachmentKind::Image),
        ("words.txt", b"words".to_vec(), AttachmentKind::File),
    ] {
        let upload = uploaded(&people, &people.ada, name, &bytes).await;
        assert_eq!(
            (upload.state, upload.kind),
            (UploadState::Ready, kind),
            "{name}"
        );
        assert_eq!(
            (upload.thumbnails, upload.placeholder),
            (vec![], None),
            "{name}"
        );
        let none = people
            .chat
            .thumbnail(&people.ada, upload.id, "320.webp")
            .await;
        refused(none, ErrorCode::NotFound);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn thumbnails_go_with_their_file(db: PgPool) {
    let (people, folder) = people_below(db.clone(), "thumbnails").await;
    let (chat, group) = (&people.chat, people.group().await);
    let file = png(900, 500, None);
    let sent = uploaded(&people, &people.ada, "sent.png", &file).await;
    let deleted = uploaded(&people, &people.ada, "deleted.png", &file).await;
    let swept = uploaded(&people, &people.ada, "swept.png", &file).await;
    // Each is the picture and two sizes of it.
    assert_eq!(files_below(&folder).len(), 9);
    let message = chat.send_message(&people.ada, group, with(&[&sent], "", None));
    let message = message.await.unwrap().message;
    chat.delete_upload(&people.ada, deleted.id).await.unwrap();
    assert_eq!(files_below(&folder).len(), 6);
    let old = "update uploads set expires_at = now() - interval '1 second'";
    sqlx::query(old).execute(&db).await.unwrap();
    chat.sweep().await.unwrap();
    refused(
        chat.upload(&people.ada, swept.id).await,
        ErrorCode::NotFound,
    );
    assert_eq!(files_below(&folder).len(), 3);
    bytes(&people, &people.grace, &sent, "320.webp").await;
    chat.delete_message(&people.ada, message.id).await.unwrap();
    assert_eq!(files_below(&folder), Vec::<PathBuf>::new());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A process that is killed while it makes thumbnails leaves some of their bytes, and no word of them.
#[sqlx::test(migrations = "../../migrations")]
async fn what_was_interrupted_is_finished_later(db: PgPool) {
    let (people, folder) = people_below(db.clone(), "interrupted").await;
    let picture = uploaded(&people, &people.ada, "a.png", &png(900, 500, None)).await;
    let files = files_below(&folder);
    let interrupted = "update uploads set kind = null, content_type = null, content_size = null,
        width = null, height = null, placeholder = null, thumbnails = '[]'";
    sqlx::query(interrupted).execute(&db).await.unwrap();
    let last = files
        .iter()
        .rfind(|it| it.to_string_lossy().contains("800"));
    std::fs::remove_file(last.unwrap()).unwrap();
    let again = people.chat.upload(&people.ada, picture.id).await.unwrap();
    assert_eq!(again, picture);
    assert_eq!(files_below(&folder), files);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A file in the place of their folder: the picture is there without.
#[sqlx::test(migrations = "../../migrations")]
async fn a_store_without_room_for_thumbnails_keeps_the_picture(db: PgPool) {
    let (people, folder) = people_below(db.clone(), "no-thumbnails").await;
    let first = uploaded(&people, &people.ada, "a.txt", b"words").await;
    let own = folder.join((first.id.0 + 1).to_string());
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("thumbnails"), "").unwrap();
    let file = png(900, 500, None);
    let picture = uploaded(&people, &people.ada, "a.png", &file).await;
    assert_eq!(
        (picture.state, picture.width),
        (UploadState::Ready, Some(900))
    );
    assert_eq!((picture.thumbnails, picture.placeholder), (vec![], None));
    assert_eq!(read(&people, &people.ada, picture.id).await, file);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn thumbnails_take_nothing_of_the_quota(db: PgPool) {
    let file = png(900, 500, None);
    let len = i64::try_from(file.len()).unwrap();
    let uploads = UploadSettings {
        quota_bytes: 2 * len,
        ..UploadSettings::default()
    };
    let settings = Settings {
        uploads,
        ..settings()
    };
    let people = people_with(db, settings).await;
    for _ in 0..2 {
        let picture = uploaded(&people, &people.ada, "a.png", &file).await;
        assert_eq!(picture.thumbnails.len(), 2);
    }
}
