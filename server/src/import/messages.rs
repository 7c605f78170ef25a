//! Messages, and what belongs to them.
//!
//! The messages of a dump come in no order, and go in by conversation and time. They are sorted on
//! disk first, so that neither the dump nor a conversation has to fit into memory.

use super::{
    batch::Batch,
    error::ImportError,
    external_sort::{ExternalSort, Sorted},
    misfits::Misfits,
    pipeline::Pipeline,
    read_states,
    record::Record,
    report::Kind,
    row::{Reason, Row},
    unread_messages::{READ_HERE, UnreadMessages},
};
use chat::{
    ExternalId,
    imports::{ConversationRef, Import, Message},
};
use time::OffsetDateTime;

/// The messages of a dump in their order, and the time of the newest.
pub struct SortedMessages {
    sorted: Sorted,
    count: u64,
    pub newest: Option<OffsetDateTime>,
}

impl Pipeline {
    pub async fn sort_messages(&mut self) -> Result<SortedMessages, ImportError> {
        let format = self.format;
        let names = format.tables().messages;
        let mut sort = ExternalSort::new();
        let (mut count, mut newest) = (0, None);
        let mut misfits = Misfits::default();
        self.read_table(names, Kind::Messages, async |record| {
            let row = record.row()?;
            let message = format
                .message(&row)
                .inspect_err(|reason| misfits.add(reason))?;
            newest = newest.max(Some(message.created_at));
            count += 1;
            Ok(sort.push(message_key(&message), record.into_payload(0)))
        })
        .await?;
        if count == 0
            && let Some(reason) = misfits.reason()
        {
            return Err(ImportError::OtherContract(reason));
        }
        let sorted = sort.finish()?;
        Ok(SortedMessages {
            sorted,
            count,
            newest,
        })
    }

    pub async fn import_messages(
        &mut self,
        import: &mut Import,
        mut messages: SortedMessages,
    ) -> Result<(), ImportError> {
        self.progress.begin("importing messages", messages.count);
        let mut batch = Vec::with_capacity(self.batch);
        let mut unread = UnreadMessages::default();
        let mut done = 0;
        while let Some((_, payload)) = messages.sorted.next()? {
            let (_, record) = Record::from_payload(&payload);
            // The sort has read it already.
            if let Ok(row) = record.row()
                && let Ok(message) = self.format.message(&row)
            {
                for reason in row.notes() {
                    let id = message.id.to_string();
                    self.report.adjust(Kind::Messages, &id, &reason)?;
                }
                batch.push(message);
            }
            if batch.len() == self.batch {
                self.write_messages(import, &batch, &mut unread).await?;
                done += batch.len() as u64;
                self.progress.update(done, done);
                batch.clear();
            }
        }
        self.write_messages(import, &batch, &mut unread).await
    }

    async fn write_messages(
        &mut self,
        import: &mut Import,
        batch: &[Message],
        unread: &mut UnreadMessages,
    ) -> Result<(), ImportError> {
        let left = self.write(import, Batch::Messages(batch)).await?;
        for message in batch {
            if left.contains(message.id.as_str()) {
                continue;
            }
            for id in unread.add(message) {
                self.report.adjust(Kind::Messages, id.as_str(), READ_HERE)?;
            }
        }
        Ok(())
    }

    /// Attachments, reactions and readers that are kept apart from the messages.
    pub async fn import_side_tables(&mut self, import: &mut Import) -> Result<(), ImportError> {
        let format = self.format;
        let tables = format.tables();
        self.import_table(
            import,
            tables.attachments,
            Kind::Attachments,
            |row| format.attachment(row),
            |rows| Batch::Attachments(rows),
        )
        .await?;
        self.import_table(
            import,
            tables.reactions,
            Kind::Reactions,
            |row| format.reaction(row),
            |rows| Batch::Reactions(rows),
        )
        .await?;
        let read = |row: &Row| format.read(row).map(read_states::of_message);
        self.import_table(import, tables.reads, Kind::ReadStates, read, |rows| {
            Batch::ReadStates(rows)
        })
        .await
    }

    /// Imports a table whose rows need no order.
    async fn import_table<T>(
        &mut self,
        import: &mut Import,
        names: &[&str],
        kind: Kind,
        parse: impl Fn(&Row) -> Result<T, Reason>,
        batch_of: impl for<'a> Fn(&'a [T]) -> Batch<'a>,
    ) -> Result<(), ImportError> {
        // On disk, because rows are read and written by turns: the report takes both.
        let mut spool = ExternalSort::new();
        let mut count = 0_u64;
        self.read_table(names, kind, async |record| {
            parse(&record.row()?)?;
            count += 1;
            Ok(spool.push(count.to_be_bytes().to_vec(), record.into_payload(0)))
        })
        .await?;
        self.progress
            .begin(&format!("importing {}", kind.title()), count);
        let mut spooled = spool.finish()?;
        let (mut batch, mut done) = (Vec::new(), 0);
        while let Some((_, payload)) = spooled.next()? {
            let (_, record) = Record::from_payload(&payload);
            batch.extend(record.row().and_then(|row| parse(&row)));
            if batch.len() == self.batch {
                self.write(import, batch_of(&batch)).await?;
                done += batch.len() as u64;
                self.progress.update(done, done);
                batch.clear();
            }
        }
        self.write(import, batch_of(&batch)).await?;
        Ok(())
    }

    pub async fn count_what_is_left(&mut self) -> Result<(), ImportError> {
        for (names, reason) in self.format.tables().left {
            let Some(table) = self.source.find(names) else {
                continue;
            };
            let mut rows = self.source.rows(&table)?;
            let mut count = 0;
            while rows.next().await?.is_some() {
                count += 1;
            }
            if count > 0 {
                self.report.leave_table(&table.name, count, reason);
            }
        }
        Ok(())
    }
}

/// Sorts by conversation, time and id. Ids that are numbers are in the order of numbers.
fn message_key(message: &Message) -> Vec<u8> {
    let mut key = Vec::with_capacity(96);
    match &message.conversation {
        ConversationRef::Id(id) => push_id(&mut key, id),
        ConversationRef::Pair(one, other) => {
            push_id(&mut key, one.min(other));
            push_id(&mut key, one.max(other));
        }
    }
    let nanoseconds = message.created_at.unix_timestamp_nanos();
    key.extend(nanoseconds.wrapping_sub(i128::MIN).to_be_bytes());
    push_id(&mut key, &message.id);
    key
}

/// Two spellings of an id are one.
fn push_id(key: &mut Vec<u8>, id: &ExternalId) {
    let id = id.key();
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        // At most 255 bytes.
        key.extend(u8::try_from(id.len()));
    } else {
        key.push(u8::MAX);
    }
    key.extend(id.as_bytes());
    // No id has a control character.
    key.push(0);
}
