//! Favorites: conversations and users that a user has marked.

use crate::{ConversationId, ConversationSummary, User};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged, rename_all_fields = "camelCase", try_from = "FavoriteFields")]
pub enum Favorite {
    #[cfg_attr(feature = "openapi", schema(title = "FavoriteConversation"))]
    Conversation {
        conversation: Box<ConversationSummary>,
    },
    #[cfg_attr(feature = "openapi", schema(title = "FavoriteUser"))]
    User {
        user: User,
        /// The body of the newest message in the direct conversation with this user.
        #[cfg_attr(feature = "openapi", schema(rename = "lastMessage", required))]
        last_message: Option<String>,
    },
}

impl Favorite {
    /// `None` for a user.
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Conversation { conversation } => Some(conversation.conversation.id),
            Self::User { .. } => None,
        }
    }
}

/// The fields of a favorite, for deserialising: serde buffers an untagged enum, which about doubles
/// the size of the deserialising code.
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
