//! Demo data: users, conversations and messages, written through the verbs.

mod script;

use chat::{Caller, Chat, Client, Result};
use model::{
    ConversationId, ConversationKind, Login, MessageId, NewConversation, NewMessage,
    NewUserAccount, PasswordReset, UserId, UserRole,
};
use script::{CONVERSATIONS, DemoConversation, DemoStep, PEOPLE};
use std::collections::HashMap;
use time::{Duration, OffsetDateTime};

const PASSWORD: &str = "parlance demo";

/// Fills an empty database. Returns whether it was empty.
pub async fn fill(chat: &Chat) -> Result<bool> {
    if !chat.is_empty().await? {
        return Ok(false);
    }
    let mut people = HashMap::new();
    for (username, name) in PEOPLE {
        // As an operator does, whatever the setting of registration. The first one is the administrator.
        let new = NewUserAccount {
            username: username.to_owned(),
            name: Some(name.to_owned()),
            email: None,
            role: if people.is_empty() {
                UserRole::Admin
            } else {
                UserRole::Member
            },
        };
        let created = chat.create_user_account(&Caller::OPERATOR, new).await?;
        let choice = PasswordReset {
            token: created.password_reset.token,
            password: PASSWORD.to_owned(),
        };
        let user = chat.reset_password(choice, &Client::default()).await?;
        let user = user.user();
        let caller = Caller {
            user_id: user.id,
            session_id: None,
            role: user.role,
            app_id: None,
            grant: None,
            origin: chat::Origin::default(),
        };
        people.insert(username, caller);
    }
    for script in CONVERSATIONS {
        let mut replay = Replay::create(chat, &people, script).await?;
        replay.run(script).await?;
    }
    Ok(true)
}

/// The logins of the demo's users, as a text for the operator.
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

/// One conversation, while its script is replayed.
struct Replay<'a> {
    chat: &'a Chat,
    people: &'a HashMap<&'static str, Caller>,
    conversation: ConversationId,
    now: OffsetDateTime,
    /// The messages so far, each with the time that it is to have.
    sent: Vec<(MessageId, OffsetDateTime)>,
}

impl<'a> Replay<'a> {
    async fn create(
        chat: &'a Chat,
        people: &'a HashMap<&'static str, Caller>,
        script: &DemoConversation,
    ) -> Result<Self> {
        let ids: Vec<UserId> = script
            .people
            .iter()
            .map(|name| people[name].user_id)
            .collect();
        let new = NewConversation {
            kind: script.kind,
            member_ids: ids[1..].to_vec(),
            title: (script.kind != ConversationKind::Direct).then(|| script.title.to_owned()),
            description: script.description.map(str::to_owned),
            private: false,
            client_id: None,
        };
        let created = chat
            .create_conversation(&people[script.people[0]], new)
            .await?;
        Ok(Self {
            chat,
            people,
            conversation: created.summary.conversation.id,
            now: OffsetDateTime::now_utc(),
            sent: Vec::new(),
        })
    }

    async fn run(&mut self, script: &DemoConversation) -> Result<()> {
        for step in script.steps {
            match *step {
                DemoStep::Days(days, lines) => self.say_every_day(script, days, lines).await?,
                DemoStep::Say(who, ago, body) => self.send_message(who, ago, body, None).await?,
                DemoStep::Reply(who, ago, to, body) => {
                    self.send_message(who, ago, body, Some(self.nth_last(to)))
                        .await?;
                }
                DemoStep::React(who, to, emoji) => {
                    let message = self.nth_last(to);
                    self.chat
                        .add_reaction(&self.people[who], message, emoji)
                        .await?;
                }
                DemoStep::Edit(who, body) => {
                    let message = self.nth_last(1);
                    self.chat
                        .edit_message(&self.people[who], message, body.to_owned())
                        .await?;
                }
                DemoStep::Read(who) => {
                    let position = i64::try_from(self.sent.len()).unwrap_or(i64::MAX);
                    self.chat
                        .mark_read(&self.people[who], self.conversation, position)
                        .await?;
                }
            }
        }
        for (message, at) in &self.sent {
            self.chat.backdate_message(*message, *at).await?;
        }
        Ok(())
    }

    /// Each user says one of the lines, on every day.
    async fn say_every_day(
        &mut self,
        script: &DemoConversation,
        days: i64,
        lines: &[&str],
    ) -> Result<()> {
        let mut lines = lines.iter().cycle();
        for day in (1..=days).rev() {
            for (minute, who) in (0..).zip(script.people) {
                if let Some(line) = lines.next() {
                    self.send_message(who, day * 24 * 60 - minute * 4, line, None)
                        .await?;
                }
            }
        }
        Ok(())
    }

    async fn send_message(
        &mut self,
        who: &str,
        ago: i64,
        body: &str,
        to: Option<MessageId>,
    ) -> Result<()> {
        let new = NewMessage {
            body: body.to_owned(),
            reply_to_id: to,
            ..NewMessage::default()
        };
        let sent = self
            .chat
            .send_message(&self.people[who], self.conversation, new)
            .await?;
        self.sent
            .push((sent.message.id, self.now - Duration::minutes(ago)));
        Ok(())
    }

    /// The message so many back; 1 is the last one.
    fn nth_last(&self, n: usize) -> MessageId {
        self.sent[self.sent.len() - n].0
    }
}
