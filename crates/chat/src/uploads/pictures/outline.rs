//! What is kept of a picture, as a list of its parts.

use std::ops::Range;

/// Parts of one picture. A file with more is none: nothing but an attack has so many.
const MAX_PARTS: usize = 50_000;

/// Segments, chunks or extensions of which nothing is kept. A file with more is no picture.
const MAX_LEFT_OUT: usize = 10_000;

/// Segments, chunks, extensions and the blocks of data within them. A file with more is no picture. A GIF of 100 MiB
/// has 411,000 full blocks.
const MAX_BLOCKS: usize = 1_000_000;

/// Pixels of a picture that is shown in place: 400 MB when a browser has decoded it. A larger one is a plain file.
const MAX_PIXELS: u64 = 100_000_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// These bytes of the file.
    Kept(Range<u64>),
    /// A few bytes that were not there.
    Written(Vec<u8>),
}

impl Part {
    fn len(&self) -> u64 {
        match self {
            Self::Kept(range) => range.end - range.start,
            Self::Written(bytes) => bytes.len() as u64,
        }
    }
}

/// In pixels, as the picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width: i32,
    pub height: i32,
}

#[derive(Debug, Default)]
pub struct Outline {
    parts: Vec<Part>,
    /// Parts that nothing is added to, as they may be written otherwise.
    apart: usize,
    blocks: usize,
    left_out: usize,
    /// Whether anything was kept since the last call of `next_part`.
    has_kept: bool,
    /// Width and height as the file has them.
    stored: Option<(u32, u32)>,
    /// Whether the file names another size as well.
    has_other_size: bool,
    /// 2 to 8, as EXIF numbers them; `None` for a picture that is shown as it is stored.
    pub orientation: Option<u8>,
}

impl Outline {
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub fn keep(&mut self, range: Range<u64>) {
        self.has_kept = true;
        let may_grow = self.parts.len() > self.apart;
        match self.parts.last_mut() {
            Some(Part::Kept(last)) if may_grow && last.end == range.start => last.end = range.end,
            _ => self.parts.push(Part::Kept(range)),
        }
    }

    pub fn write(&mut self, bytes: impl Into<Vec<u8>>) {
        self.has_kept = true;
        self.parts.push(Part::Written(bytes.into()));
    }

    /// Keeps a part that may yet be written otherwise; returns its index for `rewrite`.
    pub fn keep_apart(&mut self, range: Range<u64>) -> usize {
        self.has_kept = true;
        self.parts.push(Part::Kept(range));
        self.apart = self.parts.len();
        self.apart - 1
    }

    pub fn rewrite(&mut self, index: usize, bytes: impl Into<Vec<u8>>) {
        if let Some(part) = self.parts.get_mut(index) {
            *part = Part::Written(bytes.into());
        }
    }

    /// The first size that the file names is that of the picture.
    pub fn set_stored_size(&mut self, width: u32, height: u32) {
        let first = self.stored.get_or_insert((width, height));
        self.has_other_size |= *first != (width, height);
    }

    /// Width and height as the file has them, if it names no other size, which a decoder might take.
    pub fn only_size(&self) -> Option<(u32, u32)> {
        self.stored.filter(|_| !self.has_other_size)
    }

    /// Counts the segment, chunk or extension that is read next; `false` if the file has more than a picture has.
    pub fn next_part(&mut self) -> bool {
        self.left_out += usize::from(!std::mem::take(&mut self.has_kept));
        self.next_block()
    }

    /// Counts a block of data that is read next; `false` if the file has more than a picture has.
    pub fn next_block(&mut self) -> bool {
        self.blocks += 1;
        !self.is_too_fragmented()
    }

    fn is_too_fragmented(&self) -> bool {
        self.parts.len() >= MAX_PARTS || self.left_out > MAX_LEFT_OUT || self.blocks > MAX_BLOCKS
    }

    /// Bytes of what is kept.
    pub fn len(&self) -> u64 {
        self.parts.iter().map(Part::len).sum()
    }

    /// Whether all of a file of this length is kept as it is.
    pub fn is_whole(&self, len: u64) -> bool {
        let mut end = 0;
        self.parts.iter().all(|part| match part {
            Part::Kept(range) if range.start == end => {
                end = range.end;
                true
            }
            _ => false,
        }) && end == len
    }

    /// As the picture is shown, turned by its orientation; `None` where the file has no size, one that is too large
    /// to be shown in place, or more parts than a picture has.
    pub fn size(&self) -> Option<Size> {
        let (width, height) = self.stored.filter(|_| !self.is_too_fragmented())?;
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 || pixels > MAX_PIXELS {
            return None;
        }
        let (width, height) = (width.try_into().ok()?, height.try_into().ok()?);
        let is_turned = self.orientation.is_some_and(|it| it >= 5);
        Some(if is_turned {
            Size {
                width: height,
                height: width,
            }
        } else {
            Size { width, height }
        })
    }
}
