//! The rules of play: tiles, boards, scoring, whole games, and the search for plays.
//!
//! ```text
//!   RuleSet ───────── what differs between languages and editions, as data
//!      │
//!      ▼      Command                                     Event, Event, …
//!   GameState ───────▶ apply: is it legal, and what follows ─────┬──▶ stored, and told to players
//!      ▲                                                         │
//!      └──────────── fold: the only way in which a state changes ◀┘
//!
//!   Board, Rack ─────▶ Generator: all plays, the best play
//! ```
//!
//! To be read in this order:
//! - `tile`, `placement`, `board`, `layout`: what lies where.
//! - `rules`: rule sets, a data file each, with sources.
//! - `scoring`: may a play lie there, which words does it make, what does it count.
//! - `bag`: an order of tiles that follows from a secret seed, and how a stranger checks it.
//! - `state`: a whole game, from its start to its result.
//! - `told`: commands and events as texts, for storage and for those who may see them.
//! - `record`: a finished game for everybody, and its verification.
//! - `generation`, `leaves`, `autoplay`: the search for plays, and games of best plays.
//! - `cgp`, `gcg`, `tile_text`: positions and games as others write them.
//!
//! Pure: no clock, no task, no database, no randomness of its own. Time, seeds and lexicons are
//! arguments.

mod autoplay;
mod bag;
mod board;
pub mod cgp;
pub mod gcg;
mod generation;
mod layout;
mod leaves;
mod placement;
mod record;
mod rules;
mod scoring;
mod state;
#[cfg(test)]
mod test_rules;
mod tile;
mod tile_text;
pub mod told;

pub use autoplay::{Autoplay, Played, Tally};
pub use bag::{Bag, Commitment, InvalidHexadecimal, SEED_BYTES, Seed};
pub use board::Board;
pub use generation::{Choice, Evaluation, Generator, Play};
pub use layout::{InvalidPicture, Layout, PictureProblem, Premium};
pub use leaves::{InvalidLeave, Leaves};
pub use placement::{Direction, Placement, Square};
pub use record::{RECORD_FORMAT, Record, RecordFault, Unrecordable, Verified};
pub use rules::{
    ChallengeRule, ForeignAlphabet, InvalidRules, RULES_BYTES_MAX, RULES_NAME_MAX, RuleSet,
    RulesMistake, Scoreless, Settlement, TILE_VALUE_MAX, WordPremiums,
};
pub use scoring::{FormedWord, Misplaced, PLAY_WORDS_MAX, ScoredPlay};
pub use state::{
    Action, Adjustment, Command, Corrupt, DropReason, EndReason, Event, GameState, Illegal,
    InvalidSetup, InvalidState, Setup, Undealable,
};
pub use tile::{PlacedTile, Rack, Tile, TileCounts};
pub use tile_text::{NotATile, TileText, write_line, write_placed, write_tiles};

/// The most squares on a side of a board: Super Scrabble has 21.
pub const BOARD_SIDE_MAX: usize = 21;

/// The most squares of a board.
pub const BOARD_SQUARES_MAX: usize = BOARD_SIDE_MAX * BOARD_SIDE_MAX;

/// The most tiles on a rack.
pub const RACK_TILES_MAX: usize = 8;

/// The most tiles of a set: Super Scrabble has 200.
pub const SET_TILES_MAX: usize = 200;

/// The most players of a game.
pub const PLAYERS_MAX: usize = 4;
