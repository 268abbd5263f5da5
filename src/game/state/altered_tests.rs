//! Every field of every event of recorded games is altered, one at a time, and found.

use super::*;
use crate::game::test_rules::tile;

/// The suite's number of games.
const RECORDED: u64 = 40;

/// An event with each of its fields altered in turn, as far as the game tells what it should be. The
/// reason for which a player left is not known, nor which words of a play are invalid.
fn altered(event: &Event, other: &ScoredPlay, players: u8) -> Vec<(&'static str, Event)> {
    let mut all = Vec::new();
    let mut alter = |field: &'static str, change: &dyn Fn(&mut Event)| {
        let mut altered = event.clone();
        change(&mut altered);
        all.push((field, altered));
    };
    let next = |seat: u8| (seat + 1) % players;
    macro_rules! fields {
        ($kind:ident: $($field:ident => $new:expr),+) => {{
            $(alter(stringify!($field), &|altered| {
                let Event::$kind { $field: told, .. } = altered else { return };
                *told = $new(told.clone());
            });)+
        }};
    }
    let less = |mut rack: Rack| {
        let _ = match rack.tiles().first().copied() {
            Some(tile) => rack.remove(tile),
            None => rack.add(tile('A')),
        };
        rack
    };
    let more = |number: i32| number + 1;
    let bag = |tiles: u8| tiles + 1;
    let racks = |mut racks: [Rack; PLAYERS_MAX]| {
        racks[1] = less(racks[1]);
        racks
    };
    match event {
        Event::Started { .. } => fields!(Started:
            commitment => |_| Seed::new([3; 32]).commitment(),
            racks => racks, bag_tiles => bag),
        Event::Played { .. } => fields!(Played:
            seat => next, play => |_| *other, drawn => less, bag_tiles => bag, total => more),
        Event::Exchanged { .. } => {
            fields!(Exchanged: seat => next, returned => less, drawn => less)
        }
        Event::Passed { .. } => fields!(Passed: seat => next),
        Event::PlayTakenBack { .. } => {
            fields!(PlayTakenBack:
                seat => next, challenger => next, placement => |_| *other.placement(),
                invalid => |_| vec![Word::new(&[Letter::new(26).unwrap(); 2]).unwrap()],
                returned => less, bag_tiles => bag, score => more, total => more);
            fields!(PlayTakenBack: invalid => |_| Vec::new());
        }
        Event::ChallengeFailed { .. } => fields!(ChallengeFailed:
            seat => next, challenger => next, points => more, total => more,
            costs_turn => |costs: bool| !costs),
        Event::DroppedOut { .. } => fields!(DroppedOut: seat => next),
        Event::TurnBegan { .. } => fields!(TurnBegan:
            seat => next, turn => |turn: u32| turn + 1, has_final_say => |has: bool| !has),
        Event::Adjusted { .. } => fields!(Adjusted:
        seat => next, points => more, total => more,
        reason => |reason| match reason {
            Adjustment::OwnRack => Adjustment::OthersRacks,
            Adjustment::OthersRacks => Adjustment::Overtime(1),
            Adjustment::Overtime(minutes) => Adjustment::Overtime(minutes + 1),
        }),
        Event::Ended { .. } => {
            fields!(Ended:
                ranks => |mut ranks: [u8; PLAYERS_MAX]| { ranks[0] += 1; ranks },
                racks => racks, seed => |_| Seed::new([3; 32]));
            for wrong in EndReason::ALL {
                fields!(Ended: reason => |_| wrong);
            }
        }
    }
    all.retain(|(_, altered)| altered != event);
    all
}

/// Points told together with their total: what a cheat would alter.
fn with_more_points(event: &Event) -> Option<Event> {
    let mut altered = event.clone();
    match &mut altered {
        Event::ChallengeFailed { points, total, .. } | Event::Adjusted { points, total, .. } => {
            *points += 7;
            *total += 7;
            Some(altered)
        }
        _ => None,
    }
}

#[test]
fn whatever_is_altered_in_the_events_of_a_game_is_found() {
    let words = words();
    let mut tried = std::collections::BTreeMap::new();
    for number in 0..RECORDED {
        let game = recorded(number, &words);
        let plays: Vec<ScoredPlay> = game.events.iter().filter_map(play).collect();
        for (at, event) in game.events.iter().enumerate() {
            let other = plays.iter().find(|other| play(event) != Some(**other));
            let Some(other) = other else { continue };
            let mut all = altered(event, other, game.setup.players);
            all.extend(with_more_points(event).map(|altered| ("points and total", altered)));
            for (field, altered) in all {
                let mut events = game.events.clone();
                events[at] = altered;
                let folded = GameState::from_events(&game.rules, &game.setup, &events);
                // Whom no points are given makes no difference.
                let is_same = matches!(event, Event::Adjusted { points: 0, .. })
                    && folded.as_ref() == Ok(&game.state);
                assert!(folded.is_err() || is_same, "game {number}: {field} of {:?}", events[at]);
                *tried.entry((event.name(), field)).or_insert(0) += 1;
            }
        }
    }
    // All fields of all events but the reason for leaving.
    assert_eq!(tried.len(), 39, "{tried:?}");
}

fn play(event: &Event) -> Option<ScoredPlay> {
    match event {
        Event::Played { play, .. } => Some(*play),
        _ => None,
    }
}

#[test]
fn an_exchange_that_the_bag_does_not_allow_is_found() {
    let mut rules = english();
    rules.counts = "AAAAAAAEEEEEEEOO".chars().map(tile).collect();
    let setup = Setup { players: 2, challenge: ChallengeRule::Void, seed: Seed::new([1; 32]) };
    let (mut state, _) = GameState::start(&rules, &setup).unwrap();
    let returned = Rack::new([state.rack(0).tiles()[0]]).unwrap();
    let drawn = state.bag.clone().draw_rack(1);
    let event = Event::Exchanged { seat: 0, returned, drawn };
    assert_eq!(state.fold(&rules, &event), Err(Corrupt::Unexpected("exchanged")));
    rules.exchange_minimum = 2;
    assert_eq!(state.fold(&rules, &event), Ok(()));
    let nothing = Event::Exchanged { seat: 0, returned: Rack::EMPTY, drawn: Rack::EMPTY };
    assert_eq!(state.fold(&rules, &nothing), Err(Corrupt::Unexpected("exchanged")));
}

#[test]
fn a_player_leaves_only_as_the_rules_have_it() {
    let setup = Setup { players: 3, challenge: ChallengeRule::Double, seed: Seed::new([1; 32]) };
    let (mut state, _) = GameState::start(&english(), &setup).unwrap();
    let mut drop = |seat, reason| state.fold(&english(), &Event::DroppedOut { seat, reason });
    let unexpected = Err(Corrupt::Unexpected("dropped_out"));
    assert_eq!(drop(1, DropReason::TimedOut), unexpected);
    assert_eq!(drop(0, DropReason::TripleChallenge), unexpected);
    assert_eq!(drop(1, DropReason::Resigned), Ok(()));
}
