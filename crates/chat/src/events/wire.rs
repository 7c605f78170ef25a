//! What nodes say to each other, as it travels: a line of text for each word, several to a letter.
//!
//! A letter begins with its version, its node and the number of its first word. Nodes count what
//! they say, what they had to drop included, so that the others know when they have missed something.

use super::{Delivery, Frame};
use crate::nodes::{NodeId, Word};
use model::{ConversationId, Event, ReceiptDetails};
use serde::{Deserialize, Serialize};
use std::{fmt::Write, sync::Arc};

/// Of letters that other versions can't read. Nodes of two versions find what they missed by sequence.
const VERSION: &str = "1";

/// The mark of a line that only those need read who hear its conversation.
const FOR_MEMBERS: &str = "=";

#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("a letter of another version, or of no node")]
    Letter,
    #[error("a word of another version: {0}")]
    Word(#[from] serde_json::Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub node: NodeId,
    /// The number of the first word.
    pub number: u64,
}

/// A frame, with what the public API does not show of its events.
#[derive(Serialize, Deserialize)]
struct Written<D> {
    deliveries: D,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    moved: Vec<(usize, ReceiptDetails)>,
}

pub fn write(header: Header, words: &[Word]) -> Result<String, serde_json::Error> {
    let mut letter = format!("{VERSION} {} {}", header.node, header.number);
    for word in words {
        letter.push('\n');
        match word {
            Word::Frame(frame) => write_frame(&mut letter, frame)?,
            word => letter.push_str(&serde_json::to_string(word)?),
        }
    }
    Ok(letter)
}

fn write_frame(letter: &mut String, frame: &Frame) -> Result<(), serde_json::Error> {
    match frame.for_members_of() {
        // Writing to a string can't fail.
        Some(id) => drop(write!(letter, "{FOR_MEMBERS}{id} ")),
        None => letter.push(' '),
    }
    let moved = frame.deliveries.iter().enumerate();
    let moved = moved.filter_map(|(nth, it)| Some((nth, moved_of(it)?.clone())));
    letter.push_str(&serde_json::to_string(&Written {
        moved: moved.collect(),
        deliveries: frame.deliveries.iter().map(|it| &**it).collect::<Vec<_>>(),
    })?);
    Ok(())
}

fn moved_of(delivery: &Delivery) -> Option<&ReceiptDetails> {
    match delivery {
        Delivery::Emit {
            event: Event::ReceiptUpdated(receipt),
            ..
        } => receipt.moved.as_ref(),
        _ => None,
    }
}

/// The header, and the lines after it.
pub fn open(letter: &str) -> Result<(Header, impl Iterator<Item = &str>), Unreadable> {
    let mut lines = letter.split('\n');
    let mut header = lines.next().unwrap_or_default().split(' ');
    let (Some(VERSION), Some(node), Some(number)) = (header.next(), header.next(), header.next())
    else {
        return Err(Unreadable::Letter);
    };
    let header = node.parse().ok().zip(number.parse().ok());
    let (node, number) = header.ok_or(Unreadable::Letter)?;
    Ok((Header { node, number }, lines))
}

/// Reads a word; nothing when nobody here would hear it.
pub fn read(
    line: &str,
    hears: impl FnOnce(ConversationId) -> bool,
) -> Result<Option<Word>, Unreadable> {
    if let Some(rest) = line.strip_prefix(FOR_MEMBERS) {
        let (id, frame) = rest.split_once(' ').ok_or(Unreadable::Letter)?;
        let id = id.parse().map_err(|_| Unreadable::Letter)?;
        return if hears(id) {
            read_frame(frame).map(Some)
        } else {
            Ok(None)
        };
    }
    match line.strip_prefix(' ') {
        Some(frame) => read_frame(frame).map(Some),
        None => Ok(Some(serde_json::from_str(line)?)),
    }
}

fn read_frame(json: &str) -> Result<Word, Unreadable> {
    let mut written: Written<Vec<Delivery>> = serde_json::from_str(json)?;
    for (nth, moved) in written.moved {
        if let Some(Delivery::Emit {
            event: Event::ReceiptUpdated(receipt),
            ..
        }) = written.deliveries.get_mut(nth)
        {
            receipt.moved = Some(moved);
        }
    }
    Ok(Word::Frame(Arc::new(Frame::of(written.deliveries))))
}

#[cfg(test)]
mod tests {
    use super::{Header, open, read, write};
    use crate::{
        Audience, Delivery,
        events::Frame,
        nodes::{NodeId, Word},
    };
    use model::{ConversationId, Event, MessageId, Receipt, ReceiptDetails, UserId};
    use std::sync::Arc;
    use time::OffsetDateTime;

    const HEADER: Header = Header {
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
            moved: Some(ReceiptDetails {
                at: OffsetDateTime::UNIX_EPOCH,
                from: 1,
                all: true,
                read: vec![(MessageId(5), UserId(6))],
                delivered: Vec::new(),
            }),
        };
        Delivery::to_conversation(ConversationId(1), Event::ReceiptUpdated(receipt))
    }

    fn frame(deliveries: Vec<Delivery>) -> Word {
        Word::Frame(Arc::new(Frame::of(deliveries)))
    }

    #[test]
    fn what_is_written_can_be_read() {
        let evict = Delivery::Unsubscribe {
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
            },
        };
        let words = [
            frame(vec![evict, removed(1, 2)]),
            frame(vec![removed(1, 3)]),
            frame(vec![receipt()]),
            frame(vec![typing, Delivery::DisconnectUser(UserId(9))]),
            Word::Beat,
            Word::Ask(Some(NodeId(u64::MAX))),
            Word::Spent(vec![(UserId(1), 3)]),
        ];
        let letter = write(HEADER, &words).unwrap();
        let (header, lines) = open(&letter).unwrap();
        assert_eq!(header, HEADER);
        let read: Vec<_> = lines
            .map(|it| read(it, |_| true).unwrap().unwrap())
            .collect();
        assert_eq!(read, words);
    }

    #[test]
    fn nobody_reads_what_nobody_hears() {
        let words = [frame(vec![removed(1, 3)]), frame(vec![receipt()])];
        let letter = write(HEADER, &words).unwrap();
        let lines: Vec<_> = open(&letter).unwrap().1.collect();
        assert_eq!(read(lines[0], |id| id == ConversationId(2)).unwrap(), None);
        assert_eq!(read(lines[1], |_| false).unwrap(), None);
        assert!(read(lines[1], |_| true).unwrap().is_some());
    }

    #[test]
    fn noise_is_refused() {
        for letter in ["", "1", "2 feed 1", "1 nobody 1", "1 feed"] {
            assert!(open(letter).is_err(), "{letter}");
        }
        for line in ["", "{}", "=", "=1 2 3", " ", " []", "\"Bark\""] {
            assert!(read(line, |_| true).is_err(), "{line}");
        }
    }
}
