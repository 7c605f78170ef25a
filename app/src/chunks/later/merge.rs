//! What is done when another state of a draft comes from the server.

use crate::client::DraftContent;
use model::UploadId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// What is written here stays, and is a change of the state that has come.
    Keep,
    /// As `Keep`, without files that the draft has lost.
    Drop(Vec<UploadId>),
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
    if written == come {
        return Merge::Keep;
    }
    // Also if this browser counts as who has written it last: a device that removes a file writes nothing.
    if let Some(lost) = lost(synced, come) {
        return Merge::Drop(lost);
    }
    if is_own {
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

/// The files that a draft has lost, if that is all that has changed.
fn lost(synced: &DraftContent, come: &DraftContent) -> Option<Vec<UploadId>> {
    let (kept, lost): (Vec<_>, Vec<_>) =
        (synced.upload_ids.iter().copied()).partition(|id| come.upload_ids.contains(id));
    let is_all = synced.body == come.body
        && synced.reply_to_id == come.reply_to_id
        && kept == come.upload_ids;
    (is_all && !lost.is_empty()).then_some(lost)
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
    fn a_file_that_is_lost_takes_nothing_else_with_it() {
        let having = |body, ids: &[i64]| DraftContent {
            upload_ids: ids.iter().copied().map(UploadId).collect(),
            ..content(body)
        };
        let dropped = |id| Merge::Drop(vec![UploadId(id)]);
        let synced = having("a", &[1, 2]);
        for (written, come, is_own, expected) in [
            // Removed elsewhere from what this browser has written last.
            (having("a", &[1, 2]), having("a", &[2]), true, dropped(1)),
            (having("a", &[1, 2]), having("a", &[2]), false, dropped(1)),
            (
                having("ab", &[2, 1, 3]),
                having("a", &[1]),
                true,
                dropped(2),
            ),
            // Removed here, and told.
            (having("ab", &[2]), having("a", &[2]), true, dropped(1)),
            (having("a", &[2]), having("a", &[2]), true, Merge::Keep),
            // Something else has changed as well.
            (having("ab", &[1, 2]), having("b", &[2]), false, Merge::Ask),
            (having("ab", &[1, 2]), having("ab", &[2]), true, Merge::Keep),
            (
                having("ab", &[1, 2]),
                having("a", &[2, 1]),
                true,
                Merge::Keep,
            ),
            (
                having("ab", &[1, 2]),
                having("a", &[2, 3]),
                false,
                Merge::Ask,
            ),
        ] {
            let found = merge(&written, &synced, &come, is_own);
            assert_eq!(found, expected, "{written:?} {come:?}");
        }
        // The last file of a draft of files alone.
        let found = merge(&having("", &[1]), &having("", &[1]), &content(""), true);
        assert_eq!(found, dropped(1));
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
