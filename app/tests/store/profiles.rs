//! A changed name or avatar of a user.

use crate::{
    test_server::{GROUP, TestServer},
    users::{ADA, GRACE, sender_of},
};
use app::store::{ChatStore, Window};
use model::{Event, UserId};
use time::OffsetDateTime;

fn renamed(id: UserId, name: &str) -> Event {
    let mut profile = sender_of(id);
    name.clone_into(&mut profile.name);
    profile.avatar_url = Some("https://example.org/new.png".to_owned());
    Event::UserUpdated { profile }
}

#[test]
fn a_new_name_is_shown_wherever_the_user_is() {
    let mut server = TestServer::with_messages(2);
    let mut store = ChatStore::new(server.initial(2));
    store.apply(server.send(GRACE, "before", None));
    store.apply(server.send(ADA, "an answer", Some(3)));
    store.apply(renamed(GRACE, "Grace Hopper"));
    let keys = store.rows(GROUP, Window::NEWEST, None, &|at: OffsetDateTime| at.date());
    let rows: Vec<_> = keys
        .iter()
        .filter_map(|key| store.row(GROUP, key))
        .collect();
    let texts = format!("{rows:?}");
    assert!(texts.contains("Grace Hopper"), "{texts}");
    assert!(!texts.contains("name: \"Grace\""), "{texts}");
    assert!(texts.contains("name: \"Ada\""), "{texts}");
    // Twice is once.
    let once = store.clone();
    store.apply(renamed(GRACE, "Grace Hopper"));
    assert_eq!(store, once);
}
