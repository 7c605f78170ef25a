//! Disjoint advances: how far one member has come in one conversation, in pieces that do not adjoin.
//!
//! Advances are committed one after another, and each begins where the one before it ended. Their tasks
//! go on in any order, so that the advance from 5 to 8 may come before that from 0 to 5, or after a flush
//! that had what is on both sides of it. One range over pieces that do not adjoin would name the messages
//! between them a second time.

use super::{coalesce::Coalesced, position_advance::PositionAdvance};
use model::{ConversationId, UserId};

/// Pieces of one member that wait at a time. Beyond them the two lowest become one, with what is between
/// them: more tasks of one member would have to be late at once, and some ticks are then told twice.
const MAX_PIECES: usize = 64;

/// In ascending order, and no two of them adjoin.
pub struct DisjointAdvances(Vec<PositionAdvance>);

impl From<PositionAdvance> for DisjointAdvances {
    fn from(advance: PositionAdvance) -> Self {
        Self(vec![advance])
    }
}

impl DisjointAdvances {
    pub fn into_advances(self) -> impl Iterator<Item = PositionAdvance> {
        self.0.into_iter()
    }

    fn add(&mut self, advance: PositionAdvance) {
        let mut whole = advance;
        self.0.retain(|piece| {
            let joined = piece
                .followed_by(&whole)
                .or_else(|| whole.followed_by(piece));
            let is_apart = joined.is_none();
            whole = joined.unwrap_or(whole);
            is_apart
        });
        let place = self.0.partition_point(|piece| piece.is_below(&whole));
        self.0.insert(place, whole);
        if self.0.len() > MAX_PIECES {
            let lowest = self.0.remove(0);
            self.0[0] = lowest.through(&self.0[0]);
        }
    }
}

impl Coalesced for DisjointAdvances {
    type Key = (ConversationId, UserId);

    fn merge(mut self, other: Self) -> Self {
        for advance in other.0 {
            self.add(advance);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{DisjointAdvances, MAX_PIECES};
    use crate::receipts::{Advance, Coalesced, PositionAdvance};
    use model::{ConversationId, UserId};
    use time::{Duration, OffsetDateTime};

    /// The advance between two states of a member, which are the read and the delivered position.
    fn advance(from: (i64, i64), to: (i64, i64)) -> PositionAdvance {
        PositionAdvance {
            conversation_id: ConversationId(7),
            user_id: UserId(3),
            read: Advance {
                before: from.0,
                after: to.0,
            },
            delivered: Advance {
                before: from.1,
                after: to.1,
            },
            is_caught_up: to.0 == 20,
            at: OffsetDateTime::UNIX_EPOCH + Duration::seconds(to.0 + to.1),
            implied_by_send: false,
        }
    }

    fn read(from: i64, to: i64) -> PositionAdvance {
        advance((from, from), (to, to))
    }

    fn merged(advances: impl IntoIterator<Item = PositionAdvance>) -> Vec<PositionAdvance> {
        let each = advances.into_iter().map(DisjointAdvances::from);
        let merged = each.reduce(Coalesced::merge);
        merged.map_or(Vec::new(), |it| it.into_advances().collect())
    }

    fn ranges(advances: &[PositionAdvance]) -> Vec<(i64, i64)> {
        let ranges = advances.iter().map(|it| (it.read.before, it.read.after));
        ranges.collect()
    }

    /// Every order of 0..count.
    fn orders(count: usize) -> Vec<Vec<usize>> {
        let Some(last) = count.checked_sub(1) else {
            return vec![Vec::new()];
        };
        let insert = |order: Vec<usize>| {
            (0..count).map(move |place| {
                let mut order = order.clone();
                order.insert(place, last);
                order
            })
        };
        orders(last).into_iter().flat_map(insert).collect()
    }

    /// Whatever the order in which they come and wherever a flush is between them, each position is told once.
    #[test]
    fn in_every_order_each_message_is_named_once() {
        // Some only deliver, some only read what was delivered, some do both.
        let states = [(0, 0), (0, 3), (2, 3), (3, 3), (9, 9), (20, 20)];
        let all: Vec<_> = states
            .windows(2)
            .map(|pair| advance(pair[0], pair[1]))
            .collect();
        for order in orders(all.len()) {
            for flushed_after in 0..=all.len() {
                let (first, rest) = order.split_at(flushed_after);
                let told = [first, rest].map(|part| merged(part.iter().map(|it| all[*it])));
                let told = told.concat();
                for of in [
                    |it: &PositionAdvance| it.read,
                    |it: &PositionAdvance| it.delivered,
                ] {
                    let mut positions: Vec<_> = told
                        .iter()
                        .flat_map(|it| of(it).before + 1..=of(it).after)
                        .collect();
                    positions.sort_unstable();
                    assert!(positions.into_iter().eq(1..=20), "{order:?}");
                }
            }
            let [whole] = merged(order.iter().map(|it| all[*it]))[..] else {
                panic!("what adjoins is one: {order:?}");
            };
            assert_eq!((whole.read.before, whole.read.after), (0, 20));
            assert!(whole.is_caught_up, "as after the last: {order:?}");
            assert_eq!(whole.at, all[4].at);
        }
    }

    #[test]
    fn what_does_not_adjoin_stays_apart_and_in_order() {
        let apart = merged([read(8, 12), read(0, 5), read(15, 20)]);
        assert_eq!(ranges(&apart), [(0, 5), (8, 12), (15, 20)]);
        assert_eq!(
            apart.iter().map(|it| it.is_caught_up).collect::<Vec<_>>(),
            [false, false, true]
        );
        // The one between joins both of its sides.
        let whole = merged([read(8, 12), read(0, 5), read(5, 8)]);
        assert_eq!(ranges(&whole), [(0, 12)]);
        // The positions fit, but something was delivered in between.
        let delivered = merged([advance((0, 0), (5, 5)), advance((5, 9), (8, 9))]);
        assert_eq!(ranges(&delivered), [(0, 5), (5, 8)]);
    }

    #[test]
    fn an_advance_is_implied_only_if_all_of_it_is() {
        let implied = PositionAdvance {
            implied_by_send: true,
            ..read(5, 8)
        };
        for (all, is_implied) in [
            ([read(0, 5), implied], false),
            ([implied, read(0, 5)], false),
        ] {
            assert_eq!(merged(all)[0].implied_by_send, is_implied);
        }
        assert!(merged([implied])[0].implied_by_send);
    }

    #[test]
    fn there_are_never_more_pieces_than_the_limit_and_the_highest_stay() {
        let count = i64::try_from(MAX_PIECES).unwrap();
        let pieces = merged((0..=count).rev().map(|it| read(3 * it, 3 * it + 1)));
        assert_eq!(pieces.len(), MAX_PIECES);
        let ranges = ranges(&pieces);
        assert_eq!(ranges[..2], [(0, 4), (6, 7)]);
        assert_eq!(ranges.last(), Some(&(3 * count, 3 * count + 1)));
    }
}
