//! How far members have read, where it is kept with the members: written at the end, when the messages
//! are there.

use super::{
    batch::Batch, error::ImportError, external_sort::ExternalSort, format::MemberRow,
    pipeline::Pipeline, report::Kind,
};
use chat::{
    ExternalId,
    imports::{ConversationRef, Import, ReadBy, ReadState, ReadUpTo},
};
use std::io;
use time::OffsetDateTime;

/// Members and until when they have read, on disk until they are needed.
pub struct ReadTimes {
    spool: ExternalSort,
    count: u64,
    /// The time of the newest message of the dump, for systems in which all counts as read.
    default: Option<OffsetDateTime>,
}

impl ReadTimes {
    pub fn new(default: Option<OffsetDateTime>) -> Self {
        Self {
            spool: ExternalSort::new(),
            count: 0,
            default,
        }
    }

    pub fn push(&mut self, conversation: &ExternalId, member: &MemberRow) -> io::Result<()> {
        let Some(at) = member.read_at.or(self.default) else {
            return Ok(());
        };
        self.count += 1;
        // No id has a control character.
        let key = format!("{conversation}\n{}", member.member.user);
        let at = at.unix_timestamp_nanos().to_le_bytes();
        self.spool.push(key.into_bytes(), at.to_vec())
    }
}

impl Pipeline {
    pub async fn import_read_states(
        &mut self,
        import: &mut Import,
        times: ReadTimes,
    ) -> Result<(), ImportError> {
        let step = format!("importing {}", Kind::ReadStates.title());
        self.progress.begin(&step, times.count);
        let mut sorted = times.spool.finish()?;
        let (mut batch, mut done) = (Vec::new(), 0);
        while let Some((key, at)) = sorted.next()? {
            batch.extend(read_state(&key, &at));
            if batch.len() == self.batch {
                self.write(import, Batch::ReadStates(&batch)).await?;
                done += batch.len() as u64;
                self.progress.update(done, done);
                batch.clear();
            }
        }
        self.write(import, Batch::ReadStates(&batch)).await
    }
}

pub fn of_message((message, reader): (ExternalId, ReadBy)) -> ReadState {
    ReadState {
        user: reader.user,
        up_to: ReadUpTo::Message(message),
        at: reader.at,
    }
}

/// What `ReadTimes::push` has written.
fn read_state(key: &[u8], at: &[u8]) -> Option<ReadState> {
    let (conversation, user) = std::str::from_utf8(key).ok()?.split_once('\n')?;
    let nanoseconds = i128::from_le_bytes(at.try_into().ok()?);
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
    let conversation = ConversationRef::Id(ExternalId::parse(conversation)?);
    Some(ReadState {
        user: ExternalId::parse(user)?,
        up_to: ReadUpTo::Time(conversation, at),
        at: None,
    })
}
