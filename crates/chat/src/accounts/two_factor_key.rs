//! `TwoFactorKey`: encrypts the secrets of authenticator apps, so that a copy of the database gives no codes.

use crate::{Error, Result};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use model::UserId;
use sha2::{Digest, Sha256};

/// Made of the server's secret: every node with the same `JWT_SECRET` reads what another one has written.
pub(crate) struct TwoFactorKey([u8; 32]);

impl TwoFactorKey {
    pub fn derive(secret: &[u8]) -> Self {
        let mut hash = Sha256::new_with_prefix("parlance secrets of authenticator apps\0");
        hash.update(secret);
        Self(hash.finalize().into())
    }

    /// The nonce, and after it the secret with its tag. It is good for this user only.
    pub fn encrypt(&self, user_id: UserId, secret: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = secret.to_vec();
        let nonce = self
            .key()?
            .seal_in_place_append_tag(Aad::from(user_id.0.to_be_bytes()), &mut sealed)
            .map_err(Error::internal)?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// `None` where another key, or for another user, it was encrypted.
    pub fn decrypt(&self, user_id: UserId, encrypted: &[u8]) -> Result<Option<Vec<u8>>> {
        let Some((nonce, sealed)) = encrypted.split_first_chunk::<NONCE_LEN>() else {
            return Ok(None);
        };
        let (nonce, mut sealed) = (Nonce::assume_unique_for_key(*nonce), sealed.to_vec());
        let aad = Aad::from(user_id.0.to_be_bytes());
        let opened = self.key()?.open_in_place(nonce, aad, &mut sealed);
        Ok(opened.ok().map(|secret| secret.to_vec()))
    }

    fn key(&self) -> Result<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.0).map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::TwoFactorKey;
    use model::UserId;

    #[test]
    fn a_secret_is_read_with_its_key_for_its_user() {
        let (key, ada) = (TwoFactorKey::derive(b"secret"), UserId(1));
        let encrypted = key.encrypt(ada, b"words").unwrap();
        assert_eq!(
            key.decrypt(ada, &encrypted).unwrap().as_deref(),
            Some(&b"words"[..])
        );
        assert_ne!(encrypted, key.encrypt(ada, b"words").unwrap());
        assert!(!encrypted.windows(5).any(|it| it == b"words"));
        let other = TwoFactorKey::derive(b"another");
        assert_eq!(other.decrypt(ada, &encrypted).unwrap(), None);
        assert_eq!(key.decrypt(UserId(2), &encrypted).unwrap(), None);
        for length in 0..encrypted.len() {
            assert_eq!(key.decrypt(ada, &encrypted[..length]).unwrap(), None);
        }
    }
}
