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
    pub fn read(text: &[u8], alphabet: &Alphabet, progress: impl FnMut(f64)) -> Self {
        Self::read_telling(text, alphabet, progress, |_, _| ())
    }

    /// As [`read`](Self::read), and tells `refused` of each line that is refused, in their order.
    #[must_use]
    pub fn read_telling(
        text: &[u8],
        alphabet: &Alphabet,
        mut progress: impl FnMut(f64),
        mut refused: impl FnMut(Refusal, &RefusedLine),
    ) -> Self {
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let mut list = Self { words: Vec::new(), duplicates: 0, refused: Vec::new() };
        let mut done = 0;
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if let Err((refusal, excerpt)) = list.take(index + 1, line, alphabet) {
                refused(refusal, &excerpt);
                list.refuse(refusal, excerpt);
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

    /// The word of a line, if it has one.
    fn take(
        &mut self,
        number: usize,
        line: &[u8],
        alphabet: &Alphabet,
    ) -> Result<(), (Refusal, RefusedLine)> {
        let entry = line.split(|byte| *byte == b'\t').next().unwrap_or(line).trim_ascii();
        if is_remark(line) {
            return Ok(());
        }
        let Ok(text) = std::str::from_utf8(entry).map(str::trim) else {
            let text = String::from_utf8_lossy(entry);
            return Err((Refusal::NotUtf8, RefusedLine::new(number, &text, None)));
        };
        let (refusal, detail) = match alphabet.parse(text) {
            Ok(word) if word.len() < WORD_LETTERS_MIN => (Refusal::TooShort, None),
            Ok(word) => {
                self.words.push(word);
                return Ok(());
            }
            Err(NotAWord::Empty) => return Ok(()),
            Err(NotAWord::TooLong) => (Refusal::TooLong, None),
            Err(unknown @ NotAWord::Unknown { .. }) => (Refusal::UnknownLetter, Some(unknown)),
        };
        Err((refusal, RefusedLine::new(number, text, detail)))
    }

    fn refuse(&mut self, refusal: Refusal, line: RefusedLine) {
        let at = self.refused.iter().position(|refused| refused.refusal == refusal);
        let at = at.unwrap_or_else(|| {
            self.refused.push(Refused { refusal, count: 0, examples: Vec::new() });
            self.refused.len() - 1
        });
        let refused = &mut self.refused[at];
        refused.count += 1;
        if refused.examples.len() < EXAMPLES_MAX {
            refused.examples.push(line);
        }
    }
}

impl RefusedLine {
    fn new(line: usize, text: &str, detail: Option<NotAWord>) -> Self {
        let mut excerpt: String = text.chars().take(EXAMPLE_CHARACTERS_MAX).collect();
        if excerpt.len() < text.len() {
            excerpt.push('…');
        }
        Self { line, text: excerpt, detail }
    }
}

/// The line's number, its text and what is wrong with it, unless the reason alone says it.
impl fmt::Display for RefusedLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {:?}", self.line, self.text)?;
        self.detail.as_ref().map_or(Ok(()), |detail| write!(formatter, ": {detail}"))
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
        for example in &self.examples {
            write!(formatter, "\n  {example}")?;
        }
        match self.count - self.examples.len() {
            0 => Ok(()),
            more => write!(formatter, "\n  and {more} more"),
        }
    }
}

/// Whether a line begins with `#`, whatever space is before it.
fn is_remark(line: &[u8]) -> bool {
    let beginning = line.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    beginning.trim_start().starts_with('#')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            "# both\n\n\u{a0}\u{b}# odd space\n  cat  \n\t\n  # indented\nat\t\n",
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

    #[test]
    fn each_refused_line_is_told_in_order() {
        let mut told = Vec::new();
        let text = "A\n1\n".repeat(50_000);
        let list = WordList::read_telling(
            text.as_bytes(),
            &english(),
            |_| (),
            |refusal, line| told.push((line.line, refusal)),
        );
        assert_eq!((list.refused_count(), told.len()), (100_000, 100_000));
        assert_eq!(told[..2], [(1, Refusal::TooShort), (2, Refusal::UnknownLetter)]);
        assert!(told.is_sorted());
    }

    /// What lines are made of: words, marks, space of all kinds, and what is not UTF-8.
    fn any_line() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            4 => prop::sample::select(vec![&b"CAT"[..], b"at", b"A", "É".as_bytes(), b"won't"])
                .prop_map(<[u8]>::to_vec),
            3 => prop::sample::select(vec![&b" "[..], b"\t", b"\r", b"\x0b", "\u{a0}".as_bytes()])
                .prop_map(<[u8]>::to_vec),
            1 => Just(b"#".to_vec()),
            1 => any::<u8>().prop_filter("ends a line", |byte| *byte != b'\n').prop_map(|b| vec![b]),
        ];
        prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn every_line_is_a_word_or_a_duplicate_or_refused_or_skipped(
            lines in prop::collection::vec(any_line(), 1..40),
        ) {
            let list = read(&lines.join(&b'\n'));
            let is_skipped = |line: &&Vec<u8>| {
                let line = String::from_utf8_lossy(line);
                let entry = line.split('\t').next().unwrap().trim();
                entry.is_empty() || line.trim().starts_with('#')
            };
            let skipped = lines.iter().filter(is_skipped).count();
            prop_assert_eq!(
                list.words.len() + list.duplicates + list.refused_count() + skipped,
                lines.len()
            );
        }
    }
}
