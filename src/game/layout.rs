//! A board without tiles: its size, its start square, and its premiums; and the picture of it, which
//! people read and draw.

use std::fmt;

use super::{BOARD_SIDE_MAX, BOARD_SQUARES_MAX, Square};

/// By how much a square multiplies, for a tile that is placed on it in this turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Premium {
    /// The tile's value, 1 to 4.
    pub letter: u8,
    /// The value of each word that the tile makes, 1 to 4.
    pub word: u8,
}

impl Premium {
    /// A square without.
    pub const NONE: Self = Self { letter: 1, word: 1 };

    const fn of_letter(letter: u8) -> Self {
        Self { letter, word: 1 }
    }

    const fn of_word(word: u8) -> Self {
        Self { letter: 1, word }
    }

    /// What stands for it in a picture; `*` for one that multiplies both, which no board has.
    #[must_use]
    pub fn symbol(self) -> char {
        SYMBOLS.iter().find(|(_, premium)| *premium == self).map_or('*', |(symbol, _)| *symbol)
    }
}

/// What stands for premiums in a picture, as macondo and Quackle draw boards; but a square without is
/// a dot.
const SYMBOLS: [(char, Premium); 7] = [
    ('.', Premium::NONE),
    ('\'', Premium::of_letter(2)),
    ('"', Premium::of_letter(3)),
    ('^', Premium::of_letter(4)),
    ('-', Premium::of_word(2)),
    ('=', Premium::of_word(3)),
    ('~', Premium::of_word(4)),
];

/// By how much the word premiums of a line may multiply together.
const WORD_PREMIUMS_MAX: f64 = 256.0;

/// Why a text is no picture of a board, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct InvalidPicture {
    /// The line, from 1, comments and empty lines included.
    pub line: usize,
    /// The character of the line, from 1; the one after the last where something is missing.
    pub column: usize,
    /// What is wrong there.
    pub problem: PictureProblem,
}

/// What is wrong with a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureProblem {
    /// A character that stands for no premium.
    #[error("expected one of . ' \" ^ - = ~ for a square, got {0:?}")]
    Symbol(char),
    /// The first row, whose length is the board's side.
    #[error("expected an odd number of squares on a side, 3 to {BOARD_SIDE_MAX}, got {0}")]
    Side(usize),
    /// A row that is longer or shorter than the first.
    #[error("expected a row of {side} squares, like the first, got {got}")]
    Width {
        /// Squares in the first row.
        side: usize,
        /// Squares in this one.
        got: usize,
    },
    /// Fewer rows than squares in a row.
    #[error("expected {side} rows, as many as squares in a row, got {got}")]
    TooFewRows {
        /// Squares in a row.
        side: usize,
        /// Rows.
        got: usize,
    },
    /// A row after the last that a square board has.
    #[error("expected no more than {0} rows, as many as squares in a row")]
    TooManyRows(usize),
    /// Word premiums that make scores too large, as [`Layout::new`] has it.
    #[error("the word premiums of some line multiply by more than {WORD_PREMIUMS_MAX} together")]
    Words,
}

/// A board without tiles: square, with an odd number of squares on a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Squares on a side, 3 to 21.
    side: u8,
    start: Square,
    /// By rows, `side` squares each.
    premiums: Box<[Premium]>,
}

impl Layout {
    /// From its premiums by rows. Nothing where they are no square with an odd side of 3 to
    /// [`BOARD_SIDE_MAX`], or where all word premiums of a line together multiply by more than 256, so
    /// that no score of a play leaves an `i32`. The start is the square in the middle.
    #[must_use]
    pub fn new(premiums: Box<[Premium]>) -> Option<Self> {
        let side = premiums.len().isqrt();
        let is_board = side * side == premiums.len() && side % 2 == 1;
        let are_premiums = premiums
            .iter()
            .all(|premium| (1..=4).contains(&premium.letter) && (1..=4).contains(&premium.word));
        if !is_board || !are_premiums || !(3..=BOARD_SIDE_MAX).contains(&side) {
            return None;
        }
        let rows = (0..side).map(|row| premiums[row * side..][..side].iter().collect::<Vec<_>>());
        let columns = (0..side).map(|column| premiums[column..].iter().step_by(side).collect());
        let is_tame = |line: Vec<&Premium>| {
            let all: f64 = line.iter().map(|premium| f64::from(premium.word)).product();
            all <= WORD_PREMIUMS_MAX
        };
        if !rows.chain(columns).all(is_tame) {
            return None;
        }
        let side = side as u8;
        Some(Self { side, start: Square { row: side / 2, column: side / 2 }, premiums })
    }

    /// From its picture: a line a row, a character a square (`.` none; `'`, `"` and `^` the letter
    /// twice, thrice and four times; `-`, `=` and `~` the word). Lines that are empty or begin with
    /// `#` are skipped.
    ///
    /// # Errors
    /// [`InvalidPicture`] names the first line and column that is wrong.
    pub fn parse(picture: &str) -> Result<Self, InvalidPicture> {
        let wrong = |line, column, problem| InvalidPicture { line, column, problem };
        let mut premiums = Vec::new();
        let (mut side, mut rows, mut last_line) = (0, 0, 1);
        for (line, row) in (1..).zip(picture.lines().map(str::trim_end)) {
            last_line = line;
            if row.is_empty() || row.starts_with('#') {
                continue;
            }
            let width = row.chars().count();
            if rows == 0 {
                side = width;
                if side % 2 == 0 || !(3..=BOARD_SIDE_MAX).contains(&side) {
                    return Err(wrong(line, width, PictureProblem::Side(side)));
                }
            }
            rows += 1;
            if rows > side {
                return Err(wrong(line, 1, PictureProblem::TooManyRows(side)));
            }
            if width != side {
                let problem = PictureProblem::Width { side, got: width };
                return Err(wrong(line, width.min(side) + 1, problem));
            }
            for (column, symbol) in (1..).zip(row.chars()) {
                let known = SYMBOLS.iter().find(|(known, _)| *known == symbol);
                let (_, premium) =
                    known.ok_or_else(|| wrong(line, column, PictureProblem::Symbol(symbol)))?;
                premiums.push(*premium);
            }
        }
        match rows {
            0 => Err(wrong(last_line, 1, PictureProblem::Side(0))),
            // One row of nine squares must not pass for three of three.
            got if got < side => Err(wrong(last_line, 1, PictureProblem::TooFewRows { side, got })),
            _ => Self::new(premiums.into()).ok_or(wrong(last_line, 1, PictureProblem::Words)),
        }
    }

    /// Squares on a side.
    #[must_use]
    pub const fn side(&self) -> u8 {
        self.side
    }

    /// The square that the first play must cover.
    #[must_use]
    pub const fn start(&self) -> Square {
        self.start
    }

    /// Whether it has this square.
    #[must_use]
    pub const fn contains(&self, square: Square) -> bool {
        square.row < self.side && square.column < self.side
    }

    /// A square's premium; none outside.
    #[must_use]
    pub fn premium(&self, square: Square) -> Premium {
        if !self.contains(square) {
            return Premium::NONE;
        }
        let index = usize::from(square.row) * usize::from(self.side) + usize::from(square.column);
        self.premiums[index]
    }
}

/// Its picture, which [`Layout::parse`] reads.
impl fmt::Display for Layout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in self.premiums.chunks(usize::from(self.side)) {
            let symbols: String = row.iter().map(|premium| premium.symbol()).collect();
            writeln!(formatter, "{symbols}")?;
        }
        Ok(())
    }
}

const _: () = assert!(BOARD_SQUARES_MAX <= u16::MAX as usize);

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
