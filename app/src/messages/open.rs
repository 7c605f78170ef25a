//! What the reader is doing with the messages of the open conversation.

use crate::{live::Live, live::spawn, signals::Var};
use leptos::prelude::*;
use model::{ConversationId, Message, MessageId, Reply};
use std::{sync::Arc, time::Duration};

/// How long a message stays marked after a jump to it.
const MARKED: Duration = Duration::from_secs(2);

#[derive(Clone, Copy)]
pub struct OpenMessages {
    pub live: Live,
    pub id: ConversationId,
    /// Where the divider stands: how far the reader had read when they came.
    pub unread_after: Var<Option<i64>>,
    /// The message that shows what can be done with it.
    pub active: Var<Option<MessageId>>,
    /// The message whose reactions are being picked.
    pub picking: Var<Option<MessageId>>,
    pub replying: Var<Option<Reply>>,
    pub editing: Var<Option<MessageId>>,
    pub deleting: Var<Option<MessageId>>,
    /// The message whose earlier wordings are shown.
    pub history: Var<Option<MessageId>>,
    /// The message that was jumped to.
    pub marked: Var<Option<MessageId>>,
    /// Leads to the newest message.
    pub newest: Var<()>,
}

impl OpenMessages {
    pub fn new(live: Live, id: ConversationId) -> Self {
        let unread_after = live.store.with_untracked(|store| {
            let head = store.head(id)?;
            (head.unread > 0).then_some(head.read_position)
        });
        Self {
            live,
            id,
            unread_after: Var::new(unread_after),
            active: Var::new(None),
            picking: Var::new(None),
            replying: Var::new(None),
            editing: Var::new(None),
            deleting: Var::new(None),
            history: Var::new(None),
            marked: Var::new(None),
            newest: Var::new(()),
        }
    }

    pub fn message(self, id: MessageId) -> Option<Arc<Message>> {
        self.live
            .store
            .with_untracked(|store| store.message(self.id, id).cloned())
    }

    pub fn reply_to(self, message: &Message) {
        self.editing.set(None);
        self.replying.set(Some(Reply {
            id: message.id,
            position: message.position,
            sender: message.sender.clone(),
            body: message.body.clone(),
            deleted_at: None,
        }));
        crate::shortcuts::focus("#composer");
    }

    pub fn edit(self, id: MessageId) {
        self.replying.set(None);
        self.editing.set(Some(id));
    }

    pub fn stop_editing(self) {
        self.editing.set(None);
        crate::shortcuts::focus("#composer");
    }

    pub fn react(self, message: &Message, emoji: String) {
        let me = self.live.store.with_untracked(|store| store.me.user.id);
        let is_mine = message
            .reactions
            .iter()
            .any(|reaction| reaction.emoji == emoji && reaction.user_ids.contains(&me));
        let (live, id) = (self.live, message.id);
        self.stop_picking(id);
        // A failure is told by the connection's banner; the reaction just does not appear.
        spawn(async move { drop(live.react(id, emoji, !is_mine).await) });
    }

    /// Back to the message: what had the focus goes away.
    pub fn stop_picking(self, id: MessageId) {
        self.picking.set(None);
        crate::shortcuts::focus(&format!("#m-{id}"));
    }

    /// Shows a message, wherever it is.
    pub fn jump_to(self, id: MessageId, position: i64) {
        spawn(async move {
            if self.message(id).is_none() && self.live.load_around(self.id, position).await.is_err()
            {
                return;
            }
            // Its row is there in the next frame.
            request_animation_frame(move || {
                if let Some(row) = document().get_element_by_id(&format!("m-{id}")) {
                    row.scroll_into_view();
                }
            });
            self.marked.set(Some(id));
            let unmark = move || {
                self.marked.set(None);
            };
            set_timeout(unmark, MARKED);
        });
    }
}

pub fn use_open() -> OpenMessages {
    expect_context()
}
