//! The kinds of attack, as the command line names them.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Attack {
    /// Strangers: bodies of long polling that never end
    UnfinishedBodies,
    /// Strangers: messages of 2 MB before CONNECT that never end
    UnfinishedMessages,
    /// Strangers: sessions that are opened and left
    Handshakes,
    /// Strangers: connections that say nothing
    SilentConnections,
    /// Strangers: heads of requests that come byte by byte
    SlowHeads,
    /// Strangers: sign-ins with names of 255 kB, and with others as far as they are taken
    LongNames,
    /// Strangers: passwords of the same few accounts
    Guesses,
    /// Strangers: connects to a namespace without credentials, over and over
    Namespaces,
    /// Accounts: conversations with 500 members, at a door
    CreateConversations,
    /// Accounts: new names for a group of 500
    RenameConversation,
    /// Accounts: thousands of groups with people who did not ask
    UnaskedGroups,
    /// Accounts: 40 sockets each that do not poll, while their conversations go on
    IdlePolling,
    /// Accounts: edits of one message
    Edits,
    /// Accounts: reactions that come and go
    Reactions,
    /// Accounts: messages of 2 MB that never end
    LongMessages,
}

impl Attack {
    pub fn is_of_strangers(self) -> bool {
        matches!(
            self,
            Self::UnfinishedBodies
                | Self::UnfinishedMessages
                | Self::Handshakes
                | Self::SilentConnections
                | Self::SlowHeads
                | Self::LongNames
                | Self::Guesses
                | Self::Namespaces
        )
    }
}
