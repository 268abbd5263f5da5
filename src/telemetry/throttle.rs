//! Fewer lines where one trouble fails many times.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lets one line through an interval, and counts those that it keeps back.
#[derive(Debug)]
pub struct Throttle {
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    unsaid: u64,
}

impl Throttle {
    /// Lets a line through each `interval` at most.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self { interval, state: Mutex::default() }
    }

    /// Whether to say it at `now`; if so, how many times nothing was said since the last line.
    pub fn due(&self, now: Instant) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.last {
            Some(last) if now.saturating_duration_since(last) < self.interval => {
                state.unsaid += 1;
                None
            }
            _ => {
                state.last = Some(now);
                Some(std::mem::take(&mut state.unsaid))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_let_through_now_and_then() {
        let throttle = Throttle::new(Duration::from_secs(60));
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(throttle.due(start), Some(0));
        assert_eq!(throttle.due(after(1)), None);
        assert_eq!(throttle.due(after(59)), None);
        assert_eq!(throttle.due(after(60)), Some(2));
        assert_eq!(throttle.due(after(61)), None);
    }
}
