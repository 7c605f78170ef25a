//! Options of a send that clients cannot choose.

#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct SendOptions {
    /// Marks the message as official: an administrator sends it as one.
    pub official: bool,
    /// Writes the message only if the conversation has none yet; a `Conflict` otherwise.
    pub opening: bool,
    /// The words are those of somebody else: their mentions tell nobody.
    pub forwarded: bool,
    /// The sender is a program, which the message says to those who see it come.
    pub is_bot: bool,
    /// `@all` and `@here` tell nobody.
    pub mentions_few: bool,
}
