//! Why something was refused, in words for people: problems name the fields of the API. For chunks; a form of the
//! first screen shows the errors at its fields.

use super::{error_panel::note, show_if};
use crate::erased_signal::ErasedSignal;
use leptos::prelude::*;
use model::{ErrorCode, FieldError, Problem, SendFailure};

/// What the server says of a refused request, in sentences.
pub fn in_words(problem: &Problem) -> String {
    if problem.errors.is_empty() {
        return problem.detail.clone();
    }
    let sentences: Vec<_> = problem.errors.iter().map(sentence).collect();
    sentences.join(" ")
}

/// Why a scheduled message was not sent: of what was wrong in it, only the detail is kept.
pub fn failure_in_words(failure: &SendFailure) -> String {
    if failure.code != ErrorCode::Invalid {
        return failure.detail.clone();
    }
    let detail = failure.detail.trim_end_matches('.');
    let sentences: Vec<_> = detail
        .split("; ")
        .map(|part| {
            let (field, reason) = part.split_once(": ").unwrap_or(("", part));
            sentence(&FieldError {
                field: field.to_owned(),
                reason: reason.to_owned(),
            })
        })
        .collect();
    sentences.join(" ")
}

/// As `any_problem_note`, in words.
pub fn note_in_words(problem: ErasedSignal<Option<Problem>>) -> AnyView {
    show_if(move || Some(note(in_words(&problem.get()?))))
}

fn sentence(error: &FieldError) -> String {
    let what = match error.field.as_str() {
        "body" | "text" => "The text",
        "sendAt" | "remindAt" | "poll.closesAt" => "The time",
        "poll.options" => "The options",
        "title" => "The title",
        "description" => "The description",
        "name" => "The name",
        "attachmentIds" => "The list of files",
        "replyToId" => "The quoted message",
        "threadId" => "The thread",
        "userIds" | "memberIds" | "userId" => "The list of people",
        "q" | "query" => "What is searched for",
        "from" => "The sender",
        "before" | "after" => "The date",
        // What people know no name for is "it".
        _ => "It",
    };
    let end = if error.reason.ends_with('.') { "" } else { "." };
    format!("{what} {}{end}", error.reason)
}

#[cfg(test)]
mod tests {
    use super::failure_in_words;
    use model::{ErrorCode, SendFailure};

    #[test]
    fn names_no_field_of_the_api() {
        for (code, detail, words) in [
            (
                ErrorCode::Invalid,
                "body: must have at most 10000 characters; replyToId: is not in this conversation.",
                "The text must have at most 10000 characters. The quoted message is not in this conversation.",
            ),
            (ErrorCode::Invalid, "clientId: is long.", "It is long."),
            (ErrorCode::Forbidden, "Only: here.", "Only: here."),
        ] {
            let failure = SendFailure {
                code,
                detail: detail.to_owned(),
            };
            assert_eq!(failure_in_words(&failure), words);
        }
    }
}
