//! What players agree on before a game.

use std::sync::Arc;
use std::time::Duration;

use super::time_control::TimeControl;
use crate::game::{ChallengeRule, RuleSet};
use crate::lexicon::Lexicon;

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

impl Terms {
    /// What a rating is of: games by the same rules and at much the same pace.
    #[must_use]
    pub fn pace_estimate(&self) -> Option<Duration> {
        self.time_control.estimate()
    }
}
