//! Rows that name somebody who is not of their conversation of two.

use super::dump::{START, user};
use super::{Dump, all, app_caller, group, id, message};
use crate::fixtures::settings;
use chat::{
    Chat,
    imports::{Conversation, Message, Outcome, Reaction, ReadBy},
};
use model::ConversationKind;
use sqlx::PgPool;

fn direct() -> Dump {
    Dump {
        users: ["1", "2", "7", "8"].map(user).to_vec(),
        conversations: vec![Conversation {
            kind: ConversationKind::Direct,
            pair: Some((id("1"), id("2"))),
            title: None,
            created_by: None,
            ..group("17")
        }],
        members: Vec::new(),
        messages: Vec::new(),
    }
}

fn sent(n: i64, from: &str, to: &str) -> Message {
    Message {
        receiver: Some(id(to)),
        ..message("17", n, from)
    }
}

fn left(outcome: &Outcome) -> Vec<(&str, &str)> {
    let left = outcome.left.iter();
    left.map(|it| (it.id.as_str(), &*it.reason)).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_between_others_is_left(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let mut dump = direct();
    dump.messages = vec![
        sent(1, "1", "2"),
        sent(2, "7", "8"),
        sent(3, "7", "1"),
        sent(4, "1", "8"),
        sent(5, "2", "1"),
        sent(6, "2", "2"),
        message("17", 7, "nobody"),
    ];
    let outcome = all(dump.import(&chat).await);
    let sender = "its sender is not one of the two people of the conversation";
    let receiver = "its receiver is not one of the two people of the conversation";
    assert_eq!(
        left(&outcome),
        [
            ("17-2", sender),
            ("17-3", sender),
            ("17-4", receiver),
            ("17-7", sender)
        ]
    );
    let bodies: Vec<String> = sqlx::query_scalar("select body from messages order by position")
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(bodies, ["message 1", "message 5", "message 6"]);
    assert_eq!(all(dump.import(&chat).await).left.len(), 4);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_reaction_of_a_stranger_is_left_and_a_reader_is_none(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let mut dump = direct();
    dump.messages = vec![Message {
        read_by: vec![ReadBy {
            user: id("8"),
            at: Some(START),
        }],
        ..sent(1, "1", "2")
    }];
    dump.import(&chat).await;
    let mut import = chat.begin_import("app", false).await.unwrap();
    let reactions = ["1", "2", "8"].map(|user| Reaction {
        message: id("17-1"),
        user: id(user),
        emoji: "👍".to_owned(),
        created_at: None,
    });
    let outcome = import.import_reactions(&reactions).await.unwrap();
    let reason = "a reaction left out: its user is not one of the two people";
    assert_eq!((outcome.taken, left(&outcome)), (2, vec![("17-1", reason)]));
    let two = app_caller(&chat, "2").await;
    let conversation = chat.resolve_conversation(&two, "17").await.unwrap();
    let marks = chat.read_marks(&two, conversation, 1, 1).await.unwrap();
    assert!(marks.is_empty(), "{marks:?}");
}
