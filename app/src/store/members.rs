//! The members of a conversation, and the read and delivered position of each.

use super::{changes::Key, chat_store::ChatStore, conversation::ConversationState, map::Map};
use model::{ConversationId, Member, Presence, User, UserId};
use std::cmp::Reverse;

impl ChatStore {
    /// Owners first, then admins, then members, each in the order of joining. `None` before they have
    /// been loaded.
    pub fn members(&self, id: ConversationId) -> Option<Vec<&Member>> {
        let members = self.conversations.get(&id)?.members.as_ref()?.values();
        let by_rank = members.map(|member| {
            let rank = (Reverse(member.role), member.joined_at, member.user.id);
            (rank, member)
        });
        Some(by_rank.collect::<Map<_, _>>().into_values().collect())
    }

    /// A member who has been loaded.
    pub fn member(&self, id: ConversationId, user_id: UserId) -> Option<&Member> {
        let members = self.conversations.get(&id)?.members.as_ref()?;
        members.get(&user_id)
    }

    /// Whether all members of a conversation have been loaded.
    pub fn knows_all_members(&self, id: ConversationId) -> bool {
        let conversation = self.conversations.get(&id);
        conversation.is_some_and(ConversationState::knows_all_members)
    }

    /// Adds members that were just read. Positions that receipts have advanced are kept.
    pub fn add_members(&mut self, id: ConversationId, members: Vec<Member>) {
        if !self.conversations.contains(&id) {
            return;
        }
        for member in &members {
            self.learn_presence(&member.user);
        }
        self.change_conversation(id, |conversation| conversation.add_members(members));
    }

    /// Takes the presence that a user was read with, unless one is known.
    pub(super) fn learn_presence(&mut self, user: &User) {
        if !self.presence.contains(&user.id) {
            self.presence.insert(user.id, presence_of(user));
            self.changes.add(Key::Presence(user.id));
        }
    }
}

fn presence_of(user: &User) -> Presence {
    Presence {
        user_id: user.id,
        status: user.presence,
        last_seen_at: user.last_seen_at,
    }
}

impl ConversationState {
    fn add_members(&mut self, members: Vec<Member>) {
        let known = self.members.get_or_insert_default();
        for mut member in members {
            let received = self.receipts.remove(&member.user.id);
            let before = known.get(&member.user.id);
            let (read, delivered) = before.map(positions).or(received).unwrap_or_default();
            advance(&mut member, read, delivered);
            known.insert(member.user.id, member);
        }
        self.members_changed();
    }

    fn members_changed(&mut self) {
        self.changed(Key::Members);
        self.changed(Key::Receipts);
    }

    /// Applies a new membership; the positions of an earlier one do not count.
    pub(super) fn add_member(&mut self, seq: i64, member: Member, me: UserId) {
        self.set_role(&member, me);
        let counted = self.knows_all_members();
        self.receipts.remove(&member.user.id);
        let known = self.members.as_mut();
        let before = known.and_then(|members| members.insert(member.user.id, member));
        self.members_changed();
        self.count_members(seq, counted, i64::from(before.is_none()));
    }

    fn set_role(&mut self, member: &Member, me: UserId) {
        if member.user.id == me {
            self.summary.role = Some(member.role);
            self.changed(Key::Head);
            self.changes.add(Key::Order);
        }
    }

    pub(super) fn update_member(&mut self, member: Member, me: UserId) {
        self.set_role(&member, me);
        if self.members.is_some() {
            self.add_members(vec![member]);
        }
    }

    pub(super) fn drop_member(&mut self, seq: i64, user_id: UserId) {
        let counted = self.knows_all_members();
        self.end_typing(user_id);
        self.receipts.remove(&user_id);
        self.members_changed();
        if let Some(members) = &mut self.members {
            members.remove(&user_id);
        }
        self.count_members(seq, counted, -1);
    }

    /// Whether all members have been loaded.
    pub(super) fn knows_all_members(&self) -> bool {
        let known = self.members.as_ref().map(Map::len);
        known.and_then(|known| i64::try_from(known).ok())
            == Some(self.summary.conversation.member_count)
    }

    /// Corrects the number of members, unless the summary already includes the change of this `seq`.
    fn count_members(&mut self, seq: i64, counted: bool, difference: i64) {
        let conversation = &mut self.summary.conversation;
        if seq <= conversation.seq {
            return;
        }
        conversation.member_count = match &self.members {
            Some(members) if counted => i64::try_from(members.len()).unwrap_or(i64::MAX),
            _ => (conversation.member_count + difference).max(0),
        };
    }

    /// Advances the positions of a member; they only grow.
    pub(super) fn advance(&mut self, user_id: UserId, read: i64, delivered: i64, me: UserId) {
        if user_id == me && self.summary.read_position < read {
            self.summary.read_position = read;
            self.changed(Key::Head);
            self.recount();
        }
        let Some(members) = &mut self.members else {
            let received = self.receipts.get_or_insert(user_id, (0, 0));
            *received = (received.0.max(read), received.1.max(delivered));
            return;
        };
        if let Some(member) = members.get_mut(&user_id)
            && (member.read_position < read || member.delivered_position < delivered)
        {
            advance(member, read, delivered);
            self.changed(Key::Receipts);
        }
    }

    pub(super) fn name_of(&self, user_id: UserId) -> Option<&str> {
        let member = self.members.as_ref().and_then(|all| all.get(&user_id));
        let peer = self.summary.peer.as_ref().filter(|peer| peer.id == user_id);
        member
            .map(|member| &member.user)
            .or(peer)
            .map(|user| user.name.as_str())
    }
}

fn positions(member: &Member) -> (i64, i64) {
    (member.read_position, member.delivered_position)
}

fn advance(member: &mut Member, read: i64, delivered: i64) {
    member.read_position = member.read_position.max(read);
    member.delivered_position = member.delivered_position.max(delivered);
}
