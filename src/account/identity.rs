//! The ways into an account.

use crate::email_address::EmailAddress;
use crate::id::{AccountId, IdentityId};
use crate::time::Timestamp;

/// A way into an account, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// The account that it leads to.
    pub account_id: AccountId,
    /// What it is.
    pub key: IdentityKey,
    /// When it was linked.
    pub created_at: Timestamp,
}

/// What an identity is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityKey {
    /// A user of another platform, whom the caller has authenticated there.
    Platform(PlatformIdentity),
    /// Whoever reads the mail of an address, as a code sent there has shown.
    Email(EmailAddress),
    /// Nobody in particular: whoever holds the session. Every guest is a new one.
    Guest,
}

/// A user of another platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformIdentity {
    provider: String,
    subject: String,
}

/// The most bytes of a provider's name.
pub(super) const PROVIDER_BYTES_MAX: usize = 32;
/// The most characters of a subject.
pub(super) const SUBJECT_CHARS_MAX: usize = 255;

/// Why a pair of texts is no platform identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentity {
    /// The provider's name is wrong.
    #[error("expected 1 to 32 of a-z, 0-9, _ and -, the first a letter, such as telegram")]
    Provider,
    /// The subject is wrong.
    #[error(
        "expected the provider's own id of the user, 1 to 255 visible characters without spaces"
    )]
    Subject,
}

impl IdentityKey {
    /// The user of another platform, if it is one.
    #[must_use]
    pub const fn platform(&self) -> Option<&PlatformIdentity> {
        match self {
            Self::Platform(platform) => Some(platform),
            Self::Email(_) | Self::Guest => None,
        }
    }

    /// The e-mail address, if it is one.
    #[must_use]
    pub const fn email(&self) -> Option<&EmailAddress> {
        match self {
            Self::Email(address) => Some(address),
            Self::Platform(_) | Self::Guest => None,
        }
    }
}

impl PlatformIdentity {
    /// Checks both parts. The subject is the provider's and is kept to the letter.
    ///
    /// # Errors
    /// [`InvalidIdentity`], which tells which part is wrong.
    pub fn parse(provider: &str, subject: &str) -> Result<Self, InvalidIdentity> {
        let is_name = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-'
        };
        let starts_well = provider.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if !starts_well || provider.len() > PROVIDER_BYTES_MAX || !provider.bytes().all(is_name) {
            return Err(InvalidIdentity::Provider);
        }
        let is_visible = |character: char| !character.is_control() && !character.is_whitespace();
        let is_short = subject.chars().count() <= SUBJECT_CHARS_MAX;
        if subject.is_empty() || !is_short || !subject.chars().all(is_visible) {
            return Err(InvalidIdentity::Subject);
        }
        Ok(Self { provider: provider.to_owned(), subject: subject.to_owned() })
    }

    /// The platform, such as `telegram`.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The platform's own id of the user.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// An identity that was parsed before it was stored.
    pub(super) fn stored(provider: String, subject: String) -> Self {
        Self { provider, subject }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_platform_identity_says_which_part_is_wrong() {
        assert!(PlatformIdentity::parse("telegram", "42").is_ok());
        for provider in ["", "Telegram", "4chan", "tele gram", &"a".repeat(33)] {
            assert_eq!(
                PlatformIdentity::parse(provider, "42"),
                Err(InvalidIdentity::Provider),
                "{provider}"
            );
        }
        for subject in ["", "4 2", "4\u{0}2", &"4".repeat(256)] {
            assert_eq!(
                PlatformIdentity::parse("telegram", subject),
                Err(InvalidIdentity::Subject),
                "{subject:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(provider in ".{0,40}", subject in ".{0,300}") {
            let _ = PlatformIdentity::parse(&provider, &subject);
        }
    }
}
