//! The name that other players see.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::id::AccountId;

/// The most characters (Unicode scalar values after normalisation) of a name.
pub(super) const DISPLAY_NAME_CHARS_MAX: usize = 32;

/// A name in Unicode normalisation form C, of 1 to 32 characters, all of them visible but single
/// spaces between them: nobody can look like somebody else by what does not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// Why a text is no display name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDisplayName {
    /// Nothing but spaces.
    #[error("expected 1 to {DISPLAY_NAME_CHARS_MAX} characters, got none")]
    Empty,
    /// Too long.
    #[error("expected 1 to {DISPLAY_NAME_CHARS_MAX} characters, got {0}")]
    TooLong(usize),
    /// A character that does not show, or changes how others do.
    #[error("the character U+{:04X} at place {place} is not allowed in a name: {reason}", *.character as u32)]
    Forbidden {
        /// The character.
        character: char,
        /// Where it stands, counted in characters from 1.
        place: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl DisplayName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a player is called who has given no name.
    #[must_use]
    pub fn default_for(id: AccountId) -> Self {
        // The last digits of a version 7 UUID are random.
        let text = id.to_string();
        Self(format!("Player {}", text[text.len() - 6..].to_uppercase()))
    }

    /// What is shown in the place of a player whose account is over.
    pub(super) fn of_nobody() -> Self {
        Self("Deleted player".to_owned())
    }

    /// A name that was parsed before it was stored.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for DisplayName {
    type Err = InvalidDisplayName;

    fn from_str(text: &str) -> Result<Self, InvalidDisplayName> {
        // Normalising can't shorten a text by more than this, so no more is worth the work.
        if text.len() > DISPLAY_NAME_CHARS_MAX * 64 {
            return Err(InvalidDisplayName::TooLong(text.chars().count()));
        }
        let name: String = text.trim_matches(' ').nfc().collect();
        let chars = name.chars().count();
        if chars == 0 {
            return Err(InvalidDisplayName::Empty);
        }
        if chars > DISPLAY_NAME_CHARS_MAX {
            return Err(InvalidDisplayName::TooLong(chars));
        }
        let mut previous = ' ';
        for (index, character) in name.chars().enumerate() {
            if let Some(reason) = objection(previous, character) {
                return Err(InvalidDisplayName::Forbidden { character, place: index + 1, reason });
            }
            previous = character;
        }
        Ok(Self(name))
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What is wrong with a character behind another.
fn objection(previous: char, character: char) -> Option<&'static str> {
    if character == ' ' {
        return (previous == ' ').then_some("two spaces in a row");
    }
    if is_blank(character) {
        return Some("it is invisible");
    }
    match character.general_category() {
        GeneralCategory::Control => Some("it is a control character"),
        // Bidirectional controls, joiners, the byte order mark, tags.
        GeneralCategory::Format => Some("it is invisible or changes the direction of text"),
        GeneralCategory::SpaceSeparator => Some("only the plain space may part words"),
        GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => {
            Some("it breaks the line")
        }
        GeneralCategory::PrivateUse | GeneralCategory::Unassigned | GeneralCategory::Surrogate => {
            Some("it has no meaning that all devices share")
        }
        _ if character.general_category_group() == GeneralCategoryGroup::Mark
            && previous == ' ' =>
        {
            Some("an accent needs a letter before it")
        }
        _ => None,
    }
}

/// Characters that show nothing, though their category says letter, mark or symbol: those of
/// Unicode's property `Default_Ignorable_Code_Point` that are not format characters, and the blank
/// of Braille.
fn is_blank(character: char) -> bool {
    matches!(character,
        '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        let outcome = text.parse::<DisplayName>().map(|name| name.to_string());
        assert_eq!(outcome.unwrap_or_else(|error| format!("! {error}")), expected, "{text:?}");
    }

    #[test]
    fn a_name_is_normalised_and_trimmed() {
        check("  Ann ", "Ann");
        check("Zoe\u{0308}", "Zo\u{00EB}");
        check("Анна Мария", "Анна Мария");
        check("李小龍", "李小龍");
        check("🎲 Ann", "🎲 Ann");
    }

    #[test]
    fn a_name_has_1_to_32_characters() {
        check("", "! expected 1 to 32 characters, got none");
        check("   ", "! expected 1 to 32 characters, got none");
        check(&"a".repeat(32), &"a".repeat(32));
        check(&"a".repeat(33), "! expected 1 to 32 characters, got 33");
    }

    #[test]
    fn what_does_not_show_is_named_with_its_place() {
        for (text, place) in [
            ("a\u{0}b", 2),
            ("a\u{202E}b", 2),
            ("\u{200B}", 1),
            ("ab\u{FEFF}", 3),
            ("\u{3164}", 1),
            ("a\u{00A0}b", 2),
            ("a  b", 3),
            ("\u{0301}a", 1),
            ("a\u{2028}b", 2),
            ("\u{E000}", 1),
        ] {
            match text.parse::<DisplayName>() {
                Err(InvalidDisplayName::Forbidden { place: found, .. }) => {
                    assert_eq!(found, place, "{text:?}")
                }
                other => panic!("{text:?}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(text in "\\PC{0,40}|.{0,40}") {
            if let Ok(name) = text.parse::<DisplayName>() {
                prop_assert_eq!(name.as_str().parse::<DisplayName>(), Ok(name.clone()));
            }
        }
    }
}
