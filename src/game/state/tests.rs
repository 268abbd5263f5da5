//! Each rule of a game, a sentence each. Racks are dealt as a test needs them.

use super::*;
use crate::game::test_rules::{english, graph, placement, rack, tile, word};
use crate::game::{Misplaced, Scoreless, Settlement, TileCounts};

const WORDS: &[&str] = &["AT", "CAT", "CATS", "AS", "SO", "TO", "ON", "NO", "DOG", "DOGS", "EAT"];

/// A game whose commands may be wrong.
struct Table {
    rules: RuleSet,
    words: Graph,
    state: GameState,
    setup: Setup,
    events: Vec<Event>,
}

impl Table {
    fn new(players: u8, challenge: ChallengeRule) -> Self {
        Self::with_rules(english(), players, challenge)
    }

    fn with_rules(rules: RuleSet, players: u8, challenge: ChallengeRule) -> Self {
        let setup = Setup { players, challenge, seed: Seed::new([1; 32]) };
        let (state, events) = GameState::start(&rules, &setup).unwrap();
        Self { rules, words: graph(WORDS), state, setup, events }
    }

    /// A set of so few tiles that the racks take all of them.
    fn with_tiles(players: u8, challenge: ChallengeRule, tiles: &str) -> Self {
        let mut rules = english();
        rules.counts = tiles.chars().map(tile).collect();
        rules.rack_size = (tiles.len() / usize::from(players)) as u8;
        Self::with_rules(rules, players, challenge)
    }

    fn deal(&mut self, seat: u8, tiles: &str) -> &mut Self {
        self.state.deal(seat, &rack(tiles)).unwrap();
        self
    }

    fn act(&mut self, seat: u8, action: Action) -> Result<Vec<Event>, Illegal> {
        let before = self.state.to_bytes();
        let result = self.state.apply(&self.rules, &self.words, &Command::new(seat, action));
        match &result {
            Ok(events) => self.events.extend(events.iter().cloned()),
            Err(_) => assert_eq!(self.state.to_bytes(), before),
        }
        result
    }

    fn play(&mut self, seat: u8, text: &str) -> Result<Vec<Event>, Illegal> {
        self.act(seat, Action::Play(placement(text)))
    }

    fn pass(&mut self, seat: u8) -> Vec<Event> {
        self.act(seat, Action::Pass).unwrap()
    }

    fn totals(&self) -> Vec<i32> {
        (0..self.state.players()).map(|seat| self.state.total(seat)).collect()
    }

    fn end(&self) -> Option<EndReason> {
        self.state.end_reason()
    }
}

#[test]
fn a_game_fits_a_kibibyte() {
    assert!(size_of::<GameState>() <= 1024, "{}", size_of::<GameState>());
}

#[test]
fn a_game_begins_with_full_racks_and_seat_0() {
    let table = Table::new(3, ChallengeRule::Void);
    assert_eq!(table.state.on_turn(), Some(0));
    assert!((0..3).all(|seat| table.state.rack(seat).len() == 7));
    assert_eq!(table.state.bag().len(), 100 - 21);
    assert!(matches!(table.events[..], [Event::Started { bag_tiles: 79, .. }]));
}

#[test]
fn a_game_has_as_many_players_as_its_rules_allow() {
    let setup = Setup { players: 5, challenge: ChallengeRule::Void, seed: Seed::new([1; 32]) };
    let error = GameState::start(&english(), &setup).unwrap_err();
    assert_eq!(error, InvalidSetup::Players { players: 5, min: 2, max: 4 });
}

#[test]
fn a_play_scores_draws_and_passes_the_turn() {
    let mut table = Table::new(2, ChallengeRule::Void);
    let events = table.deal(0, "CAT").play(0, "8H CAT").unwrap();
    let [
        Event::Played { total: 10, bag_tiles: 83, drawn, .. },
        Event::TurnBegan { seat: 1, turn: 2, .. },
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(drawn.len(), 3);
    assert_eq!(table.state.rack(0).len(), 7);
}

#[test]
fn a_play_needs_its_tiles_in_the_rack() {
    let mut table = Table::new(2, ChallengeRule::Void);
    table.deal(0, "CTEEEE?");
    let error = table.play(0, "8H CAtT").unwrap_err();
    assert_eq!(error, Illegal::TilesNotInRack { missing: vec![tile('A')] });
    assert_eq!(error.code(), "tiles_not_in_rack");
    assert_eq!(error.describe(&table.rules.alphabet), "not in the rack: A");
}

#[test]
fn a_misplaced_play_is_illegal() {
    let mut table = Table::new(2, ChallengeRule::Void);
    let error = table.deal(0, "CAT").play(0, "1A CAT").unwrap_err();
    assert!(matches!(error, Illegal::Misplaced(Misplaced::StartSquareMissed(_))));
    assert_eq!(error.code(), "start_square_missed");
}

#[test]
fn where_words_are_checked_at_once_all_wrong_ones_are_told() {
    let mut table = Table::new(2, ChallengeRule::Void);
    table.deal(0, "CAT").play(0, "8H CAT").unwrap();
    let error = table.deal(1, "SOE").play(1, "9H SO").unwrap_err();
    assert_eq!(error, Illegal::InvalidWords(vec![word("CS"), word("AO")]));
    assert_eq!(error.describe(&table.rules.alphabet), "not in the lexicon: CS, AO");
    assert_eq!(table.act(1, Action::Challenge), Err(Illegal::NothingToChallenge));
}

#[test]
fn a_word_is_made_once_where_rules_say_so() {
    let mut rules = english();
    rules.words_repeat = false;
    let mut table = Table::with_rules(rules, 2, ChallengeRule::Void);
    table.deal(0, "CAT").play(0, "8H CAT").unwrap();
    table.deal(1, "SAT").play(1, "K8 S").unwrap();
    // CAT is on the board as a part of CATS only, and was made all the same.
    let error = table.deal(0, "CA").play(0, "J6 CA.").unwrap_err();
    assert_eq!(
        (error.code(), &error),
        ("word_repeated", &Illegal::WordsRepeated(vec![word("CAT")]))
    );
    table.rules.words_repeat = true;
    assert!(table.play(0, "J6 CA.").is_ok());
}

#[test]
fn nobody_plays_out_of_turn() {
    let mut table = Table::new(2, ChallengeRule::Single);
    for action in [Action::Pass, Action::Challenge, Action::TimeOut] {
        assert_eq!(table.act(1, action), Err(Illegal::NotYourTurn { on_turn: 0 }));
    }
    assert_eq!(table.act(2, Action::Pass), Err(Illegal::NoSuchSeat(2)));
}

#[test]
fn an_exchange_draws_before_it_gives_back() {
    let mut table = Table::new(2, ChallengeRule::Void);
    table.deal(0, "QVV");
    let top = *table.state.bag().tiles().last().unwrap();
    let events = table.act(0, Action::Exchange(rack("Q"))).unwrap();
    let Event::Exchanged { drawn, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!(drawn.tiles(), [top]);
    assert!(table.state.bag().tiles().contains(&tile('Q')));
    assert_eq!((table.state.bag().shuffles(), table.state.bag().len()), (2, 86));
}

#[test]
fn an_exchange_needs_tiles_in_the_rack_and_in_the_bag() {
    let mut table = Table::new(2, ChallengeRule::Void);
    let none = table.act(0, Action::Exchange(Rack::EMPTY));
    assert_eq!(none, Err(Illegal::NoTilesToExchange));
    table.deal(0, "ABCDEFG");
    let foreign = table.act(0, Action::Exchange(rack("Z")));
    assert_eq!(foreign, Err(Illegal::TilesNotInRack { missing: vec![tile('Z')] }));
    let mut rules = english();
    rules.counts = "AAAAAAAEEEEEEEOO".chars().map(tile).collect();
    rules.exchange_minimum = 1;
    let mut table = Table::with_rules(rules, 2, ChallengeRule::Void);
    table.deal(0, "AAA");
    let error = table.act(0, Action::Exchange(rack("AAA")));
    assert_eq!(error, Err(Illegal::TooFewTilesInBag { bag_tiles: 2, needed: 3 }));
    assert!(table.act(0, Action::Exchange(rack("AA"))).is_ok());
}

#[test]
fn a_phony_that_is_challenged_goes_back_and_the_challenger_plays() {
    let mut table = Table::new(2, ChallengeRule::Double);
    table.deal(0, "CATZ");
    let before = table.state.clone();
    table.play(0, "8H ZAT").unwrap();
    let events = table.act(1, Action::Challenge).unwrap();
    let [Event::PlayTakenBack { seat: 0, challenger: 1, invalid, score: 24, total: 0, .. }] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(invalid, &[word("ZAT")]);
    assert_eq!(table.state.rack(0), before.rack(0));
    assert!(table.state.board().is_empty());
    assert_eq!((table.state.on_turn(), table.state.scoreless_turns(0)), (Some(1), 1));
    // The same tiles in the bag, shuffled anew.
    let count = |state: &GameState| state.bag().tiles().iter().copied().collect::<TileCounts>();
    assert_eq!(count(&table.state), count(&before));
    assert_eq!(table.state.bag().shuffles(), 2);
    assert_eq!(table.act(1, Action::Challenge), Err(Illegal::NothingToChallenge));
}

#[test]
fn a_wrong_challenge_costs_what_the_rule_says() {
    let wrong = |rule| {
        let mut table = Table::new(2, rule);
        table.deal(0, "CAT").play(0, "8H CAT").unwrap();
        table.deal(1, "SO").play(1, "K8 SO").unwrap();
        table.act(0, Action::Challenge).unwrap();
        (table.totals(), table.state.on_turn(), table.end())
    };
    // K8 SO makes two words.
    assert_eq!(wrong(ChallengeRule::Single), (vec![10, 8], Some(0), None));
    assert_eq!(wrong(ChallengeRule::Double), (vec![10, 8], Some(1), None));
    assert_eq!(wrong(ChallengeRule::PointsPerPlay(5)), (vec![10, 13], Some(0), None));
    assert_eq!(wrong(ChallengeRule::PointsPerWord(10)), (vec![10, 28], Some(0), None));
    let lost = (vec![10, 8], None, Some(EndReason::TripleChallenge));
    assert_eq!(wrong(ChallengeRule::Triple), lost);
}

#[test]
fn under_the_triple_rule_a_phony_loses_the_game() {
    let mut table = Table::new(2, ChallengeRule::Triple);
    table.deal(0, "TAC").play(0, "8H TAC").unwrap();
    table.act(1, Action::Challenge).unwrap();
    assert_eq!(table.end(), Some(EndReason::TripleChallenge));
    assert_eq!(table.state.ranks(), [2, 1, 0, 0]);
}

#[test]
fn of_three_players_the_triple_rule_takes_one_and_the_game_goes_on() {
    let mut table = Table::new(3, ChallengeRule::Triple);
    table.deal(0, "TAC").play(0, "8H TAC").unwrap();
    table.act(1, Action::Challenge).unwrap();
    assert_eq!((table.state.is_in(0), table.state.on_turn()), (false, Some(1)));
    table.deal(1, "CAT").play(1, "8H CAT").unwrap();
    table.act(2, Action::Challenge).unwrap();
    assert_eq!(table.end(), Some(EndReason::TripleChallenge));
    assert_eq!(table.state.ranks(), [3, 1, 2, 0]);
}

#[test]
fn only_the_play_just_before_can_be_challenged() {
    let mut table = Table::new(3, ChallengeRule::Single);
    assert_eq!(table.act(0, Action::Challenge), Err(Illegal::NothingToChallenge));
    table.deal(0, "TAC").play(0, "8H TAC").unwrap();
    table.pass(1);
    assert_eq!(table.act(2, Action::Challenge), Err(Illegal::NothingToChallenge));
}

#[test]
fn a_play_that_passed_one_challenge_is_safe() {
    let mut table = Table::new(2, ChallengeRule::Single);
    table.deal(0, "CAT").play(0, "8H CAT").unwrap();
    table.act(1, Action::Challenge).unwrap();
    assert_eq!(table.act(1, Action::Challenge), Err(Illegal::NothingToChallenge));
}

#[test]
fn six_turns_without_points_end_the_game_of_two() {
    let mut table = Table::new(2, ChallengeRule::Void);
    table.deal(0, "AEIOU").deal(1, "ZX");
    let values = [table.state.rack_value(&table.rules, 0), table.state.rack_value(&table.rules, 1)];
    for turn in 0..6 {
        assert_eq!(table.end(), None);
        table.pass(turn % 2);
    }
    assert_eq!(table.end(), Some(EndReason::Scoreless));
    assert_eq!(table.totals(), [-values[0], -values[1]]);
    assert_eq!(table.act(0, Action::Pass), Err(Illegal::GameOver));
}

#[test]
fn an_exchange_is_a_turn_without_points_or_begins_the_count_anew() {
    let turns = |counts_exchanges| {
        let mut rules = english();
        rules.scoreless = Scoreless { turns_each: 2, counts_exchanges };
        let mut table = Table::with_rules(rules, 2, ChallengeRule::Void);
        table.pass(0);
        let tiles = Rack::new([table.state.rack(1).tiles()[0]]).unwrap();
        table.act(1, Action::Exchange(tiles)).unwrap();
        table.pass(0);
        table.pass(1);
        table.end()
    };
    assert_eq!(turns(true), Some(EndReason::Scoreless));
    assert_eq!(turns(false), None);
}

#[test]
fn a_play_that_is_taken_back_restores_the_count_of_turns_without_points() {
    let mut table = Table::new(2, ChallengeRule::Single);
    for seat in [0, 1, 0, 1] {
        table.pass(seat);
    }
    table.deal(0, "TAC").play(0, "8H TAC").unwrap();
    assert_eq!((table.state.scoreless_turns(0), table.state.scoreless_turns(1)), (0, 0));
    table.act(1, Action::Challenge).unwrap();
    assert_eq!((table.state.scoreless_turns(0), table.state.scoreless_turns(1)), (3, 2));
    table.pass(1);
    assert_eq!(table.end(), Some(EndReason::Scoreless));
}

#[test]
fn who_goes_out_gets_twice_what_the_other_has_or_what_the_other_loses() {
    let out = |settlement| {
        let mut table = Table::with_tiles(2, ChallengeRule::Void, "CATZOO");
        table.rules.settlement = settlement;
        table.deal(0, "CAT").play(0, "8H CAT").unwrap();
        assert_eq!(table.end(), Some(EndReason::Out));
        table.totals()
    };
    assert_eq!(out(Settlement::Doubled), [60 + 24, 0]);
    assert_eq!(out(Settlement::Moved), [60 + 12, -12]);
}

#[test]
fn of_three_players_everybody_pays_who_goes_out() {
    let mut table = Table::with_tiles(3, ChallengeRule::Void, "CATZOOXEE");
    table.deal(0, "CAT").deal(1, "ZOO").play(0, "8H CAT").unwrap();
    assert_eq!(table.totals(), [60 + 12 + 10, -12, -10]);
    assert_eq!(table.state.ranks(), [1, 3, 2, 0]);
}

#[test]
fn the_next_player_has_the_final_say_about_a_last_play() {
    let mut table = Table::with_tiles(2, ChallengeRule::Double, "CATZOO");
    table.deal(0, "CAT").play(0, "8H CAT").unwrap();
    assert!(table.state.has_final_say());
    assert_eq!(table.play(1, "9H ZOO"), Err(Illegal::FinalSayOnly));
    table.pass(1);
    assert_eq!((table.end(), table.totals()), (Some(EndReason::Out), vec![84, 0]));
}

#[test]
fn a_time_out_during_the_final_say_is_a_pass() {
    let mut table = Table::with_tiles(2, ChallengeRule::Double, "CATZOO");
    table.deal(0, "CAT").play(0, "8H CAT").unwrap();
    table.act(1, Action::TimeOut).unwrap();
    assert_eq!((table.end(), table.state.is_in(1)), (Some(EndReason::Out), true));
}

#[test]
fn a_wrong_challenge_of_a_last_play_ends_the_game() {
    let end = |rule| {
        let mut table = Table::with_tiles(2, rule, "CATZOO");
        table.deal(0, "CAT").play(0, "8H CAT").unwrap();
        table.act(1, Action::Challenge).unwrap();
        (table.end(), table.totals())
    };
    assert_eq!(end(ChallengeRule::Double), (Some(EndReason::Out), vec![84, 0]));
    assert_eq!(end(ChallengeRule::PointsPerPlay(10)), (Some(EndReason::Out), vec![94, 0]));
    assert_eq!(end(ChallengeRule::Triple), (Some(EndReason::TripleChallenge), vec![60, 0]));
}

#[test]
fn a_last_play_that_is_taken_back_goes_on_with_the_game() {
    let mut table = Table::with_tiles(2, ChallengeRule::Double, "CATDOG");
    table.deal(0, "CAT").play(0, "8H TAC").unwrap();
    table.act(1, Action::Challenge).unwrap();
    assert_eq!((table.end(), table.state.has_final_say()), (None, false));
    table.play(1, "8H DOG").unwrap();
    assert!(table.state.has_final_say());
}

#[test]
fn the_right_to_challenge_goes_with_the_turn_of_a_player_who_leaves() {
    let mut table = Table::new(3, ChallengeRule::Double);
    table.deal(0, "TAC").play(0, "8H TAC").unwrap();
    table.act(1, Action::Resign).unwrap();
    table.act(2, Action::Challenge).unwrap();
    assert!(table.state.board().is_empty());
}

#[test]
fn the_final_say_goes_with_the_turn_of_a_player_who_leaves() {
    let mut table = Table::with_tiles(3, ChallengeRule::Double, "CATZOOXEE");
    table.deal(0, "CAT").play(0, "8H CAT").unwrap();
    table.act(1, Action::Resign).unwrap();
    assert_eq!((table.state.on_turn(), table.state.has_final_say()), (Some(2), true));
    table.pass(2);
    // The tiles of who left count for nobody.
    let left = table.state.rack_value(&table.rules, 2);
    assert_eq!(table.totals(), [60 + left, 0, -left]);
    assert_eq!(table.state.ranks(), [1, 3, 2, 0]);
}

#[test]
fn who_goes_out_and_resigns_leaves_the_game_to_the_others() {
    let mut table = Table::with_tiles(3, ChallengeRule::Double, "CATDOGXEE");
    table.deal(0, "CAT").deal(1, "DOG").play(0, "8H CAT").unwrap();
    table.act(0, Action::Resign).unwrap();
    assert_eq!((table.state.on_turn(), table.state.has_final_say()), (Some(1), false));
    assert_eq!(table.act(1, Action::Challenge), Err(Illegal::NothingToChallenge));
    table.pass(1);
    assert_eq!(table.state.on_turn(), Some(2));
}

#[test]
fn whoever_just_played_and_resigns_can_not_be_challenged() {
    let mut table = Table::new(3, ChallengeRule::Double);
    table.deal(0, "TAC").play(0, "8H TAC").unwrap();
    table.act(0, Action::Resign).unwrap();
    assert_eq!(table.state.on_turn(), Some(1));
    assert_eq!(table.act(1, Action::Challenge), Err(Illegal::NothingToChallenge));
}

#[test]
fn a_player_may_resign_out_of_turn_and_the_turn_stays() {
    let mut table = Table::new(3, ChallengeRule::Void);
    let events = table.act(2, Action::Resign).unwrap();
    assert_eq!(events, [Event::DroppedOut { seat: 2, reason: DropReason::Resigned }]);
    table.pass(0);
    table.pass(1);
    assert_eq!(table.state.on_turn(), Some(0));
    assert_eq!(table.act(2, Action::Resign), Err(Illegal::DroppedOut(2)));
}

#[test]
fn the_last_one_in_wins_whatever_the_score() {
    let mut table = Table::new(3, ChallengeRule::Void);
    table.deal(0, "CAT").play(0, "8H CAT").unwrap();
    table.act(0, Action::Resign).unwrap();
    table.act(1, Action::TimeOut).unwrap();
    assert_eq!(table.end(), Some(EndReason::TimedOut));
    assert_eq!(table.state.ranks(), [3, 2, 1, 0]);
    assert_eq!(table.totals(), [10, 0, 0]);
}

#[test]
fn fewer_players_need_fewer_turns_without_points() {
    let mut table = Table::new(3, ChallengeRule::Void);
    for turn in 0..8 {
        table.pass(turn % 3);
    }
    assert_eq!(table.end(), None);
    // The two others have had three turns each.
    table.act(2, Action::Resign).unwrap();
    assert_eq!(table.end(), Some(EndReason::Scoreless));
}

#[test]
fn time_over_costs_points_at_the_end() {
    let mut table = Table::with_tiles(2, ChallengeRule::Void, "CATZOO");
    table.deal(0, "CAT");
    let action = Action::Play(placement("8H CAT"));
    let command = Command { overtime_minutes: [2, 1, 9, 9], ..Command::new(0, action) };
    table.state.apply(&table.rules, &table.words, &command).unwrap();
    assert_eq!(table.totals(), [84 - 20, -10]);
}

#[test]
fn equal_scores_share_a_rank() {
    let mut table = Table::with_tiles(2, ChallengeRule::Void, "CATCAT");
    table.deal(0, "CAT").deal(1, "CAT");
    for turn in 0..6 {
        table.pass(turn % 2);
    }
    assert_eq!(table.state.ranks(), [1, 1, 0, 0]);
}

#[test]
fn the_seed_is_revealed_at_the_end_and_fits_the_commitment() {
    let mut table = Table::new(2, ChallengeRule::Void);
    table.act(0, Action::Resign).unwrap();
    let (Some(Event::Started { commitment, .. }), Some(Event::Ended { seed, .. })) =
        (table.events.first(), table.events.last())
    else {
        panic!("{:?}", table.events)
    };
    assert_eq!(seed.commitment(), *commitment);
    let replayed = GameState::from_events(&table.rules, &table.setup, &table.events);
    assert_eq!(replayed, Ok(table.state));
}

#[test]
fn tiles_are_dealt_from_wherever_they_are_off_the_board() {
    let mut table = Table::new(2, ChallengeRule::Void);
    table.deal(1, "Q").deal(0, "QZ");
    assert!([tile('Q'), tile('Z')].iter().all(|q| table.state.rack(0).tiles().contains(q)));
    assert!((0..2).all(|seat| table.state.rack(seat).len() == 7));
    let error = table.state.deal(0, &rack("QQ"));
    assert_eq!(error, Err(Undealable::Missing { missing: vec![tile('Q')] }));
    let counts = table.state.racks.iter().flat_map(Rack::tiles).chain(table.state.bag.tiles());
    assert_eq!(counts.copied().collect::<TileCounts>(), table.rules.counts);
}
