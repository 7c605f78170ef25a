//! `Misfits`: whether the rows of a table are those of another contract.

use super::row::Reason;

/// The reasons of rows that were left, as long as they are one and the same.
#[derive(Default)]
pub struct Misfits {
    first: Option<Reason>,
    has_others: bool,
}

impl Misfits {
    pub fn add(&mut self, reason: &str) {
        match &self.first {
            None => self.first = Some(reason.to_owned()),
            Some(first) => self.has_others |= first != reason,
        }
    }

    /// The reason, if all rows lack the same column, and it is one that says whose a message is. A single
    /// bad row is no reason to doubt the dump; a column that no row has is.
    pub fn reason(self) -> Option<Reason> {
        let is_of_all = |it: &Reason| {
            let field = it.strip_suffix(" is missing");
            field.is_some_and(|it| it != "`id`" && it != "`createdAt`")
        };
        self.first.filter(|it| !self.has_others && is_of_all(it))
    }
}

#[cfg(test)]
mod tests {
    use super::Misfits;

    fn reason(reasons: &[&str]) -> Option<String> {
        let mut misfits = Misfits::default();
        for reason in reasons {
            misfits.add(reason);
        }
        misfits.reason()
    }

    #[test]
    fn only_a_column_that_every_row_lacks_says_that_the_dump_is_another_one() {
        let missing = "`groupId` is missing";
        assert_eq!(reason(&[missing, missing]).as_deref(), Some(missing));
        assert_eq!(reason(&[missing, "`createdAt` is not a time"]), None);
        assert_eq!(reason(&["`createdAt` is not a time"]), None);
        assert_eq!(reason(&["`createdAt` is missing"]), None);
        assert_eq!(reason(&[]), None);
    }
}
