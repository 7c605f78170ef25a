//! The table of the events that clients of a contract emit, and the handler of each.

use super::{arguments::Arguments, event_context::EventContext};
use crate::problem::ApiError;
use futures_util::future::BoxFuture;
use serde_json::Value;

/// What a handler answers: the acknowledgement, or why the event was refused.
pub type HandlerResult = Result<Value, ApiError>;

/// An event that clients emit.
#[derive(Clone, Copy)]
pub struct ClientEvent {
    /// The name on the wire, and the label `event` of metrics.
    pub name: &'static str,
    /// Whether the handler may start before earlier events of the same socket are answered.
    pub overlaps: bool,
    pub handle: for<'a> fn(&'a EventContext<'a>, Arguments) -> BoxFuture<'a, HandlerResult>,
}

/// What a handler takes: as axum's `FromRequest`, but of an event's arguments.
pub trait FromArguments: Sized {
    fn from_arguments(arguments: Arguments) -> chat::Result<Self>;
}

/// The arguments as they came, for handlers whose event has no object, or none at all.
impl FromArguments for Arguments {
    fn from_arguments(arguments: Arguments) -> chat::Result<Self> {
        Ok(arguments)
    }
}

/// A table of client events: `events! { "join_room" => on_join_room, "typing" => on_typing(true) }`.
///
/// A handler is an `async fn(&EventContext<'_>, impl FromArguments) -> HandlerResult`; what stands in
/// parentheses is its third argument. `#[overlaps]` before a row sets `ClientEvent::overlaps`.
#[macro_export]
macro_rules! events {
    (@overlaps) => { false };
    (@overlaps overlaps) => { true };
    ($($(#[$overlaps:ident])? $name:literal => $handler:ident $(($value:expr))?),+ $(,)?) => {
        &[$($crate::gateway::ClientEvent {
            name: $name,
            overlaps: $crate::events!(@overlaps $($overlaps)?),
            handle: |context, arguments| {
                Box::pin(async move {
                    let input = $crate::gateway::FromArguments::from_arguments(arguments)?;
                    $handler(context, input $(, $value)?).await
                })
            },
        }),+]
    };
}
