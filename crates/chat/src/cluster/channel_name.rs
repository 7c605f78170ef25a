//! The name of a chat in Redis: several chats may share one Redis without receiving each other.

use crate::{chat::Chat, error::Result};
use sha2::{Digest, Sha256};
use std::fmt::Write;

impl Chat {
    /// `parlance:` and 16 hexadecimal digits: a hash of the identity of the database cluster and
    /// the name of the database. All nodes of a chat have the same, and no other chat does.
    pub(super) async fn channel_name(&self) -> Result<String> {
        let row = sqlx::query!(
            r#"select current_database()::text as "name!", system_identifier::text as "cluster!"
            from pg_control_system()"#
        )
        .fetch_one(&self.0.db)
        .await?;
        let digest = Sha256::digest(format!("{}\n{}", row.cluster, row.name));
        let mut name = "parlance:".to_owned();
        for byte in &digest[..8] {
            // Writing to a string cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        Ok(name)
    }
}
