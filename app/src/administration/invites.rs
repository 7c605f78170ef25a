//! The page of invitations: made, listed and ended.

use super::{layout::administration_page, paths::INVITES_PATH};
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, query_param_of},
    shown_once::{Secret, ShownOnce, show_once, shown_note, shown_secret},
    ui::{Field, filled_in, filled_in_or, form_action, problem_note},
};
use axum::http::request::Parts;
use chat::{Caller, Chat};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{
    ConversationId, ConversationKind, Invitation, InvitationId, MemberRole, NewInvitation, Page,
    PageRequest, Problem, UserRole,
};

/// The parameter of the page's address with the cursor of the list.
const CURSOR: &str = "before";

const INVITATIONS_PER_PAGE: i64 = 50;

/// Conversations that the form offers: the newest ones of the administrator.
const MAX_OFFERED: usize = 50;

#[derive(Clone, Debug)]
pub struct Invites {
    invitations: Page<Invitation>,
    /// Conversations to which the administrator may invite, by title.
    offered: Vec<(ConversationId, String)>,
    shown: Option<ShownOnce>,
}

pub async fn load_invites(chat: &Chat, caller: &Caller, parts: &Parts) -> chat::Result<Invites> {
    let page = PageRequest {
        cursor: query_param_of(parts, CURSOR),
        limit: Some(INVITATIONS_PER_PAGE),
    };
    Ok(Invites {
        invitations: chat.invitations(caller, &page).await?,
        offered: offered(chat, caller).await?,
        shown: shown_secret(chat, caller, parts),
    })
}

async fn offered(chat: &Chat, caller: &Caller) -> chat::Result<Vec<(ConversationId, String)>> {
    let ready = chat.ready(caller).await?;
    let model::Event::Ready { conversations, .. } = ready else {
        return Ok(Vec::new());
    };
    let offered = conversations.into_iter().filter_map(|summary| {
        let conversation = summary.conversation;
        let is_public = conversation.kind == ConversationKind::Channel && !conversation.private;
        let may_add =
            conversation.kind.is_group() && (is_public || summary.role >= Some(MemberRole::Admin));
        may_add.then(|| Some((conversation.id, conversation.title?)))?
    });
    Ok(offered.take(MAX_OFFERED).collect())
}

#[server(prefix = "/form", endpoint = "create-invitation")]
pub async fn create_invitation(
    #[server(default)] note: String,
    max_uses: String,
    days: String,
    role: UserRole,
    #[server(default)] email: String,
    #[server(default)] conversation_ids: Vec<ConversationId>,
) -> Result<(), AppError> {
    let filled_in = [
        ("note", note.clone()),
        ("max_uses", max_uses.clone()),
        ("days", days.clone()),
        ("email", email.clone()),
        ("role", role_name(role).to_owned()),
        ("conversation_ids", ids(&conversation_ids)),
    ];
    let created = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        let new = NewInvitation {
            note,
            max_uses: whole_number("maxUses", &max_uses)?,
            hours: whole_number("days", &days)?.saturating_mul(24),
            role,
            conversation_ids,
            email: Some(email.trim().to_owned()).filter(|it| !it.is_empty()),
        };
        let created = chat.create_invitation(&caller, new).await;
        let created = created.map_err(in_days)?;
        let label = match &created.invitation.email {
            Some(email) => format!("A mail with the link is on its way to {email}. The link"),
            None => "The link of the invitation".to_owned(),
        };
        let link = Secret::Link(format!("/invite/{}", created.token));
        show_once(&chat, &caller, INVITES_PATH, label, link)?;
        Ok(())
    };
    refuse_form(INVITES_PATH, &filled_in, created.await)
}

/// A number that was typed. One of too many digits is as large as there is.
fn whole_number(field: &str, typed: &str) -> chat::Result<i32> {
    let typed = typed.trim();
    typed.parse().or_else(|_| match typed.strip_prefix('-') {
        None if !typed.is_empty() && typed.bytes().all(|it| it.is_ascii_digit()) => Ok(i32::MAX),
        _ => Err(chat::Error::invalid(field, "must be a whole number")),
    })
}

/// The form has days where the verb has hours.
fn in_days(error: chat::Error) -> chat::Error {
    match error {
        chat::Error::Invalid(errors) if errors.iter().any(|it| it.field == "hours") => {
            chat::Error::invalid("days", "must be 1 to 365")
        }
        other => other,
    }
}

fn role_name(role: UserRole) -> &'static str {
    match role {
        UserRole::Admin => "admin",
        UserRole::Member => "member",
    }
}

fn ids(conversations: &[ConversationId]) -> String {
    let ids: Vec<_> = conversations.iter().map(ToString::to_string).collect();
    ids.join(" ")
}

#[server(prefix = "/form", endpoint = "revoke-invitation")]
pub async fn revoke_invitation(id: InvitationId) -> Result<(), AppError> {
    let revoked = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        match chat.revoke_invitation(&caller, id).await {
            // The form was sent twice.
            Err(chat::Error::NotFound(_)) => {}
            revoked => revoked?,
        }
        leptos_axum::redirect(INVITES_PATH);
        Ok(())
    };
    refuse_form(INVITES_PATH, &[], revoked.await)
}

pub fn invites_page(invites: Invites) -> AnyView {
    let more = invites.invitations.next_cursor.map(|cursor| {
        let path = format!("{INVITES_PATH}?{CURSOR}={cursor}");
        any_view! { <p><a href=path>"Older ones"</a></p> }
    });
    let rows: Vec<_> = invites.invitations.items.into_iter().map(row).collect();
    let list = if rows.is_empty() {
        any_view! { <p class="muted">"There are none that can be used."</p> }
    } else {
        any_view! { <ul class="row-list">{rows}</ul> }
    };
    let problem = ErasedSignal::new(refused_problem());
    let content = any_view! {
        {problem_note(problem)}
        {shown_note(invites.shown)}
        <section class="card">
            <h3>"Invite people"</h3>
            {create_form(invites.offered, problem)}
        </section>
        <section class="card">
            <h3>"Invitations"</h3>
            {list}
            {more}
        </section>
    };
    administration_page("Invitations", content)
}

fn create_form(
    offered: Vec<(ConversationId, String)>,
    problem: ErasedSignal<Option<Problem>>,
) -> AnyView {
    let (chosen, role) = (filled_in("conversation_ids"), filled_in("role"));
    let is_admin = role == role_name(UserRole::Admin);
    let choices = offered.into_iter().map(|(id, title)| {
        let id = id.to_string();
        let checked = chosen.split(' ').any(|chosen| chosen == id);
        any_view! {
            <label class="choice">
                <input type="checkbox" name="conversation_ids[]" value=id checked=checked />
                <span dir="auto" translate="no">{title}</span>
            </label>
        }
    });
    let choices: Vec<_> = choices.collect();
    let email = request_context::chat().sends_emails().then(|| {
        any_view! {
            <Field
                label="Mail it to (optional)"
                name="email"
                kind="email"
                hint="Who makes an account with the link and this address has confirmed it."
                value=filled_in("email")
                problem
            />
        }
    });
    any_view! {
        <form method="post" action=form_action(CreateInvitation::url())>
            <Field
                label="Note (optional)"
                name="note"
                hint="What you remember the invitation by."
                value=filled_in("note")
                problem
            />
            <Field
                label="People who may use it"
                name="max_uses"
                kind="number"
                value=filled_in_or("max_uses", "1".to_owned())
                required=true
                problem
            />
            <Field
                label="Days for which it is valid"
                name="days"
                kind="number"
                value=filled_in_or("days", "7".to_owned())
                required=true
                problem
            />
            {email}
            <fieldset class="choices">
                <legend>"They become"</legend>
                <label class="choice">
                    <input type="radio" name="role" value="member" checked=!is_admin />
                    "Members"
                </label>
                <label class="choice">
                    <input type="radio" name="role" value="admin" checked=is_admin />
                    "Administrators of the whole server"
                </label>
            </fieldset>
            <fieldset class="choices">
                <legend>"They join"</legend>
                {choices}
            </fieldset>
            <div class="form-end">
                <button class="button button-primary">"Make the link"</button>
            </div>
        </form>
    }
}

/// A text as it reads, whatever it says of its direction.
fn without_controls(text: &str) -> String {
    let is_control = |it: &char| {
        it.is_control() || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|it| !is_control(it)).collect()
}

fn row(invitation: Invitation) -> AnyView {
    let by = invitation
        .created_by
        .unwrap_or_else(|| "the operator".to_owned());
    let role = match invitation.role {
        UserRole::Admin => ", administrators",
        UserRole::Member => "",
    };
    let mailed = match &invitation.email {
        Some(email) => format!(", mailed to {}", without_controls(email)),
        None => String::new(),
    };
    let details = format!(
        "{} of {} used{role}, until {}, by {by}{mailed}",
        invitation.uses,
        invitation.max_uses,
        invitation.expires_at.date(),
    );
    let note = Some(without_controls(&invitation.note)).filter(|note| !note.is_empty());
    let title = note.unwrap_or_else(|| format!("Invitation {}", invitation.id));
    let label = format!("End: {title}");
    any_view! {
        <li class="row-item">
            <div class="grow">
                <strong dir="auto" translate="no">{title}</strong>
                <p class="muted" dir="auto">{details}</p>
            </div>
            <form method="post" action=form_action(RevokeInvitation::url())>
                <input type="hidden" name="id" value=invitation.id.to_string() />
                <button class="button button-quiet" aria-label=label>"End"</button>
            </form>
        </li>
    }
}
