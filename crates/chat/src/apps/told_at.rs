//! `ToldAt`: when an app said something about a user, by which a newer token is told from an older one.

/// When an app said something, in seconds. Times of the two kinds cannot be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToldAt {
    /// The token's `iat`.
    Issued(i64),
    /// The `exp` of a token without `iat`: it grows with the time of tokens that live equally long.
    Expires(i64),
    #[default]
    Unknown,
}

impl ToldAt {
    /// The column `told_at`.
    pub fn issued(self) -> Option<i64> {
        match self {
            Self::Issued(at) => Some(at),
            Self::Expires(_) | Self::Unknown => None,
        }
    }

    /// The column `told_exp`.
    pub fn expires(self) -> Option<i64> {
        match self {
            Self::Expires(at) => Some(at),
            Self::Issued(_) | Self::Unknown => None,
        }
    }
}
