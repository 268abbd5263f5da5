//! What a play is worth beyond its score: the tiles that are kept.

use crate::game::{Leaves, RuleSet, Tile};

/// How plays are compared: by score and by what is kept. All in thousandths of a point.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evaluation<'a> {
    /// The worth of kept tiles while the bag has some; nothing is worth nothing without it.
    pub leaves: Option<&'a Leaves>,
    /// What the opponents' racks count together, once the bag is empty.
    pub racks_against: Option<u16>,
}

impl Evaluation<'_> {
    /// What these tiles are worth when they are kept.
    ///
    /// Once the bag is empty, who goes out gains twice what the others hold, and who does not is as
    /// good as certain to lose twice what they keep, and some ten points for the turn that the others
    /// go on with (the static endgame rule of Quackle and its successors).
    pub(super) fn worth(&self, rules: &RuleSet, kept: impl Iterator<Item = Tile> + Clone) -> i32 {
        if let Some(against) = self.racks_against {
            let points: i32 = kept.clone().map(|tile| i32::from(rules.value(tile))).sum();
            let is_out = kept.count() == 0;
            return 1000 * if is_out { 2 * i32::from(against) } else { -2 * points - 10 };
        }
        self.leaves.map_or(0, |leaves| leaves.worth(kept))
    }
}
