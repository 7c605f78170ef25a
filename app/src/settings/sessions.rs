//! The list of the user's sessions, each with a form to end it.

use super::data::SESSIONS_CURSOR;
use crate::{
    error::AppError,
    ui::{LocalTime, TimeFormat, form_action},
};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{Page, Session, SessionId, browser_name};

#[server(prefix = "/form", endpoint = "revoke-session")]
pub async fn revoke_session(id: SessionId) -> Result<(), AppError> {
    use crate::{refuse_form::refuse_form, request_context};
    let revoke = async {
        let caller = request_context::caller()?;
        match request_context::chat().revoke_session(&caller, id).await {
            // The form was sent twice, or the session has ended meanwhile.
            Err(chat::Error::NotFound(_)) => {}
            revoked => revoked?,
        }
        leptos_axum::redirect("/settings");
        Ok(())
    };
    refuse_form("/settings", &[], revoke.await)
}

#[server(prefix = "/form", endpoint = "revoke-other-sessions")]
pub async fn revoke_other_sessions() -> Result<(), AppError> {
    use crate::{refuse_form::refuse_form, request_context};
    let revoke = async {
        let caller = request_context::caller()?;
        let chat = request_context::chat();
        chat.revoke_other_sessions(&caller).await?;
        leptos_axum::redirect("/settings");
        Ok(())
    };
    refuse_form("/settings", &[], revoke.await)
}

#[component]
pub fn SessionList(sessions: Page<Session>) -> impl IntoView {
    let is_only_one =
        sessions.items.iter().all(|session| session.current) && sessions.next_cursor.is_none();
    let end_others = (!is_only_one).then(|| {
        any_view! {
            <form method="post" action=form_action(RevokeOtherSessions::url())>
                <button class="button button-quiet">"Sign out everywhere else"</button>
            </form>
        }
    });
    let more = sessions.next_cursor.map(|cursor| {
        let path = format!("/settings?{SESSIONS_CURSOR}={cursor}");
        any_view! { <p><a href=path>"Older sign-ins"</a></p> }
    });
    let rows: Vec<_> = sessions.items.iter().map(session_row).collect();
    any_view! {
        <ul class="row-list">{rows}</ul>
        {more}
        {end_others}
    }
}

fn session_row(session: &Session) -> AnyView {
    let name = session
        .user_agent
        .as_deref()
        .map_or("Unknown program", |it| browser_name(it).unwrap_or(it));
    let provider = session.provider.as_ref();
    let provider = provider.map(|label| format!("by {label} · "));
    let end = if session.current {
        any_view! { <span class="tag">"This one"</span> }
    } else {
        any_view! {
            <form method="post" action=form_action(RevokeSession::url())>
                <input type="hidden" name="id" value=session.id.to_string() />
                <button class="button button-quiet">"Sign out"</button>
            </form>
        }
    };
    any_view! {
        <li class="row-item">
            <div class="grow">
                <strong>{name.to_owned()}</strong>
                <p class="muted">
                    {provider}
                    {session.address.clone().map(|address| format!("{address} · "))} "last used "
                    <LocalTime at=session.last_used_at format=TimeFormat::Full />
                </p>
            </div>
            {end}
        </li>
    }
}
