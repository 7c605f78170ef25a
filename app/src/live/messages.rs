//! What a person does with messages that are there.

use super::{
    Live,
    rest::{encode, write},
};
use crate::error::AppError;
use model::{Edit, Event, Message, MessageId, Page};
use serde::Serialize;

#[derive(Serialize)]
struct NewBody {
    body: String,
}

impl Live {
    pub async fn edit(self, id: MessageId, body: String) -> Result<(), AppError> {
        let path = format!("/messages/{id}");
        let body = write(&NewBody { body });
        let message = self.ask("PATCH", &path, body).await?;
        self.take(message);
        Ok(())
    }

    /// What a message said before.
    pub async fn edits(self, id: MessageId) -> Result<Vec<Edit>, AppError> {
        let page: Page<Edit> = self.get(&format!("/messages/{id}/edits")).await?;
        Ok(page.items)
    }

    pub async fn delete(self, id: MessageId) -> Result<(), AppError> {
        let path = format!("/messages/{id}");
        let message = self.ask("DELETE", &path, None).await?;
        self.take(message);
        Ok(())
    }

    /// Adds or takes away a reaction of mine.
    pub async fn react(self, id: MessageId, emoji: String, on: bool) -> Result<(), AppError> {
        let path = format!("/messages/{id}/reactions/{}", encode(&emoji));
        let method = if on { "PUT" } else { "DELETE" };
        let message = self.ask(method, &path, None).await?;
        self.take(message);
        Ok(())
    }

    /// The answer is as good as the event, whichever comes first.
    fn take(self, message: Message) {
        self.store.update(|store| {
            store.apply(Event::MessageUpdated {
                conversation_id: message.conversation_id,
                seq: message.seq,
                message,
            });
        });
        self.heal();
    }
}
