//! What routes ask of a caller.

use model::Scope;

/// What an operation asks of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the operation has no caller.
    Nobody,
    /// Somebody who has signed in. No token for programs is taken.
    Person,
    /// A scope of a token; and of one that is limited to conversations, that the operation is about one of them.
    Token(Scope, About),
}

/// What an operation is about, for tokens that are limited to conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// More than one conversation, or none: limited tokens are refused.
    All,
    /// The conversation whose id is in the path.
    Conversation,
    /// The message, or the thread, whose id is in the path.
    Message,
    /// The user, or a file that the user uploads.
    Own,
}
