//! Sums of time over outages.

use proptest::prelude::*;

use super::*;
use crate::runtime::test_games::at;

fn outages(spans: &[(i64, i64)]) -> Outages {
    Outages::new(spans.iter().map(|(from, to)| Outage { from: at(*from), to: at(*to) }).collect())
}

#[test]
fn outages_that_meet_or_overlap_are_one_and_those_without_length_none() {
    let merged = outages(&[(50, 60), (0, 10), (5, 20), (20, 30), (40, 40), (45, 44)]);
    assert_eq!(merged, outages(&[(0, 30), (50, 60)]));
}

#[test]
fn only_what_lies_within_a_span_counts() {
    let outages = outages(&[(0, 10), (20, 30), (40, 50)]);
    for (from, to, seconds) in
        [(-5, 60, 30), (5, 45, 20), (10, 20, 0), (22, 24, 2), (60, 70, 0), (45, 5, 0)]
    {
        assert_eq!(outages.within_us(at(from), at(to)), seconds * 1_000_000, "{from} to {to}");
    }
}

proptest! {
    #[test]
    fn what_lies_before_a_moment_is_found_back(
        spans in prop::collection::vec((0..1000_i64, 0..100_i64), 0..10),
        to in 0..1200_i64,
        span in 0..1500_i64,
    ) {
        let spans: Vec<_> = spans.into_iter().map(|(from, length)| (from, from + length)).collect();
        let (outages, span_us) = (outages(&spans), span * 1_000_000);
        let from = outages.before(at(to), span_us);
        let up_us = at(to).as_micros() - from.as_micros() - outages.within_us(from, at(to));
        prop_assert_eq!(up_us, span_us);
    }
}
