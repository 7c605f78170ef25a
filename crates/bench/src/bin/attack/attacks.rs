//! The attacks: each is a file, and a loop that ends with the run.

mod create_conversations;
mod edits;
mod guesses;
mod handshakes;
mod idle_polling;
mod long_messages;
mod long_names;
mod namespaces;
mod reactions;
mod rename_conversation;
mod silent_connections;
mod slow_heads;
mod unasked_groups;
mod unfinished_bodies;
mod unfinished_messages;

use crate::{
    attack::Attack,
    settings::{Result, Settings},
    tally::Tally,
    target::Target,
};
use clap::ValueEnum;
use std::{sync::Arc, time::Duration};
use tokio::{runtime::Handle, task::JoinSet, time::sleep};

/// After an attack has failed, as it should, how long the attacker waits before the next.
const PAUSE: Duration = Duration::from_millis(200);

/// Attacks once, as the attacker of this number.
async fn strike(attack: Attack, target: &Target, number: usize, tally: &Tally) -> Result<()> {
    match attack {
        Attack::UnfinishedBodies => unfinished_bodies::strike(target, number, tally).await,
        Attack::UnfinishedMessages => unfinished_messages::strike(target, number, tally).await,
        Attack::Handshakes => handshakes::strike(target, number, tally).await,
        Attack::SilentConnections => silent_connections::strike(target, number, tally).await,
        Attack::SlowHeads => slow_heads::strike(target, number, tally).await,
        Attack::LongNames => long_names::strike(target, number, tally).await,
        Attack::Guesses => guesses::strike(target, number, tally).await,
        Attack::Namespaces => namespaces::strike(target, number, tally).await,
        Attack::CreateConversations => create_conversations::strike(target, number, tally).await,
        Attack::RenameConversation => rename_conversation::strike(target, number, tally).await,
        Attack::UnaskedGroups => unasked_groups::strike(target, number, tally).await,
        Attack::IdlePolling => idle_polling::strike(target, number, tally).await,
        Attack::Edits => edits::strike(target, number, tally).await,
        Attack::Reactions => reactions::strike(target, number, tally).await,
        Attack::LongMessages => long_messages::strike(target, number, tally).await,
    }
}

/// A line of the report.
pub struct Count {
    pub name: String,
    pub tally: Arc<Tally>,
}

/// The attackers of one kind; they end with it.
pub struct Attacker {
    attack: Attack,
    tally: Arc<Tally>,
    tasks: JoinSet<()>,
}

impl Attacker {
    pub fn end(self) -> Count {
        drop(self.tasks);
        let name = self.attack.to_possible_value();
        Count {
            name: name.map_or_else(String::new, |it| it.get_name().to_owned()),
            tally: self.tally,
        }
    }
}

/// Starts all attacks that were asked for.
pub fn start(settings: &Settings, target: &Arc<Target>, runtime: &Handle) -> Vec<Attacker> {
    let attacks = match &settings.attacks[..] {
        [] => Attack::value_variants(),
        some => some,
    };
    let start_one = |attack: &Attack| {
        let (attack, tally) = (*attack, Arc::new(Tally::default()));
        let attackers = if attack.is_of_strangers() {
            settings.strangers
        } else {
            target.accounts.len()
        };
        let mut tasks = JoinSet::new();
        for number in 0..attackers {
            let (target, tally) = (Arc::clone(target), Arc::clone(&tally));
            let strikes = async move {
                loop {
                    if let Err(error) = strike(attack, &target, number, &tally).await {
                        tally.add_cut(error.as_ref());
                    }
                    sleep(PAUSE).await;
                }
            };
            tasks.spawn_on(strikes, runtime);
        }
        Attacker {
            attack,
            tally,
            tasks,
        }
    };
    attacks.iter().map(start_one).collect()
}
