//! The keys that sign and verify access tokens.

/// Whose ids the tokens carry that somebody else made with our keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subjects {
    /// Ids of Parlance; an unknown one is refused.
    #[default]
    Ours,
    /// Another system's: looked up by issuer and subject, created on first sight.
    Foreign,
}

/// An RS256 pair, in PEM.
#[derive(Clone)]
pub struct Rs256 {
    pub private_pem: Vec<u8>,
    pub public_pem: Vec<u8>,
}

/// Each key verifies its own algorithm only; the RS256 pair, where there is one, signs.
#[derive(Clone)]
pub struct Keys {}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    pub fn new(secret: &[u8], rs256: Option<&Rs256>, subjects: Subjects) -> crate::Result<Self> {
        todo!()
    }
}
