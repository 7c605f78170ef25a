//! What may be a poll, and what becomes of one that is edited, forwarded or deleted.

use crate::{
    fixtures::{people, refused, text},
    polls::{ask, asking, make_due, make_late, new_poll, updated, vote},
};
use chat::{Caller, Chat};
use model::{
    ConversationId, ErrorCode, MessageKind, NewForward, NewMessage, NewPoll, NewVote, PageRequest,
    PollResults, UserRole,
};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

#[sqlx::test(migrations = "../../migrations")]
async fn refuses_what_is_no_poll(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let with = |options: &[&str], max_choices| NewPoll {
        options: options.iter().map(|it| (*it).to_owned()).collect(),
        max_choices,
        ..new_poll()
    };
    let many: Vec<_> = (0..21).map(|n| n.to_string()).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let long = "x".repeat(201);
    for poll in [
        with(&["one"], 1),
        with(&many, 1),
        with(&["one", " "], 1),
        with(&["one", long.as_str()], 1),
        with(&["one", "t\u{202e}wo"], 1),
        with(&["one", "t\0wo"], 1),
        with(&["one", " one "], 1),
        with(&["Tea", "tEA"], 1),
        with(&["100%", "１００%"], 1),
        with(&["no  tea", "no tea"], 1),
        with(&["one", "two"], 0),
        with(&["one", "two"], 3),
        NewPoll {
            closes_at: Some(OffsetDateTime::now_utc()),
            ..new_poll()
        },
    ] {
        let sent = chat.send_message(&people.ada, group, asking(poll)).await;
        refused(sent, ErrorCode::Invalid);
    }
    let blank = NewMessage {
        body: " ".to_owned(),
        ..asking(new_poll())
    };
    let sent = chat.send_message(&people.ada, group, blank).await;
    refused(sent, ErrorCode::Invalid);
    let picture = NewMessage {
        kind: MessageKind::Image,
        ..asking(new_poll())
    };
    let sent = chat.send_message(&people.ada, group, picture).await;
    refused(sent, ErrorCode::Invalid);
    let outsider = chat.send_message(&people.outsider, group, asking(new_poll()));
    refused(outsider.await, ErrorCode::NotFound);

    // A retry is the first poll, and another poll is a conflict.
    let first = ask(&people, group, with(&[" one", "two"], 2)).await;
    assert_eq!(first.poll.as_ref().unwrap().options[0].text, "one");
    let again = asking(with(&["one", "two"], 2));
    let again = chat.send_message(&people.ada, group, again).await.unwrap();
    assert_eq!((again.message, again.deduplicated), (first, true));
    let until = |closes_at| NewPoll {
        closes_at: Some(closes_at),
        ..with(&["one", "two"], 2)
    };
    let now = OffsetDateTime::now_utc();
    for other in [
        asking(with(&["one", "three"], 2)),
        asking(with(&["one", "two"], 1)),
        asking(until(now + Duration::hours(1))),
        asking(until(now - Duration::minutes(1))),
        text("What shall we drink?", Some("poll")),
    ] {
        let sent = chat.send_message(&people.ada, group, other).await;
        refused(sent, ErrorCode::Conflict);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_retry_has_the_same_end_also_after_it(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    let until = |closes_at| {
        asking(NewPoll {
            closes_at,
            ..new_poll()
        })
    };
    // The database has microseconds.
    let at = OffsetDateTime::now_utc() + Duration::hours(1);
    let at = at.replace_nanosecond(123_456_789).unwrap();
    let send = async |at| chat.send_message(&people.ada, group, until(at)).await;
    let first = send(Some(at)).await.unwrap().message;
    let again = send(Some(at)).await.unwrap();
    assert_eq!((again.message, again.deduplicated), (first.clone(), true));
    let later = at + Duration::microseconds(1);
    for other in [None, Some(later)] {
        refused(send(other).await, ErrorCode::Conflict);
    }
    make_due(&db).await;
    chat.do_due().await.unwrap();
    let ended = chat.message(&people.ada, first.id).await.unwrap();
    let poll = ended.poll.clone().unwrap();
    assert!(poll.closed_at.is_some());
    let at = poll.closes_at.unwrap() + Duration::nanoseconds(999);
    let again = send(Some(at)).await.unwrap();
    assert_eq!((again.message, again.deduplicated), (ended, true));
    for other in [None, Some(at + Duration::microseconds(1)), Some(later)] {
        refused(send(other).await, ErrorCode::Conflict);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_question_is_edited_before_the_first_vote_and_forwarded_as_text(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let message = ask(&people, group, new_poll()).await;
    let (id, ada) = (message.id, &people.ada);
    // A client that knows texts only edits what it shows.
    let text = message.plain_body().replace("drink", "have");
    let edited = chat.edit_message(ada, id, text).await.unwrap();
    assert_eq!(edited.body, "What shall we have?");
    assert_eq!(edited.poll, message.poll);
    let again = chat
        .edit_message(ada, id, edited.plain_body().into_owned())
        .await;
    assert_eq!(again.unwrap(), edited);
    // Neither the options without their end nor something below them is a question.
    let shown = edited.plain_body();
    for text in [
        format!("{shown} (edited)"),
        format!("{shown}\n"),
        format!("{shown}\nAnd why?"),
        shown.replace("3. Water", ""),
        "2. Coffee".to_owned(),
    ] {
        let wrong = chat.edit_message(ada, id, text).await;
        refused(wrong, ErrorCode::Invalid);
    }
    assert_eq!(chat.message(ada, id).await.unwrap(), edited);
    let plain = "What shall we have?\n\n1. Bread";
    let listed = chat.edit_message(ada, id, plain.to_owned()).await.unwrap();
    assert_eq!(listed.body, plain);
    let text = format!("{}{}", edited.body, edited.poll.as_ref().unwrap().lines());
    let edited = chat.edit_message(ada, id, text).await.unwrap();
    assert_eq!(edited.body, "What shall we have?");
    vote(&people, &people.grace, id, &[1]).await;
    let late = chat.edit_message(ada, id, "Why?".to_owned()).await;
    refused(late, ErrorCode::Conflict);
    // A retry whose answer was lost changes nothing.
    let same = chat.edit_message(ada, id, edited.body.clone()).await;
    assert_eq!(same.unwrap().edited_at, edited.edited_at);
    let forward = NewForward {
        message_ids: vec![id],
        comment: None,
        client_id: None,
    };
    let direct = people.direct().await;
    let sent = chat.forward_messages(ada, direct, forward).await.unwrap();
    assert_eq!(sent.messages[0].body, "What shall we have?");
    assert_eq!(sent.messages[0].poll, None);
    let gone = chat.delete_message(ada, id).await.unwrap();
    assert_eq!(gone.poll, None);
    let options = vec![2];
    let late = chat.vote(&people.grace, id, NewVote { options }).await;
    refused(late, ErrorCode::NotFound);
    refused(chat.close_poll(ada, id).await, ErrorCode::NotFound);
    let changes = chat.personal_changes(&people.grace, 0).await.unwrap();
    assert_eq!(changes.items, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_question_may_have_lines_like_options(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let lines = "\n1. Tea\n2. Coffee\n3. Water";
    let asked = NewMessage {
        body: format!("What is best?{lines}"),
        ..asking(new_poll())
    };
    let sent = chat.send_message(&people.ada, group, asked).await;
    let message = sent.unwrap().message;
    let edit = |body: String| chat.edit_message(&people.ada, message.id, body);
    // The same once more is no change, as those see it who know polls, and others.
    let shown = message.plain_body().into_owned();
    for same in [message.body.clone(), shown] {
        let same = edit(same).await.unwrap();
        assert_eq!((&same.body, same.edited_at), (&message.body, None));
    }
    let body = format!("What is best?{lines}\nAnd why?");
    let edited = edit(body.clone()).await.unwrap();
    assert_eq!(edited.body, body);
}

#[sqlx::test(migrations = "../../migrations")]
async fn everybody_votes_in_the_announcements(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    sqlx::query("update users set role = 'admin' where username = 'ada'")
        .execute(&db)
        .await
        .unwrap();
    let admin = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let place = ConversationId::ANNOUNCEMENTS;
    let sent = chat.send_message(&admin, place, asking(new_poll())).await;
    let id = sent.unwrap().message.id;
    let refusal = chat.send_message(&people.grace, place, asking(new_poll()));
    refused(refusal.await, ErrorCode::Forbidden);
    let voted = vote(&people, &people.outsider, id, &[1]).await;
    assert_eq!(voted.poll.voter_count, 1);
    // Everybody is told by the timer, once for all nodes.
    let mut subscription = chat.subscribe();
    vote(&people, &people.grace, id, &[2]).await;
    let at_once = people.drain(&mut subscription).await;
    assert_eq!(at_once.iter().filter_map(updated).count(), 0);
    make_late(&db).await;
    chat.do_due().await.unwrap();
    let told = people.drain(&mut subscription).await;
    assert_eq!(told.iter().filter_map(updated).count(), 1);
    let closed = chat.close_poll(&people.outsider, id).await;
    refused(closed, ErrorCode::Forbidden);
    let closed = chat.close_poll(&admin, id).await.unwrap();
    assert_eq!(closed.poll.unwrap().voter_count, 2);
}

/// For `indexes.rs`.
pub async fn run_verbs_of_polls(chat: &Chat, grace: &Caller, id: ConversationId) {
    let poll = NewPoll {
        options: vec!["yes".to_owned(), "no".to_owned()],
        max_choices: 1,
        anonymous: false,
        results: PollResults::default(),
        closes_at: Some(OffsetDateTime::now_utc() + Duration::hours(1)),
    };
    let new = NewMessage {
        poll: Some(poll),
        ..text("Shall we?", Some("poll"))
    };
    let sent = chat.send_message(grace, id, new).await.unwrap();
    let asked = sent.message.id;
    let options = vec![1];
    chat.vote(grace, asked, NewVote { options }).await.unwrap();
    chat.own_votes(grace, &[asked]).await.unwrap();
    chat.voters(grace, asked, Some(1), PageRequest::default())
        .await
        .unwrap();
    chat.retract_vote(grace, asked).await.unwrap();
    chat.personal_changes(grace, 0).await.unwrap();
    chat.do_due().await.unwrap();
    chat.edit_message(grace, asked, "Shall we not?".to_owned())
        .await
        .unwrap_err();
    chat.close_poll(grace, asked).await.unwrap();
}
