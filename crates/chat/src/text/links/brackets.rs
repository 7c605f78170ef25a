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

/// The brackets that a text has opened and not closed.
#[derive(Default)]
pub struct Open {
    /// Those of ASCII, by their pair.
    ascii: [usize; ASCII_PAIRS],
    /// Those of other scripts: what closes each, and where it is.
    others: Vec<(char, usize)>,
}

impl Open {
    /// Reads the next character; `false` for a bracket that closes none of the text. It closes one around the
    /// text, which ends there.
    pub fn read(&mut self, at: usize, c: char) -> bool {
        for (count, (open, close)) in self.ascii.iter_mut().zip(&PAIRS) {
            if c == *open {
                *count += 1;
            } else if c == *close {
                let is_open = *count > 0;
                *count = count.saturating_sub(1);
                return is_open;
            }
        }
        for (open, close) in &PAIRS[ASCII_PAIRS..] {
            if c == *open {
                self.others.push((*close, at));
            } else if c == *close {
                return self.others.pop().is_some_and(|(expected, _)| expected == c);
            }
        }
        true
    }

    /// The text without what follows a bracket of another script that is never closed, if it ends here.
    pub fn end(&self, end: usize) -> usize {
        self.others.first().map_or(end, |(_, at)| *at)
    }
}
