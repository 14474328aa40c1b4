//! User agents, each kept once: a million sessions come from a few dozen kinds of client.

use std::{borrow::Borrow, collections::HashSet, hash::Hash, sync::Arc};

use parking_lot::Mutex;
use sessctl_api::client_of;

/// A User-Agent header, and the same in words.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) ua: Box<str>,
    pub(crate) client: Option<Box<str>>,
}

/// Every user agent that a session in memory came with.
#[derive(Debug, Default)]
pub(crate) struct Agents(Mutex<HashSet<ByUa>>);

/// Compares and hashes by the header alone.
#[derive(Debug)]
struct ByUa(Arc<Agent>);

impl Borrow<str> for ByUa {
    fn borrow(&self) -> &str {
        &self.0.ua
    }
}

impl PartialEq for ByUa {
    fn eq(&self, other: &Self) -> bool {
        self.0.ua == other.0.ua
    }
}

impl Eq for ByUa {}

impl Hash for ByUa {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.ua.hash(state);
    }
}

impl Agents {
    /// The one copy of a header.
    pub(crate) fn get(&self, ua: &str) -> Arc<Agent> {
        let mut known = self.0.lock();
        if let Some(ByUa(agent)) = known.get(ua) {
            return Arc::clone(agent);
        }
        let agent = Arc::new(Agent {
            ua: ua.into(),
            client: client_of(ua).map(Into::into),
        });
        known.insert(ByUa(Arc::clone(&agent)));
        agent
    }

    /// Forgets a header when its last session goes: strangers choose these texts.
    pub(crate) fn forget(&self, agent: &Arc<Agent>) {
        let mut known = self.0.lock();
        // One of ours, one of the entry that goes.
        if Arc::strong_count(agent) <= 2 {
            known.remove(&*agent.ua);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.lock().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_kept_once_and_no_longer_than_it_is_used() {
        let agents = Agents::default();
        let one = agents.get("curl/8.5.0");
        let other = agents.get("curl/8.5.0");
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(one.client.as_deref(), Some("curl"));
        agents.forget(&one);
        assert_eq!(agents.len(), 1, "another session still uses it");
        drop(other);
        agents.forget(&one);
        assert_eq!(agents.len(), 0);
    }
}
