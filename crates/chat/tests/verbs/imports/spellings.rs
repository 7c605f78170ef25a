//! Ids of conversations and messages whose hexadecimal digits are in another case.

use super::dump::user;
use super::{Dump, all, group, history, id, members, message};
use crate::fixtures::settings;
use chat::{
    Chat,
    imports::{
        Attachment, Conversation, ConversationRef, Message, MessageAttachment, Reaction, ReadState,
        ReadUpTo,
    },
};
use sqlx::PgPool;

const GROUP: &str = "5f0c9c1e-8f0a-4b57-9d61-0d8a9c7c6d11";
const ADA: &str = "507f1f77bcf86cd79943901b";
const FIRST: &str = "507f1f77bcf86cd7994390aa";
const SECOND: &str = "507f1f77bcf86cd7994390bb";

/// A dump in which every reference is spelled as the function does.
fn dump(spell: fn(&str) -> String) -> Dump {
    let ada = spell(ADA);
    let sent = |old: &str| Message {
        id: id(&spell(old)),
        ..message(&spell(GROUP), 1, &ada)
    };
    Dump {
        users: vec![user(ADA)],
        conversations: vec![Conversation {
            id: id(&spell(GROUP)),
            created_by: Some(id(&ada)),
            ..group("g")
        }],
        members: vec![members(&spell(GROUP), &[&ada, "grace"])],
        messages: vec![
            sent(FIRST),
            Message {
                reply_to: Some(id(&FIRST.to_uppercase())),
                ..sent(SECOND)
            },
        ],
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_dump_in_another_case_is_the_same(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let upper: fn(&str) -> String = |id| id.to_uppercase();
    let lower: fn(&str) -> String = str::to_owned;
    for (first, second) in [(upper, lower), (lower, upper)] {
        sqlx::raw_sql("truncate users, apps, conversations, messages, read_marks cascade")
            .execute(&db)
            .await
            .unwrap();
        let outcome = all(dump(first).import(&chat).await);
        assert_eq!((outcome.taken, outcome.left), (1 + 1 + 2 + 2, vec![]));
        assert_eq!(outcome.adjusted, vec![], "the reply is found");
        let before = history(&db).await;
        let again = all(dump(second).import(&chat).await);
        assert_eq!((again.taken, again.updated, again.unchanged), (0, 0, 6));
        assert_eq!(again.left, vec![]);
        assert_eq!(history(&db).await, before);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_kept_apart_finds_its_message(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    dump(str::to_owned).import(&chat).await;
    let mut import = chat.begin_import("app", false).await.unwrap();
    let first = id(&FIRST.to_uppercase());
    let file = MessageAttachment {
        message: first.clone(),
        attachment: Attachment {
            name: None,
            url: "/files/1".to_owned(),
        },
    };
    assert_eq!(import.import_attachments(&[file]).await.unwrap().taken, 1);
    let reaction = Reaction {
        message: first.clone(),
        user: id(&ADA.to_uppercase()),
        emoji: "👍".to_owned(),
        created_at: None,
    };
    assert_eq!(import.import_reactions(&[reaction]).await.unwrap().taken, 1);
    let of = ConversationRef::Id(id(&GROUP.to_uppercase()));
    for up_to in [ReadUpTo::Message(first), ReadUpTo::Everything(of)] {
        let state = ReadState {
            user: id("grace"),
            up_to,
            at: None,
        };
        assert_eq!(import.import_read_states(&[state]).await.unwrap().taken, 1);
    }
}
