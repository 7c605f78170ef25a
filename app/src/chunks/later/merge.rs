//! What is done when another state of a draft comes from the server.

use crate::client::DraftContent;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// What is written here stays, and is a change of the state that has come.
    Keep,
    /// What has come takes the place of what is written here.
    Take,
    /// Both are somebody's words: the user decides.
    Ask,
}

/// `written`: what is written here. `synced`: what this browser and the server have had in common last. `is_own`:
/// whether this browser has written what has come.
pub fn merge(
    written: &DraftContent,
    synced: &DraftContent,
    come: &DraftContent,
    is_own: bool,
) -> Merge {
    if written == come || is_own {
        return Merge::Keep;
    }
    let is_unchanged = written == synced;
    if is_unchanged || written.is_empty() {
        return Merge::Take;
    }
    // What was sent or removed elsewhere takes nothing from what is written here since.
    if come.is_empty() || come == synced {
        return Merge::Keep;
    }
    Merge::Ask
}

#[cfg(test)]
mod tests {
    use super::{Merge, merge};
    use crate::client::DraftContent;
    use model::{MessageId, UploadId};

    fn content(body: &str) -> DraftContent {
        DraftContent {
            body: body.to_owned(),
            ..DraftContent::default()
        }
    }

    #[test]
    fn follows_another_device_unless_something_else_was_written_here() {
        for (written, synced, come, expected) in [
            ("", "", "a", Merge::Take),
            ("a", "a", "ab", Merge::Take),
            ("a", "a", "", Merge::Take),
            // Sent here, and written anew there.
            ("", "a", "b", Merge::Take),
            ("ab", "a", "ab", Merge::Keep),
            ("ab", "a", "", Merge::Keep),
            ("ab", "a", "a", Merge::Keep),
            ("ab", "a", "ac", Merge::Ask),
            ("b", "", "a", Merge::Ask),
        ] {
            let found = merge(&content(written), &content(synced), &content(come), false);
            assert_eq!(found, expected, "{written}, {synced}, {come}");
        }
    }

    #[test]
    fn what_this_browser_wrote_itself_is_no_conflict() {
        let found = merge(&content("abc"), &content(""), &content("ab"), true);
        assert_eq!(found, Merge::Keep);
    }

    #[test]
    fn other_files_are_another_draft() {
        let having = |id| DraftContent {
            upload_ids: vec![UploadId(id)],
            ..content("a")
        };
        let found = merge(&having(1), &content("a"), &having(2), false);
        assert_eq!(found, Merge::Ask);
        let found = merge(&content("a"), &content("a"), &having(2), false);
        assert_eq!(found, Merge::Take);
        // Sent elsewhere, with the file.
        let found = merge(&having(1), &having(1), &DraftContent::default(), false);
        assert_eq!(found, Merge::Take);
    }

    #[test]
    fn another_quote_is_another_draft() {
        let quoting = |id| DraftContent {
            reply_to_id: Some(MessageId(id)),
            ..content("a")
        };
        let found = merge(&quoting(1), &content("a"), &quoting(2), false);
        assert_eq!(found, Merge::Ask);
        let found = merge(&content("a"), &content("a"), &quoting(2), false);
        assert_eq!(found, Merge::Take);
    }
}
