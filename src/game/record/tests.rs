//! A record tells a game in full, and a change to any part of it is found.

use super::*;
use crate::game::test_rules::{english, placement, word};
use crate::game::{Action, Evaluation, Generator, Placement, Rack, ScoredPlay, Seed};

/// All sequences of two and three letters in which vowels and consonants take turns.
fn lexicon() -> Lexicon {
    let (vowels, consonants): (Vec<char>, Vec<char>) =
        ('A'..='Z').partition(|letter| "AEIOU".contains(*letter));
    let mut words = Vec::new();
    for (ends, middles) in [(&vowels, &consonants), (&consonants, &vowels)] {
        for (first, second) in ends.iter().flat_map(|end| middles.iter().map(move |m| (end, m))) {
            words.push(word(&format!("{first}{second}")));
            words.extend(ends.iter().map(|third| word(&format!("{first}{second}{third}"))));
        }
    }
    Lexicon::build("vowels and consonants", english().alphabet, words, |_| ()).unwrap()
}

/// A game of best plays, with an exchange, a phony and challenges on the way.
fn commands(setup: &Setup, lexicon: &Lexicon) -> Vec<Command> {
    let rules = english();
    let (mut state, _) = GameState::start(&rules, setup).unwrap();
    let mut commands = Vec::new();
    let mut has_erred = false;
    while let Some(seat) = state.on_turn() {
        let rack = state.rack(seat);
        let tile = rack.tiles()[rack.len() - 1];
        let action = match commands.len() {
            1 => Action::Exchange(Rack::new([tile]).unwrap()),
            3 => phony(&state, &rules, lexicon, seat),
            4 => Action::Challenge,
            5.. if !has_erred && state.challengeable(&rules).is_some() => {
                has_erred = true;
                Action::Challenge
            }
            _ if state.has_final_say() => Action::Pass,
            _ => best(&state, &rules, lexicon, seat),
        };
        let command = Command { overtime_minutes: [1, 0, 0, 0], ..Command::new(seat, action) };
        state.apply(&rules, lexicon.graph(), &command).unwrap();
        commands.push(command);
    }
    commands
}

/// A play of three tiles that may lie where it lies, and makes a word that is none.
fn phony(state: &GameState, rules: &RuleSet, lexicon: &Lexicon, seat: u8) -> Action {
    let rack = state.rack(seat);
    let letters: Vec<_> = rack.tiles().iter().filter_map(|tile| tile.letter()).collect();
    let texts: String = letters.iter().take(3).map(|letter| rules.alphabet.text(*letter)).collect();
    let lines = (1..=15_u8).flat_map(|row| ('A'..='M').map(move |column| (row, column)));
    let mut told = lines.map(|(row, column)| placement(&format!("{row}{column} {texts}")));
    let is_phony = |told: &Placement| {
        ScoredPlay::of(state.board(), rules, told)
            .is_ok_and(|play| play.words().iter().any(|formed| !lexicon.contains(&formed.word)))
    };
    Action::Play(told.find(is_phony).unwrap())
}

fn best(state: &GameState, rules: &RuleSet, lexicon: &Lexicon, seat: u8) -> Action {
    let mut generator = Generator::new(rules, lexicon.graph(), None, state.board());
    let evaluation = Evaluation { leaves: None, racks_against: None };
    let mut best: Option<crate::game::Play> = None;
    generator.plays(&state.rack(seat), &evaluation, |play| {
        if best.is_none_or(|best| play.score > best.score) {
            best = Some(*play);
        }
    });
    let is_stuck =
        if state.bag().len() < 7 { Action::Pass } else { Action::Exchange(state.rack(seat)) };
    best.map_or(is_stuck, |play| Action::Play(play.placement))
}

fn record() -> (Record, Lexicon) {
    let lexicon = lexicon();
    let setup = Setup { players: 2, challenge: ChallengeRule::Double, seed: Seed::new([5; 32]) };
    let commands = commands(&setup, &lexicon);
    let record = Record::of(&english(), &lexicon, &["Ann", "Bob"], &setup, &commands).unwrap();
    (record, lexicon)
}

#[test]
fn a_record_is_verified_and_reads_back_the_same() {
    let (record, lexicon) = record();
    let json = record.to_json();
    let read = Record::from_json(&json).unwrap();
    assert_eq!(read, record);
    let verified = read.verify(&english(), &lexicon, None).unwrap();
    assert_eq!(verified.commands, record.turns.len());
    // The start, at least one exchange, and the play that was taken back.
    assert!(verified.shuffles >= 3);
    for text in ["play_taken_back", "\"costs_turn\":true", "exchanged", "\"reason\":\"overtime\""] {
        assert!(json.contains(text), "{text}\n{json}");
    }
}

#[test]
fn whatever_is_changed_in_a_record_is_found() {
    let (record, lexicon) = record();
    let json = record.to_json();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut pointers = Vec::new();
    leaves("", &value, &mut pointers);
    assert!(pointers.len() > 200);
    let mut faults = 0;
    for pointer in pointers {
        // Names are not part of the game, and all that follows from a command depends on it.
        if pointer.starts_with("/players") || pointer == "/lexicon/name" {
            continue;
        }
        let mut altered = value.clone();
        let leaf = altered.pointer_mut(&pointer).unwrap();
        *leaf = match leaf {
            serde_json::Value::Number(number) => (number.as_i64().unwrap() + 1).into(),
            serde_json::Value::Bool(flag) => (!*flag).into(),
            serde_json::Value::String(text) => format!("{text}A").into(),
            _ => continue,
        };
        let text = altered.to_string();
        // One minute more of time over counts only in the command that ended the game.
        let is_idle = pointer.contains("overtime_minutes");
        let read = Record::from_json(&text).ok();
        let verified = read.map(|read| read.verify(&english(), &lexicon, None));
        match verified {
            None | Some(Err(_)) => faults += 1,
            Some(Ok(_)) => assert!(is_idle, "{pointer}"),
        }
    }
    assert!(faults > 200);
}

fn leaves(path: &str, value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                leaves(&format!("{path}/{index}"), value, found);
            }
        }
        serde_json::Value::Object(values) => {
            for (key, value) in values {
                leaves(&format!("{path}/{key}"), value, found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

/// What is said of a record after a change to its text.
fn fault(from: &str, to: &str) -> String {
    let (record, lexicon) = record();
    let json = record.to_json();
    assert!(json.contains(from), "{from}\n{json}");
    let altered = Record::from_json(&json.replacen(from, to, 1)).unwrap();
    altered.verify(&english(), &lexicon, None).unwrap_err().to_string()
}

#[test]
fn the_first_difference_is_told_with_its_place() {
    let (record, _) = record();
    let json = record.to_json();
    let total = json.split("\"total\":").nth(1).unwrap().split('}').next().unwrap();
    assert_eq!(
        fault(&format!("\"total\":{total}"), "\"total\":999"),
        format!(
            "turn 1, command 1: events[0].total: the record tells 999, and the rules give {total}"
        )
    );
    let seed = "05".repeat(32);
    assert_eq!(
        fault(&seed, &"06".repeat(32)),
        "seed: it is not the one that the commitment was made for"
    );
    assert_eq!(
        fault("\"action\":\"exchange\",\"tiles\":\"", "\"action\":\"exchange\",\"tiles\":\"[XY]"),
        "turn 2, command 2: `tiles`: [XY] is no tile of this alphabet"
    );
    assert_eq!(
        fault("game v1", "game v2"),
        "expected the format \"scrabble-backend game v1\", got \"scrabble-backend game v2\""
    );
}

#[test]
fn a_record_is_held_to_the_commitment_that_was_published_before_the_game() {
    let (record, lexicon) = record();
    let verify = |published| record.verify(&english(), &lexicon, published);
    let published = Seed::new([5; 32]).commitment();
    assert_eq!(verify(Some(&published)), verify(None));
    assert_eq!(verify(None).unwrap().commitment, published);
    // Fitting its own commitment, the record may yet be of a game that was made up.
    let other = Seed::new([6; 32]).commitment();
    assert_eq!(
        verify(Some(&other)).unwrap_err().to_string(),
        format!("commitment: the record tells {published}, and {other} was published")
    );
}

#[test]
fn rules_of_the_same_name_but_another_content_are_foreign() {
    let (record, lexicon) = record();
    let mut rules = english();
    rules.bingo_bonus = 49;
    let fault = record.verify(&rules, &lexicon, None).unwrap_err();
    assert!(matches!(fault, RecordFault::Foreign { what: "rules of the content", .. }), "{fault}");
}

#[test]
fn a_game_that_goes_on_has_no_record() {
    let lexicon = lexicon();
    let setup = Setup { players: 2, challenge: ChallengeRule::Void, seed: Seed::new([5; 32]) };
    let record = |names: &[&str], commands: &[Command]| {
        Record::of(&english(), &lexicon, names, &setup, commands).map_err(|error| error.to_string())
    };
    let pass = Command::new(0, Action::Pass);
    assert_eq!(record(&["A", "B"], &[pass]).unwrap_err(), "the game is not over");
    assert_eq!(record(&["A"], &[]).unwrap_err(), "expected 2 names, got 1");
    assert_eq!(record(&["A", "B"], &[pass, pass]).unwrap_err(), "command 2: seat 1 is on turn");
}

#[test]
fn the_start_and_the_seed_stand_in_a_record_once_and_in_no_event() {
    let (record, lexicon) = record();
    let json = record.to_json();
    assert_eq!(json.matches("\"seed\":").count(), 1);
    assert!(!json.contains("started"));
    let seed = "05".repeat(32);
    let with_seed =
        json.replacen("]}]}],\"end\"", &format!("],\"seed\":\"{seed}\"}}]}}],\"end\""), 1);
    assert_ne!(with_seed, json);
    let altered = Record::from_json(&with_seed).unwrap();
    assert!(altered.verify(&english(), &lexicon, None).is_err());
}
