//! The search against brute force: every word of a small lexicon on every square, both ways.

use std::collections::{BTreeMap, HashSet};

use crate::game::scoring::ScoredPlay;
use crate::game::{
    Direction, Layout, Leaves, PlacedTile, Placement, Rack, RuleSet, Square, Tile, write_tiles,
};
use crate::lexicon::{Anagrams, GraphBuilder, LETTERS_MAX, Letter, Word};

use super::*;

/// A stream of numbers from a seed (xorshift64*), so that a failure can be had again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    fn letter(&mut self, letters: &[Letter]) -> Letter {
        letters[self.below(letters.len())]
    }
}

/// What plays are compared by: square, direction and tiles, with the score.
type Plays = BTreeMap<(Square, Direction, Vec<u8>), u32>;

fn key(placement: &Placement) -> (Square, Direction, Vec<u8>) {
    let tiles = placement.tiles().map(|tile| tile.map_or(0, PlacedTile::byte)).collect();
    (placement.start, placement.direction, tiles)
}

struct World<'a> {
    rules: &'a RuleSet,
    words: HashSet<Word>,
    board: Board,
    rack: Rack,
    /// The rack's tiles, by their indices.
    counts: [u8; LETTERS_MAX + 1],
}

impl World<'_> {
    fn plays(&self) -> Plays {
        let mut plays = Plays::new();
        let side = self.rules.layout.side();
        // By convention the first word lies across.
        let directions = if self.board.is_empty() {
            &[Direction::Across][..]
        } else {
            &[Direction::Across, Direction::Down]
        };
        let near = self.near();
        for direction in directions {
            for line in 0..side {
                let squares: Vec<Square> = (0..side)
                    .map(|at| match direction {
                        Direction::Across => Square { row: line, column: at },
                        Direction::Down => Square { row: at, column: line },
                    })
                    .collect();
                let lying: Vec<u8> = squares.iter().map(|square| self.letter(*square)).collect();
                for start in 0..squares.len() {
                    // Only to be done sooner: a word that comes near no tile touches none.
                    let touching = squares[start..].iter().position(|at| near.contains(at));
                    let long = self.words.iter().filter(|word| touching < Some(word.len()));
                    for word in long.filter(|_| touching.is_some()) {
                        if self.can_lie(&lying[start..], word) {
                            self.lay(squares[start], *direction, word, &mut plays);
                        }
                    }
                }
            }
        }
        plays
    }

    /// The squares that a play may touch, without which it is not to be tried.
    fn near(&self) -> HashSet<Square> {
        let tiles = self.board.tiles().flat_map(|(square, _)| {
            let back = [
                square.row.checked_sub(1).map(|row| Square { row, ..square }),
                square.column.checked_sub(1).map(|column| Square { column, ..square }),
            ];
            let on = [square.step(Direction::Down, 1), square.step(Direction::Across, 1)];
            back.into_iter().chain(on).chain([Some(square)]).flatten()
        });
        tiles.chain([self.rules.layout.start()]).collect()
    }

    fn letter(&self, square: Square) -> u8 {
        self.board.tile(square).map_or(0, |tile| tile.letter().place())
    }

    /// Whether a word goes with the tiles from a square on, and the rack has enough for the rest. Only
    /// to be done sooner: nearly no word does.
    fn can_lie(&self, lying: &[u8], word: &Word) -> bool {
        if word.len() > lying.len() {
            return false;
        }
        let mut counts = self.counts;
        for (place, lying) in word.places().iter().zip(lying) {
            let tile = if counts[usize::from(*place)] > 0 { usize::from(*place) } else { 0 };
            if *lying != 0 {
                if lying != place {
                    return false;
                }
            } else if counts[tile] == 0 {
                return false;
            } else {
                counts[tile] -= 1;
            }
        }
        true
    }

    /// Lays a word on a square in all the ways in which blanks can stand for its letters.
    fn lay(&self, start: Square, direction: Direction, word: &Word, plays: &mut Plays) {
        let mut ways = vec![(Vec::new(), self.rack)];
        for (steps, letter) in word.letters().enumerate() {
            let Some(square) = start.step(direction, steps) else { return };
            let lying = self.board.tile(square);
            if lying.is_some_and(|tile| tile.letter() != letter) {
                return;
            }
            let mut further = Vec::new();
            for (tiles, rack) in ways {
                let choices = match lying {
                    Some(_) => vec![None],
                    None => {
                        vec![Some(PlacedTile::natural(letter)), Some(PlacedTile::blank(letter))]
                    }
                };
                for choice in choices {
                    let mut rest = rack;
                    if choice.is_none_or(|tile| rest.remove(tile.tile())) {
                        let mut tiles: Vec<Option<PlacedTile>> = tiles.clone();
                        tiles.push(choice);
                        further.push((tiles, rest));
                    }
                }
            }
            ways = further;
        }
        for (tiles, _) in ways {
            let Some(placement) = Placement::new(start, direction, tiles) else { continue };
            let Ok(scored) = ScoredPlay::of(&self.board, self.rules, &placement) else { continue };
            let is_whole = scored.placement() == &placement;
            let is_doubled = placement.placed().count() == 1
                && direction == Direction::Down
                && scored.words().len() == 2;
            let is_valid = scored.words().iter().all(|formed| self.words.contains(&formed.word));
            if is_whole && !is_doubled && is_valid {
                plays.insert(key(&placement), scored.score() as u32);
            }
        }
    }
}

/// Words of a few letters, so that plays are many; the letters of most characters are among them.
fn some_words(rules: &RuleSet, numbers: &mut Numbers) -> (Vec<Letter>, Vec<Word>) {
    let mut letters: Vec<Letter> = rules.alphabet.letters().collect();
    letters.sort_by_key(|letter| std::cmp::Reverse(rules.alphabet.text(*letter).chars().count()));
    let digraphs =
        letters.iter().take_while(|letter| rules.alphabet.text(**letter).chars().count() > 1);
    let kept = digraphs.count();
    let mut few = letters[..kept].to_vec();
    few.extend((0..7).map(|_| numbers.letter(&letters[kept..])));
    let words = (0..150)
        .map(|index| {
            let length = if index < 30 { 2 } else { 2 + numbers.below(7) };
            let word: Vec<Letter> = (0..length).map(|_| numbers.letter(&few)).collect();
            Word::new(&word).unwrap()
        })
        .collect();
    (few, words)
}

fn some_rack(letters: &[Letter], size: usize, numbers: &mut Numbers) -> Rack {
    let blanks = [0, 0, 0, 1, 1, 2][numbers.below(6)];
    let tiles = 1 + numbers.below(size).max(numbers.below(size));
    Rack::new(
        (0..tiles).map(
            |at| {
                if at < blanks { Tile::BLANK } else { Tile::of(numbers.letter(letters)) }
            },
        ),
    )
    .unwrap()
}

/// The worth of some handfuls, between minus thirty and thirty points.
fn some_leaves(rules: &RuleSet, letters: &[Letter], numbers: &mut Numbers) -> Leaves {
    let mut lines = BTreeMap::new();
    for _ in 0..80 {
        let mut tiles: Vec<Tile> =
            (0..=numbers.below(5)).map(|_| Tile::of(numbers.letter(letters))).collect();
        if numbers.below(4) == 0 {
            tiles[0] = Tile::BLANK;
        }
        tiles.sort();
        let mut text = String::new();
        write_tiles(&rules.alphabet, &tiles, &mut text);
        lines.insert(text, numbers.below(60_000) as f64 / 1000.0 - 30.0);
    }
    let text: String = lines.iter().map(|(tiles, points)| format!("{tiles},{points}\n")).collect();
    Leaves::parse(&text, &rules.alphabet).unwrap()
}

/// Plays random plays from an empty board until none is left, and compares each position.
fn search_agrees_with_brute_force(rules: &RuleSet, seed: u64, positions: usize) {
    let mut numbers = Numbers(seed);
    let mut seen = 0;
    let mut found = 0;
    while seen < positions {
        let (letters, words) = some_words(rules, &mut numbers);
        let graph = GraphBuilder::build(&words, |_| ()).unwrap();
        let anagrams = Anagrams::new(words.iter().map(Word::places));
        let mut world = World {
            rules,
            words: words.iter().copied().collect(),
            board: Board::EMPTY,
            rack: Rack::EMPTY,
            counts: [0; LETTERS_MAX + 1],
        };
        let leaves = some_leaves(rules, &letters, &mut numbers);
        let mut graph_search = Generator::new(rules, &graph, None, &Board::EMPTY);
        let mut anagram_search = Generator::new(rules, &graph, Some(&anagrams), &Board::EMPTY);
        for _ in 0..30 {
            world.rack = some_rack(&letters, rules.rack_size.into(), &mut numbers);
            world.counts = [0; LETTERS_MAX + 1];
            world.rack.tiles().iter().for_each(|tile| world.counts[tile.index()] += 1);
            let brute = world.plays();
            let evaluation = match numbers.below(3) {
                0 => Evaluation::default(),
                1 => Evaluation { leaves: Some(&leaves), racks_against: None },
                _ => Evaluation { leaves: None, racks_against: Some(11) },
            };
            let (mut plays, mut all) = (Plays::new(), Vec::new());
            graph_search.plays(&world.rack, &evaluation, |play| {
                let again = plays.insert(key(&play.placement), play.score);
                assert_eq!(again, None, "{play:?} came twice, seed {seed}");
                all.push(*play);
            });
            assert_eq!(plays, brute, "seed {seed}, rack {:?}, board {:?}", world.rack, world.board);
            all.sort_by(Play::order);
            let best = all.first().copied();
            assert_eq!(graph_search.best(&world.rack, &evaluation), best, "seed {seed}");
            assert_eq!(anagram_search.best(&world.rack, &evaluation), best, "seed {seed}");
            let mut anew = Generator::new(rules, &graph, Some(&anagrams), &world.board);
            assert_eq!(anew.best(&world.rack, &evaluation), best, "seed {seed}");
            (seen, found) = (seen + 1, found + all.len());
            if all.is_empty() {
                continue;
            }
            let play = all[numbers.below(all.len())];
            for (square, tile) in play.placement.placed() {
                world.board.set(square, Some(tile));
            }
            graph_search.place(&play.placement);
            anagram_search.place(&play.placement);
        }
    }
    assert!(found > positions * 5, "positions have plays to compare: {found} in {seen}");
}

/// How many positions a language gets in the suite. `POSITIONS=10000 cargo test --release --lib
/// brute_force` looks at more.
fn positions() -> usize {
    std::env::var("POSITIONS").map_or(250, |count| count.parse().unwrap())
}

#[test]
fn the_search_agrees_with_brute_force_in_english() {
    search_agrees_with_brute_force(RuleSet::named("english").unwrap(), 1, positions());
}

#[test]
fn the_search_agrees_with_brute_force_in_spanish_with_its_digraphs() {
    search_agrees_with_brute_force(RuleSet::named("spanish").unwrap(), 2, positions());
}

#[test]
fn the_search_agrees_with_brute_force_in_russian() {
    search_agrees_with_brute_force(RuleSet::named("russian").unwrap(), 3, positions());
}

#[test]
fn the_search_agrees_with_brute_force_where_word_premiums_are_added() {
    search_agrees_with_brute_force(RuleSet::named("erudit").unwrap(), 4, positions());
}

#[test]
fn the_search_agrees_with_brute_force_on_the_large_board() {
    search_agrees_with_brute_force(RuleSet::named("english_super").unwrap(), 5, positions() / 2);
}

const SMALL_BOARD: &str = "\
=.'.'.=
.-...-.
'.\"'\".'
..'-'..
'.\"'\".'
.-...-.
=.'.'.=
";

/// Eight tiles, letters that count nothing, and a board that is soon full.
#[test]
fn the_search_agrees_with_brute_force_on_a_small_board_with_eight_tiles() {
    let mut rules = RuleSet::named("english").unwrap().clone();
    rules.layout = Layout::parse(SMALL_BOARD).unwrap();
    rules.rack_size = 8;
    rules.values.iter_mut().step_by(2).for_each(|value| *value = 0);
    search_agrees_with_brute_force(&rules, 6, positions());
}

#[test]
fn more_than_two_blanks_are_searched_too() {
    let rules = RuleSet::named("english_super").unwrap();
    let words: Vec<Word> = ["AT", "TAT"].map(|text| rules.alphabet.parse(text).unwrap()).into();
    let graph = GraphBuilder::build(&words, |_| ()).unwrap();
    let anagrams = Anagrams::of_graph(&graph);
    let rack = Rack::new([Tile::BLANK; 3]).unwrap();
    let mut search = Generator::new(rules, &graph, Some(&anagrams), &Board::EMPTY);
    let best = search.best(&rack, &Evaluation::default()).unwrap();
    // Of equal plays the one that begins first.
    assert_eq!((best.score, best.placement.len()), (0, 3));
    let mut plays = 0;
    search.plays(&rack, &Evaluation::default(), |_| plays += 1);
    assert_eq!(plays, 5, "AT on two starts, TAT on three");
}

#[test]
fn an_exchange_must_be_worth_more_than_any_play() {
    let rules = RuleSet::named("english").unwrap();
    let words = [rules.alphabet.parse("AT").unwrap()];
    let graph = GraphBuilder::build(&words, |_| ()).unwrap();
    let rack = Rack::new("ATV".bytes().map(|byte| Tile::of(Letter::new(byte - b'A' + 1).unwrap())))
        .unwrap();
    let mut search = Generator::new(rules, &graph, None, &Board::EMPTY);
    let leaves = Leaves::parse("AT,9.5\nV,-5\n", &rules.alphabet).unwrap();
    let evaluation = Evaluation { leaves: Some(&leaves), racks_against: None };
    let Choice::Exchange(given) = search.choose(&rack, &evaluation, 7, |_| true) else {
        panic!("to keep AT is worth more than four points and to keep V")
    };
    assert_eq!(given.tiles(), &rack.tiles()[2..]);
    let without_bag = search.choose(&rack, &evaluation, 0, |_| true);
    assert!(matches!(without_bag, Choice::Play(play) if play.score == 4 && play.equity == -1000));
    assert_eq!(search.choose(&rack, &evaluation, 0, |_| false), Choice::Pass);
}
