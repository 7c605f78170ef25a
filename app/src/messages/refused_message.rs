//! What the choices of a refused message need.

/// A message of the outbox that the server has refused, and why.
#[derive(Clone)]
pub struct RefusedMessage {
    pub client_id: String,
    pub detail: String,
    pub has_quote: bool,
}
