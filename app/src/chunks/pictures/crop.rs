//! `Crop`: which square of a picture is shown. Its numbers are pixels of the picture.

/// The picture is enlarged so many times at most.
pub const MAX_ZOOM: f64 = 8.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    width: f64,
    height: f64,
    /// 1 for the largest square.
    pub zoom: f64,
    /// The middle of the square.
    x: f64,
    y: f64,
}

impl Crop {
    /// The largest square in the middle; `None` for a picture without a size.
    pub fn new(width: f64, height: f64) -> Option<Self> {
        let crop = Self {
            width,
            height,
            zoom: 1.0,
            x: width / 2.0,
            y: height / 2.0,
        };
        (width >= 1.0 && height >= 1.0).then_some(crop)
    }

    /// The side of the square.
    pub fn side(&self) -> f64 {
        self.width.min(self.height) / self.zoom
    }

    /// The left and the upper edge.
    pub fn corner(&self) -> (f64, f64) {
        let half = self.side() / 2.0;
        (self.x - half, self.y - half)
    }

    /// With its middle moved by a part of its side, as far as the picture goes.
    #[must_use]
    pub fn moved(self, by_x: f64, by_y: f64) -> Self {
        let side = self.side();
        Self {
            x: self.x + by_x * side,
            y: self.y + by_y * side,
            ..self
        }
        .within()
    }

    /// Enlarged so many times, around its middle.
    #[must_use]
    pub fn zoomed(self, zoom: f64) -> Self {
        Self {
            zoom: zoom.clamp(1.0, MAX_ZOOM),
            ..self
        }
        .within()
    }

    fn within(self) -> Self {
        let half = self.side() / 2.0;
        // Rounding may put one limit below the other.
        let limit = |at: f64, length: f64| at.min(length - half).max(half);
        Self {
            x: limit(self.x, self.width),
            y: limit(self.y, self.height),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Crop, MAX_ZOOM};

    /// Left, top and side.
    fn shown(crop: Crop) -> String {
        let (left, top) = crop.corner();
        format!("{left} {top} {}", crop.side())
    }

    #[test]
    fn it_begins_as_the_largest_square_in_the_middle() {
        assert_eq!(shown(Crop::new(400.0, 200.0).unwrap()), "100 0 200");
        assert_eq!(shown(Crop::new(100.0, 300.0).unwrap()), "0 100 100");
        assert_eq!(Crop::new(0.0, 10.0), None);
    }

    #[test]
    fn it_stays_within_the_picture() {
        let crop = Crop::new(400.0, 200.0).unwrap();
        assert_eq!(shown(crop.moved(5.0, 5.0)), "200 0 200");
        assert_eq!(shown(crop.moved(-5.0, -5.0)), "0 0 200");
        let near = crop.zoomed(2.0);
        assert_eq!(shown(near), "150 50 100");
        let corner = near.moved(9.0, 9.0);
        assert_eq!(shown(corner), "300 100 100");
        // Farther away again, it does not look beyond the edge.
        assert_eq!(shown(corner.zoomed(1.0)), "200 0 200");
    }

    #[test]
    fn it_is_enlarged_within_limits() {
        let crop = Crop::new(80.0, 80.0).unwrap();
        assert!((crop.zoomed(0.2).zoom - 1.0).abs() < f64::EPSILON);
        assert!((crop.zoomed(99.0).zoom - MAX_ZOOM).abs() < f64::EPSILON);
    }
}
