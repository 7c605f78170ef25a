//! Receipts: reports how far the user has received and read, 250 ms after the first change.

use super::{
    ChatClient, browser,
    connection::{self, PositionPayload, RequestError, with_state},
    work::{Task, run},
};
use crate::store::{ConnectionStatus, Map};
use model::{ConversationId, Event};
use serde::Deserialize;

const REPORT_DELAY_MS: u32 = 250;

/// An acknowledgement without fields of its own.
#[derive(Deserialize)]
struct EmptyAck {}

impl ChatClient {
    /// Marks all messages up to a position as read. Positions below the one known are ignored.
    pub fn mark_read(self, id: ConversationId, position: i64) {
        let advances = self.store.with_untracked(|store| {
            let summary = store.summary(id).filter(|_| !store.is_marked_unread(id));
            summary
                .is_some_and(|summary| summary.role.is_some() && summary.read_position < position)
        });
        if !advances {
            return;
        }
        self.store.update(|store| store.mark_read(id, position));
        with_state(|state| advance(&mut state.unreported_read, id, position));
        run(Task::Report(self));
    }

    /// Records the message of an event as delivered, unless the user sent it.
    pub(super) fn record_delivered(self, event: &Event) {
        if let Event::MessageCreated {
            conversation_id,
            message,
            ..
        } = event
            && message.sender.id != self.store.with_untracked(|store| store.me.user.id)
        {
            with_state(|state| {
                advance(
                    &mut state.unreported_delivered,
                    *conversation_id,
                    message.position,
                );
            });
            run(Task::Report(self));
        }
    }

    /// Records every unread message as delivered: the summaries of `ready` have them.
    pub(super) fn record_all_delivered(self) {
        self.store.with_untracked(|store| {
            with_state(|state| {
                let unread = store.summaries().into_iter();
                for summary in unread.filter(|summary| summary.unread > 0) {
                    let conversation = &summary.conversation;
                    advance(
                        &mut state.unreported_delivered,
                        conversation.id,
                        conversation.position,
                    );
                }
            });
        });
    }

    pub(super) fn schedule_report(self) {
        if with_state(|state| std::mem::replace(&mut state.report_scheduled, true)) {
            return;
        }
        browser::spawn(async move {
            browser::sleep(REPORT_DELAY_MS).await;
            with_state(|state| state.report_scheduled = false);
            if self
                .store
                .with_untracked(|store| store.connection_status() == ConnectionStatus::Online)
            {
                self.report().await;
            }
        });
    }

    async fn report(self) {
        let (read, mut delivered) = with_state(|state| {
            (
                std::mem::take(&mut state.unreported_read),
                std::mem::take(&mut state.unreported_delivered),
            )
        });
        // The server takes read messages for delivered.
        delivered.retain(|id, position| read.get(id).is_none_or(|read| read < position));
        for (event, positions) in [
            ("conversation:read", read),
            ("conversation:delivered", delivered),
        ] {
            for (conversation_id, position) in positions {
                let payload = PositionPayload {
                    conversation_id,
                    position,
                };
                let ack = connection::emit_with_ack::<EmptyAck>(event, &payload).await;
                let is_lost = match ack {
                    Ok(EmptyAck {}) => false,
                    Err(RequestError::Unanswered) => true,
                    Err(RequestError::Rejected(error)) => error.is_retryable(),
                };
                if is_lost {
                    // The next report has it, after another change or in `resume`.
                    with_state(|state| {
                        let unreported = match event {
                            "conversation:read" => &mut state.unreported_read,
                            _ => &mut state.unreported_delivered,
                        };
                        advance(unreported, conversation_id, position);
                    });
                }
            }
        }
    }
}

/// Positions only grow.
fn advance(positions: &mut Map<ConversationId, i64>, id: ConversationId, position: i64) {
    let known = positions.get_or_insert(id, 0);
    *known = position.max(*known);
}
