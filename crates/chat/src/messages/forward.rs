//! Forwarding: messages of one conversation are said again in another, by who said them first.

mod copies;
mod earlier;
mod origins;
mod request;

use super::{json_len::json_len, messages_by_id, send::texts_len, writer::write_together};
use crate::{Caller, Chat, Result, conversations::lock};
use copies::{load_copies, note_forwards};
use earlier::find_earlier;
use model::{ConversationId, ForwardSent, Forwarded, NewForward};
use request::Request;

impl Chat {
    /// Says messages of one conversation again in another that the caller writes to, in the order in which they were
    /// said, after a comment of the caller's own: all of them or none. Each names who has said it first, and when. Its
    /// mentions tell nobody, and nothing that happens to the original changes it.
    ///
    /// A retry with the same `clientId` returns the first result; the same `clientId` with other content is a
    /// `Conflict`.
    ///
    /// # Errors
    /// `NotFound("message")` for a message that the caller may not see, and `Conflict` for one that was deleted.
    /// Otherwise those of `send_message`: each message counts as one that is sent.
    pub async fn forward_messages(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewForward,
    ) -> Result<ForwardSent> {
        let request = Request::check(new)?;
        let count = request.message_ids.len() + usize::from(request.comment.is_some());
        self.0.limits.messages(caller.user_id, count)?;
        self.0.limits.told.require(caller.user_id)?;
        let (sent, taken) = self
            .with_conversation_lock(id, caller, async move |chat, caller| {
                chat.forward(caller, id, request).await
            })
            .await?;
        if !sent.deduplicated {
            // A failure here is none of the messages, which have been written.
            let people = self.audience_size(id).await.unwrap_or_default();
            for (message, taken) in sent.messages.iter().zip(taken) {
                let told = &self.0.limits.told;
                told.charge_message(caller.user_id, people, || json_len(message), taken);
            }
        }
        Ok(sent)
    }

    /// The messages, and the bytes that were counted for each before it was written.
    async fn forward(
        &self,
        caller: Caller,
        id: ConversationId,
        request: Request,
    ) -> Result<(ForwardSent, Vec<usize>)> {
        let mut tx = self.begin().await?;
        // Of two requests with the same `clientId`, the later one sees here what the first has written.
        lock(&mut tx, &caller, id).await?;
        let place = (caller.user_id, id);
        if let Some(earlier) = find_earlier(&mut tx, place, &request).await? {
            let sent = ForwardSent {
                messages: messages_by_id(&mut tx, &earlier).await?,
                deduplicated: true,
            };
            return Ok((sent, Vec::new()));
        }
        let copies = load_copies(&mut tx, &caller, &request.message_ids).await?;
        let mut news = request.news(&copies);
        for (_, options) in &mut news {
            options.is_bot = caller.is_bot();
        }
        let told = &self.0.limits.told;
        let taken = news
            .iter()
            .map(|(new, _)| told.take_message(caller.user_id, || texts_len(new)));
        let taken = taken.collect::<Result<_>>()?;
        let mut written = write_together(self, &mut tx, place, news).await?;
        let comments = written.len() - copies.len();
        let forwards = &mut written[comments..];
        for (written, copied) in forwards.iter_mut().zip(&copies) {
            written.message.forwarded = Some(Forwarded {
                from: copied.from.clone(),
                at: copied.said_at,
            });
        }
        let ids: Vec<_> = forwards.iter().map(|it| it.message.id.0).collect();
        note_forwards(&mut tx, &ids, &copies).await?;
        tx.commit().await?;
        let sent = ForwardSent {
            messages: self.publish_together(written),
            deduplicated: false,
        };
        Ok((sent, taken))
    }
}
