//! What somebody may not see changes nothing of what is shown to them.
//!
//! Two games that differ in nothing but hidden tiles look the same to everybody who may not see these:
//! so nothing of them is shown, in whatever form.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::game::{Action, Event as GameEvent, Rack, Tile};
use crate::runtime::live_game::Progress;
use crate::runtime::offer::Proposal;
use crate::runtime::step::{Act, Event};
use crate::runtime::test_games::{ask, at, best_play, english, game, terms};

/// A game of three after some turns, and its last step.
fn played(turns: u8) -> (LiveGame, Step) {
    let mut game = game(terms(3));
    let mut step = ask(&mut game, 1, Act::Offer(Proposal::Abort), at(0));
    for turn in 0..turns {
        let play = best_play(&game);
        step = ask(&mut game, turn % 3, play, at(turn.into()));
    }
    (game, step)
}

/// The game with other tiles in the rack of a seat, as far as the bag has others.
fn dealt(game: &LiveGame, seat: u8, places: &[usize]) -> LiveGame {
    let mut position = game.position().clone();
    let bag = position.bag().tiles();
    let tiles = places.iter().map(|place| bag[place % bag.len()]);
    let mut wanted: Vec<Tile> = Vec::new();
    let mut left = bag.to_vec();
    for tile in tiles.take(position.rack(seat).len()) {
        if let Some(found) = left.iter().position(|other| *other == tile) {
            wanted.push(left.swap_remove(found));
        }
    }
    position.deal(seat, &Rack::new(wanted).unwrap()).unwrap();
    let progress = Progress {
        version: game.version(),
        position,
        clocks: *game.clocks(),
        offers: *game.offers(),
        is_aborted: false,
        stepped_at: game.stepped_at(),
        set_aside_at: None,
        check_at: game.check_at(),
    };
    LiveGame::at(game.id(), game.terms().clone(), game.players().to_vec(), progress)
}

fn shown(game: &LiveGame, viewer: Viewer) -> String {
    let view = GameView::new(game, viewer, &Outages::default(), at(100));
    serde_json::to_string(&view).unwrap()
}

/// A step of which what was drawn was something else.
fn drawn_otherwise(step: &Step) -> Step {
    let mut altered = step.clone();
    for event in &mut altered.events {
        if let Event::Game(GameEvent::Played { drawn, .. }) = event {
            *drawn = Rack::new(drawn.tiles().iter().map(|_| Tile::BLANK)).unwrap();
        }
    }
    altered
}

fn step_shown(step: &Step, viewer: Viewer) -> String {
    serde_json::to_string(&StepView::new(english(), step, viewer)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn other_tiles_of_others_and_of_the_bag_look_the_same(
        turns in 0..3_u8,
        seat in 0..3_u8,
        places in prop::collection::vec(0..100_usize, 7),
    ) {
        let (game, _) = played(turns);
        let other = dealt(&game, seat, &places);
        for viewer in [Viewer::Onlooker, Viewer::Player((seat + 1) % 3), Viewer::Player((seat + 2) % 3)] {
            prop_assert_eq!(shown(&game, viewer), shown(&other, viewer));
        }
        // Who has them sees them.
        let has_changed = game.position().rack(seat) != other.position().rack(seat);
        let own = Viewer::Player(seat);
        prop_assert_eq!(shown(&game, own) != shown(&other, own), has_changed);
    }

    #[test]
    fn what_somebody_drew_looks_the_same_to_the_others(turns in 1..3_u8) {
        let (_, step) = played(turns);
        let (other, seat) = (drawn_otherwise(&step), step.cause.unwrap().seat);
        for viewer in [Viewer::Onlooker, Viewer::Player((seat + 1) % 3), Viewer::Player((seat + 2) % 3)] {
            prop_assert_eq!(step_shown(&step, viewer), step_shown(&other, viewer));
        }
        let own = Viewer::Player(seat);
        prop_assert_ne!(step_shown(&step, own), step_shown(&other, own));
    }
}

#[test]
fn only_the_own_rack_is_shown_while_the_game_runs() {
    let (game, _) = played(2);
    let value = |viewer| serde_json::from_str::<Value>(&shown(&game, viewer)).unwrap();
    assert_eq!(value(Viewer::Player(1))["rack"], tiles(english(), &game, 1));
    assert!(value(Viewer::Onlooker).get("rack").is_none());
    for viewer in [Viewer::Onlooker, Viewer::Player(1)] {
        let view = value(viewer);
        assert!(view.get("result").is_none() && !view.to_string().contains(&seed(&game)));
        assert!(
            view["players"].as_array().unwrap().iter().all(|player| player.get("rack").is_none())
        );
    }
}

fn seed(game: &LiveGame) -> String {
    game.position().bag().seed().expose().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn everything_is_shown_to_everybody_once_the_game_is_over() {
    let mut game = game(terms(2));
    ask(&mut game, 0, Act::Move(Action::Resign), at(1));
    for viewer in [Viewer::Onlooker, Viewer::Player(1), Viewer::Everything] {
        let view: Value = serde_json::from_str(&shown(&game, viewer)).unwrap();
        assert_eq!(view["players"][0]["rack"], tiles(english(), &game, 0));
        assert_eq!(view["result"]["seed"], seed(&game));
        assert_eq!(view["result"]["reason"], "resigned");
        assert_eq!(view["result"]["ranks"], serde_json::json!([2, 1]));
        assert_eq!(view["on_turn"], Value::Null);
    }
}
