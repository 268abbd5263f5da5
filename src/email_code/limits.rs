//! How often codes may be asked for: so many within any window of so long.

use std::time::Duration;

use crate::time::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest window: nothing older matters.
pub(super) const WINDOW_MAX: Duration = DAY;

/// At most so many within so long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) count: usize,
    pub(super) window: Duration,
}

/// For one address. Ten codes a day, of five tries each, leave a guesser 50 in a million.
pub(super) const OF_ADDRESS: &[Limit] = &[
    Limit { count: 1, window: MINUTE },
    Limit { count: 5, window: HOUR },
    Limit { count: 10, window: DAY },
];

/// For one network, behind which a school may sit.
pub(super) const OF_NETWORK: &[Limit] = &[
    Limit { count: 10, window: MINUTE },
    Limit { count: 60, window: HOUR },
    Limit { count: 200, window: DAY },
];

/// When one more may be asked for, who has asked at these times, the oldest first: now, or later.
pub(super) fn allowed_at(limits: &[Limit], asked_at: &[Timestamp], now: Timestamp) -> Timestamp {
    let free_at = |limit: &Limit| {
        // The one that must have left the window: with it there are as many as may be.
        let nth = asked_at.len().checked_sub(limit.count)?;
        Some(asked_at[nth] + limit.window)
    };
    limits.iter().filter_map(free_at).fold(now, Timestamp::max)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u32) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    #[test]
    fn one_code_a_minute_five_an_hour_and_ten_a_day_go_to_an_address() {
        let wait = |asked: &[u32], now| {
            let asked: Vec<_> = asked.iter().map(|seconds| at(*seconds)).collect();
            allowed_at(OF_ADDRESS, &asked, at(now)).as_unix_seconds() - now
        };
        assert_eq!(wait(&[], 0), 0);
        assert_eq!(wait(&[0], 0), 60);
        assert_eq!(wait(&[0], 59), 1);
        assert_eq!(wait(&[0], 60), 0);
        assert_eq!(wait(&[0, 60, 120, 180, 240], 300), 3300);
        assert_eq!(wait(&[0, 60, 120, 180, 240], 3600), 0);
        let day: Vec<u32> = (0..10).map(|n| n * 3600).collect();
        assert_eq!(wait(&day, 36_000), 86_400 - 36_000);
    }

    proptest! {
        #[test]
        fn whoever_waits_as_told_never_exceeds_a_window(steps in proptest::collection::vec(0_u32..4000, 1..80)) {
            let (mut asked, mut now) = (Vec::new(), at(0));
            for step in steps {
                now = now + Duration::from_secs(step.into());
                let allowed = allowed_at(OF_ADDRESS, &asked, now);
                prop_assert!(allowed >= now);
                now = allowed;
                asked.push(now);
                for limit in OF_ADDRESS {
                    let within = asked.iter().filter(|time| **time + limit.window > now).count();
                    prop_assert!(within <= limit.count);
                }
            }
        }
    }
}
