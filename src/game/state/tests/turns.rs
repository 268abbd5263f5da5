//! Turns: plays, exchanges, and what is illegal.

use super::*;

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
