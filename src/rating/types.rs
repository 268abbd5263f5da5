//! A rating: what is known of a player's strength, and how well.

use super::glicko::{DEVIATION_MAX, PERIOD, VALUE_DEFAULT, VOLATILITY_DEFAULT, deviation_after};
use crate::time::Timestamp;

/// A player's strength in a category, after Glicko-2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rating {
    /// The estimate, in points: who has 200 more wins some three games of four.
    pub value: f64,
    /// How uncertain the estimate was after the last game, in points: with a probability of 95 % the true
    /// strength was within two deviations of it. It [grows](Self::deviation_at) while nobody plays.
    pub deviation: f64,
    /// How erratic the player's results are, which is how fast the strength itself may change: its
    /// standard deviation over a rating period, in Glicko-2's own unit of some 174 points.
    pub volatility: f64,
    /// Rated games.
    pub games: u32,
    /// The end of the last of them.
    pub rated_at: Option<Timestamp>,
}

/// The rating of whoever has not played.
impl Default for Rating {
    fn default() -> Self {
        Self {
            value: VALUE_DEFAULT,
            deviation: DEVIATION_MAX,
            volatility: VOLATILITY_DEFAULT,
            games: 0,
            rated_at: None,
        }
    }
}

impl Rating {
    /// How uncertain the estimate is at `now`.
    #[must_use]
    pub fn deviation_at(&self, now: Timestamp) -> f64 {
        deviation_after(self.deviation, self.volatility, self.periods_until(now))
    }

    /// The rating periods, and parts of one, since the last game.
    pub(super) fn periods_until(&self, now: Timestamp) -> f64 {
        // Clocks of replicas differ: what has been rated a moment later was rated just now.
        let micros = self.rated_at.map_or(0, |then| {
            now.as_micros().saturating_sub(then.as_micros()).max(0).unsigned_abs()
        });
        std::time::Duration::from_micros(micros).div_duration_f64(PERIOD)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn uncertainty_grows_from_well_known_to_half_known_in_a_year_and_no_further_than_unknown() {
        let then = Timestamp::from_micros(1_700_000_000_000_000);
        let rating =
            Rating { deviation: 60.0, games: 1, rated_at: Some(then), ..Rating::default() };
        let after = |days: u64| rating.deviation_at(then + Duration::from_secs(86_400 * days));
        assert!((after(0) - 60.0).abs() < 1e-9);
        assert!((after(365) - 116.0).abs() < 1.0, "{}", after(365));
        assert!((after(36_500) - DEVIATION_MAX).abs() < 1e-9);
        assert!(after(1) < after(2));
        // A clock that is behind.
        assert!((rating.deviation_at(then - Duration::from_secs(5)) - 60.0).abs() < 1e-9);
        let extreme = Rating { rated_at: Some(Timestamp::from_micros(i64::MIN)), ..rating };
        let now = Timestamp::from_micros(i64::MAX);
        assert!((extreme.deviation_at(now) - DEVIATION_MAX).abs() < 1e-9);
    }
}
