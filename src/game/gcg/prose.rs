//! Words and lines of a GCG file that can be written so that they are read as the same again.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// What a player is called in moves: one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nickname(Box<str>);

/// A pragma's name: one word, and none that has a meaning of its own (`note`, `incomplete`, `player1`
/// to `4`, `rack1` to `4`, `character-encoding`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyword(Box<str>);

/// Text of one line or more, in normalisation form C, without control characters and without spaces
/// around a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prose(Box<str>);

impl Nickname {
    /// Nothing where the text is empty, or has spaces or control characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        is_word(text).then(|| Self(text.nfc().collect::<String>().into()))
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Keyword {
    /// Nothing where the text is no word, or begins with `-`, or has a meaning of its own.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let is_reserved = ["note", "incomplete", "character-encoding"].contains(&lower.as_str())
            || number_after(&lower, "player").is_some()
            || number_after(&lower, "rack").is_some();
        let is_free = is_word(text) && !text.starts_with('-') && !is_reserved;
        is_free.then(|| Self(text.nfc().collect::<String>().into()))
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this word, in capitals or not.
    #[must_use]
    pub const fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }
}

impl Prose {
    /// The text as it can be written: without control characters, spaces around its lines, and empty
    /// lines at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let clean = |line: &str| {
            let line: String = line.nfc().filter(|c| *c == '\t' || !c.is_control()).collect();
            line.trim_matches(is_space).to_owned()
        };
        let lines: Vec<String> = text.lines().map(clean).collect();
        Self(lines.join("\n").trim_end().into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nickname {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What separates words of a line.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| is_space(c) || c.is_control())
}

/// What comes after a word, if it is nothing but digits, or nothing.
pub(super) fn number_after<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let number = text.strip_prefix(prefix)?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)
}
