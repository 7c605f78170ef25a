//! Pictures of people and conversations: their sizes and addresses.

use serde::{Deserialize, Serialize};

/// What the address of every picture of this server begins with. Any other address leads elsewhere.
const FOLDER: &str = "/pictures/";

/// The sizes in which a picture is kept, by the side of the square, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureSize {
    /// For rows: 40 CSS pixels on a screen with two for each.
    Small,
    /// For cards.
    Large,
}

impl PictureSize {
    /// In pixels.
    #[must_use]
    pub const fn side(self) -> u32 {
        match self {
            Self::Small => 96,
            Self::Large => 256,
        }
    }

    /// The name of the file of a size.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Small => "96.webp",
            Self::Large => "256.webp",
        }
    }

    #[must_use]
    pub fn of_file(name: &str) -> Option<Self> {
        let mut sizes = [Self::Small, Self::Large].into_iter();
        sizes.find(|it| it.file_name() == name)
    }
}

/// The address of a picture by its key.
#[must_use]
pub fn picture_url(key: &str, size: PictureSize) -> String {
    format!("{FOLDER}{key}/{}", size.file_name())
}

/// The address of the same picture in another size; `None` for one that is not on this server.
#[must_use]
pub fn picture_of_size(url: &str, size: PictureSize) -> Option<String> {
    let (key, _) = url.strip_prefix(FOLDER)?.split_once('/')?;
    Some(picture_url(key, size))
}

/// A picture that was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Picture {
    /// Its address, 256 pixels wide. With `96.webp` in the place of `256.webp` it is smaller.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "/pictures/gXc5oWbCz3mT8fG1nQ0aZw/256.webp")
    )]
    pub url: String,
}

#[cfg(test)]
mod tests {
    use super::{PictureSize, picture_of_size, picture_url};

    #[test]
    fn a_picture_has_an_address_for_each_size() {
        let large = picture_url("abc", PictureSize::Large);
        assert_eq!(large, "/pictures/abc/256.webp");
        let small = picture_of_size(&large, PictureSize::Small);
        assert_eq!(small.as_deref(), Some("/pictures/abc/96.webp"));
        assert_eq!(PictureSize::of_file("96.webp"), Some(PictureSize::Small));
        assert_eq!(PictureSize::of_file("97.webp"), None);
        for foreign in [
            "https://example.org/pictures/abc/256.webp",
            "//example.org/256.webp",
            "/uploads/1/x.png",
            "",
        ] {
            assert_eq!(picture_of_size(foreign, PictureSize::Small), None);
        }
    }
}
