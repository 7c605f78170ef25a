//! What a client missed: the change feed of a conversation, and of all of them.

use crate::{Caller, Chat, Error, Result, page};
use model::{
    Changes, Conversation, ConversationId, Event, Head, Member, Message, Presence, Sync,
    SyncRequest, UserId,
};
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet};

/// Changes of one conversation in one answer to a `sync`.
const CHANGES_PER_CONVERSATION: i64 = 100;

/// Conversations that one answer to a `sync` brings up to date.
const CONVERSATIONS_PER_SYNC: usize = 20;

/// Changes per conversation, in order, and whether there are more of it.
type Feed = BTreeMap<ConversationId, (Vec<(i64, Event)>, bool)>;

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

    /// The conversations that the caller is a member of.
    pub async fn memberships(&self, caller: &Caller) -> Result<Vec<ConversationId>> {
        self.memberships_of(caller.user_id).await
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
            items: changes.into_iter().map(|(_, event)| event).collect(),
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
            items.extend(changes.into_iter().map(|(_, event)| event));
            has_more |= more;
        }
        Ok(Sync { items, has_more })
    }

    async fn heads(&self, caller: &Caller) -> Result<Vec<Head>> {
        let heads = sqlx::query_scalar!(
            r#"select noun as "noun!: Json<Head>" from head_nouns
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

    /// What changed in each of these conversations after its seq, `limit` of each at most.
    async fn feed(&self, keys: &[(ConversationId, i64)], limit: i64) -> Result<Feed> {
        let mut feed: Feed = keys
            .iter()
            .map(|(id, _)| (*id, (Vec::new(), false)))
            .collect();
        for (id, seq, event) in self.message_changes(keys, limit).await? {
            feed.entry(id).or_default().0.push((seq, event));
        }
        for (id, seq, event) in self.member_changes(keys, limit).await? {
            feed.entry(id).or_default().0.push((seq, event));
        }
        for (id, seq, event) in self.conversation_changes(keys).await? {
            feed.entry(id).or_default().0.push((seq, event));
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        for (changes, more) in feed.values_mut() {
            changes.sort_by_key(|(seq, _)| *seq);
            *more = changes.len() > limit;
            changes.truncate(limit);
        }
        Ok(feed)
    }

    async fn message_changes(
        &self,
        keys: &[(ConversationId, i64)],
        limit: i64,
    ) -> Result<Vec<(ConversationId, i64, Event)>> {
        let (ids, afters) = columns(keys);
        let rows = sqlx::query!(
            r#"select k.id as "id!", m.seq as "seq!", m.created_seq > k.after as "new!",
                m.deleted_at, m.noun as "noun!: Json<Message>"
            from unnest($1::bigint[], $2::bigint[]) k(id, after)
            cross join lateral (
                select id from messages
                where conversation_id = k.id and seq > k.after order by seq limit $3
            ) found
            join message_nouns m on m.id = found.id"#,
            &ids,
            &afters,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let changes = rows.into_iter().map(|row| {
            let (conversation_id, seq, message) = (ConversationId(row.id), row.seq, row.noun.0);
            let event = if row.new {
                Event::MessageSent {
                    conversation_id,
                    seq,
                    message,
                }
            } else if row.deleted_at.is_some() {
                Event::MessageDeleted {
                    conversation_id,
                    seq,
                    message,
                }
            } else {
                Event::MessageUpdated {
                    conversation_id,
                    seq,
                    message,
                }
            };
            (conversation_id, seq, event)
        });
        Ok(changes.collect())
    }

    async fn member_changes(
        &self,
        keys: &[(ConversationId, i64)],
        limit: i64,
    ) -> Result<Vec<(ConversationId, i64, Event)>> {
        let (ids, afters) = columns(keys);
        let rows = sqlx::query!(
            r#"select k.id as "id!", m.seq as "seq!", m.joined_seq > k.after as "new!",
                m.user_id as "user_id!", m.left_at, m.noun as "noun!: Json<Member>"
            from unnest($1::bigint[], $2::bigint[]) k(id, after)
            cross join lateral (
                select user_id from members
                where conversation_id = k.id and seq > k.after order by seq limit $3
            ) found
            join member_nouns m on m.conversation_id = k.id and m.user_id = found.user_id"#,
            &ids,
            &afters,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let changes = rows.into_iter().map(|row| {
            let (conversation_id, seq) = (ConversationId(row.id), row.seq);
            let event = if row.left_at.is_some() {
                Event::MemberRemoved {
                    conversation_id,
                    seq,
                    user_id: UserId(row.user_id),
                }
            } else {
                let member = self.present(row.noun.0);
                if row.new {
                    Event::MemberAdded {
                        conversation_id,
                        seq,
                        member,
                    }
                } else {
                    Event::MemberUpdated {
                        conversation_id,
                        seq,
                        member,
                    }
                }
            };
            (conversation_id, seq, event)
        });
        Ok(changes.collect())
    }

    async fn conversation_changes(
        &self,
        keys: &[(ConversationId, i64)],
    ) -> Result<Vec<(ConversationId, i64, Event)>> {
        let (ids, afters) = columns(keys);
        let rows = sqlx::query!(
            r#"select c.id as "id!", c.changed_seq as "seq!", c.noun as "noun!: Json<Conversation>"
            from unnest($1::bigint[], $2::bigint[]) k(id, after)
            join conversation_nouns c on c.id = k.id and c.changed_seq > k.after"#,
            &ids,
            &afters
        )
        .fetch_all(&self.0.db)
        .await?;
        let changes = rows.into_iter().map(|row| {
            let (conversation_id, seq) = (ConversationId(row.id), row.seq);
            let conversation = row.noun.0;
            let event = Event::ConversationUpdated {
                conversation_id,
                seq,
                conversation,
            };
            (conversation_id, seq, event)
        });
        Ok(changes.collect())
    }

    /// Who of those that share a conversation with the caller is there.
    async fn presence_of_peers(&self, caller: &Caller) -> Result<Vec<Presence>> {
        let visible: Vec<_> = self
            .0
            .presence
            .visible()
            .into_iter()
            .map(|id| id.0)
            .collect();
        let rows = sqlx::query!(
            "select id, last_seen_at from users where id = any($2) and exists (
                select from members mine join members theirs using (conversation_id)
                where mine.user_id = $1 and mine.left_at is null
                    and theirs.user_id = users.id and theirs.left_at is null)",
            caller.user_id.0,
            &visible
        )
        .fetch_all(&self.0.db)
        .await?;
        let presence = rows.into_iter().map(|row| Presence {
            user_id: UserId(row.id),
            status: self.0.presence.status(UserId(row.id)),
            last_seen_at: row.last_seen_at,
        });
        Ok(presence.collect())
    }
}

fn columns(keys: &[(ConversationId, i64)]) -> (Vec<i64>, Vec<i64>) {
    keys.iter().map(|(id, after)| (id.0, *after)).unzip()
}
