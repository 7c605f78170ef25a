//! Refused sign-ins that are not written yet. What strangers try is counted, by account and network, and written once a
//! minute: a flood of them becomes a few entries.

use crate::{Error, accounts::client::Client, network::network};
use model::UserId;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// Accounts and networks that are counted apart between two writes, and as many networks that have tried names that nobody
/// has. As many accounts more are counted without their networks. Refusals beyond them are counted together.
const MAX_KEPT: usize = 1000;

/// Entries that one write makes, at most; the rest is one entry more. A day of floods has 30,240 of a node.
pub const MAX_WRITTEN: usize = 20;

/// Why a sign-in was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RefusalReason {
    Password,
    Code,
    Blocked,
    Provider,
    /// Beyond the limit of wrong ones.
    TooMany,
    /// The password that is asked for once more, of somebody who is signed in.
    CurrentPassword,
    /// All that were not counted apart.
    Others,
}

impl RefusalReason {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
            Self::Blocked => "blocked",
            Self::Provider => "provider",
            Self::TooMany => "too_many",
            Self::CurrentPassword => "current_password",
            Self::Others => "others",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    reason: RefusalReason,
    /// `None` for a name that nobody has. The name itself is not kept: it may be a password in the wrong field.
    user_id: Option<UserId>,
    network: Option<IpAddr>,
}

/// Refused sign-ins of one account, from one network.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub reason: RefusalReason,
    pub user_id: Option<UserId>,
    pub attempts: u64,
    /// The latest one's.
    pub client: Client,
}

#[derive(Default)]
pub struct Refusals {
    counted: Mutex<Counted>,
}

/// What was counted since the last write. Names that nobody has take no place of accounts.
#[derive(Default)]
struct Counted {
    of_accounts: HashMap<Key, Refusal>,
    of_nobody: HashMap<Key, Refusal>,
    /// Attempts that are counted together.
    others: u64,
}

impl Counted {
    fn add(&mut self, new: Refusal) {
        let mut key = Key {
            reason: new.reason,
            user_id: new.user_id,
            network: new.client.address.map(network),
        };
        let (counted, max) = if new.user_id.is_some() {
            (&mut self.of_accounts, 2 * MAX_KEPT)
        } else {
            (&mut self.of_nobody, MAX_KEPT)
        };
        if new.user_id.is_some() && counted.len() >= MAX_KEPT && !counted.contains_key(&key) {
            key.network = None;
        }
        let is_full = counted.len() >= max && !counted.contains_key(&key);
        if is_full || new.reason == RefusalReason::Others {
            self.others += new.attempts;
            return;
        }
        counted
            .entry(key)
            .and_modify(|known| {
                known.attempts += new.attempts;
                known.client = new.client.clone();
            })
            .or_insert(new);
    }
}

impl Refusals {
    pub fn note(&self, reason: RefusalReason, user_id: Option<UserId>, client: &Client) {
        // The cookie is a credential, and is not kept.
        let client = Client {
            device: None,
            ..client.clone()
        };
        self.add(Refusal {
            reason,
            user_id,
            attempts: 1,
            client,
        });
    }

    /// Notes what was refused beyond a limit of wrong ones. Other errors, such as those of the database, refuse nobody.
    pub fn note_limit(&self, error: &Error, user_id: Option<UserId>, client: &Client) {
        if matches!(error, Error::TooManyRequests { .. }) {
            self.note(RefusalReason::TooMany, user_id, client);
        }
    }

    fn add(&self, new: Refusal) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.add(new);
    }

    /// Takes what was counted since the last call: those of accounts that there are first, then the most frequent ones.
    /// What is beyond `MAX_WRITTEN` is one more.
    pub fn take(&self) -> Vec<Refusal> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *counted);
        drop(counted);
        let all = taken.of_accounts.into_values();
        let mut all: Vec<_> = all.chain(taken.of_nobody.into_values()).collect();
        all.sort_by_key(|it| (it.user_id.is_none(), u64::MAX - it.attempts));
        let rest = all.drain(MAX_WRITTEN.min(all.len())..);
        let rest = taken.others + rest.map(|it| it.attempts).sum::<u64>();
        if rest > 0 {
            all.push(others(rest));
        }
        all
    }

    /// Puts back what could not be written.
    pub fn put_back(&self, refusals: Vec<Refusal>) {
        for refusal in refusals {
            self.add(refusal);
        }
    }
}

fn others(attempts: u64) -> Refusal {
    Refusal {
        reason: RefusalReason::Others,
        user_id: None,
        attempts,
        client: Client::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_KEPT, MAX_WRITTEN, RefusalReason, Refusals};
    use crate::accounts::client::Client;
    use model::UserId;
    use std::net::{IpAddr, Ipv4Addr};

    fn from(number: u32) -> Client {
        Client {
            address: Some(IpAddr::V4(Ipv4Addr::from_bits(number))),
            ..Client::default()
        }
    }

    #[test]
    fn a_flood_is_a_few_entries_and_hides_no_account() {
        let refusals = Refusals::default();
        let ada = Some(UserId(1));
        refusals.note(RefusalReason::Password, ada, &from(7));
        let flood = u32::try_from(MAX_KEPT * 3).unwrap();
        for number in 0..flood {
            refusals.note(RefusalReason::Password, None, &from(number));
        }
        refusals.note(RefusalReason::Password, ada, &from(7));
        let taken = refusals.take();
        assert_eq!(taken.len(), MAX_WRITTEN + 1);
        assert_eq!((taken[0].user_id, taken[0].attempts), (ada, 2));
        let all: u64 = taken.iter().map(|it| it.attempts).sum();
        assert_eq!(all, u64::from(flood) + 2);
        assert_eq!(taken[MAX_WRITTEN].reason, RefusalReason::Others);
        assert!(refusals.take().is_empty());
        refusals.put_back(taken);
        let again: u64 = refusals.take().iter().map(|it| it.attempts).sum();
        assert_eq!(again, all);
    }

    #[test]
    fn an_account_is_told_after_a_flood() {
        let refusals = Refusals::default();
        for number in 0..u32::try_from(MAX_KEPT * 2).unwrap() {
            refusals.note(RefusalReason::Password, None, &from(number));
            refusals.note(RefusalReason::Password, Some(UserId(1)), &from(number));
        }
        let ada = Some(UserId(2));
        refusals.note(RefusalReason::Code, ada, &from(7));
        let counted = refusals.counted.lock().unwrap();
        assert!(counted.of_accounts.values().any(|it| it.user_id == ada));
        assert!(counted.of_accounts.len() <= MAX_KEPT * 2);
        assert_eq!(counted.of_nobody.len(), MAX_KEPT);
    }
}
