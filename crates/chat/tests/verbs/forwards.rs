//! Forwarding: what a forward says, who may forward what where, and who learns where it comes from.

use crate::fixtures::{People, event, events, people, people_with, refused, settings, text};
use chat::{Audience, Caller, MessagesRequest, RateLimits, Result, Settings};
use model::{
    ConversationId, ConversationKind, ErrorCode, Event, ForwardSent, Message, MessageId,
    NewAttachment, NewForward, NewMessage, UserRole,
};
use sqlx::PgPool;

pub fn forward_of(messages: &[&Message], client_id: Option<&str>) -> NewForward {
    NewForward {
        message_ids: messages.iter().map(|it| it.id).collect(),
        comment: None,
        client_id: client_id.map(str::to_owned),
    }
}

impl People {
    /// Linus has nothing to do with it, and the outsider neither.
    pub async fn source(&self) -> ConversationId {
        self.create(ConversationKind::Group, &[&self.grace], "Plans")
            .await
    }

    async fn forward(
        &self,
        who: &Caller,
        to: ConversationId,
        messages: &[&Message],
    ) -> Result<ForwardSent> {
        let new = forward_of(messages, None);
        self.chat.forward_messages(who, to, new).await
    }

    /// The ids of the conversations and messages that the forwards are told to come from.
    async fn origins(
        &self,
        who: &Caller,
        forwards: &[&Message],
    ) -> Vec<(MessageId, ConversationId)> {
        let ids: Vec<_> = forwards.iter().map(|it| it.id).collect();
        let origins = self.chat.origins(who, &ids).await.unwrap();
        let origins = origins.into_iter();
        origins
            .map(|it| (it.original_id, it.conversation_id))
            .collect()
    }

    pub async fn history(&self, who: &Caller, id: ConversationId) -> Vec<Message> {
        let page = self
            .chat
            .messages(who, id, MessagesRequest::default())
            .await;
        page.unwrap().items
    }
}

pub fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|it| it.body.as_str()).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_forward_says_who_and_when_in_the_order_in_which_it_was_said(db: PgPool) {
    let people = people(db).await;
    let (chat, source, target) = (&people.chat, people.source().await, people.group().await);
    let first = people.say(&people.ada, source, "*one*").await;
    let with_file = NewMessage {
        attachments: vec![NewAttachment::at("https://example.org/plan.pdf")],
        ..text("two", None)
    };
    let second = chat.send_message(&people.grace, source, with_file).await;
    let second = second.unwrap().message;

    let mut subscription = chat.subscribe();
    let new = NewForward {
        comment: Some("see @linus".to_owned()),
        ..forward_of(&[&second, &first], Some("key"))
    };
    let sent = chat
        .forward_messages(&people.grace, target, new)
        .await
        .unwrap();
    assert!(!sent.deduplicated);
    let [comment, one, two] = &*sent.messages else {
        panic!("{sent:?}")
    };
    assert_eq!(bodies(&sent.messages), ["see @linus", "*one*", "two"]);
    assert_eq!(comment.forwarded, None);
    for (forward, original) in [(one, &first), (two, &second)] {
        let forwarded = forward.forwarded.as_ref().unwrap();
        assert_eq!(forwarded.from, original.sender);
        assert_eq!(forwarded.at, original.created_at);
        assert_eq!(forward.sender.id, people.grace.user_id);
        assert_eq!(forward.html, original.html);
    }
    assert_eq!(two.attachments[0].name, "plan.pdf");
    assert_eq!(two.attachments[0].url, second.attachments[0].url);

    // Everybody of the conversation is told, and nobody else; what is told is what is read afterwards.
    let told = people.drain(&mut subscription).await;
    let created: Vec<_> = told
        .iter()
        .filter_map(|it| match event(it) {
            Some(Event::MessageCreated { message, .. }) => Some(message.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(created, sent.messages);
    let told = events(&told);
    let to_target = ("message:created", Audience::Conversations(vec![target]));
    assert_eq!(told.iter().filter(|it| **it == to_target).count(), 3);
    assert_eq!(people.history(&people.linus, target).await, sent.messages);
    refused(
        chat.message(&people.outsider, one.id).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_what_one_may_read_now_is_forwarded_and_only_where_one_may_write(db: PgPool) {
    let people = people(db).await;
    let (chat, source, target) = (&people.chat, people.source().await, people.group().await);
    let secret = people.say(&people.ada, source, "secret").await;
    let other = people.say(&people.ada, target, "other").await;
    let of_outsider = people.channel().await;
    chat.join_conversation(&people.outsider, of_outsider)
        .await
        .unwrap();

    // Linus is no member of the source, the outsider of neither.
    for (who, to) in [(&people.linus, target), (&people.outsider, of_outsider)] {
        refused(
            people.forward(who, to, &[&secret]).await,
            ErrorCode::NotFound,
        );
        refused(
            people.forward(who, to, &[&secret, &other]).await,
            ErrorCode::NotFound,
        );
    }
    refused(
        people.forward(&people.outsider, target, &[&secret]).await,
        ErrorCode::NotFound,
    );
    // Who has left may forward no longer.
    chat.leave_conversation(&people.grace, source)
        .await
        .unwrap();
    refused(
        people.forward(&people.grace, target, &[&secret]).await,
        ErrorCode::NotFound,
    );

    // A channel that everybody may read, and that Linus has not joined.
    let channel = people.channel().await;
    let public = people.say(&people.ada, channel, "for all").await;
    refused(
        people.forward(&people.linus, channel, &[&other]).await,
        ErrorCode::Forbidden,
    );
    people
        .forward(&people.linus, target, &[&public])
        .await
        .unwrap();

    let announcements = ConversationId::ANNOUNCEMENTS;
    refused(
        people.forward(&people.ada, announcements, &[&secret]).await,
        ErrorCode::Forbidden,
    );
    let admin = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(admin.user_id.0)
        .execute(people.chat.pool())
        .await
        .unwrap();
    people
        .forward(&admin, announcements, &[&secret])
        .await
        .unwrap();

    let written = people.history(&people.ada, target).await;
    assert_eq!(bodies(&written), ["other", "for all"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn refuses_what_makes_no_sense(db: PgPool) {
    let people = people(db).await;
    let (chat, source, target) = (&people.chat, people.source().await, people.group().await);
    let first = people.say(&people.ada, source, "one").await;
    let elsewhere = people.say(&people.ada, target, "other").await;
    let deleted = people.say(&people.ada, source, "gone").await;
    chat.delete_message(&people.ada, deleted.id).await.unwrap();

    let forward = async |messages: &[&Message], comment: Option<&str>, client_id: Option<&str>| {
        let new = NewForward {
            comment: comment.map(str::to_owned),
            ..forward_of(messages, client_id)
        };
        chat.forward_messages(&people.ada, target, new).await
    };
    refused(forward(&[], None, None).await, ErrorCode::Invalid);
    refused(forward(&[&first; 21], None, None).await, ErrorCode::Invalid);
    refused(
        forward(&[&first, &first], None, None).await,
        ErrorCode::Invalid,
    );
    refused(
        forward(&[&first, &elsewhere], None, None).await,
        ErrorCode::Invalid,
    );
    refused(
        forward(&[&first, &deleted], None, None).await,
        ErrorCode::Conflict,
    );
    refused(
        forward(&[&first], Some(" "), None).await,
        ErrorCode::Invalid,
    );
    refused(forward(&[&first], None, Some("")).await, ErrorCode::Invalid);
    let long = "k".repeat(121);
    refused(
        forward(&[&first], None, Some(&long)).await,
        ErrorCode::Invalid,
    );
    // None of them has written anything, not even what comes before the part that was refused.
    let written = people.history(&people.ada, target).await;
    assert_eq!(bodies(&written), ["other"]);
    forward(&[&first], None, Some(&long[1..])).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_origin_is_for_those_who_may_see_it_now(db: PgPool) {
    let people = people(db).await;
    let (chat, source, target) = (&people.chat, people.source().await, people.group().await);
    let original = people.say(&people.ada, source, "a plan").await;
    let sent = people
        .forward(&people.ada, target, &[&original])
        .await
        .unwrap();
    let forward = &sent.messages[0];
    let origin = [(original.id, source)];
    assert_eq!(people.origins(&people.ada, &[forward]).await, origin);
    assert_eq!(
        people.origins(&people.grace, &[forward, &original]).await,
        origin
    );
    // Linus reads who and when, and learns no more; the outsider not even that.
    assert_eq!(
        people.history(&people.linus, target).await[0].forwarded,
        forward.forwarded
    );
    assert_eq!(people.origins(&people.linus, &[forward]).await, []);
    assert_eq!(people.origins(&people.outsider, &[forward]).await, []);

    // Who sees the source only learns nothing by the id of the forward.
    let aside = people
        .create(ConversationKind::Group, &[&people.linus], "Aside")
        .await;
    let hidden = people
        .forward(&people.ada, aside, &[&original])
        .await
        .unwrap();
    assert_eq!(
        people.origins(&people.grace, &[&hidden.messages[0]]).await,
        []
    );

    // Forwarded on by somebody who does not see the source: the first origin stays, and stays hidden.
    let there = people
        .create(
            ConversationKind::Group,
            &[&people.grace, &people.linus],
            "There",
        )
        .await;
    let again = people
        .forward(&people.linus, there, &[forward])
        .await
        .unwrap();
    let again = &again.messages[0];
    assert_eq!(again.forwarded, forward.forwarded);
    assert_eq!(again.sender.id, people.linus.user_id);
    assert_eq!(people.origins(&people.linus, &[again]).await, []);
    assert_eq!(people.origins(&people.ada, &[again]).await, origin);

    // As of now, in both directions.
    chat.leave_conversation(&people.grace, source)
        .await
        .unwrap();
    assert_eq!(people.origins(&people.grace, &[forward, again]).await, []);
    chat.delete_message(&people.ada, forward.id).await.unwrap();
    assert_eq!(people.origins(&people.ada, &[forward]).await, []);
    let tombstone = chat.message(&people.ada, forward.id).await.unwrap();
    assert_eq!(tombstone.forwarded, None);

    // A direct conversation has no title, whoever asks.
    let direct = people.direct().await;
    let said = people.say(&people.grace, direct, "between us").await;
    let sent = people.forward(&people.ada, target, &[&said]).await.unwrap();
    let origins = chat
        .origins(&people.ada, &[sent.messages[0].id])
        .await
        .unwrap();
    assert_eq!(
        (origins[0].kind, &origins[0].title),
        (ConversationKind::Direct, &None)
    );
    assert_eq!(
        people.origins(&people.linus, &[&sent.messages[0]]).await,
        []
    );
    refused(chat.origins(&people.ada, &[]).await, ErrorCode::Invalid);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_that_happens_to_the_original_changes_a_forward(db: PgPool) {
    let people = people(db).await;
    let (chat, source, target) = (&people.chat, people.source().await, people.group().await);
    let original = people.say(&people.ada, source, "first wording").await;
    let sent = people
        .forward(&people.grace, target, &[&original])
        .await
        .unwrap();
    let forward = &sent.messages[0];
    let edited = chat
        .edit_message(&people.ada, original.id, "another".to_owned())
        .await;
    edited.unwrap();
    assert_eq!(
        chat.message(&people.linus, forward.id).await.unwrap(),
        *forward
    );
    chat.delete_message(&people.ada, original.id).await.unwrap();
    assert_eq!(
        chat.message(&people.linus, forward.id).await.unwrap(),
        *forward
    );
    chat.delete_conversation(&people.ada, source).await.unwrap();
    assert_eq!(
        chat.message(&people.linus, forward.id).await.unwrap(),
        *forward
    );
    assert_eq!(people.origins(&people.ada, &[forward]).await, []);
    // And can be forwarded on.
    let again = people
        .forward(&people.linus, target, &[forward])
        .await
        .unwrap();
    assert_eq!(again.messages[0].forwarded, forward.forwarded);
    // Nobody puts words into the mouth of the one who said it.
    refused(
        chat.edit_message(&people.grace, forward.id, "I said so".to_owned())
            .await,
        ErrorCode::Forbidden,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn mentions_in_forwarded_texts_tell_nobody(db: PgPool) {
    let people = people(db).await;
    let (source, target) = (people.group().await, people.group().await);
    let original = people.say(&people.ada, source, "hello @linus").await;
    assert!(!original.names.is_empty());
    let sent = people
        .forward(&people.grace, target, &[&original])
        .await
        .unwrap();
    assert!(sent.messages[0].names.is_empty());
    let unread = people.chat.unread(&people.linus).await.unwrap();
    let mentions: Vec<_> = unread
        .conversations
        .iter()
        .map(|it| (it.conversation_id, it.mentions))
        .collect();
    assert!(mentions.contains(&(source, 1)), "{mentions:?}");
    assert!(mentions.contains(&(target, 0)), "{mentions:?}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_message_counts_as_one_that_is_sent(db: PgPool) {
    let limits = RateLimits {
        messages_burst: 10.try_into().unwrap(),
        messages_per_second: 1.try_into().unwrap(),
        ..RateLimits::default()
    };
    let people = people_with(
        db,
        Settings {
            rate_limits: limits,
            ..settings()
        },
    )
    .await;
    let (source, target) = (people.source().await, people.group().await);
    let mut said = Vec::new();
    for n in 0..8 {
        said.push(people.say(&people.ada, source, &format!("no. {n}")).await);
    }
    let all: Vec<_> = said.iter().collect();
    people.forward(&people.grace, target, &all).await.unwrap();
    refused(
        people.forward(&people.grace, target, &all).await,
        ErrorCode::TooManyRequests,
    );
    assert_eq!(people.history(&people.ada, target).await.len(), 8);
}
