//! Users, as others find them.

use crate::{Caller, Chat, Result};
use model::{Page, PageRequest, User, UserId};

impl Chat {
    /// Users whose username or name contains the query, in the order of their usernames.
    pub async fn users(
        &self,
        caller: &Caller,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<User>> {
        todo!()
    }
    pub async fn user(&self, caller: &Caller, id: UserId) -> Result<User> {
        todo!()
    }
}
