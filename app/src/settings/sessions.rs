//! Where the reader is signed in, and a way to end each.

use crate::{
    error::AppError,
    live::{spawn, use_live},
    signals::Var,
    ui::{LocalTime, ShowTime, on, problem_note, shown},
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use model::{Problem, Session, SessionId};

#[server(prefix = "/form", endpoint = "revoke-session")]
pub async fn revoke_session(id: SessionId) -> Result<(), AppError> {
    use crate::context;
    let caller = context::caller()?;
    Ok(context::chat().revoke_session(&caller, id).await?)
}

#[component]
pub fn SessionList(sessions: Vec<Session>) -> impl IntoView {
    let problem = Var::new(None::<Problem>);
    let gone = Var::new(Vec::<SessionId>::new());
    let rows: Vec<_> = sessions
        .into_iter()
        .map(|session| {
            shown(move || {
                let is_gone = gone.with(|gone| gone.contains(&session.id));
                (!is_gone).then(|| session_row(&session, gone, problem))
            })
        })
        .collect();
    part! {
        {problem_note(problem)}
        <ul class="row-list">{rows}</ul>
    }
}

fn session_row(
    session: &Session,
    gone: Var<Vec<SessionId>>,
    problem: Var<Option<Problem>>,
) -> AnyView {
    let live = use_live();
    let id = session.id;
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        spawn(async move {
            match live.revoke_session(id).await {
                Ok(()) => gone.update(|gone| gone.push(id)),
                Err(AppError(why)) => problem.set(Some(why)),
            }
        });
    };
    let program = session
        .user_agent
        .as_deref()
        .map_or("Unknown program", program);
    let end = if session.current {
        part! { <span class="tag">"This one"</span> }
    } else {
        part! {
            <form method="post" action=RevokeSession::url() on:submit=on::submit(on_submit)>
                <input type="hidden" name="id" value=id.to_string() />
                <button class="button button-quiet">"Sign out"</button>
            </form>
        }
    };
    part! {
        <li class="row-item">
            <div class="grow">
                <strong>{program.to_owned()}</strong>
                <p class="muted">
                    {session.address.clone().map(|address| format!("{address} · "))} "last used "
                    <LocalTime at=session.last_used_at show=ShowTime::Full />
                </p>
            </div>
            {end}
        </li>
    }
}

/// What people call the program that sends this `User-Agent`.
fn program(user_agent: &str) -> &str {
    // Everybody claims to be somebody older: the order matters.
    [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]
    .into_iter()
    .find(|(mark, _)| user_agent.contains(mark))
    .map_or(user_agent, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn calls_browsers_by_their_names() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(program(chrome), "Chrome");
        assert_eq!(program(&format!("{chrome} Edg/140.0")), "Edge");
        assert_eq!(program("my-bot/1.0"), "my-bot/1.0");
    }
}
