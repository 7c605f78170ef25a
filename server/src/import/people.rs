//! Users, conversations and members: each brought together with what other tables say of it.

use super::{
    batch::Batch,
    error::ImportError,
    external_sort::ExternalSort,
    format::{ConversationRow, MemberRow},
    pipeline::Pipeline,
    read_states::ReadTimes,
    record::Record,
    report::Kind,
};
use chat::{
    ExternalId,
    imports::{Conversation, Import, Members, User},
};
use model::{ConversationKind, UserRole};
use time::OffsetDateTime;

/// The id by which every app finds the announcements.
const ANNOUNCEMENTS: &str = "0";

/// Tags of a sort: what comes first of the same id.
const MAIN: u8 = 0;
const SIDE: u8 = 1;

impl Pipeline {
    pub async fn import_users(&mut self, import: &mut Import) -> Result<(), ImportError> {
        let format = self.format;
        let tables = format.tables();
        let mut sort = ExternalSort::new();
        let mut count = 0;
        self.read_table(tables.users, Kind::Users, async |record| {
            let user = format.user(&record.row()?)?;
            count += 1;
            Ok(sort.push(key(&user.id, MAIN), record.into_payload(MAIN)))
        })
        .await?;
        self.read_table(tables.seen, Kind::Users, async |record| {
            let row = record.row()?;
            let id = row.id(&["user", "userId", "id"])?;
            row.time(&["lastSeen", "lastSeenAt"])?;
            Ok(sort.push(key(&id, SIDE), record.into_payload(SIDE)))
        })
        .await?;
        self.progress.begin("importing users", count);
        let mut sorted = sort.finish()?;
        let mut batch: Vec<User> = Vec::with_capacity(self.batch);
        let mut done = 0;
        while let Some((key, payload)) = sorted.next()? {
            let (tag, record) = Record::from_payload(&payload);
            if tag == SIDE {
                let seen = record
                    .row()
                    .and_then(|row| row.time(&["lastSeen", "lastSeenAt"]));
                if let Some(user) = batch.last_mut()
                    && user.id.key().as_bytes() == id_of(&key)
                {
                    user.last_seen_at = user.last_seen_at.max(seen.ok());
                }
                continue;
            }
            if batch.len() == self.batch {
                self.write(import, Batch::Users(&batch)).await?;
                done += batch.len() as u64;
                self.progress.update(done, done);
                batch.clear();
            }
            if let Ok(mut user) = record.row().and_then(|row| format.user(&row)) {
                user.role = user
                    .role
                    .filter(|it| self.takes_admins && *it == UserRole::Admin);
                batch.push(user);
            }
        }
        self.write(import, Batch::Users(&batch)).await?;
        Ok(())
    }

    /// The answer is how far the members have read. `newest` is the time of the newest message.
    pub async fn import_conversations(
        &mut self,
        import: &mut Import,
        newest: Option<OffsetDateTime>,
    ) -> Result<ReadTimes, ImportError> {
        let format = self.format;
        let tables = format.tables();
        let mut sort = ExternalSort::new();
        let mut count = 0;
        self.read_table(tables.conversations, Kind::Conversations, async |record| {
            let id = record.row()?.id(&["id"])?;
            count += 1;
            Ok(sort.push(key(&id, MAIN), record.into_payload(MAIN)))
        })
        .await?;
        self.read_table(tables.members, Kind::Members, async |record| {
            let (id, _) = format.member(&record.row()?)?;
            Ok(sort.push(key(&id, SIDE), record.into_payload(SIDE)))
        })
        .await?;
        self.progress.begin("importing conversations", count);
        let has_reads = self.source.find(tables.reads).is_some();
        let default = newest.filter(|_| format.counts_as_read() && !has_reads);
        let mut pending = PendingConversations::new(ReadTimes::new(default));
        let mut sorted = sort.finish()?;
        let mut group = Group::default();
        let mut done = 0;
        loop {
            let next = sorted.next()?;
            let is_same = next.as_ref().is_some_and(|(key, _)| id_of(key) == group.id);
            if !is_same {
                let finished = std::mem::take(&mut group);
                self.add_conversation(&finished, &mut pending)?;
                done += 1;
                if pending.rows >= self.batch || next.is_none() {
                    self.write_conversations(import, &mut pending).await?;
                    self.progress.update(done, done);
                }
            }
            let Some((key, payload)) = next else {
                return Ok(pending.read_times);
            };
            id_of(&key).clone_into(&mut group.id);
            group.add(payload);
        }
    }

    /// Reads the rows of one conversation.
    fn add_conversation(
        &mut self,
        group: &Group,
        pending: &mut PendingConversations,
    ) -> Result<(), ImportError> {
        let member = |payload: &Vec<u8>| {
            let row = Record::from_payload(payload).1.row().ok()?;
            self.format.member(&row).ok().map(|(_, member)| member)
        };
        let members: Vec<_> = group.members.iter().filter_map(member).collect();
        let Some(payload) = &group.conversation else {
            let id = String::from_utf8_lossy(&group.id);
            for it in members {
                let row = format!("{id} {}", it.member.user);
                let reason = "the conversation is not in the dump";
                self.report.leave(Kind::Members, &row, reason)?;
            }
            return Ok(());
        };
        let row = Record::from_payload(payload).1.row();
        match row.and_then(|row| self.format.conversation(&row, members)) {
            Ok(row) => {
                let id = row.conversation.id.to_string();
                if id == ANNOUNCEMENTS {
                    let reason =
                        "clients find it by its new id only: 0 is that of the announcements";
                    self.report.adjust(Kind::Conversations, &id, reason)?;
                }
                Ok(pending.add(row)?)
            }
            Err(reason) => {
                let id = String::from_utf8_lossy(&group.id);
                Ok(self.report.leave(Kind::Conversations, &id, &reason)?)
            }
        }
    }

    async fn write_conversations(
        &mut self,
        import: &mut Import,
        pending: &mut PendingConversations,
    ) -> Result<(), ImportError> {
        for rows in pending.conversations.chunks(self.batch) {
            self.write(import, Batch::Conversations(rows)).await?;
        }
        for rows in pending.members.chunks(self.batch) {
            self.write(import, Batch::Members(rows)).await?;
        }
        pending.conversations.clear();
        pending.members.clear();
        pending.rows = 0;
        Ok(())
    }
}

/// The rows of one conversation: its own, and those of its members.
#[derive(Default)]
struct Group {
    id: Vec<u8>,
    conversation: Option<Vec<u8>>,
    members: Vec<Vec<u8>>,
}

impl Group {
    fn add(&mut self, payload: Vec<u8>) {
        if payload.first() == Some(&MAIN) {
            self.conversation = Some(payload);
        } else {
            self.members.push(payload);
        }
    }
}

struct PendingConversations {
    conversations: Vec<Conversation>,
    members: Vec<Members>,
    /// Conversations and members.
    rows: usize,
    read_times: ReadTimes,
}

impl PendingConversations {
    fn new(read_times: ReadTimes) -> Self {
        Self {
            conversations: Vec::new(),
            members: Vec::new(),
            rows: 0,
            read_times,
        }
    }

    fn add(&mut self, row: ConversationRow) -> std::io::Result<()> {
        let ConversationRow {
            conversation,
            members,
        } = row;
        for member in &members {
            self.read_times.push(&conversation.id, member)?;
        }
        self.rows += 1;
        if conversation.kind != ConversationKind::Direct {
            self.rows += members.len();
            self.members.push(Members {
                conversation: conversation.id.clone(),
                members: members.into_iter().map(|it: MemberRow| it.member).collect(),
                complete: true,
            });
        }
        self.conversations.push(conversation);
        Ok(())
    }
}

/// Rows of the same id, in any spelling, are together, the main one first.
fn key(id: &ExternalId, tag: u8) -> Vec<u8> {
    let mut key = id.key().as_bytes().to_vec();
    key.extend([0, tag]);
    key
}

fn id_of(key: &[u8]) -> &[u8] {
    &key[..key.len().saturating_sub(2)]
}
