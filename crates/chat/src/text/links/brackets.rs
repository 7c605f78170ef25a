//! Brackets of every script, in pairs (`Ps` and `Pe` of Unicode, without the quotes that are among them).

/// Opening brackets, each with what closes it. Those of ASCII are first: a link that does not close one keeps
/// it, because addresses have them in queries.
const PAIRS: [(char, char); 17] = [
    ('(', ')'),
    ('[', ']'),
    ('（', '）'),
    ('［', '］'),
    ('｛', '｝'),
    ('〈', '〉'),
    ('《', '》'),
    ('「', '」'),
    ('『', '』'),
    ('【', '】'),
    ('〔', '〕'),
    ('〖', '〗'),
    ('〘', '〙'),
    ('〚', '〛'),
    ('｢', '｣'),
    ('｟', '｠'),
    ('༼', '༽'),
];
const ASCII_PAIRS: usize = 2;

pub fn is_bracket(c: char) -> bool {
    PAIRS.iter().any(|(open, close)| c == *open || c == *close)
}

/// The brackets of other scripts that a text has opened and not closed: what closes each, and where it is.
#[derive(Default)]
pub struct Open(Vec<(char, usize)>);

impl Open {
    /// Reads the next character; `false` for a bracket that closes none of the text. It closes one around the
    /// text, which ends there.
    pub fn read(&mut self, at: usize, c: char) -> bool {
        for (open, close) in &PAIRS[ASCII_PAIRS..] {
            if c == *open {
                self.0.push((*close, at));
            } else if c == *close {
                return self.0.pop().is_some_and(|(expected, _)| expected == c);
            }
        }
        true
    }

    /// The text without what follows a bracket that is never closed, if it ends here.
    pub fn end(&self, end: usize) -> usize {
        self.0.first().map_or(end, |(_, at)| *at)
    }
}

/// The closing brackets of ASCII that a link has and did not open.
pub struct Unopened([(char, usize); ASCII_PAIRS]);

impl Unopened {
    pub fn of(link: &str) -> Self {
        let count = |c: char| link.matches(c).count();
        let mut unopened = [(' ', 0); ASCII_PAIRS];
        for (left, (open, close)) in unopened.iter_mut().zip(&PAIRS) {
            *left = (*close, count(*close).saturating_sub(count(*open)));
        }
        Self(unopened)
    }

    /// Whether the character is one of them; it is not counted again.
    pub fn take(&mut self, c: char) -> bool {
        let found = self
            .0
            .iter_mut()
            .find(|(close, left)| *close == c && *left > 0);
        match found {
            Some((_, left)) => {
                *left -= 1;
                true
            }
            None => false,
        }
    }
}
