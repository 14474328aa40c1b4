//! Entries by a small number: what the other indexes keep instead of a pointer, and what scans go along.

use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use crate::{Entry, beside};

/// Entries in a chunk: what a scan may hold a lock for.
const CHUNK: usize = 1024;

type Chunk = RwLock<Vec<Option<Arc<Entry>>>>;

/// See the module's own text.
#[derive(Debug, Default)]
pub(super) struct Slab {
    chunks: RwLock<Vec<Arc<Chunk>>>,
    free: Mutex<Free>,
}

#[derive(Debug, Default)]
struct Free {
    slots: Vec<u32>,
    next: u32,
}

impl Slab {
    /// Keeps an entry, and tells it where.
    pub(super) fn insert(&self, entry: &Arc<Entry>) {
        let slot = self.free.lock().take();
        let (chunk, at) = place(slot);
        let chunk = self.chunk_or_new(chunk);
        entry.set_slot(slot);
        chunk.write()[at] = Some(Arc::clone(entry));
    }

    pub(super) fn remove(&self, entry: &Entry) {
        let slot = entry.slot();
        let (chunk, at) = place(slot);
        let Some(chunk) = self.chunk(chunk) else {
            return;
        };
        // Only its own place: a slot that was freed twice would be given to two.
        let taken = chunk.write()[at].take_if(|own| std::ptr::eq(&raw const **own, entry));
        if taken.is_some() {
            self.free.lock().slots.push(slot);
        }
    }

    pub(super) fn get(&self, slot: u32) -> Option<Arc<Entry>> {
        let (chunk, at) = place(slot);
        // Recursive: who scans asks for entries of the very chunk that it holds, and others ask while they hold what a
        // scan waits for. A plain read would wait behind a thread that waits to write, and that one for the scan.
        self.chunk(chunk)?.read_recursive()[at].clone()
    }

    /// Shows every entry once that is there throughout. Nobody waits for a scan longer than a chunk takes.
    ///
    /// Chunks come in a scattered order: sessions lie in the order of their logins, and whoever looks for the first
    /// ones of another order would else find a better one at each step.
    pub(super) fn scan(&self, mut look: impl FnMut(&Arc<Entry>)) {
        let count = self.chunks.read().len();
        let bits = count.next_power_of_two().trailing_zeros();
        for step in 0..1_usize << bits {
            let at = step
                .reverse_bits()
                .checked_shr(usize::BITS - bits)
                .unwrap_or(0);
            if let Some(chunk) = self.chunk(at) {
                let slots = chunk.read();
                slots.iter().flatten().for_each(&mut look);
                drop(slots);
                beside::pause();
            }
        }
    }

    /// The same for looks that take long: meanwhile nobody waits for anything.
    pub(super) fn scan_slowly(&self, mut look: impl FnMut(&Arc<Entry>)) {
        let mut entries = Vec::with_capacity(CHUNK);
        for at in 0..self.chunks.read().len() {
            let Some(chunk) = self.chunk(at) else { return };
            entries.extend(chunk.read().iter().flatten().cloned());
            entries.drain(..).for_each(|entry| look(&entry));
        }
    }

    fn chunk(&self, at: usize) -> Option<Arc<Chunk>> {
        self.chunks.read().get(at).map(Arc::clone)
    }

    fn chunk_or_new(&self, at: usize) -> Arc<Chunk> {
        if let Some(chunk) = self.chunk(at) {
            return chunk;
        }
        let mut chunks = self.chunks.write();
        while chunks.len() <= at {
            chunks.push(Arc::new(RwLock::new(vec![None; CHUNK])));
        }
        Arc::clone(&chunks[at])
    }
}

impl Free {
    fn take(&mut self) -> u32 {
        self.slots.pop().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

fn place(slot: u32) -> (usize, usize) {
    let slot = slot as usize;
    (slot / CHUNK, slot % CHUNK)
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::*;
    use crate::entry::tests::entry;

    #[test]
    fn a_scan_may_ask_for_an_entry_while_another_thread_waits_to_insert() {
        let slab = Arc::new(Slab::default());
        slab.insert(&Arc::new(entry()));
        let (done, is_done) = mpsc::channel();
        let scanned = Arc::clone(&slab);
        thread::spawn(move || {
            scanned.scan(|first| {
                let inserting = Arc::clone(&scanned);
                thread::spawn(move || inserting.insert(&Arc::new(entry())));
                // From here on the other thread waits for the chunk, and new readers wait behind it.
                let chunk = scanned.chunk(0).expect("the scan is in it");
                while chunk.try_read().is_some() {
                    thread::yield_now();
                }
                assert!(scanned.get(first.slot()).is_some());
            });
            done.send(()).unwrap();
        });
        let ended = is_done.recv_timeout(Duration::from_secs(20));
        assert!(
            ended.is_ok(),
            "the scan waits for a thread that waits for it"
        );
    }

    #[test]
    fn a_slow_look_keeps_nobody_from_coming_in() {
        let slab = Slab::default();
        slab.insert(&Arc::new(entry()));
        let mut seen = 0;
        // Were the chunk locked meanwhile, this would stand still for ever.
        slab.scan_slowly(|_| {
            slab.insert(&Arc::new(entry()));
            seen += 1;
        });
        assert_eq!(seen, 1, "who came during the look");
        slab.scan_slowly(|_| seen += 1);
        assert_eq!(seen, 3);
    }
}
