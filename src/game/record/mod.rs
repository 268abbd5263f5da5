//! A finished game's record: what anybody needs to check it, as JSON.
//!
//! This is a public format. Commands and events, tiles and squares are written as
//! [`told`](super::told) has it. Seats count from 0, in the order of `players`; seeds and hashes are in
//! hexadecimal.
//!
//! ```json
//! {
//!   "format": "scrabble-backend game v1",
//!   "rules": {"name": "english", "hash": "c4…"},
//!   "lexicon": {"name": "English", "hash": "1f…"},
//!   "challenge": "double",
//!   "players": ["Ann", "Bob"],
//!   "commitment": "92ef…", "seed": "0001…",
//!   "racks": ["AENRSTU", "ADEIKLO"],
//!   "turns": [
//!     {"command": {"seat": 0, "action": "play", "at": "8D", "tiles": "NATURES"},
//!      "events": [
//!        {"event": "played", "seat": 0, "at": "8D", "tiles": "NATURES",
//!         "words": [{"at": "8D", "word": "NATURES"}], "score": 66, "bonus": 50,
//!         "drawn": "?ADEEOT", "bag_tiles": 79, "total": 66},
//!        {"event": "turn_began", "seat": 1, "turn": 2, "has_final_say": false}]},
//!     {"command": {"seat": 1, "action": "challenge"}, "events": ["…"]},
//!     {"command": {"seat": 1, "action": "exchange", "tiles": "KO"}, "events": ["…"]}
//!   ],
//!   "end": "out", "totals": [412, 388], "ranks": [1, 2]
//! }
//! ```
//!
//! * The hashes are [`RuleSet::content_hash`] and [`Lexicon::content_hash`].
//! * `challenge` is `void`, `single`, `double`, `triple`, `{"points_per_play": 5}` or
//!   `{"points_per_word": 5}`.
//! * There is no event for the start, which is told by `racks`, and no seed in that for the end, which
//!   is told by `seed`.
//!
//! How draws follow from the seed is told in [`Bag`](super::Bag)'s module. The `commitment` shows that
//! nobody chose the seed only to whoever had it before the game: a record that was made up afterwards has
//! one that fits as well. So [`Record::verify`] takes the one that was published then.

mod verification;

use serde::{Deserialize, Serialize};

use crate::lexicon::Lexicon;

use super::told::{CommandTold, EventTold, hexadecimal, tiles_text};
use super::{ChallengeRule, Command, Event, GameState, Illegal, InvalidSetup, RuleSet, Setup};

pub use verification::{RecordFault, Verified};

/// What the format is called, with its version.
pub const RECORD_FORMAT: &str = "scrabble-backend game v1";

/// A finished game's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    format: String,
    rules: Pinned,
    lexicon: Pinned,
    challenge: ChallengeRule,
    players: Vec<String>,
    commitment: String,
    seed: String,
    racks: Vec<String>,
    turns: Vec<Step>,
    end: String,
    totals: Vec<i32>,
    ranks: Vec<u8>,
}

/// What a game is played with: what it is called, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pinned {
    name: String,
    hash: String,
}

/// A command, and what followed from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    command: CommandTold,
    events: Vec<EventTold>,
}

/// Why commands make no record.
#[derive(Debug, thiserror::Error)]
pub enum Unrecordable {
    /// The game can't begin.
    #[error("the game can't begin")]
    Setup(#[from] InvalidSetup),
    /// Not a name for each player.
    #[error("expected {players} names, got {names}")]
    Names {
        /// How many players there are.
        players: u8,
        /// How many names.
        names: usize,
    },
    /// A command that the rules do not allow.
    #[error("command {number}: {illegal}")]
    Illegal {
        /// Which, from 1.
        number: usize,
        /// Why.
        illegal: Illegal,
    },
    /// The game goes on, and its seed is a secret yet.
    #[error("the game is not over")]
    NotOver,
}

impl Record {
    /// The record of a game, by its commands from the first to the one that ended it.
    ///
    /// # Errors
    /// [`Unrecordable`], if they are no finished game.
    pub fn of(
        rules: &RuleSet,
        lexicon: &Lexicon,
        names: &[&str],
        setup: &Setup,
        commands: &[Command],
    ) -> Result<Self, Unrecordable> {
        if names.len() != usize::from(setup.players) {
            return Err(Unrecordable::Names { players: setup.players, names: names.len() });
        }
        let (mut state, _) = GameState::start(rules, setup)?;
        let racks = racks_text(rules, &state);
        let mut turns = Vec::with_capacity(commands.len());
        for (number, command) in (1..).zip(commands) {
            let events = state
                .apply(rules, lexicon.graph(), command)
                .map_err(|illegal| Unrecordable::Illegal { number, illegal })?;
            turns.push(Step::of(rules, command, &events));
        }
        let end = state.end_reason().ok_or(Unrecordable::NotOver)?;
        Ok(Self {
            format: RECORD_FORMAT.to_owned(),
            rules: Pinned::rules(rules),
            lexicon: Pinned::lexicon(lexicon),
            challenge: setup.challenge,
            players: names.iter().map(ToString::to_string).collect(),
            commitment: setup.seed.commitment().to_string(),
            seed: hexadecimal(setup.seed.expose()),
            racks,
            turns,
            end: end.as_str().to_owned(),
            totals: (0..setup.players).map(|seat| state.total(seat)).collect(),
            ranks: state.ranks()[..usize::from(setup.players)].to_vec(),
        })
    }

    /// From JSON.
    ///
    /// # Errors
    /// What is no record, with its line and column.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// As JSON.
    ///
    /// # Panics
    /// Never: all of its keys are texts.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a record is texts and numbers")
    }

    /// The name of the rule set that it says it was played by.
    #[must_use]
    pub fn rules(&self) -> &str {
        &self.rules.name
    }
}

impl Pinned {
    fn rules(rules: &RuleSet) -> Self {
        Self { name: rules.name.to_string(), hash: hexadecimal(&rules.content_hash()) }
    }

    fn lexicon(lexicon: &Lexicon) -> Self {
        Self { name: lexicon.name().to_owned(), hash: lexicon.content_hash().to_string() }
    }
}

impl Step {
    fn of(rules: &RuleSet, command: &Command, events: &[Event]) -> Self {
        Self {
            command: CommandTold::of(rules, command),
            events: events.iter().filter_map(|event| recorded(rules, event)).collect(),
        }
    }
}

/// An event without what stands elsewhere in a record.
fn recorded(rules: &RuleSet, event: &Event) -> Option<EventTold> {
    let mut told = EventTold::of(rules, event);
    if let EventTold::Ended { seed, .. } = &mut told {
        *seed = None;
    }
    let is_start = matches!(told, EventTold::Started { .. });
    (!is_start).then_some(told)
}

fn racks_text(rules: &RuleSet, state: &GameState) -> Vec<String> {
    (0..state.players()).map(|seat| tiles_text(rules, &state.rack(seat))).collect()
}

#[cfg(test)]
mod tests;
