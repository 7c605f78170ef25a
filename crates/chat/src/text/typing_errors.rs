//! Names that were meant, where what was typed has typing errors: a letter too much, one too few, another one, or two
//! that were exchanged.

/// Errors that are forgiven in a name of so many characters: one from four on, two from eight on, as search engines
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
    let fewest = starts.map(|at| {
        let end = name.len().min(at + sought.len() + most);
        distance_to_beginning(&sought, &name[at..end], most)
    });
    fewest.min().filter(|errors| *errors <= most)
}

/// The optimal string alignment distance of a text to that beginning of another which is nearest to it; more than `most`
/// where it has become so. Digits have to be right: another number is another name.
fn distance_to_beginning(sought: &[char], word: &[char], most: usize) -> usize {
    let weight = |c: &char| if c.is_numeric() { most + 1 } else { 1 };
    let mut before_last = Vec::new();
    let mut last = vec![0];
    for other in word {
        last.push(last[last.len() - 1] + weight(other));
    }
    for (row, letter) in sought.iter().enumerate() {
        let mut now = vec![last[0] + weight(letter)];
        for (column, other) in word.iter().enumerate() {
            let both = weight(letter).max(weight(other));
            let changed = last[column] + if letter == other { 0 } else { both };
            let left_out = last[column + 1] + weight(letter);
            let mut fewest = changed.min(left_out).min(now[column] + weight(other));
            let is_exchanged =
                row > 0 && column > 0 && *letter == word[column - 1] && sought[row - 1] == *other;
            if is_exchanged {
                let before: &Vec<usize> = &before_last;
                fewest = fewest.min(before[column - 1] + both);
            }
            now.push(fewest);
        }
        // An exchange takes its value from two rows before.
        let is_over = |row: &[usize]| row.iter().all(|errors| *errors > most);
        if is_over(&last) && is_over(&now) {
            return most + 1;
        }
        before_last = std::mem::replace(&mut last, now);
    }
    last.into_iter().min().unwrap_or(sought.len())
}

#[cfg(test)]
mod tests {
    use super::errors;

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
