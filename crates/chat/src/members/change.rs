//! Changes of membership: adding, joining, roles, removing, leaving.

use super::role::role_text;
use super::rows::{
    EndedMembership, count_owners, end_membership, find_successor, insert_members, load_members,
    load_role, require_no_bot, set_role,
};
use crate::{
    Caller, Chat, Delivery, Error, Result,
    audit::NewEntry,
    conversations::{LockedRow, MAX_MEMBERS_PER_REQUEST, lock, require_addable},
};
use model::{
    AuditAction, ConversationId, ConversationSummary, Event, Member, MemberRole, NewMembers, UserId,
};

/// How it is known that people want to be added.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// By their setting `addableBy`.
    BySetting,
    /// They have asked for it, or the operator has decided it.
    Given,
    /// The caller, who has used an invitation with this id, is the only one who is added: whoever has made it knows nothing
    /// of it.
    ByInvitation(i64, Caller),
}

impl Chat {
    /// Adds 1 to 500 users. Owners and admins only; nobody gives a role above their own. Users who
    /// are members already stay as they are. Returns the members of all these ids. `Conflict` for a bot that would be an
    /// owner.
    pub async fn add_members(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMembers,
    ) -> Result<Vec<Member>> {
        self.add(caller, id, new, Consent::BySetting).await
    }

    /// As `add_members`; whether people want it is told by `consent`.
    pub(crate) async fn add(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMembers,
        consent: Consent,
    ) -> Result<Vec<Member>> {
        if new.user_ids.is_empty() || new.user_ids.len() > MAX_MEMBERS_PER_REQUEST {
            return Err(Error::invalid("userIds", "must be 1 to 500"));
        }
        let people = new.user_ids.len();
        let turn = self.0.bulk_turns.wait(caller.user_id, people).await;
        self.with_conversation_lock(id, caller, async move |chat, caller| {
            let _turn = turn;
            let mut tx = chat.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            locked.require_variable_members()?;
            if locked.role < MemberRole::Admin {
                return Err(Error::Forbidden("Only owners and admins may add people."));
            }
            if new.role > locked.role {
                return Err(Error::Forbidden("Nobody can give a role above their own."));
            }
            if new.role == MemberRole::Owner {
                require_no_bot(&mut tx, &new.user_ids).await?;
            }
            if consent == Consent::BySetting {
                require_addable(&mut tx, &caller, Some(id), &new.user_ids).await?;
            }
            let added = insert_members(&mut tx, id, &new.user_ids, new.role).await?;
            chat.count_added(&caller, &locked, &added)?;
            let all = load_members(&mut tx, id, &new.user_ids).await?;
            let created = chat.created_deliveries(&mut tx, id, &added).await?;
            if let Some(entry) = added_entry(&caller, &added, consent) {
                let entry = entry.in_conversation(id);
                let entry = entry.with("role", role_text(new.role));
                entry.write(&mut *tx).await?;
            }
            tx.commit().await?;
            let all: Vec<_> = all
                .into_iter()
                .map(|(seq, it)| (seq, chat.member_with_presence(it)))
                .collect();
            chat.publish_added(id, &added, &all, created);
            chat.0.audience_sizes.invalidate(&id).await;
            Ok(all.into_iter().map(|(_, member)| member).collect())
        })
        .await
    }

    /// Makes the caller a member of a public channel; idempotent.
    pub async fn join_conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<ConversationSummary> {
        self.with_conversation_lock(id, caller, async move |chat, caller| {
            chat.0.limits.told.require(caller.user_id)?;
            let mut tx = chat.begin().await?;
            match lock(&mut tx, &caller, id).await {
                // A public channel that the caller has not joined.
                Err(Error::Forbidden(_)) => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    tx.rollback().await?;
                    return chat.conversation(&caller, id).await;
                }
            }
            let added = insert_members(&mut tx, id, &[caller.user_id], MemberRole::Member).await?;
            let member = load_members(&mut tx, id, &added).await?;
            let created = chat.created_deliveries(&mut tx, id, &added).await?;
            tx.commit().await?;
            let member: Vec<_> = member
                .into_iter()
                .map(|(seq, it)| (seq, chat.member_with_presence(it)))
                .collect();
            chat.publish_added(id, &added, &member, created);
            let summary = chat.conversation(&caller, id).await?;
            let people = summary.conversation.member_count;
            chat.0.limits.told.charge(caller.user_id, people);
            Ok(summary)
        })
        .await
    }

    /// Owners only. `Conflict` when the last owner would lose the role, and for a bot that would be an owner.
    pub async fn set_member_role(
        &self,
        caller: &Caller,
        id: ConversationId,
        user_id: UserId,
        role: MemberRole,
    ) -> Result<Member> {
        self.with_conversation_lock(id, caller, async move |chat, caller| {
            let mut tx = chat.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            locked.require_variable_members()?;
            let before = load_role(&mut tx, id, user_id).await?;
            if locked.role < MemberRole::Owner {
                return Err(Error::Forbidden("Only an owner may change roles."));
            }
            if before == MemberRole::Owner && role < before && count_owners(&mut tx, id).await? == 1
            {
                return Err(Error::Conflict("Make somebody else an owner first."));
            }
            if role == MemberRole::Owner && before != role {
                require_no_bot(&mut tx, &[user_id]).await?;
            }
            if before != role {
                let told = &chat.0.limits.told;
                told.take_change(caller.user_id, locked.member_count)?;
                set_role(&mut tx, id, user_id, role).await?;
                role_entry(&caller, id, user_id, role)
                    .write(&mut *tx)
                    .await?;
            }
            let (seq, member) = load_members(&mut tx, id, &[user_id])
                .await?
                .pop()
                .ok_or(Error::NotFound("member"))?;
            tx.commit().await?;
            let member = chat.member_with_presence(member);
            if before != role {
                chat.0.bus.publish(updated(id, seq, member.clone()));
            }
            Ok(member)
        })
        .await
    }

    /// Makes a member the owner in the caller's place, who becomes an admin. Owners only. Returns the
    /// new owner. `Conflict` for a bot.
    pub async fn transfer_ownership(
        &self,
        caller: &Caller,
        id: ConversationId,
        user_id: UserId,
    ) -> Result<Member> {
        self.with_conversation_lock(id, caller, async move |chat, caller| {
            let mut tx = chat.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            locked.require_variable_members()?;
            let before = load_role(&mut tx, id, user_id).await?;
            if locked.role < MemberRole::Owner {
                return Err(Error::Forbidden("Only an owner may change roles."));
            }
            if user_id != caller.user_id {
                require_no_bot(&mut tx, &[user_id]).await?;
            }
            let told = &chat.0.limits.told;
            told.take_change(caller.user_id, locked.member_count.saturating_mul(2))?;
            let mut changed = Vec::new();
            if before != MemberRole::Owner {
                set_role(&mut tx, id, user_id, MemberRole::Owner).await?;
                changed.push(user_id);
                role_entry(&caller, id, user_id, MemberRole::Owner)
                    .write(&mut *tx)
                    .await?;
            }
            if user_id != caller.user_id {
                set_role(&mut tx, id, caller.user_id, MemberRole::Admin).await?;
                changed.push(caller.user_id);
            }
            let mut updates = load_members(&mut tx, id, &changed).await?;
            let owner = load_members(&mut tx, id, &[user_id]).await?.pop();
            tx.commit().await?;
            updates.sort_by_key(|(seq, _)| *seq);
            let updates = updates
                .into_iter()
                .map(|(seq, member)| updated(id, seq, chat.member_with_presence(member)));
            chat.0.bus.publish_all(updates.collect());
            let (_, owner) = owner.ok_or(Error::NotFound("member"))?;
            Ok(chat.member_with_presence(owner))
        })
        .await
    }

    /// Removes a member, who gets no event of the conversation from then on. Owners remove anybody,
    /// admins remove members. The caller's own id means leaving.
    pub async fn remove_member(
        &self,
        caller: &Caller,
        id: ConversationId,
        user_id: UserId,
    ) -> Result<()> {
        if user_id == caller.user_id {
            return self.leave_conversation(caller, id).await;
        }
        self.with_conversation_lock(id, caller, async move |chat, caller| {
            let mut tx = chat.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            locked.require_variable_members()?;
            let theirs = load_role(&mut tx, id, user_id).await?;
            if locked.role < MemberRole::Admin {
                return Err(Error::Forbidden(
                    "Only owners and admins may remove people.",
                ));
            }
            if theirs >= locked.role && locked.role < MemberRole::Owner {
                return Err(Error::Forbidden("Admins can only remove ordinary members."));
            }
            let told = &chat.0.limits.told;
            told.take_change(caller.user_id, locked.member_count)?;
            let ended = end_membership(&mut tx, id, user_id, true).await?;
            NewEntry::by(&caller, AuditAction::MemberRemoved)
                .on(user_id)
                .in_conversation(id)
                .write(&mut *tx)
                .await?;
            tx.commit().await?;
            chat.publish_removed(id, &ended, user_id, Vec::new());
            Ok(())
        })
        .await
    }

    /// Ends the caller's membership. When the last owner leaves, the admin who joined first becomes
    /// one, or else the member who did.
    pub async fn leave_conversation(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        self.end_own_membership(caller, id, true).await
    }

    /// The same for somebody whose account was deleted, whom no limit keeps.
    pub(crate) async fn leave_uncounted(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        self.end_own_membership(caller, id, false).await
    }

    async fn end_own_membership(
        &self,
        caller: &Caller,
        id: ConversationId,
        is_counted: bool,
    ) -> Result<()> {
        self.with_conversation_lock(id, caller, async move |chat, caller| {
            let mut tx = chat.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            locked.require_variable_members()?;
            let ended = end_membership(&mut tx, id, caller.user_id, false).await?;
            // Nobody is kept in a conversation by a limit of calls.
            if is_counted {
                let told = &chat.0.limits.told;
                told.take(caller.user_id, locked.member_count)?;
            }
            let successor = if count_owners(&mut tx, id).await? == 0 {
                find_successor(&mut tx, id).await?
            } else {
                None
            };
            let mut promoted = Vec::new();
            if let Some(successor) = successor {
                set_role(&mut tx, id, successor, MemberRole::Owner).await?;
                promoted = load_members(&mut tx, id, &[successor]).await?;
            }
            tx.commit().await?;
            let promoted = promoted
                .into_iter()
                .map(|(seq, member)| updated(id, seq, chat.member_with_presence(member)));
            chat.publish_removed(id, &ended, caller.user_id, promoted.collect());
            Ok(())
        })
        .await
    }

    /// Counts the users who became members: each of them is told to all, and to themselves.
    fn count_added(&self, caller: &Caller, locked: &LockedRow, added: &[UserId]) -> Result<()> {
        if added.is_empty() {
            return Ok(());
        }
        let new = i64::try_from(added.len()).unwrap_or(i64::MAX);
        let people = locked.member_count.saturating_add(new + 1);
        let told = &self.0.limits.told;
        told.require(caller.user_id)?;
        told.take_invitations(caller.user_id, added)?;
        told.take_change(caller.user_id, people.saturating_mul(new))
    }

    fn publish_added(
        &self,
        id: ConversationId,
        added: &[UserId],
        members: &[(i64, Member)],
        created: Vec<Delivery>,
    ) {
        let mut deliveries = vec![Delivery::Subscribe {
            conversation_id: id,
            user_ids: added.to_vec(),
        }];
        for (seq, member) in members.iter().filter(|(_, it)| added.contains(&it.user.id)) {
            let event = Event::MemberAdded {
                conversation_id: id,
                seq: *seq,
                member: member.clone(),
            };
            deliveries.push(Delivery::to_conversation(id, event));
        }
        deliveries.extend(created);
        self.0.bus.publish_all(deliveries);
    }

    /// Unsubscribes first: the removed user gets `ConversationRemoved`, and nothing after it.
    fn publish_removed(
        &self,
        id: ConversationId,
        ended: &EndedMembership,
        user_id: UserId,
        promoted: Vec<Delivery>,
    ) {
        self.stop_typing_in(id, user_id);
        let seq = ended.seq;
        let left = Event::ConversationRemoved {
            conversation_id: id,
            seq,
        };
        let removed = Event::MemberRemoved {
            conversation_id: id,
            seq,
            user_id,
        };
        let mut deliveries = vec![
            Delivery::Unsubscribe {
                conversation_id: id,
                user_ids: vec![user_id],
            },
            Delivery::to_user(user_id, left),
            Delivery::to_conversation(id, removed),
        ];
        deliveries.extend(promoted);
        self.0.bus.publish_all(deliveries);
        if let Some(seq) = ended.unmuted_seq {
            self.publish_ended_mute(user_id, id, seq);
        }
    }
}

/// `None` where nobody was added.
fn added_entry(caller: &Caller, added: &[UserId], consent: Consent) -> Option<NewEntry> {
    let [first, rest @ ..] = added else {
        return None;
    };
    if let Consent::ByInvitation(id, joined) = consent {
        let entry = NewEntry::by(&joined, AuditAction::MemberAdded);
        return Some(entry.with("invitation", id));
    }
    let entry = NewEntry::by(caller, AuditAction::MemberAdded).with("members", added.len());
    Some(if rest.is_empty() {
        entry.on(*first)
    } else {
        entry
    })
}

fn role_entry(caller: &Caller, id: ConversationId, user_id: UserId, role: MemberRole) -> NewEntry {
    NewEntry::by(caller, AuditAction::MemberRoleChanged)
        .on(user_id)
        .in_conversation(id)
        .with("role", role_text(role))
}

fn updated(id: ConversationId, seq: i64, member: Member) -> Delivery {
    let event = Event::MemberUpdated {
        conversation_id: id,
        seq,
        member,
    };
    Delivery::to_conversation(id, event)
}
