//! Steps read back from their texts, and from no others.

use serde_json::{Value, json};

use super::*;
use crate::game::Action;
use crate::runtime::outage::Outages;
use crate::runtime::test_games::{ask, at, best_play, english, game, terms};

/// A game with steps of every kind: the game as it began, and the steps.
fn played() -> (LiveGame, Vec<Step>) {
    let start = game(terms(3));
    let mut game = start.clone();
    let mut steps = Vec::new();
    let rack = game.position().rack(0);
    let exchange = crate::game::Rack::new(rack.tiles().iter().copied().take(2)).unwrap();
    let play = |game: &LiveGame| best_play(game);
    steps.push(ask(&mut game, 0, Act::Move(Action::Exchange(exchange)), at(1)));
    let best = play(&game);
    steps.push(ask(&mut game, 1, best, at(2)));
    steps.push(ask(&mut game, 2, Act::Move(Action::Challenge), at(3)));
    for (seat, act) in [
        (0, Act::Offer(Proposal::MoreTime)),
        (1, Act::Accept),
        (2, Act::Accept),
        (1, Act::Offer(Proposal::Abort)),
        (1, Act::Withdraw),
        (2, Act::Offer(Proposal::Abort)),
        (0, Act::Decline),
        (0, Act::Move(Action::Pass)),
        (1, Act::Move(Action::Resign)),
    ] {
        steps.push(ask(&mut game, seat, act, at(4)));
    }
    let fall = game.fall(&Outages::default(), at(9999)).unwrap();
    game.fold(&fall).unwrap();
    steps.push(fall);
    assert!(game.ending().is_some());
    (start, steps)
}

/// Reads a step as the second of a new game.
fn read(value: &Value) -> Result<Step, UnreadableStep> {
    game(terms(2)).fold_text(2, at(1), &value.to_string())
}

fn told(act: Act) -> Value {
    let step = ask(&mut game(terms(2)), 0, act, at(1));
    serde_json::from_str(&step.to_text(english())).unwrap()
}

#[test]
fn every_step_reads_back_from_its_text_and_is_told_alike_again() {
    let (mut game, steps) = played();
    let mut folded = game.clone();
    for step in &steps {
        let text = step.to_text(english());
        assert_eq!(game.fold_text(step.number, step.at, &text).unwrap(), *step);
        folded.fold(step).unwrap();
        assert_eq!(game.position().to_bytes(), folded.position().to_bytes());
        assert_eq!(game.progress_text(), folded.progress_text());
    }
}

#[test]
fn a_start_reads_back_only_from_its_own_seed_and_moment() {
    let (id, players) = (game(terms(2)).id(), game(terms(2)).players().to_vec());
    let start = |seed: [u8; 32], now| {
        LiveGame::start(id, terms(2), players.clone(), Seed::new(seed), now).unwrap().1
    };
    let row = |step: &Step, number| StepRow { number, at: step.at, told: step.to_text(english()) };
    let read = |row: &StepRow| {
        StepTold::start(id, terms(2), players.clone(), Seed::new([7; 32]), row)
            .map(|(_, step)| step)
    };
    let own = start([7; 32], at(0));
    assert_eq!(read(&row(&own, 1)).unwrap(), own);
    for other in [
        row(&own, 2),
        row(&start([8; 32], at(0)), 1),
        StepRow { at: at(1), ..row(&own, 1) },
        StepRow { told: told(Act::Move(Action::Pass)).to_string(), ..row(&own, 1) },
    ] {
        let refused = read(&other);
        assert!(matches!(refused, Err(UnreadableStep::Unfoldable(Unfoldable::NoStart))));
    }
}

#[test]
fn a_field_that_is_not_known_is_refused_wherever_it_stands() {
    for act in [Act::Move(Action::Pass), Act::Offer(Proposal::Abort)] {
        let step = told(act);
        assert!(read(&step).is_ok(), "{step}");
        for place in ["", "/cause", "/events/0", "/clocks"] {
            let mut altered = step.clone();
            altered.pointer_mut(place).unwrap()["colour"] = json!("red");
            let refused = read(&altered);
            assert!(matches!(refused, Err(UnreadableStep::Form { number: 2, .. })), "{altered}");
        }
    }
}

#[test]
fn a_cause_that_can_not_be_is_refused() {
    let step = told(Act::Move(Action::Pass));
    for cause in [
        json!({"seat": 0, "action": "offer"}),
        json!({"seat": 0, "action": "accept", "proposal": "abort"}),
        json!({"seat": 0, "action": "play", "at": "8D"}),
        json!({"seat": 0, "action": "exchange", "tiles": "ÄÖ"}),
    ] {
        let mut altered = step.clone();
        altered["cause"] = cause;
        let refused = read(&altered);
        assert!(matches!(refused, Err(UnreadableStep::Cause { number: 2, .. })), "{altered}");
    }
}

#[test]
fn an_event_that_does_not_follow_is_refused() {
    let mut other_seat = told(Act::Move(Action::Pass));
    other_seat["events"][0]["seat"] = json!(1);
    assert!(matches!(read(&other_seat), Err(UnreadableStep::Unfoldable(_))));
    let mut without_offer = told(Act::Offer(Proposal::Abort));
    without_offer["events"] = json!([{"event": "aborted"}]);
    let refused = read(&without_offer);
    assert!(matches!(refused, Err(UnreadableStep::Unfoldable(Unfoldable::Offer(2)))));
}
