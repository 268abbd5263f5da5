//! What the rules do not allow, each with the name that programs know it by.

use crate::game::{Misplaced, Tile};
use crate::lexicon::{Alphabet, Word};

/// Why a command changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// Nothing can be done any more.
    #[error("the game is over")]
    GameOver,
    /// The game has fewer players.
    #[error("there is no seat {0}")]
    NoSuchSeat(u8),
    /// The player left the game.
    #[error("the player of seat {0} is out of the game")]
    DroppedOut(u8),
    /// Somebody else is on turn.
    #[error("seat {on_turn} is on turn")]
    NotYourTurn {
        /// Who.
        on_turn: u8,
    },
    /// The player before has no tiles left: the rest of the game is to challenge that, or to pass.
    #[error("the player before has gone out; only a challenge or a pass is possible")]
    FinalSayOnly,
    /// Tiles that the player has not.
    #[error("{} of the tiles are not in the rack", missing.len())]
    TilesNotInRack {
        /// Each as often as it is missing.
        missing: Vec<Tile>,
    },
    /// Tiles may not lie there.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
    /// Where words are checked at once, the play makes sequences that are none.
    #[error("{} of the words are not in the lexicon", .0.len())]
    InvalidWords(Vec<Word>),
    /// Words that were made before, where each may be made once.
    #[error("{} of the words were made before in this game", .0.len())]
    WordsRepeated(Vec<Word>),
    /// An exchange of nothing.
    #[error("an exchange needs a tile at least")]
    NoTilesToExchange,
    /// The bag has not enough tiles for an exchange.
    #[error("the bag has {bag_tiles} tiles, and this exchange needs {needed}")]
    TooFewTilesInBag {
        /// How many it has.
        bag_tiles: u8,
        /// How many it must have.
        needed: u8,
    },
    /// The turn before was no play, or it was challenged already, or words are checked at once.
    #[error("there is no play to challenge")]
    NothingToChallenge,
}

impl Illegal {
    /// What it is called in an answer to a program.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::GameOver => "game_over",
            Self::NoSuchSeat(_) => "no_such_seat",
            Self::DroppedOut(_) => "dropped_out",
            Self::NotYourTurn { .. } => "not_your_turn",
            Self::FinalSayOnly => "final_say_only",
            Self::TilesNotInRack { .. } => "tiles_not_in_rack",
            Self::Misplaced(misplaced) => misplaced.code(),
            Self::InvalidWords(_) => "invalid_words",
            Self::WordsRepeated(_) => "word_repeated",
            Self::NoTilesToExchange => "no_tiles_to_exchange",
            Self::TooFewTilesInBag { .. } => "too_few_tiles_in_bag",
            Self::NothingToChallenge => "nothing_to_challenge",
        }
    }

    /// The message for people, which spells the letters that it is about.
    #[must_use]
    pub fn describe(&self, alphabet: &Alphabet) -> String {
        let spell = |words: &[Word]| {
            words.iter().map(|word| alphabet.spell(word)).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::TilesNotInRack { missing } => {
                // A placement may be made with another, longer alphabet.
                let tile = |tile: &Tile| match tile.letter() {
                    None => "?",
                    Some(letter) if letter.index() <= alphabet.len() => alphabet.text(letter),
                    Some(_) => "a letter of another alphabet",
                };
                let missing = missing.iter().map(tile).collect::<Vec<_>>().join(", ");
                format!("not in the rack: {missing}")
            }
            Self::InvalidWords(words) => format!("not in the lexicon: {}", spell(words)),
            Self::WordsRepeated(words) => format!("made before in this game: {}", spell(words)),
            _ => self.to_string(),
        }
    }
}
