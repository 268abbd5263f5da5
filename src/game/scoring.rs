//! A play on a board: whether it may lie there, which words it makes, and what it counts.
//!
//! Owns the geometry and the arithmetic of one play, without allocation. Whether its words are words,
//! who has its tiles and whose turn it is are asked elsewhere.
//!
//! The rules, as WESPA (v3, 3.1 and 3.4), NASPA and the sheets in the boxes have them: all tiles of a
//! play lie in one line and make one word without a gap; the first play covers the start square with
//! at least two tiles, every other one touches a tile; each word that is made or changed counts, with
//! premiums only under tiles of this play, blanks nothing; whoever places a full rack gets a bonus.

use crate::lexicon::{Letter, Word};

use super::{
    Board, Direction, PlacedTile, Placement, Premium, RACK_TILES_MAX, RuleSet, Square, WordPremiums,
};

/// The most words that one play makes: one along its line, and one across it for each tile.
pub const PLAY_WORDS_MAX: usize = RACK_TILES_MAX + 1;

/// A word on the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormedWord {
    /// Its letters.
    pub word: Word,
    /// The square of the first.
    pub start: Square,
    /// Where it runs.
    pub direction: Direction,
}

/// A play that may lie where it lies, with what it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoredPlay {
    placement: Placement,
    /// The word along the line first; past the count the same again.
    words: [FormedWord; PLAY_WORDS_MAX],
    words_count: u8,
    tiles_count: u8,
    bonus: u8,
    score: i32,
}

/// Why tiles may not lie where they were placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    /// The line runs off the board.
    #[error("the play runs off the board")]
    OffBoard,
    /// A tile where one lies.
    #[error("{} has a tile already", coordinate(.0))]
    Occupied(Square),
    /// Nothing is placed where nothing lies.
    #[error("{} has no tile to play through", coordinate(.0))]
    Gap(Square),
    /// A blank that stands for a letter of another, longer alphabet.
    #[error("the tile on {} stands for no letter of this alphabet", coordinate(.0))]
    UnknownLetter(Square),
    /// More tiles than a rack has.
    #[error("{placed} tiles are placed, and a rack has {rack_size}")]
    TooManyTiles {
        /// How many were placed.
        placed: usize,
        /// How many a full rack has.
        rack_size: u8,
    },
    /// The first play has one tile, which makes no word.
    #[error("the first play needs two tiles at least")]
    TooFewTiles,
    /// The first play is beside the start square.
    #[error("the first play must cover {}", coordinate(.0))]
    StartSquareMissed(Square),
    /// No tile of the play is beside a tile on the board.
    #[error("the play touches no tile on the board")]
    NotConnected,
}

impl Misplaced {
    /// What it is called in an answer to a program.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OffBoard => "off_board",
            Self::Occupied(_) => "occupied",
            Self::Gap(_) => "gap",
            Self::UnknownLetter(_) => "unknown_letter",
            Self::TooManyTiles { .. } => "too_many_tiles",
            Self::TooFewTiles => "too_few_tiles",
            Self::StartSquareMissed(_) => "start_square_missed",
            Self::NotConnected => "not_connected",
        }
    }
}

impl ScoredPlay {
    /// Checks where a play lies, and counts it.
    ///
    /// The placement may leave out what is played through before its first tile and after its last.
    /// One tile that makes a word in its line's direction is a play in that direction, and otherwise
    /// one in the other.
    ///
    /// # Errors
    /// [`Misplaced`] says what is wrong first.
    pub fn of(board: &Board, rules: &RuleSet, told: &Placement) -> Result<Self, Misplaced> {
        let tiles_count = check(board, rules, told)?;
        let mut after = *board;
        for (square, tile) in told.placed() {
            after.set(square, Some(tile));
        }
        let count = Count { before: board, after: &after, rules };
        // Only one tile can make no word in its direction, and then the start is its square.
        let (main, main_score) = count
            .word(told.start, told.direction)
            .or_else(|| count.word(told.start, told.direction.other()))
            .ok_or(Misplaced::NotConnected)?;
        let mut words = [main; PLAY_WORDS_MAX];
        let (mut words_count, mut score) = (1, main_score);
        for (square, _) in told.placed() {
            let Some((word, word_score)) = count.word(square, main.direction.other()) else {
                continue;
            };
            words[words_count] = word;
            words_count += 1;
            score = score.saturating_add(word_score);
        }
        let is_bingo = tiles_count == usize::from(rules.rack_size);
        let bonus = if is_bingo { rules.bingo_bonus } else { 0 };
        Ok(Self {
            placement: count.whole(&main),
            words,
            words_count: words_count as u8,
            tiles_count: tiles_count as u8,
            bonus,
            score: score.saturating_add(i32::from(bonus)),
        })
    }

    /// The placement along the whole of its main word.
    #[must_use]
    pub const fn placement(&self) -> &Placement {
        &self.placement
    }

    /// The words that it makes: the one along its line first, then those across it in order.
    #[must_use]
    pub fn words(&self) -> &[FormedWord] {
        &self.words[..usize::from(self.words_count)]
    }

    /// How many tiles it places.
    #[must_use]
    pub const fn tiles_count(&self) -> usize {
        self.tiles_count as usize
    }

    /// What it counts, with its bonus.
    #[must_use]
    pub const fn score(&self) -> i32 {
        self.score
    }

    /// The bonus for a full rack that is in the score, or 0.
    #[must_use]
    pub const fn bonus(&self) -> u8 {
        self.bonus
    }
}

/// Whether a play may lie there; how many tiles it places.
fn check(board: &Board, rules: &RuleSet, told: &Placement) -> Result<usize, Misplaced> {
    let layout = &rules.layout;
    let is_on_board = told.end().is_some_and(|end| layout.contains(end));
    if !is_on_board || !layout.contains(told.start) {
        return Err(Misplaced::OffBoard);
    }
    let mut placed = 0;
    let mut touches = false;
    let mut square = told.start;
    for tile in told.tiles() {
        match (tile, board.tile(square)) {
            (Some(_), Some(_)) => return Err(Misplaced::Occupied(square)),
            (None, None) => return Err(Misplaced::Gap(square)),
            (None, Some(_)) => touches = true,
            (Some(tile), None) if tile.letter().index() > rules.alphabet.len() => {
                return Err(Misplaced::UnknownLetter(square));
            }
            (Some(_), None) => {
                placed += 1;
                touches = touches
                    || [Direction::Across, Direction::Down].into_iter().any(|direction| {
                        board.before(square, direction).is_some()
                            || board.after(square, direction).is_some()
                    });
            }
        }
        // Past the last square there may be no other.
        square = square.step(told.direction, 1).unwrap_or(square);
    }
    if placed > usize::from(rules.rack_size).min(RACK_TILES_MAX) {
        return Err(Misplaced::TooManyTiles { placed, rack_size: rules.rack_size });
    }
    if touches {
        return Ok(placed);
    }
    if !board.is_empty() {
        return Err(Misplaced::NotConnected);
    }
    if placed < 2 {
        return Err(Misplaced::TooFewTiles);
    }
    if !told.placed().any(|(square, _)| square == layout.start()) {
        return Err(Misplaced::StartSquareMissed(layout.start()));
    }
    Ok(placed)
}

/// Counts the words of a play that may lie where it lies.
struct Count<'a> {
    before: &'a Board,
    after: &'a Board,
    rules: &'a RuleSet,
}

impl Count<'_> {
    /// The word of two letters or more through a square, and what it counts.
    fn word(&self, through: Square, direction: Direction) -> Option<(FormedWord, i32)> {
        let mut start = through;
        while let Some(square) = start.back(direction).filter(|square| self.is_covered(*square)) {
            start = square;
        }
        let mut letters = [Letter::FIRST; crate::lexicon::WORD_LETTERS_MAX];
        let mut length = 0;
        let (mut sum, mut product, mut premiums) = (0_i32, 1_i32, 0_i32);
        for (square, tile) in self.run(start, direction) {
            letters[length] = tile.letter();
            length += 1;
            let is_new = self.before.tile(square).is_none();
            let premium = if is_new { self.rules.layout.premium(square) } else { Premium::NONE };
            sum += i32::from(self.rules.value(tile.tile())) * i32::from(premium.letter);
            if premium.word > 1 {
                product = product.saturating_mul(i32::from(premium.word));
                premiums += i32::from(premium.word);
            }
        }
        let factor = match self.rules.word_premiums {
            WordPremiums::Multiplied => product,
            WordPremiums::Added => premiums.max(1),
        };
        let word = Word::new(&letters[..length]).filter(|word| word.len() >= 2)?;
        Some((FormedWord { word, start, direction }, sum.saturating_mul(factor)))
    }

    /// The tiles from a square on, as far as there is one.
    fn run(
        &self,
        start: Square,
        direction: Direction,
    ) -> impl Iterator<Item = (Square, PlacedTile)> {
        (0..).map_while(move |steps| {
            let square = start.step(direction, steps)?;
            Some((square, self.after.tile(square)?))
        })
    }

    fn is_covered(&self, square: Square) -> bool {
        self.after.tile(square).is_some()
    }

    /// The placement along a whole word.
    fn whole(&self, word: &FormedWord) -> Placement {
        let tiles = self
            .run(word.start, word.direction)
            .map(|(square, tile)| self.before.tile(square).is_none().then_some(tile));
        Placement::new(word.start, word.direction, tiles)
            .expect("a play has a tile, and a line of the board fits a placement")
    }
}

fn coordinate(square: &Square) -> String {
    square.coordinate(Direction::Across)
}

#[cfg(test)]
#[path = "scoring_tests.rs"]
mod tests;
