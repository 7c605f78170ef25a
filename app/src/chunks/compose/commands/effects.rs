//! What commands do that send nothing.

use super::{Kind, ask::ask, duration, invite::invite, reminder};
use crate::{
    chunks::later::{boxes::tell_boxes, mutes, notes::open_thread},
    client::ChatClient,
    error::AppError,
    router::Router,
    store::Timeline,
    ui::{Zone, coming_text, in_words},
};
use model::{ConversationChanges, ConversationId, MessageId, MessageKind, PresenceChoice};

#[derive(Clone, Copy)]
pub struct Effects {
    pub client: ChatClient,
    pub router: Router,
    pub zone: Zone,
}

/// Where a command was written.
#[derive(Clone, Copy)]
pub struct Place {
    pub conversation: ConversationId,
    pub is_thread: bool,
}

impl Effects {
    /// What was done, or why it was not, in words.
    pub async fn perform(
        self,
        kind: Kind,
        arguments: &str,
        place: Place,
    ) -> Result<String, String> {
        let id = place.conversation;
        match kind {
            Kind::Away => Ok(self.show_as(PresenceChoice::Away, "You are shown as away.")),
            Kind::Active => Ok(self.show_as(PresenceChoice::Online, "You are shown as online.")),
            Kind::Remind => self.remind(arguments, place).await,
            Kind::Poll => {
                self.ask_poll(arguments, place);
                Ok(String::new())
            }
            Kind::Invite => invite(self.client, id, arguments).await,
            Kind::Topic => self.set_topic(arguments, id).await,
            Kind::Mute => self.mute(arguments, id).await,
            // Also where it is not muted here: the device's clock may be ahead.
            Kind::Unmute => {
                let is_muted = self.client.is_muted(id);
                mutes::unmute(self.client, id).await.map_err(words)?;
                let said = is_muted.then(|| "Unmuted.".to_owned());
                said.ok_or_else(|| "It is not muted.".to_owned())
            }
            Kind::Leave => self.leave(place).await,
            // These write in the box (`runner.rs`).
            Kind::Me | Kind::Shrug | Kind::Help => Ok(String::new()),
        }
    }

    /// Opens the form of a poll.
    pub fn ask_poll(self, question: &str, place: Place) {
        let root = open_thread().filter(|_| place.is_thread);
        ask(self.client, self.zone, (place.conversation, root), question);
    }

    async fn leave(self, place: Place) -> Result<String, String> {
        let id = place.conversation;
        // What is kept of a conversation that is lost are the user's words, and the command is none of them.
        let at = (id, open_thread().filter(|_| place.is_thread));
        let (written, quote) = (self.client.written(at), self.client.kept_quote(id));
        self.client.set_written(at, "", None);
        if let Err(error) = self.client.leave_conversation(id).await {
            self.client.set_written(at, &written.body, quote.as_ref());
            return Err(words(error));
        }
        self.router.navigate("/");
        Ok("You have left.".to_owned())
    }

    fn show_as(self, choice: PresenceChoice, done: &str) -> String {
        self.client.set_presence(choice);
        done.to_owned()
    }

    /// Of the message that is quoted, or else of the last one.
    async fn remind(self, arguments: &str, place: Place) -> Result<String, String> {
        let Some(at) = reminder::read(self.zone, arguments) else {
            return Err("Say when: /remind 20m, /remind 3 hours, /remind tomorrow".to_owned());
        };
        let id = place.conversation;
        let quote = self.client.kept_quote(id).filter(|_| !place.is_thread);
        let message = match &quote {
            Some(quote) => quote.id,
            None => self.last_message(place)?,
        };
        self.client.set_reminder(message, at).await.map_err(words)?;
        if quote.is_some() {
            self.client.keep_quote(id, None);
            tell_boxes("");
        }
        let when = coming_text(self.zone, at);
        Ok(format!("You will be reminded {when}."))
    }

    fn last_message(self, place: Place) -> Result<MessageId, String> {
        let id = place.conversation;
        let root = open_thread().filter(|_| place.is_thread);
        self.client.store.with_untracked(|store| {
            let lane: Option<&Timeline> = match root {
                Some(root) => store.replies(id, root),
                None if store.has_newer(id) => {
                    return Err(
                        "Go to the newest message, or reply to the one you mean.".to_owned()
                    );
                }
                None => store.timeline(id),
            };
            let messages = lane.into_iter().flat_map(|it| it.messages().rev());
            let mut texts = messages
                .filter(|it| it.deleted_at.is_none() && it.kind != MessageKind::System)
                .map(|it| it.id);
            let root_message = root.and_then(|root| store.message(id, root));
            let has_replies = root_message.is_some_and(|it| it.thread.is_some());
            match texts.next() {
                None if has_replies => Err("The replies are still loading. Try again.".to_owned()),
                last => last
                    .or(root)
                    .ok_or_else(|| "There is no message yet.".to_owned()),
            }
        })
    }

    async fn set_topic(self, text: &str, id: ConversationId) -> Result<String, String> {
        if text.is_empty() {
            return Err("Write the description: /topic text".to_owned());
        }
        let changes = ConversationChanges {
            description: Some(text.to_owned()),
            ..Default::default()
        };
        let answer = self.client.update_conversation(id, changes).await;
        answer.map_err(words)?;
        Ok("The description was changed.".to_owned())
    }

    async fn mute(self, arguments: &str, id: ConversationId) -> Result<String, String> {
        if arguments.is_empty() {
            mutes::mute(self.client, id, None).await.map_err(words)?;
            return Ok("Muted.".to_owned());
        }
        let time = arguments.strip_prefix("for ").unwrap_or(arguments);
        let Some(duration) = duration::parse(time) else {
            return Err("Say how long: /mute for 1h".to_owned());
        };
        let seconds = u32::try_from(duration.whole_seconds()).unwrap_or(u32::MAX);
        let muted = mutes::mute(self.client, id, Some(seconds)).await;
        muted.map_err(words)?;
        Ok(format!("Muted for {}.", duration::in_words(duration)))
    }
}

fn words(AppError(problem): AppError) -> String {
    in_words(&problem)
}
