//! What orders make of a game, and what steps do not make one.

use super::*;
use crate::game::{self, Action};
use crate::runtime::offer::Proposal;
use crate::runtime::step::{Act, Order, Refusal};
use crate::runtime::test_games::{ask, at, best_play, decide, game, real_time, terms};

const PASS: Act = Act::Move(Action::Pass);
const RESIGN: Act = Act::Move(Action::Resign);
const ABORT: Act = Act::Offer(Proposal::Abort);
const MORE_TIME: Act = Act::Offer(Proposal::MoreTime);

fn none() -> Outages {
    Outages::default()
}

#[test]
fn a_step_that_is_folded_is_the_game_after_it() {
    let mut game = game(terms(2));
    let play = best_play(&game);
    let step = ask(&mut game, 0, play, at(10));
    assert_eq!((step.number, step.at, step.cause.unwrap().act), (2, at(10), play));
    assert_eq!((game.version(), game.on_turn(), game.stepped_at()), (2, Some(1), at(10)));
    assert_eq!(game.clocks().left_us(0), 50_000_000);
    assert_eq!(game.position().turn(), 2);
}

#[test]
fn what_can_not_be_done_is_refused_with_its_first_reason() {
    let mut game = game(terms(3));
    let refused = |game: &LiveGame, seat, act| decide(game, seat, act, at(1)).unwrap_err();
    let order = Order { seat: 0, turn: 2, act: PASS };
    assert_eq!(game.decide(&order, &none(), at(1)), Err(Refusal::StaleTurn(1)));
    let not_yours = game::Illegal::NotYourTurn { on_turn: 0 };
    assert_eq!(refused(&game, 1, PASS), Refusal::Illegal(not_yours));
    for answer in [Act::Accept, Act::Decline] {
        assert_eq!(refused(&game, 1, answer), Refusal::NothingToAnswer);
    }
    assert_eq!(refused(&game, 1, Act::Withdraw), Refusal::NothingToWithdraw);
    ask(&mut game, 1, ABORT, at(1));
    assert_eq!(refused(&game, 0, MORE_TIME), Refusal::OfferStands);
    for answer in [Act::Accept, Act::Decline] {
        assert_eq!(refused(&game, 1, answer), Refusal::NothingToAnswer);
    }
    assert_eq!(refused(&game, 2, Act::Withdraw), Refusal::NothingToWithdraw);
    ask(&mut game, 2, RESIGN, at(1));
    assert_eq!(refused(&game, 2, MORE_TIME), Refusal::DroppedOut);
    ask(&mut game, 1, RESIGN, at(1));
    assert_eq!(refused(&game, 0, PASS), Refusal::GameOver);
    assert_eq!(game.resume(&none(), at(1)), None);
    assert_eq!(game.fall(&none(), at(9999)), None);
}

#[test]
fn an_offer_is_done_when_all_others_who_are_in_have_accepted_it() {
    let mut game = game(terms(4));
    ask(&mut game, 3, RESIGN, at(1));
    ask(&mut game, 2, MORE_TIME, at(2));
    assert_eq!(ask(&mut game, 0, Act::Accept, at(3)).events, [Event::Accepted { seat: 0 }]);
    let done = ask(&mut game, 1, Act::Accept, at(4)).events;
    assert_eq!(done, [Event::Accepted { seat: 1 }, Event::TimeGiven]);
    assert_eq!(game.offers().standing(), None);
    assert_eq!(game.flag_at(&none(), at(4)), Some(at(120)));
    // The turn goes on; what it has taken is taken at its end.
    ask(&mut game, 0, PASS, at(30));
    assert_eq!([0, 1].map(|seat| game.clocks().left_us(seat)), [90_000_000, 120_000_000]);
}

#[test]
fn an_aborted_game_is_over_without_a_result() {
    let mut game = game(terms(2));
    ask(&mut game, 1, ABORT, at(5));
    ask(&mut game, 0, Act::Accept, at(10));
    assert_eq!((game.ending(), game.on_turn()), (Some(Ending::Aborted), None));
    assert_eq!((game.check_at(), game.clocks().left_us(0)), (None, 50_000_000));
    assert_eq!(decide(&game, 0, PASS, at(11)), Err(Refusal::GameOver));
}

#[test]
fn an_offer_ends_with_its_turn_and_with_whoever_drops_out() {
    for (seat, act) in [(0, PASS), (2, RESIGN), (0, RESIGN)] {
        let mut game = game(terms(3));
        ask(&mut game, 1, ABORT, at(1));
        ask(&mut game, seat, act, at(2));
        assert_eq!(game.offers().standing(), None, "{act:?} of {seat}");
    }
}

#[test]
fn the_same_is_proposed_twice_by_a_player_at_most() {
    let mut game = game(terms(2));
    for answer in [(1, Act::Decline), (0, Act::Withdraw)] {
        ask(&mut game, 0, ABORT, at(1));
        ask(&mut game, answer.0, answer.1, at(1));
    }
    assert_eq!(decide(&game, 0, ABORT, at(1)), Err(Refusal::OffersSpent));
    ask(&mut game, 0, MORE_TIME, at(1));
}

#[test]
fn the_flag_falls_when_the_time_is_over_and_not_before() {
    let terms = Terms { time_control: real_time(60, 5, 0), ..terms(3) };
    let mut game = game(terms);
    assert_eq!(game.fall(&none(), at(59)), None);
    let step = game.fall(&none(), at(60)).unwrap();
    assert!(step.cause.unwrap().is_of_the_clock());
    game.fold(&step).unwrap();
    assert_eq!((game.on_turn(), game.clocks().left_us(0)), (Some(1), 0));
    assert!(!game.position().is_in(0));
}

#[test]
fn the_clock_is_looked_at_no_later_than_it_falls() {
    let terms = Terms { time_control: real_time(60, 60, 0), ..terms(2) };
    let mut game = game(terms);
    assert_eq!(game.check_at(), Some(at(60)));
    ask(&mut game, 0, PASS, at(1));
    // Later would do, and need not be written.
    assert_eq!(game.check_at(), Some(at(60)));
    ask(&mut game, 1, PASS, at(30));
    ask(&mut game, 0, PASS, at(31));
    assert_eq!(game.flag_at(&none(), at(31)), Some(at(31 + 91)));
    assert_eq!(game.check_at(), Some(at(60)));
}

#[test]
fn a_game_that_was_set_aside_goes_on_where_its_clock_stood() {
    let game = game(terms(2));
    let progress = Progress {
        version: game.version(),
        position: game.position().clone(),
        clocks: *game.clocks(),
        offers: *game.offers(),
        is_aborted: false,
        stepped_at: game.stepped_at(),
        set_aside_at: Some(at(10)),
        check_at: None,
    };
    let mut game = LiveGame::at(game.id(), terms(2), game.players().to_vec(), progress);
    let step = game.resume(&none(), at(1000)).unwrap();
    assert_eq!((step.cause, &*step.events), (None, &[Event::Resumed][..]));
    game.fold(&step).unwrap();
    assert_eq!(game.resume(&none(), at(1000)), None);
    assert_eq!((game.check_at(), game.fall(&none(), at(1049))), (Some(at(1050)), None));
    assert!(game.fall(&none(), at(1050)).is_some());
}

#[test]
fn steps_that_do_not_follow_are_no_game() {
    let before = game(terms(2));
    let step = decide(&before, 0, PASS, at(1)).unwrap();
    let fold = |step: &Step| before.clone().fold(step);
    let twice = Step { number: 1, ..step.clone() };
    assert_eq!(fold(&twice), Err(Unfoldable::Number { found: 1, expected: 2 }));
    let gap = Step { number: 3, ..step.clone() };
    assert_eq!(fold(&gap), Err(Unfoldable::Number { found: 3, expected: 2 }));
    let mut doubled = step.clone();
    doubled.events.push(step.events[0].clone());
    assert!(matches!(fold(&doubled), Err(Unfoldable::Event { step: 2, .. })));
    for event in [
        Event::Accepted { seat: 1 },
        Event::Declined { seat: 1 },
        Event::Withdrawn { seat: 1 },
        Event::TimeGiven,
        Event::Aborted,
        Event::Offered { seat: 4, proposal: Proposal::Abort },
    ] {
        let impossible = Step { events: vec![event], ..step.clone() };
        assert_eq!(fold(&impossible), Err(Unfoldable::Offer(2)), "{impossible:?}");
    }
    let mut offered = before.clone();
    ask(&mut offered, 0, ABORT, at(1));
    for event in [
        Event::Offered { seat: 1, proposal: Proposal::MoreTime },
        Event::Accepted { seat: 0 },
        Event::Declined { seat: 0 },
        Event::Withdrawn { seat: 1 },
        Event::TimeGiven,
    ] {
        let impossible = Step { number: 3, events: vec![event], ..step.clone() };
        assert_eq!(offered.clone().fold(&impossible), Err(Unfoldable::Offer(3)), "{impossible:?}");
    }
}
