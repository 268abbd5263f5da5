//! Word lists: plain text, one word a line, as people publish and keep them.
//!
//! Owns what a line means and what is said of those that are no playable word. Where a list comes from
//! is the caller's.
//!
//! - The text is UTF-8, with or without a byte order mark; lines end with LF or CRLF.
//! - Space around a line counts for nothing. An empty line, and one that begins with `#`, is skipped.
//! - What follows a tab, such as a definition, is skipped. A space is no such end: `AD HOC` is an entry
//!   of two words, which no play can make, and is refused.
//! - What is left is read by [`Alphabet::parse`], so in capitals or not, composed or not.
//! - A line that is refused takes nothing else with it. A word that comes again counts once.

use std::fmt;

use super::{Alphabet, NotAWord, WORD_LETTERS_MAX, WORD_LETTERS_MIN, Word};

/// How many refused lines are kept for each reason; of the others only their number.
const EXAMPLES_MAX: usize = 5;

/// How many characters of a refused line are kept.
const EXAMPLE_CHARACTERS_MAX: usize = 40;

/// What a text has for words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordList {
    /// Its words, each once, in the order of the alphabet.
    pub words: Vec<Word>,
    /// How many lines have a word that came before.
    pub duplicates: usize,
    /// What was refused, for each reason that occurred.
    pub refused: Vec<Refused>,
}

/// Why a line is no playable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// It is not UTF-8.
    NotUtf8,
    /// A character is no letter of the alphabet.
    UnknownLetter,
    /// It has one letter.
    TooShort,
    /// It has more letters than a line of any board has squares.
    TooLong,
}

/// The lines that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The reason.
    pub refusal: Refusal,
    /// How many they are.
    pub count: usize,
    /// The first of them.
    pub examples: Vec<RefusedLine>,
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// Its number, from 1.
    pub line: usize,
    /// What it says, in short.
    pub text: String,
    /// What is wrong with it, where the reason alone does not say it.
    pub detail: Option<NotAWord>,
}

impl WordList {
    /// Reads a whole text. Tells `progress` how far it is, from 0 to 1, a few hundred times.
    #[must_use]
    pub fn read(text: &[u8], alphabet: &Alphabet, mut progress: impl FnMut(f64)) -> Self {
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let mut list = Self { words: Vec::new(), duplicates: 0, refused: Vec::new() };
        let mut done = 0;
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let entry = line.split(|byte| *byte == b'\t').next().unwrap_or(line).trim_ascii();
            if !line.trim_ascii_start().starts_with(b"#") {
                list.take(index + 1, entry, alphabet);
            }
            done += line.len() + 1;
            if index % 16_384 == 0 {
                progress((done as f64 / text.len() as f64).min(1.0));
            }
        }
        let lines = list.words.len();
        list.words.sort_unstable();
        list.words.dedup();
        list.duplicates = lines - list.words.len();
        list.refused.sort_unstable_by_key(|refused| refused.refusal);
        list
    }

    /// How many lines were refused, for whatever reason.
    #[must_use]
    pub fn refused_count(&self) -> usize {
        self.refused.iter().map(|refused| refused.count).sum()
    }

    fn take(&mut self, line: usize, entry: &[u8], alphabet: &Alphabet) {
        let Ok(text) = std::str::from_utf8(entry).map(str::trim) else {
            return self.refuse(Refusal::NotUtf8, line, &String::from_utf8_lossy(entry), None);
        };
        match alphabet.parse(text) {
            Ok(word) if word.len() < WORD_LETTERS_MIN => {
                self.refuse(Refusal::TooShort, line, text, None);
            }
            Ok(word) => self.words.push(word),
            Err(NotAWord::Empty) => {}
            Err(NotAWord::TooLong) => self.refuse(Refusal::TooLong, line, text, None),
            Err(unknown @ NotAWord::Unknown { .. }) => {
                self.refuse(Refusal::UnknownLetter, line, text, Some(unknown));
            }
        }
    }

    fn refuse(&mut self, refusal: Refusal, line: usize, text: &str, detail: Option<NotAWord>) {
        let at = self.refused.iter().position(|refused| refused.refusal == refusal);
        let at = at.unwrap_or_else(|| {
            self.refused.push(Refused { refusal, count: 0, examples: Vec::new() });
            self.refused.len() - 1
        });
        let refused = &mut self.refused[at];
        refused.count += 1;
        if refused.examples.len() < EXAMPLES_MAX {
            let mut excerpt: String = text.chars().take(EXAMPLE_CHARACTERS_MAX).collect();
            if excerpt.len() < text.len() {
                excerpt.push('…');
            }
            refused.examples.push(RefusedLine { line, text: excerpt, detail });
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => formatter.write_str("not UTF-8"),
            Self::UnknownLetter => formatter.write_str("a letter that the alphabet has not"),
            Self::TooShort => write!(formatter, "less than {WORD_LETTERS_MIN} letters"),
            Self::TooLong => write!(formatter, "more than {WORD_LETTERS_MAX} letters"),
        }
    }
}

/// A line with the reason and the number, and one for each example.
impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = if self.count == 1 { "line" } else { "lines" };
        write!(formatter, "{} {lines} refused: {}", self.count, self.refusal)?;
        for RefusedLine { line, text, detail } in &self.examples {
            write!(formatter, "\n  line {line}: {text:?}")?;
            if let Some(detail) = detail {
                write!(formatter, ": {detail}")?;
            }
        }
        match self.count - self.examples.len() {
            0 => Ok(()),
            more => write!(formatter, "\n  and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english() -> Alphabet {
        let letters: Vec<String> = ('A'..='Z').map(String::from).collect();
        Alphabet::new(letters.iter().map(String::as_str), [("É", "E")]).unwrap()
    }

    fn read(text: &[u8]) -> WordList {
        WordList::read(text, &english(), |_| ())
    }

    fn spellings(list: &WordList) -> Vec<String> {
        list.words.iter().map(|word| english().spell(word)).collect()
    }

    #[test]
    fn words_are_read_whatever_editor_and_system_they_come_from() {
        for text in [
            "CAT\nAT\n",
            "cat\r\nat\r\n",
            "\u{feff}Cat\nAt",
            "# both\n\n  cat  \n\t\n  # indented\nat\t\n",
            "cat\ta small animal\nat\tprep.\t12",
            "\u{a0}cat\u{3000}\nat",
        ] {
            let list = read(text.as_bytes());
            assert_eq!(spellings(&list), ["AT", "CAT"], "{text:?}");
            assert_eq!((list.duplicates, list.refused_count()), (0, 0), "{text:?}");
        }
        assert_eq!(spellings(&read("cafe\u{301}\n".as_bytes())), ["CAFE"]);
    }

    #[test]
    fn words_that_come_again_are_counted_and_taken_once() {
        let list = read("CAT\nAT\ncat\nCAT\nCAFÉ\nCAFE\n".as_bytes());
        assert_eq!(spellings(&list), ["AT", "CAFE", "CAT"]);
        assert_eq!(list.duplicates, 3);
    }

    #[test]
    fn each_refused_line_is_reported_with_its_number_and_reason_and_costs_no_other() {
        let list = read(b"A\nCAT\nAD HOC\nwon't\nna\xefve\nABCDEFGHIJKLMNOPQRSTUV\nAT\n");
        assert_eq!(spellings(&list), ["AT", "CAT"]);
        let reports: Vec<String> = list.refused.iter().map(ToString::to_string).collect();
        assert_eq!(
            reports,
            [
                "1 line refused: not UTF-8\n  line 5: \"na\u{fffd}ve\"",
                "2 lines refused: a letter that the alphabet has not\n  \
                 line 3: \"AD HOC\": ' ' at place 3 is no letter of this alphabet\n  \
                 line 4: \"won't\": '\\'' at place 4 is no letter of this alphabet",
                "1 line refused: less than 2 letters\n  line 1: \"A\"",
                "1 line refused: more than 21 letters\n  line 6: \"ABCDEFGHIJKLMNOPQRSTUV\"",
            ]
        );
    }

    #[test]
    fn of_many_refused_lines_the_first_are_shown_and_all_are_counted() {
        let list = read("1\n".repeat(100_000).as_bytes());
        assert_eq!(list.refused_count(), 100_000);
        let report = list.refused[0].to_string();
        assert_eq!(report.lines().count(), 1 + EXAMPLES_MAX + 1);
        assert!(report.ends_with("\n  and 99995 more"), "{report}");
    }

    #[test]
    fn a_line_of_any_length_is_refused_in_short() {
        let list = read("é".repeat(1_000_000).as_bytes());
        let report = list.refused[0].to_string();
        assert_eq!(list.refused[0].refusal, Refusal::TooLong);
        assert!(report.len() < 200, "{report}");
    }

    #[test]
    fn an_empty_text_has_no_words_and_nothing_to_refuse() {
        for text in ["", "\n\n", "\u{feff}", "# nothing"] {
            let list = read(text.as_bytes());
            assert!(list.words.is_empty() && list.refused.is_empty(), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_line_is_a_word_or_a_duplicate_or_refused_or_skipped(
            text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
        ) {
            let list = read(&text);
            let lines = text.split(|byte| *byte == b'\n').count();
            proptest::prop_assert!(
                list.words.len() + list.duplicates + list.refused_count() <= lines
            );
        }
    }
}
