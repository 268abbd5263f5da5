//! The values of an account, made only by parsing.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::display_name::DisplayName;
use crate::id::AccountId;
use crate::time::Timestamp;

/// A player's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, which never changes.
    pub id: AccountId,
    /// What others see.
    pub display_name: DisplayName,
    /// The language that the player wants to be spoken to in.
    pub language: Language,
    /// Where the player's days begin and end.
    pub time_zone: TimeZone,
    /// What the account may do.
    pub role: Role,
    /// The suspension that was last put on and not lifted; it may have ended by itself.
    pub suspension: Option<Suspension>,
    /// The end of the account, where it has come.
    pub deletion: Option<Deletion>,
    /// Counts the changes.
    pub version: i32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Account {
    /// A new player's account.
    #[must_use]
    pub fn new(profile: Profile, now: Timestamp) -> Self {
        let id = AccountId::new(now);
        Self {
            id,
            display_name: profile.display_name.unwrap_or_else(|| DisplayName::default_for(id)),
            language: profile.language.unwrap_or_default(),
            time_zone: profile.time_zone.unwrap_or_default(),
            role: Role::Player,
            suspension: None,
            deletion: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether the account may be used at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Status {
        match (&self.deletion, &self.suspension) {
            (Some(_), _) => Status::Deleted,
            (None, Some(suspension)) if suspension.until.is_none_or(|until| now < until) => {
                Status::Suspended
            }
            (None, _) => Status::Active,
        }
    }

    /// What is left of the account when it is over: nothing of its player.
    #[must_use]
    pub fn cleared(self, deletion: Deletion) -> Self {
        Self {
            display_name: DisplayName::of_nobody(),
            language: Language::default(),
            time_zone: TimeZone::default(),
            role: Role::Player,
            suspension: None,
            deletion: Some(deletion),
            version: self.version + 1,
            updated_at: deletion.at,
            ..self
        }
    }
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It may.
    Active,
    /// An operator has locked it, for a time or for good.
    Suspended,
    /// It is over: erased, or merged into another. Its id is all that is left.
    Deleted,
}

/// What an account may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Play.
    Player,
    /// Play, and administer.
    Operator,
}

impl Role {
    /// The role as the database and the API write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Player => "player",
            Self::Operator => "operator",
        }
    }

    /// Reads what the database holds, which its constraint keeps to the two.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        if text == "operator" { Self::Operator } else { Self::Player }
    }
}

/// A lock on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Why, for other operators.
    pub reason: Reason,
    /// When it began.
    pub since: Timestamp,
    /// When it ends by itself; `None` until it is lifted.
    pub until: Option<Timestamp>,
    /// The operator who put it on.
    pub by: AccountId,
}

/// The end of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// When it came.
    pub at: Timestamp,
    /// The account that it is a part of now.
    pub merged_into: Option<AccountId>,
}

/// What a new account is told about its player; what is missing gets a default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Default: `Player` and six digits of the account's id.
    pub display_name: Option<DisplayName>,
    /// Default: `en`.
    pub language: Option<Language>,
    /// Default: `UTC`.
    pub time_zone: Option<TimeZone>,
}

/// A change to an account; what is missing stays.
pub type Changes = Profile;

/// A text that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got {given:?}")]
pub struct InvalidValue {
    /// What was expected, with an example.
    pub expected: &'static str,
    /// What was given, cut to a length that an answer can carry.
    pub given: String,
}

impl InvalidValue {
    fn new(expected: &'static str, given: &str) -> Self {
        Self { expected, given: given.chars().take(64).collect() }
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The value as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A value that was parsed before it was stored.
            pub(super) fn stored(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )*};
}

texts! {
    /// A language tag after BCP 47 (RFC 5646) in canonical case, such as `en` or `pt-BR`.
    Language;
    /// A time zone of the IANA database, such as `Europe/Riga`.
    TimeZone;
    /// Why an operator acted: 1 to 500 characters.
    Reason;
}

/// The longest language tag: RFC 5646, section 4.4.1 asks for room for 35 characters.
pub(super) const LANGUAGE_BYTES_MAX: usize = 35;
pub(super) const REASON_CHARS_MAX: usize = 500;

impl Default for Language {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

impl FromStr for Language {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let invalid = || InvalidValue::new("a BCP 47 language tag such as en or pt-BR", text);
        if text.len() > LANGUAGE_BYTES_MAX {
            return Err(invalid());
        }
        let tag = oxilangtag::LanguageTag::parse_and_normalize(text).map_err(|_| invalid())?;
        Ok(Self(tag.into_inner()))
    }
}

impl FromStr for TimeZone {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        // The bundled database, so that the answer does not hang on what the machine has installed.
        let invalid = || InvalidValue::new("an IANA time zone such as Europe/Riga", text);
        let zone = jiff::tz::db().get(text).map_err(|_| invalid())?;
        zone.iana_name().map(|name| Self(name.to_owned())).ok_or_else(invalid)
    }
}

impl FromStr for Reason {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let reason = text.trim();
        let is_writable = !reason.is_empty()
            && reason.chars().count() <= REASON_CHARS_MAX
            && !reason.chars().any(|character| character.is_control() && character != '\n');
        if is_writable {
            Ok(Self(reason.to_owned()))
        } else {
            Err(InvalidValue::new("1 to 500 characters without control characters", text))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_language_is_a_bcp_47_tag_in_canonical_case() {
        for (text, expected) in [("en", "en"), ("PT-br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW")] {
            assert_eq!(text.parse::<Language>().unwrap().as_str(), expected);
        }
        for text in
            ["", "e", "english language", "en_US", "en-", "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s"]
        {
            assert!(text.parse::<Language>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_zone_is_one_that_iana_knows() {
        for (text, expected) in
            [("Europe/Riga", "Europe/Riga"), ("europe/riga", "Europe/Riga"), ("UTC", "UTC")]
        {
            assert_eq!(text.parse::<TimeZone>().unwrap().as_str(), expected);
        }
        for text in ["", "Mars/Olympus", "+02:00", "../etc/passwd"] {
            assert!(text.parse::<TimeZone>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_suspension_with_an_end_ends_by_itself() {
        let moment = Timestamp::from_unix_seconds;
        let mut account = Account::new(Profile::default(), moment(1));
        assert_eq!(account.status(moment(5)), Status::Active);
        let reason = "abuse".parse().unwrap();
        account.suspension =
            Some(Suspension { reason, since: moment(5), until: Some(moment(9)), by: account.id });
        assert_eq!(account.status(moment(8)), Status::Suspended);
        assert_eq!(account.status(moment(9)), Status::Active);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in ".{0,80}") {
            let _ = (text.parse::<Language>(), text.parse::<TimeZone>(), text.parse::<Reason>());
        }
    }
}
