//! Reads positions: fields, then the board by rows, racks, scores and opcodes.

use crate::game::tile_text::{NotATile, TileText};
use crate::game::{Board, PLAYERS_MAX, RACK_TILES_MAX, Rack, RuleSet, Square};

use super::{BYTES_MAX, Opcode, Player, Position};

/// Why a text is no position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCgp {
    /// Longer than any position.
    #[error("expected at most {BYTES_MAX} bytes, got {0}")]
    TooLong(usize),
    /// Less than four fields.
    #[error("expected a board, racks, scores and a number of turns without points; {0} missing")]
    Missing(&'static str),
    /// As many rows as the board does not have.
    #[error("expected {expected} rows of the board, separated by /, got {got}")]
    Rows {
        /// How many the board has.
        expected: u8,
        /// How many there are.
        got: usize,
    },
    /// A row that is wrong.
    #[error("row {row} of the board: {fault}")]
    Row {
        /// Its number, from 1 at the top.
        row: usize,
        /// What is wrong with it.
        fault: InvalidRow,
    },
    /// Too few or too many players.
    #[error("expected the racks of 2 to {PLAYERS_MAX} players, separated by /, got {0}")]
    Players(usize),
    /// A rack that is none.
    #[error("the rack of player {player}: {fault}")]
    Rack {
        /// The player's place, from 1.
        player: usize,
        /// What is wrong with it.
        fault: InvalidRack,
    },
    /// Another number of scores than of racks.
    #[error("expected {expected} scores, as many as racks, got {got}")]
    Scores {
        /// How many racks there are.
        expected: usize,
        /// How many scores there are.
        got: usize,
    },
    /// A score that is no number.
    #[error("the score of player {player}: expected a whole number, got {text:?}")]
    Score {
        /// The player's place, from 1.
        player: usize,
        /// What stands there.
        text: String,
    },
    /// A number of turns that is none.
    #[error("the turns without points: expected a number from 0 to 255, got {0:?}")]
    ScorelessTurns(String),
    /// An opcode without a name.
    #[error("expected an opcode's name and value before each ;, got {0:?}")]
    Opcode(String),
}

/// Why a text is no row of the board.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRow {
    /// Squares too few or too many.
    #[error("expected {expected} squares, got {got}")]
    Squares {
        /// How many a row has.
        expected: u8,
        /// How many there are.
        got: usize,
    },
    /// A number of empty squares that is none.
    #[error("expected a number of empty squares without a zero before it, got {0:?}")]
    Number(Box<str>),
    /// What is no tile.
    #[error(transparent)]
    Tile(#[from] NotATile),
}

/// Why a text is no rack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRack {
    /// More tiles than it holds.
    #[error("expected at most {expected} tiles, got {got}")]
    TooMany {
        /// How many it holds.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// What is no tile.
    #[error(transparent)]
    Tile(#[from] NotATile),
}

/// A position's opcodes alone, from which its rule set can be told before its tiles are read.
///
/// # Errors
/// [`InvalidCgp`] where fields are missing or an opcode is wrong.
pub fn opcodes(text: &str) -> Result<Vec<Opcode>, InvalidCgp> {
    Fields::split(text)?.opcodes()
}

impl Position {
    /// Reads a position by a rule set's alphabet, board and rack.
    ///
    /// # Errors
    /// [`InvalidCgp`] says which part is wrong first, and what was expected.
    pub fn parse(text: &str, rules: &RuleSet) -> Result<Self, InvalidCgp> {
        let fields = Fields::split(text)?;
        let are_bracketed = fields.board.contains('[') || fields.racks.contains('[');
        let tiles = TileText::new(&rules.alphabet, are_bracketed);
        let side = rules.layout.side();
        let board = parse_board(fields.board, &tiles, side)?;
        let racks = parse_racks(fields.racks, &tiles, usize::from(rules.rack_size))?;
        let scores = parse_scores(fields.scores, racks.len())?;
        let players =
            racks.into_iter().zip(scores).map(|(rack, score)| Player { rack, score }).collect();
        let scoreless_turns = fields
            .scoreless_turns
            .parse()
            .map_err(|_| InvalidCgp::ScorelessTurns(fields.scoreless_turns.to_owned()))?;
        Ok(Self { side, board, players, scoreless_turns, opcodes: fields.opcodes()? })
    }
}

struct Fields<'t> {
    board: &'t str,
    racks: &'t str,
    scores: &'t str,
    scoreless_turns: &'t str,
    rest: &'t str,
}

impl<'t> Fields<'t> {
    fn split(text: &'t str) -> Result<Self, InvalidCgp> {
        if text.len() > BYTES_MAX {
            return Err(InvalidCgp::TooLong(text.len()));
        }
        let mut rest = text;
        let mut next = |name| {
            let trimmed = rest.trim_start();
            let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
            let field = &trimmed[..end];
            rest = &trimmed[end..];
            if field.is_empty() { Err(InvalidCgp::Missing(name)) } else { Ok(field) }
        };
        Ok(Self {
            board: next("all of them are")?,
            racks: next("the racks are")?,
            scores: next("the scores are")?,
            scoreless_turns: next("the turns without points are")?,
            rest,
        })
    }

    fn opcodes(&self) -> Result<Vec<Opcode>, InvalidCgp> {
        let parts = self.rest.split(';').map(str::trim).filter(|part| !part.is_empty());
        let parse = |part: &str| {
            let (name, value) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
            Opcode::new(name.strip_prefix('-').unwrap_or(name), value)
                .ok_or_else(|| InvalidCgp::Opcode(part.to_owned()))
        };
        parts.map(parse).collect()
    }
}

fn parse_board(text: &str, tiles: &TileText<'_>, side: u8) -> Result<Board, InvalidCgp> {
    let rows = text.split('/').count();
    if rows != usize::from(side) {
        return Err(InvalidCgp::Rows { expected: side, got: rows });
    }
    let mut board = Board::EMPTY;
    for (row, text) in (0_u8..).zip(text.split('/')) {
        parse_row(text, tiles, side, row, &mut board)
            .map_err(|fault| InvalidCgp::Row { row: usize::from(row) + 1, fault })?;
    }
    Ok(board)
}

fn parse_row(
    text: &str,
    tiles: &TileText<'_>,
    side: u8,
    row: u8,
    board: &mut Board,
) -> Result<(), InvalidRow> {
    let mut column = 0_usize;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if digits > 0 {
            let number = &rest[..digits];
            // More digits than two are no number of squares on any board.
            let empty = Some(number).filter(|number| digits <= 2 && !number.starts_with('0'));
            let empty = empty.and_then(|number| number.parse::<usize>().ok());
            column += empty.ok_or_else(|| InvalidRow::Number(number.into()))?;
            rest = &rest[digits..];
            continue;
        }
        let (tile, after) = tiles.split_placed(rest)?;
        if column < usize::from(side) {
            board.set(Square { row, column: column as u8 }, Some(tile));
        }
        column += 1;
        rest = after;
    }
    if column != usize::from(side) {
        return Err(InvalidRow::Squares { expected: side, got: column });
    }
    Ok(())
}

fn parse_racks(text: &str, tiles: &TileText<'_>, size: usize) -> Result<Vec<Rack>, InvalidCgp> {
    let count = text.split('/').count();
    if !(2..=PLAYERS_MAX).contains(&count) {
        return Err(InvalidCgp::Players(count));
    }
    let expected = size.min(RACK_TILES_MAX);
    let parse = |text: &str| {
        let tiles = tiles.tiles(text)?;
        let got = tiles.len();
        let rack = Rack::new(tiles).filter(|_| got <= expected);
        rack.ok_or(InvalidRack::TooMany { expected, got })
    };
    (1..)
        .zip(text.split('/'))
        .map(|(player, text)| parse(text).map_err(|fault| InvalidCgp::Rack { player, fault }))
        .collect()
}

fn parse_scores(text: &str, expected: usize) -> Result<Vec<i32>, InvalidCgp> {
    let got = text.split('/').count();
    if got != expected {
        return Err(InvalidCgp::Scores { expected, got });
    }
    (1..)
        .zip(text.split('/'))
        .map(|(player, text)| {
            text.parse().map_err(|_| InvalidCgp::Score { player, text: text.to_owned() })
        })
        .collect()
}
