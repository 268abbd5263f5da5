//! What players wish for: mostly the best play, and at times whatever else a game knows.

use scrabble_backend::runtime::Terms;
use serde_json::{Value, json};

use super::dice::Dice;
use crate::support::best_play;

/// What a player asks for who sees the game so; nothing where it is not for him to ask.
pub(super) fn wish(dice: &mut Dice, terms: &Terms, own: &Value, seat: u64) -> Option<Value> {
    let turn = &own["turn"];
    if own["players"][seat as usize]["dropped_out"].is_string() {
        return None;
    }
    let action = |action: &str| Some(json!({"turn": turn, "action": action}));
    if own["offer"].is_object() && (own["on_turn"] != seat || dice.happens(500)) {
        let has_agreed = own["offer"]["agreed"].as_array().unwrap().contains(&json!(seat));
        return match (own["offer"]["seat"] == seat, has_agreed) {
            (true, _) => action("withdraw"),
            (false, true) => None,
            (false, false) => action(dice.one_of(&["accept", "accept", "decline"])),
        };
    }
    if own["on_turn"] != seat {
        let proposal = dice.one_of(&["abort", "more_time", "more_time"]);
        let offer = json!({"turn": turn, "action": "offer", "proposal": proposal});
        return own["offer"].is_null().then_some(offer);
    }
    let chance = dice.roll(1000);
    if own["challengeable"].is_u64() && (chance < 200 || own["has_final_say"] == true) {
        return action(dice.one_of(&["challenge", "challenge", "pass"]));
    }
    match chance {
        0..40 => action("resign"),
        40..80 => action("pass"),
        80..160 if own["bag_tiles"].as_u64().unwrap() >= 7 => {
            let first = own["rack"].as_str().unwrap().chars().next().unwrap().to_string();
            Some(json!({"turn": turn, "action": "exchange", "tiles": first}))
        }
        160..260 if own["terms"]["challenge"] != "void" => Some(phony(best_play(terms, own))),
        _ => Some(best_play(terms, own)),
    }
}

/// The same play with its tiles the other way round, which makes no words, mostly.
fn phony(mut play: Value) -> Value {
    if let Some(tiles) = play["tiles"].as_str() {
        let mut backwards = tiles.chars().rev().filter(|tile| *tile != '.');
        let turned = tiles.chars().filter_map(|tile| match tile {
            '.' => Some('.'),
            _ => backwards.next(),
        });
        play["tiles"] = turned.collect::<String>().into();
    }
    play
}
