//! How far a long work is, on the terminal.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Work that takes less than this is not talked about.
const SILENCE: Duration = Duration::from_secs(1);

/// How often a terminal's line is written anew, and how often a line is added to a log.
const TERMINAL_PAUSE: Duration = Duration::from_millis(100);
const LOG_PAUSE: Duration = Duration::from_secs(5);

/// Says on standard error how far a work is, once it takes longer than a second.
pub(crate) struct Progress {
    what: String,
    is_terminal: bool,
    next: Instant,
    is_written: bool,
}

impl Progress {
    /// Of a work that begins now.
    pub(crate) fn of(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            is_terminal: std::io::stderr().is_terminal(),
            next: Instant::now() + SILENCE,
            is_written: false,
        }
    }

    /// It is done to this share, from 0 to 1.
    pub(crate) fn tell(&mut self, share: f64) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.is_written = true;
        let (start, end, pause) =
            if self.is_terminal { ("\r", "", TERMINAL_PAUSE) } else { ("", "\n", LOG_PAUSE) };
        self.next = now + pause;
        // Nothing can be done where the terminal is gone.
        let mut err = std::io::stderr();
        let _ = write!(err, "{start}{}: {:.0} %{end}", self.what, share * 100.0);
        let _ = err.flush();
    }
}

/// Leaves the terminal's line to whoever writes next.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_terminal && self.is_written {
            let _ = writeln!(std::io::stderr(), "\r{}: done ", self.what);
        }
    }
}
