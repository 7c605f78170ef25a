//! The page of bots: made, listed, and given tokens.

use super::{layout::administration_page, paths::BOTS_PATH};
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem, refused_value},
    request_context::{self, query_param_of},
    settings::own_proof,
    shown_once::{SHOWN_ID, Secret, ShownOnce, show_once, shown_note, shown_secret},
    token_form::{TypedToken, token_fields, token_list},
    ui::{Field, filled_in, form_action, other_problem_note, problem_note},
};
use axum::http::request::Parts;
use chat::{Caller, Chat, Error};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{
    ApiToken, Bot, NewBot, NewBotToken, Page, PageRequest, Problem, Scope, SessionId, UserId,
};

/// The parameters of the page's address: the cursor of the list, and the bot whose tokens are shown.
const CURSOR: &str = "after";
const BOT: &str = "bot";

const BOTS_PER_PAGE: i64 = 50;

/// Tokens of a bot that the page lists: as many as there can be.
const MAX_TOKENS: i64 = 100;

#[derive(Clone)]
pub struct Bots {
    list: Page<Bot>,
    /// The bot that is open, with its tokens.
    open: Option<(Bot, Vec<ApiToken>)>,
    has_password: bool,
    has_two_factor: bool,
    shown: Option<ShownOnce>,
}

impl std::fmt::Debug for Bots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bots")
            .field("list", &self.list)
            .finish_non_exhaustive()
    }
}

pub async fn load_bots(chat: &Chat, caller: &Caller, parts: &Parts) -> chat::Result<Bots> {
    let page = PageRequest {
        cursor: query_param_of(parts, CURSOR),
        limit: Some(BOTS_PER_PAGE),
    };
    let open = match query_param_of(parts, BOT).and_then(|id| id.parse().ok()) {
        None => None,
        Some(id) => {
            let bot = chat.bot(caller, id).await?;
            let all = PageRequest {
                cursor: None,
                limit: Some(MAX_TOKENS),
            };
            Some((bot, chat.bot_tokens(caller, id, &all).await?.items))
        }
    };
    Ok(Bots {
        list: chat.bots(caller, &page).await?,
        open,
        has_password: chat.has_password(caller).await?,
        has_two_factor: chat.two_factor(caller).await?.enabled_at.is_some(),
        shown: shown_secret(chat, caller, parts),
    })
}

/// The page with the tokens of a bot.
fn path_of_bot(id: UserId) -> String {
    format!("{BOTS_PATH}?{BOT}={id}")
}

#[server(prefix = "/form", endpoint = "create-bot")]
pub async fn create_bot(username: String, #[server(default)] name: String) -> Result<(), AppError> {
    let filled_in = [("username", username.clone()), ("bot_name", name.clone())];
    let created = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        let new = NewBot {
            username,
            name: Some(name),
        };
        let bot = chat.create_bot(&caller, new).await?;
        leptos_axum::redirect(&path_of_bot(bot.user.id));
        Ok(())
    };
    refuse_form(BOTS_PATH, &filled_in, created.await)
}

#[server(prefix = "/form", endpoint = "create-bot-token")]
pub async fn create_bot_token(
    bot: UserId,
    name: String,
    #[server(default)] scopes: Vec<Scope>,
    expires_in_days: String,
    current_password: String,
    #[server(default)] code: String,
) -> Result<(), AppError> {
    let typed = TypedToken {
        name,
        scopes,
        expires_in_days,
        conversation_ids: Vec::new(),
    };
    let mut filled_in = Vec::from(typed.filled_in());
    filled_in.push((BOT, bot.to_string()));
    let created = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = request_context::caller()?;
        let new = NewBotToken {
            token: typed.read()?,
            current_password,
            code: Some(code),
        };
        let created = chat.create_bot_token(&caller, bot, new, &client).await?;
        let place = format!("{}#{SHOWN_ID}", path_of_bot(bot));
        let label = format!("The token “{}”", created.details.name);
        show_once(&chat, &caller, &place, label, Secret::Token(created.token))?;
        Ok(())
    };
    refuse_form(&path_of_bot(bot), &filled_in, created.await)
}

#[server(prefix = "/form", endpoint = "delete-bot-token")]
pub async fn delete_bot_token(bot: UserId, id: SessionId) -> Result<(), AppError> {
    let deleted = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        match chat.delete_bot_token(&caller, bot, id).await {
            // The form was sent twice, or the token has expired meanwhile.
            Err(Error::NotFound(_)) => {}
            deleted => deleted?,
        }
        leptos_axum::redirect(&path_of_bot(bot));
        Ok(())
    };
    refuse_form(&path_of_bot(bot), &[], deleted.await)
}

pub fn bots_page(bots: Bots) -> AnyView {
    // What was refused is shown in the form that was sent: that of a token names its bot.
    let problem = refused_problem();
    let is_of_token = refused_value(BOT).is_some_and(|id| !id.is_empty());
    let (of_token, of_bot) = match problem {
        problem @ Some(_) if is_of_token => (problem, None),
        problem => (None, problem),
    };
    let more = bots.list.next_cursor.map(|cursor| {
        let path = format!("{BOTS_PATH}?{CURSOR}={cursor}");
        any_view! { <p><a href=path>"More"</a></p> }
    });
    let rows: Vec<_> = bots.list.items.iter().map(row).collect();
    let list = if rows.is_empty() {
        any_view! { <p class="muted">"There are none."</p> }
    } else {
        any_view! { <ul class="row-list">{rows}</ul> }
    };
    let of_token = ErasedSignal::new(of_token);
    let proof = own_proof(bots.has_password, of_token);
    let open = bots
        .open
        .map(|(bot, tokens)| open_bot(&bot, &tokens, proof, bots.has_two_factor, of_token));
    let content = any_view! {
        {shown_note(bots.shown)}
        {open}
        {create_form(of_bot)}
        <section class="card">
            <h3>"Bots"</h3>
            {list}
            {more}
        </section>
    };
    administration_page("Bots", content)
}

fn create_form(problem: Option<Problem>) -> AnyView {
    let problem = ErasedSignal::new(problem);
    any_view! {
        <section class="card">
            <h3>"Make a bot"</h3>
            <p class="muted card-text">
                "A program with a name of its own. Others see that it is one. Nobody signs in as it: it has tokens."
            </p>
            {problem_note(problem)}
            <form method="post" action=form_action(CreateBot::url())>
                <Field label="Username" name="username" value=filled_in("username") required=true problem />
                <div class="field">
                    <label for="bot-name">"Name (optional)"</label>
                    <input id="bot-name" name="name" autocomplete="off" value=filled_in("bot_name") />
                </div>
                <div class="form-end">
                    <button class="button button-primary">"Make the bot"</button>
                </div>
            </form>
        </section>
    }
}

fn open_bot(
    bot: &Bot,
    tokens: &[ApiToken],
    proof: AnyView,
    has_two_factor: bool,
    problem: ErasedSignal<Option<Problem>>,
) -> AnyView {
    let id = bot.user.id.to_string();
    let list = token_list(tokens, |token, button| {
        any_view! {
            <form method="post" action=form_action(DeleteBotToken::url())>
                <input type="hidden" name="bot" value=id.clone() />
                <input type="hidden" name="id" value=token.id.to_string() />
                {button}
            </form>
        }
    });
    any_view! {
        <section class="card">
            <h3>"Tokens of "<bdi translate="no">{bot.user.name.clone()}</bdi></h3>
            {list}
        </section>
        <section class="card">
            <h3>"Make a token for "<bdi translate="no">{bot.user.name.clone()}</bdi></h3>
            {other_problem_note(problem, &["currentPassword", "code", "name"])}
            <form method="post" action=form_action(CreateBotToken::url())>
                <input type="hidden" name="bot" value=id.clone() />
                {token_fields(Vec::new(), proof, has_two_factor, problem)}
            </form>
        </section>
    }
}

fn row(bot: &Bot) -> AnyView {
    let owner = bot.owner.as_deref().unwrap_or("the operator");
    let tokens = match bot.tokens {
        1 => "1 token".to_owned(),
        count => format!("{count} tokens"),
    };
    let details = format!(
        "@{}, {tokens}, made on {} by {owner}",
        bot.user.username,
        bot.created_at.date()
    );
    let blocked = bot
        .blocked_at
        .map(|_| any_view! { " " <span class="tag">"Blocked"</span> });
    let label = format!("Tokens: {}", bot.user.name);
    any_view! {
        <li class="row-item">
            <div class="grow">
                <strong dir="auto" translate="no">{bot.user.name.clone()}</strong>
                {blocked}
                <p class="muted" dir="auto">{details}</p>
            </div>
            <a class="button button-quiet" href=path_of_bot(bot.user.id) aria-label=label>"Tokens"</a>
        </li>
    }
}
