//! What an administrator does to accounts: the forms' server functions.

use super::paths::{Listed, account_id};
use crate::{
    error::AppError,
    refuse_form::refuse_form,
    request_context,
    shown_once::{SHOWN_ID, Secret, show_once},
};
use leptos::prelude::*;
use model::{AccountDeletion, MessagesOfDeleted, NewUserAccount, UserId, UserRole};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Reset,
    Promote,
    Demote,
    EndSessions,
    ResetTwoFactor,
    Block,
    Unblock,
    RemovePicture,
    Delete,
    DeleteAll,
}

/// Leads back to the account in the list that the form was on.
#[server(prefix = "/form", endpoint = "change-account")]
pub async fn change_account(
    id: UserId,
    action: Action,
    #[server(default)] current_password: String,
    #[server(default)] code: String,
    #[server(default)] query: String,
    #[server(default)] after: String,
) -> Result<(), AppError> {
    let list = Listed { query, after }.path();
    let account = format!("{list}#{}", account_id(id));
    let filled_in = [("id", id.to_string())];
    let changed = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        match action {
            Action::Reset => {
                let account = chat.user_account(&caller, id).await?;
                let link = chat.create_password_reset(&caller, id).await?;
                let label = format!("A new password for {}", account.user.username);
                let link = Secret::Link(format!("/reset/{}", link.token));
                let place = format!("{list}#{SHOWN_ID}");
                show_once(&chat, &caller, &place, label, link)?;
                return Ok(());
            }
            Action::Promote => drop(chat.set_user_role(&caller, id, UserRole::Admin).await?),
            Action::Demote => drop(chat.set_user_role(&caller, id, UserRole::Member).await?),
            Action::EndSessions => chat.end_user_sessions(&caller, id).await?,
            Action::ResetTwoFactor => drop(chat.reset_two_factor(&caller, id).await?),
            Action::Block => chat.block_user(&caller, id).await?,
            Action::Unblock => chat.unblock_user(&caller, id).await?,
            Action::RemovePicture => chat.remove_picture_of(&caller, id).await?,
            Action::Delete | Action::DeleteAll => {
                let messages = if action == Action::Delete {
                    MessagesOfDeleted::Keep
                } else {
                    MessagesOfDeleted::Remove
                };
                let wish = AccountDeletion {
                    messages,
                    current_password,
                    code,
                };
                let client = request_context::request().client;
                chat.delete_account(&caller, id, wish, &client).await?;
                leptos_axum::redirect(&list);
                return Ok(());
            }
        }
        leptos_axum::redirect(&account);
        Ok(())
    };
    refuse_form(&account, &filled_in, changed.await)
}

#[server(prefix = "/form", endpoint = "create-account")]
pub async fn create_account(
    username: String,
    #[server(default)] name: String,
    #[server(default)] query: String,
    #[server(default)] after: String,
) -> Result<(), AppError> {
    let list = Listed { query, after }.path();
    let filled_in = [("username", username.clone()), ("name", name.clone())];
    let created = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        let new = NewUserAccount {
            username,
            name: Some(name),
            ..NewUserAccount::default()
        };
        let created = chat.create_user_account(&caller, new).await?;
        let label = format!("The account of {}", created.account.user.username);
        let link = Secret::Link(format!("/reset/{}", created.password_reset.token));
        let place = format!("{list}#{SHOWN_ID}");
        show_once(&chat, &caller, &place, label, link)?;
        Ok(())
    };
    refuse_form(&list, &filled_in, created.await)
}
