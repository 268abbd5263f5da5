//! A GCG file as text: which encoding it is in, and which lines it has.

use std::borrow::Cow;

use encoding_rs::{Encoding, WINDOWS_1252};
use unicode_normalization::UnicodeNormalization;

use super::prose::is_space;
use super::{BYTES_MAX, Fault, Mistake, Mode};

const ENCODING: &str = "#character-encoding";

/// A file's text, in normalisation form C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    text: String,
    /// What had to be forgiven.
    pub(super) warnings: Vec<Mistake>,
}

impl Source {
    /// Decodes a file.
    ///
    /// What it begins with decides: a byte order mark; or else `#character-encoding` in the first line
    /// that is not empty, with any label of the WHATWG's Encoding Standard, by which ISO 8859-1 means
    /// Windows-1252, of which it is a part. Without either it is UTF-8 if all its bytes are, for text
    /// in ISO 8859-1 hardly ever is by chance, and ISO 8859-1 otherwise. UTF-8 beyond ASCII that is
    /// only told apart so is a mistake, as the description has ISO 8859-1 there: [`Mode::Strict`]
    /// refuses it, [`Mode::Lenient`] reads it with a warning.
    ///
    /// # Errors
    /// [`Mistake`] where the file is too long, its encoding unknown, not what it says, or
    /// UTF-8 without a word of it.
    pub fn decode(bytes: &[u8], mode: Mode) -> Result<Self, Mistake> {
        let mistake = |fault| Mistake { line: 1, fault };
        if bytes.len() > BYTES_MAX {
            return Err(mistake(Fault::TooLong(bytes.len())));
        }
        let mut warnings = Vec::new();
        let text = match decode(bytes) {
            Ok((text, None)) => text,
            Ok((text, Some(fault))) => {
                mode.forgive(mistake(fault), &mut warnings)?;
                text
            }
            Err(fault) => return Err(mistake(fault)),
        };
        Ok(Self { text: normal(text), warnings })
    }

    /// From text that is decoded already.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self { text: normal(text.into()), warnings: Vec::new() }
    }

    /// The text of the first pragma with this keyword, in capitals or not.
    #[must_use]
    pub fn pragma(&self, keyword: &str) -> Option<&str> {
        self.lines().find_map(|(_, line)| {
            let (name, text) = split_word(line.strip_prefix('#')?);
            name.eq_ignore_ascii_case(keyword).then_some(text)
        })
    }

    /// All lines with their numbers, without spaces around them.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        // A line feed after a carriage return ends the same line; `lines` knows no lone one.
        let lines = self
            .text
            .split('\n')
            .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
        (1..).zip(lines.map(|line| line.trim_matches(is_space)))
    }

    /// Whether any tiles are in brackets.
    pub(super) fn has_brackets(&self) -> bool {
        self.lines().any(|(_, line)| {
            let has_tiles = line.starts_with('>')
                || line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("#rack"));
            has_tiles && line.contains('[')
        })
    }
}

/// The first word of a line, and the rest without spaces around it.
pub(super) fn split_word(line: &str) -> (&str, &str) {
    line.split_once(is_space).map_or((line, ""), |(word, rest)| (word, rest.trim_matches(is_space)))
}

/// The encoding that the first line tells.
pub(super) fn encoding_label(line: &str) -> Option<&str> {
    let start = line.get(..ENCODING.len())?;
    let rest = &line[ENCODING.len()..];
    let is_it = start.eq_ignore_ascii_case(ENCODING) && !rest.starts_with(|c| !is_space(c));
    is_it.then_some(rest.trim_matches(is_space))
}

/// The text, and what is wrong with it that can be forgiven.
fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<Fault>), Fault> {
    if Encoding::for_bom(bytes).is_some() {
        let (text, encoding, had_errors) = WINDOWS_1252.decode(bytes);
        let fault = had_errors.then(|| Fault::NotInEncoding(encoding.name().to_owned()));
        return Ok((text, fault));
    }
    let first = bytes.trim_ascii_start().split(|byte| matches!(byte, b'\r' | b'\n')).next();
    let first = String::from_utf8_lossy(first.unwrap_or_default());
    let Some(label) = encoding_label(&first) else {
        return Ok(match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => (text.into(), None),
            Ok(text) => (text.into(), Some(Fault::EncodingMissing)),
            Err(_) => (WINDOWS_1252.decode_without_bom_handling(bytes).0, None),
        });
    };
    // Some write `UTF8` or `ISO 8859-1`, which are no labels.
    let dashed = label.split_whitespace().collect::<Vec<_>>().join("-");
    let encoding = Encoding::for_label_no_replacement(dashed.as_bytes())
        .ok_or_else(|| Fault::UnknownEncoding(label.to_owned()))?;
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors {
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
        return Ok((text, Some(Fault::NotInEncoding(label.to_owned()))));
    }
    Ok((text, None))
}

fn normal(text: Cow<'_, str>) -> String {
    if text.is_ascii() { text.into_owned() } else { text.nfc().collect() }
}
