//! Requests about polls.

use super::{ChatClient, browser, rest::to_json};
use crate::error::AppError;
use model::{ConversationId, Message, MessageId, NewMessage, NewVote, Page, PollVote, Voter};

impl ChatClient {
    /// A retry with the same client id is answered with the first result. During an upgrade, a node of the version before
    /// may have sent the question as a text: the problem says so.
    pub async fn send_poll(self, id: ConversationId, new: &NewMessage) -> Result<(), AppError> {
        let path = format!("/conversations/{id}/messages");
        let message: Message = self.request_json("POST", &path, to_json(new)).await?;
        let is_text = message.poll.is_none() && message.deleted_at.is_none();
        self.apply_sent(message);
        if is_text {
            let refusal = "This server does not know polls yet: the question was sent as a text.";
            return Err(AppError::not_sent(refusal));
        }
        Ok(())
    }

    /// Votes, or takes the vote back if nothing is chosen.
    pub async fn vote(self, id: MessageId, options: &[i16]) -> Result<PollVote, AppError> {
        let path = format!("/messages/{id}/vote");
        if options.is_empty() {
            return self.request_json("DELETE", &path, None).await;
        }
        let options = options.to_vec();
        self.request_json("PUT", &path, to_json(&NewVote { options }))
            .await
    }

    /// The same as the page goes: nobody waits for the answer.
    pub fn vote_at_last(self, id: MessageId, options: &[i16]) {
        let path = format!("/api/v1/messages/{id}/vote");
        if options.is_empty() {
            return browser::send_at_last(self.my_id(), "DELETE", &path, None);
        }
        let options = options.to_vec();
        let body = to_json(&NewVote { options });
        browser::send_at_last(self.my_id(), "PUT", &path, body.as_deref());
    }

    pub async fn close_poll(self, id: MessageId) -> Result<(), AppError> {
        let path = format!("/messages/{id}/poll/close");
        let message: Message = self.request_json("POST", &path, None).await?;
        self.apply_response(message);
        Ok(())
    }

    /// The user's own votes in the polls of these messages, of which there are at most 100.
    pub async fn own_votes(self, ids: &[MessageId]) -> Result<Vec<PollVote>, AppError> {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let path = format!("/me/votes?messageIds={}", ids.join(","));
        let page: Page<PollVote> = self.get(&path).await?;
        Ok(page.items)
    }

    /// Who has voted in a poll, a page of them.
    pub async fn voters(
        self,
        id: MessageId,
        cursor: Option<String>,
    ) -> Result<Page<Voter>, AppError> {
        let cursor = cursor.map_or_else(String::new, |it| format!("&cursor={it}"));
        self.get(&format!("/messages/{id}/votes?limit=100{cursor}"))
            .await
    }
}
