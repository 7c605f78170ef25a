//! Rows of the database by the ids that a batch names.

use crate::ExternalId;
use std::collections::{BTreeSet, HashMap};

/// The rows by id. Of two that are there under two spellings of one id, as they may have been taken before
/// ids had keys, the one that is spelled as wanted is found.
pub fn by_spelling<T>(
    rows: impl IntoIterator<Item = (ExternalId, T)>,
    wanted: &BTreeSet<&ExternalId>,
) -> HashMap<ExternalId, T> {
    let mut found = HashMap::new();
    for (id, row) in rows {
        let is_exact = wanted.get(&id).is_some_and(|it| it.as_str() == id.as_str());
        if is_exact {
            // The key of an entry that is there would keep its spelling.
            found.remove(&id);
            found.insert(id, row);
        } else {
            found.entry(id).or_insert(row);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::by_spelling;
    use crate::ExternalId;

    #[test]
    fn the_spelling_that_is_wanted_wins() {
        let lower = ExternalId::parse("507f1f77bcf86cd79943901b").unwrap();
        let upper = ExternalId::parse("507F1F77BCF86CD79943901B").unwrap();
        let rows = [(lower.clone(), 1), (upper.clone(), 2)];
        for (wanted, row) in [(&lower, 1), (&upper, 2)] {
            let mut rows = rows.to_vec();
            for _ in 0..2 {
                rows.reverse();
                let found = by_spelling(rows.clone(), &[wanted].into());
                assert_eq!((found.len(), found[wanted]), (1, row));
            }
        }
    }
}
