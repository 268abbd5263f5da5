//! `autoplay`: plays games of best plays, and tells what they came to and how fast they were played.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use scrabble_backend::game::{Autoplay, InvalidSetup, Leaves, PLAYERS_MAX, Record, RuleSet, Tally};
use scrabble_backend::lexicon::{Anagrams, Graph};

use super::file::write_whole;
use super::words::{Words, WordsArgs};
use super::{Failure, print_lines};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many games.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    games: u64,
    /// How many games at once.
    #[arg(long, value_name = "T", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: u16,
    /// Which games: the same seed gives the same ones.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    words: WordsArgs,
    /// Search the word graph alone, without the anagrams derived from it: slower, and less memory.
    #[arg(long)]
    graph_only: bool,
    /// Write the record of the first game, which `verify-game` checks.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let Words { rules, lexicon, leaves } = args.words.open(None)?;
    let (started, cpu_started) = (Instant::now(), cpu_seconds());
    let anagrams = (!args.graph_only).then(|| Anagrams::of_graph(lexicon.graph()));
    let players = Players {
        rules: &rules,
        graph: lexicon.graph(),
        anagrams: anagrams.as_ref(),
        leaves: leaves.as_ref(),
        next: AtomicU64::new(0),
    };
    let tally = thread::scope(|scope| {
        let threads: Vec<_> = (0..args.threads)
            .map(|_| scope.spawn(|| players.play(args.seed, args.games)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a game has no way to panic"))
            .try_fold(Tally::default(), |sum, tally| Ok(sum.plus(tally?)))
    });
    let tally = tally.map_err(|error: InvalidSetup| Failure::input("--rules", error))?;
    let cpu = cpu_seconds() - cpu_started;
    let seconds = started.elapsed().as_secs_f64();
    if let Some(path) = &args.record {
        let mut autoplay =
            Autoplay::new(&rules, lexicon.graph(), anagrams.as_ref(), leaves.as_ref());
        let first = autoplay.play(args.seed, 0).map_err(Failure::start)?;
        let players = usize::from(first.setup.players);
        let record = Record::of(&rules, &lexicon, &NAMES[..players], &first.setup, &first.commands)
            .map_err(Failure::start)?;
        write_whole(path, record.to_json().as_bytes())?;
    }
    print_lines(describe(&tally, cpu, seconds))
}

/// The players' names in a record.
const NAMES: [&str; PLAYERS_MAX] = ["One", "Two", "Three", "Four"];

struct Players<'a> {
    rules: &'a RuleSet,
    graph: &'a Graph,
    anagrams: Option<&'a Anagrams>,
    leaves: Option<&'a Leaves>,
    /// The first game that nobody plays yet.
    next: AtomicU64,
}

impl Players<'_> {
    /// Plays games as long as there are any.
    fn play(&self, seed: u64, games: u64) -> Result<Tally, InvalidSetup> {
        let mut autoplay = Autoplay::new(self.rules, self.graph, self.anagrams, self.leaves);
        let numbers =
            || Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|game| *game < games);
        std::iter::from_fn(numbers)
            .map(|game| Ok(autoplay.play(seed, game)?.tally(self.rules)))
            .try_fold(Tally::default(), |sum, tally| Ok(sum.plus(tally?)))
    }
}

/// The time that all threads of this process have worked.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn describe(tally: &Tally, cpu: f64, wall: f64) -> Vec<String> {
    let mean = if tally.players == 0 { 0.0 } else { tally.points as f64 / tally.players as f64 };
    vec![
        format!("games                {}", tally.games),
        format!("turns                {}", tally.turns),
        format!("mean score           {mean:.2}"),
        format!("bingos               {}", tally.bingos),
        format!("digest               {:016x}", tally.digest),
        format!("CPU seconds          {cpu:.2}"),
        format!("seconds              {wall:.2}"),
        format!("games a CPU second   {:.0}", tally.games as f64 / cpu.max(f64::EPSILON)),
    ]
}
