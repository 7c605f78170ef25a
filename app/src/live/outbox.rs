//! Sends what the outbox holds, one message at a time in each conversation, and keeps it in this
//! browser until the server has it.

use super::{
    Live, backoff, browser,
    drafts::new_client_id,
    typing::end_typing,
    wires::{self, MessageSend, NoAnswer},
};
use crate::{
    json,
    signals::{derived, effect},
    store::{LinkState, Map, Outgoing, OutgoingState},
};
use model::{ConversationId, ErrorCode, Event, Message, MessageKind, Reply, Sent};

impl Live {
    /// Puts a message into the outbox, from where it goes by itself.
    pub fn send(self, id: ConversationId, body: String, reply_to: Option<Reply>) {
        end_typing(id);
        let outgoing = Outgoing {
            client_id: new_client_id(),
            conversation_id: id,
            body,
            reply_to,
            created_at: browser::now(),
            state: OutgoingState::Waiting,
        };
        self.store.update(|store| store.outbox.push(outgoing));
        self.flush();
    }

    /// Tries a failed message again.
    pub fn retry(self, client_id: &str) {
        self.store.update(|store| store.outbox.retry(client_id));
        self.flush();
    }

    /// Gives a message of the outbox up.
    pub fn discard(self, client_id: &str) {
        self.store.update(|store| store.outbox.remove(client_id));
        self.flush();
    }

    /// Sends whatever can be sent now.
    pub(super) fn flush(self) {
        if wires::with(|wires| wires.pause.is_on())
            || self.store.with_untracked(|store| {
                store.link() != LinkState::Online || !store.outbox.has_due()
            })
        {
            return;
        }
        let due = self.store.try_update(|store| store.outbox.take_due());
        for outgoing in due.unwrap_or_default() {
            browser::spawn(self.deliver(outgoing));
        }
    }

    async fn deliver(self, outgoing: Outgoing) {
        let client_id = outgoing.client_id.as_str();
        let payload = MessageSend {
            conversation_id: outgoing.conversation_id,
            body: &outgoing.body,
            kind: MessageKind::Text,
            reply_to_id: outgoing.reply_to.as_ref().map(|reply| reply.id),
            client_id,
        };
        match outcome(wires::ask::<Sent>("message:send", &payload).await) {
            Outcome::Sent(message) => {
                wires::with(|wires| wires.pause.succeed());
                self.store.update(|store| {
                    store.apply(Event::MessageCreated {
                        conversation_id: message.conversation_id,
                        seq: message.seq,
                        message: *message,
                    });
                });
                self.heal();
            }
            Outcome::Refused(detail) => {
                self.store
                    .update(|store| store.outbox.fail(client_id, detail));
            }
            Outcome::Later(seconds) => {
                let wait = wires::with(|wires| wires.pause.begin());
                self.store.update(|store| store.outbox.postpone(client_id));
                backoff::pause(wait.failures, seconds).await;
                wires::with(|wires| wires.pause.end(wait));
            }
        }
        self.flush();
    }

    /// Brings back what an earlier page has left in this browser.
    pub(super) fn restore_outbox(self) {
        let prefix = self.storage_key("outbox", "");
        let keys = browser::stored_keys().into_iter();
        let outbox: Map<_, Outgoing> = keys
            .filter(|key| key.starts_with(&prefix))
            .filter_map(|key| json::read::<Outgoing>(&browser::stored(&key)?))
            .map(|outgoing| ((outgoing.created_at, outgoing.client_id.clone()), outgoing))
            .collect();
        for outgoing in outbox.into_values() {
            let key = self.storage_key("outbox", &outgoing.client_id);
            let restored = self.store.try_update(|store| store.restore(outgoing));
            if restored == Some(false) {
                browser::unstore(&key);
            }
        }
    }

    /// Keeps the outbox in this browser from now on: each message under a key of its own, so that
    /// two tabs do not overwrite each other.
    pub(super) fn keep_outbox(self) {
        let outbox = derived(move || self.store.with(|store| store.outbox.kept()));
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
                    browser::unstore(&self.storage_key("outbox", client_id));
                }
            }
            before = now;
        });
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Sent(Box<Message>),
    /// Another try, some time later, and not before so many seconds. It may even have been written.
    Later(u32),
    /// No use in trying the same again.
    Refused(String),
}

fn outcome(answer: Result<Sent, NoAnswer>) -> Outcome {
    match answer {
        Ok(sent) => Outcome::Sent(Box::new(sent.message)),
        Err(NoAnswer::Lost) => Outcome::Later(0),
        Err(NoAnswer::Refused(refusal)) => match refusal.code {
            // Signed out: what I wrote waits for me.
            ErrorCode::TooManyRequests
            | ErrorCode::Unavailable
            | ErrorCode::Internal
            | ErrorCode::Unauthenticated => Outcome::Later(refusal.retry_after.unwrap_or_default()),
            _ => Outcome::Refused(refusal.detail),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{NoAnswer, Outcome, outcome};
    use crate::live::wires::Refusal;
    use model::ErrorCode;

    #[test]
    fn tries_again_only_what_may_yet_succeed() {
        let refused = |code| {
            outcome(Err(NoAnswer::Refused(Refusal {
                code,
                detail: "No.".to_owned(),
                retry_after: Some(2),
            })))
        };
        assert_eq!(outcome(Err(NoAnswer::Lost)), Outcome::Later(0));
        for code in [ErrorCode::TooManyRequests, ErrorCode::Unavailable] {
            assert_eq!(refused(code), Outcome::Later(2));
        }
        assert_eq!(refused(ErrorCode::Unauthenticated), Outcome::Later(2));
        let no = || Outcome::Refused("No.".to_owned());
        assert_eq!(refused(ErrorCode::Forbidden), no());
        assert_eq!(refused(ErrorCode::Conflict), no());
        assert_eq!(refused(ErrorCode::NotFound), no());
    }
}
