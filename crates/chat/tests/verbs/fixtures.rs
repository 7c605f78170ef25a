//! Fixtures: four users, of whom ada, grace and linus share conversations and the outsider does not,
//! and what tests need to receive deliveries.

use crate::s3_server::test_files;
use chat::{
    Audience, Caller, Chat, Delivery, Error, FavoriteTarget, Keys, LinkPreviewSettings,
    PresenceAudience, RateLimits, RegistrationRules, Settings, SingleSignOn, SubjectOrigin,
    Timings, TwoFactorRules, UploadSettings, events::Subscription,
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
        presence_audience: PresenceAudience::Contacts,
        registration: RegistrationRules::default(),
        two_factor: TwoFactorRules::default(),
        uploads: UploadSettings {
            store: test_files(),
            ..UploadSettings::default()
        },
        link_previews: LinkPreviewSettings::default(),
        single_sign_on: SingleSignOn::default(),
        emails: None,
    }
}

/// A chat on an empty database, with the four users.
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
        app_id: None,
        grant: None,
        origin: chat::Origin::default(),
    };
    People {
        chat: Chat::new(db, settings),
        ada: caller(0),
        grace: caller(1),
        linus: caller(2),
        outsider: caller(3),
    }
}

/// Gives everybody but the outsider a password, which nobody knows.
pub async fn let_sign_in(db: &PgPool) {
    let sql = "update users set password_hash = '' where username <> 'eve'";
    sqlx::query(sql).execute(db).await.unwrap();
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

    /// The direct conversation of Ada and Grace.
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

    /// Ada's conversation with these.
    pub async fn create(
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

    /// The deliveries that were published until now, in order. Publishes a marker, which comes after
    /// them: the outsider's favorites.
    pub async fn drain(&self, subscription: &mut Subscription) -> Vec<Delivery> {
        let target = FavoriteTarget::User(self.outsider.user_id);
        let toggled = self.chat.toggle_favorite(&self.outsider, target);
        toggled.await.unwrap();
        let marker = Audience::Users(vec![self.outsider.user_id]);
        let mut received = receive_until(subscription, |it| {
            matches!(it, Delivery::Emit { audience, event: Event::FavoritesChanged { .. }, .. }
                if *audience == marker)
        })
        .await;
        received.pop();
        received
    }

    /// The receipts and unread counts that are due until now. They are coalesced, and published in
    /// the order of their ids: the markers are those of the outsider, who has the highest user id,
    /// in a new conversation. Both come before what follows from later changes.
    pub async fn drain_receipts(&self, subscription: &mut Subscription) -> Vec<Delivery> {
        let _guard = self.chat.connect(&self.outsider).await.unwrap();
        let new = NewConversation {
            kind: ConversationKind::Group,
            member_ids: vec![self.ada.user_id],
            title: Some("Marker".to_owned()),
            ..direct()
        };
        let created = self.chat.create_conversation(&self.outsider, new).await;
        let marker = created.unwrap().summary.conversation.id;
        self.say(&self.ada, marker, "marker").await;
        let read = self.chat.mark_read(&self.outsider, marker, 1);
        read.await.unwrap();
        let is_receipt = |it: &Delivery| match event(it) {
            Some(Event::ReceiptUpdated(receipt)) => receipt.conversation_id == marker,
            _ => false,
        };
        let is_count = |it: &Delivery| match event(it) {
            Some(Event::UnreadChanged {
                conversation_id, ..
            }) => *conversation_id == marker,
            _ => false,
        };
        let mut received = receive_until(subscription, |it| is_receipt(it) || is_count(it)).await;
        let has_receipt = received.last().is_some_and(is_receipt);
        let other = receive_until(subscription, |it| {
            if has_receipt {
                is_count(it)
            } else {
                is_receipt(it)
            }
        });
        received.extend(other.await);
        // The counts of one flush are published together, in any order.
        received.extend(self.drain(subscription).await);
        received.retain(|it| {
            let kind = event(it).map(Event::name);
            matches!(kind, Some("receipt:updated" | "unread")) && !is_receipt(it) && !is_count(it)
        });
        received
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

/// The deliveries up to the first one that matches, which is the last of them. Panics when none has
/// come for 10 seconds.
pub async fn receive_until(
    subscription: &mut Subscription,
    matches: impl Fn(&Delivery) -> bool,
) -> Vec<Delivery> {
    let mut received = Vec::new();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(10), subscription.next()).await;
        let delivery = next.expect("a delivery").unwrap().unwrap();
        received.push((*delivery).clone());
        if matches(&delivery) {
            return received;
        }
    }
}

/// The event of a delivery, if it is one.
pub fn event(delivery: &Delivery) -> Option<&Event> {
    match delivery {
        Delivery::Emit { event, .. } => Some(event),
        _ => None,
    }
}

/// The name and audience of each event.
pub fn events(deliveries: &[Delivery]) -> Vec<(&'static str, Audience)> {
    let events = deliveries.iter().filter_map(|it| match it {
        Delivery::Emit {
            audience, event, ..
        } => Some((event.name(), audience.clone())),
        _ => None,
    });
    events.collect()
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
