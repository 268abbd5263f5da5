//! Plays a record's commands again and compares all that it tells with what the rules give.

use serde::Serialize;
use serde_json::Value;

use crate::game::{Commitment, GameState, InvalidHexadecimal, RuleSet, Seed, Setup};
use crate::lexicon::Lexicon;

use super::{Pinned, RECORD_FORMAT, Record, Step, racks_text};

/// What was found to be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// What the seed was held to, if it is the one that was published before the game.
    pub commitment: Commitment,
    /// How many commands were legal, with everything that followed from them as the record tells it.
    pub commands: usize,
    /// How many turns that were.
    pub turns: u32,
    /// How often the bag was shuffled as the seed has it.
    pub shuffles: u32,
}

/// What is wrong with a record first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// It is of another kind.
    #[error("expected the format {RECORD_FORMAT:?}, got {0:?}")]
    Format(String),
    /// It is to be checked with another rule set or lexicon.
    #[error("the record was made with {what} {expected}, and is checked with {given}")]
    Foreign {
        /// Which.
        what: &'static str,
        /// What the record names.
        expected: String,
        /// What was handed over.
        given: String,
    },
    /// The game can't begin so.
    #[error("{0}")]
    Start(String),
    /// A command that is none, or that the rules do not allow.
    #[error("turn {turn}, command {number}: {problem}")]
    Command {
        /// The turn, from 1.
        turn: u32,
        /// The command, from 1.
        number: usize,
        /// What is wrong.
        problem: String,
    },
    /// Something follows otherwise than the record tells.
    #[error("turn {turn}, command {number}: {difference}")]
    Differs {
        /// The turn, from 1.
        turn: u32,
        /// The command, from 1.
        number: usize,
        /// What is different.
        difference: String,
    },
    /// It commits to another seed than was published before the game.
    #[error("commitment: the record tells {told}, and {published} was published")]
    Commitment {
        /// The record's own.
        told: Commitment,
        /// The one before the game.
        published: Commitment,
    },
    /// Before the first command or after the last something is different.
    #[error("{0}")]
    Frame(String),
}

impl Record {
    /// Checks that the seed fits the commitment, that every draw follows from it, that every command
    /// was legal, and that every score, total and rank is right.
    ///
    /// A record that was made up has a commitment too, which fits its seed. So the one that was
    /// `published` before the game is to be given; where it is not, whoever reads
    /// [`Verified::commitment`] must compare.
    ///
    /// # Errors
    /// [`RecordFault`] tells the first difference.
    pub fn verify(
        &self,
        rules: &RuleSet,
        lexicon: &Lexicon,
        published: Option<&Commitment>,
    ) -> Result<Verified, RecordFault> {
        self.check_belongings(rules, lexicon)?;
        let setup = self.setup()?;
        let commitment = setup.seed.commitment();
        if let Some(published) = published.copied().filter(|published| *published != commitment) {
            return Err(RecordFault::Commitment { told: commitment, published });
        }
        let (mut state, _) = GameState::start(rules, &setup)
            .map_err(|error| RecordFault::Start(error.to_string()))?;
        same("racks", &self.racks, &racks_text(rules, &state)).map_err(RecordFault::Frame)?;
        for (number, step) in (1..).zip(&self.turns) {
            let turn = state.turn();
            let problem = |problem: String| RecordFault::Command { turn, number, problem };
            let command =
                step.command.command(rules).map_err(|error| problem(error.to_string()))?;
            let events = state
                .apply(rules, lexicon.graph(), &command)
                .map_err(|illegal| problem(illegal.describe(&rules.alphabet)))?;
            let found = Step::of(rules, &command, &events);
            same("events", &step.events, &found.events)
                .map_err(|difference| RecordFault::Differs { turn, number, difference })?;
        }
        let end = state.end_reason().map_or("not over", |reason| reason.as_str());
        let totals: Vec<i32> = (0..setup.players).map(|seat| state.total(seat)).collect();
        let ranks = &state.ranks()[..usize::from(setup.players)];
        same("end", &self.end, &end)
            .and_then(|()| same("totals", &self.totals, &totals))
            .and_then(|()| same("ranks", &self.ranks, &ranks))
            .map_err(RecordFault::Frame)?;
        let (turns, shuffles) = (state.turn(), state.bag().shuffles());
        Ok(Verified { commitment, commands: self.turns.len(), turns, shuffles })
    }

    /// Whether it is checked with what it was made with.
    fn check_belongings(&self, rules: &RuleSet, lexicon: &Lexicon) -> Result<(), RecordFault> {
        let foreign = |what, expected: &str, given: &str| RecordFault::Foreign {
            what,
            expected: expected.to_owned(),
            given: given.to_owned(),
        };
        if self.format != RECORD_FORMAT {
            return Err(RecordFault::Format(self.format.clone()));
        }
        let given = Pinned::rules(rules);
        if self.rules.name != given.name {
            return Err(foreign("the rules", &self.rules.name, &given.name));
        }
        if self.rules.hash != given.hash {
            return Err(foreign("rules of the content", &self.rules.hash, &given.hash));
        }
        if let Err(error) = rules.admits(lexicon.alphabet()) {
            return Err(RecordFault::Start(error.to_string()));
        }
        let given = Pinned::lexicon(lexicon);
        if self.lexicon.hash != given.hash {
            return Err(foreign("the lexicon", &self.lexicon.hash, &given.hash));
        }
        Ok(())
    }

    /// The setup, once the seed is known to be the one that the record's commitment was made for.
    fn setup(&self) -> Result<Setup, RecordFault> {
        let invalid = |field: &str, error: InvalidHexadecimal| {
            RecordFault::Frame(format!("{field}: {error}"))
        };
        let seed: Seed = self.seed.parse().map_err(|error| invalid("seed", error))?;
        let committed: Commitment =
            self.commitment.parse().map_err(|error| invalid("commitment", error))?;
        if seed.commitment() != committed {
            let text = "seed: it is not the one that the commitment was made for";
            return Err(RecordFault::Frame(text.to_owned()));
        }
        let players = u8::try_from(self.players.len()).unwrap_or(u8::MAX);
        Ok(Setup { players, challenge: self.challenge, seed })
    }
}

/// Nothing, or the first difference between what a record tells and what was found.
fn same(
    name: &str,
    told: &(impl Serialize + ?Sized),
    found: &(impl Serialize + ?Sized),
) -> Result<(), String> {
    let value = |error: serde_json::Error| format!("{name}: {error}");
    let told = serde_json::to_value(told).map_err(value)?;
    let found = serde_json::to_value(found).map_err(value)?;
    difference(name, &told, &found).map_or(Ok(()), Err)
}

fn difference(path: &str, told: &Value, found: &Value) -> Option<String> {
    match (told, found) {
        (Value::Array(told), Value::Array(found)) => {
            let pairs = (0..).zip(told.iter().zip(found));
            let first = pairs.into_iter().find_map(|(index, (told, found))| {
                difference(&format!("{path}[{index}]"), told, found)
            });
            let (told, found) = (told.len(), found.len());
            let lengths = || format!("{path}: the record has {told}, and the rules give {found}");
            first.or_else(|| (told != found).then(lengths))
        }
        (Value::Object(told), Value::Object(found)) if told.keys().eq(found.keys()) => told
            .iter()
            .zip(found.values())
            .find_map(|((key, told), found)| difference(&format!("{path}.{key}"), told, found)),
        _ if told == found => None,
        _ => Some(format!("{path}: the record tells {told}, and the rules give {found}")),
    }
}
