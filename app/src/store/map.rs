//! A map as a sorted list, for some hundreds of entries. `BTreeMap` is compiled anew for every pair
//! of types, at several times the size of this one in WebAssembly.

use serde::{Serialize, Serializer};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map<K, V>(Vec<(K, V)>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Map<K, V> {
    /// The index of a key, or the index to insert it at.
    fn find(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(key))
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.find(key).ok().map(|at| &mut self.0[at].1)
    }

    pub fn contains(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    /// Returns the value that was there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    pub fn get_or_insert(&mut self, key: K, value: V) -> &mut V {
        let at = self.find(&key).unwrap_or_else(|at| {
            self.0.insert(at, (key, value));
            at
        });
        &mut self.0[at].1
    }

    /// The values of the keys from `first` to `last`, both included, in their order.
    pub fn range(&self, first: &K, last: &K) -> impl Iterator<Item = &V> + use<'_, K, V> {
        let from = self.find(first).unwrap_or_else(|at| at);
        let to = self.find(last).map_or_else(|at| at, |at| at + 1);
        self.0[from..to.max(from)].iter().map(|(_, value)| value)
    }

    /// How many keys are below this one.
    pub fn rank(&self, key: &K) -> usize {
        self.find(key).unwrap_or_else(|at| at)
    }

    /// The entry so many places after the place of a key, or before it; `None` beyond the ends.
    pub fn nth(&self, key: &K, by: isize) -> Option<(&K, &V)> {
        let at = self.find(key).unwrap_or_else(|at| at);
        let (key, value) = self.0.get(at.checked_add_signed(by)?)?;
        Some((key, value))
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.find(key).ok().map(|at| self.0.remove(at).1)
    }
}

impl<K, V> Map<K, V> {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// In the order of the keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.0.into_iter().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    pub fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    pub fn first_key(&self) -> Option<&K> {
        self.0.first().map(|(key, _)| key)
    }

    pub fn last_key(&self) -> Option<&K> {
        self.0.last().map(|(key, _)| key)
    }

    pub fn pop_first(&mut self) {
        self.0.drain(..1.min(self.0.len()));
    }
}

/// Collecting also serves as a sort: it shares the code of `insert`.
impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut map = Self::default();
        for (key, value) in pairs {
            map.insert(key, value);
        }
        map
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<K: Serialize, V: Serialize> Serialize for Map<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::Map;

    #[test]
    fn keeps_each_key_once_and_in_order() {
        let mut map = Map::default();
        for key in [3, 1, 2, 1] {
            map.insert(key, key * 10);
        }
        assert_eq!(map.insert(2, 21), Some(20));
        assert_eq!(*map.get_or_insert(2, 0), 21);
        assert_eq!(*map.get_or_insert(0, 1), 1);
        assert_eq!(map.remove(&3), Some(30));
        assert_eq!(map.remove(&3), None);
        assert_eq!(
            map.into_iter().collect::<Vec<_>>(),
            [(0, 1), (1, 10), (2, 21)]
        );
    }
}
