//! What happens in a game. All that its audiences need to know is in the events, and the state follows
//! from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::game::{Commitment, PLAYERS_MAX, Placement, Rack, ScoredPlay, Seed};
use crate::lexicon::Word;

/// Something that happened.
///
/// Racks, returned and drawn tiles are for their player only while the game runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most events are plays, and few are kept at a time")]
pub enum Event {
    /// The racks were drawn. Seat 0 is on turn, and its turn is the first.
    Started {
        /// What the bag's seed is held to.
        commitment: Commitment,
        /// Each player's tiles; none for seats that nobody has.
        racks: [Rack; PLAYERS_MAX],
        /// How many tiles the bag has left.
        bag_tiles: u8,
    },
    /// Tiles were placed.
    Played {
        /// By whom.
        seat: u8,
        /// Where, with the words and the score.
        play: ScoredPlay,
        /// What was drawn for them.
        drawn: Rack,
        /// How many tiles the bag has left.
        bag_tiles: u8,
        /// The player's score after it.
        total: i32,
    },
    /// Tiles were exchanged.
    Exchanged {
        /// By whom.
        seat: u8,
        /// What went into the bag, after the others were drawn.
        returned: Rack,
        /// What came from the bag.
        drawn: Rack,
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
        /// What it was.
        placement: Placement,
        /// What is no word.
        invalid: Vec<Word>,
        /// What was drawn for it, and is in the bag again.
        returned: Rack,
        /// How many tiles the bag has now.
        bag_tiles: u8,
        /// What it had counted.
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
    /// A player is out of the game. Their tiles stay aside. If a final say was about their play, it is
    /// gone: whoever is on turn plays on.
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
        reason: Adjustment,
        /// By how much.
        points: i32,
        /// The player's score with it.
        total: i32,
    },
    /// The game is over.
    Ended {
        /// Why.
        reason: EndReason,
        /// Each player's rank, 1 for those who won; 0 for seats that nobody has.
        ranks: [u8; PLAYERS_MAX],
        /// What each player has left.
        racks: [Rack; PLAYERS_MAX],
        /// What the bag's order followed from.
        seed: Seed,
    },
}

/// Why a player is out of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// They gave up.
    Resigned,
    /// Their time was over.
    TimedOut,
    /// They were wrong about a challenged play, under the triple rule.
    TripleChallenge,
}

/// Why a score changes at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Adjustment {
    /// Tiles that others have left.
    OthersRacks,
    /// Tiles that the player has left.
    OwnRack,
    /// So many started minutes over time.
    Overtime(u8),
}

/// Why a game is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// A player placed all tiles, and the bag was empty.
    Out,
    /// Too many turns without points.
    Scoreless,
    /// All but one are out, the last of whom gave up.
    Resigned,
    /// All but one are out, the last of whom ran out of time.
    TimedOut,
    /// All but one are out, the last of whom was wrong about a challenged play.
    TripleChallenge,
}

impl Adjustment {
    /// What it is called before a program.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OthersRacks => "others_racks",
            Self::OwnRack => "own_rack",
            Self::Overtime(_) => "overtime",
        }
    }

    /// For how many started minutes over time it is, if it is for them.
    #[must_use]
    pub const fn minutes(self) -> Option<u8> {
        match self {
            Self::Overtime(minutes) => Some(minutes),
            Self::OthersRacks | Self::OwnRack => None,
        }
    }
}

impl EndReason {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Out, Self::Scoreless, Self::Resigned, Self::TimedOut, Self::TripleChallenge];

    /// What it is called before a program.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Scoreless => "scoreless",
            Self::Resigned => "resigned",
            Self::TimedOut => "timed_out",
            Self::TripleChallenge => "triple_challenge",
        }
    }
}

impl DropReason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Resigned, Self::TimedOut, Self::TripleChallenge];

    /// What it is called before a program.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.end().as_str()
    }

    /// Why the game is over if one player is left.
    #[must_use]
    pub const fn end(self) -> EndReason {
        match self {
            Self::Resigned => EndReason::Resigned,
            Self::TimedOut => EndReason::TimedOut,
            Self::TripleChallenge => EndReason::TripleChallenge,
        }
    }
}
