//! Glicko-2, after Mark E. Glickman's "Example of the Glicko-2 system" (2013 edition,
//! <https://www.glicko.net/glicko/glicko2.pdf>), whose numbers of steps and letters stand here.
//!
//! Pure. Glickman rates all games of a rating period together; here each game is rated by itself when it
//! ends, as lichess and liwords do, and the time since the player's last game counts in parts of a
//! period. A game of three or four players is one period of games in pairs.

use std::f64::consts::PI;
use std::time::Duration;

use super::types::Rating;
use crate::time::Timestamp;

/// The value of whoever has not played, in points.
pub(super) const VALUE_DEFAULT: f64 = 1500.0;

/// Values stay within these, in points. They are lichess's, whose players are all far within.
pub(super) const VALUE_MIN: f64 = 400.0;
pub(super) const VALUE_MAX: f64 = 4000.0;

/// Deviations stay within these, in points: a player is never so well known that luck in the draw of
/// tiles could not be told from a change in strength, and never less known than at the beginning.
/// Glickman's greatest, liwords' least.
pub(super) const DEVIATION_MIN: f64 = 60.0;
pub(super) const DEVIATION_MAX: f64 = 350.0;

/// The volatility of whoever has not played, Glickman's.
pub(super) const VOLATILITY_DEFAULT: f64 = 0.06;

/// Volatilities stay within these. The greatest is that of lichess and liwords; the least, half of what
/// players begin with, keeps a long run of regular results from freezing a rating.
pub(super) const VOLATILITY_MIN: f64 = 0.03;
pub(super) const VOLATILITY_MAX: f64 = 0.1;

/// How long a rating period is, liwords' 4 days: the deviation of a player who is known as well as can
/// be (60) and has the first volatility (0.06) grows to 116 in a year without a game.
pub(super) const PERIOD: Duration = Duration::from_secs(4 * 24 * 3600);

/// The system constant τ (step 1), which holds volatilities back; Glickman names 0.3 to 1.2 as reasonable
/// and uses this one.
const TAU: f64 = 0.5;

/// The points in one unit of Glicko-2's own scale (step 2), 400 / ln 10: odds of e to 1.
const SCALE: f64 = 173.7178;

/// The most opponents in a game.
const OPPONENTS_MAX: usize = 3;

/// One game against one opponent, as the player sees it.
#[derive(Debug, Clone, Copy)]
struct Pairing {
    /// The opponent's value, in points.
    value: f64,
    /// The opponent's deviation when the game began to count, in points.
    deviation: f64,
    /// 1 for a win, ½ for a draw, 0 for a loss.
    score: f64,
}

/// The ratings after a game that ended at `at`, in the same order: of each player against each other one,
/// from the ratings before the game. A better rank is a smaller number; who has the same has drawn.
pub(super) fn after_game(players: &[(Rating, u8)], at: Timestamp) -> Vec<Rating> {
    let rated = players.iter().enumerate().map(|(place, (player, rank))| {
        let others = players.iter().enumerate().filter(|(other, _)| *other != place);
        let pairings: Vec<Pairing> = others
            .map(|(_, (opponent, other_rank))| Pairing {
                value: opponent.value,
                deviation: opponent.deviation_at(at),
                score: match rank.cmp(other_rank) {
                    std::cmp::Ordering::Less => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Greater => 0.0,
                },
            })
            .collect();
        Rating {
            games: player.games.saturating_add(1),
            rated_at: player.rated_at.max(Some(at)),
            ..after_pairings(player, player.periods_until(at), &pairings)
        }
    });
    rated.collect()
}

/// The deviation after so many rating periods without a game (step 6), in points:
/// φ* = √(φ² + t σ²), for the strength may have wandered by σ in each of t periods.
pub(super) fn deviation_after(deviation: f64, volatility: f64, periods: f64) -> f64 {
    let grown = SCALE * (deviation / SCALE).hypot(volatility * periods.sqrt());
    grown.min(DEVIATION_MAX)
}

/// Steps 2 to 8 for one player, after so many rating periods since the last time.
fn after_pairings(player: &Rating, periods: f64, pairings: &[Pairing]) -> Rating {
    debug_assert!((1..=OPPONENTS_MAX).contains(&pairings.len()), "a game has 2 to 4 players");
    // Step 2: onto the scale of Glicko-2, μ = (r − 1500) / 173.7178.
    let mu = (player.value - VALUE_DEFAULT) / SCALE;
    // Step 3 and 4: what the games tell (1/v, the information in them), and by how much the scores exceed
    // what was expected (the sum in Δ).
    let (mut information, mut excess) = (0.0, 0.0);
    for pairing in pairings {
        let g = weight(pairing.deviation);
        let expected = expected(mu, (pairing.value - VALUE_DEFAULT) / SCALE, g);
        information += g * g * expected * (1.0 - expected);
        excess += g * (pairing.score - expected);
    }
    let variance = 1.0 / information;
    let improvement = variance * excess;
    // Step 5.
    let phi = player.deviation / SCALE;
    let volatility = new_volatility(player.volatility, phi, variance, improvement);
    // Steps 6 and 7: φ' = 1 / √(1/φ*² + 1/v), μ' = μ + φ'² Σ g (s − E).
    let grown = deviation_after(player.deviation, volatility, periods) / SCALE;
    let new_phi = (grown.powi(-2) + information).sqrt().recip();
    let new_mu = mu + new_phi * new_phi * excess;
    // Step 8: and back into points.
    Rating {
        value: (SCALE * new_mu + VALUE_DEFAULT).clamp(VALUE_MIN, VALUE_MAX),
        deviation: (SCALE * new_phi).clamp(DEVIATION_MIN, DEVIATION_MAX),
        volatility,
        ..*player
    }
}

/// How much a game against an opponent of this deviation in points tells (step 3), from 1 for one whose
/// strength is known towards 0: g = 1 / √(1 + 3 φ² / π²).
fn weight(deviation: f64) -> f64 {
    let phi = deviation / SCALE;
    (1.0 + 3.0 * phi * phi / (PI * PI)).sqrt().recip()
}

/// The score to be expected of μ against μⱼ (step 3): E = 1 / (1 + exp(−g (μ − μⱼ))).
fn expected(mu: f64, opponent_mu: f64, g: f64) -> f64 {
    (1.0 + (-g * (mu - opponent_mu)).exp()).recip()
}

/// The volatility that fits the results best (step 5): σ' = exp(x / 2) at the zero of
///
/// f(x) = eˣ (Δ² − φ² − v − eˣ) / (2 (φ² + v + eˣ)²) − (x − ln σ²) / τ²
///
/// Glickman searches for a bracket, and narrows it by the Illinois algorithm down to a tolerance. Here the
/// bounds of a volatility are the bracket, and it is halved a fixed number of times: that ends, whatever
/// is given.
///
/// What it finds is the zero, or the bound on whose side the zero is, since f falls all the way from the
/// lower bound to the upper. With u = eˣ ≤ 0.01 and D = φ² + v the slope of the first term is
/// u ((Δ² − D)(D − u) − 2 u D) / (2 (D + u)³). Three opponents at most make v ≥ 4/3 > u, and so it is
/// ≤ u Δ² / (2 D²) ≤ u (Σ g (s − E))² / 2 ≤ 0.01 · 3² / 2 = 0.045, for Δ = v Σ g (s − E) and v ≤ D. That of
/// the second is −1/τ² = −4.
fn new_volatility(volatility: f64, phi: f64, variance: f64, improvement: f64) -> f64 {
    /// The bracket is 2 ln (0.1 / 0.03) < 2.5 wide: what is left of it is far below Glickman's 0.000001.
    const HALVINGS: usize = 32;
    let before = 2.0 * volatility.ln();
    let f = |x: f64| {
        let (u, d) = (x.exp(), phi * phi + variance);
        let surprise = improvement * improvement - d - u;
        u * surprise / (2.0 * (d + u) * (d + u)) - (x - before) / (TAU * TAU)
    };
    let (mut low, mut high) = (2.0 * VOLATILITY_MIN.ln(), 2.0 * VOLATILITY_MAX.ln());
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if f(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (f64::midpoint(low, high) / 2.0).exp().clamp(VOLATILITY_MIN, VOLATILITY_MAX)
}

#[cfg(test)]
#[path = "glicko_tests.rs"]
mod tests;
