//! Random people of several apps, whose ids are the same small numbers as those of the other apps and of
//! Parlance, write to each other by naming each other. Nobody receives what was for somebody else, and
//! everybody finds what was for them, those included who were named before they came.

use crate::{
    directory_fixtures::token,
    fixtures::{direct, people_with, receive_until, settings, text},
};
use chat::{
    Audience, Caller, Chat, Delivery, IdKind, Keys, MessagesRequest, Settings, SubjectOrigin,
};
use model::{ConversationId, ConversationKind, Event, NewConversation, PageRequest, UserId};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The issuers of the tokens: each is an app of its own.
const ISSUERS: [&str; 3] = ["", "forum", "game"];

/// The ids that each app has. The database has small ids of its own for all of these people.
const IDS: std::ops::RangeInclusive<i64> = 1..=7;

const STEPS: usize = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Person {
    /// One of the four who have accounts here.
    Ours(usize),
    /// The issuer, and the id in its app.
    Of(usize, i64),
}

struct World {
    chat: Chat,
    ours: [Caller; 4],
    rng: StdRng,
    /// For whom each message was, with its sender; its body is the index.
    sent: Vec<BTreeSet<Person>>,
}

impl World {
    async fn new(db: PgPool, seed: u64) -> Self {
        let keys = Keys::new(crate::fixtures::SECRET, None, SubjectOrigin::External).unwrap();
        let people = people_with(db, Settings { keys, ..settings() }).await;
        Self {
            chat: people.chat,
            ours: [people.ada, people.grace, people.linus, people.outsider],
            rng: StdRng::seed_from_u64(seed),
            sent: Vec::new(),
        }
    }

    async fn caller(&self, person: Person) -> Caller {
        match person {
            Person::Ours(n) => self.ours[n],
            Person::Of(issuer, id) => {
                let claims = match ISSUERS[issuer] {
                    "" => json!({ "userId": id }),
                    issuer => json!({ "iss": issuer, "userId": id }),
                };
                self.chat.authenticate(&token(&claims)).await.unwrap()
            }
        }
    }

    /// Somebody whom this person can name: of the same app, or one of us.
    fn other(&mut self, person: Person) -> Person {
        match person {
            Person::Of(issuer, _) if self.rng.random_bool(0.8) => {
                Person::Of(issuer, self.rng.random_range(IDS))
            }
            _ => Person::Ours(self.rng.random_range(0..4)),
        }
    }

    /// The user by the id under which this caller knows them.
    async fn resolve(&self, caller: &Caller, other: Person) -> UserId {
        let id = match (caller.app_id, other) {
            (_, Person::Of(_, id)) => id.to_string(),
            (Some(_), Person::Ours(n)) => IdKind::Number.reserved(self.ours[n].user_id),
            (None, Person::Ours(n)) => self.ours[n].user_id.to_string(),
        };
        self.chat.resolve_user(caller, &id).await.unwrap()
    }

    async fn step(&mut self) {
        let sender = if self.rng.random_bool(0.2) {
            Person::Ours(self.rng.random_range(0..4))
        } else {
            let issuer = self.rng.random_range(0..ISSUERS.len());
            Person::Of(issuer, self.rng.random_range(IDS))
        };
        let size = *[1, 1, 1, 2, 3].choose(&mut self.rng).unwrap();
        let others: BTreeSet<_> = (0..size).map(|_| self.other(sender)).collect();
        let caller = self.caller(sender).await;
        let mut member_ids = Vec::new();
        for other in &others {
            member_ids.push(self.resolve(&caller, *other).await);
        }
        let is_group = others.len() > 1;
        let new = NewConversation {
            kind: if is_group {
                ConversationKind::Group
            } else {
                ConversationKind::Direct
            },
            title: is_group.then(|| "Group".to_owned()),
            member_ids,
            ..direct()
        };
        let created = self.chat.create_conversation(&caller, new).await.unwrap();
        let id = created.summary.conversation.id;
        let body = self.sent.len().to_string();
        let sent = self.chat.send_message(&caller, id, text(&body, None)).await;
        sent.unwrap();
        self.sent.push(others.into_iter().chain([sender]).collect());
    }

    /// The directory of the first app describes some of its users, known ones and new ones.
    async fn update_directory(&mut self) {
        let ids: Vec<i64> = (0..3).map(|_| self.rng.random_range(IDS)).collect();
        let users: Vec<_> = ids
            .iter()
            .map(|id| json!({ "id": id, "name": format!("No. {id}"), "username": "same" }))
            .collect();
        let update = self
            .chat
            .update_app_users(&Caller::OPERATOR, "app", &users, false);
        update.await.unwrap();
    }

    /// The bodies that a person finds in all of their conversations.
    async fn found_by(&self, person: Person) -> BTreeSet<usize> {
        let caller = self.caller(person).await;
        let page = PageRequest {
            limit: Some(100),
            cursor: None,
        };
        let heads = self.chat.conversations(&caller, page).await.unwrap();
        assert_eq!(heads.next_cursor, None);
        let mut found = BTreeSet::new();
        for head in heads.items {
            let request = MessagesRequest {
                limit: Some(100),
                ..MessagesRequest::default()
            };
            let id = head.conversation.id;
            let page = self.chat.messages(&caller, id, request).await.unwrap();
            assert_eq!(page.next_cursor, None);
            found.extend(
                page.items
                    .iter()
                    .map(|it| it.body.parse::<usize>().unwrap()),
            );
        }
        found
    }
}

/// The users who received each message: as a hub would find them.
fn recipients(deliveries: &[Delivery]) -> BTreeMap<usize, BTreeSet<UserId>> {
    let mut members: HashMap<ConversationId, BTreeSet<UserId>> = HashMap::new();
    let mut received: BTreeMap<usize, BTreeSet<UserId>> = BTreeMap::new();
    for delivery in deliveries {
        match delivery {
            Delivery::Subscribe {
                conversation_id,
                user_ids,
            } => members
                .entry(*conversation_id)
                .or_default()
                .extend(user_ids),
            Delivery::Emit {
                audience,
                event: Event::MessageCreated { message, .. },
                except,
            } => {
                let users: BTreeSet<UserId> = match audience {
                    Audience::Conversations(ids) => {
                        ids.iter().flat_map(|id| members[id].clone()).collect()
                    }
                    Audience::Users(users) => users.iter().copied().collect(),
                    Audience::Everyone => panic!("a message for everyone"),
                };
                let users = users.into_iter().filter(|id| Some(*id) != *except);
                let index = message.body.parse().unwrap();
                received.entry(index).or_default().extend(users);
            }
            _ => {}
        }
    }
    received
}

async fn run(db: PgPool, seed: u64) {
    let mut world = World::new(db, seed).await;
    let mut subscription = world.chat.subscribe();
    for step in 0..STEPS {
        if step % 15 == 7 {
            world.update_directory().await;
        }
        world.step().await;
    }
    let last = (world.sent.len() - 1).to_string();
    let deliveries = receive_until(&mut subscription, |it| {
        matches!(it, Delivery::Emit { event: Event::MessageCreated { message, .. }, .. }
            if message.body == last)
    });
    let received = recipients(&deliveries.await);

    // Who everybody is, by their own tokens: no two are the same user.
    let ours = (0..4).map(Person::Ours);
    let apps = (0..ISSUERS.len()).flat_map(|issuer| IDS.map(move |id| Person::Of(issuer, id)));
    let everybody: Vec<_> = ours.chain(apps).collect();
    let mut users = HashMap::new();
    for person in &everybody {
        users.insert(*person, world.caller(*person).await.user_id);
    }
    let distinct: BTreeSet<_> = users.values().collect();
    assert_eq!(distinct.len(), everybody.len(), "seed {seed}");

    for (index, people) in world.sent.iter().enumerate() {
        let meant: BTreeSet<_> = people.iter().map(|person| users[person]).collect();
        assert_eq!(received[&index], meant, "seed {seed}: {people:?}");
    }
    for person in everybody {
        let sent = world.sent.iter().enumerate();
        let meant: BTreeSet<_> = sent
            .filter(|(_, people)| people.contains(&person))
            .map(|(index, _)| index)
            .collect();
        assert_eq!(
            world.found_by(person).await,
            meant,
            "seed {seed}: {person:?}"
        );
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_receives_what_was_for_somebody_else(db: PgPool) {
    run(db, 1).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_receives_what_was_for_somebody_else_whatever_the_seed(db: PgPool) {
    let seed = rand::random();
    println!("seed {seed}");
    run(db, seed).await;
}
