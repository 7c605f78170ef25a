//! A timeline: a part of a conversation's messages without a hole in it.

use model::Message;
use std::{collections::BTreeMap, sync::Arc};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    messages: BTreeMap<i64, Arc<Message>>,
}
