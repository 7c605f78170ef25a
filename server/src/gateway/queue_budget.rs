//! `QueueBudget`: how many bytes may wait for clients that read slowly, for one account over all of its
//! connections and in all, and how many sockets an account may have. All doors of a node share it.

use model::UserId;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Sockets that an account may have at a time on this node, over all doors. Later ones are refused.
pub const MAX_ACCOUNT_SOCKETS: usize = 200;

/// Bytes of each `WebSocket` that are not counted: a client that reads seldom has more. Its frames are
/// shared by all who get them, and most of those have them at once.
const FREE_BYTES: usize = 64 * 1024;

/// The same of a connection over long polling, which has a copy of its own, in a buffer that has grown by
/// doubling: its bytes count so many times.
const FREE_POLLING_BYTES: usize = 8 * 1024;
const POLLING_FACTOR: usize = 2;

/// Bytes that may wait for an account's other connections while one of them takes more.
const MAX_ACCOUNT_BYTES: usize = 4 * 1024 * 1024;

/// Bytes that may wait for all connections while one of them takes more.
const MAX_TOTAL_BYTES: usize = 16 * 1024 * 1024;

/// Bytes are counted in steps of this many, so that few of the changes touch what is shared.
const STEP_BYTES: usize = 16 * 1024;

#[derive(Default)]
pub struct QueueBudget {
    /// Counted bytes of all connections.
    bytes: AtomicUsize,
    /// The accounts with sockets.
    accounts: Mutex<HashMap<UserId, Weak<Account>>>,
}

/// What the connections of a user hold together.
pub struct Account {
    user_id: UserId,
    budget: Arc<QueueBudget>,
    bytes: AtomicUsize,
    sockets: AtomicUsize,
}

impl QueueBudget {
    pub fn account(self: &Arc<Self>, user_id: UserId) -> Arc<Account> {
        let mut accounts = self.lock();
        if let Some(account) = accounts.get(&user_id).and_then(Weak::upgrade) {
            return account;
        }
        let account = Arc::new(Account {
            user_id,
            budget: Arc::clone(self),
            bytes: AtomicUsize::new(0),
            sockets: AtomicUsize::new(0),
        });
        accounts.insert(user_id, Arc::downgrade(&account));
        account
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Weak<Account>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let mut accounts = self.budget.lock();
        // Another one may have taken its place since its last reference went.
        let is_gone = |account: &Weak<Self>| account.strong_count() == 0;
        if accounts.get(&self.user_id).is_some_and(is_gone) {
            accounts.remove(&self.user_id);
        }
    }
}

/// One of the sockets of an account, until it is dropped.
pub struct SocketPermit(Arc<Account>);

impl SocketPermit {
    /// None where the account has as many as it may have.
    pub fn take(account: &Arc<Account>) -> Option<Self> {
        let counted = account.sockets.fetch_add(1, Ordering::Relaxed);
        let permit = Self(Arc::clone(account));
        (counted < MAX_ACCOUNT_SOCKETS).then_some(permit)
    }

    pub fn account(&self) -> &Arc<Account> {
        &self.0
    }
}

impl Drop for SocketPermit {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a connection's bytes wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    WebSocket,
    Polling,
}

/// The share of one connection in the budget of its account; dropping it gives the share back.
pub struct Lease {
    account: Arc<Account>,
    transport: Transport,
    bytes: usize,
}

impl Lease {
    pub fn new(account: &Arc<Account>, transport: Transport) -> Self {
        Self {
            account: Arc::clone(account),
            transport,
            bytes: 0,
        }
    }

    /// How many times each byte counts.
    pub fn factor(&self) -> usize {
        match self.transport {
            Transport::WebSocket => 1,
            Transport::Polling => POLLING_FACTOR,
        }
    }

    /// Takes a share for a queue of this many bytes. Whether there was room for it: the limits are compared
    /// with what there is before, so that a long frame finds room in an empty budget.
    pub fn cover(&mut self, queued: usize) -> bool {
        let free = match self.transport {
            Transport::WebSocket => FREE_BYTES,
            Transport::Polling => FREE_POLLING_BYTES,
        };
        let Some(wanted) = queued.checked_sub(free) else {
            return true;
        };
        let wanted = wanted * self.factor();
        if wanted <= self.bytes {
            return true;
        }
        let (account, budget) = (&self.account, &self.account.budget);
        let of_others = account.bytes.load(Ordering::Relaxed) - self.bytes;
        if of_others >= MAX_ACCOUNT_BYTES || budget.bytes.load(Ordering::Relaxed) >= MAX_TOTAL_BYTES
        {
            return false;
        }
        let more = (wanted - self.bytes).next_multiple_of(STEP_BYTES);
        account.bytes.fetch_add(more, Ordering::Relaxed);
        budget.bytes.fetch_add(more, Ordering::Relaxed);
        self.bytes += more;
        true
    }

    /// Gives the whole share back: the queue is empty.
    pub fn release(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes > 0 {
            self.account.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.account
                .budget
                .bytes
                .fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::{
        FREE_BYTES, Lease, MAX_ACCOUNT_BYTES, MAX_ACCOUNT_SOCKETS, MAX_TOTAL_BYTES, QueueBudget,
        SocketPermit, Transport,
    };
    use model::UserId;
    use std::sync::{Arc, atomic::Ordering};

    const MEBIBYTE: usize = 1024 * 1024;

    #[test]
    fn connections_of_an_account_share_its_bytes_and_give_them_back() {
        let budget = Arc::new(QueueBudget::default());
        let account = budget.account(UserId(1));
        let mut leases: Vec<_> = (0..20)
            .map(|_| Lease::new(&account, Transport::WebSocket))
            .collect();
        let covered = leases
            .iter_mut()
            .filter_map(|it| it.cover(MEBIBYTE).then_some(()));
        let covered = covered.count();
        assert!((4..=5).contains(&covered), "{covered}");
        assert!(leases[19].cover(FREE_BYTES), "what is free is free");
        let mut neighbour = Lease::new(&budget.account(UserId(2)), Transport::WebSocket);
        assert!(neighbour.cover(MEBIBYTE));
        leases[0].release();
        assert!(leases[19].cover(MEBIBYTE));
        drop((leases, neighbour));
        assert_eq!(budget.bytes.load(Ordering::Relaxed), 0);
        assert_eq!(account.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_long_frame_finds_room_and_others_of_the_account_do_not() {
        let budget = Arc::new(QueueBudget::default());
        let account = budget.account(UserId(1));
        let (mut one, mut other) = (
            Lease::new(&account, Transport::WebSocket),
            Lease::new(&account, Transport::WebSocket),
        );
        assert!(one.cover(2 * MAX_ACCOUNT_BYTES));
        assert!(
            one.cover(2 * MAX_ACCOUNT_BYTES + MEBIBYTE),
            "it is not its own neighbour"
        );
        assert!(!other.cover(MEBIBYTE));
    }

    #[test]
    fn all_accounts_together_have_a_bound() {
        let budget = Arc::new(QueueBudget::default());
        let mut leases = Vec::new();
        for user in 0..1000 {
            let mut lease = Lease::new(&budget.account(UserId(user)), Transport::WebSocket);
            if !lease.cover(MEBIBYTE) {
                break;
            }
            leases.push(lease);
        }
        // And what counts for nothing.
        let bound = MAX_TOTAL_BYTES / MEBIBYTE;
        assert!(
            (bound..bound + 8).contains(&leases.len()),
            "{}",
            leases.len()
        );
    }

    #[test]
    fn sockets_are_counted_while_they_last_and_accounts_are_forgotten() {
        let budget = Arc::new(QueueBudget::default());
        let permits: Vec<_> = (0..=MAX_ACCOUNT_SOCKETS)
            .filter_map(|_| SocketPermit::take(&budget.account(UserId(1))))
            .collect();
        assert_eq!(permits.len(), MAX_ACCOUNT_SOCKETS);
        assert!(SocketPermit::take(&budget.account(UserId(2))).is_some());
        drop(permits);
        assert!(budget.lock().is_empty());
    }
}
