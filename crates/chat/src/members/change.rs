//! Changing who belongs: added, joined, promoted, removed, gone.

use super::rows::{end, heir, insert, load_members, owners, role_in, set_role};
use crate::{
    Caller, Chat, Delivery, Error, Result,
    conversations::{Locked, MOST_AT_ONCE, lock},
};
use model::{
    ConversationId, ConversationKind, ConversationSummary, Event, Member, MemberRole, NewMembers,
    UserId,
};

impl Chat {
    /// By owners and admins. Those who already are members stay as they are. Answers with all of
    /// the named.
    pub async fn add_members(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMembers,
    ) -> Result<Vec<Member>> {
        if new.user_ids.is_empty() || new.user_ids.len() > MOST_AT_ONCE {
            return Err(Error::invalid("userIds", "must be 1 to 500"));
        }
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            no_direct(&locked)?;
            if locked.role < MemberRole::Admin {
                return Err(Error::Forbidden("Only owners and admins may add people."));
            }
            if new.role > locked.role {
                return Err(Error::Forbidden("Nobody can give a role above their own."));
            }
            let added = insert(&mut tx, id, &new.user_ids, new.role).await?;
            let all = load_members(&mut tx, id, &new.user_ids).await?;
            let created = chat.created_for(&mut tx, id, &added).await?;
            tx.commit().await?;
            let all: Vec<_> = all
                .into_iter()
                .map(|(seq, it)| (seq, chat.present(it)))
                .collect();
            chat.tell_added(id, &added, &all, created);
            Ok(all.into_iter().map(|(_, member)| member).collect())
        })
        .await
    }

    /// Becomes a member of a public channel; harmless when already one.
    pub async fn join_conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<ConversationSummary> {
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            match lock(&mut tx, &caller, id).await {
                // Not a member of what anybody may join.
                Err(Error::Forbidden(_)) => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    tx.rollback().await?;
                    return chat.conversation(&caller, id).await;
                }
            }
            let added = insert(&mut tx, id, &[caller.user_id], MemberRole::Member).await?;
            let member = load_members(&mut tx, id, &added).await?;
            let created = chat.created_for(&mut tx, id, &added).await?;
            tx.commit().await?;
            let member: Vec<_> = member
                .into_iter()
                .map(|(seq, it)| (seq, chat.present(it)))
                .collect();
            chat.tell_added(id, &added, &member, created);
            chat.conversation(&caller, id).await
        })
        .await
    }

    /// Owners only. The last owner stays one.
    pub async fn set_member_role(
        &self,
        caller: &Caller,
        id: ConversationId,
        user_id: UserId,
        role: MemberRole,
    ) -> Result<Member> {
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            no_direct(&locked)?;
            let before = role_in(&mut tx, id, user_id).await?;
            if locked.role < MemberRole::Owner {
                return Err(Error::Forbidden("Only an owner may change roles."));
            }
            if before == MemberRole::Owner && role < before && owners(&mut tx, id).await? == 1 {
                return Err(Error::Conflict("Make somebody else an owner first."));
            }
            if before != role {
                set_role(&mut tx, id, user_id, role).await?;
            }
            let (seq, member) = load_members(&mut tx, id, &[user_id])
                .await?
                .pop()
                .ok_or(Error::NotFound("member"))?;
            tx.commit().await?;
            let member = chat.present(member);
            if before != role {
                chat.0.events.publish(updated(id, seq, member.clone()));
            }
            Ok(member)
        })
        .await
    }

    /// By owners and admins, of those below them; they hear nothing more from that moment on.
    pub async fn remove_member(
        &self,
        caller: &Caller,
        id: ConversationId,
        user_id: UserId,
    ) -> Result<()> {
        if user_id == caller.user_id {
            return self.leave_conversation(caller, id).await;
        }
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            no_direct(&locked)?;
            let theirs = role_in(&mut tx, id, user_id).await?;
            if locked.role < MemberRole::Admin {
                return Err(Error::Forbidden(
                    "Only owners and admins may remove people.",
                ));
            }
            if theirs >= locked.role && locked.role < MemberRole::Owner {
                return Err(Error::Forbidden("Admins can only remove ordinary members."));
            }
            let seq = end(&mut tx, id, user_id).await?;
            tx.commit().await?;
            chat.tell_removed(id, seq, user_id, Vec::new());
            Ok(())
        })
        .await
    }

    /// When the last owner leaves, the admin or member who has been there longest becomes one.
    pub async fn leave_conversation(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            no_direct(&locked)?;
            let seq = end(&mut tx, id, caller.user_id).await?;
            let heir = if owners(&mut tx, id).await? == 0 {
                heir(&mut tx, id).await?
            } else {
                None
            };
            let mut promoted = Vec::new();
            if let Some(heir) = heir {
                set_role(&mut tx, id, heir, MemberRole::Owner).await?;
                promoted = load_members(&mut tx, id, &[heir]).await?;
            }
            tx.commit().await?;
            let promoted = promoted
                .into_iter()
                .map(|(seq, member)| updated(id, seq, chat.present(member)));
            chat.tell_removed(id, seq, caller.user_id, promoted.collect());
            Ok(())
        })
        .await
    }

    fn tell_added(
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
        self.0.events.publish_all(deliveries);
    }

    /// The eviction comes first: the one who is gone hears of it, and then nothing more.
    fn tell_removed(&self, id: ConversationId, seq: i64, user_id: UserId, promoted: Vec<Delivery>) {
        self.stop_typing(id, user_id);
        let lost = Event::ConversationRemoved {
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
            Delivery::to_user(user_id, lost),
            Delivery::to_conversation(id, removed),
        ];
        deliveries.extend(promoted);
        self.0.events.publish_all(deliveries);
    }
}

fn updated(id: ConversationId, seq: i64, member: Member) -> Delivery {
    let event = Event::MemberUpdated {
        conversation_id: id,
        seq,
        member,
    };
    Delivery::to_conversation(id, event)
}

fn no_direct(locked: &Locked) -> Result<()> {
    match locked.kind {
        ConversationKind::Direct => Err(Error::Forbidden(
            "A direct conversation is between its two people.",
        )),
        _ => Ok(()),
    }
}
