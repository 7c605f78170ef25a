//! What a token is to be, once it is checked; and its secret.

use crate::{Error, Result, accounts::secrets::hash_secret, accounts::secrets::new_secret, text};
use model::{NewApiToken, Scope};

/// Conversations that one token may be limited to.
const MAX_CONVERSATIONS: usize = 50;

/// Days for which a token is valid at most.
const MAX_DAYS: i32 = 365;

/// Whose token it is. Its secret begins with the prefix, by which people and scanners of repositories know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Personal,
    Bot,
}

impl TokenKind {
    pub const ALL: [Self; 2] = [Self::Personal, Self::Bot];

    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Personal => "parlance_pat_",
            Self::Bot => "parlance_bot_",
        }
    }

    /// A secret of 256 random bits, and the hash by which the database knows all of it, prefix included.
    pub fn new_secret(self) -> (String, [u8; 32]) {
        let secret = format!("{}{}", self.prefix(), new_secret().0);
        let hash = hash_secret(&secret);
        (secret, hash)
    }
}

pub struct ValidToken {
    pub name: String,
    /// Each once.
    pub scopes: Vec<Scope>,
    /// Each once.
    pub conversation_ids: Option<Vec<i64>>,
    pub days: i32,
}

impl ValidToken {
    pub fn read(new: NewApiToken) -> Result<Self> {
        let name = text::name(&new.name)?;
        let mut scopes = new.scopes;
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(Error::invalid("scopes", "must have at least one"));
        }
        if !(1..=MAX_DAYS).contains(&new.expires_in_days) {
            return Err(Error::invalid("expiresInDays", "must be 1 to 365"));
        }
        let conversation_ids = new.conversation_ids.map(|ids| {
            let mut ids: Vec<_> = ids.into_iter().map(|id| id.0).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        });
        if let Some(ids) = &conversation_ids
            && !(1..=MAX_CONVERSATIONS).contains(&ids.len())
        {
            return Err(Error::invalid("conversationIds", "must have 1 to 50"));
        }
        Ok(Self {
            name,
            scopes,
            conversation_ids,
            days: new.expires_in_days,
        })
    }
}
