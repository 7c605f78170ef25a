use super::{ChangedLists, Owed};
use crate::gateway::subscriber::SubscriberId;
use futures_util::FutureExt;
use model::UserId;
use std::{collections::HashSet, time::Duration};

const USER: UserId = UserId(1);
const INTERVAL: Duration = Duration::from_secs(1);

fn names(owed: &Owed) -> Vec<&str> {
    owed.lists.clone()
}

#[tokio::test(start_paused = true)]
async fn changes_that_come_meanwhile_are_one() {
    let lists = ChangedLists::default();
    lists.add([USER], &["rooms"]);
    let (user_id, owed) = lists.next().await;
    assert_eq!((user_id, names(&owed)), (USER, vec!["rooms"]));
    for _ in 0..1000 {
        lists.add([USER], &["rooms", "people"]);
    }
    assert!(lists.next().now_or_never().is_none(), "one at a time");
    lists.finish(USER, &["rooms"], Owed::default(), INTERVAL);
    assert!(
        lists.next().now_or_never().is_none(),
        "not before the interval"
    );
    lists.add([UserId(2)], &["rooms"]);
    assert_eq!(lists.next().await.0, UserId(2), "nobody waits for another");
    tokio::time::advance(INTERVAL).await;
    let (_, owed) = lists.next().await;
    assert_eq!(names(&owed), ["rooms", "people"], "in their order");
    assert_eq!(owed.only, None);
}

#[tokio::test(start_paused = true)]
async fn users_whose_lists_rest_are_forgotten() {
    let lists = ChangedLists::default();
    lists.add([USER], &["rooms"]);
    lists.next().await;
    lists.finish(USER, &["rooms"], Owed::default(), INTERVAL);
    tokio::time::advance(INTERVAL * 2).await;
    assert!(lists.next().now_or_never().is_none());
    let state = lists.lock();
    assert!(state.users.is_empty() && state.due.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_was_late_gets_its_lists_later_and_a_change_goes_to_all() {
    let late = || Owed {
        lists: vec!["rooms"],
        only: Some(HashSet::from([SubscriberId::FIRST])),
    };
    let lists = ChangedLists::default();
    lists.add([USER], &["rooms"]);
    lists.next().await;
    lists.finish(USER, &["rooms"], late(), INTERVAL);
    let (_, owed) = lists.next().await;
    assert_eq!(owed.only, late().only);
    lists.add([USER], &["people"]);
    lists.finish(USER, &["rooms"], owed, INTERVAL);
    let (_, owed) = lists.next().await;
    assert_eq!((names(&owed), &owed.only), (vec!["rooms", "people"], &None));
}

/// The next user's lists, if they are due now.
fn due(lists: &ChangedLists) -> Option<Vec<&'static str>> {
    lists.next().now_or_never().map(|(_, owed)| owed.lists)
}

#[tokio::test(start_paused = true)]
async fn a_list_that_was_not_in_order_with_what_was_emitted_is_rendered_once_more() {
    let step = Duration::from_millis(100);
    // Emitted while the list was being rendered, or soon after it was emitted.
    for emitted_after in [false, true] {
        let lists = ChangedLists::default();
        lists.note_emitted(&[USER]);
        lists.add([USER], &["rooms"]);
        lists.next().await;
        if !emitted_after {
            lists.note_emitted(&[USER, USER]);
        }
        lists.finish(USER, &["rooms"], Owed::default(), step);
        tokio::time::advance(step * 9).await;
        assert_eq!(due(&lists), None, "others may be on their way");
        if emitted_after {
            lists.note_emitted(&[USER]);
            tokio::time::advance(step * 4).await;
            assert_eq!(due(&lists), None, "not while messages come");
        }
        tokio::time::advance(step * 2).await;
        assert_eq!(due(&lists), Some(vec!["rooms"]));
        lists.finish(USER, &["rooms"], Owed::default(), step);
        tokio::time::advance(step * 100).await;
        assert_eq!(due(&lists), None, "nothing was emitted meanwhile");
        assert!(lists.lock().users.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_comes_in_the_end_although_messages_do_not_end() {
    let step = Duration::from_millis(100);
    let lists = ChangedLists::default();
    lists.add([USER], &["rooms"]);
    lists.next().await;
    lists.finish(USER, &["rooms"], Owed::default(), step);
    let mut rendered = Vec::new();
    for count in 1..=50 {
        lists.note_emitted(&[USER]);
        tokio::time::advance(step).await;
        if due(&lists).is_some() {
            rendered.push(count);
            lists.finish(USER, &["rooms"], Owed::default(), step);
        }
    }
    assert_eq!(rendered, [50]);
}
