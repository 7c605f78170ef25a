//! Read states: unread counts and read marks after an import.

use super::dump::START;
use super::{Dump, app_caller, id};
use crate::fixtures::settings;
use chat::{
    Caller, Chat,
    imports::{ConversationRef, ReadBy, ReadState, ReadUpTo},
};
use model::UnreadTotals;
use sqlx::PgPool;
use time::Duration;

/// Ten messages: ada, grace and linus in turn from the second on.
async fn imported(db: PgPool, change: impl FnOnce(&mut Dump)) -> Chat {
    let chat = Chat::new(db, settings());
    let mut dump = Dump::of_group(10);
    change(&mut dump);
    dump.import(&chat).await;
    chat
}

async fn unread(chat: &Chat, name: &str) -> UnreadTotals {
    let caller = app_caller(chat, name).await;
    chat.unread(&caller).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_sent_last_has_read_what_was_before(db: PgPool) {
    let chat = imported(db, |_| {}).await;
    // The last messages are 8 by linus, 9 by ada, 10 by grace.
    assert_eq!(unread(&chat, "grace").await.total, 0);
    assert_eq!(unread(&chat, "ada").await.total, 1);
    assert_eq!(unread(&chat, "linus").await.total, 2);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_highest_message_read_is_the_position(db: PgPool) {
    let at = |n: i64| START + Duration::minutes(n);
    let read = |at| ReadBy {
        user: id("linus"),
        at,
    };
    let chat = imported(db, |dump| {
        dump.messages[8].read_by = vec![read(Some(at(1)))];
        dump.messages[9].read_by = vec![read(Some(at(2)))];
    })
    .await;
    assert_eq!(unread(&chat, "linus").await.total, 0);
    let ada = app_caller(&chat, "ada").await;
    let linus = app_caller(&chat, "linus").await;
    let group = chat.resolve_conversation(&ada, "g").await.unwrap();
    let marks = chat.read_marks(&ada, group, 9, 10).await.unwrap();
    let by_linus: Vec<_> = marks
        .iter()
        .filter(|it| it.user_id == linus.user_id)
        .map(|it| (it.position, it.read_at))
        .collect();
    assert_eq!(by_linus, [(9, at(1)), (10, at(2))]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn states_that_are_kept_apart_move_forward_only(db: PgPool) {
    let chat = imported(db, |_| {}).await;
    let mut import = chat.begin_import("app", false).await.unwrap();
    let group = ConversationRef::Id(id("g"));
    let linus = |up_to| ReadState {
        user: id("linus"),
        up_to,
        at: None,
    };
    let mut read = async |up_to| {
        let outcome = import.import_read_states(&[linus(up_to)]).await.unwrap();
        (outcome.taken, outcome.unchanged, outcome.left.len())
    };
    assert_eq!(read(ReadUpTo::Message(id("g-3"))).await, (0, 1, 0));
    assert_eq!(read(ReadUpTo::Message(id("g-9"))).await, (1, 0, 0));
    assert_eq!(read(ReadUpTo::Message(id("g-99"))).await, (0, 0, 1));
    assert_eq!(unread(&chat, "linus").await.total, 1);
    let early = ReadUpTo::Time(group.clone(), START + Duration::seconds(4));
    assert_eq!(read(early).await.2, 0);
    assert_eq!(unread(&chat, "linus").await.total, 1);
    let late = ReadUpTo::Time(group.clone(), START + Duration::seconds(100));
    assert_eq!(read(late).await, (1, 0, 0));
    assert_eq!(unread(&chat, "linus").await.total, 0);
    let nowhere = ReadUpTo::Everything(ConversationRef::Id(id("nowhere")));
    assert_eq!(read(nowhere).await, (0, 0, 1));
    assert_eq!(read(ReadUpTo::Everything(group)).await, (0, 1, 0));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_history_without_read_states_can_count_as_read(db: PgPool) {
    let chat = imported(db, |_| {}).await;
    let mut import = chat.begin_import("app", false).await.unwrap();
    let everything = |name: &str| ReadState {
        user: id(name),
        up_to: ReadUpTo::Everything(ConversationRef::Id(id("g"))),
        at: None,
    };
    let rows = ["ada", "grace", "linus", "nobody"].map(everything);
    let outcome = import.import_read_states(&rows).await.unwrap();
    assert_eq!(outcome.taken, 2, "{outcome:?}");
    for name in ["ada", "grace", "linus"] {
        assert_eq!(unread(&chat, name).await.total, 0, "{name}");
    }
    let nobody: Caller = app_caller(&chat, "nobody").await;
    assert_eq!(chat.unread(&nobody).await.unwrap().total, 0);
}
