//! Works done again and again by callers at the same time, in turns: how many a second, how long each.

use std::time::{Duration, Instant};

use crate::figures::{median, median_ratio, quantile};

const CALLERS: usize = 64;

/// What the slices of one work came to.
#[derive(Default)]
pub(crate) struct Rates {
    per_second: Vec<f64>,
    waits_ms: Vec<f64>,
}

impl Rates {
    /// Has all callers do a work for so long, each again as soon as it is done. The work is told which
    /// caller does it, and for which time.
    pub(crate) async fn add_slice<F: Future<Output = ()> + Send>(
        &mut self,
        length: Duration,
        work: impl Fn(usize, usize) -> F + Clone + Send + 'static,
    ) {
        let started = Instant::now();
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let work = work.clone();
                tokio::spawn(async move {
                    let mut waits_ms = Vec::new();
                    while started.elapsed() < length {
                        let asked = Instant::now();
                        work(caller, waits_ms.len()).await;
                        waits_ms.push(asked.elapsed().as_secs_f64() * 1000.0);
                    }
                    waits_ms
                })
            })
            .collect();
        let before = self.waits_ms.len();
        for caller in callers {
            self.waits_ms.extend(caller.await.expect("a caller does not fail"));
        }
        let count = self.waits_ms.len() - before;
        self.per_second.push(count as f64 / started.elapsed().as_secs_f64());
    }

    /// The heading of [`line`](Self::line)s.
    pub(crate) fn heading(what: &str, bare: &str) -> String {
        format!("{what:16}   median   least    most   p50 ms   p99 ms   x {bare}")
    }

    pub(crate) fn line(&self, name: &str, bare: &Self) -> String {
        let (rates, waits) = (&self.per_second, &self.waits_ms);
        format!(
            "{name:16} {:8.0} {:7.0} {:7.0} {:8.2} {:8.2} {:10.2}",
            median(rates),
            quantile(rates, 0.0),
            quantile(rates, 1.0),
            median(waits),
            quantile(waits, 0.99),
            median_ratio(rates, &bare.per_second),
        )
    }
}
