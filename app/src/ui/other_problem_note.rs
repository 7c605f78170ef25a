//! Why a form was rejected, where some of its fields say it themselves. For pages that are rendered on the server only.

use super::{erased_view::show_if, error_panel::note};
use crate::erased_signal::ErasedSignal;
use leptos::prelude::*;
use model::Problem;

/// Why a form was rejected, unless the fields of these names say it themselves.
pub fn other_problem_note(
    problem: ErasedSignal<Option<Problem>>,
    shown: &'static [&'static str],
) -> AnyView {
    show_if(move || {
        let problem = problem.get()?;
        let is_shown = |field: &String| shown.contains(&field.as_str());
        let says_all =
            !problem.errors.is_empty() && problem.errors.iter().all(|it| is_shown(&it.field));
        (!says_all).then(|| note(problem.detail))
    })
}
