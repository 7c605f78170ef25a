//! Exports in the form of each system: what is imported from one is the history that was exported.

use crate::history::{Scratch, chat, conversations, dump, import, messages, users};
use chat::{Caller, Chat};
use clap::Parser;
use model::{ConversationId, NewMessage, UserId, UserRole};
use server::{Cli, Command, export::ExportOptions};
use sqlx::PgPool;
use std::path::Path;

fn options(contract: &str, folder: &Path) -> ExportOptions {
    let arguments = ["parlance", "export", contract, folder.to_str().unwrap()];
    match Cli::try_parse_from(arguments).unwrap().into_command() {
        Command::Export(command) => command.options,
        _ => unreachable!("the command is `export`"),
    }
}

async fn export(pool: &PgPool, contract: &str, folder: &Path) {
    let options = options(contract, folder);
    server::export::run(&chat(pool), &options).await.unwrap();
}

/// What is compared. A conversation without an id in the app gets one by an export.
async fn all(pool: &PgPool) -> Vec<String> {
    let conversations = conversations(pool).await.into_iter();
    let conversations = conversations.map(|line| {
        let has_none = line.starts_with("no id") || line.starts_with("fffffffe");
        let rest = line.split_once(" direct").filter(|_| has_none);
        rest.map_or(line.clone(), |(_, rest)| format!("no id direct{rest}"))
    });
    let conversations = conversations.collect();
    [users(pool).await, conversations, messages(pool).await].concat()
}

async fn clear(pool: &PgPool) {
    sqlx::raw_sql("truncate users, conversations, messages, apps, read_marks cascade")
        .execute(pool)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn an_export_is_imported_as_the_same_history(pool: PgPool) {
    for contract in ["broadcast", "conversations", "groups", "rooms", "direct"] {
        import(&pool, contract, &dump(contract), &[]).await;
        let wanted = all(&pool).await;
        let first = Scratch::new();
        export(&pool, contract, &first.0.join("made")).await;
        clear(&pool).await;
        let report = import(&pool, contract, &first.0.join("made"), &[]).await;
        assert!(
            crate::history::left(&report).is_empty(),
            "{contract}: {report}"
        );
        assert_eq!(all(&pool).await, wanted, "{contract}");

        // Files of the second export have the rows of the first.
        let second = Scratch::new();
        export(&pool, contract, &second.0).await;
        for entry in second.0.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let rows = |path: &Path| {
                let text = std::fs::read_to_string(path).unwrap();
                let mut rows: Vec<_> = text.lines().map(str::to_owned).collect();
                rows.sort();
                rows
            };
            let earlier = first.0.join("made").join(path.file_name().unwrap());
            assert_eq!(rows(&path), rows(&earlier), "{contract} {}", path.display());
        }
        clear(&pool).await;
    }
}

/// The user of the app with this id, and one of the conversations.
async fn caller(pool: &PgPool, user: &str, conversation: &str) -> (Caller, ConversationId) {
    let user_id = sqlx::query_scalar("select user_id from app_users where external_id = $1")
        .bind(user)
        .fetch_one(pool)
        .await
        .unwrap();
    let id =
        sqlx::query_scalar("select conversation_id from app_conversations where external_id = $1")
            .bind(conversation)
            .fetch_one(pool)
            .await
            .unwrap();
    let caller = Caller {
        user_id: UserId(user_id),
        session_id: None,
        role: UserRole::Member,
        app_id: None,
        grant: None,
        origin: chat::Origin::default(),
    };
    (caller, ConversationId(id))
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_written_here_is_in_the_export(pool: PgPool) {
    import(&pool, "groups", &dump("groups"), &[]).await;
    let here: Chat = chat(&pool);
    let (ada, group) = caller(&pool, "cmu1", "cmg1").await;
    let body = |text: &str| NewMessage {
        body: text.to_owned(),
        ..NewMessage::default()
    };
    let kept = here
        .send_message(&ada, group, body("Written here"))
        .await
        .unwrap()
        .message;
    let gone = here
        .send_message(&ada, group, body("Deleted here"))
        .await
        .unwrap()
        .message;
    here.delete_message(&ada, gone.id).await.unwrap();
    here.edit_message(&ada, kept.id, "Edited here".to_owned())
        .await
        .unwrap();
    here.add_reaction(&ada, kept.id, "👍").await.unwrap();

    let folder = Scratch::new();
    export(&pool, "groups", &folder.0).await;
    clear(&pool).await;
    let report = import(&pool, "groups", &folder.0, &[]).await;
    assert!(crate::history::left(&report).is_empty(), "{report}");
    let group: Vec<_> = messages(&pool).await;
    let line = group
        .iter()
        .find(|line| line.contains("Edited here"))
        .unwrap();
    assert!(
        line.contains("| 4 | Ada Lovelace | text |") && line.ends_with("reactions 👍Ada Lovelace"),
        "{line}"
    );
    assert!(
        !group.iter().any(|line| line.contains("deleted")),
        "the contract keeps no deleted messages"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_folder_with_files_is_not_written_to(pool: PgPool) {
    import(&pool, "groups", &dump("groups"), &[]).await;
    let folder = Scratch::new();
    std::fs::write(folder.0.join("precious"), "x").unwrap();
    let error = server::export::run(&chat(&pool), &options("groups", &folder.0))
        .await
        .unwrap_err();
    assert!(error.to_string().ends_with("is not empty"), "{error}");
    let unknown = ExportOptions {
        app: "nobody".to_owned(),
        ..options("groups", &folder.0.join("new"))
    };
    let error = server::export::run(&chat(&pool), &unknown)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "There is no such app.");
}
