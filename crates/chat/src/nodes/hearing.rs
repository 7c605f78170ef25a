//! What the other nodes say, word by word.

use super::{NodeId, Nodes, Word, lock};
use crate::{
    Chat, Delivery,
    events::{
        sequence::Source,
        wire::{self, Unreadable},
    },
};
use model::{Event, UserId};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Instant,
};

impl Chat {
    pub(crate) fn hear(&self, letter: &str) {
        let Some(nodes) = self.0.events.nodes() else {
            return;
        };
        if let Err(error) = self.hear_letter(nodes, letter) {
            tracing::debug!(%error, "a letter of another node can't be read");
            metrics::counter!("parlance_bus_missed_total").increment(1);
            nodes.doubt();
        }
    }

    fn hear_letter(&self, nodes: &Arc<Nodes>, letter: &str) -> Result<(), Unreadable> {
        let (header, lines) = wire::open(letter)?;
        if header.node == nodes.id {
            *lock(&nodes.echo) = Instant::now();
            return Ok(());
        }
        let lines: Vec<_> = lines.collect();
        let greeting = lock(&nodes.peers).hear(header, lines.len() as u64, Instant::now());
        if greeting.is_new {
            tracing::info!(node = %header.node, "another node is there");
            nodes.introduce();
        }
        if greeting.has_missed {
            metrics::counter!("parlance_bus_missed_total").increment(1);
            nodes.doubt();
        }
        if greeting.is_new || greeting.has_missed {
            nodes.say(Word::Ask(Some(header.node)));
        }
        metrics::counter!("parlance_bus_received_total").increment(lines.len() as u64);
        for line in lines {
            let word = wire::read(line, |id| lock(&nodes.sequencer).hears(id))?;
            if let Some(word) = word {
                self.hear_word(nodes, header.node, word);
            }
        }
        Ok(())
    }

    fn hear_word(&self, nodes: &Arc<Nodes>, node: NodeId, word: Word) {
        match word {
            Word::Frame(frame) => {
                self.note_announced(&frame);
                let frame = Arc::unwrap_or_clone(frame);
                nodes.accept(frame, Source { node, here: false });
            }
            Word::Beat => {}
            Word::Ask(whom) => {
                if whom.is_none_or(|id| id == nodes.id) {
                    nodes.introduce();
                }
            }
            Word::People(people) => {
                self.0.presence.replace(node, people);
                self.tell_presence_soon();
            }
            Word::Came(user_id, choice) => {
                self.0.presence.came(node, user_id, choice);
                self.tell_presence_soon();
            }
            Word::Left { user_id, last } => {
                self.0.presence.left(node, user_id, last);
                self.tell_presence_soon();
            }
            Word::Chose(user_id, choice) => {
                self.0.presence.choose(user_id, choice, None);
                self.tell_presence_soon();
            }
            Word::Typing {
                conversation_id,
                user_id,
                typing,
            } => self.hear_typing(conversation_id, user_id, typing),
            Word::Spent(spent) => self.0.limits.charge(&spent),
            Word::ContactChanged(user_id) => self.forget_contact(user_id),
            Word::Leaving => {
                tracing::info!(%node, "another node has left");
                lock(&nodes.peers).forget(node);
                nodes.doubt();
                self.forget_people_of(node);
            }
        }
    }

    fn forget_contact(&self, user_id: UserId) {
        let chat = self.clone();
        tokio::spawn(async move { chat.0.user_cards.invalidate(&user_id).await });
    }

    /// Its people come back elsewhere, unless they were going anyway.
    fn forget_people_of(&self, node: NodeId) {
        let chat = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(crate::presence::GRACE).await;
            let nodes = chat.0.events.nodes();
            if nodes.is_some_and(|it| !lock(&it.peers).knows(node)) {
                chat.0.presence.forget_node(node);
                chat.tell_presence_soon();
            }
        });
    }

    /// Who is connected here hears an announcement of another node, and so has been told.
    fn note_announced(&self, frame: &crate::events::Frame) {
        for delivery in &frame.deliveries {
            let Delivery::Emit {
                event: Event::AnnouncementMade(announcement),
                ..
            } = &**delivery
            else {
                continue;
            };
            let (chat, id) = (self.clone(), announcement.id);
            tokio::spawn(async move {
                let told = chat.0.presence.connected();
                if let Err(error) = chat.mark_all_announced(&told, id).await {
                    tracing::warn!(%id, ?error, "an announcement will be told again");
                }
            });
        }
    }
}

impl Nodes {
    /// Says who is connected here, when somebody has asked.
    pub(super) fn introduce_if_asked(&self, chat: &Chat) {
        if self.introduce.swap(false, Relaxed) && !self.leaving.load(Relaxed) {
            let presence = &chat.0.presence;
            presence.introduce(|people| self.say(Word::People(people)));
        }
    }
}
