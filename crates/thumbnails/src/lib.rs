//! Thumbnails: a still picture in smaller sizes, and a tiny one to show until they are there.
//!
//! Pictures come from anybody. So the decoders are written in Rust, and what a picture takes of the memory is known
//! before it is decoded; libwebp, which is written in C, encodes pixels and reads no file.

mod decode;
mod encode;
mod pixels;

pub use pixels::Unshowable;

/// The longest sides of thumbnails, in pixels: those below that of the picture are made.
const SIDES: [u32; 3] = [320, 800, 1600];

/// Bytes of a file that is decoded, which are all in memory then.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// A picture as its file says that it is.
#[derive(Clone, Copy, Debug)]
pub struct Picture {
    pub media_type: &'static str,
    /// Width and height as they are stored, not turned.
    pub size: (u32, u32),
    /// From 2 to 8, as EXIF numbers them; `None` for a picture that is shown as it is stored.
    pub orientation: Option<u8>,
}

/// What is shown of a picture before it is there itself.
#[derive(Debug)]
pub struct Thumbnails {
    /// From small to large.
    pub sizes: Vec<Thumbnail>,
    /// A picture of some 20 pixels as a `data:` address; `None` for one that is seen through.
    pub placeholder: Option<String>,
}

#[derive(Debug)]
pub struct Thumbnail {
    /// In pixels, as it is shown.
    pub width: u32,
    pub height: u32,
    pub webp: Vec<u8>,
}

impl Picture {
    /// Whether it may have thumbnails, with a file of so many bytes: a small picture needs none.
    pub fn may_have_thumbnails(&self, len: u64) -> bool {
        let longest = self.size.0.max(self.size.1);
        longest > SIDES[0] && len <= MAX_FILE && decode::is_known(self.media_type)
    }

    /// Whether `small` takes a file of so many bytes.
    pub fn may_be_small(&self, len: u64) -> bool {
        len <= MAX_FILE && decode::is_known(self.media_type)
    }

    /// Decodes the picture from its file, and scales it to this longest side, unless it is smaller.
    ///
    /// # Errors
    /// As those of `thumbnails`.
    pub fn small(&self, file: &[u8], side: u32) -> Result<Thumbnail, Unshowable> {
        let decoded = decode::decode(self.media_type, self.size, file)?;
        let profile = encode::kept_profile(decoded.profile)?;
        let mut pixels = decoded.pixels;
        if pixels.longest_side() > side {
            pixels = pixels.scaled(side)?;
        }
        pixels = pixels.turned(self.orientation);
        Ok(Thumbnail {
            width: pixels.width(),
            height: pixels.height(),
            webp: encode::thumbnail(&pixels, profile.as_deref())?,
        })
    }

    /// Decodes the picture from its file, and makes squares of its middle with these sides, from large to small. One that
    /// is smaller is not made larger, and one that is seen through is on white.
    ///
    /// # Errors
    /// As those of `thumbnails`, but that colours keep no profile that WebP does not have.
    pub fn squares(&self, file: &[u8], sides: &[u32]) -> Result<Vec<Vec<u8>>, Unshowable> {
        let decoded = decode::decode(self.media_type, self.size, file)?;
        // The colours of a small square are near enough without one of grey, or a large one.
        let profile = encode::kept_profile(decoded.profile).unwrap_or_default();
        // The middle is the same however the picture is turned, and few pixels are turned sooner than many.
        let mut pixels = decoded.pixels.middle();
        let mut orientation = self.orientation;
        let mut squares = Vec::with_capacity(sides.len());
        for side in sides {
            if pixels.longest_side() > *side {
                pixels = pixels.scaled(*side)?;
            }
            pixels = pixels.turned(orientation.take()).on_white();
            squares.push(encode::thumbnail(&pixels, profile.as_deref())?);
        }
        Ok(squares)
    }

    /// Decodes the picture from its file, and scales it, each size from the one above.
    ///
    /// # Errors
    /// For an animation, colours that WebP does not have, what is broken, and what would take too much memory.
    pub fn thumbnails(&self, file: &[u8]) -> Result<Thumbnails, Unshowable> {
        let decoded = decode::decode(self.media_type, self.size, file)?;
        let profile = encode::kept_profile(decoded.profile)?;
        let mut pixels = decoded.pixels;
        let mut orientation = self.orientation;
        let mut sizes = Vec::new();
        for side in SIDES.into_iter().rev() {
            if side >= pixels.longest_side() {
                continue;
            }
            // Few pixels are turned sooner than many.
            pixels = pixels.scaled(side)?.turned(orientation.take());
            sizes.push(Thumbnail {
                width: pixels.width(),
                height: pixels.height(),
                webp: encode::thumbnail(&pixels, profile.as_deref())?,
            });
        }
        sizes.reverse();
        Ok(Thumbnails {
            sizes,
            placeholder: encode::placeholder(&pixels)?,
        })
    }
}
