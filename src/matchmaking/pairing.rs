//! Who plays whom, of all who wait for the same game.
//!
//! Pure and deterministic: the order in which they are given does not matter. Pairs are made greedily,
//! those that fit best first, until nobody is left who could play anybody else who is left.

use std::collections::{BTreeSet, HashSet};

use crate::id::AccountId;
use crate::time::Timestamp;

/// How far from a player's own rating the opponent's may be at first, in points, for whom it is well known.
/// For others it is as far as one deviation: their rating says little.
pub const WINDOW_MIN: i64 = 100;

/// By how much that grows with each second of waiting.
pub const WIDENING_PER_SECOND: i64 = 10;

/// How far it grows.
pub const WINDOW_MAX: i64 = 500;

/// How many points of difference weigh as much as a second of waiting, of the two's longer. So who has
/// come [`WINDOW_MAX`] / this many seconds before all others, and fits anybody, is always given somebody.
pub const BONUS_PER_SECOND: i64 = 10;

/// How long two who have just met wait for others before they may meet again.
pub const AGAIN_AFTER_SECONDS: i64 = 20;

/// How many are considered on each side of a player's rating, in one round: the nearest that may be.
const NEIGHBOURS: usize = 8;

/// A player who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Who.
    pub account_id: AccountId,
    /// The rating, in whole points.
    pub value: i64,
    /// How uncertain it is, in whole points.
    pub deviation: i64,
    /// Since when.
    pub entered_at: Timestamp,
}

/// Pairs of players, in no order.
#[derive(Debug, Clone, Default)]
pub struct Pairs(HashSet<(AccountId, AccountId)>);

/// Who is not to play whom.
#[derive(Debug, Clone, Default)]
pub struct Apart {
    /// Who have blocked each other, or one the other.
    pub never: Pairs,
    /// Who have just met, and should rather meet others.
    pub rather_not: Pairs,
}

/// Two players, of whom the first has the lower rating.
pub type Pair = (AccountId, AccountId);

impl Pairs {
    /// Adds two.
    pub fn insert(&mut self, one: AccountId, other: AccountId) {
        self.0.insert((one.min(other), one.max(other)));
    }

    /// Whether the two are among them.
    #[must_use]
    pub fn contains(&self, one: AccountId, other: AccountId) -> bool {
        self.0.contains(&(one.min(other), one.max(other)))
    }
}

impl FromIterator<(AccountId, AccountId)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (AccountId, AccountId)>>(pairs: I) -> Self {
        let mut collected = Self::default();
        pairs.into_iter().for_each(|(one, other)| collected.insert(one, other));
        collected
    }
}

impl Waiting {
    /// For how long, in whole seconds.
    #[must_use]
    pub fn waited_seconds(&self, now: Timestamp) -> i64 {
        (now.as_micros().saturating_sub(self.entered_at.as_micros()) / 1_000_000).max(0)
    }

    /// How far the opponent's rating may be from the own, in points. What counts between two is the middle
    /// of both windows.
    #[must_use]
    pub fn window(&self, now: Timestamp) -> i64 {
        let at_first = self.deviation.max(WINDOW_MIN);
        let grown = WIDENING_PER_SECOND.saturating_mul(self.waited_seconds(now));
        at_first.saturating_add(grown).min(WINDOW_MAX)
    }

    /// Whether the two are near enough to each other.
    #[must_use]
    pub fn fits(&self, other: &Self, now: Timestamp) -> bool {
        2 * (self.value - other.value).abs() <= self.window(now) + other.window(now)
    }
}

/// Pairs those who fit and are not kept apart. Who have just met are paired only once both have waited for
/// others in vain.
#[must_use]
pub fn pair(waiting: &[Waiting], apart: &Apart, now: Timestamp) -> Vec<Pair> {
    let mut left = waiting.to_vec();
    left.sort_by_key(|player| (player.value, player.account_id));
    let mut pairs = Vec::new();
    let fresh = |one: &Waiting, other: &Waiting| {
        let (one, other) = (one.account_id, other.account_id);
        !apart.never.contains(one, other) && !apart.rather_not.contains(one, other)
    };
    pair_all(&mut left, &mut pairs, fresh, now);
    left.retain(|player| player.waited_seconds(now) >= AGAIN_AFTER_SECONDS);
    let again =
        |one: &Waiting, other: &Waiting| !apart.never.contains(one.account_id, other.account_id);
    pair_all(&mut left, &mut pairs, again, now);
    pairs
}

/// Takes out of those who are left, who are in the order of their ratings, pair after pair, until there is
/// none any more.
fn pair_all(
    left: &mut Vec<Waiting>,
    pairs: &mut Vec<Pair>,
    may_meet: impl Fn(&Waiting, &Waiting) -> bool,
    now: Timestamp,
) {
    loop {
        let mut taken = BTreeSet::new();
        for Edge { low, high, .. } in edges(left, &may_meet, now) {
            if !taken.contains(&low) && !taken.contains(&high) {
                taken.extend([low, high]);
                pairs.push((left[low].account_id, left[high].account_id));
            }
        }
        if taken.is_empty() {
            return;
        }
        let mut place = 0..;
        left.retain(|_| place.next().is_none_or(|place| !taken.contains(&place)));
    }
}

/// Two who might be paired, by their places. The best is the least.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    cost: i64,
    /// The older's, and the other's.
    entered_at: [Timestamp; 2],
    low: usize,
    high: usize,
}

/// For each player the nearest on both sides with whom he may be paired; the best pairs first.
fn edges(
    sorted: &[Waiting],
    may_meet: impl Fn(&Waiting, &Waiting) -> bool,
    now: Timestamp,
) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (place, player) in sorted.iter().enumerate() {
        let reach = i64::midpoint(player.window(now), WINDOW_MAX);
        let is_near = |other: &usize| (sorted[*other].value - player.value).abs() <= reach;
        let may_be =
            |other: &usize| player.fits(&sorted[*other], now) && may_meet(player, &sorted[*other]);
        let above = (place + 1..sorted.len()).take_while(is_near).filter(may_be).take(NEIGHBOURS);
        let below = (0..place).rev().take_while(is_near).filter(may_be).take(NEIGHBOURS);
        for other in above.chain(below) {
            let (low, high) = (place.min(other), place.max(other));
            let mut entered_at = [player.entered_at, sorted[other].entered_at];
            entered_at.sort_unstable();
            let waited = player.waited_seconds(now).max(sorted[other].waited_seconds(now));
            let difference = sorted[high].value - sorted[low].value;
            let cost = difference - BONUS_PER_SECOND.saturating_mul(waited);
            edges.push(Edge { cost, entered_at, low, high });
        }
    }
    edges.sort_unstable();
    edges
}
