//! Typed identifiers: a session's id can't be taken for an account's.
//!
//! Owns how ids are made (UUID version 7, so that new rows land at the right edge of an index) and
//! written (hyphenated, lower case). Ignores what they identify.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::time::Timestamp;

/// The length in bytes of an id as text, `0190163d-8694-739b-aea5-966c26f8ad91`.
pub const ID_TEXT_BYTES: usize = 36;

/// Fills `N` bytes from the operating system's random source.
///
/// # Panics
/// When the operating system has no randomness to give: nothing safe can be done without.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a UUID such as 0190163d-8694-739b-aea5-966c26f8ad91")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Sorts before every id.
            pub const MIN: Self = Self(Uuid::nil());

            /// Sorts behind every id.
            pub const MAX: Self = Self(Uuid::max());

            /// Makes a new id; ids made later sort later, to the millisecond.
            #[must_use]
            pub fn new(now: Timestamp) -> Self {
                let unix_ms = u64::try_from(now.as_micros() / 1_000).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random_bytes()).into_uuid())
            }

            /// The id as the database has it.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// Writes the id as text into `buffer` without allocating.
            pub fn encode(self, buffer: &mut [u8; ID_TEXT_BYTES]) -> &str {
                self.0.hyphenated().encode_lower(buffer)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // The uuid crate reads other notations too; the API has one.
                if text.len() != ID_TEXT_BYTES {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "description": concat!($($doc),*).trim(),
                    "format": "uuid",
                    "minLength": ID_TEXT_BYTES,
                    "maxLength": ID_TEXT_BYTES,
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }
    )*};
}

ids! {
    /// Identifies an account: a player, or an operator.
    AccountId;
    /// Identifies a way into an account, such as a Telegram user.
    IdentityId;
    /// Identifies a session; unlike its token it is no secret.
    SessionId;
    /// Identifies a mail that is to be sent.
    MailId;
    /// Identifies a game.
    GameId;
    /// Identifies a seek: somebody who looks for a game.
    SeekId;
    /// Identifies an invitation to a game.
    InvitationId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = AccountId::new(Timestamp::from_micros(1_700_000_000_000_000));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.encode(&mut [0; ID_TEXT_BYTES]), id.to_string());
    }

    #[test]
    fn ids_made_later_sort_later() {
        let earlier = SessionId::new(Timestamp::from_micros(1_700_000_000_000_000));
        let later = SessionId::new(Timestamp::from_micros(1_700_000_000_001_000));
        assert!(earlier < later);
    }

    #[test]
    fn only_the_hyphenated_notation_is_an_id() {
        for text in
            ["", "42", "0190163d8694739baea5966c26f8ad91", "{0190163d-8694-739b-aea5-966c26f8ad91}"]
        {
            assert_eq!(text.parse::<AccountId>(), Err(InvalidId), "{text}");
            assert!(serde_json::from_value::<AccountId>(text.into()).is_err(), "{text}");
        }
    }
}
