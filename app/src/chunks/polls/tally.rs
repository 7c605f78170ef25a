//! What a ballot shows: the poll as the conversation was told of it, the user's own vote, and what is chosen here.

use model::{Poll, PollVote};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// With what is chosen here.
    pub poll: Poll,
    /// The places of the options that are chosen, ascending.
    pub chosen: Vec<i16>,
    /// Whether the numbers are older than the poll, because only voters are told them.
    pub is_stale: bool,
}

/// `own` is `None` until it is known.
pub fn tally(told: &Poll, own: Option<&PollVote>, pending: Option<&[i16]>) -> Tally {
    let voted = own.map_or(&[] as &[i16], |it| it.options.as_slice());
    let newest = own.map(|it| &it.poll);
    let newest = newest.filter(|it| it.revision >= told.revision);
    let mut poll = newest.unwrap_or(told).clone();
    // The numbers that the conversation is not told.
    let known = own.filter(|it| shows_numbers(&it.poll) && !shows_numbers(told));
    let is_stale = known.is_some_and(|it| it.poll.revision < told.revision);
    if let Some(own) = known {
        poll.options.clone_from(&own.poll.options);
    }
    // A choice that comes too late does not count.
    let chosen = pending.filter(|_| poll.closed_at.is_none());
    let chosen = chosen.unwrap_or(voted);
    for (number, option) in (1..).zip(&mut poll.options) {
        let by = i64::from(chosen.contains(&number)) - i64::from(voted.contains(&number));
        option.votes = option.votes.map(|votes| (votes + by).max(0));
    }
    let by = i64::from(!chosen.is_empty()) - i64::from(!voted.is_empty());
    poll.voter_count = (poll.voter_count + by).max(0);
    Tally {
        chosen: chosen.to_vec(),
        poll,
        is_stale,
    }
}

pub fn shows_numbers(poll: &Poll) -> bool {
    poll.options.iter().all(|it| it.votes.is_some())
}

/// The percentage of those who have voted, rounded.
const fn share(votes: i64, people: i64) -> i64 {
    if people <= 0 {
        return 0;
    }
    let share = (votes * 200 + people) / (people * 2);
    if share > 100 { 100 } else { share }
}

impl Tally {
    pub const fn is_open(&self) -> bool {
        self.poll.closed_at.is_none()
    }

    /// The votes for an option, and their percentage, where they are shown.
    pub fn result(&self, number: i16) -> Option<(i64, i64)> {
        let votes = self.poll.option(number)?.votes?;
        Some((votes, share(votes, self.poll.voter_count)))
    }

    /// What is chosen once an option is pressed.
    pub fn choice(&self, number: i16, on: bool) -> Vec<i16> {
        if self.poll.max_choices == 1 {
            return if on { vec![number] } else { Vec::new() };
        }
        let mut chosen = self.chosen.clone();
        chosen.retain(|it| *it != number);
        if on {
            chosen.push(number);
            chosen.sort_unstable();
        }
        chosen
    }

    /// Whether no other option may be chosen.
    pub fn is_full(&self) -> bool {
        let max = usize::try_from(self.poll.max_choices).unwrap_or_default();
        max > 1 && self.chosen.len() >= max
    }

    /// The options that most have chosen, and how many.
    pub fn winners(&self) -> Option<(Vec<&str>, i64)> {
        let options = self.poll.options.iter();
        let max = options.filter_map(|it| it.votes).max()?;
        let winners = self.poll.options.iter();
        let winners = winners.filter(|it| it.votes == Some(max));
        (max > 0).then(|| (winners.map(|it| it.text.as_str()).collect(), max))
    }
}

#[cfg(test)]
mod tests {
    use super::{share, tally};
    use model::{ConversationId, MessageId, NewPoll, Poll, PollResults, PollVote};

    fn poll(results: PollResults, votes: [Option<i64>; 3], revision: i64) -> Poll {
        let mut poll = Poll::new(&NewPoll {
            options: ["Tea", "Coffee", "Water"].map(str::to_owned).to_vec(),
            max_choices: 2,
            anonymous: false,
            results,
            closes_at: None,
        });
        for (option, votes) in poll.options.iter_mut().zip(votes) {
            option.votes = votes;
        }
        poll.voter_count = 3;
        poll.revision = revision;
        poll
    }

    fn own(poll: Poll, options: &[i16]) -> PollVote {
        PollVote {
            message_id: MessageId(7),
            conversation_id: ConversationId(3),
            options: options.to_vec(),
            poll,
            seq: 1,
        }
    }

    #[test]
    fn a_choice_counts_at_once_in_the_place_of_the_vote_before() {
        let told = poll(PollResults::Always, [Some(2), Some(1), Some(0)], 4);
        let mine = own(told.clone(), &[1]);
        let now = tally(&told, Some(&mine), Some(&[2, 3]));
        let votes: Vec<_> = now.poll.options.iter().map(|it| it.votes).collect();
        assert_eq!(votes, [Some(1), Some(2), Some(1)]);
        assert_eq!((now.poll.voter_count, now.is_full()), (3, true));
        assert_eq!(now.result(2), Some((2, 67)));
        assert_eq!(now.choice(2, false), [3]);
        let taken_back = tally(&told, Some(&mine), Some(&[]));
        assert_eq!(taken_back.poll.voter_count, 2);
        let first = tally(&told, None, Some(&[3]));
        assert_eq!((first.poll.voter_count, first.chosen), (4, vec![3]));
    }

    #[test]
    fn the_newer_state_is_shown() {
        let old = poll(PollResults::Always, [Some(1), Some(0), Some(0)], 3);
        let new = poll(PollResults::Always, [Some(2), Some(1), Some(0)], 4);
        for (told, mine) in [(&old, &new), (&new, &old)] {
            let mine = own(mine.clone(), &[1]);
            assert_eq!(tally(told, Some(&mine), None).poll, new);
        }
    }

    #[test]
    fn numbers_that_only_voters_see_come_with_the_own_vote() {
        let told = poll(PollResults::AfterVote, [None; 3], 5);
        assert_eq!(tally(&told, None, None).result(1), None);
        let known = poll(PollResults::AfterVote, [Some(2), Some(1), Some(0)], 4);
        let now = tally(&told, Some(&own(known, &[1])), None);
        assert_eq!((now.result(1), now.is_stale), (Some((2, 67)), true));
        assert_eq!(now.poll.revision, 5);
        let mut closed = poll(PollResults::AfterVote, [Some(1), Some(1), Some(1)], 6);
        closed.closed_at = Some(time::OffsetDateTime::UNIX_EPOCH);
        let late = own(
            poll(PollResults::AfterVote, [Some(2), Some(1), Some(0)], 4),
            &[1],
        );
        let end = tally(&closed, Some(&late), None);
        assert_eq!((end.poll.clone(), end.is_open()), (closed, false));
        assert_eq!(end.winners(), Some((vec!["Tea", "Coffee", "Water"], 1)));
    }

    #[test]
    fn shares_are_of_those_who_have_voted() {
        for (votes, voters, expected) in
            [(0, 0, 0), (1, 3, 33), (2, 3, 67), (1, 8, 13), (5, 4, 100)]
        {
            assert_eq!(share(votes, voters), expected, "{votes} of {voters}");
        }
    }
}
