//! The people of the tests: ada, grace and linus, who talk, and an outsider, who must not hear.

use chat::{
    Audience, Caller, Chat, Delivery, Error, Keys, RateLimits, Settings, SubjectOrigin, Timings,
    events::Subscription,
};
use model::{
    ConversationId, ConversationKind, Event, Message, NewConversation, NewMessage, Sent, UserId,
    UserRole,
};
use sqlx::PgPool;
use std::time::Duration;

pub const SECRET: &[u8] = b"a secret for tests, long enough to be one";

pub struct People {
    pub chat: Chat,
    pub ada: Caller,
    pub grace: Caller,
    pub linus: Caller,
    pub outsider: Caller,
}

pub fn settings() -> Settings {
    Settings {
        keys: Keys::new(SECRET, None, SubjectOrigin::Local).unwrap(),
        rate_limits: RateLimits {
            volume: false,
            ..RateLimits::default()
        },
        timings: Timings::default(),
    }
}

pub async fn people(db: PgPool) -> People {
    people_with(db, settings()).await
}

pub async fn people_with(db: PgPool, settings: Settings) -> People {
    let ids: Vec<i64> = sqlx::query_scalar(
        "insert into users (username, name) values ('ada', 'Ada Lovelace'),
            ('grace', 'Grace Hopper'), ('linus', 'Linus Torvalds'), ('eve', 'Eve Outsider')
        returning id",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let caller = |n: usize| Caller {
        user_id: UserId(ids[n]),
        session_id: None,
        role: UserRole::Member,
    };
    People {
        chat: Chat::new(db, settings),
        ada: caller(0),
        grace: caller(1),
        linus: caller(2),
        outsider: caller(3),
    }
}

impl People {
    /// Ada's group with Grace and Linus.
    pub async fn group(&self) -> ConversationId {
        self.create(
            ConversationKind::Group,
            &[&self.grace, &self.linus],
            "Engines",
        )
        .await
    }

    /// Ada's public channel with Grace.
    pub async fn channel(&self) -> ConversationId {
        self.create(ConversationKind::Channel, &[&self.grace], "general")
            .await
    }

    /// Ada and Grace.
    pub async fn direct(&self) -> ConversationId {
        let new = NewConversation {
            member_ids: vec![self.grace.user_id],
            ..direct()
        };
        self.chat
            .create_conversation(&self.ada, new)
            .await
            .unwrap()
            .summary
            .conversation
            .id
    }

    async fn create(
        &self,
        kind: ConversationKind,
        others: &[&Caller],
        title: &str,
    ) -> ConversationId {
        let new = NewConversation {
            kind,
            member_ids: others.iter().map(|it| it.user_id).collect(),
            title: Some(title.to_owned()),
            ..direct()
        };
        self.chat
            .create_conversation(&self.ada, new)
            .await
            .unwrap()
            .summary
            .conversation
            .id
    }

    pub async fn say(&self, who: &Caller, id: ConversationId, body: &str) -> Message {
        self.send(who, id, body, None).await.message
    }

    pub async fn send(
        &self,
        who: &Caller,
        id: ConversationId,
        body: &str,
        client_id: Option<&str>,
    ) -> Sent {
        self.chat
            .send_message(who, id, text(body, client_id))
            .await
            .unwrap()
    }
}

pub fn direct() -> NewConversation {
    NewConversation {
        kind: ConversationKind::Direct,
        member_ids: Vec::new(),
        title: None,
        description: None,
        private: false,
        client_id: None,
    }
}

pub fn text(body: &str, client_id: Option<&str>) -> NewMessage {
    NewMessage {
        body: body.to_owned(),
        client_id: client_id.map(str::to_owned),
        ..NewMessage::default()
    }
}

/// The deliveries until now, in order.
pub async fn heard(subscription: &mut Subscription) -> Vec<Delivery> {
    let mut heard = Vec::new();
    while let Ok(Some(delivery)) =
        tokio::time::timeout(Duration::from_millis(150), subscription.next()).await
    {
        heard.push((*delivery.unwrap()).clone());
    }
    heard
}

/// Only the events, each with its name.
pub fn events(deliveries: &[Delivery]) -> Vec<(&'static str, Audience)> {
    let told = deliveries.iter().filter_map(|it| match it {
        Delivery::Emit {
            audience, event, ..
        } => Some((event.name(), audience.clone())),
        _ => None,
    });
    told.collect()
}

/// The name and seq of each event.
pub fn seqs(events: &[Event]) -> Vec<(&'static str, i64)> {
    events
        .iter()
        .map(|it| (it.name(), it.seq().map_or(0, |(_, seq)| seq)))
        .collect()
}

#[track_caller]
pub fn refused<T>(result: Result<T, Error>, code: model::ErrorCode) {
    match result {
        Ok(_) => panic!("should have been refused as {code:?}"),
        Err(error) => assert_eq!(error.code(), code, "{error:?}"),
    }
}
