//! The documents have every route and every event of the contracts, and no other.

use super::{
    RestContract,
    broadcast::Broadcast,
    conversations::Conversations,
    direct::Direct,
    document_routes::{asyncapi, openapi},
    groups::Groups,
    health,
    rooms::Rooms,
};
use crate::{Cli, Command, State, gateway};
use chat::Chat;
use clap::Parser;
use serde_json::Value;
use sqlx::PgPool;
use std::collections::BTreeSet;

/// A page for manual tests, with its files: no part of a REST API.
const PAGES: &str = "/views/";

/// A state whose database is never asked.
fn state() -> State {
    let secret = "--jwt-secret=a-secret-of-thirty-two-bytes-or-more";
    let cli = Cli::try_parse_from(["parlance", "--contracts=off", secret]).unwrap();
    let Command::Serve(config) = cli.into_command() else {
        unreachable!("no sub-command is given")
    };
    let db = PgPool::connect_lazy("postgres://nobody@localhost/nothing").unwrap();
    let chat = Chat::new(db, config.chat_settings().unwrap());
    State::new(*config, chat)
}

/// `GET /path` of each route of a router, as its `Debug` tells them: axum has no other list.
fn routes(router: &str) -> BTreeSet<String> {
    // What follows is for paths that no route has.
    let (router, _) = router.split_once("fallback_router").unwrap();
    let mut methods = Vec::new();
    let mut ids = Vec::new();
    // `RouteId(3): MethodRouter(MethodRouter { …, allow_header: Bytes(b"GET,HEAD,PUT") })`
    for part in router.split("RouteId(").skip(1) {
        let (id, rest) = part.split_once(')').unwrap();
        if let Some((_, allowed)) = rest.split_once("allow_header: Bytes(b\"") {
            let (allowed, _) = allowed.split_once('"').unwrap();
            methods.push((id, allowed.split(',').collect::<Vec<_>>()));
        }
        // `paths: {RouteId(3): "/path"}`
        if let Some(path) = rest.strip_prefix(": \"") {
            ids.push((id, path.split_once('"').unwrap().0));
        }
    }
    let found = ids.iter().flat_map(|(id, path)| {
        let methods = methods.iter().find(|(it, _)| it == id);
        // A service takes any method.
        let methods = methods.map_or_else(|| vec!["ANY"], |(_, methods)| methods.clone());
        let methods = methods.into_iter().filter(|it| *it != "HEAD");
        methods.map(move |method| format!("{method} {path}"))
    });
    found.filter(|it| !it.contains(PAGES)).collect()
}

fn documented(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    operations.collect()
}

fn has_all_routes<C: RestContract>(state: &State) {
    let connections = gateway::open::<C>(state).connections;
    let router = C::routes(state, &connections).merge(health::routes(connections, C::FEATURES));
    let served = routes(&format!("{router:?}"));
    assert!(served.len() > 5, "{served:?}");
    assert_eq!(
        served,
        documented(&openapi::<C>(C::document())),
        "{}",
        C::DOOR
    );
}

#[tokio::test]
async fn every_route_is_documented_and_no_other() {
    let state = state();
    has_all_routes::<Groups>(&state);
    has_all_routes::<Rooms>(&state);
    has_all_routes::<Direct>(&state);
    has_all_routes::<Conversations>(&state);
    has_all_routes::<Broadcast>(&state);
}

fn has_all_events<C: RestContract>() {
    let document = asyncapi::<C>(C::document(), C::PORT);
    let messages = document["components"]["messages"].as_object().unwrap();
    let operations = document["operations"].as_object().unwrap();
    let received: BTreeSet<_> = operations
        .iter()
        .filter_map(|(name, it)| {
            let key = name.strip_prefix("receive.")?;
            assert_eq!(it["action"], "receive");
            messages[key]["name"].as_str()
        })
        .collect();
    let events: BTreeSet<_> = C::EVENTS.iter().map(|it| it.name).collect();
    assert_eq!(received, events, "{}", C::DOOR);
    assert_eq!(
        messages[&format!("server.{}", C::ERROR_EVENT.replace(':', "."))]["name"],
        C::ERROR_EVENT
    );
}

#[test]
fn every_event_of_a_client_is_documented_and_no_other() {
    has_all_events::<Groups>();
    has_all_events::<Rooms>();
    has_all_events::<Direct>();
    has_all_events::<Conversations>();
    has_all_events::<Broadcast>();
}

/// Every reference of a document leads to something in it.
fn has_no_dangling_reference(document: &Value, part: &Value) {
    match part {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            fields
                .values()
                .for_each(|it| has_no_dangling_reference(document, it));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|it| has_no_dangling_reference(document, it)),
        _ => {}
    }
}

fn is_whole<C: RestContract>() {
    for document in [
        openapi::<C>(C::document()),
        asyncapi::<C>(C::document(), C::PORT),
    ] {
        has_no_dangling_reference(&document, &document);
    }
}

#[test]
fn every_reference_leads_somewhere() {
    is_whole::<Groups>();
    is_whole::<Rooms>();
    is_whole::<Direct>();
    is_whole::<Conversations>();
    is_whole::<Broadcast>();
}
