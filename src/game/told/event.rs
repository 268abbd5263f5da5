//! Events in texts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::game::{Adjustment, DropReason, EndReason, Event, FormedWord, Rack, RuleSet};

use super::text::{coordinate, hexadecimal, placement_text, tiles_text};

/// An event in texts: whole, as it is stored. What a player may see of it is an
/// [`EventSeen`](super::EventSeen).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "variants and fields are those of `Event`")]
pub enum EventTold {
    Started {
        commitment: String,
        racks: Vec<String>,
        bag_tiles: u8,
    },
    Played {
        seat: u8,
        at: String,
        tiles: String,
        words: Vec<WordTold>,
        score: i32,
        bonus: u8,
        drawn: String,
        bag_tiles: u8,
        total: i32,
    },
    Exchanged {
        seat: u8,
        returned: String,
        drawn: String,
    },
    Passed {
        seat: u8,
    },
    PlayTakenBack {
        seat: u8,
        challenger: u8,
        at: String,
        tiles: String,
        invalid: Vec<String>,
        returned: String,
        bag_tiles: u8,
        score: i32,
        total: i32,
    },
    ChallengeFailed {
        seat: u8,
        challenger: u8,
        points: i32,
        total: i32,
        costs_turn: bool,
    },
    DroppedOut {
        seat: u8,
        reason: DropReason,
    },
    TurnBegan {
        seat: u8,
        turn: u32,
        has_final_say: bool,
    },
    Adjusted {
        seat: u8,
        reason: AdjustmentTold,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minutes: Option<u8>,
        points: i32,
        total: i32,
    },
    Ended {
        reason: EndReason,
        ranks: Vec<u8>,
        racks: Vec<String>,
        /// Absent in a record, which has it elsewhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<String>,
    },
}

/// A word on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FormedWord")]
pub struct WordTold {
    /// Its first square, such as `8D` for a word across and `D8` for one down.
    pub at: String,
    /// Its letters in capitals, those of blanks too.
    pub word: String,
}

/// Why a score changes at the end; minutes are told beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AdjustmentReason")]
pub enum AdjustmentTold {
    /// Tiles that others have left.
    OthersRacks,
    /// Tiles that the player has left.
    OwnRack,
    /// Started minutes over time.
    Overtime,
}

impl EventTold {
    /// An event of a game under these rules, whole.
    #[must_use]
    pub fn of(rules: &RuleSet, event: &Event) -> Self {
        let tiles = |rack: &Rack| tiles_text(rules, rack);
        let all = |racks: &[Rack]| racks.iter().map(tiles).collect();
        match event {
            Event::Started { commitment, racks, bag_tiles } => {
                // A full rack was drawn for every seat that somebody has.
                let players = racks.iter().take_while(|rack| !rack.is_empty()).count();
                let (commitment, racks) = (commitment.to_string(), all(&racks[..players]));
                Self::Started { commitment, racks, bag_tiles: *bag_tiles }
            }
            Event::Played { seat, play, drawn, bag_tiles, total } => Self::Played {
                seat: *seat,
                at: coordinate(play.placement()),
                tiles: placement_text(rules, play.placement()),
                words: play.words().iter().map(|formed| WordTold::of(rules, formed)).collect(),
                score: play.score(),
                bonus: play.bonus(),
                drawn: tiles(drawn),
                bag_tiles: *bag_tiles,
                total: *total,
            },
            Event::Exchanged { seat, returned, drawn } => {
                Self::Exchanged { seat: *seat, returned: tiles(returned), drawn: tiles(drawn) }
            }
            Event::Passed { seat } => Self::Passed { seat: *seat },
            Event::PlayTakenBack {
                seat,
                challenger,
                placement,
                invalid,
                returned,
                bag_tiles,
                score,
                total,
            } => Self::PlayTakenBack {
                seat: *seat,
                challenger: *challenger,
                at: coordinate(placement),
                tiles: placement_text(rules, placement),
                invalid: invalid.iter().map(|word| rules.alphabet.spell(word)).collect(),
                returned: tiles(returned),
                bag_tiles: *bag_tiles,
                score: *score,
                total: *total,
            },
            Event::ChallengeFailed { seat, challenger, points, total, costs_turn } => {
                Self::ChallengeFailed {
                    seat: *seat,
                    challenger: *challenger,
                    points: *points,
                    total: *total,
                    costs_turn: *costs_turn,
                }
            }
            Event::DroppedOut { seat, reason } => Self::DroppedOut { seat: *seat, reason: *reason },
            Event::TurnBegan { seat, turn, has_final_say } => {
                Self::TurnBegan { seat: *seat, turn: *turn, has_final_say: *has_final_say }
            }
            Event::Adjusted { seat, reason, points, total } => Self::Adjusted {
                seat: *seat,
                reason: AdjustmentTold::of(*reason),
                minutes: reason.minutes(),
                points: *points,
                total: *total,
            },
            Event::Ended { reason, ranks, racks, seed } => {
                let players = ranks.iter().filter(|rank| **rank > 0).count();
                let (ranks, racks) = (ranks[..players].to_vec(), all(&racks[..players]));
                let seed = Some(hexadecimal(seed.expose()));
                Self::Ended { reason: *reason, ranks, racks, seed }
            }
        }
    }

    /// What it is called: [`Event::name`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Played { .. } => "played",
            Self::Exchanged { .. } => "exchanged",
            Self::Passed { .. } => "passed",
            Self::PlayTakenBack { .. } => "play_taken_back",
            Self::ChallengeFailed { .. } => "challenge_failed",
            Self::DroppedOut { .. } => "dropped_out",
            Self::TurnBegan { .. } => "turn_began",
            Self::Adjusted { .. } => "adjusted",
            Self::Ended { .. } => "ended",
        }
    }
}

impl WordTold {
    fn of(rules: &RuleSet, formed: &FormedWord) -> Self {
        let at = formed.start.coordinate(formed.direction);
        Self { at, word: rules.alphabet.spell(&formed.word) }
    }
}

impl AdjustmentTold {
    const fn of(reason: Adjustment) -> Self {
        match reason {
            Adjustment::OthersRacks => Self::OthersRacks,
            Adjustment::OwnRack => Self::OwnRack,
            Adjustment::Overtime(_) => Self::Overtime,
        }
    }
}
