//! Synchronisation: what a client has missed, from the change feeds of its conversations.

mod feed;
mod missed;

use crate::{
    Caller, Chat, Error, Result,
    cluster::{Membership, MembershipSnapshot},
    page,
    presence::choice::parse_choice,
};
use model::{
    Changes, ConversationId, ConversationSummary, Event, MAX_READY_CONVERSATIONS, Sync, SyncRequest,
};
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet};

/// Changes of one conversation in an answer to `sync`. With more, `has_more` is set.
const CHANGES_PER_CONVERSATION: i64 = 100;

/// Conversations whose changes are in an answer to `sync`. With more, `has_more` is set.
const CONVERSATIONS_PER_SYNC: usize = 20;

/// The largest `seq` that a request may name: the largest whole number that every client can have.
const MAX_KNOWN_SEQ: i64 = (1 << 53) - 1;

impl Chat {
    /// `Event::Ready`, the state that a client gets when it has connected: with the newest
    /// `MAX_READY_CONVERSATIONS` conversations. `sync` has the others.
    pub async fn ready(&self, caller: &Caller) -> Result<Event> {
        let user = self.account(caller).await?;
        let conversations = self.newest_conversations(caller).await?;
        let presence = self.presence_of_peers(caller).await?;
        Ok(Event::Ready {
            user,
            conversations,
            presence,
        })
    }

    /// The conversations of a caller who is about to connect. In a cluster, this node receives the
    /// changes of these conversations from now on.
    pub async fn memberships(&self, caller: &Caller) -> Result<Vec<ConversationId>> {
        let user_id = caller.user_id;
        let cluster = self.0.bus.cluster();
        let pending = cluster.map(|it| it.begin_subscribe(user_id));
        let rows = sqlx::query!(
            r#"select u.presence_choice, c.id as "id?", c.seq as "seq?",
                coalesce(joined.joined_seq, 0) as "joined_seq!"
            from users u left join memberships m on m.user_id = u.id and m.left_at is null
            left join conversations c on c.id = m.conversation_id
            left join members joined
                on joined.conversation_id = m.conversation_id and joined.user_id = u.id
            where u.id = $1"#,
            user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        if let Some(row) = rows.first() {
            let choice = parse_choice(&row.presence_choice);
            self.0.presence.cache_choice(user_id, choice);
        }
        let rows = rows.into_iter();
        let memberships: MembershipSnapshot = rows
            .filter_map(|row| {
                Some(Membership {
                    conversation_id: ConversationId(row.id?),
                    joined_seq: row.joined_seq,
                    seq: row.seq?,
                })
            })
            .collect();
        if let Some(pending) = pending {
            pending.complete(&memberships);
        }
        Ok(memberships
            .into_iter()
            .map(|it| it.conversation_id)
            .collect())
    }

    /// The changes of one conversation after a `seq`, in order, each changed row once. At most
    /// `limit` (1 to 100, 50 by default). For callers who may see the conversation.
    pub async fn changes(
        &self,
        caller: &Caller,
        id: ConversationId,
        after: i64,
        limit: Option<i64>,
    ) -> Result<Changes> {
        self.require_visible(caller, id).await?;
        let limit = page::limit(limit)?;
        let (changes, has_more) = self
            .feed(&[(id, after)], limit)
            .await?
            .remove(&id)
            .unwrap_or_default();
        Ok(Changes {
            items: changes,
            has_more,
        })
    }

    /// The changes of all of the caller's conversations after the `seq`s that the client knows, at
    /// most 10,000. A conversation that the request does not name comes as `ConversationCreated`,
    /// one that the caller is no longer a member of as `ConversationRemoved`.
    pub async fn sync(&self, caller: &Caller, request: SyncRequest) -> Result<Sync> {
        if request.conversations.len() > 10_000 {
            return Err(Error::invalid("conversations", "must be at most 10000"));
        }
        if let Some((id, _)) = request
            .conversations
            .iter()
            .find(|(_, seq)| !(0..=MAX_KNOWN_SEQ).contains(*seq))
        {
            return Err(Error::invalid(
                format!("conversations.{id}"),
                "must be from 0 to 9007199254740991",
            ));
        }
        let missed = self.missed(caller, &request).await?;
        let known = request.conversations;
        let named: Vec<_> = known.keys().map(|id| id.0).collect();
        let mine = self.conversation_seqs(caller, &named).await?;
        let ids: BTreeSet<_> = mine.iter().map(|(id, _)| *id).collect();
        let lost = self.lost_conversations(caller, &known, &ids).await?;
        let mut items: Vec<_> = lost
            .into_iter()
            .map(|(conversation_id, seq)| Event::ConversationRemoved {
                conversation_id,
                seq,
            })
            .collect();

        let (mut behind, mut new) = (Vec::new(), Vec::new());
        for (id, seq) in mine {
            match known.get(&id) {
                Some(after) if *after < seq => behind.push((id, *after)),
                Some(_) => {}
                None => new.push(id.0),
            }
        }
        let mut has_more =
            behind.len() > CONVERSATIONS_PER_SYNC || new.len() > MAX_READY_CONVERSATIONS;
        behind.truncate(CONVERSATIONS_PER_SYNC);
        new.truncate(MAX_READY_CONVERSATIONS);
        let new = self.member_summaries(caller, &new).await?;
        items.extend(new.into_iter().map(|summary| Event::ConversationCreated {
            conversation_id: summary.conversation.id,
            seq: summary.conversation.seq,
            conversation: summary,
        }));
        for (changes, more) in self
            .feed(&behind, CHANGES_PER_CONVERSATION)
            .await?
            .into_values()
        {
            items.extend(changes);
            has_more |= more;
        }
        Ok(Sync {
            items,
            has_more,
            ..missed
        })
    }

    /// All conversations of the caller with their `seq`, the one with the newest message first. The
    /// announcements are among them once there is one, or when they are `named`.
    async fn conversation_seqs(
        &self,
        caller: &Caller,
        named: &[i64],
    ) -> Result<Vec<(ConversationId, i64)>> {
        let rows = sqlx::query!(
            "select c.id, c.seq from memberships m join conversations c on c.id = m.conversation_id
            left join messages last on last.conversation_id = c.id and last.position = c.position
            where m.user_id = $1 and m.left_at is null
                and (c.id <> 0 or c.position > 0 or c.id = any($2))
            order by coalesce(last.created_at, c.created_at) desc, c.id desc",
            caller.user_id.0,
            named
        )
        .fetch_all(&self.0.db)
        .await?;
        let rows = rows.into_iter();
        Ok(rows.map(|row| (ConversationId(row.id), row.seq)).collect())
    }

    /// The newest `MAX_READY_CONVERSATIONS` conversations of the caller, the one with the newest message
    /// first.
    async fn newest_conversations(&self, caller: &Caller) -> Result<Vec<ConversationSummary>> {
        let mut ids: Vec<_> = self.conversation_seqs(caller, &[]).await?;
        ids.truncate(MAX_READY_CONVERSATIONS);
        let ids: Vec<_> = ids.into_iter().map(|(id, _)| id.0).collect();
        self.member_summaries(caller, &ids).await
    }

    /// Those of the conversations that the caller is a member of, the one with the newest message first.
    async fn member_summaries(
        &self,
        caller: &Caller,
        ids: &[i64],
    ) -> Result<Vec<ConversationSummary>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let summaries = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and role is not null and id = any($2)
            order by active_at desc, id desc"#,
            caller.user_id.0,
            ids
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(self.complete_summaries(summaries))
    }

    /// The conversations that the client knows and the caller is no longer a member of, each with
    /// the
    /// `seq` at which that ended. A deleted one gets the `seq` after the known one.
    async fn lost_conversations(
        &self,
        caller: &Caller,
        known: &BTreeMap<ConversationId, i64>,
        mine: &BTreeSet<ConversationId>,
    ) -> Result<Vec<(ConversationId, i64)>> {
        let missing: Vec<_> = known
            .keys()
            .filter(|id| !mine.contains(id))
            .map(|id| id.0)
            .collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let left = sqlx::query!(
            "select conversation_id, seq from members
            where user_id = $1 and conversation_id = any($2)",
            caller.user_id.0,
            &missing
        )
        .fetch_all(&self.0.db)
        .await?;
        let left: BTreeMap<_, _> = left
            .into_iter()
            .map(|row| (row.conversation_id, row.seq))
            .collect();
        let lost = missing.into_iter().map(|id| {
            let seq = left
                .get(&id)
                .copied()
                .unwrap_or_else(|| known[&ConversationId(id)] + 1);
            (ConversationId(id), seq)
        });
        Ok(lost.collect())
    }
}
