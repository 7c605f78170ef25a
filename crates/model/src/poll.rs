//! Polls: messages that ask something, and the votes of those who answer.

use crate::{ConversationId, MessageId};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use time::OffsetDateTime;

/// When the numbers of votes are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum PollResults {
    /// At once, to everybody who sees the message.
    #[default]
    Always,
    /// To those who have voted, and to everybody once the poll is closed.
    AfterVote,
}

/// What a message asks: its body is the question. The same for everybody; what the caller has voted, and the numbers
/// that only voters see, are a `PollVote`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    /// 2 to 20. A vote names them by their places, from 1.
    pub options: Vec<PollOption>,
    /// How many of them a vote may have.
    pub max_choices: i16,
    /// Whether nobody is told who has voted what. Who reads the numbers again and again may guess it.
    pub anonymous: bool,
    pub results: PollResults,
    /// When it closes by itself.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub closes_at: Option<OffsetDateTime>,
    /// When it was closed; nothing changes after that.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub closed_at: Option<OffsetDateTime>,
    /// How many people have voted.
    pub voter_count: i64,
    /// Grows with each vote that is made, changed or taken back, and with the end: of two states of a poll, the one
    /// with the higher number is newer.
    pub revision: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PollOption {
    pub text: String,
    /// How many have chosen it; null where that is not shown yet.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub votes: Option<i64>,
}

/// A poll to be sent. A field that it does not know is refused: one that is misspelt would make another poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"options": ["Monday", "Tuesday"], "maxChoices": 2})))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPoll {
    /// 2 to 20 different lines of plain text, of 1 to 200 characters each.
    #[cfg_attr(feature = "openapi", schema(min_items = 2, max_items = 20))]
    pub options: Vec<String>,
    /// How many of them a vote may have: 1 by default, at most all.
    #[serde(default = "one")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 20))]
    pub max_choices: i16,
    /// Whether nobody shall be told who has voted what.
    #[serde(default)]
    pub anonymous: bool,
    #[serde(default)]
    pub results: PollResults,
    /// When it closes by itself: 30 seconds to 366 days from now. Without it, somebody closes it.
    #[serde(
        with = "crate::timestamp::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub closes_at: Option<OffsetDateTime>,
}

const fn one() -> i16 {
    1
}

/// The caller's own vote, which only they see, and the poll with the results that they may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PollVote {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// The places of the options that are chosen, ascending. Empty without a vote, or once it was taken back.
    pub options: Vec<i16>,
    pub poll: Poll,
    /// The number of its last change in the user's personal sequence: of two states, the one with the higher number is
    /// newer. 0 where there has never been a vote.
    pub seq: i64,
}

/// What is chosen by a vote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"options": [2]})))]
#[serde(rename_all = "camelCase")]
pub struct NewVote {
    /// The places of the options, from 1, in any order: at least one, and at most `maxChoices`.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 20))]
    pub options: Vec<i16>,
}

impl Poll {
    /// As it is when it is sent.
    pub fn new(new: &NewPoll) -> Self {
        let votes = (new.results == PollResults::Always).then_some(0);
        let options = new.options.iter().map(|text| PollOption {
            text: text.clone(),
            votes,
        });
        Self {
            options: options.collect(),
            max_choices: new.max_choices,
            anonymous: new.anonymous,
            results: new.results,
            closes_at: new.closes_at,
            closed_at: None,
            voter_count: 0,
            revision: 0,
        }
    }

    /// Whether it was sent as this one, whose times are as they are stored.
    pub fn is_of(&self, new: &NewPoll) -> bool {
        let options = self.options.iter().map(|it| &it.text);
        options.eq(&new.options)
            && (self.max_choices, self.anonymous, self.results)
                == (new.max_choices, new.anonymous, new.results)
            && self.closes_at == new.closes_at
    }

    /// The option of this place, from 1.
    pub fn option(&self, place: i16) -> Option<&PollOption> {
        self.options
            .get(usize::try_from(place).ok()?.checked_sub(1)?)
    }

    /// The texts of the options of these places.
    pub fn texts(&self, places: &[i16]) -> Vec<&str> {
        let options = places.iter().filter_map(|it| self.option(*it));
        options.map(|it| it.text.as_str()).collect()
    }

    /// The options as lines of plain text, below the question.
    pub fn lines(&self) -> String {
        option_lines(self.options.iter().map(|it| it.text.as_str()))
    }

    /// The same with the numbers of votes, where they are shown.
    pub fn lines_with_votes(&self) -> String {
        let options = self.options.iter().map(|it| match it.votes {
            None => it.text.clone(),
            Some(votes) => format!("{} ({votes})", it.text),
        });
        let options: Vec<_> = options.collect();
        option_lines(options.iter().map(String::as_str))
    }
}

/// The options of a poll as lines of plain text, for those who know texts only: a line break before each.
pub fn option_lines<'a>(options: impl Iterator<Item = &'a str>) -> String {
    let mut lines = String::new();
    for (number, option) in (1_usize..).zip(options) {
        // Writing to a string cannot fail.
        let _ = write!(lines, "\n{number}. {option}");
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{NewPoll, Poll, PollResults};
    use time::OffsetDateTime;

    #[test]
    fn a_poll_is_read_with_defaults_and_shown_as_text() {
        let new: NewPoll = serde_json::from_str(r#"{"options": ["Tea", "Coffee"]}"#).unwrap();
        assert_eq!((new.max_choices, new.anonymous), (1, false));
        let poll = Poll::new(&new);
        assert!(poll.is_of(&new));
        assert_eq!(poll.options[0].votes, Some(0));
        assert_eq!(poll.lines(), "\n1. Tea\n2. Coffee");
        assert_eq!(poll.lines_with_votes(), "\n1. Tea (0)\n2. Coffee (0)");
        let hidden = NewPoll {
            results: PollResults::AfterVote,
            ..new.clone()
        };
        assert_eq!(Poll::new(&hidden).options[1].votes, None);
        assert!(!poll.is_of(&hidden));
        let ends = NewPoll {
            closes_at: Some(OffsetDateTime::UNIX_EPOCH),
            ..new
        };
        assert!(!poll.is_of(&ends) && Poll::new(&ends).is_of(&ends));
        // One that is misspelt is none of its fields.
        let misspelt = r#"{"options": ["Tea", "Coffee"], "max_choices": 2}"#;
        assert!(serde_json::from_str::<NewPoll>(misspelt).is_err());
    }
}
