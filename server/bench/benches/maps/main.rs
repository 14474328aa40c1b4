//! Which map should stand in front of the store: lookups by digest from two threads, with and without writers.
//!
//! Before the timings, the same program starts itself once for each map and prints what a million entries take: memory
//! is only comparable between fresh processes.

mod kinds;

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::BuildHasher as _,
    hint::black_box,
    process::Command,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, Throughput};

use crate::kinds::{Digest, KINDS, Map, entry, filled, scatter};

/// Set for a process that is to fill one map, print its memory and end.
const FILL: &str = "SESSCTL_BENCH_FILL";

const MILLION: u64 = 1_000_000;

/// Ten thousand fit into the caches, a million do not.
const SIZES: [u64; 2] = [10_000, MILLION];

const THREADS: u64 = 2;

/// Of so many operations, one is an insert or a remove.
const WRITE_EVERY: u64 = 20;

fn main() {
    if let Ok(kind) = std::env::var(FILL) {
        print_memory(&kind);
        return;
    }
    if let Ok(this) = std::env::current_exe() {
        for kind in [
            "no map",
            "papaya",
            "scc",
            "dashmap",
            "64 shards",
            "128 shards",
        ] {
            let child = Command::new(&this).env(FILL, kind).status();
            assert!(
                child.is_ok_and(|status| status.success()),
                "cannot fill {kind}"
            );
        }
    }
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    measure(&mut criterion);
    criterion.final_summary();
}

fn measure(criterion: &mut Criterion) {
    for size in SIZES {
        for (name, writes) in [("get", false), ("get with 5 % writes", true)] {
            let mut group = criterion.benchmark_group(format!("{name}, {size} entries, 2 threads"));
            group.throughput(Throughput::Elements(THREADS));
            for kind in KINDS {
                let map = filled(kind, size);
                group.bench_function(BenchmarkId::from_parameter(kind), |bencher| {
                    bencher.iter_custom(|operations| time(&*map, size, operations, writes));
                });
            }
            group.finish();
        }
    }
}

/// Runs so many operations in each of two threads, and returns how long the slower one took.
fn time(map: &dyn Map, size: u64, operations: u64, writes: bool) -> Duration {
    let ready = Barrier::new(THREADS as usize);
    let ready = &ready;
    let seed = RandomState::new().hash_one(operations);
    thread::scope(|scope| {
        let running: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || {
                    let mut chance = seed ^ thread;
                    ready.wait();
                    let start = Instant::now();
                    for number in 0..operations {
                        chance = scatter(chance);
                        if writes && number.is_multiple_of(WRITE_EVERY) {
                            write(map, size, thread, number / WRITE_EVERY);
                        } else {
                            black_box(map.get(&Digest::of(chance % size)));
                        }
                    }
                    start.elapsed()
                })
            })
            .collect();
        let slowest = running.into_iter().filter_map(|one| one.join().ok()).max();
        slowest.unwrap_or_default()
    })
}

/// Removes an entry, and puts one back the next time; each thread has its own.
fn write(map: &dyn Map, size: u64, thread: u64, turn: u64) {
    let number = (turn / 2 * THREADS + thread) % size;
    if turn.is_multiple_of(2) {
        map.remove(&Digest::of(number));
    } else {
        map.insert(entry(number));
    }
}

/// Resident and peak memory of this process, in bytes.
fn memory() -> Option<(u64, u64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let bytes = |name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
    };
    Some((bytes("VmRSS:")?, bytes("VmHWM:")?))
}

fn print_memory(kind: &str) {
    let before = memory();
    let map = filled(kind, MILLION);
    if let (Some((before, _)), Some((after, peak))) = (before, memory()) {
        let each = |bytes: u64| (bytes - before) as f64 / MILLION as f64;
        println!(
            "memory of a million, {kind}: {:.0} bytes an entry, {:.0} at the peak",
            each(after),
            each(peak)
        );
    }
    drop(map);
}
