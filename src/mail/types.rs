//! The values of mail.

use std::time::Duration;

use crate::email_address::EmailAddress;
use crate::id::MailId;
use crate::time::Timestamp;

/// The pause after the first failure, and the longest.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// A mail that is to be sent.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// To whom.
    pub to: EmailAddress,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
    /// From when on nobody wants it any more.
    pub expires_at: Timestamp,
}

/// A mail that this process, and no other, is to send now.
pub(super) struct LeasedMail {
    pub(super) id: MailId,
    pub(super) to: EmailAddress,
    pub(super) subject: String,
    pub(super) body: String,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// This attempt's number, from 1.
    pub(super) attempt: i32,
}

/// How long to wait after so many failed attempts: twice as long each time, and by `chance`, of 0 to
/// 255, up to a half less, so that mails which failed together don't come back together.
pub(super) fn pause_after(attempts: i32, chance: u8) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    let pause = (PAUSE_MIN * 2_u32.pow(doublings)).min(PAUSE_MAX);
    pause - pause / 2 * u32::from(chance) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_differ() {
        let longest: Vec<u64> = (1..=8).map(|n| pause_after(n, 0).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(pause_after(1, 255), Duration::from_millis(500));
        assert_eq!(pause_after(i32::MAX, 255), Duration::from_secs(30));
        assert_eq!(pause_after(i32::MIN, 0), PAUSE_MIN);
        assert!(pause_after(4, 100) < pause_after(4, 99));
    }
}
