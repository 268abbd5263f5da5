//! Events as somebody sees them: nobody sees another's tiles while the game runs.
//!
//! Owns who may see what of an event. Who asks, and whether the game is over, so that everything may be
//! seen, is known elsewhere.

use schemars::JsonSchema;
use serde::Serialize;

use crate::game::tile_text::count_tiles;
use crate::game::{DropReason, EndReason};

use super::event::{AdjustmentTold, EventTold, WordTold};

/// Who sees an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// The player of this seat, who sees their own tiles.
    Player(u8),
    /// Somebody who sees no tiles but those on the board.
    Onlooker,
    /// Somebody who may see all tiles: anybody, once the game is over.
    Everything,
}

/// Something that happened in a game, as its viewer may see it.
///
/// Seats count from 0. Squares are `8D` for a word across and `D8` for one down. Of tiles, capitals are
/// letters, lower case is a blank that stands for one, `?` a blank, `.` a tile that is played through,
/// and `[CH]` a tile of several characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
#[schemars(rename = "GameEvent")]
pub enum EventSeen {
    /// The racks were drawn. Seat 0 is on turn.
    Started {
        /// What the bag's seed is held to: in hexadecimal, SHA-256 of a label and the seed.
        commitment: String,
        /// Each player's tiles, by seat; null for those that the viewer may not see.
        racks: Vec<Option<String>>,
        /// How many tiles the bag has left.
        bag_tiles: u8,
    },
    /// Tiles were placed.
    Played {
        /// Who placed them.
        seat: u8,
        /// The first square of the word along the play.
        at: String,
        /// What lies along that word.
        tiles: String,
        /// The words that it makes: the one along it first, then those across it.
        words: Vec<WordTold>,
        /// What it counts, with its bonus.
        score: i32,
        /// The bonus for a full rack that is in the score, or 0.
        bonus: u8,
        /// What was drawn for the tiles; only for their player.
        #[serde(skip_serializing_if = "Option::is_none")]
        drawn: Option<String>,
        /// How many tiles were drawn.
        drawn_count: u8,
        /// How many tiles the bag has left.
        bag_tiles: u8,
        /// The player's score after it.
        total: i32,
    },
    /// Tiles were exchanged.
    Exchanged {
        /// Who exchanged them.
        seat: u8,
        /// How many.
        count: u8,
        /// What went into the bag; only for their player.
        #[serde(skip_serializing_if = "Option::is_none")]
        returned: Option<String>,
        /// What came from the bag; only for their player.
        #[serde(skip_serializing_if = "Option::is_none")]
        drawn: Option<String>,
    },
    /// A player passed.
    Passed {
        /// Who.
        seat: u8,
    },
    /// The play just before was challenged and has words that are none. It goes back to the rack, and
    /// what was drawn for it to the bag.
    PlayTakenBack {
        /// Whose play it was.
        seat: u8,
        /// Who questioned it.
        challenger: u8,
        /// The first square of the word along the play.
        at: String,
        /// What lay along that word.
        tiles: String,
        /// What is no word.
        invalid: Vec<String>,
        /// What was drawn for the play, and is in the bag again; only for its player.
        #[serde(skip_serializing_if = "Option::is_none")]
        returned: Option<String>,
        /// How many tiles are in the bag again.
        returned_count: u8,
        /// How many tiles the bag has now.
        bag_tiles: u8,
        /// What the play had counted.
        score: i32,
        /// The player's score without it.
        total: i32,
    },
    /// The play just before was challenged, and all its words are words.
    ChallengeFailed {
        /// Whose play it is.
        seat: u8,
        /// Who questioned it.
        challenger: u8,
        /// Points for the one who was challenged.
        points: i32,
        /// Their score with them.
        total: i32,
        /// Whether it costs the challenger the turn.
        costs_turn: bool,
    },
    /// A player is out of the game. Their tiles stay aside.
    DroppedOut {
        /// Who.
        seat: u8,
        /// Why.
        reason: DropReason,
    },
    /// The turn went to a player.
    TurnBegan {
        /// Whose it is.
        seat: u8,
        /// Its number, from 1 for the game's first.
        turn: u32,
        /// Whether the player before has no tiles left, and only a challenge goes on with the game.
        has_final_say: bool,
    },
    /// A score changed at the end of the game.
    Adjusted {
        /// Whose.
        seat: u8,
        /// For what.
        reason: AdjustmentTold,
        /// How many started minutes over time, if it is for them.
        #[serde(skip_serializing_if = "Option::is_none")]
        minutes: Option<u8>,
        /// By how much.
        points: i32,
        /// The player's score with it.
        total: i32,
    },
    /// The game is over, and nothing of it is hidden any more.
    Ended {
        /// Why.
        reason: EndReason,
        /// Each player's rank, by seat; 1 for those who won.
        ranks: Vec<u8>,
        /// What each player has left, by seat.
        racks: Vec<String>,
        /// What the bag's order followed from, in hexadecimal.
        #[serde(skip_serializing_if = "Option::is_none")]
        seed: Option<String>,
    },
}

impl Viewer {
    /// Whether they may see the tiles of a seat.
    #[must_use]
    pub const fn sees(self, seat: u8) -> bool {
        match self {
            Self::Player(own) => own == seat,
            Self::Onlooker => false,
            Self::Everything => true,
        }
    }

    /// Tiles of a seat, if they may see them.
    fn shown(self, seat: u8, tiles: &str) -> Option<String> {
        self.sees(seat).then(|| tiles.to_owned())
    }
}

impl EventTold {
    /// The event as somebody sees it.
    #[must_use]
    pub fn seen_by(&self, viewer: Viewer) -> EventSeen {
        match self.clone() {
            Self::Started { commitment, racks, bag_tiles } => {
                let racks = (0..).zip(&racks).map(|(seat, rack)| viewer.shown(seat, rack));
                EventSeen::Started { commitment, racks: racks.collect(), bag_tiles }
            }
            Self::Played { seat, at, tiles, words, score, bonus, drawn, bag_tiles, total } => {
                EventSeen::Played {
                    seat,
                    at,
                    tiles,
                    words,
                    score,
                    bonus,
                    drawn_count: count(&drawn),
                    drawn: viewer.shown(seat, &drawn),
                    bag_tiles,
                    total,
                }
            }
            Self::Exchanged { seat, returned, drawn } => EventSeen::Exchanged {
                seat,
                count: count(&returned),
                returned: viewer.shown(seat, &returned),
                drawn: viewer.shown(seat, &drawn),
            },
            Self::Passed { seat } => EventSeen::Passed { seat },
            Self::PlayTakenBack {
                seat,
                challenger,
                at,
                tiles,
                invalid,
                returned,
                bag_tiles,
                score,
                total,
            } => EventSeen::PlayTakenBack {
                seat,
                challenger,
                at,
                tiles,
                invalid,
                returned_count: count(&returned),
                returned: viewer.shown(seat, &returned),
                bag_tiles,
                score,
                total,
            },
            Self::ChallengeFailed { seat, challenger, points, total, costs_turn } => {
                EventSeen::ChallengeFailed { seat, challenger, points, total, costs_turn }
            }
            Self::DroppedOut { seat, reason } => EventSeen::DroppedOut { seat, reason },
            Self::TurnBegan { seat, turn, has_final_say } => {
                EventSeen::TurnBegan { seat, turn, has_final_say }
            }
            Self::Adjusted { seat, reason, minutes, points, total } => {
                EventSeen::Adjusted { seat, reason, minutes, points, total }
            }
            Self::Ended { reason, ranks, racks, seed } => {
                EventSeen::Ended { reason, ranks, racks, seed }
            }
        }
    }
}

fn count(tiles: &str) -> u8 {
    u8::try_from(count_tiles(tiles)).unwrap_or(u8::MAX)
}
