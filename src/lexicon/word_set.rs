//! A lexicon: a named set of words over an alphabet, and what identifies it.
//!
//! Owns what every lexicon can be relied on for. Its file is in `file`, its graph in `graph`.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::{Alphabet, Graph, GraphBuilder, TooManyWords, WORD_LETTERS_MAX, Word, Words};

/// The fewest letters of a word that a lexicon has: no play makes a word of one letter.
pub const WORD_LETTERS_MIN: usize = 2;

/// The most words of a lexicon. The longest list in use, the Polish one, has 3.3 million.
pub const WORDS_MAX: usize = 1 << 22;

/// The most characters of a lexicon's name.
const NAME_CHARACTERS_MAX: usize = 64;

/// The words that may be played. Immutable, so that a game can be pinned to it by its
/// [`content_hash`](Self::content_hash).
///
/// It has at least one word; each has [`WORD_LETTERS_MIN`] to [`WORD_LETTERS_MAX`] letters of its
/// alphabet, and reads back from its own spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexicon {
    name: Box<str>,
    alphabet: Alphabet,
    graph: Graph,
    word_count: usize,
    shortest: usize,
    longest: usize,
    content_hash: ContentHash,
}

/// What a lexicon's words are, in 32 bytes: lexicons with the same letters and words have the same one
/// wherever and however they were made; their names do not count.
///
/// It is the SHA-256 of a text in UTF-8: the letters of the alphabet in its order, one a line; an empty
/// line; the words in the order of the alphabet, one a line. Each line ends with a line feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

/// Why words make no lexicon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLexicon {
    /// A name that cannot be printed on a line.
    #[error(
        "expected a name of 1 to {NAME_CHARACTERS_MAX} characters without control characters or \
         spaces at its ends, got {0:?}"
    )]
    Name(String),
    /// None.
    #[error("there are no words")]
    NoWords,
    /// Too many, or more than the graph can hold.
    #[error("expected at most {WORDS_MAX} words, got {0}")]
    WordCount(u64),
    /// More than the graph can hold.
    #[error(transparent)]
    TooManyWords(#[from] TooManyWords),
    /// A word with a letter that the alphabet has not.
    #[error("a word has the letter at place {place} of an alphabet of {letters} letters")]
    Letter {
        /// The letter's place.
        place: u8,
        /// How many the alphabet has.
        letters: usize,
    },
    /// A word that nobody can play.
    #[error("the word {0:?} has less than {WORD_LETTERS_MIN} letters")]
    TooShort(String),
    /// A word whose spelling means other letters, such as C and H side by side where CH is one letter.
    #[error("the word {0:?} is not made of the letters that its spelling means")]
    Ambiguous(String),
    /// A GADDAG that cannot be that of the words.
    #[error("the words have {letters} letters, but {paths} paths lead to them; expected as many")]
    Lopsided {
        /// In all words.
        letters: u64,
        /// In the GADDAG.
        paths: u64,
    },
}

impl Lexicon {
    /// Of words in any order, which may come twice. Tells `progress` how far it is, from 0 to 1, a few
    /// hundred times.
    ///
    /// # Errors
    /// [`InvalidLexicon`]
    pub fn build(
        name: &str,
        alphabet: Alphabet,
        mut words: Vec<Word>,
        progress: impl FnMut(f64),
    ) -> Result<Self, InvalidLexicon> {
        words.sort_unstable();
        words.dedup();
        if words.len() > WORDS_MAX {
            return Err(InvalidLexicon::WordCount(words.len() as u64));
        }
        let letters = alphabet.len();
        let mut places = words.iter().flat_map(Word::places);
        if let Some(place) = places.find(|place| usize::from(**place) > letters) {
            return Err(InvalidLexicon::Letter { place: *place, letters });
        }
        Self::of_graph(name, alphabet, GraphBuilder::build(&words, progress)?)
    }

    /// Of a graph over this alphabet, made here or stored: looks at every word.
    pub(super) fn of_graph(
        name: &str,
        alphabet: Alphabet,
        graph: Graph,
    ) -> Result<Self, InvalidLexicon> {
        let is_name = (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count())
            && !name.contains(char::is_control)
            && name.trim() == name;
        if !is_name {
            return Err(InvalidLexicon::Name(name.to_owned()));
        }
        let (word_count, paths) = graph.path_counts();
        if word_count == 0 {
            return Err(InvalidLexicon::NoWords);
        }
        // A small file can spell more words than anybody could walk through.
        if word_count > WORDS_MAX as u64 {
            return Err(InvalidLexicon::WordCount(word_count));
        }
        let is_plain = alphabet.is_plain();
        let mut text = ContentText::new(&alphabet);
        let (mut shortest, mut longest, mut letters) = (WORD_LETTERS_MAX, 0, 0);
        for word in Words::of(&graph) {
            if word.len() < WORD_LETTERS_MIN {
                return Err(InvalidLexicon::TooShort(alphabet.spell(&word)));
            }
            if !is_plain && alphabet.parse(&alphabet.spell(&word)) != Ok(word) {
                return Err(InvalidLexicon::Ambiguous(alphabet.spell(&word)));
            }
            shortest = shortest.min(word.len());
            longest = longest.max(word.len());
            letters += word.len() as u64;
            text.add(&word);
        }
        if letters != paths {
            return Err(InvalidLexicon::Lopsided { letters, paths });
        }
        let content_hash = text.hash();
        let word_count = word_count as usize;
        let name = name.into();
        Ok(Self { name, alphabet, graph, word_count, shortest, longest, content_hash })
    }

    /// What it is called before people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its words are made of.
    #[must_use]
    pub const fn alphabet(&self) -> &Alphabet {
        &self.alphabet
    }

    /// Its words as a graph.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How many words it has, at least one.
    #[must_use]
    pub const fn word_count(&self) -> usize {
        self.word_count
    }

    /// How many letters its shortest word has.
    #[must_use]
    pub const fn shortest(&self) -> usize {
        self.shortest
    }

    /// How many letters its longest word has.
    #[must_use]
    pub const fn longest(&self) -> usize {
        self.longest
    }

    /// What its words are, in 32 bytes.
    #[must_use]
    pub const fn content_hash(&self) -> ContentHash {
        self.content_hash
    }

    /// Whether a sequence of letters is one of its words.
    #[must_use]
    pub fn contains(&self, word: &Word) -> bool {
        self.graph.contains(word.places())
    }

    /// All words, in the order of the alphabet.
    #[must_use]
    pub fn words(&self) -> Words<'_> {
        Words::of(&self.graph)
    }
}

impl ContentHash {
    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A text that is no content hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hexadecimal digits")]
pub struct InvalidContentHash;

impl FromStr for ContentHash {
    type Err = InvalidContentHash;

    fn from_str(text: &str) -> Result<Self, InvalidContentHash> {
        let (digits, rest) = text.as_bytes().as_chunks::<2>();
        let mut bytes = [0; 32];
        let is_whole = rest.is_empty() && digits.len() == bytes.len();
        if !is_whole || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidContentHash);
        }
        for (byte, digits) in bytes.iter_mut().zip(digits) {
            let digits = std::str::from_utf8(digits).map_err(|_| InvalidContentHash)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidContentHash)?;
        }
        Ok(Self(bytes))
    }
}

/// In 64 hexadecimal digits, as `sha256sum` prints it.
impl fmt::Display for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// The text of which a [`ContentHash`] is the hash, as far as it has been given.
struct ContentText<'a> {
    alphabet: &'a Alphabet,
    hasher: Sha256,
    /// Lines that were not hashed yet: few long pieces are hashed faster than many short ones.
    pending: Vec<u8>,
}

impl<'a> ContentText<'a> {
    const PENDING_BYTES: usize = 16_384;

    fn new(alphabet: &'a Alphabet) -> Self {
        let mut pending = Vec::with_capacity(2 * Self::PENDING_BYTES);
        for letter in alphabet.letters() {
            pending.extend_from_slice(alphabet.text(letter).as_bytes());
            pending.push(b'\n');
        }
        pending.push(b'\n');
        Self { alphabet, hasher: Sha256::new(), pending }
    }

    fn add(&mut self, word: &Word) {
        for letter in word.letters() {
            self.pending.extend_from_slice(self.alphabet.text(letter).as_bytes());
        }
        self.pending.push(b'\n');
        if self.pending.len() >= Self::PENDING_BYTES {
            self.hasher.update(&self.pending);
            self.pending.clear();
        }
    }

    fn hash(mut self) -> ContentHash {
        self.hasher.update(&self.pending);
        ContentHash(self.hasher.finalize().into())
    }
}

#[cfg(test)]
#[path = "word_set_tests.rs"]
mod tests;
