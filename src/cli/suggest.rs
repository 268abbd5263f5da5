//! `suggest`: the best play of a game as the API shows it, as the API takes it; for whoever tries the API
//! out, or wants a simple player of his own.

use scrabble_backend::game::told::{InvalidField, board, rack};
use scrabble_backend::game::{Choice, Evaluation, Generator, RuleSet, write_line, write_tiles};
use serde::{Deserialize, Serialize};

use super::file::read_standard_input;
use super::words::{Words, WordsArgs};
use super::{Failure, print_lines};

/// A game with a full board and long names has some 3 KB.
const GAME_BYTES_MAX: usize = 1 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    words: WordsArgs,
}

/// What it needs of a game.
#[derive(Deserialize)]
struct Game {
    terms: Terms,
    turn: u32,
    on_turn: Option<u8>,
    board: Vec<String>,
    rack: Option<String>,
    bag_tiles: u8,
    has_final_say: bool,
}

#[derive(Deserialize)]
struct Terms {
    rules: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// A command as the API takes it.
#[derive(Serialize)]
struct Suggested {
    turn: u32,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tiles: Option<String>,
}

/// Reads the game that a player was answered with, and prints what that player does best.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let text = read_standard_input(GAME_BYTES_MAX)?;
    let wrong = |problem: &str| Failure::Input(format!("the game: {problem}"));
    let game: Game =
        serde_json::from_str(&text).map_err(|error| Failure::input("the game", error))?;
    let named = RuleSet::named(&game.terms.rules.name);
    let unknown = || wrong(&format!("no rule set is called {:?}", game.terms.rules.name));
    let words = args.words.open(Some(named.ok_or_else(unknown)?))?;
    if game.on_turn.is_none() {
        return Err(wrong("it is over"));
    }
    let tiles = game.rack.as_deref();
    let tiles = tiles.ok_or_else(|| wrong("expected it as one of its players sees it"))?;
    let suggested =
        suggest(&game, tiles, &words).map_err(|error| Failure::input("the game", error))?;
    let line = serde_json::to_string(&suggested).expect("a command is texts and numbers");
    print_lines([line])
}

fn suggest(game: &Game, tiles: &str, words: &Words) -> Result<Suggested, InvalidField> {
    let Words { rules, lexicon, leaves } = words;
    let rack = rack(rules, "rack", tiles)?;
    let pass = Suggested { turn: game.turn, action: "pass", at: None, tiles: None };
    let board = board(rules, &game.board)?;
    if game.has_final_say {
        return Ok(pass);
    }
    let bag = usize::from(game.bag_tiles);
    let exchangeable = if bag >= usize::from(rules.exchange_minimum) { bag } else { 0 };
    let evaluation = Evaluation { leaves: leaves.as_ref(), racks_against: None };
    let mut generator = Generator::new(rules, lexicon.graph(), None, &board);
    let mut text = String::new();
    Ok(match generator.choose(&rack, &evaluation, exchangeable, |_| true) {
        Choice::Play(play) => {
            write_line(&rules.alphabet, play.placement.tiles(), &mut text);
            let at = play.placement.start.coordinate(play.placement.direction);
            Suggested { action: "play", at: Some(at), tiles: Some(text), ..pass }
        }
        Choice::Exchange(given) => {
            write_tiles(&rules.alphabet, given.tiles(), &mut text);
            Suggested { action: "exchange", tiles: Some(text), ..pass }
        }
        Choice::Pass => pass,
    })
}
