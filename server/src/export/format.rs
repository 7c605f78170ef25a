//! `ExportFormat`: the files of one of the five systems, and the rows that our records are there.

use super::{load_script::Step, output::Output};
use chat::{
    ExternalId, IdKind,
    exports::{ExportedConversation, ExportedMessage},
    imports::{Member, Reaction, ReadState, User},
};
use model::ConversationKind;
use std::io;

pub trait ExportFormat: Sync {
    /// The kind of the ids that are made up for what has none in the app.
    fn id_kind(&self) -> IdKind;

    /// The conversations that the system has.
    fn kinds(&self) -> &'static [ConversationKind];

    fn files(&self) -> &'static [&'static str];

    /// The steps of the script that loads the files, in their order. None for collections, which
    /// `mongoimport` loads.
    fn load_steps(&self) -> &'static [Step] {
        &[]
    }

    fn write_user(&self, user: &User, output: &mut Output) -> io::Result<()>;

    fn write_conversation(
        &self,
        conversation: &ExportedConversation,
        members: &[Member],
        output: &mut Output,
    ) -> io::Result<()>;

    fn write_message(&self, exported: &ExportedMessage, output: &mut Output) -> io::Result<()>;

    /// A member who was there and has left.
    fn write_ended_member(
        &self,
        _conversation: &ExternalId,
        _user: &ExternalId,
        _output: &mut Output,
    ) -> io::Result<()> {
        Ok(())
    }

    fn write_reaction(&self, reaction: &Reaction, output: &mut Output) -> io::Result<()>;

    /// How far a member has read. Systems whose messages say who has read them need nothing more.
    fn write_read(&self, _state: &ReadState, _output: &mut Output) -> io::Result<()> {
        Ok(())
    }
}
