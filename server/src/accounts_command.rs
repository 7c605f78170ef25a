//! The commands `parlance users`, `parlance invites` and `parlance mail`: accounts, invitations and e-mail, over the
//! database, while servers run.

use crate::{
    config::{Config, CreateInvite, CreateUser, NamedUser, Printing},
    directory::wait_for_bus,
};
use chat::{Caller, Chat, Error};
use model::{
    ConversationId, Invitation, InvitationId, NewInvitation, NewUserAccount, PageRequest,
    UserAccount, UserId, UserRole,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, Write};

/// Rows that one page of a list has.
const PAGE: i64 = 100;

#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    #[error("there is no user with the username {0:?}")]
    UnknownUser(String),
    #[error("{0}")]
    Chat(#[from] Error),
    #[error("SMTP_URL, MAIL_FROM and PUBLIC_URL are not set: this server sends no e-mail")]
    NoMailServer,
    #[error("the mail was not sent: {0}")]
    Mail(Box<dyn std::error::Error + Send + Sync>),
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

type Result<T> = std::result::Result<T, AccountsError>;

/// What a command does to one user.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    SetRole(UserRole),
    Block,
    Unblock,
    EndSessions,
    ResetTwoFactor,
}

/// Does it, tells the servers that run, and prints what is so now.
pub async fn change(chat: &Chat, command: &NamedUser, action: Action) -> Result<()> {
    wait_for_bus(chat).await;
    let (username, operator) = (&command.username, &Caller::OPERATOR);
    let id = find(chat, username).await?;
    let mut already = "";
    let is = match action {
        Action::SetRole(role) => {
            if !chat.set_user_role(operator, id, role).await? {
                already = " already";
            }
            match role {
                UserRole::Admin => "an administrator",
                UserRole::Member => "a member",
            }
        }
        Action::Block => {
            chat.block_user(operator, id).await?;
            "blocked"
        }
        Action::Unblock => {
            chat.unblock_user(operator, id).await?;
            "not blocked"
        }
        Action::EndSessions => {
            chat.end_user_sessions(operator, id).await?;
            "signed out everywhere"
        }
        Action::ResetTwoFactor => {
            if !chat.reset_two_factor(operator, id).await? {
                already = " already";
            }
            "without two-factor authentication"
        }
    };
    let account = chat.user_account(operator, id).await?;
    print(command.json, &account, || {
        format!("{username} is {is}{already}.")
    })
}

pub async fn create(chat: &Chat, command: &CreateUser) -> Result<()> {
    let new = NewUserAccount {
        username: command.username.clone(),
        name: command.name.clone(),
        email: command.email.clone(),
        role: role(command.admin),
    };
    let created = chat.create_user_account(&Caller::OPERATOR, new).await?;
    let url = reset_url(
        &command.printing,
        &command.config,
        &created.password_reset.token,
    );
    let said = json!({ "account": created.account, "url": url,
        "passwordReset": created.password_reset });
    print(command.printing.json, &said, || {
        let username = &created.account.user.username;
        format!("{username} chooses a password there, once, within 30 minutes:\n{url}")
    })
}

pub async fn reset(
    chat: &Chat,
    username: &str,
    printing: &Printing,
    config: &Config,
) -> Result<()> {
    let id = find(chat, username).await?;
    let link = chat.create_password_reset(&Caller::OPERATOR, id).await?;
    let url = reset_url(printing, config, &link.token);
    let said = json!({ "url": url, "passwordReset": link });
    print(printing.json, &said, || {
        format!("{username} chooses another password there, once, within 30 minutes:\n{url}")
    })
}

/// Prints all accounts.
pub async fn list(chat: &Chat, is_json: bool) -> Result<()> {
    let mut cursor = None;
    loop {
        let page = PageRequest {
            limit: Some(PAGE),
            cursor,
        };
        let page = chat.user_accounts(&Caller::OPERATOR, None, &page).await?;
        for account in &page.items {
            if !print_row(is_json, account, || account_row(account))? {
                return Ok(());
            }
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

pub async fn invite(chat: &Chat, command: &CreateInvite) -> Result<()> {
    let new = NewInvitation {
        note: command.note.clone(),
        max_uses: command.uses,
        hours: command.hours,
        role: role(command.admin),
        conversation_ids: command
            .channels
            .iter()
            .copied()
            .map(ConversationId)
            .collect(),
        email: command.email.clone(),
    };
    let created = chat.create_invitation(&Caller::OPERATOR, new).await?;
    let url = url(&command.printing, &command.config, "invite", &created.token);
    let said = json!({ "invitation": created.invitation, "token": created.token, "url": url });
    print(command.printing.json, &said, || {
        let (id, uses) = (created.invitation.id, created.invitation.max_uses);
        format!("Invitation {id}, for {uses}:\n{url}")
    })
}

/// Prints the invitations that can be used.
pub async fn list_invites(chat: &Chat, is_json: bool) -> Result<()> {
    let mut cursor = None;
    loop {
        let page = PageRequest {
            limit: Some(PAGE),
            cursor,
        };
        let page = chat.invitations(&Caller::OPERATOR, &page).await?;
        for invitation in &page.items {
            if !print_row(is_json, invitation, || invitation_row(invitation))? {
                return Ok(());
            }
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

pub async fn revoke_invite(chat: &Chat, id: i64) -> Result<()> {
    let revoked = chat.revoke_invitation(&Caller::OPERATOR, InvitationId(id));
    revoked.await?;
    print(false, &Value::Null, || {
        format!("Invitation {id} has ended.")
    })
}

/// Sends a mail past the queue.
pub async fn test_mail(chat: &Chat, address: &str) -> Result<()> {
    if !chat.sends_emails() {
        return Err(AccountsError::NoMailServer);
    }
    match chat.send_test_email(address).await {
        Err(Error::Internal(cause)) => return Err(AccountsError::Mail(cause)),
        sent => sent?,
    }
    print(false, &Value::Null, || {
        format!("The mail server has taken a mail to {address}.")
    })
}

/// The address at which people find the server with its own settings, without a slash at the end.
pub fn own_url(host: &str, port: u16) -> String {
    let host = match host {
        "0.0.0.0" | "::" => "127.0.0.1".to_owned(),
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_owned(),
    };
    format!("http://{host}:{port}")
}

fn reset_url(printing: &Printing, config: &Config, token: &str) -> String {
    url(printing, config, "reset", token)
}

fn url(printing: &Printing, config: &Config, page: &str, token: &str) -> String {
    let public = config.public_url.as_ref().map(ToString::to_string);
    let own = || public.unwrap_or_else(|| own_url(&config.host, config.port));
    let base = printing.url.clone().unwrap_or_else(own);
    format!("{}/{page}/{token}", base.trim_end_matches('/'))
}

fn role(is_admin: bool) -> UserRole {
    if is_admin {
        UserRole::Admin
    } else {
        UserRole::Member
    }
}

pub(crate) async fn find(chat: &Chat, username: &str) -> Result<UserId> {
    let found = chat.find_user_named(&Caller::OPERATOR, username).await;
    found.map_err(|error| match error {
        Error::NotFound(_) => AccountsError::UnknownUser(username.to_owned()),
        other => other.into(),
    })
}

fn account_row(account: &UserAccount) -> String {
    let role = match account.user.role {
        UserRole::Admin => "admin",
        UserRole::Member => "member",
    };
    let state = match account.blocked_at {
        Some(_) => "blocked",
        None => "active",
    };
    format!(
        "{:<32} {role:<6} {state:<7} {}",
        account.user.username, account.user.name
    )
}

fn invitation_row(invitation: &Invitation) -> String {
    let by = invitation.created_by.as_deref().unwrap_or("the operator");
    let Invitation {
        id, uses, max_uses, ..
    } = invitation;
    let until = invitation.expires_at.date();
    let makes = match invitation.role {
        UserRole::Admin => "administrators",
        UserRole::Member => "members",
    };
    format!(
        "{id:<6} {uses}/{max_uses} used, until {until}, for {makes}, by {by}  {}",
        invitation.note
    )
}

fn print(is_json: bool, value: &impl Serialize, words: impl FnOnce() -> String) -> Result<()> {
    print_row(is_json, value, words).map(drop)
}

/// Returns whether somebody still reads: `head` has enough at some time.
pub(crate) fn print_row(
    is_json: bool,
    value: &impl Serialize,
    words: impl FnOnce() -> String,
) -> Result<bool> {
    let row = if is_json {
        serde_json::to_string(value).map_err(io::Error::other)?
    } else {
        words()
    };
    match writeln!(io::stdout().lock(), "{row}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => Ok(written.map(|()| true)?),
    }
}

#[cfg(test)]
mod tests {
    use super::own_url;

    #[test]
    fn links_lead_to_where_the_server_listens() {
        assert_eq!(own_url("0.0.0.0", 80), "http://127.0.0.1:80");
        assert_eq!(own_url("::1", 8080), "http://[::1]:8080");
        assert_eq!(
            own_url("chat.example.org", 8080),
            "http://chat.example.org:8080"
        );
    }
}
