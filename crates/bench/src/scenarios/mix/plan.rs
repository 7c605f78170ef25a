//! Plan of a day: which user does what and when, the same for every system.

use rand::Rng;
use std::time::Duration;

/// Actions per second at load 1. Each kind is a Poisson process of its own.
const RATES: [(Action, f64); 5] = [
    (Action::Send, 40.0),
    (Action::Read, 20.0),
    (Action::Type, 30.0),
    (Action::Page, 20.0),
    (Action::Search, 2.0),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Send,
    Read,
    Type,
    Page,
    Search,
}

/// An action of a member in a conversation, at a time after the start.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub at: Duration,
    pub action: Action,
    pub conversation: usize,
    /// Index into the members of the conversation.
    pub member: usize,
}

/// Sizes of the conversations: the first has all users, and the others get smaller.
pub fn sizes(users: usize, conversations: usize) -> Vec<usize> {
    (1..=conversations)
        .map(|rank| {
            let share = f64::from(u32::try_from(rank).unwrap_or(u32::MAX)).powf(-0.7);
            scaled(users, share).max(3)
        })
        .collect()
}

/// All actions in order. Conversations are chosen by Zipf's law, the first ones most.
pub fn steps(sizes: &[usize], time: Duration, load: f64, rng: &mut impl Rng) -> Vec<Step> {
    let mut steps = Vec::new();
    for (action, rate) in RATES {
        let mut at = 0.0;
        loop {
            at -= (1.0 - rng.random::<f64>()).ln() / (rate * load);
            if at >= time.as_secs_f64() {
                break;
            }
            let conversation = zipf(sizes.len(), rng);
            steps.push(Step {
                at: Duration::from_secs_f64(at),
                action,
                conversation,
                member: rng.random_range(0..sizes[conversation]),
            });
        }
    }
    steps.sort_by_key(|step| step.at);
    steps
}

/// A rank below `count`, with a probability proportional to 1 / (rank + 1).
fn zipf(count: usize, rng: &mut impl Rng) -> usize {
    let weights = (1..=count).map(|rank| 1.0 / f64::from(u32::try_from(rank).unwrap_or(u32::MAX)));
    let mut left = rng.random::<f64>() * weights.clone().sum::<f64>();
    for (rank, weight) in weights.enumerate() {
        left -= weight;
        if left <= 0.0 {
            return rank;
        }
    }
    count - 1
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "there are few users, and shares are below one"
)]
fn scaled(users: usize, share: f64) -> usize {
    (users as f64 * share) as usize
}

#[cfg(test)]
mod tests {
    use super::{Action, sizes, steps};
    use rand::{SeedableRng, rngs::StdRng};
    use std::time::Duration;

    #[test]
    fn the_first_conversation_is_everybodys_and_the_busiest() {
        let sizes = sizes(500, 100);
        assert_eq!((sizes[0], sizes.len()), (500, 100));
        assert!(sizes.is_sorted_by(|one, next| one >= next));
        let mut rng = StdRng::seed_from_u64(1);
        let steps = steps(&sizes, Duration::from_mins(1), 1.0, &mut rng);
        let sends = steps.iter().filter(|it| it.action == Action::Send).count();
        assert!((2000..2800).contains(&sends), "{sends}");
        let busiest = steps.iter().filter(|it| it.conversation == 0).count();
        assert!(busiest > steps.len() / 8, "{busiest}");
        assert!(steps.iter().all(|it| it.member < sizes[it.conversation]));
        assert!(steps.is_sorted_by_key(|it| it.at));
    }
}
