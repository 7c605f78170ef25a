//! The files of a conversation: by name and kind, in pages, for its members.

use crate::{
    fixtures::{People, people, refused, text},
    uploads::{PNG, uploaded, with},
};
use chat::{Caller, Chat};
use model::{
    AttachmentKind, ConversationId, ConversationKind, DraftChange, ErrorCode, FileFilter, Message,
    NewAttachment, NewForward, NewMessage, NewUpload, PageRequest, SharedFile,
};
use sqlx::PgPool;

/// Sends each file with a message of its own.
async fn share(people: &People, id: ConversationId, names: &[&str]) {
    for name in names {
        let bytes = if *name == "house.png" {
            PNG
        } else {
            &b"words"[..]
        };
        let upload = uploaded(people, &people.ada, name, bytes).await;
        let sent = people
            .chat
            .send_message(&people.ada, id, with(&[&upload], "", None));
        sent.await.unwrap();
    }
}

fn named(search: &str) -> FileFilter {
    FileFilter {
        search: Some(search.to_owned()),
        ..FileFilter::default()
    }
}

fn names(files: &[SharedFile]) -> Vec<&str> {
    files.iter().map(|it| it.attachment.name.as_str()).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn members_find_files_by_name_and_kind(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    share(
        &people,
        group,
        &["Plan.pdf", "house.png", "PLAN_2.txt", "a%b"],
    )
    .await;
    let link = NewMessage {
        attachments: vec![NewAttachment::at("https://example.org/plan.html")],
        ..text("a link is no file", None)
    };
    chat.send_message(&people.ada, group, link).await.unwrap();
    let list = async |filter: FileFilter| {
        let page = PageRequest::default();
        let listed = chat.files(&people.grace, group, &filter, page).await;
        listed.unwrap().items
    };

    let all = list(FileFilter::default()).await;
    assert_eq!(names(&all), ["a%b", "PLAN_2.txt", "house.png", "Plan.pdf"]);
    assert_eq!(
        names(&list(named("plan")).await),
        ["PLAN_2.txt", "Plan.pdf"]
    );
    assert_eq!(names(&list(named(" %B ")).await), ["a%b"]);
    let pictures = FileFilter {
        kind: Some(AttachmentKind::Image),
        ..FileFilter::default()
    };
    let pictures = list(pictures).await;
    assert_eq!(names(&pictures), ["house.png"]);
    let message = chat
        .message(&people.grace, pictures[0].message_id)
        .await
        .unwrap();
    let picture = SharedFile {
        attachment: message.attachments[0].clone(),
        conversation_id: group,
        message_id: message.id,
        position: message.position,
        thread_id: None,
        sender: message.sender,
        created_at: message.created_at,
    };
    assert_eq!(pictures, [picture]);

    let page = |cursor| PageRequest {
        cursor,
        limit: Some(3),
    };
    let whole = FileFilter::default();
    let first = chat.files(&people.linus, group, &whole, page(None)).await;
    let first = first.unwrap();
    let rest = chat.files(&people.linus, group, &whole, page(first.next_cursor));
    let rest = rest.await.unwrap();
    assert_eq!(
        (first.items.len(), names(&rest.items)),
        (3, vec!["Plan.pdf"])
    );
    assert_eq!(rest.next_cursor, None);
}

/// Lists, quotes and drafts say what a message without a text has, as it was told and as it is read.
#[sqlx::test(migrations = "../../migrations")]
async fn a_message_of_files_alone_is_called_by_them(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let mut base = 0;
    let wave = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0";
    for (names, line) in [
        (&["house.png"][..], "Photo"),
        (&["house.png", "garden.png"], "2 photos"),
        (&["note.wav"], "Audio"),
        (&["Plan.pdf"], "Plan.pdf"),
        (&["house.png", "Plan.pdf", "note.wav"], "3 files"),
    ] {
        let mut uploads = Vec::new();
        for name in names {
            let bytes = match name.rsplit_once('.') {
                Some((_, "png")) => PNG,
                Some((_, "wav")) => wave,
                _ => &b"words"[..],
            };
            uploads.push(uploaded(&people, &people.ada, name, bytes).await);
        }
        let uploads: Vec<_> = uploads.iter().collect();
        let sent = chat.send_message(&people.ada, group, with(&uploads, "", None));
        let sent = sent.await.unwrap().message;
        let read = chat.message(&people.grace, sent.id).await.unwrap();
        let summary = chat.conversation(&people.grace, group).await.unwrap();
        let last = summary.last_message.unwrap();
        for preview in [&sent.preview, &read.preview, &last.preview] {
            assert_eq!(preview.as_deref(), Some(line));
        }
        let reply = NewMessage {
            reply_to_id: Some(sent.id),
            ..text("Nice", None)
        };
        let draft = DraftChange {
            body: "Ni".to_owned(),
            reply_to_id: Some(sent.id),
            base,
            ..DraftChange::default()
        };
        let saved = chat.save_draft(&people.linus, group, draft).await.unwrap();
        base = saved.draft.seq;
        let drafts = chat.drafts(&people.linus, PageRequest::default()).await;
        let draft = drafts.unwrap().items.remove(0);
        let sent_reply = chat.send_message(&people.grace, group, reply).await;
        let sent_reply = sent_reply.unwrap().message;
        let read_reply = chat.message(&people.linus, sent_reply.id).await.unwrap();
        for reply in [draft.reply_to, sent_reply.reply_to, read_reply.reply_to] {
            assert_eq!(reply.unwrap().preview.as_deref(), Some(line));
        }
        assert_eq!(sent_reply.preview, None);

        chat.delete_message(&people.ada, sent.id).await.unwrap();
        let reply = chat.message(&people.linus, sent_reply.id).await.unwrap();
        assert_eq!(reply.reply_to.unwrap().preview, None);
        refused(
            chat.message(&people.outsider, sent.id).await,
            ErrorCode::NotFound,
        );
    }
    let upload = uploaded(&people, &people.ada, "house.png", PNG).await;
    let sent = chat.send_message(&people.ada, group, with(&[&upload], "Ours", None));
    assert_eq!(sent.await.unwrap().message.preview, None);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_forwarded_file_is_for_those_of_both_places(db: PgPool) {
    let people = people(db).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let source = people.group().await;
    let others = [&people.outsider];
    let target = people
        .create(ConversationKind::Group, &others, "Elsewhere")
        .await;
    let upload = uploaded(&people, ada, "house.png", PNG).await;
    let new = with(&[&upload], "", None);
    let said = chat.send_message(ada, source, new).await.unwrap().message;
    let refusal = chat.content(&people.outsider, upload.id).await;
    refused(refusal, ErrorCode::NotFound);
    let new = NewForward {
        message_ids: vec![said.id],
        comment: None,
        client_id: None,
    };
    let sent = chat.forward_messages(ada, target, new).await.unwrap();
    let copy = &sent.messages[0];
    // The ids are those of the attachments, which are two.
    let known = |it: &Message| (it.attachments[0].url.clone(), it.attachments[0].width);
    assert_eq!(known(copy), known(&said));
    let read_back = chat.message(&people.outsider, copy.id).await.unwrap();
    assert_eq!(read_back.attachments, copy.attachments);
    let listed = chat
        .files(
            &people.outsider,
            target,
            &FileFilter::default(),
            PageRequest::default(),
        )
        .await;
    assert_eq!(names(&listed.unwrap().items), ["house.png"]);
    // It is there as long as one of the messages is.
    chat.delete_message(ada, said.id).await.unwrap();
    for (who, sees) in [(&people.outsider, true), (&people.grace, false)] {
        assert_eq!(chat.content(who, upload.id).await.is_ok(), sees);
    }
    chat.delete_message(ada, copy.id).await.unwrap();
    let gone = chat.content(&people.outsider, upload.id).await;
    refused(gone, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn outsiders_and_who_has_left_list_nothing(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    share(&people, group, &["a", "b"]).await;
    let whole = FileFilter::default();
    let list = |who| chat.files(who, group, &whole, PageRequest::default());
    refused(list(&people.outsider).await, ErrorCode::NotFound);
    let files = list(&people.grace).await.unwrap().items;
    assert_eq!(names(&files), ["b", "a"]);
    let message = files[0].message_id;
    chat.delete_message(&people.ada, message).await.unwrap();
    assert_eq!(names(&list(&people.grace).await.unwrap().items), ["a"]);
    chat.leave_conversation(&people.grace, group).await.unwrap();
    refused(list(&people.grace).await, ErrorCode::NotFound);
    let long = named(&"x".repeat(101));
    let long = chat.files(&people.ada, group, &long, PageRequest::default());
    refused(long.await, ErrorCode::Invalid);
}

/// On a filled database: the members of the conversation are ada and grace.
pub async fn run_verbs_of_files(chat: &Chat, ada: &Caller, grace: &Caller, id: ConversationId) {
    let filter = FileFilter {
        search: Some("file".to_owned()),
        kind: Some(AttachmentKind::Image),
    };
    let files = chat.files(grace, id, &filter, PageRequest::default()).await;
    let files = files.unwrap().items;
    assert_eq!(files.len(), 50);
    let new = NewUpload {
        name: "another".to_owned(),
        ..NewUpload::default()
    };
    let (upload, _) = chat.create_upload(grace, new).await.unwrap();
    chat.content(grace, upload.id).await.unwrap();
    let new = NewMessage {
        attachment_ids: vec![upload.id],
        ..text("", None)
    };
    let sent = chat.send_message(grace, id, new).await.unwrap();
    chat.content(ada, upload.id).await.unwrap();
    chat.delete_message(grace, sent.message.id).await.unwrap();
}
