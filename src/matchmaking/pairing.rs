//! Who plays whom, of all who wait for the same game.
//!
//! Pure and deterministic: the order in which they are given does not matter. Pairs are made greedily,
//! those that fit best first, until nobody is left who could play anybody else who is left.

use std::collections::HashSet;

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
const NEIGHBOURS: usize = 4;

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
        Candidate::new(*self, now).fits(&Candidate::new(*other, now))
    }
}

/// Pairs those who fit and are not kept apart. Who have just met are paired only once both have waited for
/// others in vain.
#[must_use]
pub fn pair(waiting: &[Waiting], apart: &Apart, now: Timestamp) -> Vec<Pair> {
    let mut left: Vec<_> = waiting.iter().map(|player| Candidate::new(*player, now)).collect();
    left.sort_by_key(|candidate| (candidate.value(), candidate.id()));
    let mut pairs = Vec::new();
    let fresh =
        |one, other| !apart.never.contains(one, other) && !apart.rather_not.contains(one, other);
    pair_all(&mut left, &mut pairs, fresh);
    left.retain(|candidate| candidate.waited_seconds >= AGAIN_AFTER_SECONDS);
    pair_all(&mut left, &mut pairs, |one, other| !apart.never.contains(one, other));
    pairs
}

/// A player who waits, with what is made of the time.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    player: Waiting,
    waited_seconds: i64,
    window: i64,
}

impl Candidate {
    fn new(player: Waiting, now: Timestamp) -> Self {
        Self { player, waited_seconds: player.waited_seconds(now), window: player.window(now) }
    }

    const fn id(&self) -> AccountId {
        self.player.account_id
    }

    const fn value(&self) -> i64 {
        self.player.value
    }

    const fn distance(&self, other: &Self) -> i64 {
        (self.value() - other.value()).abs()
    }

    const fn fits(&self, other: &Self) -> bool {
        2 * self.distance(other) <= self.window + other.window
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

/// Takes out of those who are left, who are in the order of their ratings, pair after pair, until there is
/// none any more.
fn pair_all(
    left: &mut Vec<Candidate>,
    pairs: &mut Vec<Pair>,
    may_meet: impl Fn(AccountId, AccountId) -> bool,
) {
    loop {
        let before = pairs.len();
        let mut is_taken = vec![false; left.len()];
        for Edge { low, high, .. } in edges(left, &may_meet) {
            if !is_taken[low] && !is_taken[high] {
                is_taken[low] = true;
                is_taken[high] = true;
                pairs.push((left[low].id(), left[high].id()));
            }
        }
        if pairs.len() == before {
            return;
        }
        let mut is_taken = is_taken.into_iter();
        left.retain(|_| is_taken.next() == Some(false));
    }
}

/// For each player the nearest on both sides with whom he may be paired; the best pairs first.
fn edges(sorted: &[Candidate], may_meet: impl Fn(AccountId, AccountId) -> bool) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (place, one) in sorted.iter().enumerate() {
        let reach = i64::midpoint(one.window, WINDOW_MAX);
        let is_near = |other: &usize| one.distance(&sorted[*other]) <= reach;
        let may_be =
            |other: &usize| one.fits(&sorted[*other]) && may_meet(one.id(), sorted[*other].id());
        let above = (place + 1..sorted.len()).take_while(is_near).filter(may_be).take(NEIGHBOURS);
        let below = (0..place).rev().take_while(is_near).filter(may_be).take(NEIGHBOURS);
        edges.extend(above.map(|other| Edge::new(sorted, place, other)));
        edges.extend(below.map(|other| Edge::new(sorted, other, place)));
    }
    edges.sort_unstable();
    edges
}

impl Edge {
    fn new(sorted: &[Candidate], low: usize, high: usize) -> Self {
        let (one, other) = (&sorted[low], &sorted[high]);
        let mut entered_at = [one.player.entered_at, other.player.entered_at];
        entered_at.sort_unstable();
        let waited = one.waited_seconds.max(other.waited_seconds);
        let cost = one.distance(other) - BONUS_PER_SECOND.saturating_mul(waited);
        Self { cost, entered_at, low, high }
    }
}
