//! Where the reader is signed in, and a way to end each.

use crate::{
    error::AppError,
    ui::{LocalTime, ShowTime, problem_note},
};
use leptos::{form::ActionForm, prelude::*};
use model::{Session, SessionId};

#[server(prefix = "/form", endpoint = "revoke-session")]
pub async fn revoke_session(id: SessionId) -> Result<SessionId, AppError> {
    use crate::context;
    let caller = context::caller()?;
    context::chat().revoke_session(&caller, id).await?;
    Ok(id)
}

#[component]
pub fn SessionList(sessions: Vec<Session>) -> impl IntoView {
    let action = ServerAction::<RevokeSession>::new();
    let value = action.value();
    let problem = Signal::derive(move || value.get()?.err().map(|AppError(problem)| problem));
    let sessions = RwSignal::new(sessions);
    Effect::new(move |_| {
        if let Some(Ok(gone)) = value.get() {
            sessions.update(|sessions| sessions.retain(|session| session.id != gone));
        }
    });
    view! {
        {problem_note(problem)}
        <ul class="row-list">
            <For each=move || sessions.get() key=|session| session.id let:session>
                {session_row(&session, action)}
            </For>
        </ul>
    }
    .into_any()
}

fn session_row(session: &Session, action: ServerAction<RevokeSession>) -> AnyView {
    let program = session
        .user_agent
        .as_deref()
        .map_or("Unknown program", program);
    let id = session.id.to_string();
    let end = if session.current {
        view! { <span class="tag">"This one"</span> }.into_any()
    } else {
        view! {
            <ActionForm action>
                <input type="hidden" name="id" value=id />
                <button class="button button-quiet">"Sign out"</button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
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
    .into_any()
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
