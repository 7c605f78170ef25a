//! Exports, and that an import of one gives the same history.

use crate::fixtures::{people, refused, settings, text};
use crate::imports::{Dump, app_caller, dump_id, message};
use chat::{
    Chat, IdKind,
    exports::{Cursor, Export, ExportPage, ExportedMessage},
    imports::{Attachment, Conversation, Members, Message, Reaction, ReadBy, ReadState, User},
};
use model::{
    ConversationKind, ErrorCode, NewConversation, NewMembers, NewMessage, NewPoll, NewVote,
    PollResults,
};
use sqlx::PgPool;
use time::Duration;

const KINDS: [ConversationKind; 3] = [
    ConversationKind::Direct,
    ConversationKind::Group,
    ConversationKind::Channel,
];

/// Everything that an export has.
#[derive(Debug, PartialEq, Eq)]
struct Exported {
    users: Vec<User>,
    conversations: Vec<Conversation>,
    members: Vec<Members>,
    messages: Vec<ExportedMessage>,
    reactions: Vec<Reaction>,
    read_states: Vec<ReadState>,
}

async fn all_pages<T>(
    export: &mut Export,
    page: impl AsyncFn(&mut Export, Option<Cursor>) -> chat::Result<ExportPage<T>>,
) -> Vec<T> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let page = page(export, after).await.unwrap();
        items.extend(page.items);
        after = page.next;
        if after.is_none() {
            return items;
        }
    }
}

async fn export(chat: &Chat, kind: IdKind) -> Exported {
    let mut export = chat.begin_export("app", kind, &KINDS).await.unwrap();
    let it = &mut export;
    let mut exported = Exported {
        users: all_pages(it, async |it, after| it.users(after).await).await,
        conversations: all_pages(it, async |it, after| it.conversations(after).await)
            .await
            .into_iter()
            .map(|it| it.conversation)
            .collect(),
        members: all_pages(it, async |it, after| it.members(after).await).await,
        messages: all_pages(it, async |it, after| it.messages(after).await).await,
        reactions: all_pages(it, async |it, after| it.reactions(after).await).await,
        read_states: all_pages(it, async |it, after| it.read_states(after).await).await,
    };
    // By our ids, which are others in another database: only the order of each conversation counts.
    exported.users.sort_by_key(|it| it.id.clone());
    exported.conversations.sort_by_key(|it| it.id.clone());
    exported.members.sort_by_key(|it| it.conversation.clone());
    for list in &mut exported.members {
        list.members.sort_by_key(|it| it.user.clone());
    }
    for message in &mut exported.messages {
        message.message.read_by.sort_by_key(|it| it.user.clone());
        message.pair = message
            .pair
            .take()
            .map(|(low, high)| (low.clone().min(high.clone()), low.max(high)));
    }
    for conversation in &mut exported.conversations {
        conversation.pair = conversation
            .pair
            .take()
            .map(|(low, high)| (low.clone().min(high.clone()), low.max(high)));
    }
    let of = |it: &ExportedMessage| format!("{:?}", it.message.conversation);
    exported.messages.sort_by_key(of);
    exported.reactions.sort_by_key(|it| format!("{it:?}"));
    exported.read_states.sort_by_key(|it| format!("{it:?}"));
    exported
}

async fn import(chat: &Chat, exported: &Exported) {
    let mut import = chat.begin_import("app", false).await.unwrap();
    let mut left = Vec::new();
    let mut outcomes = vec![
        import.import_users(&exported.users).await.unwrap(),
        import
            .import_conversations(&exported.conversations)
            .await
            .unwrap(),
        import.import_members(&exported.members).await.unwrap(),
    ];
    let messages: Vec<_> = exported
        .messages
        .iter()
        .map(|it| it.message.clone())
        .collect();
    for messages in messages.chunks(1_500) {
        outcomes.push(import.import_messages(messages).await.unwrap());
    }
    outcomes.push(import.import_reactions(&exported.reactions).await.unwrap());
    outcomes.push(
        import
            .import_read_states(&exported.read_states)
            .await
            .unwrap(),
    );
    for outcome in outcomes {
        left.extend(outcome.left);
        left.extend(outcome.adjusted);
        assert_eq!(outcome.placeholders, 0);
    }
    assert_eq!(left, vec![]);
}

/// A history that was partly imported and partly written here, with somebody who is not of the app.
async fn mixed(db: &PgPool) -> Chat {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let mut dump = Dump::of_group(4_500);
    let first = dump.messages[0].created_at;
    dump.messages[4_000].edited_at = Some(first + Duration::days(1));
    dump.messages[4_001].deleted_at = Some(first + Duration::days(2));
    dump.messages[4_002].reply_to = Some(dump_id("g-17"));
    dump.messages[4_003].attachments = vec![Attachment {
        name: Some("Plan".to_owned()),
        url: "https://example.org/plan.pdf".to_owned(),
    }];
    dump.messages[4_004].official = true;
    dump.messages[4_400].read_by = vec![ReadBy {
        user: dump_id("linus"),
        at: Some(first + Duration::days(3)),
    }];
    dump.messages.push(Message {
        conversation: chat::imports::ConversationRef::Pair(dump_id("ada"), dump_id("grace")),
        ..message("between", 1, "grace")
    });
    dump.import(chat).await;

    let ada = app_caller(chat, "ada").await;
    let group = chat.resolve_conversation(&ada, "g").await.unwrap();
    let stranger = &people.linus;
    let new = NewMembers {
        user_ids: vec![stranger.user_id],
        ..serde_json::from_value(serde_json::json!({"userIds": []})).unwrap()
    };
    chat.add_members(&ada, group, new).await.unwrap();
    let said = chat
        .send_message(stranger, group, text("hello from the browser", None))
        .await;
    let said = said.unwrap().message;
    chat.add_reaction(&ada, said.id, "👍").await.unwrap();
    chat.mark_read(&ada, group, said.position).await.unwrap();
    let channel = NewConversation {
        kind: ConversationKind::Channel,
        title: Some("news".to_owned()),
        ..crate::fixtures::direct()
    };
    let channel = chat
        .create_conversation(&ada, channel)
        .await
        .unwrap()
        .summary
        .conversation
        .id;
    chat.send_message(&ada, channel, text("first", None))
        .await
        .unwrap();
    // Nothing of this may be exported: nobody of the app takes part.
    let secret = people.group().await;
    people.say(&people.ada, secret, "not for the app").await;
    chat.clone()
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_import_of_an_export_gives_the_same_history(db: PgPool) {
    for kind in [IdKind::Cuid, IdKind::Number, IdKind::ObjectId] {
        sqlx::raw_sql(EMPTY).execute(&db).await.unwrap();
        let chat = mixed(&db).await;
        let exported = export(&chat, kind).await;
        assert_eq!(exported.messages.len(), 4_500 + 1 + 1 + 1);
        assert_eq!(exported.conversations.len(), 3);
        assert_eq!(
            exported.users.len(),
            4,
            "three of the app, and the one who joined"
        );
        let text = format!("{exported:?}");
        assert!(!text.contains("not for the app") && !text.contains("Hopper"));

        sqlx::raw_sql(EMPTY).execute(&db).await.unwrap();
        let chat = Chat::new(db.clone(), settings());
        import(&chat, &exported).await;
        let again = export(&chat, kind).await;
        assert_eq!(again.users, exported.users, "{kind:?}");
        assert_eq!(again.conversations, exported.conversations, "{kind:?}");
        assert_eq!(again.members, exported.members, "{kind:?}");
        for (again, before) in again.messages.iter().zip(&exported.messages) {
            assert_eq!(again, before, "{kind:?}");
        }
        assert_eq!(again, exported, "{kind:?}");
    }
}

/// As a new database.
const EMPTY: &str =
    "truncate users, apps, conversations, messages, read_marks restart identity cascade";

#[sqlx::test(migrations = "../../migrations")]
async fn an_export_is_of_one_state_and_of_the_kinds_asked_for(db: PgPool) {
    let chat = Chat::new(db, settings());
    refused(
        chat.begin_export("app", IdKind::Cuid, &KINDS)
            .await
            .map(drop),
        ErrorCode::NotFound,
    );
    Dump::of_group(3).import(&chat).await;
    let mut export = chat
        .begin_export("app", IdKind::Cuid, &KINDS)
        .await
        .unwrap();
    assert_eq!(export.messages(None).await.unwrap().items.len(), 3);
    let ada = app_caller(&chat, "ada").await;
    let group = chat.resolve_conversation(&ada, "g").await.unwrap();
    chat.send_message(&ada, group, text("later", None))
        .await
        .unwrap();
    assert_eq!(export.messages(None).await.unwrap().items.len(), 3);

    let directs = [ConversationKind::Direct];
    let mut export = chat
        .begin_export("app", IdKind::Cuid, &directs)
        .await
        .unwrap();
    assert_eq!(export.messages(None).await.unwrap().items.len(), 0);
    assert_eq!(export.conversations(None).await.unwrap().items.len(), 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_poll_is_exported_as_text_without_names(db: PgPool) {
    let chat = Chat::new(db, settings());
    Dump::of_group(1).import(&chat).await;
    let ada = app_caller(&chat, "ada").await;
    let group = chat.resolve_conversation(&ada, "g").await.unwrap();
    let poll = NewPoll {
        options: vec!["Tea".to_owned(), "Coffee".to_owned()],
        max_choices: 1,
        anonymous: true,
        results: PollResults::Always,
        closes_at: None,
    };
    let new = NewMessage {
        poll: Some(poll),
        ..text("What shall we drink?", None)
    };
    let sent = chat.send_message(&ada, group, new).await.unwrap();
    let grace = app_caller(&chat, "grace").await;
    let options = vec![2];
    let vote = chat.vote(&grace, sent.message.id, NewVote { options });
    vote.await.unwrap();
    let exported = export(&chat, IdKind::Cuid).await;
    let last = exported.messages.last().unwrap();
    assert_eq!(
        last.message.body,
        "What shall we drink?\n1. Tea (0)\n2. Coffee (1)"
    );
    // They are told in the report of what a contract has no place for.
    assert_eq!((last.is_poll, last.link_previews), (true, 0));
    assert_eq!(exported.messages.iter().filter(|it| it.is_poll).count(), 1);
}
