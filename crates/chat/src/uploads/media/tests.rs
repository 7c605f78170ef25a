use super::{
    facts::{MAX_DURATION, Media},
    read, source,
};
use crate::uploads::{
    file_store::{FileStore, Folder, PieceWriter, StoredFile},
    media_type::media_type,
    pictures::Size,
};
use model::{
    AttachmentKind::{self, Audio, Video},
    UploadId,
};
use std::time::{Duration, Instant};

macro_rules! files {
    ($($name:literal),*) => {
        [$(($name, include_bytes!(concat!("../../../tests/media/", $name)).as_slice())),*]
    };
}

const FILES: [(&str, &[u8]); 18] = files![
    "sound.m4a",
    "fragments.m4a",
    "film.mp4",
    "film_end.mp4",
    "turned.mp4",
    "fragments.mp4",
    "film.webm",
    "live_film.webm",
    "sound.webm",
    "live.webm",
    "opus.ogg",
    "vorbis.ogg",
    "sound.flac",
    "sound.wav",
    "piped.wav",
    "cbr.mp3",
    "vbr.mp3",
    "xing.mp3"
];

async fn store(bytes: &[u8]) -> (FileStore, StoredFile) {
    let store = FileStore::in_memory();
    let folder = Folder::Received(UploadId(1));
    let mut writer = PieceWriter::new(&store, folder);
    writer.push(bytes).await.unwrap();
    let len = writer.finish().await.unwrap();
    (store, StoredFile { folder, len })
}

async fn read_as(bytes: &[u8], media_type: &str) -> Media {
    let (store, file) = store(bytes).await;
    read(&store, file, media_type).await.unwrap()
}

async fn looked_at(bytes: &[u8], given: &str) -> (AttachmentKind, &'static str, Media) {
    let (kind, media_type) = media_type(bytes, given);
    let media = read_as(bytes, media_type).await;
    let (kind, media_type) = media.kind(kind, media_type);
    (kind, media_type, media)
}

fn file(name: &str) -> &'static [u8] {
    FILES.iter().find(|it| it.0 == name).unwrap().1
}

#[tokio::test]
async fn every_container_tells_its_length() {
    const SIZE: Option<(i32, i32)> = Some((64, 48));
    for (name, kind, media_type, duration, size) in [
        ("sound.m4a", Audio, "audio/mp4", 1500, None),
        ("fragments.m4a", Audio, "audio/mp4", 1628, None),
        ("film.mp4", Video, "video/mp4", 1400, SIZE),
        ("film_end.mp4", Video, "video/mp4", 1400, SIZE),
        ("turned.mp4", Video, "video/mp4", 1400, Some((48, 64))),
        ("fragments.mp4", Video, "video/mp4", 1900, SIZE),
        ("film.webm", Video, "video/webm", 1400, SIZE),
        ("live_film.webm", Video, "video/webm", 1400, SIZE),
        ("sound.webm", Audio, "audio/webm", 1508, None),
        ("live.webm", Audio, "audio/webm", 1508, None),
        ("opus.ogg", Audio, "audio/ogg", 1500, None),
        ("vorbis.ogg", Audio, "audio/ogg", 1500, None),
        ("sound.flac", Audio, "audio/flac", 500, None),
        ("sound.wav", Audio, "audio/wav", 500, None),
        ("piped.wav", Audio, "audio/wav", 500, None),
        ("cbr.mp3", Audio, "audio/mpeg", 1584, None),
        ("vbr.mp3", Audio, "audio/mpeg", 1584, None),
        ("xing.mp3", Audio, "audio/mpeg", 1584, None),
    ] {
        let (of_kind, of_type, media) = looked_at(file(name), "").await;
        assert_eq!((of_kind, of_type), (kind, media_type), "{name}");
        let found = media.size.map(|it| (it.width, it.height));
        assert_eq!(found, size, "{name}");
        // Samples before and after the sound are counted by some and not by others.
        let distance = media.duration.unwrap_or_default().abs_diff(duration);
        assert!(
            distance <= 80,
            "{name} has {:?}, not {duration}",
            media.duration
        );
    }
}

#[tokio::test]
async fn a_film_that_is_called_sound_is_a_film() {
    let (kind, media_type, _) = looked_at(file("film.webm"), "audio/webm").await;
    assert_eq!((kind, media_type), (Video, "video/webm"));
    let (kind, media_type, _) = looked_at(file("live.webm"), "video/webm").await;
    assert_eq!((kind, media_type), (Audio, "audio/webm"));
}

/// Numbers without a pattern, always the same.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap()
    }
}

fn assert_believed(media: Media, name: &str) {
    if let Some(duration) = media.duration {
        assert!((1..=MAX_DURATION).contains(&duration), "{name}: {duration}");
    }
    if let Some(Size { width, height }) = media.size {
        let sides = 1..=16_384;
        assert!(sides.contains(&width) && sides.contains(&height), "{name}");
    }
}

#[tokio::test]
async fn what_breaks_off_is_read_as_far_as_it_goes() {
    for (name, bytes) in FILES {
        let (_, media_type) = media_type(bytes, "");
        let lens = (0..bytes.len()).filter(|len| *len < 1500 || len % 7 == 0);
        for len in lens {
            assert_believed(read_as(&bytes[..len], media_type).await, name);
        }
    }
}

#[tokio::test]
async fn hostile_files_neither_panic_nor_take_long() {
    const LIARS: [&[u8]; 5] = [
        &[0xff; 8],
        &[0; 8],
        &[0x7f, 0xff, 0xff, 0xff],
        &[0, 0, 0, 1],
        &[0x01, 0xff],
    ];
    let mut numbers = Numbers(0x5eed_1e55_c0de_cafe);
    for (name, bytes) in FILES {
        let (_, media_type) = media_type(bytes, "");
        for _ in 0..400 {
            let mut bytes = bytes.to_vec();
            for _ in 0..=numbers.next() % 6 {
                let at = numbers.next() % bytes.len();
                let lie = LIARS[numbers.next() % LIARS.len()];
                match numbers.next() % 4 {
                    0 => bytes[at] = numbers.next().to_le_bytes()[0],
                    // Headers are at the beginning.
                    1 => bytes[at % 600] ^= 1 << (numbers.next() % 8),
                    2 => {
                        let end = bytes.len().min(at + lie.len());
                        bytes[at..end].copy_from_slice(&lie[..end - at]);
                    }
                    _ => {
                        let part = bytes[at..bytes.len().min(at + 64)].to_vec();
                        bytes.extend(part);
                    }
                }
            }
            assert_believed(read_as(&bytes, media_type).await, name);
        }
    }
}

#[tokio::test]
async fn files_of_nothing_but_headers_are_given_up() {
    let started = Instant::now();
    let mut boxes = b"\0\0\0\x14ftypisom\0\0\0\0isom".to_vec();
    boxes.extend(b"\0\0\0\x08free".repeat(2_000_000));
    let mut nested = b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\0moov".to_vec();
    nested.extend(b"\0\0\0\x08trak".repeat(500_000));
    let mut fragments = file("fragments.m4a").to_vec();
    fragments.extend(b"\0\0\0\x10moof\0\0\0\x08mfhd".repeat(300_000));
    let mut elements = file("live.webm")[..200].to_vec();
    elements.extend(b"\xec\x80".repeat(4_000_000));
    let mut clusters = file("live.webm")[..200].to_vec();
    clusters
        .extend(b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff\xe7\x81\x01".repeat(400_000));
    let mut chunks = b"RIFF\0\0\0\0WAVE".to_vec();
    chunks.extend(b"junk\0\0\0\0".repeat(1_000_000));
    let frames = b"\xff\xf3\x10\xc4".repeat(2_000_000);
    let tags = b"ID3\x04\0\0\0\0\0\0".repeat(500_000);
    let pages = b"OggS\0".repeat(1_000_000);
    for (bytes, media_type) in [
        (boxes, "video/mp4"),
        (nested, "video/mp4"),
        (fragments, "video/mp4"),
        (elements, "video/webm"),
        (clusters, "video/webm"),
        (chunks, "audio/wav"),
        (frames, "audio/mpeg"),
        (tags, "audio/mpeg"),
        (pages, "audio/ogg"),
    ] {
        assert_believed(read_as(&bytes, media_type).await, media_type);
    }
    // Seconds where something would go through all of it again and again.
    assert!(started.elapsed() < Duration::from_mins(1));
}

#[tokio::test]
async fn a_file_costs_a_bounded_number_of_reads_and_bytes() {
    let bytes = vec![1; 12 << 20];
    let (store, file) = store(&bytes).await;
    let mut source = source::Source::new(&store, file);
    let mut read = 0;
    for turn in 0..1000_u64 {
        // Never where it has just been.
        let at = if turn % 2 == 0 {
            turn * 100
        } else {
            (8 << 20) + turn * 100
        };
        read += source.bytes(at, 1000).await.unwrap().len();
    }
    assert_eq!(read, 1000 * usize::try_from(source::MAX_READS).unwrap());
    let mut source = source::Source::new(&store, file);
    let most = usize::try_from(source::MAX_BYTES).unwrap();
    assert_eq!(source.bytes(0, most + 1).await.unwrap().len(), 0);
    assert_eq!(source.bytes(0, most).await.unwrap().len(), most);
    assert_eq!(source.bytes(most as u64, 1).await.unwrap().len(), 0);
}
