//! A few people and what they said, to look at. Fanout through the verbs, like everything else.

mod script;

use chat::{Caller, Chat, Client, Result};
use model::{
    ConversationId, ConversationKind, Login, MessageId, NewConversation, NewMessage, Register,
    UserId,
};
use script::{CONVERSATIONS, PEOPLE, Scene, Step};
use std::collections::HashMap;
use time::{Duration, OffsetDateTime};

const PASSWORD: &str = "parlance demo";

/// Fills an empty database; whether it was empty.
pub async fn fill(chat: &Chat) -> Result<bool> {
    if !chat.is_empty().await? {
        return Ok(false);
    }
    let mut people = HashMap::new();
    for (username, name) in PEOPLE {
        let new = Register {
            username: username.to_owned(),
            password: PASSWORD.to_owned(),
            name: Some(name.to_owned()),
            email: None,
        };
        let user = chat.register(new, &Client::default()).await?;
        let user = user.user();
        let caller = Caller {
            user_id: user.id,
            session_id: None,
            role: user.role,
        };
        people.insert(username, caller);
    }
    for scene in CONVERSATIONS {
        Stage::open(chat, &people, scene).await?.play(scene).await?;
    }
    Ok(true)
}

/// The logins, for the operator to try; none of people whom the demo did not make.
pub async fn logins(chat: &Chat) -> String {
    let mut lines = Vec::new();
    for (username, name) in PEOPLE {
        let login = Login {
            login: username.to_owned(),
            password: PASSWORD.to_owned(),
        };
        if chat.login(login, &Client::default()).await.is_ok() {
            lines.push(format!("  {username:<10} {PASSWORD}   ({name})"));
        }
    }
    if lines.is_empty() {
        return "The database has people of its own; the demo left it alone.".to_owned();
    }
    let lines = lines.join("\n");
    format!("Sign in as one of these, and as another one in a second browser:\n{lines}\n")
}

/// One conversation, while its scene is played.
struct Stage<'a> {
    chat: &'a Chat,
    people: &'a HashMap<&'static str, Caller>,
    conversation: ConversationId,
    now: OffsetDateTime,
    /// With the time at which each was said.
    said: Vec<(MessageId, OffsetDateTime)>,
}

impl<'a> Stage<'a> {
    async fn open(
        chat: &'a Chat,
        people: &'a HashMap<&'static str, Caller>,
        scene: &Scene,
    ) -> Result<Self> {
        let ids: Vec<UserId> = scene
            .people
            .iter()
            .map(|name| people[name].user_id)
            .collect();
        let new = NewConversation {
            kind: scene.kind,
            member_ids: ids[1..].to_vec(),
            title: (scene.kind != ConversationKind::Direct).then(|| scene.title.to_owned()),
            description: scene.description.map(str::to_owned),
            private: false,
            client_id: None,
        };
        let created = chat
            .create_conversation(&people[scene.people[0]], new)
            .await?;
        Ok(Self {
            chat,
            people,
            conversation: created.summary.conversation.id,
            now: OffsetDateTime::now_utc(),
            said: Vec::new(),
        })
    }

    async fn play(&mut self, scene: &Scene) -> Result<()> {
        for step in scene.steps {
            match *step {
                Step::Days(days, lines) => self.every_day(scene, days, lines).await?,
                Step::Say(who, ago, body) => self.say(who, ago, body, None).await?,
                Step::Reply(who, ago, to, body) => {
                    self.say(who, ago, body, Some(self.nth_last(to))).await?;
                }
                Step::React(who, to, emoji) => {
                    let message = self.nth_last(to);
                    self.chat
                        .add_reaction(&self.people[who], message, emoji)
                        .await?;
                }
                Step::Edit(who, body) => {
                    let message = self.nth_last(1);
                    self.chat
                        .edit_message(&self.people[who], message, body.to_owned())
                        .await?;
                }
                Step::Read(who) => {
                    let position = i64::try_from(self.said.len()).unwrap_or(i64::MAX);
                    self.chat
                        .mark_read(&self.people[who], self.conversation, position)
                        .await?;
                }
            }
        }
        for (message, at) in &self.said {
            self.chat.backdate_message(*message, *at).await?;
        }
        Ok(())
    }

    /// Everybody says one of the lines, every day.
    async fn every_day(&mut self, scene: &Scene, days: i64, lines: &[&str]) -> Result<()> {
        let mut lines = lines.iter().cycle();
        for day in (1..=days).rev() {
            for (minute, who) in (0..).zip(scene.people) {
                if let Some(line) = lines.next() {
                    self.say(who, day * 24 * 60 - minute * 4, line, None)
                        .await?;
                }
            }
        }
        Ok(())
    }

    async fn say(&mut self, who: &str, ago: i64, body: &str, to: Option<MessageId>) -> Result<()> {
        let new = NewMessage {
            body: body.to_owned(),
            reply_to_id: to,
            ..NewMessage::default()
        };
        let sent = self
            .chat
            .send_message(&self.people[who], self.conversation, new)
            .await?;
        self.said
            .push((sent.message.id, self.now - Duration::minutes(ago)));
        Ok(())
    }

    /// 1 is the last thing that was said.
    fn nth_last(&self, n: usize) -> MessageId {
        self.said[self.said.len() - n].0
    }
}
