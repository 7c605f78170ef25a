//! What is kept of a picture, as a list of its parts.

use std::ops::Range;

/// Parts of one picture. Beyond it the rest is left out: nothing but an attack has so many.
const MAX_PARTS: usize = 50_000;

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
        let may_grow = self.parts.len() > self.apart;
        match self.parts.last_mut() {
            Some(Part::Kept(last)) if may_grow && last.end == range.start => last.end = range.end,
            _ => self.parts.push(Part::Kept(range)),
        }
    }

    pub fn write(&mut self, bytes: impl Into<Vec<u8>>) {
        self.parts.push(Part::Written(bytes.into()));
    }

    /// Keeps a part that may yet be written otherwise; returns its index for `rewrite`.
    pub fn keep_apart(&mut self, range: Range<u64>) -> usize {
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

    pub fn is_full(&self) -> bool {
        self.parts.len() >= MAX_PARTS
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

    /// As the picture is shown, turned by its orientation; `None` where the file has no size, or one that is too large
    /// to be shown in place.
    pub fn size(&self) -> Option<Size> {
        let (width, height) = self.stored?;
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
