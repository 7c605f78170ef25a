//! A small history of another system, and what tests compare.

use chat::{
    Caller, Chat, ExternalId,
    imports::{Conversation, ConversationRef, Import, Member, Members, Message, Outcome, User},
};
use model::{ConversationKind, MemberRole, MessageKind, UserId, UserRole};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, macros::datetime};

pub const START: OffsetDateTime = datetime!(2021-03-04 05:06:07.089 UTC);

pub fn id(text: &str) -> ExternalId {
    ExternalId::parse(text).unwrap()
}

pub fn user(name: &str) -> User {
    User {
        id: id(name),
        name: Some(format!("{name} N.")),
        username: Some(format!("{name}.old")),
        email: Some(format!("{name}@example.org")),
        avatar_url: None,
        role: None,
        created_at: Some(START - Duration::days(10)),
        last_seen_at: None,
        active: None,
    }
}

pub fn group(name: &str) -> Conversation {
    Conversation {
        id: id(name),
        kind: ConversationKind::Group,
        pair: None,
        title: Some(format!("Group {name}")),
        description: None,
        private: true,
        created_by: Some(id("ada")),
        created_at: START - Duration::days(1),
    }
}

pub fn members(of: &str, names: &[&str]) -> Members {
    let member = |(n, name): (usize, &&str)| Member {
        user: id(name),
        role: if n == 0 {
            MemberRole::Owner
        } else {
            MemberRole::Member
        },
        joined_at: None,
    };
    Members {
        conversation: id(of),
        members: names.iter().enumerate().map(member).collect(),
        complete: true,
    }
}

/// A message by `sender`, `n` seconds after the start.
pub fn message(of: &str, n: i64, sender: &str) -> Message {
    Message {
        id: id(&format!("{of}-{n}")),
        conversation: ConversationRef::Id(id(of)),
        sender: id(sender),
        receiver: None,
        kind: MessageKind::Text,
        body: format!("message {n}"),
        attachments: Vec::new(),
        reply_to: None,
        created_at: START + Duration::seconds(n),
        edited_at: None,
        deleted_at: None,
        read_by: Vec::new(),
        official: false,
    }
}

/// Everything that an import takes at once.
#[derive(Clone, Default)]
pub struct Dump {
    pub users: Vec<User>,
    pub conversations: Vec<Conversation>,
    pub members: Vec<Members>,
    pub messages: Vec<Message>,
}

impl Dump {
    /// Ada, grace and linus in the group `g`, with `count` messages.
    pub fn of_group(count: i64) -> Self {
        let senders = ["ada", "grace", "linus"];
        let sender = |n: i64| senders[usize::try_from(n).unwrap() % 3];
        Self {
            users: senders.iter().map(|it| user(it)).collect(),
            conversations: vec![group("g")],
            members: vec![members("g", &senders)],
            messages: (1..=count).map(|n| message("g", n, sender(n))).collect(),
        }
    }

    /// Imports everything in batches of this many messages.
    pub async fn import_in(&self, import: &mut Import, batch: usize) -> Vec<Outcome> {
        let mut outcomes = vec![
            import.import_users(&self.users).await.unwrap(),
            import
                .import_conversations(&self.conversations)
                .await
                .unwrap(),
            import.import_members(&self.members).await.unwrap(),
        ];
        for messages in self.messages.chunks(batch) {
            outcomes.push(import.import_messages(messages).await.unwrap());
        }
        outcomes
    }

    pub async fn import(&self, chat: &Chat) -> Vec<Outcome> {
        let mut import = chat.begin_import("app", false).await.unwrap();
        self.import_in(&mut import, 1_000).await
    }
}

/// The sum of the outcomes.
pub fn all(outcomes: Vec<Outcome>) -> Outcome {
    let mut sum = Outcome::default();
    for outcome in outcomes {
        sum.add(outcome);
    }
    sum
}

/// A user of the app as a caller.
pub async fn app_caller(chat: &Chat, name: &str) -> Caller {
    let import = chat.begin_import("app", false).await.unwrap();
    let found = chat
        .find_app_user(import.app_id(), &id(name))
        .await
        .unwrap();
    caller(found.unwrap(), &import)
}

fn caller(user_id: UserId, import: &Import) -> Caller {
    Caller {
        user_id,
        session_id: None,
        role: UserRole::Member,
        app_id: Some(import.app_id()),
        grant: None,
        origin: chat::Origin::default(),
    }
}

/// All messages, members and conversations, by old ids, as text: equal for equal histories.
pub async fn history(db: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select jsonb_build_array('m', c.external_id, m.position, m.seq, a.external_id,
                u.external_id, m.kind, m.body, r.external_id, m.created_at, m.edited_at, m.deleted_at,
                m.official, (select jsonb_agg(jsonb_build_array(name, url) order by position)
                    from attachments where message_id = m.id))::text
            from messages m
            left join app_conversations c on c.conversation_id = m.conversation_id
            left join app_messages a on a.message_id = m.id
            left join app_users u on u.user_id = m.sender_id
            left join app_messages r on r.message_id = m.reply_to_id
        union all
        select jsonb_build_array('k', c.external_id, u.external_id, k.role, k.read_position,
                k.delivered_position, k.joined_seq, k.seq, k.joined_at, k.left_at is null)::text
            from members k
            left join app_conversations c on c.conversation_id = k.conversation_id
            left join app_users u on u.user_id = k.user_id
        union all
        select jsonb_build_array('c', a.external_id, c.kind, c.title, c.description, c.private,
                c.position, c.seq, c.member_count, c.created_at)::text
            from conversations c left join app_conversations a on a.conversation_id = c.id
            where c.kind <> 'announcements'
        union all
        select jsonb_build_array('r', c.external_id, u.external_id, r.position, r.read_at)::text
            from read_marks r
            left join app_conversations c on c.conversation_id = r.conversation_id
            left join app_users u on u.user_id = r.user_id
        union all
        select jsonb_build_array('e', a.external_id, e.emoji, u.external_id, e.created_at)::text
            from reactions e join app_messages a on a.message_id = e.message_id
            left join app_users u on u.user_id = e.user_id
        order by 1",
    )
    .fetch_all(db)
    .await
    .unwrap()
}
