//! What a dump is about: users, conversations, and messages in the order of time.

use crate::{
    options::{Contract, Options},
    values::text,
};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// 2025-01-01T00:00:00Z, in milliseconds.
const START: i64 = 1_735_689_600_000;

/// Messages that a reply may go back.
const RECENT: usize = 20;

pub struct World {
    pub random: StdRng,
    pub users: u64,
    pub conversations: Vec<Conversation>,
    messages: u64,
    written: u64,
    now: i64,
}

pub struct Conversation {
    pub number: u64,
    pub is_direct: bool,
    pub is_channel: bool,
    /// Numbers of users; the first has made it.
    pub members: Vec<u64>,
    pub created_at: i64,
    /// The newest messages, for replies.
    recent: Vec<u64>,
}

pub struct Message {
    pub number: u64,
    /// Index of its conversation.
    pub conversation: usize,
    pub sender: u64,
    /// In a direct conversation, the other one.
    pub receiver: u64,
    pub kind: &'static str,
    pub text: String,
    pub reply_to: Option<u64>,
    pub created_at: i64,
    pub edited_at: Option<i64>,
    pub deleted_at: Option<i64>,
    /// Who has read it, and when.
    pub readers: Vec<(u64, i64)>,
    /// By an administrator to a user.
    pub official: bool,
}

impl World {
    pub fn new(options: &Options) -> Self {
        let mut random = StdRng::seed_from_u64(options.seed);
        let users = options.users.unwrap_or(options.messages / 200).max(20);
        let count = (options.messages / 100).max(5);
        let direct_share = match options.contract {
            Contract::Broadcast | Contract::Direct => 1.0,
            Contract::Groups => 0.0,
            Contract::Conversations | Contract::Rooms => 0.6,
        };
        let mut pairs = std::collections::HashSet::new();
        let mut conversations = Vec::new();
        for number in 1..=count {
            let is_direct = random.random_bool(direct_share);
            let size = if is_direct {
                2
            } else {
                random.random_range(3..=15)
            };
            let mut members: Vec<u64> = Vec::new();
            while members.len() < size {
                let user = random.random_range(1..=users);
                if !members.contains(&user) {
                    members.push(user);
                }
            }
            let pair = (members[0].min(members[1]), members[0].max(members[1]));
            if is_direct && !pairs.insert(pair) {
                continue;
            }
            conversations.push(Conversation {
                number,
                is_direct,
                is_channel: !is_direct && random.random_bool(0.3),
                members,
                created_at: START + i64::try_from(number).unwrap_or(0) * 1000,
                recent: Vec::new(),
            });
        }
        Self {
            random,
            users,
            now: START + i64::try_from(count).unwrap_or(0) * 1000,
            conversations,
            messages: options.messages,
            written: 0,
        }
    }

    /// The next message in time.
    pub fn next_message(&mut self) -> Option<Message> {
        if self.written == self.messages {
            return None;
        }
        self.written += 1;
        let random = &mut self.random;
        // A second and a half on average, and sometimes the same millisecond.
        self.now += random.random_range(0..3000) * i64::from(random.random_bool(0.98));
        // The square makes some conversations busy.
        let share: f64 = random.random();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "any conversation will do"
        )]
        let index = (share * share * self.conversations.len() as f64) as usize;
        let conversation = &mut self.conversations[index];
        let sender_index = random.random_range(0..conversation.members.len());
        let sender = conversation.members[sender_index];
        let receiver = conversation.members[(sender_index + 1) % conversation.members.len()];
        let reply_to = (!conversation.recent.is_empty() && random.random_bool(0.12))
            .then(|| conversation.recent[random.random_range(0..conversation.recent.len())]);
        let later = |random: &mut StdRng| random.random_range(2000..600_000);
        let edited_at = random.random_bool(0.04).then(|| self.now + later(random));
        let deleted_at = random.random_bool(0.02).then(|| self.now + later(random));
        // The last hundredth of the dump is read by half of the others.
        let is_old = self.written * 100 < self.messages * 99;
        let mut readers = Vec::new();
        for user in &conversation.members {
            if *user != sender && (is_old || random.random_bool(0.5)) {
                readers.push((*user, self.now + later(random)));
            }
        }
        let number = self.written;
        conversation.recent.push(number);
        if conversation.recent.len() > RECENT {
            conversation.recent.remove(0);
        }
        let kind = match random.random_range(0..100) {
            0..=2 => "image",
            3..=4 => "file",
            _ => "text",
        };
        Some(Message {
            number,
            conversation: index,
            sender,
            receiver,
            kind,
            text: text(random),
            reply_to,
            created_at: self.now,
            edited_at,
            deleted_at,
            readers,
            official: sender == 1 && random.random_bool(0.2),
        })
    }
}
