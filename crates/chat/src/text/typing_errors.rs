//! Typing errors in words and names: a letter too much, one too few, another one, or two that were exchanged.

/// Errors that are forgiven in a word or name of so many characters: one from four on, two from eight on, as search engines
/// such as Algolia have it by default. Shorter ones would be like too many, and longer ones than `MAX_SOUGHT` are typed
/// by nobody: comparing takes time that grows with the square of the length.
pub fn forgiven(sought: &str) -> usize {
    match sought.chars().take(MAX_SOUGHT + 1).count() {
        4..=7 => 1,
        8..=MAX_SOUGHT => 2,
        _ => 0,
    }
}

/// Characters of what is typed.
const MAX_SOUGHT: usize = 40;

/// Characters of a name that are compared. One that is longer was made of few by Unicode's compatibility forms, as ﷺ is.
const MAX_NAME: usize = 200;

/// The fewest errors with which somebody has typed the beginning of the name, or of a word of it; `None` if these
/// are more than are forgiven. Both are folded.
pub fn errors(sought: &str, name: &str) -> Option<usize> {
    let most = forgiven(sought);
    let sought: Vec<char> = sought.chars().collect();
    let name: Vec<char> = name.chars().take(MAX_NAME).collect();
    let starts = (0..name.len()).filter(|at| *at == 0 || !name[at - 1].is_alphanumeric());
    // Digits have to be right: another number is another name.
    let weight = |c: char| if c.is_numeric() { most + 1 } else { 1 };
    let fewest = starts.filter_map(|at| {
        let end = name.len().min(at + sought.len() + most);
        let distances = distances(&sought, &name[at..end], most, weight)?;
        distances.into_iter().min()
    });
    fewest.min().filter(|errors| *errors <= most)
}

/// The number of letters to change, insert, leave out or let change places with the next one (optimal string
/// alignment).
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let distances = distances(&a, &b, usize::MAX, |_| 1);
    distances.map_or(usize::MAX, |it| it[b.len()])
}

/// The distances of a text to all beginnings of another, the shortest first; `None` once they all are more than `most`.
/// A character that is not right counts by its weight.
fn distances(
    a: &[char],
    b: &[char],
    most: usize,
    weight: impl Fn(char) -> usize,
) -> Option<Vec<usize>> {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last = vec![0];
    for (j, other) in b.iter().enumerate() {
        last.push(last[j] + weight(*other));
    }
    for (i, letter) in a.iter().enumerate() {
        let mut row = vec![last[0] + weight(*letter)];
        for (j, other) in b.iter().enumerate() {
            let both = weight(*letter).max(weight(*other));
            let change = if letter == other { 0 } else { both };
            let mut best = (last[j + 1] + weight(*letter))
                .min(row[j] + weight(*other))
                .min(last[j] + change);
            if i > 0 && j > 0 && *letter == b[j - 1] && a[i - 1] == *other {
                best = best.min(before_last[j - 1] + both);
            }
            row.push(best);
        }
        // Letters that change places take their value from two rows before.
        let is_over = |row: &[usize]| row.iter().all(|errors| *errors > most);
        if is_over(&last) && is_over(&row) {
            return None;
        }
        before_last = std::mem::replace(&mut last, row);
    }
    Some(last)
}

#[cfg(test)]
mod tests {
    use super::{distance, errors};

    #[test]
    fn a_letter_more_less_another_or_two_in_the_wrong_order_is_one_error() {
        for (a, b, errors) in [
            ("meeting", "meeting", 0),
            ("meting", "meeting", 1),
            ("meeeting", "meeting", 1),
            ("meetimg", "meeting", 1),
            ("meetign", "meeting", 1),
            ("привте", "привет", 1),
            ("abcd", "", 4),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), errors, "{a} {b}");
            assert_eq!(distance(b, a), errors, "{b} {a}");
        }
    }

    #[test]
    fn each_kind_of_error_counts_as_one() {
        for (sought, name, expected) in [
            ("alice", "alice liddell", Some(0)),
            ("alcie", "alice liddell", Some(1)),
            ("alise", "alice liddell", Some(1)),
            ("allice", "alice liddell", Some(1)),
            ("aice", "alice liddell", Some(1)),
            ("lidel", "alice liddell", Some(1)),
            ("lidd", "alice-liddell", Some(0)),
            ("mueller", "jan muller", Some(1)),
            ("alcie lidell", "alice liddell", Some(2)),
            ("alecsander", "alexander", Some(2)),
            ("alci", "alice", Some(1)),
            ("jhon", "john", Some(1)),
            ("usre1234", "user1234", Some(1)),
        ] {
            assert_eq!(errors(sought, name), expected, "{sought} {name}");
        }
    }

    #[test]
    fn too_many_errors_and_short_names_are_not_forgiven() {
        for (sought, name) in [
            ("aclei", "alice"),
            ("alan", "alice"),
            ("ali", "ala"),
            ("graec hoper", "ada lovelace"),
            ("liec", "alice"),
            ("m104", "m103"),
            ("m104", "m10"),
            ("user1243", "user1234"),
            ("", "alice"),
            ("alice", ""),
            (&*"abcdefgh ".repeat(9), "abcdefgh abcdefgh abcdefgh"),
        ] {
            assert_eq!(
                errors(sought, name).filter(|it| *it > 0),
                None,
                "{sought} {name}"
            );
        }
    }
}
