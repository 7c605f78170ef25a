//! Pages of messages by number, and by time.

use crate::fixtures::{People, people, refused};
use chat::OffsetPageRequest;
use model::{ConversationId, ErrorCode, Message};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, macros::datetime};

fn positions(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|it| it.position).collect()
}

/// A conversation of ten messages, of which 1, 5, 6 and 10 are deleted.
async fn with_holes(people: &People) -> ConversationId {
    let id = people.group().await;
    for n in 1..=10 {
        let message = people.say(&people.ada, id, &n.to_string()).await;
        if [1, 5, 6, 10].contains(&n) {
            people
                .chat
                .delete_message(&people.ada, message.id)
                .await
                .unwrap();
        }
    }
    id
}

#[sqlx::test(migrations = "../../migrations")]
async fn numbered_pages_have_no_deleted_messages(db: PgPool) {
    let people = people(db).await;
    let id = with_holes(&people).await;
    let page = async |page, limit, newest_first_pages| {
        let request = OffsetPageRequest {
            page,
            limit,
            newest_first_pages,
        };
        let page = people.chat.page_of_messages(&people.grace, id, request);
        let page = page.await.unwrap();
        assert_eq!(page.total, 6);
        positions(&page.items)
    };
    assert_eq!(page(1, 4, false).await, [2, 3, 4, 7]);
    assert_eq!(page(2, 4, false).await, [8, 9]);
    assert!(page(3, 4, false).await.is_empty());
    assert_eq!(page(1, 4, true).await, [4, 7, 8, 9]);
    assert_eq!(page(2, 4, true).await, [2, 3]);
    assert!(page(3, 4, true).await.is_empty());
    assert_eq!(page(1, 100, true).await, [2, 3, 4, 7, 8, 9]);
    for n in 1..=6 {
        let one = [2, 3, 4, 7, 8, 9][usize::try_from(n).unwrap() - 1];
        assert_eq!(page(n, 1, false).await, [one]);
        assert_eq!(page(7 - n, 1, true).await, [one]);
    }
    assert!(page(i64::MAX, 100, true).await.is_empty());
    assert!(page(i64::MAX, 100, false).await.is_empty());

    let request = |page, limit| OffsetPageRequest {
        page,
        limit,
        ..OffsetPageRequest::default()
    };
    for (number, limit) in [(0, 1), (1, 0), (1, 101), (-1, 50)] {
        let result = people
            .chat
            .page_of_messages(&people.grace, id, request(number, limit));
        refused(result.await, ErrorCode::Invalid);
    }
    let outside = people
        .chat
        .page_of_messages(&people.outsider, id, request(1, 10));
    refused(outside.await, ErrorCode::NotFound);
    let empty = people.direct().await;
    let nothing = people
        .chat
        .page_of_messages(&people.ada, empty, request(1, 10))
        .await
        .unwrap();
    assert_eq!((nothing.items.len(), nothing.total), (0, 0));
}

#[sqlx::test(migrations = "../../migrations")]
async fn pages_by_time_have_whole_milliseconds(db: PgPool) {
    let people = people(db).await;
    let id = with_holes(&people).await;
    let (chat, grace) = (&people.chat, &people.grace);
    let start = datetime!(2026-01-02 03:04:05.123 UTC);
    let all = chat
        .messages(grace, id, chat::MessagesRequest::default())
        .await
        .unwrap()
        .items;
    // 3, 4 and 7 are in the same millisecond.
    for message in &all {
        let after = match message.position {
            1 | 2 => Duration::milliseconds(message.position),
            3..=7 => Duration::milliseconds(3) + Duration::microseconds(message.position * 100),
            n => Duration::milliseconds(n),
        };
        chat.backdate_message(message.id, start + after)
            .await
            .unwrap();
    }
    let before = async |time: Option<OffsetDateTime>, limit| {
        let found = chat.messages_before_time(grace, id, time, limit).await;
        let found = found.unwrap();
        (positions(&found.items), found.has_more)
    };
    assert_eq!(before(None, 2).await, (vec![8, 9], true));
    assert_eq!(before(None, 3).await, (vec![3, 4, 7, 8, 9], true));
    let at = |milliseconds| Some(start + Duration::milliseconds(milliseconds));
    assert_eq!(before(at(8), 1).await, (vec![3, 4, 7], true));
    assert_eq!(before(at(3), 50).await, (vec![2], false));
    let within = Some(start + Duration::microseconds(3_450));
    assert_eq!(
        before(within, 50).await,
        (vec![2], false),
        "clients know whole milliseconds"
    );
    assert_eq!(before(at(0), 50).await, (vec![], false));
    assert_eq!(before(at(9), 100).await, (vec![2, 3, 4, 7, 8], false));

    refused(
        chat.messages_before_time(grace, id, None, 0).await,
        ErrorCode::Invalid,
    );
    refused(
        chat.messages_before_time(&people.outsider, id, None, 10)
            .await,
        ErrorCode::NotFound,
    );
}
