//! The pixels of a picture, scaled and turned.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use std::error::Error;

/// Why a picture has no thumbnails.
pub type Unshowable = Box<dyn Error + Send + Sync>;

/// Bytes of a pixel: red, green, blue and alpha, which is not multiplied with them.
pub const PIXEL: usize = 4;

pub struct Pixels {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

impl Pixels {
    /// # Errors
    /// With fewer or more bytes than so many pixels have, or without a pixel.
    pub fn new(width: u32, height: u32, rgba: Vec<u8>) -> Result<Self, Unshowable> {
        let len = u64::from(width) * u64::from(height) * PIXEL as u64;
        if len == 0 || rgba.len() as u64 != len {
            return Err("other pixels than the picture has".into());
        }
        Ok(Self {
            width,
            height,
            rgba,
        })
    }

    pub fn width(&self) -> u32 {
        self.width
    }

    pub fn height(&self) -> u32 {
        self.height
    }

    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    pub fn longest_side(&self) -> u32 {
        self.width.max(self.height)
    }

    pub fn is_opaque(&self) -> bool {
        let pixels = self.rgba.as_chunks::<PIXEL>().0;
        pixels.iter().all(|[.., alpha]| *alpha == u8::MAX)
    }

    /// The largest square in the middle.
    pub fn middle(self) -> Self {
        let side = self.width.min(self.height);
        if self.width == self.height {
            return self;
        }
        let (left, top) = ((self.width - side) / 2, (self.height - side) / 2);
        let row = self.width as usize * PIXEL;
        let (start, len) = (left as usize * PIXEL, side as usize * PIXEL);
        let rows = self.rgba.chunks_exact(row).skip(top as usize);
        let mut rgba = Vec::with_capacity(len * side as usize);
        for pixels in rows.take(side as usize) {
            rgba.extend_from_slice(&pixels[start..start + len]);
        }
        Self {
            width: side,
            height: side,
            rgba,
        }
    }

    /// On white, where it is seen through.
    pub fn on_white(mut self) -> Self {
        for [red, green, blue, alpha] in self.rgba.as_chunks_mut::<PIXEL>().0 {
            for colour in [red, green, blue] {
                let (part, rest) = (u16::from(*alpha), u16::from(u8::MAX - *alpha));
                let mixed = u16::from(*colour) * part + u16::from(u8::MAX) * rest;
                *colour = u8::try_from(mixed / u16::from(u8::MAX)).unwrap_or(u8::MAX);
            }
            *alpha = u8::MAX;
        }
        self
    }

    /// The same picture with this longest side.
    pub fn scaled(&self, side: u32) -> Result<Self, Unshowable> {
        let longest = self.longest_side();
        let (width, height) = (
            scaled_side(self.width, side, longest),
            scaled_side(self.height, side, longest),
        );
        let source = ImageRef::new(self.width, self.height, &self.rgba, PixelType::U8x4)?;
        let mut scaled = Image::new(width, height, PixelType::U8x4);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
            .use_alpha(!self.is_opaque());
        Resizer::new().resize(&source, &mut scaled, &options)?;
        Self::new(width, height, scaled.into_vec())
    }

    /// As it is shown where EXIF has this orientation: from 2 to 8, or `None` if it stays as it is.
    pub fn turned(self, orientation: Option<u8>) -> Self {
        let Some(orientation) = orientation else {
            return self;
        };
        let is_mirrored = matches!(orientation, 2 | 3 | 7 | 8);
        let is_flipped = matches!(orientation, 3 | 4 | 6 | 7);
        let is_turned = orientation >= 5;
        let (width, height) = if is_turned {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        };
        let mut rgba = Vec::with_capacity(self.rgba.len());
        for y in 0..height {
            for x in 0..width {
                let (from_x, from_y) = if is_turned { (y, x) } else { (x, y) };
                let from_x = if is_mirrored {
                    self.width - 1 - from_x
                } else {
                    from_x
                };
                let from_y = if is_flipped {
                    self.height - 1 - from_y
                } else {
                    from_y
                };
                let at = (from_y as usize * self.width as usize + from_x as usize) * PIXEL;
                rgba.extend_from_slice(&self.rgba[at..at + PIXEL]);
            }
        }
        Self {
            width,
            height,
            rgba,
        }
    }
}

/// A side of a picture whose longest one becomes `to`, rounded, and at least one pixel.
fn scaled_side(side: u32, to: u32, longest: u32) -> u32 {
    let scaled = (u64::from(side) * u64::from(to) + u64::from(longest / 2)) / u64::from(longest);
    u32::try_from(scaled).unwrap_or(to).max(1)
}

#[cfg(test)]
mod tests {
    use super::{PIXEL, Pixels, scaled_side};

    #[test]
    fn sides_are_rounded_and_never_zero() {
        assert_eq!(scaled_side(3000, 320, 4000), 240);
        assert_eq!(scaled_side(4000, 320, 4000), 320);
        assert_eq!(scaled_side(333, 800, 1000), 266);
        assert_eq!(scaled_side(1, 320, 65_535), 1);
    }

    /// Each number is a pixel: the picture
    /// ```text
    /// 1 2 3
    /// 4 5 6
    /// ```
    /// as EXIF (CIPA DC-008, 4.6.4) turns it: where its first row and its first column are shown.
    #[test]
    fn pictures_are_turned_as_exif_says() {
        for (orientation, width, shown) in [
            (None, 3, [1, 2, 3, 4, 5, 6]),
            (Some(2), 3, [3, 2, 1, 6, 5, 4]),
            (Some(3), 3, [6, 5, 4, 3, 2, 1]),
            (Some(4), 3, [4, 5, 6, 1, 2, 3]),
            (Some(5), 2, [1, 4, 2, 5, 3, 6]),
            (Some(6), 2, [4, 1, 5, 2, 6, 3]),
            (Some(7), 2, [6, 3, 5, 2, 4, 1]),
            (Some(8), 2, [3, 6, 2, 5, 1, 4]),
        ] {
            let rgba = (1..=6).flat_map(|it| [it; PIXEL]).collect();
            let turned = Pixels::new(3, 2, rgba).unwrap().turned(orientation);
            let first: Vec<_> = turned.rgba().chunks_exact(PIXEL).map(|it| it[0]).collect();
            assert_eq!(
                (turned.width(), &first[..]),
                (width, &shown[..]),
                "{orientation:?}"
            );
        }
    }

    /// Of rows of these pixels, each a number.
    #[test]
    fn the_middle_is_a_square() {
        for ((width, height), middle) in [
            ((4, 2), vec![2, 3, 6, 7]),
            ((2, 4), vec![3, 4, 5, 6]),
            ((5, 1), vec![3]),
            ((2, 2), vec![1, 2, 3, 4]),
        ] {
            let rgba = (1..=width * height)
                .flat_map(|it| [u8::try_from(it).unwrap(); PIXEL])
                .collect();
            let square = Pixels::new(width, height, rgba).unwrap().middle();
            let found: Vec<_> = square.rgba().chunks_exact(PIXEL).map(|it| it[0]).collect();
            assert_eq!(found, middle, "{width} x {height}");
            assert_eq!(square.width(), square.height());
        }
    }

    #[test]
    fn what_is_transparent_has_no_colour() {
        let red = [200, 0, 0, 255].repeat(8);
        let clear = [0, 255, 0, 0].repeat(8);
        let pixels = Pixels::new(16, 1, [red, clear].concat()).unwrap();
        assert!(!pixels.is_opaque());
        let scaled = pixels.scaled(5).unwrap();
        let middle = &scaled.rgba()[2 * PIXEL..3 * PIXEL];
        assert!(middle[3] > 50 && middle[3] < 200, "{middle:?}");
        assert!(middle[0] > 190 && middle[1] < 10, "{middle:?}");
    }

    #[test]
    fn what_is_seen_through_is_on_white() {
        let rgba = [[0, 10, 255, 0], [0, 10, 255, 255], [0, 100, 255, 51]];
        let pixels = Pixels::new(3, 1, rgba.concat()).unwrap().on_white();
        let white = [
            [255, 255, 255, 255],
            [0, 10, 255, 255],
            [204, 224, 255, 255],
        ];
        assert_eq!(pixels.rgba(), white.concat());
    }

    #[test]
    fn pixels_have_the_bytes_of_their_size() {
        assert!(Pixels::new(2, 1, vec![0; 7]).is_err());
        assert!(Pixels::new(0, 1, vec![]).is_err());
    }
}
