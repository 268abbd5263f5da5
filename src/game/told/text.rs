//! Placements, racks and boards as text, and what can be wrong with a field that holds one.

use crate::game::tile_text::write_line;
use crate::game::{
    BOARD_SIDE_MAX, Board, InvalidHexadecimal, Misplaced, NotATile, PLAYERS_MAX, PlacedTile,
    Placement, RACK_TILES_MAX, Rack, RuleSet, Square, TileText, write_tiles,
};

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {problem}")]
pub struct InvalidField {
    /// Which.
    pub field: &'static str,
    /// How.
    pub problem: FieldProblem,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// It must be there.
    #[error("it is missing")]
    Missing,
    /// It must not be there.
    #[error("it does not go with this action")]
    Superfluous,
    /// Not a square with a direction.
    #[error("expected a square such as 8D, for a word across, or D8, for one down")]
    Square,
    /// Not a tile of the alphabet.
    #[error(transparent)]
    Tile(#[from] NotATile),
    /// No tile to place, or more squares than a line has.
    #[error("expected a tile at least, on no more than {BOARD_SIDE_MAX} squares")]
    Line,
    /// Not as many squares as the board has.
    #[error("expected {0} rows of {0} squares each")]
    Board(u8),
    /// More tiles than any rack has.
    #[error("expected no more than {RACK_TILES_MAX} tiles")]
    Rack,
    /// More entries than a game has players.
    #[error("expected no more than {PLAYERS_MAX} entries, one for each player")]
    Players,
    /// Not a seed, and not a commitment.
    #[error(transparent)]
    Hexadecimal(#[from] InvalidHexadecimal),
    /// The play may not lie there.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
    /// No play was made just before that could be taken back.
    #[error("there is no play to take back")]
    NoPlay,
    /// Not one of the words of the play, or not in their order.
    #[error("{0:?} is not the next of the play's words")]
    NotOfPlay(Box<str>),
    /// Something else than the rest of the event makes it, or the same in another way of writing.
    #[error("it is not what follows from the rest of the event, as it would be written")]
    Differs,
}

impl FieldProblem {
    /// The problem as that of a field.
    pub(super) const fn of(self, field: &'static str) -> InvalidField {
        InvalidField { field, problem: self }
    }
}

/// A placement from the texts of a play: `8D` and `NATuRES`. The tiles may leave out what is played
/// through before the first and after the last.
///
/// # Errors
/// [`InvalidField`] names `at` or `tiles`.
pub fn placement(rules: &RuleSet, at: &str, tiles: &str) -> Result<Placement, InvalidField> {
    let (start, direction) =
        Square::parse_coordinate(at).ok_or_else(|| FieldProblem::Square.of("at"))?;
    let tile_text = TileText::new(&rules.alphabet, true);
    let mut along = Vec::new();
    let mut rest = tiles;
    // One more than fit is enough to be refused.
    while !rest.is_empty() && along.len() <= BOARD_SIDE_MAX {
        if let Some(after) = rest.strip_prefix('.') {
            along.push(None);
            rest = after;
        } else {
            let (tile, after) = tile_text
                .split_placed(rest)
                .map_err(|error| FieldProblem::Tile(error).of("tiles"))?;
            along.push(Some(tile));
            rest = after;
        }
    }
    Placement::new(start, direction, along).ok_or_else(|| FieldProblem::Line.of("tiles"))
}

/// The tiles of a rack, or some of them, from the text of `field`: `?AEKO`.
///
/// # Errors
/// [`InvalidField`] names the field.
pub fn rack(rules: &RuleSet, field: &'static str, text: &str) -> Result<Rack, InvalidField> {
    let tiles = TileText::new(&rules.alphabet, true).tiles(text);
    let tiles = tiles.map_err(|error| FieldProblem::Tile(error).of(field))?;
    Rack::new(tiles).ok_or_else(|| FieldProblem::Rack.of(field))
}

/// A board's rows from the top, each a text with a dot for every square without a tile.
#[must_use]
pub fn rows(rules: &RuleSet, board: &Board) -> Vec<String> {
    let side = rules.layout.side();
    let row = |row| {
        let squares = (0..side).map(|column| board.tile(Square { row, column }));
        line_text(rules, squares)
    };
    (0..side).map(row).collect()
}

/// A board from its rows, as [`rows`] writes them.
///
/// # Errors
/// [`InvalidField`] names `board`.
pub fn board(rules: &RuleSet, rows: &[impl AsRef<str>]) -> Result<Board, InvalidField> {
    let side = rules.layout.side();
    let misshapen = || FieldProblem::Board(side).of("board");
    if rows.len() != usize::from(side) {
        return Err(misshapen());
    }
    let tile_text = TileText::new(&rules.alphabet, true);
    let mut board = Board::EMPTY;
    for (row, text) in (0..).zip(rows) {
        let (mut rest, mut column) = (text.as_ref(), 0);
        while !rest.is_empty() && column < side {
            if let Some(after) = rest.strip_prefix('.') {
                rest = after;
            } else {
                let (tile, after) = tile_text
                    .split_placed(rest)
                    .map_err(|error| FieldProblem::Tile(error).of("board"))?;
                board.set(Square { row, column }, Some(tile));
                rest = after;
            }
            column += 1;
        }
        if column < side || !rest.is_empty() {
            return Err(misshapen());
        }
    }
    Ok(board)
}

/// The tiles of a rack as text.
#[must_use]
pub fn tiles_text(rules: &RuleSet, rack: &Rack) -> String {
    let mut text = String::with_capacity(RACK_TILES_MAX);
    write_tiles(&rules.alphabet, rack.tiles(), &mut text);
    text
}

pub(in crate::game) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a placement begins.
pub(super) fn coordinate(placement: &Placement) -> String {
    placement.start.coordinate(placement.direction)
}

/// The tiles of a placement.
pub(super) fn placement_text(rules: &RuleSet, placement: &Placement) -> String {
    line_text(rules, placement.tiles())
}

fn line_text(rules: &RuleSet, squares: impl Iterator<Item = Option<PlacedTile>> + Clone) -> String {
    let mut text = String::with_capacity(BOARD_SIDE_MAX);
    write_line(&rules.alphabet, squares, &mut text);
    text
}
