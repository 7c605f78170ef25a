//! Instant matches of names that the page knows, until the server answers. Names are folded as the server
//! folds them (`fold_name` in `migrations/0087_names.sql`).

use crate::client;

/// Where a name matches, the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The server says so.
    Elsewhere,
    Anywhere,
    AtWord,
    AtStart,
}

/// How well a name matches, the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// Whether the name has the accents of the query.
    is_as_written: bool,
    pub place: Place,
}

impl Match {
    pub const ELSEWHERE: Self = Self {
        is_as_written: false,
        place: Place::Elsewhere,
    };

    /// The same name, wherever it matches.
    pub const fn anywhere(self) -> Self {
        Self {
            place: Place::Anywhere,
            ..self
        }
    }
}

/// What names are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// Without accents.
    pub name: String,
    /// With them, if there are any.
    accented: Option<String>,
}

impl Sought {
    pub fn new(query: &str) -> Self {
        let name = in_one_line(&client::fold_name(query));
        let accented = in_one_line(&client::fold(query));
        Self {
            accented: (accented != name).then_some(accented),
            name,
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.name.is_empty()
    }

    /// How the name matches; `None` if it does not.
    pub fn find_in(&self, name: &str) -> Option<Match> {
        let folded = in_one_line(&client::fold_name(name));
        let query = &self.name;
        let place = if folded.starts_with(query) {
            Place::AtStart
        } else if folded.contains(&format!(" {query}")) {
            Place::AtWord
        } else if folded.contains(query) {
            Place::Anywhere
        } else {
            return None;
        };
        Some(Match {
            is_as_written: self.is_written_in(name),
            place,
        })
    }

    /// Whether a name that matches has the accents of the query.
    pub fn is_written_in(&self, name: &str) -> bool {
        let accented = self.accented.as_ref();
        accented.is_none_or(|accented| in_one_line(&client::fold(name)).contains(accented))
    }
}

/// Runs of white space are one space, and there is none around the text.
fn in_one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Match, Place, Sought};

    #[test]
    fn what_is_not_seen_does_not_count() {
        for (text, folded) in [
            ("  Ada \u{a0}\u{3000} Lovelace ", "ADA LOVELACE"),
            ("zero\u{200b}width so\u{ad}ft", "ZEROWIDTH SOFT"),
            ("\u{2764}\u{fe0f}", "\u{2764}"),
            ("\u{200e}\u{2003}", ""),
            ("две\nстроки", "ДВЕ СТРОКИ"),
        ] {
            assert_eq!(Sought::new(text).name, folded, "{text}");
        }
    }

    #[test]
    fn the_beginning_is_the_best_match() {
        let of = |name, query| Sought::new(query).find_in(name).map(|it| it.place);
        assert_eq!(of("Ada Lovelace", "ada"), Some(Place::AtStart));
        assert_eq!(of("Ada Lovelace", "love"), Some(Place::AtWord));
        assert_eq!(of("Ada Lovelace", "ove"), Some(Place::Anywhere));
        assert_eq!(of("Ada Lovelace", "grace"), None);
        assert!(Place::AtStart > Place::AtWord && Place::Anywhere > Place::Elsewhere);
    }

    /// Decomposed, because these tests have no tables of Unicode.
    #[test]
    fn accents_do_not_count_but_the_name_that_has_them_is_first() {
        let (with, without) = ("C\u{30c}apek", "Capek");
        for query in [with, without, "capek", "c\u{30c}apek"] {
            let sought = Sought::new(query);
            for name in [with, without] {
                assert!(
                    sought.find_in(name) > Some(Match::ELSEWHERE),
                    "{query} {name}"
                );
            }
            let (accented, plain) = (sought.find_in(with), sought.find_in(without));
            let has_accents = query.contains('\u{30c}');
            assert_eq!(accented > plain, has_accents, "{query}");
            assert!(accented >= plain, "{query}");
        }
        assert!(Sought::new("lodz").find_in("Łódz\u{301}").is_none());
        assert!(Sought::new("lodz").find_in("Ło\u{301}dz\u{301}").is_some());
    }
}
