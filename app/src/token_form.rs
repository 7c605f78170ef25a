//! The form of a new token for programs, and the list of those that there are: of a user's own, and of a bot. Rendered on
//! the server only.

use crate::{
    erased_signal::ErasedSignal,
    ui::{CodeKind, Field, code_field, filled_in, filled_in_or},
};
use chat::Error;
use leptos::prelude::*;
use model::{ApiToken, ConversationId, DEFAULT_TOKEN_DAYS, NewApiToken, Problem, Scope};

/// What was typed into the form, as it was.
pub struct TypedToken {
    pub name: String,
    pub scopes: Vec<Scope>,
    pub expires_in_days: String,
    pub conversation_ids: Vec<ConversationId>,
}

impl TypedToken {
    /// The fields, for a form that is shown again.
    pub fn filled_in(&self) -> [(&'static str, String); 4] {
        [
            ("name", self.name.clone()),
            ("scopes", words(&self.scopes)),
            ("expires_in_days", self.expires_in_days.clone()),
            ("conversation_ids", words(&self.conversation_ids)),
        ]
    }

    pub fn read(self) -> chat::Result<NewApiToken> {
        let days = self.expires_in_days.trim().parse();
        let not_a_number = |_| Error::invalid("expiresInDays", "must be 1 to 365");
        Ok(NewApiToken {
            name: self.name,
            scopes: self.scopes,
            conversation_ids: Some(self.conversation_ids).filter(|ids| !ids.is_empty()),
            expires_in_days: days.map_err(not_a_number)?,
        })
    }
}

fn words<T: ToString>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    items.join(" ")
}

/// What a scope lets a program do, in words.
fn scope_text(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Read: see and search what its user sees, and hear it live",
        Scope::Write => "Write: also send, edit and delete messages, react, vote and upload",
        Scope::Manage => {
            "Manage: also make, change and leave conversations, and change the profile"
        }
        Scope::Admin => {
            "Administer: list and block people, invite and announce, if its user is an administrator"
        }
    }
}

/// The fields of the form, whoever it is for. `offered`: conversations to which the token can be limited, by title.
/// `password`: the field of the password of whoever makes it.
pub fn token_fields(
    offered: Vec<(ConversationId, String)>,
    password: AnyView,
    has_two_factor: bool,
    problem: ErasedSignal<Option<Problem>>,
) -> AnyView {
    let chosen = filled_in_or("scopes", Scope::Read.name().to_owned());
    let scopes = Scope::ALL.map(|scope| {
        let checked = chosen.split(' ').any(|chosen| chosen == scope.name());
        any_view! {
            <label class="choice">
                <input type="checkbox" name="scopes[]" value=scope.name() checked=checked />
                <span>{scope_text(scope)}</span>
            </label>
        }
    });
    any_view! {
        <Field
            label="Name of the token"
            name="name"
            hint="What you remember it by, such as the program that has it."
            value=filled_in("name")
            required=true
            problem
        />
        <fieldset class="choices">
            <legend>"It may"</legend>
            {Vec::from(scopes)}
        </fieldset>
        <Field
            label="Days for which it is valid"
            name="expires_in_days"
            kind="number"
            hint="365 at most."
            value=filled_in_or("expires_in_days", DEFAULT_TOKEN_DAYS.to_string())
            required=true
            problem
        />
        {conversation_choices(offered)}
        {password}
        {has_two_factor.then(|| code_field(CodeKind::Either, false))}
        <div class="form-end">
            <button class="button button-primary">"Make the token"</button>
        </div>
    }
}

fn conversation_choices(offered: Vec<(ConversationId, String)>) -> Option<AnyView> {
    if offered.is_empty() {
        return None;
    }
    let chosen = filled_in("conversation_ids");
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
    Some(any_view! {
        <fieldset class="choices">
            <legend>"Only in (none checked: everywhere)"</legend>
            {choices}
        </fieldset>
    })
}

/// The tokens in a list, each with the form that deletes it.
pub fn token_list(tokens: &[ApiToken], delete: impl Fn(&ApiToken, AnyView) -> AnyView) -> AnyView {
    if tokens.is_empty() {
        return any_view! { <p class="muted">"There are none."</p> };
    }
    let rows: Vec<_> = tokens.iter().map(|token| row(token, &delete)).collect();
    any_view! { <ul class="row-list">{rows}</ul> }
}

fn row(token: &ApiToken, delete: &impl Fn(&ApiToken, AnyView) -> AnyView) -> AnyView {
    let used = token.last_used_at.map_or_else(
        || "never used".to_owned(),
        |at| format!("last used on {}", at.date()),
    );
    let place = match token.conversation_ids.as_deref() {
        None => String::new(),
        Some([_]) => ", in 1 conversation".to_owned(),
        Some(ids) => format!(", in {} conversations", ids.len()),
    };
    let scopes: Vec<_> = token.scopes.iter().map(|it| it.name()).collect();
    let details = format!(
        "{}{place}, {used}, until {}",
        scopes.join(" and "),
        token.expires_at.date()
    );
    let label = format!("Delete: {}", token.name);
    let button = any_view! {
        <button class="button button-quiet" aria-label=label>"Delete"</button>
    };
    any_view! {
        <li class="row-item">
            <div class="grow">
                <strong dir="auto" translate="no">{token.name.clone()}</strong>
                <p class="muted">{details}</p>
            </div>
            {delete(token, button)}
        </li>
    }
}
