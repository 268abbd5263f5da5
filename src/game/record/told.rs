//! Commands and events as a record tells them.

use serde::{Deserialize, Serialize};

use crate::game::{
    Action, Adjustment, Command, EndReason, Event, FormedWord, NotATile, PLAYERS_MAX, PlacedTile,
    Placement, Rack, RuleSet, Square, TileText, write_placed, write_tiles,
};

/// A command in texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CommandTold {
    seat: u8,
    action: ActionTold,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tiles: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overtime_minutes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActionTold {
    Play,
    Exchange,
    Pass,
    Challenge,
    Resign,
    TimeOut,
}

/// Why a text is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidCommand {
    #[error("a play needs `at`, a square such as 8D or D8")]
    At,
    #[error("a play and an exchange need `tiles`")]
    NoTiles,
    #[error("`tiles`")]
    Tiles(#[from] NotATile),
    #[error("`tiles` has none, or too many")]
    TilesCount,
    #[error("`overtime_minutes` has more entries than a game has players")]
    Overtime,
    #[error("only a play has `at`, and only a play or an exchange has `tiles`")]
    Superfluous,
}

/// An event in texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum EventTold {
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
        reason: String,
    },
    TurnBegan {
        seat: u8,
        turn: u32,
        has_final_say: bool,
    },
    Adjusted {
        seat: u8,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minutes: Option<u8>,
        points: i32,
        total: i32,
    },
    Ended {
        reason: String,
        ranks: Vec<u8>,
        racks: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WordTold {
    at: String,
    word: String,
}

impl CommandTold {
    pub(super) fn of(rules: &RuleSet, command: &Command) -> Self {
        let (action, at, tiles) = match &command.action {
            Action::Play(placement) => {
                let at = placement.start.coordinate(placement.direction);
                (ActionTold::Play, Some(at), Some(placement_text(rules, placement)))
            }
            Action::Exchange(tiles) => (ActionTold::Exchange, None, Some(tiles_text(rules, tiles))),
            Action::Pass => (ActionTold::Pass, None, None),
            Action::Challenge => (ActionTold::Challenge, None, None),
            Action::Resign => (ActionTold::Resign, None, None),
            Action::TimeOut => (ActionTold::TimeOut, None, None),
        };
        let told = command.overtime_minutes.iter().rposition(|minutes| *minutes > 0);
        let overtime_minutes =
            told.map_or_else(Vec::new, |last| command.overtime_minutes[..=last].to_vec());
        Self { seat: command.seat, action, at, tiles, overtime_minutes }
    }

    pub(super) fn command(&self, rules: &RuleSet) -> Result<Command, InvalidCommand> {
        let has_tiles = matches!(self.action, ActionTold::Play | ActionTold::Exchange);
        let has_at = self.action == ActionTold::Play;
        if (self.at.is_some() && !has_at) || (self.tiles.is_some() && !has_tiles) {
            return Err(InvalidCommand::Superfluous);
        }
        let tiles = self.tiles.as_deref().ok_or(InvalidCommand::NoTiles);
        let action = match self.action {
            ActionTold::Play => {
                let at = self.at.as_deref().and_then(Square::parse_coordinate);
                Action::Play(placement(rules, at.ok_or(InvalidCommand::At)?, tiles?)?)
            }
            ActionTold::Exchange => {
                let tiles = TileText::new(&rules.alphabet, true).tiles(tiles?)?;
                Action::Exchange(Rack::new(tiles).ok_or(InvalidCommand::TilesCount)?)
            }
            ActionTold::Pass => Action::Pass,
            ActionTold::Challenge => Action::Challenge,
            ActionTold::Resign => Action::Resign,
            ActionTold::TimeOut => Action::TimeOut,
        };
        let mut overtime_minutes = [0; PLAYERS_MAX];
        for (index, minutes) in self.overtime_minutes.iter().enumerate() {
            *overtime_minutes.get_mut(index).ok_or(InvalidCommand::Overtime)? = *minutes;
        }
        Ok(Command { seat: self.seat, action, overtime_minutes })
    }
}

impl EventTold {
    /// The event in texts; nothing for the start, which a record tells elsewhere.
    pub(super) fn of(rules: &RuleSet, event: &Event) -> Option<Self> {
        let tiles = |rack: &Rack| tiles_text(rules, rack);
        Some(match event {
            Event::Started { .. } => return None,
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
            Event::DroppedOut { seat, reason } => {
                Self::DroppedOut { seat: *seat, reason: reason.as_str().to_owned() }
            }
            Event::TurnBegan { seat, turn, has_final_say } => {
                Self::TurnBegan { seat: *seat, turn: *turn, has_final_say: *has_final_say }
            }
            Event::Adjusted { seat, reason, points, total } => Self::Adjusted {
                seat: *seat,
                reason: reason.as_str().to_owned(),
                minutes: match reason {
                    Adjustment::Overtime(minutes) => Some(*minutes),
                    Adjustment::OwnRack | Adjustment::OthersRacks => None,
                },
                points: *points,
                total: *total,
            },
            Event::Ended { reason, ranks, racks, seed: _ } => {
                let players = ranks.iter().filter(|rank| **rank > 0).count();
                Self::ended(*reason, &ranks[..players], racks[..players].iter().map(tiles))
            }
        })
    }

    fn ended(reason: EndReason, ranks: &[u8], racks: impl Iterator<Item = String>) -> Self {
        let reason = reason.as_str().to_owned();
        Self::Ended { reason, ranks: ranks.to_vec(), racks: racks.collect() }
    }
}

impl WordTold {
    fn of(rules: &RuleSet, formed: &FormedWord) -> Self {
        let at = formed.start.coordinate(formed.direction);
        Self { at, word: rules.alphabet.spell(&formed.word) }
    }
}

/// The tiles of a rack as text.
pub(super) fn tiles_text(rules: &RuleSet, rack: &Rack) -> String {
    let mut text = String::new();
    write_tiles(&rules.alphabet, rack.tiles(), &mut text);
    text
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn coordinate(placement: &Placement) -> String {
    placement.start.coordinate(placement.direction)
}

fn placement_text(rules: &RuleSet, placement: &Placement) -> String {
    let mut text = String::new();
    let tiles: Vec<Option<PlacedTile>> = placement.tiles().collect();
    for tiles in tiles.chunk_by(|one, other| one.is_some() && other.is_some()) {
        let placed: Vec<PlacedTile> = tiles.iter().copied().flatten().collect();
        if placed.is_empty() {
            text.push('.');
        }
        write_placed(&rules.alphabet, &placed, &mut text);
    }
    text
}

fn placement(
    rules: &RuleSet,
    (start, direction): (Square, crate::game::Direction),
    text: &str,
) -> Result<Placement, InvalidCommand> {
    let tile_text = TileText::new(&rules.alphabet, true);
    let mut tiles = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            tiles.push(None);
            rest = after;
        } else {
            let (tile, after) = tile_text.split_placed(rest)?;
            tiles.push(Some(tile));
            rest = after;
        }
    }
    Placement::new(start, direction, tiles).ok_or(InvalidCommand::TilesCount)
}
