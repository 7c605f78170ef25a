//! What tokens for programs may do: the scope that each route of the public API and each event of its sockets needs. A
//! route or an event that is not here takes no such token.

mod events;
mod needs;
mod routes;

pub use needs::{About, Needs};

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use chat::{Caller, Chat, Error, Result};
use http::{Method, request::Parts};
use model::{ConversationId, MessageId, Scope};

const UNKNOWN: Error = Error::Forbidden("This takes no token for programs. Sign in instead.");

/// What the route needs, by the method and by the pattern of the path.
pub fn of_route(method: &Method, path: &str) -> Option<Needs> {
    let method = match *method {
        Method::HEAD => "GET",
        _ => method.as_str(),
    };
    let mut routes = routes::ROUTES.iter();
    routes
        .find(|route| route.0 == method && route.1 == path)
        .map(|route| route.2)
}

/// Refuses a request whose route the token of the caller is not for.
pub async fn require(chat: &Chat, caller: &Caller, parts: &mut Parts) -> Result<()> {
    let path = parts.extensions.get::<MatchedPath>();
    let needs = path.and_then(|path| of_route(&parts.method, path.as_str()));
    let Some(Needs::Token(scope, about)) = needs else {
        return Err(UNKNOWN);
    };
    let Some(grant) = caller.grant else {
        return Ok(());
    };
    grant.require(scope)?;
    if !grant.is_limited || about == About::Own {
        return Ok(());
    }
    match about {
        About::Conversation => {
            let id = id_of(parts).await.and_then(|id| id.parse().ok());
            let id: ConversationId = id.ok_or(Error::NotFound("conversation"))?;
            chat.require_granted_conversation(caller, id).await
        }
        About::Message => {
            let id = id_of(parts).await.and_then(|id| id.parse().ok());
            let id: MessageId = id.ok_or(Error::NotFound("message"))?;
            chat.require_granted_message(caller, id).await
        }
        About::All | About::Own => grant.require_unlimited(),
    }
}

/// The parameter `id` of the path.
async fn id_of(parts: &mut Parts) -> Option<String> {
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let mut params = params.iter();
    params
        .find(|(name, _)| *name == "id")
        .map(|(_, value)| value.to_owned())
}

/// Refuses a token with which no socket can be opened: a socket hears all that its user does.
pub fn require_socket(caller: &Caller) -> Result<()> {
    caller.grant.map_or(Ok(()), |grant| {
        grant.require(Scope::Read)?;
        grant.require_unlimited()
    })
}

/// Refuses an event that the token of the caller is not for.
pub fn require_for_event(caller: &Caller, event: &str) -> Result<()> {
    let Some(grant) = caller.grant else {
        return Ok(());
    };
    let scope = of_event(event).ok_or(UNKNOWN)?;
    grant.require(scope)
}

/// The table of routes.
#[cfg(test)]
pub fn routes() -> &'static [(&'static str, &'static str, Needs)] {
    routes::ROUTES
}

/// The scope that an event of a client needs.
pub fn of_event(event: &str) -> Option<Scope> {
    let mut events = events::EVENTS.iter();
    events.find(|known| known.0 == event).map(|known| known.1)
}
