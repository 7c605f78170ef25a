//! Somebody who is in thousands of conversations: what a client gets at once is bounded, and many can be left.

use crate::fixtures::{People, people, refused};
use model::{
    ConversationId, ConversationKind, ErrorCode, Event, MAX_READY_CONVERSATIONS, PageRequest,
    SyncRequest,
};
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};

/// 450 groups of Linus', with Grace.
const FILL: &str = "
    insert into conversations (kind, title, private, created_by, position, seq, member_count)
        select 'group', 'Spam ' || n, true, l.id, 0, 1, 2
        from generate_series(1, 450) n, users l where l.username = 'linus';
    insert into members (conversation_id, user_id, role, joined_seq, seq)
        select c.id, u.id, case u.username when 'linus' then 'owner' else 'member' end, 1, 1
        from conversations c, users u
        where c.title like 'Spam %' and u.username in ('grace', 'linus')";

async fn filled(db: PgPool) -> People {
    let people = people(db.clone()).await;
    people.group().await;
    sqlx::raw_sql(FILL).execute(&db).await.unwrap();
    people
}

#[sqlx::test(migrations = "../../migrations")]
async fn ready_is_bounded_and_sync_has_the_rest(db: PgPool) {
    let people = filled(db).await;
    let (chat, grace) = (&people.chat, &people.grace);
    let all = chat.memberships(grace).await.unwrap();
    let Event::Ready { conversations, .. } = chat.ready(grace).await.unwrap() else {
        panic!("not ready");
    };
    assert_eq!(conversations.len(), MAX_READY_CONVERSATIONS);
    let mut known: BTreeMap<_, _> = conversations
        .iter()
        .map(|it| (it.conversation.id, it.conversation.seq))
        .collect();
    let mut answers = 0;
    loop {
        let request = SyncRequest {
            conversations: known.clone(),
            ..SyncRequest::default()
        };
        let sync = chat.sync(grace, request).await.unwrap();
        assert!(
            sync.items.len() <= MAX_READY_CONVERSATIONS,
            "{}",
            sync.items.len()
        );
        for event in sync.items {
            let Event::ConversationCreated {
                conversation_id,
                seq,
                ..
            } = event
            else {
                panic!("{event:?}");
            };
            assert!(known.insert(conversation_id, seq).is_none(), "told twice");
        }
        answers += 1;
        if !sync.has_more {
            break;
        }
    }
    assert_eq!(answers, 2);
    let known: BTreeSet<_> = known.into_keys().collect();
    let mut all: BTreeSet<_> = all.into_iter().collect();
    // There is no announcement yet.
    all.remove(&ConversationId::ANNOUNCEMENTS);
    assert_eq!(known, all);
    // Nobody else gets any of them.
    let request = SyncRequest {
        conversations: BTreeMap::new(),
        ..SyncRequest::default()
    };
    let of_outsider = chat.sync(&people.outsider, request).await.unwrap();
    assert_eq!((of_outsider.items.len(), of_outsider.has_more), (0, false));
}

#[sqlx::test(migrations = "../../migrations")]
async fn groups_that_others_began_are_listed_and_left_together(db: PgPool) {
    let people = filled(db).await;
    let (chat, grace) = (&people.chat, &people.grace);
    let mine = {
        let group = people.direct().await;
        chat.conversation(grace, group)
            .await
            .unwrap()
            .conversation
            .id
    };
    let (mut ids, mut page) = (
        Vec::new(),
        PageRequest {
            cursor: None,
            limit: Some(100),
        },
    );
    loop {
        let joined = chat.joined_conversations(grace, page).await.unwrap();
        ids.extend(joined.items.iter().map(|it| it.id));
        if ids.len() == 100 {
            let first = &joined.items[0];
            assert_eq!(first.created_by.as_deref(), Some("Linus Torvalds"));
            assert_eq!(
                (first.kind, first.member_count),
                (ConversationKind::Group, 2)
            );
        }
        match joined.next_cursor {
            None => break,
            cursor => {
                page = PageRequest {
                    cursor,
                    limit: Some(100),
                }
            }
        }
    }
    // Ada's group, too, and nothing twice; what Linus began himself is none that he was put into.
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 451);
    let of_linus = chat
        .joined_conversations(&people.linus, PageRequest::default())
        .await;
    assert_eq!(of_linus.unwrap().items.len(), 1);
    let of_outsider = chat
        .joined_conversations(&people.outsider, PageRequest::default())
        .await;
    assert_eq!(of_outsider.unwrap().items, []);

    let spam = &ids[..50];
    let (chosen, kept) = (
        [spam, &[mine, ConversationId::ANNOUNCEMENTS]].concat(),
        ids[50],
    );
    // The outsider leaves none of them, nor does Grace for her.
    let left = chat
        .leave_conversations(&people.outsider, &chosen)
        .await
        .unwrap();
    assert_eq!(left, []);
    let left = chat.leave_conversations(grace, &chosen).await.unwrap();
    assert_eq!(left, spam);
    // Again: nothing is left to leave.
    assert_eq!(chat.leave_conversations(grace, &chosen).await.unwrap(), []);
    refused(chat.conversation(grace, spam[0]).await, ErrorCode::NotFound);
    chat.conversation(grace, kept).await.unwrap();
    for bad in [&ids[..0], &ids[..101]] {
        refused(
            chat.leave_conversations(grace, bad).await,
            ErrorCode::Invalid,
        );
    }
}
