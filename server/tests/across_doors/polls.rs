//! Polls at the contracts, whose clients know texts only: the question, and a line for each option.

use crate::{Scenario, Shows};
use model::{NewMessage, NewPoll, PollResults};
use sqlx::PgPool;

const QUESTION: &str = "Which day?";
const LINES: &str = "Which day?\n1. Monday\n2. Friday";

async fn each_door_shows_the_options(db: PgPool, kind: Shows) {
    let scenario = Scenario::create(db, kind).await;
    let listeners = scenario.listeners().await;
    let new = NewMessage {
        body: QUESTION.to_owned(),
        poll: Some(NewPoll {
            options: vec!["Monday".to_owned(), "Friday".to_owned()],
            max_choices: 1,
            anonymous: false,
            results: PollResults::Always,
            closes_at: None,
        }),
        ..NewMessage::default()
    };
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
