//! Codec: how messages between nodes are written.
//!
//! A packet is text: a header line with the version, the node and the number of the first message,
//! and a line of JSON for each message. A node numbers its messages, those included that it had to
//! drop, so that the receivers notice what they missed.

use super::{message::BusMessage, node_id::NodeId};
use crate::events::{ChangeSet, Delivery};
use model::{ConversationId, Event, ReceiptDetails};
use serde::{Deserialize, Serialize};
use std::{fmt::Write, sync::Arc};

/// Raised whenever a node cannot decode what another version writes. A packet of another version
/// counts as missed: the nodes find each other's changes in the database.
const VERSION: &str = "3";

/// First character of a line that only concerns the members of one conversation. Its id follows,
/// and a node without members of it skips the rest.
const MEMBERS_ONLY: char = '=';

/// First character of the line of any other change set.
const CHANGE_SET: char = ' ';

#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("the header or a prefix is malformed, or of another version")]
    Packet,
    #[error("the message is malformed, or of another version: {0}")]
    Message(#[from] serde_json::Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketHeader {
    pub node: NodeId,
    /// The number of the first message.
    pub number: u64,
}

/// A change set, with what the JSON of the public API leaves out of its events.
#[derive(Serialize, Deserialize)]
struct ChangeSetDto<D> {
    deliveries: D,
    /// The details of receipts, each with the index of its delivery.
    #[serde(rename = "moved", default, skip_serializing_if = "Vec::is_empty")]
    details: Vec<(usize, ReceiptDetails)>,
}

/// Writes a packet.
pub fn encode(header: PacketHeader, messages: &[BusMessage]) -> Result<String, serde_json::Error> {
    let mut packet = format!("{VERSION} {} {}", header.node, header.number);
    for message in messages {
        packet.push('\n');
        match message {
            BusMessage::ChangeSet(change_set) => encode_change_set(&mut packet, change_set)?,
            message => packet.push_str(&serde_json::to_string(message)?),
        }
    }
    Ok(packet)
}

fn encode_change_set(packet: &mut String, change_set: &ChangeSet) -> Result<(), serde_json::Error> {
    match change_set.members_only() {
        // Writing to a string cannot fail.
        Some(id) => drop(write!(packet, "{MEMBERS_ONLY}{id} ")),
        None => packet.push(CHANGE_SET),
    }
    let details = change_set.deliveries.iter().enumerate();
    let details = details.filter_map(|(index, it)| Some((index, receipt_details(it)?.clone())));
    packet.push_str(&serde_json::to_string(&ChangeSetDto {
        details: details.collect(),
        deliveries: change_set
            .deliveries
            .iter()
            .map(|it| &**it)
            .collect::<Vec<_>>(),
    })?);
    Ok(())
}

fn receipt_details(delivery: &Delivery) -> Option<&ReceiptDetails> {
    match delivery {
        Delivery::Emit {
            event: Event::ReceiptUpdated(receipt),
            ..
        } => receipt.details.as_ref(),
        _ => None,
    }
}

/// The header of a packet, and its messages, each still encoded.
pub fn decode_header(
    packet: &str,
) -> Result<(PacketHeader, impl Iterator<Item = &str>), DecodeError> {
    let mut lines = packet.split('\n');
    let mut header = lines.next().unwrap_or_default().split(' ');
    let (Some(VERSION), Some(node), Some(number)) = (header.next(), header.next(), header.next())
    else {
        return Err(DecodeError::Packet);
    };
    let header = node.parse().ok().zip(number.parse().ok());
    let (node, number) = header.ok_or(DecodeError::Packet)?;
    Ok((PacketHeader { node, number }, lines))
}

/// Decodes a message; `None` when it concerns only members of a conversation to which nobody on
/// this node is subscribed.
pub fn decode_message(
    line: &str,
    is_subscribed: impl FnOnce(ConversationId) -> bool,
) -> Result<Option<BusMessage>, DecodeError> {
    if let Some(rest) = line.strip_prefix(MEMBERS_ONLY) {
        let (id, json) = rest.split_once(' ').ok_or(DecodeError::Packet)?;
        let id = id.parse().map_err(|_| DecodeError::Packet)?;
        return if is_subscribed(id) {
            decode_change_set(json).map(Some)
        } else {
            Ok(None)
        };
    }
    match line.strip_prefix(CHANGE_SET) {
        Some(json) => decode_change_set(json).map(Some),
        None => Ok(Some(serde_json::from_str(line)?)),
    }
}

fn decode_change_set(json: &str) -> Result<BusMessage, DecodeError> {
    let mut dto: ChangeSetDto<Vec<Delivery>> = serde_json::from_str(json)?;
    for (index, details) in dto.details {
        if let Some(Delivery::Emit {
            event: Event::ReceiptUpdated(receipt),
            ..
        }) = dto.deliveries.get_mut(index)
        {
            receipt.details = Some(details);
        }
    }
    let change_set = ChangeSet::of(dto.deliveries);
    Ok(BusMessage::ChangeSet(Arc::new(change_set)))
}

#[cfg(test)]
mod tests {
    use super::{PacketHeader, decode_header, decode_message, encode};
    use crate::{
        cluster::{BusMessage, NodeId},
        events::{Audience, ChangeSet, Delivery},
    };
    use model::{ConversationId, Event, MessageId, Receipt, ReceiptDetails, UserId};
    use std::sync::Arc;
    use time::OffsetDateTime;

    const HEADER: PacketHeader = PacketHeader {
        node: NodeId(0xfeed),
        number: 7,
    };

    fn removed(id: i64, seq: i64) -> Delivery {
        let conversation_id = ConversationId(id);
        Delivery::to_conversation(
            conversation_id,
            Event::MemberRemoved {
                conversation_id,
                seq,
                user_id: UserId(4),
            },
        )
    }

    fn receipt() -> Delivery {
        let receipt = Receipt {
            conversation_id: ConversationId(1),
            user_id: UserId(4),
            read_position: 3,
            delivered_position: 3,
            details: Some(ReceiptDetails {
                at: OffsetDateTime::UNIX_EPOCH,
                from: 1,
                is_caught_up: true,
                read: vec![(MessageId(5), UserId(6))],
                delivered: Vec::new(),
            }),
        };
        Delivery::to_conversation(ConversationId(1), Event::ReceiptUpdated(receipt))
    }

    fn change_set(deliveries: Vec<Delivery>) -> BusMessage {
        BusMessage::ChangeSet(Arc::new(ChangeSet::of(deliveries)))
    }

    #[test]
    fn decodes_what_it_encodes() {
        let unsubscribe = Delivery::Unsubscribe {
            conversation_id: ConversationId(1),
            user_ids: vec![UserId(4)],
        };
        let typing = Delivery::Emit {
            audience: Audience::Users(vec![UserId(1)]),
            except: Some(UserId(2)),
            event: Event::Typing {
                conversation_id: ConversationId(1),
                user_id: UserId(2),
                typing: true,
                thread_id: None,
            },
        };
        let messages = [
            change_set(vec![unsubscribe, removed(1, 2)]),
            change_set(vec![removed(1, 3)]),
            change_set(vec![receipt()]),
            change_set(vec![typing, Delivery::DisconnectUser(UserId(9))]),
            BusMessage::Heartbeat,
            BusMessage::PresenceRequest(Some(NodeId(u64::MAX))),
            BusMessage::RateUsage(vec![(UserId(1), 3)]),
        ];
        let packet = encode(HEADER, &messages).unwrap();
        let (header, lines) = decode_header(&packet).unwrap();
        assert_eq!(header, HEADER);
        let decoded: Vec<_> = lines
            .map(|it| decode_message(it, |_| true).unwrap().unwrap())
            .collect();
        assert_eq!(decoded, messages);
    }

    #[test]
    fn skips_conversations_without_subscribers() {
        let messages = [change_set(vec![removed(1, 3)]), change_set(vec![receipt()])];
        let packet = encode(HEADER, &messages).unwrap();
        let lines: Vec<_> = decode_header(&packet).unwrap().1.collect();
        assert_eq!(
            decode_message(lines[0], |id| id == ConversationId(2)).unwrap(),
            None
        );
        assert_eq!(decode_message(lines[1], |_| false).unwrap(), None);
        assert!(decode_message(lines[1], |_| true).unwrap().is_some());
    }

    #[test]
    fn refuses_noise() {
        for packet in ["", "2", "1 feed 1", "2 nobody 1", "2 feed"] {
            assert!(decode_header(packet).is_err(), "{packet}");
        }
        for line in ["", "{}", "=", "=1 2 3", " ", " []", "\"Bark\""] {
            assert!(decode_message(line, |_| true).is_err(), "{line}");
        }
    }
}
