//! What players propose to each other during a game.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::game::PLAYERS_MAX;

/// How often a player may propose the same in a game.
const OFFERS_EACH_MAX: u8 = 2;

/// What can be proposed. It is done when every other player has accepted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proposal {
    /// To end the game without a result.
    Abort,
    /// To give every player more time: a minute each, or a turn's time in correspondence.
    MoreTime,
}

/// A proposal that stands: until it is answered, taken back, or the turn ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Whose.
    pub seat: u8,
    /// What.
    pub proposal: Proposal,
    /// Who has agreed, its player with them.
    pub(super) agreed: [bool; PLAYERS_MAX],
}

/// The offers of a game: the one that stands, and how many each player has made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offers {
    pub(super) standing: Option<Offer>,
    aborts_made: [u8; PLAYERS_MAX],
    more_times_made: [u8; PLAYERS_MAX],
}

impl Offer {
    /// Whether a player has agreed to it.
    #[must_use]
    pub fn has_agreed(&self, seat: u8) -> bool {
        self.agreed.get(usize::from(seat)).copied().unwrap_or(false)
    }
}

impl Offers {
    /// The one that stands.
    #[must_use]
    pub const fn standing(&self) -> Option<&Offer> {
        self.standing.as_ref()
    }

    /// Whether a player may propose this once more.
    #[must_use]
    pub fn may_make(&self, seat: u8, proposal: Proposal) -> bool {
        let made = match proposal {
            Proposal::Abort => &self.aborts_made,
            Proposal::MoreTime => &self.more_times_made,
        };
        made.get(usize::from(seat)).is_some_and(|made| *made < OFFERS_EACH_MAX)
    }

    pub(super) fn make(&mut self, seat: u8, proposal: Proposal) {
        let made = match proposal {
            Proposal::Abort => &mut self.aborts_made,
            Proposal::MoreTime => &mut self.more_times_made,
        };
        let mut agreed = [false; PLAYERS_MAX];
        if let (Some(made), Some(agreed)) =
            (made.get_mut(usize::from(seat)), agreed.get_mut(usize::from(seat)))
        {
            *made = made.saturating_add(1);
            *agreed = true;
        }
        self.standing = Some(Offer { seat, proposal, agreed });
    }

    pub(super) fn agree(&mut self, seat: u8) {
        if let Some(offer) = &mut self.standing
            && let Some(agreed) = offer.agreed.get_mut(usize::from(seat))
        {
            *agreed = true;
        }
    }

    pub(super) fn drop_standing(&mut self) {
        self.standing = None;
    }
}

#[cfg(test)]
#[path = "offer_tests.rs"]
mod tests;
