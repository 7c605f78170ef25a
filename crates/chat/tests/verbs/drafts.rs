//! Drafts, which follow a user to all of their devices and nobody else.

use crate::fixtures::{People, event, events, people, refused, text};
use crate::threads::in_thread;
use chat::{Audience, Caller, Delivery};
use model::{
    ConversationId, Draft, DraftChange, DraftSaved, ErrorCode, Event, MessageId, NewMessage,
    PageRequest, PersonalEvent,
};
use sqlx::PgPool;

fn typed(body: &str, base: i64, editor: &str) -> DraftChange {
    DraftChange {
        body: body.to_owned(),
        base,
        editor_id: Some(editor.to_owned()),
        ..DraftChange::default()
    }
}

async fn save(
    people: &People,
    who: &Caller,
    id: ConversationId,
    change: DraftChange,
) -> DraftSaved {
    people.chat.save_draft(who, id, change).await.unwrap()
}

pub async fn list(people: &People, who: &Caller) -> Vec<Draft> {
    let page = people.chat.drafts(who, PageRequest::default()).await;
    page.unwrap().items
}

/// The drafts that were told, and their audiences.
fn told(deliveries: &[Delivery]) -> Vec<(i64, String)> {
    let drafts = deliveries.iter().filter_map(|it| match event(it)? {
        Event::Personal(event) => match &**event {
            PersonalEvent::Draft { draft } => Some((draft.seq, draft.body.clone())),
            _ => None,
        },
        _ => None,
    });
    drafts.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_draft_is_told_to_the_own_devices_and_listed_the_newest_first(db: PgPool) {
    let people = people(db).await;
    let (group, direct) = (people.group().await, people.direct().await);
    let quoted = people.say(&people.ada, group, "**when**?").await;
    let mut subscription = people.chat.subscribe();
    let first = save(&people, &people.grace, group, typed("Lunch", 0, "tab")).await;
    assert!(first.saved);
    let reply = DraftChange {
        reply_to_id: Some(quoted.id),
        ..typed("at noon", 0, "tab")
    };
    save(&people, &people.grace, direct, typed("hi", 0, "tab")).await;
    let in_thread = DraftChange {
        thread_id: Some(quoted.id),
        ..reply
    };
    let threaded = save(&people, &people.grace, group, in_thread).await.draft;
    let shown = threaded.reply_to.clone().unwrap();
    assert_eq!(
        (shown.id, shown.preview.as_deref()),
        (quoted.id, Some("when?"))
    );

    let deliveries = people.drain(&mut subscription).await;
    let to_grace = ("draft", Audience::Users(vec![people.grace.user_id]));
    assert_eq!(events(&deliveries), vec![to_grace; 3]);
    let bodies = [(1, "Lunch"), (2, "hi"), (3, "at noon")];
    let bodies: Vec<_> = bodies.map(|(seq, body)| (seq, body.to_owned())).into();
    assert_eq!(told(&deliveries), bodies);

    let listed = list(&people, &people.grace).await;
    let places: Vec<_> = listed
        .iter()
        .map(|it| (it.conversation_id, it.thread_id))
        .collect();
    assert_eq!(
        places,
        [(group, Some(quoted.id)), (direct, None), (group, None)]
    );
    assert_eq!(listed[0], threaded);
    let page = PageRequest {
        limit: Some(2),
        ..PageRequest::default()
    };
    let page = people.chat.drafts(&people.grace, page).await.unwrap();
    let rest = PageRequest {
        cursor: page.next_cursor,
        limit: Some(2),
    };
    let rest = people.chat.drafts(&people.grace, rest).await.unwrap();
    assert_eq!((rest.items, rest.next_cursor), (vec![first.draft], None));
    assert_eq!(list(&people, &people.ada).await, []);
    let changes = people.chat.personal_changes(&people.ada, 0).await.unwrap();
    assert_eq!((changes.items.len(), changes.seq), (0, 0));
}

#[sqlx::test(migrations = "../../migrations")]
async fn outsiders_have_no_draft_and_what_is_wrong_is_refused(db: PgPool) {
    let people = people(db).await;
    let (chat, id, direct) = (&people.chat, people.group().await, people.direct().await);
    let mut subscription = chat.subscribe();
    let outsider = chat.save_draft(&people.outsider, id, typed("hi", 0, "tab"));
    refused(outsider.await, ErrorCode::NotFound);
    let elsewhere = people.say(&people.ada, direct, "elsewhere").await;
    let wrong = [
        typed(&"x".repeat(10_001), 0, "tab"),
        typed("a\0b", 0, "tab"),
        typed("hi", 0, ""),
        typed("hi", 0, &"x".repeat(65)),
        DraftChange {
            reply_to_id: Some(elsewhere.id),
            ..typed("hi", 0, "tab")
        },
        DraftChange {
            thread_id: Some(MessageId(i64::MAX)),
            ..typed("hi", 0, "tab")
        },
    ];
    for change in wrong {
        refused(
            chat.save_draft(&people.grace, id, change).await,
            ErrorCode::Invalid,
        );
    }
    let longest = typed(&"ö".repeat(10_000), 0, "tab");
    assert!(save(&people, &people.grace, id, longest).await.saved);
    assert_eq!(told(&people.drain(&mut subscription).await).len(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_devices_never_erase_each_others_draft(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let grace = &people.grace;
    let desk = save(&people, grace, id, typed("from the desk", 0, "desk"))
        .await
        .draft;
    let mut subscription = people.chat.subscribe();
    // The phone has not heard of it: it gets what the desk wrote, and keeps its own text.
    let phone = save(&people, grace, id, typed("from the phone", 0, "phone")).await;
    assert_eq!((phone.saved, &phone.draft), (false, &desk));
    let removal = save(&people, grace, id, typed("", 0, "phone")).await;
    assert_eq!((removal.saved, &removal.draft), (false, &desk));
    // The desk lost the answer to its own write: no conflict, with the same text or another.
    let again = save(&people, grace, id, typed("from the desk", 0, "desk")).await;
    assert_eq!((again.saved, &again.draft), (true, &desk));
    let more = save(&people, grace, id, typed("from the desk, more", 0, "desk")).await;
    assert!(more.saved && more.draft.seq == desk.seq + 1);
    // Who knows the latest may change it.
    let both = typed("both", more.draft.seq, "phone");
    assert!(save(&people, grace, id, both).await.saved);
    let late = typed("late", more.draft.seq, "desk");
    assert!(!save(&people, grace, id, late).await.saved);
    let bodies: Vec<_> = told(&people.drain(&mut subscription).await)
        .into_iter()
        .map(|(_, body)| body)
        .collect();
    assert_eq!(bodies, ["from the desk, more", "both"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn of_devices_that_write_at_once_one_wins_and_the_others_are_told(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let writes = (0..8).map(|n| {
        let change = typed(&format!("text {n}"), 0, &format!("tab {n}"));
        let (chat, grace) = (people.chat.clone(), people.grace);
        tokio::spawn(async move { chat.save_draft(&grace, id, change).await.unwrap() })
    });
    let mut answers = Vec::new();
    for write in writes.collect::<Vec<_>>() {
        answers.push(write.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|it| it.saved).count(), 1);
    let stored = list(&people, &people.grace).await.remove(0);
    for answer in &answers {
        assert_eq!(answer.draft, stored);
    }
    assert_eq!(stored.seq, 1, "only one has taken a number");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_draft_goes_with_its_message_unless_it_has_changed(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let grace = &people.grace;
    let root = people.say(&people.ada, id, "root").await;
    let draft = save(&people, grace, id, typed("Lunch?", 0, "desk"))
        .await
        .draft;
    let beside = DraftChange {
        thread_id: Some(root.id),
        ..typed("in the thread", 0, "desk")
    };
    let beside = save(&people, grace, id, beside).await.draft;
    let mut subscription = chat.subscribe();
    let of_draft = |body: &str, seq: i64| NewMessage {
        draft_seq: Some(seq),
        ..text(body, Some(body))
    };
    // Somebody else's number, and an old one, remove nothing.
    chat.send_message(&people.ada, id, of_draft("mine", draft.seq))
        .await
        .unwrap();
    chat.send_message(grace, id, of_draft("old", draft.seq + 7))
        .await
        .unwrap();
    assert_eq!(list(&people, grace).await.len(), 2);
    for deduplicated in [false, true] {
        let sent = chat
            .send_message(grace, id, of_draft("Lunch?", draft.seq))
            .await;
        assert_eq!(sent.unwrap().deduplicated, deduplicated);
    }
    assert_eq!(list(&people, grace).await, std::slice::from_ref(&beside));
    let reply = NewMessage {
        draft_seq: Some(beside.seq),
        ..in_thread("in the thread", &root)
    };
    chat.send_message(grace, id, reply).await.unwrap();
    assert_eq!(list(&people, grace).await, []);
    let deliveries = people.drain(&mut subscription).await;
    assert_eq!(told(&deliveries), [(3, String::new()), (4, String::new())]);
    // A device that was away learns that both are gone, and one that writes late does not bring them back.
    let changes = chat.personal_changes(grace, beside.seq).await.unwrap();
    let seqs: Vec<_> = changes.items.iter().map(PersonalEvent::seq).collect();
    assert_eq!((seqs, changes.seq), (vec![3, 4], 4));
    let late = save(&people, grace, id, typed("Lunch", draft.seq, "desk")).await;
    assert_eq!((late.saved, late.draft.body.as_str()), (false, ""));
    // A refused send removes nothing.
    let next = save(&people, grace, id, typed("next", 0, "desk"))
        .await
        .draft;
    let refused_send = NewMessage {
        reply_to_id: Some(MessageId(i64::MAX)),
        ..of_draft("next", next.seq)
    };
    refused(
        chat.send_message(grace, id, refused_send).await,
        ErrorCode::Invalid,
    );
    assert_eq!(list(&people, grace).await, [next]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn sends_of_one_batch_each_remove_their_own_draft(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let callers = [people.ada, people.grace, people.linus];
    for n in 0..20 {
        let mut sends = Vec::new();
        for caller in callers {
            let draft = save(&people, &caller, id, typed(&format!("{n}"), 0, "tab"))
                .await
                .draft;
            let new = NewMessage {
                draft_seq: Some(draft.seq),
                ..text(&format!("{n}"), None)
            };
            let chat = people.chat.clone();
            sends.push(tokio::spawn(async move {
                chat.send_message(&caller, id, new).await.unwrap();
            }));
        }
        for send in sends {
            send.await.unwrap();
        }
    }
    for caller in callers {
        assert_eq!(list(&people, &caller).await, []);
        let changes = people.chat.personal_changes(&caller, 0).await.unwrap();
        assert_eq!((changes.items.len(), changes.seq), (1, 40));
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn leaving_a_conversation_deletes_its_drafts(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    save(&people, &people.grace, id, typed("gone", 0, "tab")).await;
    let kept = save(&people, &people.linus, id, typed("kept", 0, "tab"))
        .await
        .draft;
    chat.leave_conversation(&people.grace, id).await.unwrap();
    assert_eq!(list(&people, &people.grace).await, []);
    let changes = chat.personal_changes(&people.grace, 0).await.unwrap();
    assert_eq!(changes.items, []);
    assert_eq!(list(&people, &people.linus).await, [kept]);
    let rows: i64 = sqlx::query_scalar("select count(*) from drafts")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(rows, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_has_more_than_a_thousand_drafts(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.group().await;
    let message = people.say(&people.ada, id, "root").await;
    sqlx::query(
        "insert into drafts (user_id, conversation_id, thread_id, body, seq)
        select $1, $2, 1000 + n, case when n <= 998 then 'text' else '' end, 0 from generate_series(1, 1200) n",
    )
    .bind(people.grace.user_id.0)
    .bind(id.0)
    .execute(&db)
    .await
    .unwrap();
    let grace = &people.grace;
    let draft = save(&people, grace, id, typed("one", 0, "tab")).await.draft;
    let in_thread = DraftChange {
        thread_id: Some(message.id),
        ..typed("two", 0, "tab")
    };
    let second = save(&people, grace, id, in_thread.clone()).await.draft;
    assert!(
        save(&people, grace, id, typed("one, longer", draft.seq, "tab"))
            .await
            .saved
    );
    let other = people.say(&people.ada, id, "another").await;
    let too_many = DraftChange {
        thread_id: Some(other.id),
        ..in_thread.clone()
    };
    let many = people.chat.save_draft(grace, id, too_many.clone()).await;
    refused(many, ErrorCode::Conflict);
    let removal = DraftChange {
        body: String::new(),
        base: second.seq,
        ..in_thread
    };
    assert!(save(&people, grace, id, removal).await.saved);
    assert!(save(&people, grace, id, too_many).await.saved);
}
