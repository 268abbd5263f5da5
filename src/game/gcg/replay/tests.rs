//! Records that are right are followed to their end, and others to their first difference.

use proptest::prelude::*;

use crate::game::gcg::{Nickname, Player, Prose, Source};
use crate::game::test_rules::graph;
use crate::game::{Bag, Evaluation, Generator, Rack, Seed, Settlement, Tile};

use super::*;

const PLAYERS: &str = "#player1 Ada Ada\n#player2 Bob Bob\n";

/// Follows the moves of these lines, by a rule set of `adjust`'s.
fn follow(
    lines: &str,
    mode: Mode,
    adjust: impl FnOnce(&mut RuleSet),
) -> (Vec<Turn>, Result<Extent, String>) {
    let mut rules = RuleSet::named("english").unwrap().clone();
    adjust(&mut rules);
    let source = Source::from_text(&format!("{PLAYERS}{lines}"));
    let reading = Game::read(&source, &rules, Mode::Strict).unwrap_or_else(|m| panic!("{m}"));
    let mut replay = Replay::new(&reading.game, &rules, None, mode);
    let mut turns = Vec::new();
    for turn in replay.by_ref() {
        match turn {
            Ok(turn) => turns.push(turn),
            Err(difference) => return (turns, Err(difference.to_string())),
        }
    }
    (turns, Ok(replay.extent()))
}

/// The first difference of these lines, which is in the last of them.
fn difference(lines: &str) -> String {
    let (turns, outcome) = follow(lines, Mode::Strict, |_| ());
    assert_eq!(turns.len() + 1, lines.lines().count(), "{lines}\n{outcome:?}");
    outcome.unwrap_err()
}

/// The set is cut down to these tiles, of which each of the two players has seven at first.
fn set(tiles: &'static str) -> impl Fn(&mut RuleSet) {
    move |rules| {
        let tile =
            |text: char| rules.alphabet.letter(&text.to_string()).map_or(Tile::BLANK, Tile::of);
        rules.counts = tiles.chars().map(tile).collect();
    }
}

/// The B counts double, and the word too: 2 × (2 × 3 + 1 + 1 + 4 + 1).
const BATHE: &str = ">Ada: BATHEIO 8D BATHE +26 26\n";

#[test]
fn the_game_in_the_description_of_the_format_is_right() {
    let description = include_str!("../mod.rs");
    let (_, game) = description.split_once("```text\n").unwrap();
    let (game, _) = game.split_once("//! ```").unwrap();
    // Each line has what it says, and after it, in two spaces or more, what that means.
    let lines = game.lines().map(|line| line.trim_start_matches("//! "));
    let lines: Vec<&str> = lines.filter_map(|line| line.split("  ").next()).collect();
    let moves: Vec<&str> = lines.into_iter().filter(|line| line.starts_with('>')).collect();
    assert_eq!(follow(&moves.join("\n"), Mode::Strict, |_| ()).1, Ok(Extent::Unfinished));
    assert_eq!(moves.len(), 3);
}

#[test]
fn points_and_totals_are_counted() {
    // The O counts double, and BATHED is made too: 2 + 2 × 1 and 3 + 1 + 1 + 4 + 1 + 2.
    let lines = format!("{BATHE}>Bob: DO I8 DO +16 16\n");
    assert_eq!(follow(&lines, Mode::Strict, |_| ()).1, Ok(Extent::Unfinished));
    for (lines, expected) in [
        (">Ada: BATHE 8D BATHE +25 25", "expected +26 points, got +25"),
        (">Ada: BATHE 8D BATHE +26 25", "expected the total 26, got 25"),
        (">Ada: BATHE - +1 1", "expected +0 points, got +1"),
        (">Ada: BATHE -B +1 1", "expected +0 points, got +1"),
    ] {
        assert_eq!(difference(lines), expected);
    }
}

#[test]
fn placements_are_held_against_the_rules() {
    for (lines, expected) in [
        (">Ada: BATHE 1A BATHE +1 1", "the first play must cover 8H"),
        (">Ada: BATHE 8M BATHE +1 1", "the play runs off the board"),
        (">Ada: BATHE 8H B +1 1", "the first play needs two tiles at least"),
        (">Ada: BATHE 8D BA.THE +1 1", "8F has no tile to play through"),
    ] {
        assert_eq!(difference(lines), expected);
    }
    let apart = ">Ada: BATHE 8D BATHE +26 26\n>Bob: AS 1A AS +4 4\n";
    assert_eq!(difference(apart), "the play touches no tile on the board");
}

#[test]
fn turns_go_round_and_end_with_the_game() {
    assert_eq!(difference(">Ada: AB - +0 0\n>Ada: AB - +0 0\n"), "expected a move of Bob");
    // Whoever makes the first turn begins.
    let turns = ">Bob: AB - +0 0\n>Ada: CD - +0 0\n".repeat(3);
    let (_, outcome) = follow(&turns, Mode::Strict, |_| ());
    assert_eq!(outcome, Ok(Extent::Unsettled));
    assert_eq!(
        difference(&format!("{turns}>Bob: AB - +0 0")),
        "the game was over before this move"
    );
    let settled = format!("{turns}>Bob: ABCDEFG (ABCDEFG) -16 -16\n>Ada: (time) -20 -20\n");
    assert_eq!(follow(&settled, Mode::Strict, |_| ()).1, Ok(Extent::Settled));
    assert_eq!(
        difference(">Ada: AB - +0 0\n>Ada: AB (AB) -4 -4"),
        "tiles that are left do not count before the game is over"
    );
    assert_eq!(
        difference(&format!("{turns}>Bob: (ABCDEFG) +16 16")),
        "the tiles that others have left count only for who has none"
    );
}

#[test]
fn racks_must_have_what_is_played_kept_and_in_the_set() {
    for (lines, expected) in [
        (">Ada: BATHEIO 8D BATHS +1 1", "the rack has too few of the tile S for this"),
        (">Ada: BATHEIO 8D BaTHE +1 1", "the rack has too few of the tile ? for this"),
        (">Ada: BATHEIO -S +0 0", "the rack has too few of the tile S for this"),
        (
            ">Ada: BATHEIO - +0 0\n>Bob: AB - +0 0\n>Ada: BATHEIU - +0 0",
            "the player kept a tile O before, which is not on the rack",
        ),
        (">Ada: QQABCDE - +0 0", "board and racks have more of the tile Q than the set"),
        (
            ">Ada: ZABCDEF - +0 0\n>Bob: Z - +0 0",
            "board and racks have more of the tile Z than the set",
        ),
    ] {
        assert_eq!(difference(lines), expected);
    }
    // What is not told of may be anything.
    let partial = ">Ada: BA 8D BATHE +26 26\n>Bob: - +0 0\n>Ada: -3 +0 26\n";
    assert_eq!(follow(partial, Mode::Strict, |_| ()).1, Ok(Extent::Unfinished));
}

#[test]
fn racks_that_cannot_be_are_forgiven_by_a_lenient_replay() {
    let lines = ">Ada: BATHEIO - +0 0\n>Bob: AB - +0 0\n>Ada: BATHEIU 8D BATHE +26 26\n";
    let (turns, outcome) = follow(lines, Mode::Lenient, |_| ());
    assert_eq!(turns[2].warnings, [Difference::NotKept("O".into())]);
    assert_eq!(outcome, Ok(Extent::Unfinished));
}

#[test]
fn a_play_taken_back_gives_its_points_and_tiles_back() {
    let lines = ">Ada: BATHEIO 8D BATHE +26 26\n>Ada: BATHEIO -- -26 0\n>Bob: AT 8H AT +4 4\n\
                 >Ada: BATHEIO 7H BE +12 12\n";
    // BE with the E counting twice, BA, and ET with the same E.
    assert_eq!(follow(lines, Mode::Strict, |_| ()).1, Ok(Extent::Unfinished));
    let wrong = ">Ada: BATHEIO 8D BATHE +26 26\n>Ada: BATHEIO -- -20 6";
    assert_eq!(difference(wrong), "expected -26 points, got -20");
}

#[test]
fn points_for_challenges_and_time_are_of_some_rule() {
    let play = BATHE;
    for bonus in [5, 10] {
        let lines = format!("{play}>Ada: (challenge) +{bonus} {}\n", 26 + bonus);
        assert_eq!(follow(&lines, Mode::Strict, |_| ()).1, Ok(Extent::Unfinished));
    }
    assert_eq!(
        difference(&format!("{play}>Ada: (challenge) +7 33")),
        "expected 5 or 10 points for a challenge, or for each of 1 words, got +7"
    );
    let not_just_before = "expected a play of the same player just before";
    assert_eq!(difference(&format!("{play}>Bob: (challenge) +5 5")), not_just_before);
    assert_eq!(
        difference(&format!("{play}>Bob: (time) -7 -7")),
        "expected to lose a multiple of 10 points for time, got -7"
    );
}

#[test]
fn going_out_settles_as_the_rules_say() {
    // Fourteen tiles: no bag, no exchange, and Ada is out with her first play.
    let tiles = set("BATHERSQZIOUAE");
    let play = ">Ada: BATHERS 8D BATHERS +80 80\n";
    let read = |lines: &str, mode| follow(&format!("{play}{lines}"), mode, &tiles);
    let strict = |lines: &str| read(lines, Mode::Strict).1;
    assert_eq!(strict(""), Ok(Extent::Unsettled));
    assert_eq!(strict(">Ada: (QZIOUAE) +50 130\n"), Ok(Extent::Settled));
    assert_eq!(strict(">Bob: QZ - +0 0\n>Ada: (QZIOUAE) +50 130\n"), Ok(Extent::Settled));
    assert_eq!(strict(">Ada: BATHERS -- -80 0\n"), Ok(Extent::Unfinished));
    let other_tiles = "expected the tiles \"AEIOQUZ\" to be left, got \"AQZ\"";
    assert_eq!(strict(">Ada: (QZA) +42 122\n"), Err(other_tiles.into()));
    let elsewhere = ">Ada: (QZIOUAE) +25 105\n>Bob: QZIOUAE (QZIOUAE) -25 -25\n";
    let expected = "expected +50 points for the tiles that are left, got +25, as elsewhere";
    assert_eq!(strict(elsewhere), Err(expected.into()));
    let (turns, outcome) = read(elsewhere, Mode::Lenient);
    assert_eq!((turns[1].warnings.len(), outcome), (1, Ok(Extent::Settled)));
    let moved = |rules: &mut RuleSet| {
        tiles(rules);
        rules.settlement = Settlement::Moved;
    };
    assert_eq!(follow(&format!("{play}{elsewhere}"), Mode::Strict, moved).1, Ok(Extent::Settled));
    let exchange = follow(">Ada: BATHERS -B +0 0\n", Mode::Strict, &tiles).1;
    let expected = "an exchange needs 7 tiles in the bag, and it has 0";
    assert_eq!(exchange, Err(expected.into()));
}

/// A whole game of two, played with few words, so that there are exchanges, passes, and either end.
fn played(seed: [u8; 32], words: &[&str]) -> Game {
    let rules = RuleSet::named("english").unwrap();
    let graph = graph(words);
    let mut generator = Generator::new(rules, &graph, None, &Board::EMPTY);
    let mut bag = Bag::new(Seed::new(seed), &rules.counts);
    let mut racks = [bag.draw_rack(7), bag.draw_rack(7)];
    let (mut totals, mut scoreless, mut moves) = ([0; 2], 0, Vec::new());
    let player = |name| Player { nickname: Nickname::new(name).unwrap(), name: Prose::default() };
    for turn in 0.. {
        let seat = turn % 2;
        let rack = racks[seat];
        let evaluation = Evaluation { leaves: None, racks_against: None };
        let (action, score) = match generator.best(&rack, &evaluation) {
            Some(play) => (Action::Play(play.placement), play.score as i32),
            None if bag.len() >= 7 => (Action::Exchange(rack), 0),
            None => (Action::Pass, 0),
        };
        totals[seat] += score;
        let (total, pragmas) = (totals[seat], Vec::new());
        moves.push(Move { seat, rack, action, score, total, pragmas });
        scoreless = if score > 0 { 0 } else { scoreless + 1 };
        match &action {
            Action::Play(placement) => {
                generator.place(placement);
                for (_, tile) in placement.placed() {
                    assert!(racks[seat].remove(tile.tile()));
                }
                refill(&mut racks[seat], &mut bag);
            }
            Action::Exchange(tiles) => {
                racks[seat] = bag.draw_rack(7);
                bag.put_back(tiles.tiles().iter().copied());
            }
            _ => {}
        }
        if racks[seat].is_empty() || scoreless == 6 {
            break;
        }
    }
    let value = |rack: &Rack| -> i32 {
        rack.tiles().iter().map(|tile| i32::from(rules.value(*tile))).sum()
    };
    for seat in 0..2 {
        let tiles = |rack: Rack| rack.tiles().iter().copied().collect();
        let (rack, other) = (racks[seat], racks[1 - seat]);
        let (action, score) = match (rack.is_empty(), other.is_empty()) {
            (true, _) => (Action::RackPoints(tiles(other)), 2 * value(&other)),
            (false, false) => (Action::RackPenalty(tiles(rack)), -value(&rack)),
            (false, true) => continue,
        };
        let total = totals[seat] + score;
        moves.push(Move { seat, rack, action, score, total, pragmas: Vec::new() });
    }
    Game { players: vec![player("Ada"), player("Bob")], pragmas: Vec::new(), moves }
}

fn refill(rack: &mut Rack, bag: &mut Bag) {
    while rack.len() < 7
        && let Some(tile) = bag.draw()
    {
        assert!(rack.add(tile));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn games_that_were_played_are_followed_to_their_end(seed in any::<[u8; 32]>(), short: bool) {
        const WORDS: [&str; 24] = [
            "AT", "TEA", "EAT", "ION", "ON", "NO", "RUE", "OUR", "DIE", "LIE", "SO", "GO", "WE",
            "BE", "VIA", "FAY", "COW", "HIM", "JOY", "KEG", "QUIZ", "PYX", "ZA", "OE",
        ];
        let rules = RuleSet::named("english").unwrap();
        let game = played(seed, if short { &WORDS[..4] } else { &WORDS });
        let text = game.display(&rules.alphabet).to_string();
        let reading = Game::read(&Source::from_text(&text), rules, Mode::Strict);
        prop_assert!(reading.is_ok(), "{:?}\n{}", reading, text);
        let reading = reading.unwrap();
        prop_assert_eq!(&reading.game, &game);
        let mut replay = Replay::new(&reading.game, rules, None, Mode::Strict);
        for (turn, line) in replay.by_ref().zip(&reading.lines) {
            prop_assert!(turn.is_ok(), "line {}: {}\n{}", line, turn.unwrap_err(), text);
        }
        prop_assert_eq!(replay.extent(), Extent::Settled);
    }
}

#[test]
fn a_word_is_not_made_again_where_the_rules_forbid_it() {
    // CAT across, then CAT down through another line of its own, beside the first one's T.
    let lines =
        ">Ada: CATRRRR 8H CAT +10 10\n>Bob: ATC J8 .AC +11 11\n>Ada: CATRRRR 10J .AT +5 15\n";
    let outcome = |may: bool| follow(lines, Mode::Lenient, |rules| rules.words_repeat = may).1;
    let forbidden = outcome(false).unwrap_err();
    assert_eq!(forbidden, "made before in this game: CAT");
    let allowed = outcome(true);
    assert!(
        allowed.is_ok() || !allowed.clone().unwrap_err().contains("made before"),
        "{allowed:?}"
    );
}

#[test]
fn an_exchange_needs_as_many_tiles_in_the_bag_as_it_takes() {
    let adjust = |rules: &mut RuleSet| {
        set("AAAAAAABBBBBBBCD")(rules);
        rules.exchange_minimum = 1;
    };
    let (turns, outcome) =
        follow(">Ada: AAAAAAA -AA +0 0\n>Bob: BBBBBBB -BBB +0 0\n", Mode::Strict, adjust);
    assert_eq!(turns.len(), 1, "{outcome:?}");
    assert_eq!(outcome.unwrap_err(), "an exchange needs 3 tiles in the bag, and it has 2");
}
