//! The runtime's logic under simulated time, storage and failures, and what must hold after each step.
//!
//! `cargo test` plays a few hundred runs; `RUNS=100000 cargo test --release --test simulation` as many as
//! it says, on all cores. A run that fails names its seed, and `SEED=7 cargo test --test simulation`
//! repeats it.
#![expect(clippy::unwrap_used, reason = "a failure in a test is to end it")]

#[path = "../chance/dice.rs"]
mod dice;
mod judge;
mod models;
mod player;
mod replica;
mod storage;
mod tally;
mod terms;
mod world;

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tally::Tally;

/// The suite's number of runs.
const RUNS: u64 = 150;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs with all seeds below a number, on all cores.
fn run_all(runs: u64) -> Tally {
    let next = AtomicU64::new(0);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= runs {
                return tally;
            }
            let ran = catch_unwind(|| world::run(seed));
            tally.add(ran.unwrap_or_else(|_| {
                panic!("repeat it by SEED={seed} cargo test --test simulation")
            }));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Tally::default();
        for worker in workers {
            all.add(worker.join().expect("a run has failed, see above"));
        }
        all
    })
}

#[test]
fn games_stay_whole_whatever_fails() {
    if let Some(seed) = number("SEED") {
        println!("{}", world::run(seed));
        return;
    }
    let runs = number("RUNS").unwrap_or(RUNS);
    let began = Instant::now();
    let tally = run_all(runs);
    let a_minute = tally.games as f64 / began.elapsed().as_secs_f64() * 60.0;
    println!("{runs} runs, {tally}");
    println!("{a_minute:.0} games a minute");
    assert!(runs < RUNS || tally.missing().is_empty(), "never: {:?}", tally.missing());
}

#[test]
fn a_seed_gives_the_same_run_again() {
    for seed in 0..3 {
        assert_eq!(world::run(seed).to_string(), world::run(seed).to_string());
    }
}
