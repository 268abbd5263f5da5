//! Spans of time in which no replica was up, which are taken out of every clock.
//!
//! Pure: how they come to be known is told in `uptime.rs`.

use crate::time::Timestamp;

/// A span of time in which no replica was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// The last sign of life before it.
    pub from: Timestamp,
    /// The first after it.
    pub to: Timestamp,
}

/// All outages that clocks may still run over, none of which overlaps another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outages(Vec<Outage>);

impl Outages {
    /// From outages in any order, which may overlap.
    #[must_use]
    pub fn new(mut outages: Vec<Outage>) -> Self {
        outages.retain(|outage| outage.from < outage.to);
        outages.sort_unstable_by_key(|outage| outage.from);
        let mut merged: Vec<Outage> = Vec::with_capacity(outages.len());
        for outage in outages {
            match merged.last_mut() {
                Some(last) if outage.from <= last.to => last.to = last.to.max(outage.to),
                _ => merged.push(outage),
            }
        }
        Self(merged)
    }

    /// How much of a span was outage, in microseconds.
    #[must_use]
    pub fn within_us(&self, from: Timestamp, to: Timestamp) -> i64 {
        let first = self.0.partition_point(|outage| outage.to <= from);
        let overlap_us = |outage: &Outage| {
            outage.to.min(to).as_micros().saturating_sub(outage.from.max(from).as_micros()).max(0)
        };
        self.0[first..].iter().take_while(|outage| outage.from < to).map(overlap_us).sum()
    }

    /// The moment from which to another there was just so much time without outage.
    #[must_use]
    pub fn before(&self, to: Timestamp, span_us: i64) -> Timestamp {
        let (mut at_us, mut rest_us) = (to.as_micros(), span_us);
        for outage in self.0.iter().rev().filter(|outage| outage.from < to) {
            let up_us = at_us - outage.to.min(to).as_micros();
            if up_us >= rest_us {
                break;
            }
            rest_us -= up_us;
            at_us = outage.from.as_micros();
        }
        Timestamp::from_micros(at_us.saturating_sub(rest_us))
    }
}

#[cfg(test)]
#[path = "outage_tests.rs"]
mod tests;
