//! The commands of accounts, invitations and e-mail: `parlance users …`, `parlance invites …` and `parlance mail …`.

use super::settings::Config;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Create, change and end users of an app from a file; ends with 3 if entries were rejected
    Import(Box<ImportUsers>),
    /// Print all accounts, or the users of an app as one JSON object a line
    List(Box<ListUsers>),
    /// Make an account, and print the link by which its user chooses the password
    Create(Box<CreateUser>),
    /// Print a link with which a user chooses another password: once, within 30 minutes
    Reset(Box<ResetUser>),
    /// Take the second factor of a user away who has lost it, and sign them out everywhere
    ResetTwoFactor(Box<NamedUser>),
    /// Make a user an administrator of the whole server
    Promote(Box<NamedUser>),
    /// Make an administrator a member again
    Demote(Box<NamedUser>),
    /// End all sessions of a user, and refuse every way to sign in
    Block(Box<NamedUser>),
    /// Let a blocked user sign in again
    Unblock(Box<NamedUser>),
    /// Sign a user out everywhere
    EndSessions(Box<NamedUser>),
    /// Delete an account for good; servers that run erase what is left of it
    Delete(Box<DeleteUser>),
    /// Look through every table for what is left of a deleted account; ends with 3 if there is something
    CheckDeletion(Box<CheckDeletion>),
    /// Write all that there is of a user into a ZIP file: their own messages and files, no secrets, nothing of others
    Export(Box<ExportUser>),
}

#[derive(Debug, Subcommand)]
pub enum InvitesCommand {
    /// Make an invitation, and print its link
    Create(Box<CreateInvite>),
    /// Print the invitations that can be used
    List(Box<ListInvites>),
    /// End an invitation
    Revoke(Box<RevokeInvite>),
}

#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Send a mail at once, to see whether `SMTP_URL` and `MAIL_FROM` work
    Test(Box<TestMail>),
}

#[derive(Debug, Args)]
pub struct TestMail {
    /// E-mail address that gets it
    pub address: String,
    #[command(flatten)]
    pub config: Config,
}

/// How a command prints links, and everything else.
#[derive(Debug, Args)]
pub struct Printing {
    /// Address of the server, as people reach it [default: `PUBLIC_URL`, or the one that it listens on]
    #[arg(long)]
    pub url: Option<String>,
    /// Print JSON, for programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = IMPORT_HELP)]
pub struct ImportUsers {
    /// Name of the app
    pub app: String,
    /// JSON lines, or CSV with a header; `-` is the standard input
    pub file: PathBuf,
    /// Say what would happen, and keep nothing
    #[arg(long)]
    pub dry_run: bool,
    /// End the users of the app who are not in the file
    #[arg(long)]
    pub end_missing: bool,
    /// Do so even if these are more than half
    #[arg(long, requires = "end_missing")]
    pub yes: bool,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct ListUsers {
    /// Name of an app; without it, all accounts
    pub app: Option<String>,
    /// Print one JSON object a line, as for an app
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct CreateUser {
    pub username: String,
    /// The name that others see [default: the username]
    #[arg(long)]
    pub name: Option<String>,
    #[arg(long)]
    pub email: Option<String>,
    /// Make an administrator
    #[arg(long)]
    pub admin: bool,
    #[command(flatten)]
    pub printing: Printing,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct ResetUser {
    /// The user's username here
    pub username: String,
    #[command(flatten)]
    pub printing: Printing,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct NamedUser {
    /// The user's username here
    pub username: String,
    /// Print JSON, for programs
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct DeleteUser {
    /// The user's username here
    pub username: String,
    /// Whether the messages stay, as those of "Deleted user", or are removed
    #[arg(long, default_value = "keep", value_parser = ["keep", "remove"])]
    pub messages: String,
    /// Print JSON, for programs
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct CheckDeletion {
    /// The username that the account has since, such as `deleted-17`, or its id
    pub account: String,
    /// Also look for this text, such as the username or the e-mail address of before; may be given several times
    #[arg(long = "text")]
    pub texts: Vec<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct ExportUser {
    /// The user's username here
    pub username: String,
    /// The file to write, which must not be there
    #[arg(long)]
    pub to: PathBuf,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct CreateInvite {
    /// What you remember it by
    #[arg(long, default_value = "")]
    pub note: String,
    /// How many people may use it
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub uses: i32,
    /// Hours for which it is valid
    #[arg(long, default_value_t = 168, value_parser = clap::value_parser!(i32).range(1..=8_760))]
    pub hours: i32,
    /// Make administrators of those who use it
    #[arg(long)]
    pub admin: bool,
    /// Id of a public channel that they join; may be given several times
    #[arg(long = "channel")]
    pub channels: Vec<i64>,
    /// E-mail address that a server mails the link to
    #[arg(long)]
    pub email: Option<String>,
    #[command(flatten)]
    pub printing: Printing,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct ListInvites {
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct RevokeInvite {
    /// The number that the list has
    pub id: i64,
    #[command(flatten)]
    pub config: Config,
}

const IMPORT_HELP: &str = "\
Fields: id, name, username, email, picture (or avatarUrl), role (admin or member), active.
All but id may be missing, and others are ignored.

Examples:
  parlance users import app users.csv
  mongoexport -c users … | jq -c '{id: ._id.\"$oid\", name, email}' | parlance users import app -";
