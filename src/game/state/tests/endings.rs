//! The end of a game, and players who leave it.

use super::*;

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
        rules.scoreless = Scoreless { turns_each: 2, counts_exchanges, ..rules.scoreless };
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
fn a_lost_turn_is_a_turn_without_points_or_begins_the_count_anew() {
    let after = |counts_lost_turns, challenge_is_wrong| {
        let mut rules = english();
        rules.scoreless.counts_lost_turns = counts_lost_turns;
        let mut table = Table::with_rules(rules, 2, ChallengeRule::Double);
        for seat in [0, 1] {
            table.pass(seat);
        }
        let word = if challenge_is_wrong { "8H CAT" } else { "8H TAC" };
        table.deal(0, "CAT").play(0, word).unwrap();
        table.act(1, Action::Challenge).unwrap();
        [table.state.scoreless_turns(0), table.state.scoreless_turns(1)]
    };
    // A phony is taken back, and was a turn of the one who played it.
    assert_eq!(after(true, false), [2, 1]);
    assert_eq!(after(false, false), [0, 0]);
    // The play stays and began the count anew; the challenger's turn is lost.
    assert_eq!(after(true, true), [0, 1]);
    assert_eq!(after(false, true), [0, 0]);
}

#[test]
fn no_stored_game_has_more_turns_without_points_than_end_it() {
    let mut table = Table::new(2, ChallengeRule::Single);
    let read = |table: &Table| GameState::from_bytes(&table.rules, &table.state.to_bytes());
    let wrong = Err(InvalidState::Contradiction("number of scoreless turns"));
    for (counts, expected) in [
        ([2, 2, 0, 0], Ok(())),
        ([2, 3, 0, 0], Ok(())),
        ([3, 2, 0, 0], wrong),
        ([1, 3, 0, 0], wrong),
        ([3, 3, 0, 0], Err(InvalidState::Contradiction("end"))),
    ] {
        table.state.scoreless = counts;
        assert_eq!(read(&table).map(|_| ()), expected, "{counts:?}");
    }
    table.state.scoreless = [0; _];
    table.deal(0, "CAT").play(0, "8H CAT").unwrap();
    assert!(read(&table).is_ok());
    table.state.scoreless = [0, 1, 0, 0];
    assert_eq!(read(&table).map(|_| ()), wrong);
    table.state.scoreless = [0; _];
    let window = table.state.window.as_mut().unwrap();
    window.scoreless_before = [3, 0, 0, 0];
    assert_eq!(read(&table).map(|_| ()), wrong);
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
