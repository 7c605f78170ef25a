//! A favorite: a conversation or a person that somebody keeps at hand.

use crate::{ConversationSummary, User};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged, rename_all_fields = "camelCase", try_from = "FavoriteFields")]
pub enum Favorite {
    Conversation {
        conversation: Box<ConversationSummary>,
    },
    User {
        user: User,
        /// What was said last in the direct conversation with them.
        last_message: Option<String>,
    },
}

/// A favorite as it is read: serde would buffer an untagged enum, in code as large as all the rest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FavoriteFields {
    conversation: Option<ConversationSummary>,
    user: Option<User>,
    last_message: Option<String>,
}

impl TryFrom<FavoriteFields> for Favorite {
    type Error = &'static str;

    fn try_from(fields: FavoriteFields) -> Result<Self, Self::Error> {
        match (fields.conversation, fields.user) {
            (Some(conversation), None) => Ok(Self::Conversation {
                conversation: Box::new(conversation),
            }),
            (None, Some(user)) => Ok(Self::User {
                user,
                last_message: fields.last_message,
            }),
            _ => Err("a favorite is a conversation or a user"),
        }
    }
}
