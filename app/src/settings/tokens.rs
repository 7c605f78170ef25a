//! The page of the user's tokens for programs. Plain forms, rendered on the server only.

use super::password::present_password;
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, query_param_of},
    shown_once::{SHOWN_ID, Secret, ShownOnce, show_once, shown_note, shown_secret},
    ui::{
        CodeKind, Field, any_problem_note, code_field, filled_in, filled_in_or, form_action,
        form_pane,
    },
};
use axum::http::request::Parts;
use chat::{Caller, Chat, Error};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{
    ApiToken, ConversationId, DEFAULT_TOKEN_DAYS, Event, NewApiToken, NewPersonalToken, Page,
    PageRequest, Problem, Scope, SessionId,
};

pub const TOKENS_PATH: &str = "/settings/tokens";

/// The parameter of the page's address with the cursor of the list.
const CURSOR: &str = "before";

const TOKENS_PER_PAGE: i64 = 50;

/// Conversations that the form offers: the newest groups and channels of the user.
const MAX_OFFERED: usize = 50;

#[derive(Clone)]
pub struct TokenSettings {
    tokens: Page<ApiToken>,
    /// Conversations to which a token can be limited, by title.
    offered: Vec<(ConversationId, String)>,
    has_two_factor: bool,
    shown: Option<ShownOnce>,
}

impl std::fmt::Debug for TokenSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSettings")
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

pub async fn load_tokens(
    chat: &Chat,
    caller: &Caller,
    parts: &Parts,
) -> chat::Result<TokenSettings> {
    let page = PageRequest {
        cursor: query_param_of(parts, CURSOR),
        limit: Some(TOKENS_PER_PAGE),
    };
    Ok(TokenSettings {
        tokens: chat.api_tokens(caller, &page).await?,
        offered: offered(chat, caller).await?,
        has_two_factor: chat.two_factor(caller).await?.enabled_at.is_some(),
        shown: shown_secret(chat, caller, parts),
    })
}

async fn offered(chat: &Chat, caller: &Caller) -> chat::Result<Vec<(ConversationId, String)>> {
    let Event::Ready { conversations, .. } = chat.ready(caller).await? else {
        return Ok(Vec::new());
    };
    let joined = conversations.into_iter().filter_map(|summary| {
        let conversation = summary.conversation;
        let is_joined_group = conversation.kind.is_group() && summary.role.is_some();
        is_joined_group.then(|| Some((conversation.id, conversation.title?)))?
    });
    Ok(joined.take(MAX_OFFERED).collect())
}

#[server(prefix = "/form", endpoint = "create-token")]
pub async fn create_token(
    name: String,
    #[server(default)] scopes: Vec<Scope>,
    expires_in_days: String,
    #[server(default)] conversation_ids: Vec<ConversationId>,
    current_password: String,
    #[server(default)] code: String,
) -> Result<(), AppError> {
    let filled_in = [
        ("name", name.clone()),
        ("scopes", words(&scopes)),
        ("expires_in_days", expires_in_days.clone()),
        ("conversation_ids", words(&conversation_ids)),
    ];
    let created = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = request_context::caller()?;
        let days = expires_in_days.trim().parse();
        let not_a_number = |_| Error::invalid("expiresInDays", "must be 1 to 365");
        let token = NewApiToken {
            name,
            scopes,
            conversation_ids: Some(conversation_ids).filter(|ids| !ids.is_empty()),
            expires_in_days: days.map_err(not_a_number)?,
        };
        let new = NewPersonalToken {
            token,
            current_password,
            code: Some(code),
        };
        let created = chat.create_api_token(&caller, new, &client).await?;
        let place = format!("{TOKENS_PATH}#{SHOWN_ID}");
        let label = format!("The token “{}”", created.details.name);
        show_once(&chat, &caller, &place, label, Secret::Token(created.token))?;
        Ok(())
    };
    refuse_form(TOKENS_PATH, &filled_in, created.await)
}

fn words<T: ToString>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    items.join(" ")
}

#[server(prefix = "/form", endpoint = "delete-token")]
pub async fn delete_token(id: SessionId) -> Result<(), AppError> {
    let deleted = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        match chat.delete_api_token(&caller, id).await {
            // The form was sent twice, or the token has expired meanwhile.
            Err(Error::NotFound(_)) => {}
            deleted => deleted?,
        }
        leptos_axum::redirect(TOKENS_PATH);
        Ok(())
    };
    refuse_form(TOKENS_PATH, &[], deleted.await)
}

pub fn tokens_page(settings: TokenSettings) -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let more = settings.tokens.next_cursor.map(|cursor| {
        let path = format!("{TOKENS_PATH}?{CURSOR}={cursor}");
        any_view! { <p><a href=path>"Older ones"</a></p> }
    });
    let rows: Vec<_> = settings.tokens.items.iter().map(row).collect();
    let list = if rows.is_empty() {
        any_view! { <p class="muted">"There are none."</p> }
    } else {
        any_view! { <ul class="row-list">{rows}</ul> }
    };
    let content = any_view! {
        {any_problem_note(problem)}
        {shown_note(settings.shown)}
        <section class="card">
            <h3>"Make a token"</h3>
            <p class="muted card-text">
                "With it a program does in your name what you check here. It can never change your password, your sign-in or your e-mail address."
            </p>
            {create_form(settings.offered, settings.has_two_factor, problem)}
        </section>
        <section class="card">
            <h3>"Your tokens"</h3>
            {list}
            {more}
        </section>
    };
    form_pane("Tokens for programs", ().into_any(), content)
}

/// What a scope lets a program do, in words.
fn scope_text(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Read: see and search what you see, and hear it live",
        Scope::Write => "Write: also send, edit and delete your messages, react, vote and upload",
        Scope::Manage => {
            "Manage: also make, change and leave conversations, and change your profile"
        }
        Scope::Admin => {
            "Administer: list and block people, invite and announce, if you are an administrator"
        }
    }
}

fn create_form(
    offered: Vec<(ConversationId, String)>,
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
        <form method="post" action=form_action(CreateToken::url())>
            <Field
                label="Name"
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
            {present_password(problem)}
            {has_two_factor.then(|| code_field(CodeKind::Either, false))}
            <div class="form-end">
                <button class="button button-primary">"Make the token"</button>
            </div>
        </form>
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

fn row(token: &ApiToken) -> AnyView {
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
    any_view! {
        <li class="row-item">
            <div class="grow">
                <strong dir="auto" translate="no">{token.name.clone()}</strong>
                <p class="muted">{details}</p>
            </div>
            <form method="post" action=form_action(DeleteToken::url())>
                <input type="hidden" name="id" value=token.id.to_string() />
                <button class="button button-quiet" aria-label=label>"Delete"</button>
            </form>
        </li>
    }
}
