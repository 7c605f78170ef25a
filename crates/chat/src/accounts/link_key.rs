//! `LinkKey`: makes the secrets of links in mails of random values that the database has, so that a copy of the database
//! opens no link.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Made of the server's secret: every node with the same `JWT_SECRET` makes the same link.
pub(crate) struct LinkKey(Key);

impl LinkKey {
    pub fn derive(secret: &[u8]) -> Self {
        let mut hash = Sha256::new_with_prefix("parlance links in mails\0");
        hash.update(secret);
        let key: [u8; 32] = hash.finalize().into();
        Self(Key::new(HMAC_SHA256, &key))
    }

    /// As long and as hard to guess as any other secret of a link.
    pub fn secret(&self, nonce: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(sign(&self.0, nonce).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::LinkKey;

    #[test]
    fn a_link_is_the_same_with_the_same_key_only() {
        let key = LinkKey::derive(b"secret");
        let secret = key.secret(&[1; 32]);
        assert_eq!(secret.len(), 43);
        assert_eq!(secret, LinkKey::derive(b"secret").secret(&[1; 32]));
        assert_ne!(secret, key.secret(&[2; 32]));
        assert_ne!(secret, LinkKey::derive(b"another").secret(&[1; 32]));
    }
}
