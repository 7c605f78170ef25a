//! Members: who belongs to a conversation, and what each may do.

use crate::{Caller, Chat, Result};
use model::{ConversationId, Member, MemberRole, NewMembers, Page, PageRequest, UserId};

impl Chat {
    /// Owners first, then admins, then members, each in the order of joining.
    pub async fn members(
        &self,
        caller: &Caller,
        id: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Member>> {
        todo!()
    }
    /// Those who already are members stay as they are. Answers with all of the named.
    pub async fn add_members(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMembers,
    ) -> Result<Vec<Member>> {
        todo!()
    }
    pub async fn set_member_role(
        &self,
        caller: &Caller,
        id: ConversationId,
        user_id: UserId,
        role: MemberRole,
    ) -> Result<Member> {
        todo!()
    }
    pub async fn remove_member(
        &self,
        caller: &Caller,
        id: ConversationId,
        user_id: UserId,
    ) -> Result<()> {
        todo!()
    }
}
