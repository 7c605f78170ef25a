//! What only the user knows, on all of their devices: drafts, scheduled messages, reminders and mutes, by the numbers
//! of their personal sequence.

use super::Map;
use model::{
    ConversationId, Draft, MessageId, Mute, PersonalEvent, PollVote, Reminder, ReminderState,
    ScheduledMessage, ScheduledMessageId, ScheduledState,
};
use serde::Deserialize;
use time::OffsetDateTime;

/// Where a draft is: in the main line of a conversation, or in a thread.
pub type DraftPlace = (ConversationId, Option<MessageId>);

/// An event of the personal sequence as the browser reads it: its reader takes no enum whose tag is inside.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonalFields {
    #[serde(rename = "type")]
    name: String,
    draft: Option<Draft>,
    scheduled: Option<ScheduledMessage>,
    reminder: Option<Reminder>,
    mute: Option<Mute>,
    vote: Option<Box<PollVote>>,
    personal_seq: Option<i64>,
}

impl PersonalFields {
    /// `None` for an event of another kind.
    pub fn event(self) -> Option<PersonalEvent> {
        Some(match &*self.name {
            "draft" => PersonalEvent::Draft { draft: self.draft? },
            "scheduled" => PersonalEvent::Scheduled {
                scheduled: self.scheduled?,
            },
            "reminder" => PersonalEvent::Reminder {
                reminder: Box::new(self.reminder?),
            },
            "mute" => PersonalEvent::Mute { mute: self.mute? },
            "vote" => PersonalEvent::Vote { vote: self.vote? },
            "personal" => PersonalEvent::Sequence {
                personal_seq: self.personal_seq?,
            },
            _ => return None,
        })
    }
}

/// The answer of `GET /me/changes`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonalPage {
    pub items: Vec<PersonalFields>,
    pub seq: i64,
    pub has_more: bool,
}

/// Each thing as it is after its last change that is known, removed ones included: an older state that comes late is
/// none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonalStore {
    /// The number up to which everything is known; `None` until it was loaded.
    seq: Option<i64>,
    drafts: Map<DraftPlace, Draft>,
    scheduled: Map<ScheduledMessageId, ScheduledMessage>,
    reminders: Map<MessageId, Reminder>,
    mutes: Map<ConversationId, Mute>,
}

impl PersonalStore {
    /// `None` until it was loaded.
    pub fn seq(&self) -> Option<i64> {
        self.seq
    }

    /// Everything up to this number is known.
    pub fn advance(&mut self, seq: i64) {
        if self.seq.is_none_or(|known| known < seq) {
            self.seq = Some(seq);
        }
    }

    /// Takes a change. Whether the ones before it are missing: the client then asks for the changes after `seq`.
    pub fn apply(&mut self, event: PersonalEvent) -> bool {
        let number = event.seq();
        let is_whole = !matches!(event, PersonalEvent::Sequence { .. });
        match event {
            PersonalEvent::Draft { draft } => self.put_draft(draft),
            PersonalEvent::Scheduled { scheduled } => self.put_scheduled(scheduled),
            PersonalEvent::Reminder { reminder } => self.put_reminder(*reminder),
            PersonalEvent::Mute { mute } => self.put_mute(mute),
            // Those who show polls know the votes.
            PersonalEvent::Vote { .. } | PersonalEvent::Sequence { .. } => {}
        }
        match self.seq {
            Some(seq) if is_whole && number == seq + 1 => {
                self.seq = Some(number);
                false
            }
            Some(seq) => number > seq,
            None => true,
        }
    }

    pub fn put_draft(&mut self, draft: Draft) {
        let place = (draft.conversation_id, draft.thread_id);
        let known = self.drafts.get(&place).map(|it| it.seq);
        if known.is_none_or(|known| known < draft.seq) {
            self.drafts.insert(place, draft);
        }
    }

    pub fn put_scheduled(&mut self, scheduled: ScheduledMessage) {
        let known = self.scheduled.get(&scheduled.id).map(|it| it.seq);
        if known.is_none_or(|known| known < scheduled.seq) {
            self.scheduled.insert(scheduled.id, scheduled);
        }
    }

    pub fn put_reminder(&mut self, reminder: Reminder) {
        let known = self.reminders.get(&reminder.message_id).map(|it| it.seq);
        if known.is_none_or(|known| known < reminder.seq) {
            self.reminders.insert(reminder.message_id, reminder);
        }
    }

    pub fn put_mute(&mut self, mute: Mute) {
        let known = self.mutes.get(&mute.conversation_id);
        // That its time is over has no number of its own. It is over for all devices when it is for the server.
        if known.is_none_or(|it| it.seq < mute.seq || it.seq == mute.seq && !mute.muted) {
            self.mutes.insert(mute.conversation_id, mute);
        }
    }

    /// The conversations that are muted at a time, by id, and when the next of these mutes ends.
    pub fn muted_at(&self, now: OffsetDateTime) -> (Vec<ConversationId>, Option<OffsetDateTime>) {
        let all = self.mutes.values();
        let muted = all.filter(|it| it.muted && it.until.is_none_or(|until| until > now));
        let muted: Vec<_> = muted.collect();
        let next = muted.iter().filter_map(|it| it.until).min();
        (muted.iter().map(|it| it.conversation_id).collect(), next)
    }

    /// The state of a place, which may be that there is no draft any more.
    pub fn draft(&self, place: DraftPlace) -> Option<&Draft> {
        self.drafts.get(&place)
    }

    /// The drafts, the one that was changed last first.
    pub fn drafts(&self) -> Vec<Draft> {
        let there = self.drafts.values().filter(|it| !is_removed(it));
        let mut drafts: Vec<_> = there.cloned().collect();
        drafts.sort_by_key(|it| std::cmp::Reverse(it.seq));
        drafts
    }

    /// Every place with a draft, or where one was removed.
    pub fn draft_places(&self) -> Vec<DraftPlace> {
        self.drafts.iter().map(|(place, _)| *place).collect()
    }

    /// The messages that wait for their time or failed, in the order of their times.
    pub fn scheduled(&self) -> Vec<ScheduledMessage> {
        let waits = |it: &&ScheduledMessage| {
            matches!(it.state, ScheduledState::Scheduled | ScheduledState::Failed)
        };
        let mut scheduled: Vec<_> = self.scheduled.values().filter(waits).cloned().collect();
        scheduled.sort_by_key(|it| (it.send_at, it.id));
        scheduled
    }

    pub fn scheduled_message(&self, id: ScheduledMessageId) -> Option<&ScheduledMessage> {
        self.scheduled.get(&id)
    }

    /// The reminders that are not completed, in the order of their times: what is due comes first.
    pub fn reminders(&self) -> Vec<Reminder> {
        let reminders = self.reminders.values();
        let mut reminders: Vec<_> = reminders
            .filter(|it| it.state != ReminderState::Completed)
            .cloned()
            .collect();
        reminders.sort_by_key(|it| (it.remind_at, it.message_id));
        reminders
    }

    pub fn reminder(&self, id: MessageId) -> Option<&Reminder> {
        self.reminders.get(&id)
    }
}

/// Whether there is no draft any more.
pub fn is_removed(draft: &Draft) -> bool {
    draft.body.is_empty() && draft.reply_to.is_none() && draft.uploads.is_empty()
}
