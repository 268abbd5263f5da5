//! Events from their texts, one by one and a whole game of them.
//!
//! What an event says twice is compared, and so is what follows from the board before it; whether it
//! can happen at this moment of the game is asked of [`GameState::fold`].

use std::str::FromStr;

use crate::game::{
    Adjustment, Corrupt, Event, GameState, InvalidHexadecimal, PLAYERS_MAX, Rack, RuleSet,
    ScoredPlay, Setup,
};
use crate::lexicon::Word;

use super::event::{AdjustmentTold, EventTold};
use super::text::{FieldProblem, InvalidField, placement, rack};

/// Why a text is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event}: {invalid}")]
pub struct InvalidEvent {
    /// What it is called.
    pub event: &'static str,
    /// The first field that is wrong.
    pub invalid: InvalidField,
}

/// Why texts are no game.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorruptGame {
    /// There is no event, or the game can't begin.
    #[error(transparent)]
    Start(Corrupt),
    /// A text that is no event.
    #[error("event {number}, {invalid}")]
    Invalid {
        /// Which, from 1.
        number: usize,
        /// Why.
        invalid: InvalidEvent,
    },
    /// An event that does not follow those before it.
    #[error("event {number}: {corrupt}")]
    Corrupt {
        /// Which, from 1.
        number: usize,
        /// Why.
        corrupt: Corrupt,
    },
}

/// The fields of which there may be another text than was read: the others are numbers that are taken as
/// they are.
const FIELDS_READ: [&str; 13] = [
    "commitment",
    "ranks",
    "racks",
    "at",
    "tiles",
    "words",
    "score",
    "bonus",
    "drawn",
    "returned",
    "invalid",
    "minutes",
    "seed",
];

/// A game from the texts of all of its events: as it is after the last, and the events.
///
/// # Errors
/// [`CorruptGame`] names the first event that is none of a game of this setup.
pub fn game<'t>(
    rules: &RuleSet,
    setup: &Setup,
    told: impl IntoIterator<Item = &'t EventTold>,
) -> Result<(GameState, Vec<Event>), CorruptGame> {
    let (mut state, started) =
        GameState::start(rules, setup).map_err(|error| CorruptGame::Start(error.into()))?;
    let mut events = Vec::new();
    for (number, told) in (1..).zip(told) {
        let event = told
            .event(rules, &state)
            .map_err(|invalid| CorruptGame::Invalid { number, invalid })?;
        let followed = match number {
            1 if started.first() == Some(&event) => Ok(()),
            1 => Err(Corrupt::NoStart),
            _ => state.fold(rules, &event),
        };
        followed.map_err(|corrupt| CorruptGame::Corrupt { number, corrupt })?;
        events.push(event);
    }
    if events.is_empty() {
        return Err(CorruptGame::Start(Corrupt::NoStart));
    }
    Ok((state, events))
}

impl EventTold {
    /// The very event that [`of`](Self::of) was given, of a game that was at `before`. The start needs
    /// nothing of it.
    ///
    /// Two words of one play may be spelt the same, as `[LL]A` and `LLA` are in Spanish. If such a play is
    /// taken back for one of them only, the first is read as the one that is none.
    ///
    /// # Errors
    /// [`InvalidEvent`] names what is wrong first.
    pub fn event(&self, rules: &RuleSet, before: &GameState) -> Result<Event, InvalidEvent> {
        let refuse = |invalid| InvalidEvent { event: self.name(), invalid };
        let event = self.read(rules, before).map_err(refuse)?;
        // What was read is told again, so that there is one text only for an event.
        let again = Self::of(rules, &event);
        if *self == again { Ok(event) } else { Err(refuse(self.difference(&again))) }
    }

    fn read(&self, rules: &RuleSet, before: &GameState) -> Result<Event, InvalidField> {
        Ok(match self {
            Self::Started { commitment, racks: dealt, bag_tiles } => Event::Started {
                commitment: hash("commitment", commitment)?,
                racks: racks(rules, dealt)?,
                bag_tiles: *bag_tiles,
            },
            Self::Played { seat, at, tiles, drawn, bag_tiles, total, .. } => {
                let placement = placement(rules, at, tiles)?;
                let play = ScoredPlay::of(before.board(), rules, &placement)
                    .map_err(|error| FieldProblem::Misplaced(error).of("at"))?;
                let drawn = rack(rules, "drawn", drawn)?;
                Event::Played { seat: *seat, play, drawn, bag_tiles: *bag_tiles, total: *total }
            }
            Self::Exchanged { seat, returned, drawn } => Event::Exchanged {
                seat: *seat,
                returned: rack(rules, "returned", returned)?,
                drawn: rack(rules, "drawn", drawn)?,
            },
            Self::Passed { seat } => Event::Passed { seat: *seat },
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
            } => Event::PlayTakenBack {
                seat: *seat,
                challenger: *challenger,
                placement: placement(rules, at, tiles)?,
                invalid: invalid_words(rules, before, invalid)?,
                returned: rack(rules, "returned", returned)?,
                bag_tiles: *bag_tiles,
                score: *score,
                total: *total,
            },
            Self::ChallengeFailed { seat, challenger, points, total, costs_turn } => {
                Event::ChallengeFailed {
                    seat: *seat,
                    challenger: *challenger,
                    points: *points,
                    total: *total,
                    costs_turn: *costs_turn,
                }
            }
            Self::DroppedOut { seat, reason } => Event::DroppedOut { seat: *seat, reason: *reason },
            Self::TurnBegan { seat, turn, has_final_say } => {
                Event::TurnBegan { seat: *seat, turn: *turn, has_final_say: *has_final_say }
            }
            Self::Adjusted { seat, reason, minutes, points, total } => Event::Adjusted {
                seat: *seat,
                reason: adjustment(*reason, *minutes)?,
                points: *points,
                total: *total,
            },
            Self::Ended { reason, ranks, racks: left, seed } => Event::Ended {
                reason: *reason,
                ranks: seats("ranks", 0, ranks.iter().copied())?,
                racks: racks(rules, left)?,
                seed: match seed {
                    Some(seed) => hash("seed", seed)?,
                    None => return Err(FieldProblem::Missing.of("seed")),
                },
            },
        })
    }

    /// The first field in which another text of the same event differs.
    fn difference(&self, other: &Self) -> InvalidField {
        let value = |told: &Self| serde_json::to_value(told).unwrap_or_default();
        let (one, other) = (value(self), value(other));
        let field = FIELDS_READ.into_iter().find(|field| one.get(field) != other.get(field));
        FieldProblem::Differs.of(field.unwrap_or("event"))
    }
}

/// The words that are none, as they stand in the order of the words of the play just before.
///
/// A word's own letters do not tell it: LL may be one tile or two.
fn invalid_words(
    rules: &RuleSet,
    before: &GameState,
    told: &[String],
) -> Result<Vec<Word>, InvalidField> {
    let (_, play) =
        before.challengeable(rules).ok_or_else(|| FieldProblem::NoPlay.of("invalid"))?;
    let mut words = play.words().iter().map(|formed| formed.word);
    told.iter()
        .map(|text| {
            words
                .find(|word| rules.alphabet.spell(word) == *text)
                .ok_or_else(|| FieldProblem::NotOfPlay(text.as_str().into()).of("invalid"))
        })
        .collect()
}

fn adjustment(reason: AdjustmentTold, minutes: Option<u8>) -> Result<Adjustment, InvalidField> {
    Ok(match reason {
        AdjustmentTold::OthersRacks => Adjustment::OthersRacks,
        AdjustmentTold::OwnRack => Adjustment::OwnRack,
        AdjustmentTold::Overtime => {
            Adjustment::Overtime(minutes.ok_or_else(|| FieldProblem::Missing.of("minutes"))?)
        }
    })
}

fn racks(rules: &RuleSet, told: &[String]) -> Result<[Rack; PLAYERS_MAX], InvalidField> {
    let racks = told.iter().take(PLAYERS_MAX + 1).map(|text| rack(rules, "racks", text));
    let racks: Vec<Rack> = racks.collect::<Result<_, _>>()?;
    seats("racks", Rack::EMPTY, racks.into_iter())
}

/// A value for each seat; for those that nobody has, `none`.
fn seats<T: Copy>(
    field: &'static str,
    none: T,
    told: impl Iterator<Item = T>,
) -> Result<[T; PLAYERS_MAX], InvalidField> {
    let mut seats = [none; PLAYERS_MAX];
    for (seat, value) in told.enumerate() {
        *seats.get_mut(seat).ok_or_else(|| FieldProblem::Players.of(field))? = value;
    }
    Ok(seats)
}

/// A seed or a commitment.
fn hash<T: FromStr<Err = InvalidHexadecimal>>(
    field: &'static str,
    text: &str,
) -> Result<T, InvalidField> {
    text.parse().map_err(|error| FieldProblem::Hexadecimal(error).of(field))
}
