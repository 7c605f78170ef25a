//! The id of a reaction, which the contract has and the chat has not: `<message>-<user>-<emoji>`,
//! with the user's id as the caller knows it, and the emoji's bytes in hexadecimal digits.

use model::MessageId;

pub struct ReactionId {
    pub message_id: MessageId,
    /// As the caller knows the user. It may have hyphens.
    pub user: String,
    pub emoji: String,
}

impl ReactionId {
    pub fn format(&self) -> String {
        let digits = self.emoji.bytes().map(|byte| format!("{byte:02x}"));
        let emoji: String = digits.collect();
        format!("{}-{}-{emoji}", self.message_id, self.user)
    }

    /// None for everything that `format` does not return.
    pub fn parse(text: &str) -> Option<Self> {
        let (message_id, rest) = text.split_once('-')?;
        let (user, digits) = rest.rsplit_once('-')?;
        let message_id = message_id.parse().ok()?;
        let digits = digits.as_bytes();
        let bytes: Option<Vec<u8>> = digits
            .chunks(2)
            .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).ok()?, 16).ok())
            .collect();
        let id = Self {
            message_id,
            user: user.to_owned(),
            emoji: String::from_utf8(bytes?).ok()?,
        };
        (id.format() == text).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::ReactionId;
    use model::MessageId;

    #[test]
    fn the_id_of_a_reaction_can_be_read_again() {
        let id = ReactionId {
            message_id: MessageId(7),
            user: "a-3".to_owned(),
            emoji: "👍".to_owned(),
        };
        assert_eq!(id.format(), "7-a-3-f09f918d");
        let parsed = ReactionId::parse(&id.format()).unwrap();
        assert_eq!(
            (parsed.message_id, parsed.user.as_str()),
            (MessageId(7), "a-3")
        );
        assert_eq!(parsed.emoji, "👍");
        for bad in [
            "", "7", "7-3", "x-3-f0", "7-3-f", "7-3-zz", "7-3-ff", "7-3-é",
        ] {
            assert!(ReactionId::parse(bad).is_none(), "{bad}");
        }
    }
}
