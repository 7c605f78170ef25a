//! Polls at the contracts, whose clients know texts only: the question, and a line for each option.

use crate::{
    Scenario, Shows,
    contract_driver::{ROOMS, is_success},
};
use model::{NewMessage, NewPoll, PollResults};
use serde_json::json;
use sqlx::PgPool;

const QUESTION: &str = "Which day?";
const LINES: &str = "Which day?\n1. Monday\n2. Friday";

fn question() -> NewMessage {
    NewMessage {
        body: QUESTION.to_owned(),
        poll: Some(NewPoll {
            options: vec!["Monday".to_owned(), "Friday".to_owned()],
            max_choices: 1,
            anonymous: false,
            results: PollResults::Always,
            closes_at: None,
        }),
        ..NewMessage::default()
    }
}

async fn each_door_shows_the_options(db: PgPool, kind: Shows) {
    let scenario = Scenario::create(db, kind).await;
    let listeners = scenario.listeners().await;
    let new = question();
    let (server, ada) = (&scenario.server, &scenario.ada);
    let id = scenario.ada_target.conversation;
    let sent = server.chat.send_message(&ada.caller, id, new).await;
    sent.unwrap();
    let collected = scenario
        .collect(listeners, |driver| Some(driver.message_event))
        .await;
    for (name, received) in collected {
        let is_api = matches!(name, "api" | "browser");
        let expected = if is_api { QUESTION } else { LINES };
        assert_eq!(received, [expected], "at {name}");
    }
    scenario.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn each_door_of_groups_shows_a_poll_as_text(db: PgPool) {
    each_door_shows_the_options(db, Shows::Groups).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn each_door_of_two_shows_a_poll_as_text(db: PgPool) {
    each_door_shows_the_options(db, Shows::Direct).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_at_a_door_has_all_options_or_none(db: PgPool) {
    let scenario = Scenario::create(db, Shows::Groups).await;
    let (server, ada) = (&scenario.server, &scenario.ada);
    let id = scenario.ada_target.conversation;
    let sent = server.chat.send_message(&ada.caller, id, question()).await;
    let sent = sent.unwrap().message;
    let mut client = scenario.connect_ada(&ROOMS).await;
    for (content, body) in [
        (format!("{LINES} (edited)"), None),
        (format!("{QUESTION}\n1. Monday"), None),
        (LINES.replace("day?", "day then?"), Some("Which day then?")),
        ("Which week?".to_owned(), Some("Which week?")),
    ] {
        let edit = json!({ "messageId": sent.id.to_string(), "content": content });
        let answer = client.emit_with_ack("chat:update_message", &edit).await;
        assert_eq!(is_success(&answer), body.is_some(), "{content}: {answer}");
        let Some(body) = body else {
            let told = answer.to_string();
            assert!(told.contains("must end with the options"), "{told}");
            continue;
        };
        let message = server.chat.message(&ada.caller, sent.id).await.unwrap();
        assert_eq!(message.body, body);
        assert_eq!(message.poll, sent.poll);
    }
    scenario.close().await;
}
