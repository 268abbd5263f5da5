//! The game itself: telling words, searching plays, applying commands; one thread, no database.
//!
//! By criterion, each by itself, on the default English lexicon, or on the words of the list that
//! `BENCH_WORDS` names. Whole games are measured by `scrabble-backend autoplay`. `benches/README.md`
//! has the figures.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput};
use scrabble_backend::game::{
    Autoplay, Board, Evaluation, Event, GameState, Generator, Played, Rack, RuleSet, Tile,
};
use scrabble_backend::lexicon::{Anagrams, Graph, GraphBuilder, Lexicon, Word, WordList};
use scrabble_backend::library::default_english;

/// Games whose positions are searched.
const GAMES: u64 = 20;

fn main() {
    let rules = RuleSet::named("english").expect("English is built in");
    let lexicon = lexicon(rules);
    let mut criterion = Criterion::default().configure_from_args();
    let words: Vec<Word> = lexicon.words().collect();
    build(&mut criterion, &lexicon, &words);
    tell(&mut criterion, lexicon.graph(), words);
    search(&mut criterion, rules, lexicon.graph());
    apply(&mut criterion, rules, lexicon.graph());
    criterion.final_summary();
}

fn lexicon(rules: &RuleSet) -> Arc<Lexicon> {
    let Some(path) = std::env::var_os("BENCH_WORDS") else { return default_english() };
    let text = std::fs::read(path).expect("BENCH_WORDS is a file");
    let words = WordList::read(&text, &rules.alphabet, |_| ()).words;
    let lexicon = Lexicon::build("bench", rules.alphabet.clone(), words, |_| ());
    Arc::new(lexicon.expect("BENCH_WORDS is a list of words"))
}

/// From words to a graph, from a file to a lexicon, from a graph to anagrams.
fn build(criterion: &mut Criterion, lexicon: &Lexicon, words: &[Word]) {
    let mut group = criterion.benchmark_group("build");
    group.sample_size(10).throughput(Throughput::Elements(words.len() as u64));
    group.bench_function("graph", |bench| bench.iter(|| GraphBuilder::build(words, |_| ())));
    let bytes = lexicon.to_bytes();
    group.bench_function("load", |bench| bench.iter(|| Lexicon::from_bytes(&bytes)));
    group.bench_function("anagrams", |bench| bench.iter(|| Anagrams::of_graph(lexicon.graph())));
    group.finish();
}

/// Whether letters are a word: words in an order that has nothing to do with the alphabet, and the
/// same words with their last letter changed, of which few are words.
fn tell(criterion: &mut Criterion, graph: &Graph, mut words: Vec<Word>) {
    words.sort_by_key(|word| {
        let mixed = word.places().iter().fold(7_u64, |sum, place| {
            (sum ^ u64::from(*place)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        mixed ^ mixed >> 29
    });
    let changed: Vec<Vec<u8>> = words
        .iter()
        .map(|word| {
            let mut places = word.places().to_vec();
            if let Some(last) = places.last_mut() {
                *last = *last % 26 + 1;
            }
            places
        })
        .collect();
    let mut group = criterion.benchmark_group("membership");
    group.throughput(Throughput::Elements(words.len() as u64));
    let count =
        |found: &mut dyn Iterator<Item = &[u8]>| found.filter(|word| graph.contains(word)).count();
    group.bench_function("words", |bench| {
        bench.iter(|| count(black_box(&mut words.iter().map(Word::places))));
    });
    group.bench_function("changed words", |bench| {
        bench.iter(|| count(black_box(&mut changed.iter().map(Vec::as_slice))));
    });
    group.finish();
}

/// What is searched for a position: the rack, and the play that is made then.
struct Turn {
    rack: Rack,
    event: Event,
}

/// The turns of whole games of best plays.
fn turns(played: &Played, rules: &RuleSet) -> Vec<Turn> {
    let (mut state, _) = GameState::start(rules, &played.setup).expect("it was played");
    let mut turns = Vec::new();
    for event in &played.events[1..] {
        if let Event::Played { seat, .. } = event {
            turns.push(Turn { rack: state.rack(*seat), event: event.clone() });
        }
        state.fold(rules, event).expect("it was played");
    }
    turns
}

fn search(criterion: &mut Criterion, rules: &RuleSet, graph: &Graph) {
    let anagrams = Anagrams::of_graph(graph);
    let mut autoplay = Autoplay::new(rules, graph, Some(&anagrams), None);
    let games: Vec<_> =
        (0..GAMES).map(|game| turns(&autoplay.play(0, game).expect("two racks"), rules)).collect();
    let evaluation = Evaluation::default();
    let mut group = criterion.benchmark_group("search");
    group.throughput(Throughput::Elements(games.iter().map(Vec::len).sum::<usize>() as u64));
    for (name, anagrams) in [("best play, anagrams", Some(&anagrams)), ("best play, graph", None)] {
        let mut generator = Generator::new(rules, graph, anagrams, &Board::EMPTY);
        group.bench_function(name, |bench| {
            bench.iter(|| {
                for game in &games {
                    generator.set_board(&Board::EMPTY);
                    for turn in game {
                        black_box(generator.best(&turn.rack, &evaluation));
                        if let Event::Played { play, .. } = &turn.event {
                            generator.place(play.placement());
                        }
                    }
                }
            });
        });
    }
    group.throughput(Throughput::Elements(1));
    for letters in ["AEINRST", "?AEIRST"] {
        let rack = Rack::new(letters.chars().map(|letter| {
            rules.alphabet.letter(letter.encode_utf8(&mut [0; 4])).map_or(Tile::BLANK, Tile::of)
        }));
        let rack = rack.expect("seven tiles are a rack");
        let mut generator = Generator::new(rules, graph, None, &Board::EMPTY);
        group.bench_function(format!("all plays of {letters} on an empty board"), |bench| {
            bench.iter(|| {
                generator.plays(&rack, &evaluation, |play| {
                    black_box(play);
                })
            });
        });
    }
    group.finish();
}

/// Whole games by their commands, and a copy of a state.
fn apply(criterion: &mut Criterion, rules: &RuleSet, graph: &Graph) {
    let mut autoplay = Autoplay::new(rules, graph, None, None);
    let played = autoplay.play(0, 0).expect("two racks");
    let (start, _) = GameState::start(rules, &played.setup).expect("it was played");
    let mut group = criterion.benchmark_group("state");
    group.bench_function("clone", |bench| bench.iter(|| black_box(&start).clone()));
    group.throughput(Throughput::Elements(played.commands.len() as u64));
    group.bench_function("apply", |bench| {
        bench.iter(|| {
            let mut state = start.clone();
            for command in &played.commands {
                black_box(state.apply(rules, graph, command)).expect("it was played");
            }
        });
    });
    group.finish();
}
