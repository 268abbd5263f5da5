//! What players agree on before a game: rules, words, time.

use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::time_control::TimeControl;
use crate::game::{ChallengeRule, RuleSet};
use crate::lexicon::Lexicon;
use crate::library::Library;
use crate::rating::{Category, Pace};

/// What a game is played by. It never changes while the game runs: rules and words are pinned by what
/// they are, not only by what they are called.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Its rules.
    pub rules: &'static RuleSet,
    /// Its words.
    pub lexicon: Arc<Lexicon>,
    /// How words are questioned.
    pub challenge: ChallengeRule,
    /// How much time there is.
    pub time_control: TimeControl,
    /// Whether the result changes ratings.
    pub is_rated: bool,
    /// How many players there are.
    pub players: u8,
}

/// What a game is played by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Terms")]
pub struct TermsTold {
    /// The rule set.
    pub rules: Pinned,
    /// The words.
    pub lexicon: Pinned,
    /// How words are questioned.
    pub challenge: ChallengeRule,
    /// How much time there is.
    pub time_control: TimeControl,
    /// Whether the result changes ratings.
    pub rated: bool,
    /// How many players there are.
    #[schemars(range(min = 2, max = 4))]
    pub players: u8,
}

/// What something is called, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// What it is called.
    pub name: String,
    /// The SHA-256 of its content, in hexadecimal.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub hash: String,
}

/// Why terms that were agreed on can't be played by here and now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unplayable {
    /// This version of the program has no such rules, or others of that name.
    #[error("this version of the service does not have the rules {0:?} of that game")]
    RulesMissing(String),
    /// The lexicon is not on the shelves.
    #[error("this service does not have the lexicon {name:?} of that game, with the hash {hash}")]
    LexiconMissing {
        /// What it was called.
        name: String,
        /// What it is.
        hash: String,
    },
}

impl Terms {
    /// What the result is rated in: games by the same rules and at much the same pace.
    ///
    /// # Panics
    /// Never: a rule set's name is one that a category takes.
    #[must_use]
    pub fn category(&self) -> Category {
        let estimate = self.time_control.estimate();
        let pace = estimate.map_or(Pace::Correspondence, Pace::of_estimate);
        Category::new(&self.rules.name, pace).expect("rule sets are named as categories are")
    }
}

impl TermsTold {
    /// Tells terms.
    #[must_use]
    pub fn of(terms: &Terms) -> Self {
        let Terms { rules, lexicon, challenge, time_control, is_rated, players } = terms;
        Self {
            rules: Pinned { name: rules.name.to_string(), hash: rules_hash(rules) },
            lexicon: Pinned {
                name: lexicon.name().to_owned(),
                hash: lexicon.content_hash().to_string(),
            },
            challenge: *challenge,
            time_control: *time_control,
            rated: *is_rated,
            players: *players,
        }
    }

    /// The terms themselves.
    ///
    /// # Errors
    /// [`Unplayable`] where this process has other rules or not these words.
    pub fn open(&self, library: &Library) -> Result<Terms, Unplayable> {
        let named = RuleSet::named(&self.rules.name);
        let rules = named.filter(|rules| self.rules.hash == rules_hash(rules));
        let rules = rules.ok_or_else(|| Unplayable::RulesMissing(self.rules.name.clone()))?;
        let hash = self.lexicon.hash.parse();
        let lexicon = hash.ok().and_then(|hash| library.find(hash));
        let Pinned { name, hash } = &self.lexicon;
        let missing = || Unplayable::LexiconMissing { name: name.clone(), hash: hash.clone() };
        Ok(Terms {
            rules,
            lexicon: lexicon.ok_or_else(missing)?,
            challenge: self.challenge,
            time_control: self.time_control,
            is_rated: self.rated,
            players: self.players,
        })
    }
}

/// What the built-in rule sets are, in their order: games are read far too often to say it anew.
static BUILT_IN_HASHES: LazyLock<Vec<String>> =
    LazyLock::new(|| RuleSet::all().iter().map(hash_of).collect());

fn rules_hash(rules: &RuleSet) -> String {
    let place = RuleSet::all().iter().position(|built_in| std::ptr::eq(built_in, rules));
    place.map_or_else(|| hash_of(rules), |place| BUILT_IN_HASHES[place].clone())
}

fn hash_of(rules: &RuleSet) -> String {
    rules.content_hash().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "terms_tests.rs"]
mod tests;
