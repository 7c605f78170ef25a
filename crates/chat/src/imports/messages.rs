//! Importing messages.

use super::{
    batch::Batch,
    conversation_refs::{Conversations, NewDirect, pair_of},
    ids::{Table, assign_ids},
    known_messages::KnownMessages,
    message_check::CheckedMessage,
    message_plan::{NewRow, Places, Replies, change},
    outcome::Outcome,
    people::People,
    reads::Reads,
    records::{ConversationRef, Message},
};
use crate::Result;
use std::collections::HashSet;

/// A message that is there already, with its place.
struct KnownRow<'a> {
    message: CheckedMessage<'a>,
    conversation_id: i64,
    position: i64,
    has_changed: bool,
}

pub async fn import(batch: &mut Batch<'_>, rows: &[Message]) -> Result<Outcome> {
    let checked = batch.check_messages(rows);
    let named = checked.iter().flat_map(|it| {
        let pair = match &it.row.conversation {
            ConversationRef::Pair(one, other) => [Some(one), Some(other)],
            ConversationRef::Id(_) => [None, None],
        };
        let readers = it.row.read_by.iter().map(|it| &it.user);
        readers
            .chain(pair.into_iter().flatten())
            .chain(&it.row.receiver)
            .chain([&it.row.sender])
    });
    let people = batch.people(named).await?;
    let conversations = find_conversations(batch, &checked, &people).await?;
    let mut ids: Vec<_> = conversations.values().copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let mut places = Places::new(batch.lock(&ids).await?);
    let replies = checked.iter().filter_map(|it| it.row.reply_to.as_ref());
    let known = batch
        .known_messages(checked.iter().map(|it| &it.row.id).chain(replies))
        .await?;

    let (new, there) = split(batch, checked, &people, &conversations, &known, &mut places);
    let external: Vec<_> = new.iter().map(|it| &it.message.row.id).collect();
    let new_ids = assign_ids(batch.db, Table::Messages, &external).await?;
    let mut replies = Replies::default();
    replies.add_known(&known);
    for (row, id) in new.iter().zip(&new_ids) {
        replies.add(row, *id);
    }
    batch.insert_messages(&new, &new_ids, &replies).await?;
    batch.write_counters(&places).await?;
    let there = apply_changes(batch, there, &known, &replies).await?;
    note_lost_replies(batch, &new, &replies);
    let moved = write_reads(batch, &new, &there, &people).await?;

    batch.outcome.taken += new.len() as u64;
    for row in there {
        // Also whoever sent a new message has read those before it, which is no change of theirs.
        let is_read = !row.message.row.read_by.is_empty()
            && moved.contains(&(row.conversation_id, row.position));
        if row.has_changed || is_read {
            batch.outcome.updated += 1;
        } else {
            batch.outcome.unchanged += 1;
        }
    }
    Ok(std::mem::take(&mut batch.outcome))
}

/// The conversations of the messages. A pair without one gets it.
async fn find_conversations(
    batch: &mut Batch<'_>,
    messages: &[CheckedMessage<'_>],
    people: &People,
) -> Result<Conversations> {
    let refs = messages.iter().map(|it| &it.row.conversation);
    let mut found = batch.find_conversations(refs, people).await?;
    let mut seen = HashSet::new();
    let mut new = Vec::new();
    for message in messages {
        let of = &message.row.conversation;
        let ConversationRef::Pair(one, other) = of else {
            continue;
        };
        let pair = people.get(one).zip(people.get(other));
        let sender = people.get(&message.row.sender);
        if let (None, Some((one, other)), Some(sender)) = (found.get(of), pair, sender)
            && seen.insert(pair_of(*one, *other))
        {
            let (creator, other) = if sender == other {
                (*other, *one)
            } else {
                (*one, *other)
            };
            new.push(NewDirect {
                creator,
                other,
                created_at: message.row.created_at,
                external_id: None,
            });
        }
    }
    if !new.is_empty() {
        batch.insert_directs(&new).await?;
        let refs = messages.iter().map(|it| &it.row.conversation);
        found = batch.find_conversations(refs, people).await?;
    }
    Ok(found)
}

/// Messages that are new, and those that are there. What fits nowhere is left.
fn split<'a>(
    batch: &mut Batch<'_>,
    checked: Vec<CheckedMessage<'a>>,
    people: &People,
    conversations: &Conversations,
    known: &KnownMessages,
    places: &mut Places,
) -> (Vec<NewRow<'a>>, Vec<KnownRow<'a>>) {
    let (mut new, mut there) = (Vec::with_capacity(checked.len()), Vec::new());
    for message in checked {
        let row = message.row;
        let conversation_id = conversations.get(&row.conversation).copied();
        let sender_id = people.get(&row.sender).copied();
        let (Some(conversation_id), Some(sender_id)) = (conversation_id, sender_id) else {
            batch
                .outcome
                .leave(&row.id, "the conversation is not known");
            continue;
        };
        let receiver = row.receiver.as_ref().and_then(|it| people.get(it)).copied();
        let strangers = [
            (
                Some(sender_id),
                "its sender is not one of the two people of the conversation",
            ),
            (
                receiver,
                "its receiver is not one of the two people of the conversation",
            ),
        ];
        let stranger = strangers.into_iter().find(|(user_id, _)| {
            user_id.is_some_and(|it| !places.has_room_for(conversation_id, it))
        });
        if let Some((_, reason)) = stranger {
            batch.outcome.leave(&row.id, reason);
            continue;
        }
        match known.get(&row.id) {
            Some(known) if known.conversation_id == conversation_id => there.push(KnownRow {
                message,
                conversation_id,
                position: known.position,
                has_changed: false,
            }),
            Some(_) => batch
                .outcome
                .leave(&row.id, "the same id in another conversation"),
            None => match places.next(conversation_id) {
                Some((position, seq)) => new.push(NewRow {
                    message,
                    conversation_id,
                    sender_id,
                    position,
                    seq,
                }),
                None => batch
                    .outcome
                    .leave(&row.id, "the conversation is not known"),
            },
        }
    }
    (new, there)
}

async fn apply_changes<'a>(
    batch: &mut Batch<'_>,
    mut there: Vec<KnownRow<'a>>,
    known: &KnownMessages,
    replies: &Replies,
) -> Result<Vec<KnownRow<'a>>> {
    let mut changes = Vec::new();
    for row in &mut there {
        let known = known.get(&row.message.row.id);
        if let Some(change) = known.and_then(|it| change(it, &row.message, replies)) {
            row.has_changed = true;
            changes.push(change);
        }
    }
    batch.change_messages(&changes).await?;
    Ok(there)
}

fn note_lost_replies(batch: &mut Batch<'_>, new: &[NewRow<'_>], replies: &Replies) {
    for row in new {
        let reply = replies.find(&row.message, row.conversation_id);
        if row.message.row.reply_to.is_some() && reply.is_none() {
            let reason = "taken without its reply: that message is not in the conversation";
            batch.outcome.adjust(&row.message.row.id, reason);
        }
    }
}

/// Returns the places, of conversation and position, that somebody is now known to have read.
async fn write_reads(
    batch: &mut Batch<'_>,
    new: &[NewRow<'_>],
    there: &[KnownRow<'_>],
    people: &People,
) -> Result<HashSet<(i64, i64)>> {
    let senders = new.iter().map(|it| (it.conversation_id, it.sender_id));
    let mut reads = Reads::of_senders(batch, senders).await?;
    for row in new {
        let sender = (row.conversation_id, row.sender_id);
        reads.sent(sender, row.position);
        read_by(
            &mut reads,
            &row.message,
            row.conversation_id,
            row.position,
            people,
        );
    }
    for row in there {
        read_by(
            &mut reads,
            &row.message,
            row.conversation_id,
            row.position,
            people,
        );
    }
    Ok(reads.write(batch).await?.positions)
}

fn read_by(
    reads: &mut Reads,
    message: &CheckedMessage<'_>,
    conversation_id: i64,
    position: i64,
    people: &People,
) {
    for reader in message
        .row
        .read_by
        .iter()
        .filter(|it| it.user != message.row.sender)
    {
        if let Some(user_id) = people.get(&reader.user) {
            reads.read((conversation_id, *user_id), position, reader.at);
        }
    }
}
