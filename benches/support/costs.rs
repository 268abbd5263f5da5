//! What slices of load have cost a process: CPU a request, answers a second.

use tokio::time::Instant;

use crate::figures::median;
use crate::process::Process;

/// A slice that is being measured.
pub(crate) struct Meter {
    ticks_before: (u64, u64),
    started: Instant,
}

/// What slices have cost.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) cpu_us: Vec<f64>,
    pub(crate) user_us: Vec<f64>,
    pub(crate) per_second: Vec<f64>,
}

impl Meter {
    pub(crate) fn start(process: &Process) -> Self {
        Self { ticks_before: process.cpu_ticks(), started: Instant::now() }
    }

    /// Adds what `requests` have cost since the start.
    pub(crate) fn stop(self, process: &Process, requests: u32, figures: &mut Figures) {
        let elapsed = self.started.elapsed();
        let (user, system) = process.cpu_ticks();
        let (user_before, system_before) = self.ticks_before;
        let us = |ticks: u64| ticks as f64 * 10_000.0 / f64::from(requests);
        figures.cpu_us.push(us(user - user_before + system - system_before));
        figures.user_us.push(us(user - user_before));
        figures.per_second.push(f64::from(requests) / elapsed.as_secs_f64());
    }
}

impl Figures {
    /// The heading of [`line`](Self::line)s.
    pub(crate) const HEADING: &str = "                        median  user  system   requests/s";

    pub(crate) fn line(&self, name: &str) -> String {
        let (cpu, user) = (median(&self.cpu_us), median(&self.user_us));
        let system = cpu - user;
        format!("{name:20} {cpu:9.2} {user:5.2} {system:7.2} {:12.0}", median(&self.per_second))
    }
}
