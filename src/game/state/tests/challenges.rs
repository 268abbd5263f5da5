//! Challenges and the final say.

use super::*;

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
