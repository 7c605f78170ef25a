//! Sends the messages of the outbox, one at a time in each conversation, and keeps them in
//! `localStorage` until the server has acknowledged them.

use super::{
    ChatClient, backoff, browser,
    client_id::new_client_id,
    connection::{self, RequestError, SendPayload, with_state},
    typing::end_typing,
    uploads::tend_uploads,
    work::{Task, run},
};
use crate::{
    erased_signal::{effect, memo},
    json,
    store::{ChatStore, ConnectionStatus, Key, Map, Outgoing, OutgoingState},
};
use model::{ConversationId, Message, MessageKind, Reply, Sent};

impl ChatClient {
    /// A message as it is written now, in the main line.
    pub fn new_message(
        self,
        id: ConversationId,
        body: String,
        reply_to: Option<Reply>,
        files: String,
    ) -> Outgoing {
        Outgoing {
            client_id: new_client_id(),
            conversation_id: id,
            body,
            reply_to,
            files,
            upload_ids: String::new(),
            thread_id: None,
            also_to_conversation: false,
            created_at: browser::now(),
            number: self.next_number(),
            state: OutgoingState::Waiting,
        }
    }

    /// Adds a message to the outbox, which sends it when the connection, its files and earlier messages allow.
    pub fn send(self, outgoing: Outgoing) {
        let _ = end_typing(outgoing.conversation_id);
        self.store.update(|store| store.outbox_mut().push(outgoing));
        run(Task::Flush(self));
    }

    /// Sends a failed message again.
    pub fn retry_send(self, client_id: &str) {
        self.store
            .update(|store| store.outbox_mut().retry(client_id));
        run(Task::Flush(self));
    }

    /// Sends a failed message again, without the quote that it answers to.
    pub fn retry_without_quote(self, client_id: &str) {
        self.store.update(|store| {
            store.outbox_mut().remove_quote(client_id);
            store.outbox_mut().retry(client_id);
        });
        run(Task::Flush(self));
    }

    /// Takes a message out of the outbox, for the composer.
    pub fn take_back_send(self, client_id: &str) -> Option<Outgoing> {
        let taken = self
            .store
            .try_update(|store| store.outbox_mut().take(client_id));
        run(Task::Flush(self));
        taken.flatten()
    }

    /// Removes a message from the outbox, and its files from this browser.
    pub fn discard_send(self, client_id: &str) {
        let had_files = self.store.with_untracked(|store| {
            store
                .outbox()
                .get(client_id)
                .is_some_and(|it| !it.files.is_empty())
        });
        self.store
            .update(|store| store.outbox_mut().remove(client_id));
        if had_files {
            tend_uploads(self);
        }
        run(Task::Flush(self));
    }

    /// Sends every message that is due: none while offline or during a backoff. Uploads what others wait for.
    pub(super) fn flush_outbox(self) {
        let waits = |store: &ChatStore| store.outbox().waiting_for_files().next().is_some();
        if self.store.with_untracked(waits) {
            tend_uploads(self);
        }
        if with_state(|state| state.send_backoff.is_active())
            || self.store.with_untracked(|store| {
                store.connection_status() != ConnectionStatus::Online || !store.outbox().has_due()
            })
        {
            return;
        }
        let due = self.store.try_update(|store| store.outbox_mut().take_due());
        for outgoing in due.unwrap_or_default() {
            browser::spawn(self.send_outgoing(outgoing));
        }
    }

    async fn send_outgoing(self, outgoing: Outgoing) {
        let client_id = outgoing.client_id.as_str();
        let find_draft = with_state(|state| state.find_draft.clone());
        let payload = SendPayload {
            conversation_id: outgoing.conversation_id,
            body: &outgoing.body,
            kind: MessageKind::Text,
            reply_to_id: outgoing.reply_to.as_ref().map(|reply| reply.id),
            thread_id: outgoing.thread_id,
            also_to_conversation: outgoing.also_to_conversation,
            attachment_ids: (outgoing.upload_ids.split(','))
                .filter(|id| !id.is_empty())
                .collect(),
            client_id,
            draft_seq: find_draft
                .and_then(|find| find((outgoing.conversation_id, outgoing.thread_id))),
        };
        match outcome(connection::emit_with_ack::<Sent>("message:send", &payload).await) {
            Outcome::Sent(message) => {
                if !outgoing.files.is_empty() {
                    tend_uploads(self);
                }
                with_state(|state| state.send_backoff.record_success());
                self.apply_sent(*message);
            }
            Outcome::Rejected(detail) => {
                self.store
                    .update(|store| store.outbox_mut().fail(client_id, detail));
            }
            Outcome::RetryAfter(seconds) => {
                let wait = with_state(|state| state.send_backoff.record_failure());
                self.store
                    .update(|store| store.outbox_mut().postpone(client_id));
                backoff::sleep(wait.failures, seconds).await;
                with_state(|state| state.send_backoff.finish_wait(wait));
            }
        }
        self.flush_outbox();
    }

    /// The next number of `Outgoing`. The tabs of this browser count together.
    fn next_number(self) -> i64 {
        let key = self.storage_key("counter", "messages");
        let last = browser::stored(&key).and_then(|text| text.parse().ok());
        let next = last.unwrap_or(0_i64).saturating_add(1);
        browser::store(&key, &next.to_string());
        next
    }

    /// The messages in the outboxes of all tabs of this browser.
    pub(super) fn stored_outbox(self) -> impl Iterator<Item = Outgoing> {
        let prefix = self.storage_key("outbox", "");
        let keys = browser::stored_keys().into_iter();
        keys.filter(move |key| key.starts_with(&prefix))
            .filter_map(|key| json::read::<Outgoing>(&browser::stored(&key)?))
    }

    /// Restores the outbox that an earlier page left in `localStorage`, in the order of writing.
    pub(super) fn restore_outbox(self) {
        let outbox: Map<_, Outgoing> = self
            .stored_outbox()
            .map(|outgoing| (outgoing.order(), outgoing))
            .collect();
        for outgoing in outbox.into_values() {
            let key = self.storage_key("outbox", &outgoing.client_id);
            let restored = self.store.try_update(|store| store.restore(outgoing));
            if restored == Some(false) {
                browser::remove_stored(&key);
            }
        }
    }

    /// Writes every change of the outbox to `localStorage` from now on. Each message has a key of its
    /// own, so that two tabs do not overwrite each other.
    pub(super) fn persist_outbox(self) {
        let outbox = memo(move || {
            self.store
                .with(&[Key::Outbox], |store| store.outbox().unacknowledged())
        });
        let mut before = Vec::<Outgoing>::new();
        effect(move || {
            let now = outbox.get();
            for outgoing in &now {
                if !before.contains(outgoing)
                    && let Ok(json) = serde_json::to_string(outgoing)
                {
                    browser::store(&self.storage_key("outbox", &outgoing.client_id), &json);
                }
            }
            for Outgoing { client_id, .. } in &before {
                if now.iter().all(|outgoing| outgoing.client_id != *client_id) {
                    browser::remove_stored(&self.storage_key("outbox", client_id));
                }
            }
            before = now;
        });
    }
}

/// What follows from the acknowledgement of `message:send`.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Sent(Box<Message>),
    /// Another attempt, at the earliest after this many seconds. The message may have been written;
    /// its client id prevents a second one.
    RetryAfter(u32),
    /// Another attempt would be rejected, too. Carries the reason for the user.
    Rejected(String),
}

fn outcome(ack: Result<Sent, RequestError>) -> Outcome {
    match ack {
        Ok(sent) => Outcome::Sent(Box::new(sent.message)),
        Err(RequestError::Unanswered) => Outcome::RetryAfter(0),
        Err(RequestError::Rejected(error)) if error.is_retryable() => {
            Outcome::RetryAfter(error.retry_after.unwrap_or_default())
        }
        Err(RequestError::Rejected(error)) => Outcome::Rejected(error.detail),
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, RequestError, outcome};
    use crate::client::connection::AckError;
    use model::ErrorCode;

    #[test]
    fn retries_only_what_may_yet_succeed() {
        let rejected = |code| {
            outcome(Err(RequestError::Rejected(AckError {
                code,
                detail: "No.".to_owned(),
                retry_after: Some(2),
            })))
        };
        assert_eq!(
            outcome(Err(RequestError::Unanswered)),
            Outcome::RetryAfter(0)
        );
        for code in [ErrorCode::TooManyRequests, ErrorCode::Unavailable] {
            assert_eq!(rejected(code), Outcome::RetryAfter(2));
        }
        assert_eq!(rejected(ErrorCode::Unauthenticated), Outcome::RetryAfter(2));
        let no = || Outcome::Rejected("No.".to_owned());
        assert_eq!(rejected(ErrorCode::Forbidden), no());
        assert_eq!(rejected(ErrorCode::Conflict), no());
        assert_eq!(rejected(ErrorCode::NotFound), no());
    }
}
