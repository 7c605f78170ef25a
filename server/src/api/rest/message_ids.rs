//! The ids of several messages in a query.

use chat::Error;
use model::MessageId;
use serde::Deserialize;
use utoipa::IntoParams;

/// Characters of 100 ids, of which the longest have 19 digits.
const MAX_IDS_LENGTH: usize = 1999;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct MessageIdsQuery {
    /// 1 to 100 ids, separated by commas.
    #[param(example = "12,13", max_length = 1999)]
    message_ids: String,
}

impl MessageIdsQuery {
    pub fn ids(&self) -> chat::Result<Vec<MessageId>> {
        if self.message_ids.len() > MAX_IDS_LENGTH {
            return Err(Error::invalid("messageIds", "must be 1 to 100"));
        }
        let ids = self.message_ids.split(',').map(str::parse);
        ids.collect::<std::result::Result<_, _>>()
            .map_err(|_| Error::invalid("messageIds", "must be ids, separated by commas"))
    }
}
