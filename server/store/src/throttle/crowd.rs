//! How many there are at once, of each account and of each source.

use std::collections::HashMap;

use super::Key;

/// Only what is more than nothing is kept.
#[derive(Debug, Default)]
pub(super) struct Crowd(HashMap<Key, u32>);

impl Crowd {
    pub(super) fn of(&self, key: Key) -> u32 {
        self.0.get(&key).copied().unwrap_or(0)
    }

    /// One more under each of the keys.
    pub(super) fn add(&mut self, keys: &[Option<Key>]) {
        for key in keys.iter().flatten() {
            *self.0.entry(*key).or_default() += 1;
        }
    }

    /// One less under each of the keys, which were added before.
    pub(super) fn remove(&mut self, keys: &[Option<Key>]) {
        for key in keys.iter().flatten() {
            if let Some(count) = self.0.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    self.0.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_left_is_not_kept() {
        let (one, other) = (Key([1; 16]), Key([2; 16]));
        let mut crowd = Crowd::default();
        crowd.add(&[Some(one), None]);
        crowd.add(&[Some(one), Some(other)]);
        assert_eq!((crowd.of(one), crowd.of(other)), (2, 1));
        crowd.remove(&[Some(one), None]);
        crowd.remove(&[Some(one), Some(other)]);
        assert_eq!((crowd.of(one), crowd.0.len()), (0, 0));
    }
}
