//! The contract `rooms`: rooms for groups and for two, lists of rooms, people and favorites, and the
//! presence of people. A socket hears every room of its user from the start.

mod dto;
mod render;
mod rest;
mod socket;

use super::{NO_TOKEN, Served, input::Input};
use crate::{
    State,
    gateway::{
        Arguments, Contract, EncodedEvent, Engine, EventContext, Fanout, Handshake, Rejection,
    },
    problem::ApiError,
};
use chat::{Caller, Chat, Error, Result};
use http::StatusCode;
use model::{Event, Problem};
use serde_json::{Value, json};

const NO_USER: &str = "There is no user id.";
const NO_SCHEME: &str = "The token does not begin with `Bearer `.";
const OTHER_USER: &str = "The token is somebody else's.";

pub fn open(state: &State) -> Served {
    let sockets = crate::gateway::open(Rooms(state.chat.clone()), state);
    Served {
        routes: rest::routes(&sockets.connections),
        sockets,
        words,
    }
}

struct Rooms(Chat);

impl Contract for Rooms {
    const DOOR: &'static str = "rooms";

    const EVENTS: &'static [&'static str] = &[
        "chat:join",
        "chat:leave",
        "chat:send_message",
        "chat:typing",
        "chat:presence",
        "chat:update_message",
        "chat:delete_message",
        "chat:start_direct",
        "chat:toggle_favorite",
        "chat:get_init_data",
        "chat:mark_read",
    ];

    /// Its URL ends in `/chat/`, which is a namespace to the official client; and the document
    /// calls it a path.
    const ENGINES: &'static [Engine] = &[
        Engine {
            path: "/socket.io",
            namespaces: &["/chat/", "/chat"],
        },
        Engine {
            path: "/chat/",
            namespaces: &["/", "/chat/", "/chat"],
        },
    ];

    const JOINS_ROOMS: bool = true;

    async fn authenticate(&self, handshake: &Handshake<'_>) -> Result<Caller> {
        let token = handshake.token()?.ok_or(Error::Unauthenticated(NO_TOKEN))?;
        let user_id = handshake
            .named("userId")
            .ok_or(Error::Unauthenticated(NO_USER))?;
        let token = token
            .strip_prefix("Bearer ")
            // As it stands in a query.
            .or_else(|| token.strip_prefix("Bearer%20"))
            .ok_or(Error::Unauthenticated(NO_SCHEME))?;
        let (caller, subject) = self.0.authenticate_subject(token).await?;
        if subject == user_id {
            Ok(caller)
        } else {
            Err(Error::Unauthenticated(OTHER_USER))
        }
    }

    fn refuse_connection(&self, error: &Error) -> String {
        let reason = match error {
            Error::Unauthenticated(NO_TOKEN) => "token is required",
            Error::Unauthenticated(NO_USER) => "userId is required",
            Error::Unauthenticated(NO_SCHEME) => "token must start with Bearer",
            Error::Unauthenticated(OTHER_USER) => "userId does not match the token",
            Error::Unauthenticated(_) => "invalid or expired token",
            other => return format!("Authentication error: {other}"),
        };
        format!("Authentication error: {reason}")
    }

    async fn on_connect(&self, caller: &Caller) -> Result<Vec<EncodedEvent>> {
        Ok(vec![render::init_data(&self.0, caller).await?])
    }

    async fn on_event(
        &self,
        context: &EventContext<'_>,
        event: &str,
        arguments: Arguments,
    ) -> Result<Value, ApiError> {
        let answer = match event {
            "chat:join" => self.on_join(context, &arguments).await,
            "chat:leave" => self.on_leave(context, &arguments).await,
            "chat:send_message" => self.on_send_message(context, &Input::of(arguments)?).await,
            "chat:typing" => self.on_typing(context, &Input::of(arguments)?).await,
            "chat:presence" => self.on_presence(context, &arguments).await,
            "chat:update_message" => {
                self.on_update_message(context, &Input::of(arguments)?)
                    .await
            }
            "chat:delete_message" => self.on_delete_message(context, &arguments).await,
            "chat:start_direct" => self.on_start_direct(context, &arguments).await,
            "chat:toggle_favorite" => {
                self.on_toggle_favorite(context, &Input::of(arguments)?)
                    .await
            }
            "chat:get_init_data" => self.on_get_init_data(context).await,
            "chat:mark_read" => self.on_mark_read(context, &arguments).await,
            _ => Err(Error::invalid("event", "is unknown")),
        };
        Ok(answer?)
    }

    fn render_error(&self, _event: &str, refusal: &ApiError) -> Rejection {
        let message = detail(&refusal.problem());
        Rejection {
            ack: json!({ "success": false, "message": message }),
            event: EncodedEvent::new("chat:error", &json!({ "message": message })).ok(),
        }
    }

    async fn render(&self, event: &Event) -> Result<Vec<Fanout>> {
        render::render(&self.0, event).await
    }

    fn is_personalised(&self, event: &Event) -> bool {
        render::changes_rooms(event) || render::changes_people(event)
    }

    async fn render_for(&self, caller: &Caller, event: &Event) -> Result<Vec<EncodedEvent>> {
        render::lists(&self.0, caller, event).await
    }
}

/// The body of a refusal over REST.
fn words(problem: &Problem) -> Value {
    let status = StatusCode::from_u16(problem.status).ok();
    json!({
        "error": status.and_then(|it| it.canonical_reason()).unwrap_or(&problem.title),
        "details": detail(problem),
        "code": problem.status,
    })
}

/// What is wrong, with the contract's names for our nouns.
fn detail(problem: &Problem) -> String {
    if problem.errors.is_empty() {
        return problem.detail.replace("conversation", "room");
    }
    let errors = problem.errors.iter().map(|error| {
        let field = match error.field.as_str() {
            "body" => "content",
            "title" => "name",
            "memberIds" => "participants",
            "conversationId" => "roomId",
            field => field,
        };
        format!("{field}: {}", error.reason)
    });
    let errors: Vec<_> = errors.collect();
    format!("{}.", errors.join("; "))
}
