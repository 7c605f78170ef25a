//! The actions that the audit log has.

use std::fmt;

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $sentence:literal;)+) => {
        /// What an entry of the audit log says was done. The names are public: they do not change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AuditAction {
            $($(#[$doc])* $variant,)+
        }

        impl AuditAction {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// A noun and what was done to it: `user.blocked`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// A sentence about it, in which `{actor}`, `{target}`, `{conversation}` and the names of details in braces
            /// stand for what the entry has.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)+
                }
            }
        }
    };
}

actions! {
    /// With `method`: `provider`, or `password` for everything else; `client`: `browser` or `program`; and `code`: `shown`, or
    /// `device` where a remembered one stood in for it.
    SessionStarted = "session.started", "{actor} signed in";
    /// With `reason` and `attempts`: refused sign-ins of about a minute, from one network to one account.
    SessionRefused = "session.refused", "A sign-in of {target} was refused {attempts}×: {reason}";
    SessionSignedOut = "session.signed_out", "{actor} signed out";
    /// Another session of the same user.
    SessionEnded = "session.ended", "{actor} ended another session of theirs";
    /// With `sessions`.
    SessionOthersEnded = "session.others_ended", "{actor} ended all their other sessions ({sessions})";
    /// A refresh token was used twice, and the session ended.
    SessionReused = "session.reused", "A session of {target} ended: its refresh token was used twice";
    /// By a provider's back-channel logout. With `sessions`.
    SessionEndedByProvider = "session.ended_by_provider", "A provider ended sessions of {target} ({sessions})";
    PasswordChanged = "password.changed", "{actor} changed their password";
    /// A link is mailed to somebody who has forgotten theirs.
    PasswordResetMailed = "password.reset_mailed", "A link to choose another password is mailed to {target}";
    PasswordLinkMade = "password.link_made", "{actor} made a link with which {target} chooses a password";
    PasswordReset = "password.reset", "{actor} chose another password by a link";
    EmailChangeAsked = "email.change_asked", "{actor} asked for another e-mail address";
    EmailChanged = "email.changed", "{actor} changed their e-mail address";
    EmailConfirmed = "email.confirmed", "{actor} confirmed their e-mail address";
    EmailRemoved = "email.removed", "{actor} removed their e-mail address";
    TwoFactorEnabled = "two_factor.enabled", "{actor} turned two-factor authentication on";
    TwoFactorDisabled = "two_factor.disabled", "{actor} turned two-factor authentication off";
    TwoFactorReset = "two_factor.reset", "{actor} took the second factor of {target} away";
    TwoFactorCodesRenewed = "two_factor.codes_renewed", "{actor} made new recovery codes";
    /// A sign-in there asks for no code for some days.
    TwoFactorDeviceRemembered = "two_factor.device_remembered", "{actor} had a device remembered";
    TwoFactorDeviceForgotten = "two_factor.device_forgotten", "{actor} had a device forgotten";
    TwoFactorRecoveryUsed = "two_factor.recovery_used", "{actor} used a recovery code";
    /// With `token`, `scopes` and `days`; `target` where it is a bot's.
    TokenCreated = "token.created", "{actor} made a token for programs";
    TokenDeleted = "token.deleted", "{actor} deleted a token for programs";
    BotCreated = "bot.created", "{actor} made the bot {target}";
    /// With `webhook`.
    WebhookCreated = "webhook.created", "{actor} made a webhook of {conversation}";
    WebhookDeleted = "webhook.deleted", "{actor} removed a webhook of {conversation}";
    /// With `provider`.
    IdentityLinked = "identity.linked", "{actor} linked an account of {provider}";
    IdentityUnlinked = "identity.unlinked", "{actor} unlinked an account of a provider";
    /// By themself. With `method`: `password`, `invitation` or `provider`; and `invitation`.
    UserRegistered = "user.registered", "{actor} made an account";
    /// By somebody else. With `role`.
    UserCreated = "user.created", "{actor} made the account of {target}";
    UserBlocked = "user.blocked", "{actor} blocked {target}";
    UserDeleted = "user.deleted", "{actor} deleted the account of {target}";
    UserLeft = "user.left", "{actor} deleted their own account";
    /// By somebody else: of a bot, or removed by an administrator. With `picture`: `set` or `removed`.
    UserPictureChanged = "user.picture_changed", "{actor} changed the picture of {target}: {picture}";
    UserUnblocked = "user.unblocked", "{actor} unblocked {target}";
    UserSessionsEnded = "user.sessions_ended", "{actor} ended all sessions of {target}";
    /// With `role`, and `by`: `group`, `app` or `directory` where one of these decides.
    UserRoleChanged = "user.role_changed", "{actor} gave {target} the role {role}";
    /// With `invitation`, `role`, `uses` and `hours`.
    InvitationCreated = "invitation.created", "{actor} made an invitation";
    InvitationRevoked = "invitation.revoked", "{actor} revoked an invitation";
    InvitationUsed = "invitation.used", "{actor} used an invitation";
    /// With `app` and the counts of its report.
    DirectoryUpdated = "directory.updated", "{actor} updated the directory of {app}";
    DirectoryUserEnded = "directory.user_ended", "{actor} ended {target} in the directory of {app}";
    /// Two accounts, of an app and of this server, are one now. With `app`, its id.
    DirectoryUserLinked = "directory.user_linked", "{actor} linked a user of an app to {target}";
    /// Of a group or a channel; nobody writes down who writes to whom directly. With `kind` and `members`.
    ConversationCreated = "conversation.created", "{actor} made {conversation}";
    /// With `changed`: `title`, `description`, `private` or `picture`.
    ConversationChanged = "conversation.changed", "{actor} changed {conversation}: {changed}";
    ConversationDeleted = "conversation.deleted", "{actor} deleted {conversation}";
    /// By somebody else, with `members`; `target` where it is one. By themself with an invitation, with `invitation`.
    MemberAdded = "member.added", "{actor} added {target} to {conversation}";
    MemberRemoved = "member.removed", "{actor} removed {target} from {conversation}";
    /// With `role`.
    MemberRoleChanged = "member.role_changed", "{actor} gave {target} the role {role} in {conversation}";
    /// By somebody other than its sender, who is the target. With `message`.
    MessageDeleted = "message.deleted", "{actor} deleted a message of {target} in {conversation}";
    /// With `message`.
    AnnouncementSent = "announcement.sent", "{actor} sent an announcement";
    /// With `app`.
    HistoryImported = "history.imported", "{actor} imported history";
    HistoryExported = "history.exported", "{actor} exported history";
    DataExported = "data.exported", "{actor} exported their personal data";
    /// By the operator, of somebody else.
    DataOfUserExported = "data.of_user_exported", "{actor} exported the personal data of {target}";
    AuditExported = "audit.exported", "{actor} exported the audit log";
    /// Entries were removed for their age. With `entries`, `position` and `hash` of the last of them.
    AuditSwept = "audit.swept", "{entries} old entries of the audit log were removed";
    /// What is personal of a user was erased. With `entries`.
    AuditErased = "audit.erased", "What was personal of a user was erased from {entries} entries of the audit log";
}

impl AuditAction {
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// The actions of a name, or of the beginning of names up to a dot.
    pub fn with_prefix(prefix: &str) -> Vec<Self> {
        let matches = |it: &Self| {
            let rest = it.name().strip_prefix(prefix);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        Self::ALL.iter().copied().filter(matches).collect()
    }

    /// Whether it is about the security of an account, and belongs into the history that its user sees.
    pub fn is_of_account(self) -> bool {
        let (noun, _) = self.name().split_once('.').unwrap_or_default();
        matches!(
            noun,
            "session"
                | "password"
                | "email"
                | "two_factor"
                | "token"
                | "identity"
                | "user"
                | "data"
        )
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::AuditAction;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_a_noun_and_what_was_done() {
        let names: BTreeSet<_> = AuditAction::ALL.iter().map(|it| it.name()).collect();
        assert_eq!(names.len(), AuditAction::ALL.len());
        for action in AuditAction::ALL {
            let (noun, done) = action.name().split_once('.').unwrap();
            for part in [noun, done] {
                assert!(part.bytes().all(|it| it.is_ascii_lowercase() || it == b'_'));
                assert!((1..=30).contains(&part.len()), "{action}");
            }
            assert_eq!(AuditAction::from_name(action.name()), Some(*action));
        }
    }

    #[test]
    fn a_prefix_ends_at_a_dot() {
        let found = AuditAction::with_prefix("user");
        assert!(found.contains(&AuditAction::UserBlocked));
        assert!(found.iter().all(|it| it.name().starts_with("user.")));
        let one = AuditAction::with_prefix("user.blocked");
        assert_eq!(one, [AuditAction::UserBlocked]);
        assert!(AuditAction::with_prefix("use").is_empty());
    }
}
