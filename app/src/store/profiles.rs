//! Profiles: a changed name or avatar, wherever the store shows the user.

use super::{
    changes::Key, chat_store::ChatStore, conversation::ConversationState, timeline::Timeline,
};
use model::{Sender, User};
use std::sync::Arc;

impl ChatStore {
    pub(super) fn apply_profile(&mut self, profile: &Sender) {
        if update_user(&mut self.me.user, profile) {
            self.changes.add(Key::Me);
        }
        for conversation in self.conversations.values_mut() {
            conversation.apply_profile(profile);
            self.changes.append(&mut conversation.changes);
        }
    }
}

impl ConversationState {
    fn apply_profile(&mut self, profile: &Sender) {
        if let Some(peer) = &mut self.summary.peer
            && update_user(peer, profile)
        {
            self.changed(Key::Head);
            self.changes.add(Key::Titles);
        }
        if let Some(last) = &mut self.summary.last_message
            && last.sender.id == profile.id
        {
            last.sender.clone_from(profile);
            self.changed(Key::Head);
        }
        if let Some(member) = self.members.as_mut().and_then(|it| it.get_mut(&profile.id)) {
            update_user(&mut member.user, profile);
            self.changed(Key::Members);
        }
        let lanes = self.threads.values_mut().map(|thread| &mut thread.lane);
        let timelines = lanes
            .chain([&mut self.main])
            .filter_map(|lane| lane.timeline.as_mut());
        for message in timelines.flat_map(Timeline::messages_mut) {
            let quoted = message.reply_to.as_ref().map(|reply| reply.sender.id);
            if message.sender.id != profile.id && quoted != Some(profile.id) {
                continue;
            }
            let message = Arc::make_mut(message);
            self.changes.add(Key::Message(message.id));
            if message.sender.id == profile.id {
                message.sender.clone_from(profile);
            }
            if let Some(reply) = &mut message.reply_to
                && reply.sender.id == profile.id
            {
                reply.sender.clone_from(profile);
            }
        }
    }
}

/// Whether it is their profile.
fn update_user(user: &mut User, profile: &Sender) -> bool {
    let is_theirs = user.id == profile.id;
    if is_theirs {
        user.username.clone_from(&profile.username);
        user.name.clone_from(&profile.name);
        user.avatar_url.clone_from(&profile.avatar_url);
    }
    is_theirs
}
