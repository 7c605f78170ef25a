//! Going to what was found.

use crate::{
    client::{ChatClient, spawn, use_client},
    erased_signal::ErasedSignal,
    error::AppError,
    finding::{Finding, use_finding},
    router::{Router, use_router},
    ui::{focus_first, once_built},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind, NewConversation, Problem, UserId};

/// A handle of what is needed; `Copy`.
#[derive(Clone, Copy)]
pub struct Jumps {
    pub client: ChatClient,
    pub finding: Finding,
    pub router: Router,
}

pub fn use_jumps() -> Jumps {
    Jumps {
        client: use_client(),
        finding: use_finding(),
        router: use_router(),
    }
}

impl Jumps {
    /// Opens a conversation, or the preview of a channel that the user has not joined.
    pub fn open_conversation(self, id: ConversationId) {
        self.finding.close_dialogs();
        self.router.navigate(&format!("/c/{id}"));
        // After the dialog has given the focus back to where it was.
        once_built(move || {
            if is_wide() {
                focus_first("#composer");
            }
        });
    }

    /// The direct conversation with somebody, if the page knows it.
    fn direct_with(self, user: UserId) -> Option<ConversationId> {
        self.client.store.with_untracked(|store| {
            let mut all = store.summaries().into_iter();
            let direct = all.find(|it| it.peer.as_ref().is_some_and(|peer| peer.id == user));
            direct.map(|summary| summary.conversation.id)
        })
    }

    /// Opens the direct conversation with somebody, which is created if there is none.
    pub fn open_direct(self, user: UserId, problem: ErasedSignal<Option<Problem>>) {
        if let Some(id) = self.direct_with(user) {
            self.open_conversation(id);
            return;
        }
        let new = NewConversation {
            kind: ConversationKind::Direct,
            member_ids: vec![user],
            title: None,
            description: None,
            private: false,
            client_id: None,
        };
        spawn(async move {
            match self.client.create_conversation(new).await {
                Ok(summary) => self.open_conversation(summary.conversation.id),
                Err(AppError(error)) => problem.set(Some(error)),
            }
        });
    }
}

/// Whether the sidebar and a conversation are beside each other: not on phones, where the focus would open a
/// keyboard over what was opened.
pub fn is_wide() -> bool {
    has_width("(min-width: 48rem)")
}

/// Whether the search panel is beside the conversation.
pub fn has_room_for_panel() -> bool {
    has_width("(min-width: 68rem)")
}

fn has_width(query: &str) -> bool {
    let list = window().match_media(query).ok().flatten();
    list.is_some_and(|list| list.matches())
}
