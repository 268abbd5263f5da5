//! Nobody is shown a tile of another's while the game runs.

use serde_json::{Value, json};

use super::*;
use crate::game::state::games_tests::{recorded, words};
use crate::game::tile_text::count_tiles;

/// The suite's number of games.
const GAMES: u64 = 60;
/// Stands for a tile in no alphabet of the tests.
const SECRET: &str = "Ω";

/// The event with other tiles wherever it has some that this viewer may not see.
fn with_secrets(event: &EventTold, viewer: Viewer) -> EventTold {
    let mut event = event.clone();
    let hide = |seat: u8, tiles: &mut String| {
        if !viewer.sees(seat) {
            *tiles = SECRET.repeat(count_tiles(tiles));
        }
    };
    match &mut event {
        EventTold::Started { racks, .. } => {
            (0..).zip(racks).for_each(|(seat, rack)| hide(seat, rack));
        }
        EventTold::Played { seat, drawn, .. } => hide(*seat, drawn),
        EventTold::Exchanged { seat, returned, drawn } => {
            hide(*seat, returned);
            hide(*seat, drawn);
        }
        EventTold::PlayTakenBack { seat, returned, .. } => hide(*seat, returned),
        EventTold::Passed { .. }
        | EventTold::ChallengeFailed { .. }
        | EventTold::DroppedOut { .. }
        | EventTold::TurnBegan { .. }
        | EventTold::Adjusted { .. }
        | EventTold::Ended { .. } => {}
    }
    event
}

#[test]
fn what_others_see_of_random_games_is_the_same_whatever_tiles_a_player_has() {
    let words = words();
    let (mut hidden, mut shown) = (0, 0);
    for number in 0..GAMES {
        let played = recorded(number, &words);
        let players = (0..played.setup.players).map(Viewer::Player);
        for viewer in players.chain([Viewer::Onlooker, Viewer::Everything]) {
            for event in &played.events {
                let told = EventTold::of(&played.rules, event);
                let other = with_secrets(&told, viewer);
                let seen = told.seen_by(viewer);
                assert_eq!(other.seen_by(viewer), seen, "game {number}, {viewer:?}");
                let json = serde_json::to_string(&other.seen_by(viewer)).unwrap();
                assert!(!json.contains(SECRET), "{json}");
                *(if other == told { &mut shown } else { &mut hidden }) += 1;
                let is_whole = viewer == Viewer::Everything;
                assert!(!is_whole || whole(&seen) == whole_told(&told), "{json}");
            }
        }
    }
    assert!(hidden > 1000 && shown > 1000, "{hidden} {shown}");
}

/// What is seen, without numbers that are not in the event itself.
fn whole(seen: &EventSeen) -> Value {
    let mut seen = serde_json::to_value(seen).unwrap();
    for count in ["drawn_count", "count", "returned_count"] {
        let _ = seen.as_object_mut().unwrap().remove(count);
    }
    seen
}

fn whole_told(told: &EventTold) -> Value {
    serde_json::to_value(told).unwrap()
}

#[test]
fn tiles_are_shown_to_their_player_and_counted_for_others() {
    let event = |value: Value| serde_json::from_value::<EventTold>(value).unwrap();
    let started = event(json!({"event": "started", "commitment": "92ef",
        "racks": ["AEN", "?[CH]K"], "bag_tiles": 86}));
    let played = event(json!({"event": "played", "seat": 1, "at": "8D", "tiles": "CO[ch]E",
        "words": [{"at": "8D", "word": "COCHE"}], "score": 9, "bonus": 0, "drawn": "?[CH]AB",
        "bag_tiles": 80, "total": 9}));
    let exchanged = event(json!({"event": "exchanged", "seat": 1, "returned": "[CH]K",
        "drawn": "XY"}));
    let taken_back = event(json!({"event": "play_taken_back", "seat": 1, "challenger": 0,
        "at": "8D", "tiles": "QZ", "invalid": ["QZ"], "returned": "?[CH]", "bag_tiles": 86,
        "score": 22, "total": 0}));
    let shown = |told: &EventTold, viewer, field: &str| {
        serde_json::to_value(told.seen_by(viewer)).unwrap().get(field).cloned()
    };
    let (own, other, onlooker) = (Viewer::Player(1), Viewer::Player(0), Viewer::Onlooker);
    for (told, viewer, field, expected) in [
        (&started, own, "racks", Some(json!([null, "?[CH]K"]))),
        (&started, other, "racks", Some(json!(["AEN", null]))),
        (&started, onlooker, "racks", Some(json!([null, null]))),
        (&started, Viewer::Everything, "racks", Some(json!(["AEN", "?[CH]K"]))),
        (&started, onlooker, "commitment", Some(json!("92ef"))),
        (&played, own, "drawn", Some(json!("?[CH]AB"))),
        (&played, other, "drawn", None),
        (&played, onlooker, "drawn", None),
        (&played, other, "drawn_count", Some(json!(4))),
        (&played, onlooker, "tiles", Some(json!("CO[ch]E"))),
        (&played, onlooker, "words", Some(json!([{"at": "8D", "word": "COCHE"}]))),
        (&exchanged, own, "returned", Some(json!("[CH]K"))),
        (&exchanged, own, "drawn", Some(json!("XY"))),
        (&exchanged, other, "returned", None),
        (&exchanged, onlooker, "drawn", None),
        (&exchanged, other, "count", Some(json!(2))),
        (&taken_back, own, "returned", Some(json!("?[CH]"))),
        (&taken_back, other, "returned", None),
        (&taken_back, other, "returned_count", Some(json!(2))),
        (&taken_back, other, "invalid", Some(json!(["QZ"]))),
    ] {
        assert_eq!(shown(told, viewer, field), expected, "{field} of {told:?} for {viewer:?}");
    }
}

#[test]
fn every_event_and_every_field_is_described_for_the_document() {
    let schema = schemars::schema_for!(EventSeen).to_value();
    let events = schema["oneOf"].as_array().unwrap();
    assert_eq!(events.len(), 10);
    for event in events {
        assert!(event["description"].is_string(), "{event}");
        for (field, form) in event["properties"].as_object().unwrap() {
            assert!(field == "event" || form["description"].is_string(), "{field}: {form}");
        }
    }
}
