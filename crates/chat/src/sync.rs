//! What a client missed: the change feed of a conversation, and of all of them.

mod feed;

use crate::{Caller, Chat, Error, Result, events::sequence::Reading, page, presence::choice_of};
use model::{Changes, ConversationId, ConversationSummary, Event, Sync, SyncRequest};
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet};

/// Changes of one conversation in one answer to a `sync`.
const CHANGES_PER_CONVERSATION: i64 = 100;

/// Conversations that one answer to a `sync` brings up to date.
const CONVERSATIONS_PER_SYNC: usize = 20;

impl Chat {
    /// Where everything stands, for a client that has just connected: `Event::Ready`.
    pub async fn ready(&self, caller: &Caller) -> Result<Event> {
        let user = self.account(caller).await?;
        let conversations = self.heads(caller).await?;
        let presence = self.presence_of_peers(caller).await?;
        Ok(Event::Ready {
            user,
            conversations,
            presence,
        })
    }

    /// The conversations that the caller is a member of, for whoever is about to connect: among
    /// many nodes, this one hears of them from now on.
    pub async fn memberships(&self, caller: &Caller) -> Result<Vec<ConversationId>> {
        let user_id = caller.user_id;
        let nodes = self.0.events.nodes();
        if let Some(nodes) = nodes {
            nodes.expect(user_id);
        }
        let rows = sqlx::query!(
            r#"select u.presence_choice, c.id as "id?", c.seq as "seq?"
            from users u left join members m on m.user_id = u.id and m.left_at is null
            left join conversations c on c.id = m.conversation_id
            where u.id = $1"#,
            user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        if let Some(row) = rows.first() {
            let choice = choice_of(&row.presence_choice);
            self.0.presence.expect(user_id, choice);
        }
        let rows = rows.into_iter();
        let reading: Reading = rows
            .filter_map(|row| Some((ConversationId(row.id?), row.seq?)))
            .collect();
        if let Some(nodes) = nodes {
            nodes.enter(user_id, &reading);
        }
        Ok(reading.into_iter().map(|(id, _)| id).collect())
    }

    /// All that changed in one conversation after a seq, in order, each thing once.
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

    /// All that changed anywhere since the client's seqs; conversations that it does not name come
    /// as `ConversationCreated`, those it has lost as `ConversationRemoved`.
    pub async fn sync(&self, caller: &Caller, request: SyncRequest) -> Result<Sync> {
        if request.conversations.len() > 10_000 {
            return Err(Error::invalid("conversations", "must be at most 10000"));
        }
        let known = request.conversations;
        let heads = self.heads(caller).await?;
        let mine: BTreeSet<_> = heads.iter().map(|head| head.conversation.id).collect();
        let lost = self.lost(caller, &known, &mine).await?;
        let mut items: Vec<_> = lost
            .into_iter()
            .map(|(conversation_id, seq)| Event::ConversationRemoved {
                conversation_id,
                seq,
            })
            .collect();

        let mut behind = Vec::new();
        for head in heads {
            let (conversation_id, seq) = (head.conversation.id, head.conversation.seq);
            match known.get(&conversation_id) {
                Some(after) if *after < seq => behind.push((conversation_id, *after)),
                Some(_) => {}
                None => items.push(Event::ConversationCreated {
                    conversation_id,
                    seq,
                    conversation: head,
                }),
            }
        }
        let mut has_more = behind.len() > CONVERSATIONS_PER_SYNC;
        behind.truncate(CONVERSATIONS_PER_SYNC);
        for (changes, more) in self
            .feed(&behind, CHANGES_PER_CONVERSATION)
            .await?
            .into_values()
        {
            items.extend(changes);
            has_more |= more;
        }
        Ok(Sync { items, has_more })
    }

    async fn heads(&self, caller: &Caller) -> Result<Vec<ConversationSummary>> {
        let heads = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and role is not null order by active_at desc, id desc"#,
            caller.user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(self.present_heads(heads))
    }

    /// Of the conversations that the client knows, those it can't see any more, and the seq at
    /// which it lost them.
    async fn lost(
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
