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
        // Nobody knows when somebody read what only counts as read.
        let is_known = member.read_at.is_some();
        let Some(at) = member.read_at.or(self.default) else {
            return Ok(());
        };
        self.count += 1;
        // No id has a control character.
        let key = format!("{conversation}\n{}", member.member.user);
        let mut payload = at.unix_timestamp_nanos().to_le_bytes().to_vec();
        payload.push(u8::from(is_known));
        self.spool.push(key.into_bytes(), payload)
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
        while let Some((key, payload)) = sorted.next()? {
            batch.extend(read_state(&key, &payload));
            if batch.len() == self.batch {
                self.write(import, Batch::ReadStates(&batch)).await?;
                done += batch.len() as u64;
                self.progress.update(done, done);
                batch.clear();
            }
        }
        self.write(import, Batch::ReadStates(&batch)).await?;
        Ok(())
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
fn read_state(key: &[u8], payload: &[u8]) -> Option<ReadState> {
    let (conversation, user) = std::str::from_utf8(key).ok()?.split_once('\n')?;
    let (is_known, at) = payload.split_last()?;
    let nanoseconds = i128::from_le_bytes(at.try_into().ok()?);
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
    let conversation = ConversationRef::Id(ExternalId::parse(conversation)?);
    Some(ReadState {
        user: ExternalId::parse(user)?,
        up_to: ReadUpTo::Time(conversation, at),
        at: (*is_known == 1).then_some(at),
    })
}
