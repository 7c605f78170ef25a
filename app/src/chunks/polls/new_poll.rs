//! What is written in the form of a new poll. Without a browser, for native tests.

use model::{ConversationId, MessageId, NewMessage, NewPoll, PollResults};
use time::OffsetDateTime;

/// The limits of the server.
pub const MAX_OPTIONS: usize = 20;
pub const MAX_LENGTH: usize = 200;

/// The choice of an end at a time that has no name.
pub const OTHER: &str = "other";

/// An option of the form: its number stays when others come or go.
pub type Field = (u32, String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPollDraft {
    pub question: String,
    pub fields: Vec<Field>,
    next: u32,
    pub is_multiple: bool,
    /// How many may be chosen, as it is written; empty for any number.
    pub max: String,
    pub is_anonymous: bool,
    pub after_vote: bool,
    /// The choice of the end: empty for none, the place of a time that has a name, or `OTHER`.
    pub end: String,
    /// The other time as the field has it.
    pub end_field: String,
}

/// A poll that was sent, and the end that was chosen for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentPoll {
    pub message: NewMessage,
    pub end: (String, String),
}

impl Default for NewPollDraft {
    fn default() -> Self {
        Self {
            question: String::new(),
            fields: vec![(0, String::new()), (1, String::new())],
            next: 2,
            is_multiple: false,
            max: String::new(),
            is_anonymous: false,
            after_vote: false,
            end: String::new(),
            end_field: String::new(),
        }
    }
}

impl SentPoll {
    /// Whether the other one is the same, in the same place. A time with a name is another one at each attempt.
    pub fn is_again(&self, other: &Self) -> bool {
        let place = |it: &Self| (it.message.thread_id, it.message.body.clone());
        let asked = |it: &Self| {
            let poll = it.message.poll.clone();
            poll.map(|poll| NewPoll {
                closes_at: None,
                ..poll
            })
        };
        place(self) == place(other) && asked(self) == asked(other) && self.end == other.end
    }
}

impl NewPollDraft {
    /// Writes an option. The last one that is written in is followed by an empty one.
    pub fn write(&mut self, field: u32, text: &str) {
        if let Some((_, option)) = self.fields.iter_mut().find(|(number, _)| *number == field) {
            text.clone_into(option);
        }
        let is_full = self.fields.last().is_none_or(|(_, last)| !last.is_empty());
        if is_full {
            self.insert(self.fields.len(), String::new());
        }
    }

    /// Takes several lines into a field and new ones after it. `false`, and nothing is taken, if it is one line.
    pub fn paste(&mut self, field: u32, text: &str) -> bool {
        let lines: Vec<_> = text
            .lines()
            .map(option_of)
            .filter(|it| !it.is_empty())
            .collect();
        let at = self.fields.iter().position(|(number, _)| *number == field);
        let (Some(at), [_, _, ..]) = (at, lines.as_slice()) else {
            return false;
        };
        let mut lines = lines.into_iter();
        if self.fields[at].1.is_empty()
            && let Some(first) = lines.next()
        {
            first.clone_into(&mut self.fields[at].1);
        }
        for (at, line) in (at + 1..).zip(lines) {
            // An empty field that follows takes the line.
            match self.fields.get_mut(at) {
                Some((_, option)) if option.is_empty() => line.clone_into(option),
                _ => self.insert(at, line.to_owned()),
            }
        }
        true
    }

    /// The field after this one, a new one if that is written in; `None` where there are as many as may be.
    pub fn field_after(&mut self, field: u32) -> Option<u32> {
        let at = self
            .fields
            .iter()
            .position(|(number, _)| *number == field)?;
        if let Some((number, text)) = self.fields.get(at + 1)
            && text.is_empty()
        {
            return Some(*number);
        }
        self.insert(at + 1, String::new());
        self.fields
            .get(at + 1)
            .filter(|(_, text)| text.is_empty())
            .map(|(number, _)| *number)
    }

    /// Takes a field away; two stay. The field before it.
    pub fn remove(&mut self, field: u32) -> Option<u32> {
        let at = self
            .fields
            .iter()
            .position(|(number, _)| *number == field)?;
        if self.fields.len() > 2 {
            self.fields.remove(at);
        } else {
            self.fields[at].1.clear();
        }
        let before = self.fields.get(at.saturating_sub(1))?;
        Some(before.0)
    }

    fn insert(&mut self, at: usize, text: String) {
        if self.fields.len() < MAX_OPTIONS {
            self.fields.insert(at, (self.next, text));
            self.next += 1;
        }
    }

    fn options(&self) -> Vec<String> {
        let options = self.fields.iter().map(|(_, text)| text.trim());
        let options = options.filter(|it| !it.is_empty());
        options.map(str::to_owned).collect()
    }

    /// The message, or why there is none.
    ///
    /// # Errors
    /// In words for people.
    pub fn message(
        &self,
        (_, thread_id): (ConversationId, Option<MessageId>),
        closes_at: Option<OffsetDateTime>,
        client_id: String,
    ) -> Result<NewMessage, String> {
        let question = self.question.trim();
        if question.is_empty() {
            return Err("Write a question.".to_owned());
        }
        let options = self.options();
        if options.len() < 2 {
            return Err("Write at least two options.".to_owned());
        }
        let all = i16::try_from(options.len()).unwrap_or(i16::MAX);
        let max_choices = match self.max.trim() {
            _ if !self.is_multiple => 1,
            "" => all,
            max => max
                .parse::<i16>()
                .ok()
                .filter(|it| (1..=all).contains(it))
                .ok_or_else(|| format!("At most {all} options may be chosen."))?,
        };
        Ok(NewMessage {
            body: question.to_owned(),
            thread_id,
            client_id: Some(client_id),
            poll: Some(NewPoll {
                options,
                max_choices,
                anonymous: self.is_anonymous,
                results: if self.after_vote {
                    PollResults::AfterVote
                } else {
                    PollResults::Always
                },
                closes_at,
            }),
            ..NewMessage::default()
        })
    }
}

/// A line without the sign of a list that it begins with.
fn option_of(line: &str) -> &str {
    let line = line.trim();
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = digits.len() < line.len() && digits.starts_with(['.', ')']);
    let rest = if numbered {
        digits.get(1..)
    } else {
        line.strip_prefix(['-', '*', '•', '–'])
    };
    match rest {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.trim(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_OPTIONS, NewPollDraft, SentPoll, option_of};
    use model::{ConversationId, MessageId, PollResults};
    use time::OffsetDateTime;

    fn texts(draft: &NewPollDraft) -> Vec<&str> {
        draft.fields.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn options_grow_and_go() {
        let mut draft = NewPollDraft::default();
        draft.write(0, "Tea");
        assert_eq!(texts(&draft), ["Tea", ""]);
        draft.write(1, "Coffee");
        assert_eq!(texts(&draft), ["Tea", "Coffee", ""]);
        assert_eq!(draft.field_after(1), Some(2));
        assert_eq!(draft.field_after(0), Some(3));
        assert_eq!(texts(&draft), ["Tea", "", "Coffee", ""]);
        assert_eq!(draft.remove(3), Some(0));
        assert_eq!(draft.options(), ["Tea", "Coffee"]);
        for n in 0..30 {
            let last = draft.fields.last().unwrap().0;
            draft.write(last, &format!("option {n}"));
        }
        assert_eq!(draft.fields.len(), MAX_OPTIONS);
        let last = draft.fields.last().unwrap().0;
        assert_eq!(draft.field_after(last), None);
    }

    #[test]
    fn several_lines_are_several_options() {
        let mut draft = NewPollDraft::default();
        assert!(!draft.paste(0, "one line"));
        assert!(!draft.paste(0, "\n one line \n\n"));
        assert!(draft.paste(0, "- Tea\n\n2. Coffee\r\n* Water"));
        assert_eq!(draft.options(), ["Tea", "Coffee", "Water"]);
        let many: Vec<_> = (0..40).map(|n| format!("option {n}")).collect();
        assert!(draft.paste(0, &many.join("\n")));
        assert_eq!(draft.fields.len(), MAX_OPTIONS);
        for (line, option) in [
            ("10) ten", "ten"),
            ("-5 degrees", "-5 degrees"),
            ("3.5 hours", "3.5 hours"),
            ("2026", "2026"),
        ] {
            assert_eq!(option_of(line), option);
        }
    }

    #[test]
    fn says_what_is_missing() {
        let place = (ConversationId(3), None);
        let mut draft = NewPollDraft::default();
        let message = |draft: &NewPollDraft| draft.message(place, None, "k".to_owned());
        assert!(message(&draft).unwrap_err().contains("question"));
        draft.question = " Tea? ".to_owned();
        draft.write(0, "Yes");
        assert!(message(&draft).unwrap_err().contains("two"));
        draft.write(1, " No ");
        let new = message(&draft).unwrap();
        let poll = new.poll.unwrap();
        assert_eq!((new.body.as_str(), poll.max_choices), ("Tea?", 1));
        assert_eq!(
            (poll.options, poll.results),
            (vec!["Yes".to_owned(), "No".to_owned()], PollResults::Always)
        );
        draft.is_multiple = true;
        assert_eq!(message(&draft).unwrap().poll.unwrap().max_choices, 2);
        draft.max = "3".to_owned();
        assert!(message(&draft).is_err());
    }

    #[test]
    fn the_same_once_more_is_of_the_same_place_and_end() {
        let mut draft = NewPollDraft {
            question: "Tea?".to_owned(),
            ..NewPollDraft::default()
        };
        draft.write(0, "Yes");
        draft.write(1, "No");
        let sent = |thread: Option<i64>, seconds: i64, end: &str| {
            let place = (ConversationId(3), thread.map(MessageId));
            let at = OffsetDateTime::from_unix_timestamp(seconds).ok();
            SentPoll {
                message: draft.message(place, at, seconds.to_string()).unwrap(),
                end: (end.to_owned(), String::new()),
            }
        };
        let first = sent(None, 1, "0");
        assert!(first.is_again(&sent(None, 2, "0")));
        assert!(!first.is_again(&sent(Some(7), 1, "0")));
        assert!(!first.is_again(&sent(None, 1, "1")));
    }
}
