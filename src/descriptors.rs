//! How many files the process may have open: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is left for the database, the log and the collector.
const RESERVED: u64 = 64;

/// Raises the limit as far as the system lets it: the usual one is meant for programs that count
/// descriptors in a bitmap. Gives the new one, where there is any.
pub fn raise_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            limit.current
        }
    }
}

/// How many of so many connections there may be, beside so many to the database: one too many would take
/// the database's away.
pub fn connections_max(wanted: usize, of_database: usize, limit: Option<u64>) -> usize {
    let Some(limit) = limit else { return wanted };
    let reserved = RESERVED.saturating_add(of_database as u64);
    let room = usize::try_from(limit.saturating_sub(reserved)).unwrap_or(usize::MAX).max(1);
    if room < wanted {
        tracing::warn!(wanted, room, limit, "fewer connections are taken than are configured");
    }
    wanted.min(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes() {
        let hard = getrlimit(Resource::Nofile).maximum;
        let lowered = Rlimit { current: Some(256), maximum: hard };
        setrlimit(Resource::Nofile, lowered).unwrap();
        assert_eq!(raise_limit(), hard);
        assert_eq!(getrlimit(Resource::Nofile).current, hard);
    }

    #[test]
    fn connections_leave_room_for_the_database() {
        assert_eq!(connections_max(10_000, 25, None), 10_000);
        assert_eq!(connections_max(10_000, 25, Some(20_000)), 10_000);
        assert_eq!(connections_max(10_000, 25, Some(1_024)), 935);
        assert_eq!(connections_max(10_000, 25, Some(10)), 1);
    }
}
