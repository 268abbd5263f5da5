//! What is told is read as the very same, and whatever is altered in it is refused.

use serde_json::{Value, json};

use super::*;
use crate::game::state::games_tests::{recorded, words};
use crate::game::test_rules::{english, graph, placement as placed};
use crate::game::{
    Action, Board, ChallengeRule, Command, Direction, DropReason, EndReason, Event, GameState,
    PlacedTile, Placement, RuleSet, Seed, Setup,
};
use crate::lexicon::Alphabet;

/// The suite's number of games.
const GAMES: u64 = 60;
/// Of those, how many are altered.
const ALTERED: u64 = 8;

fn spanish() -> Alphabet {
    RuleSet::named("spanish").unwrap().alphabet.clone()
}

/// Letters that are made of one another, so that most words are spelt as others are.
fn ambiguous() -> Alphabet {
    let letters = ["A", "B", "C", "AB", "BC", "ABC"].map(str::to_owned);
    let others = ('G'..='Z').map(|letter| letter.to_string());
    let letters: Vec<String> = letters.into_iter().chain(others).collect();
    Alphabet::new(letters.iter().map(String::as_str), []).unwrap()
}

fn told(rules: &RuleSet, events: &[Event]) -> Vec<EventTold> {
    events.iter().map(|event| EventTold::of(rules, event)).collect()
}

#[test]
fn boards_are_read_as_the_very_same_in_any_alphabet() {
    let words = words();
    for number in 0..GAMES {
        let played = recorded(number, &words);
        for alphabet in [english().alphabet, spanish(), ambiguous()] {
            let rules = RuleSet { alphabet, ..english() };
            let shown = rows(&rules, played.state.board());
            assert_eq!(board(&rules, &shown), Ok(*played.state.board()), "{shown:?}");
        }
    }
}

#[test]
fn a_board_of_another_shape_is_refused() {
    let rules = english();
    let whole = rows(&rules, &Board::EMPTY);
    let refused = |rows: &[String]| board(&rules, rows).unwrap_err().to_string();
    let misshapen = "`board`: expected 15 rows of 15 squares each";
    assert_eq!(refused(&whole[1..]), misshapen);
    for row in ["", "..............", "................", "AAAAAAAAAAAAAAAA"] {
        let mut rows = whole.clone();
        rows[7] = row.to_owned();
        assert_eq!(refused(&rows), misshapen, "{row}");
    }
    let mut rows = whole;
    rows[7].replace_range(3..4, "Ж");
    assert_eq!(refused(&rows), "`board`: 'Ж' is no tile of this alphabet");
}

#[test]
fn random_games_are_read_as_the_very_same_in_any_alphabet() {
    let words = words();
    for number in 0..GAMES {
        let played = recorded(number, &words);
        for alphabet in [english().alphabet, spanish(), ambiguous()] {
            let is_ambiguous = alphabet == ambiguous();
            // Letters are known by their places, so that it is the same game.
            let rules = RuleSet { alphabet, ..played.rules.clone() };
            let told = told(&rules, &played.events);
            let json = serde_json::to_string(&told).unwrap();
            let read: Vec<EventTold> = serde_json::from_str(&json).unwrap();
            assert_eq!(read, told);
            let (state, events) = game(&rules, &played.setup, &read).unwrap();
            assert_eq!(state.to_bytes(), played.state.to_bytes(), "game {number}");
            // Which of two words of the same spelling is none can't be told apart.
            assert!(is_ambiguous || events == played.events, "game {number}");
            assert_eq!(self::told(&rules, &events), told);
            for command in &played.commands {
                let json = serde_json::to_string(&CommandTold::of(&rules, command)).unwrap();
                let read: CommandTold = serde_json::from_str(&json).unwrap();
                assert_eq!(read.command(&rules).as_ref(), Ok(command), "{json}");
            }
        }
    }
}

/// Other values in place of one.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Number(number) => {
            let number = number.as_i64().unwrap();
            [number + 1, number - 1, 255, -1, i64::MAX].map(Value::from).to_vec()
        }
        Value::Bool(flag) => vec![json!(!flag), json!(0)],
        Value::String(text) => {
            let reversed: String = text.chars().rev().collect();
            let long = "A".repeat(500);
            let others = ["", "?", "A", "[", "[]", "]", ".", "8", "ß", "[CH", "8D", "Z22", "0"];
            let made = [reversed, format!("{text}A"), format!("A{text}"), text.to_lowercase()];
            let all = others.map(str::to_owned).into_iter().chain(made).chain([long]);
            all.filter(|other| other != text).map(Value::from).collect()
        }
        Value::Array(all) => {
            let more = all.iter().cloned().chain([json!("A")]).collect();
            let same = all.first().map(|first| vec![first.clone(); 9]);
            let fewer = all.split_last().map(|(_, fewer)| fewer.to_vec());
            [Some(more), same, fewer].into_iter().flatten().map(Value::Array).collect()
        }
        _ => Vec::new(),
    }
}

/// Where there is a value in an event, by JSON pointers.
fn places(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => {
            found.push(path.to_owned());
            for (index, value) in values.iter().enumerate() {
                places(&format!("{path}/{index}"), value, found);
            }
        }
        Value::Object(values) => {
            for (key, value) in values {
                places(&format!("{path}/{key}"), value, found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

/// Each alteration of an event's text that JSON still knows as an event, with the altered field.
fn alterations(event: &EventTold) -> Vec<(String, EventTold)> {
    let value = serde_json::to_value(event).unwrap();
    let (mut pointers, mut all) = (Vec::new(), Vec::new());
    places("", &value, &mut pointers);
    for pointer in pointers {
        for other in others(value.pointer(&pointer).unwrap()) {
            let mut altered = value.clone();
            *altered.pointer_mut(&pointer).unwrap() = other;
            let field = pointer.split('/').nth(1).unwrap().to_owned();
            all.extend(serde_json::from_value(altered).ok().map(|altered| (field, altered)));
        }
    }
    all.retain(|(_, altered)| altered != event);
    all
}

#[test]
fn whatever_is_altered_in_the_texts_of_a_game_is_refused() {
    let words = words();
    let (mut refused, mut believed) = (0, 0);
    for number in 0..ALTERED {
        let played = recorded(number, &words);
        let rules = RuleSet { alphabet: spanish(), ..played.rules.clone() };
        let told = told(&rules, &played.events);
        for (field, altered) in alterations(&told[0]) {
            assert!(game(&rules, &played.setup, [&altered]).is_err(), "{field}: {altered:?}");
        }
        let (mut before, _) = game(&rules, &played.setup, &told[..1]).unwrap();
        for (at, event) in (1..).zip(&told[1..]) {
            for (field, altered) in alterations(event) {
                let read = altered.event(&rules, &before).ok();
                let is_possible =
                    read.is_some_and(|read| before.clone().fold(&rules, &read).is_ok());
                let events = told[..at].iter().chain([&altered]).chain(&told[at + 1..]);
                let state = is_possible.then(|| game(&rules, &played.setup, events));
                let Some(Ok((state, _))) = state else {
                    refused += 1;
                    continue;
                };
                believed += 1;
                // What does not follow from the game before it, as `state::fold` has it.
                let is_nothing = matches!(event, EventTold::Adjusted { points: 0, .. })
                    && state.to_bytes() == played.state.to_bytes();
                let is_believed = [("play_taken_back", "invalid"), ("dropped_out", "reason")]
                    .contains(&(event.name(), &field));
                assert!(is_nothing || is_believed, "game {number}: {altered:?}");
            }
            before.fold(&rules, &played.events[at]).unwrap();
        }
    }
    assert!(refused > 5000 && believed < refused / 100, "{refused} {believed}");
}

/// A game of two in English that begins.
fn started() -> (RuleSet, GameState) {
    let rules = english();
    let setup = Setup { players: 2, challenge: ChallengeRule::Single, seed: Seed::new([5; 32]) };
    let (state, _) = GameState::start(&rules, &setup).unwrap();
    (rules, state)
}

#[test]
fn a_text_that_is_no_event_is_refused_by_its_field() {
    let (rules, state) = started();
    let played = json!({"event": "played", "seat": 0, "at": "8D", "tiles": "NATuRES",
        "words": [{"at": "8D", "word": "NATURES"}], "score": 64, "bonus": 50, "drawn": "?ADEEOT",
        "bag_tiles": 79, "total": 64});
    let exchanged = json!({"event": "exchanged", "seat": 0, "returned": "KO", "drawn": "AB"});
    let ended = json!({"event": "ended", "reason": "out", "ranks": [1, 2], "racks": ["", "K"],
        "seed": "05".repeat(32)});
    let started = json!({"event": "started", "commitment": "05".repeat(32), "racks": ["A", "B"],
        "bag_tiles": 86});
    let overtime = json!({"event": "adjusted", "seat": 0, "reason": "overtime", "minutes": 2,
        "points": -20, "total": 5});
    let taken_back = json!({"event": "play_taken_back", "seat": 0, "challenger": 1, "at": "8D",
        "tiles": "AT", "invalid": ["AT"], "returned": "", "bag_tiles": 86, "score": 1, "total": 0});
    let differs = "it is not what follows from the rest of the event, as it would be written";
    let no_tile = "'1' is no tile of this alphabet";
    let rack = "expected no more than 8 tiles";
    let players = "expected no more than 4 entries, one for each player";
    let hexadecimal = "expected 64 hexadecimal digits";
    let square = "expected a square such as 8D, for a word across, or D8, for one down";
    for (event, field, value, problem) in [
        (&played, "at", json!("8"), square),
        (&played, "at", json!("1A"), "the first play must cover 8H"),
        (&played, "at", json!("8d"), differs),
        (&played, "tiles", json!("1"), no_tile),
        (&played, "tiles", json!("..."), "expected a tile at least, on no more than 21 squares"),
        (&played, "words", json!([]), differs),
        (&played, "words", json!([{"at": "8E", "word": "NATURES"}]), differs),
        (&played, "score", json!(65), differs),
        (&played, "bonus", json!(0), differs),
        (&played, "drawn", json!("AD?EEOT"), differs),
        (&played, "drawn", json!("AAAAAAAAA"), rack),
        (&exchanged, "returned", json!("OK"), differs),
        (&exchanged, "drawn", json!("1"), no_tile),
        (&ended, "ranks", json!([1, 2, 3, 4, 5]), players),
        (&ended, "ranks", json!([1, 0]), differs),
        (&ended, "racks", json!(["", "", "", "", ""]), players),
        (&ended, "racks", json!([""]), differs),
        (&ended, "seed", json!(null), "it is missing"),
        (&ended, "seed", json!("05"), hexadecimal),
        (&ended, "seed", json!("0A".repeat(32)), differs),
        (&started, "commitment", json!("x"), hexadecimal),
        (&started, "racks", json!(["A", ""]), differs),
        (&overtime, "minutes", json!(null), "it is missing"),
        (&taken_back, "invalid", json!(["AT"]), "there is no play to take back"),
    ] {
        let mut altered = event.clone();
        altered[field] = value;
        let told: EventTold = serde_json::from_value(altered).unwrap();
        let refused = told.event(&rules, &state).unwrap_err();
        let name = told.name();
        assert_eq!(refused.to_string(), format!("{name}: `{field}`: {problem}"));
    }
    for event in [played, exchanged, ended, started, overtime] {
        let told: EventTold = serde_json::from_value(event.clone()).unwrap();
        assert!(told.event(&rules, &state).is_ok(), "{event}");
        assert_eq!(serde_json::to_value(&told).unwrap(), event);
    }
}

#[test]
fn words_of_a_play_that_is_taken_back_are_its_own_in_their_order() {
    let (rules, mut state) = started();
    let letters = state.rack(0).tiles().iter().filter_map(|tile| tile.letter()).collect::<Vec<_>>();
    let tiles = letters[..2].iter().map(|letter| Some(PlacedTile::natural(*letter)));
    let start = rules.layout.start();
    let play = Action::Play(Placement::new(start, Direction::Across, tiles).unwrap());
    let words = graph(&["ZZZ"]);
    state.apply(&rules, &words, &Command::new(0, play)).unwrap();
    let before = state.clone();
    let events = state.apply(&rules, &words, &Command::new(1, Action::Challenge)).unwrap();
    let told = EventTold::of(&rules, &events[0]);
    assert_eq!(told.event(&rules, &before).as_ref(), Ok(&events[0]));
    let mut value = serde_json::to_value(&told).unwrap();
    let own = value["invalid"][0].as_str().unwrap().to_owned();
    for (invalid, wrong) in [(json!(["ZZ"]), "ZZ"), (json!([own, own]), own.as_str())] {
        value["invalid"] = invalid;
        let told: EventTold = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(
            told.event(&rules, &before).unwrap_err().to_string(),
            format!("play_taken_back: `invalid`: {wrong:?} is not the next of the play's words")
        );
    }
}

#[test]
fn a_game_that_does_not_begin_or_follow_is_refused_by_the_number_of_its_event() {
    let words = words();
    let played = recorded(1, &words);
    let told = told(&played.rules, &played.events);
    let fault = |told: &[EventTold]| {
        game(&played.rules, &played.setup, told).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(fault(&[]), "the first event is not the game's start");
    assert_eq!(fault(&told[1..2]), "event 1: the first event is not the game's start");
    let twice = [told[0].clone(), told[0].clone()];
    assert_eq!(fault(&twice), "event 2: started can't happen now");
    let mut altered = told;
    let last = altered.len();
    if let Some(EventTold::Ended { seed, .. }) = altered.last_mut() {
        *seed = None;
    }
    assert_eq!(fault(&altered), format!("event {last}, ended: `seed`: it is missing"));
}

#[test]
fn plays_and_exchanges_of_players_are_read_or_refused_by_their_field() {
    let spanish = RuleSet::named("spanish").unwrap();
    let natures = placed("8D NATuRES");
    assert_eq!(placement(&english(), "8D", "NATuRES"), Ok(natures));
    assert_eq!(placement(&english(), "d8", ".AT..e"), Ok(placed("D8 .AT..e")));
    let coche = placement(spanish, "8D", "CO[CH]E").unwrap();
    assert_eq!((coche.len(), coche.placed().count()), (4, 4));
    assert_eq!(rack(spanish, "tiles", "[CH]?A").map(|rack| rack.len()), Ok(3));
    let square = "`at`: expected a square such as 8D, for a word across, or D8, for one down";
    let line = "`tiles`: expected a tile at least, on no more than 21 squares";
    let long = "A".repeat(100_000);
    for (at, tiles, problem) in [
        ("", "AT", square),
        ("8", "AT", square),
        ("08D", "AT", square),
        ("Ä8", "AT", square),
        ("99A", "AT", square),
        ("8D", "", line),
        ("8D", "..", line),
        ("8D", &long, line),
        ("8D", "AT1", "`tiles`: '1' is no tile of this alphabet"),
        ("8D", "A?", "`tiles`: '?' is no tile of this alphabet"),
        ("8D", "[CH", "`tiles`: expected a closing bracket ] after ["),
    ] {
        let refused = placement(&english(), at, tiles).unwrap_err();
        assert_eq!(refused.to_string(), problem, "{at} {tiles}");
    }
    let refused = rack(&english(), "tiles", "AEa").unwrap_err();
    assert!(refused.to_string().starts_with("`tiles`: \"a\" is in lower case"), "{refused}");
    assert_eq!((refused.field, rack(&english(), "tiles", &long).is_err()), ("tiles", true));
}

#[test]
fn a_command_has_the_fields_of_its_action_and_no_others() {
    for (command, problem) in [
        (json!({"action": "play", "tiles": "AT"}), "`at`: it is missing"),
        (json!({"action": "play", "at": "8D"}), "`tiles`: it is missing"),
        (json!({"action": "exchange"}), "`tiles`: it is missing"),
        (
            json!({"action": "exchange", "at": "8D", "tiles": "A"}),
            "`at`: it does not go with this action",
        ),
        (json!({"action": "pass", "tiles": "A"}), "`tiles`: it does not go with this action"),
        (
            json!({"action": "pass", "overtime_minutes": [0, 0, 0, 0, 1]}),
            "`overtime_minutes`: expected no more than 4 entries, one for each player",
        ),
    ] {
        let mut command = command;
        command["seat"] = json!(0);
        let told: CommandTold = serde_json::from_value(command).unwrap();
        assert_eq!(told.command(&english()).unwrap_err().to_string(), problem);
    }
    let pass: CommandTold = serde_json::from_value(json!({"seat": 3, "action": "pass"})).unwrap();
    assert_eq!(pass.command(&english()), Ok(Command::new(3, Action::Pass)));
}

#[test]
fn reasons_and_events_are_called_the_same_everywhere() {
    for reason in EndReason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
    for reason in DropReason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
    let words = words();
    let mut names = std::collections::BTreeSet::new();
    for number in 0..GAMES {
        let played = recorded(number, &words);
        for event in &played.events {
            let told = EventTold::of(&played.rules, event);
            let json = serde_json::to_value(&told).unwrap();
            assert_eq!((told.name(), &json["event"]), (event.name(), &json!(event.name())));
            if let Event::Adjusted { reason, .. } = event {
                assert_eq!(json["reason"], reason.as_str());
            }
            names.insert(event.name());
        }
    }
    assert_eq!(names.len(), 10, "{names:?}");
}

#[test]
fn a_board_is_told_by_its_rows() {
    let rules = RuleSet::named("spanish").unwrap();
    let mut board = Board::EMPTY;
    assert_eq!(rows(rules, &board), vec!["...............".to_owned(); 15]);
    for (at, tiles) in [("8F", "CO[CH]E"), ("9F", "[C]H.[ch]"), ("A15", "n"), ("1O", "Ñ")] {
        for (square, tile) in placement(rules, at, tiles).unwrap().placed() {
            board.set(square, Some(tile));
        }
    }
    let told = rows(rules, &board);
    assert_eq!(told.len(), 15);
    assert_eq!(told[0], "..............Ñ");
    assert_eq!(told[7], ".....CO[CH]E......");
    assert_eq!(told[8], ".....[C]H.[ch]......");
    assert_eq!(told[14], "n..............");
    let large = RuleSet::named("english_super").unwrap();
    assert_eq!(rows(large, &Board::EMPTY), vec![".".repeat(21); 21]);
}
