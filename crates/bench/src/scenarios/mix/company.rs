//! Five hundred seeded users and the hundred group conversations that they are in.

use super::plan;
use crate::{env::BenchEnv, error::Result};
use bench::seed::SeededUser;
use model::ConversationId;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

const USERS: usize = 500;
const CONVERSATIONS: usize = 100;

/// Messages of each conversation before the run.
pub const SEEDED_MESSAGES: usize = 1000;

/// Seed of the random generator: every system under test gets the same company and the same day.
pub const SEED: u64 = 20_260_203;

pub struct Company {
    pub users: Vec<SeededUser>,
    pub conversations: Vec<Group>,
}

pub struct Group {
    pub id: ConversationId,
    /// Indexes into the company's users.
    pub members: Vec<usize>,
}

impl Company {
    pub async fn create(env: &BenchEnv) -> Result<Self> {
        let users = env.seeder.create_users(USERS).await?;
        let mut rng = StdRng::seed_from_u64(SEED);
        let mut numbers: Vec<_> = (0..users.len()).collect();
        let mut conversations = Vec::new();
        for size in plan::sizes(users.len(), CONVERSATIONS) {
            numbers.shuffle(&mut rng);
            let members = numbers[..size].to_vec();
            let group: Vec<_> = members.iter().map(|number| users[*number]).collect();
            let id = env.seeder.create_group(&group).await?;
            env.seeder.create_messages(id, SEEDED_MESSAGES).await?;
            conversations.push(Group { id, members });
        }
        Ok(Self {
            users,
            conversations,
        })
    }

    /// Number of members of each conversation.
    pub fn sizes(&self) -> Vec<usize> {
        let groups = self.conversations.iter();
        groups.map(|group| group.members.len()).collect()
    }
}
