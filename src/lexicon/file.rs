//! The file of a lexicon (`.lex`): its layout, writing it, and reading what somebody else wrote.
//!
//! All numbers are little-endian. The graph's nodes are stored as they are in memory, so that loading
//! is one read, one look at each node and one at each word.
//!
//! ```text
//!  offset
//!       0  ┌────────────────────────────────────┐
//!          │ magic              8 bytes         │  89 'L' 'E' 'X' 0D 0A 1A 0A: no text, and
//!          │                                    │  altered by whatever alters ends of lines
//!       8  │ format version     u32             │  1
//!      12  │ name               u32: n bytes    │
//!      16  │ alphabet           u32: a bytes    │
//!      20  │ nodes              u32: c of them  │
//!      24  │ the DAWG begins    u32: a node     │
//!      28  │ the GADDAG begins  u32: a node     │
//!      32  │ words              u32: how many   │
//!      36  │ content hash       32 bytes        │  see ContentHash
//!      68  ├────────────────────────────────────┤
//!          │ name               n bytes, UTF-8  │
//!  68+n    │ alphabet           a bytes, UTF-8  │  letters with a space between them; then, a line
//!          │                                    │  each, what is folded, a space, and into what
//!  68+n+a  │ nodes              c × u32         │  see graph
//!          ├────────────────────────────────────┤
//!          │ checksum           32 bytes        │  SHA-256 of all bytes before it
//!          └────────────────────────────────────┘
//! ```
//!
//! The checksum finds what went wrong by accident. A file that somebody forged may pass it. Its words
//! are still those of its content hash; but of its GADDAG only the paths are counted, which need not be
//! those of the words. Even then every read and every walk of it ends.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Alphabet, ContentHash, Graph, InvalidAlphabet, InvalidGraph, InvalidLexicon, Lexicon};

/// The version that is written, and the only one that is read.
const FORMAT_VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"\x89LEX\r\n\x1a\n";
const HEADER_BYTES: usize = 68;
const CHECKSUM_BYTES: usize = 32;

/// The most bytes of a file that is read: as many nodes as arrows can point to, and room for the rest.
const FILE_BYTES_MAX: u64 = (1 << 26) + (1 << 20);

/// Why a file is no lexicon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLexiconFile {
    /// Something else or nothing, or damaged at its very beginning.
    #[error("this is no lexicon file: it does not begin as one does")]
    Foreign,
    /// Of a newer program, or damaged.
    #[error("the file is of format version {0}; this program reads version {FORMAT_VERSION}")]
    Version(u32),
    /// The end is missing.
    #[error("the file ends after {actual} bytes; expected {expected}")]
    Truncated {
        /// How many the header promises, or the header itself has.
        expected: u64,
        /// How many there are.
        actual: u64,
    },
    /// More than there should be.
    #[error("the file goes on after its end: it has {actual} bytes; expected {expected}")]
    TooLong {
        /// How many the header promises.
        expected: u64,
        /// How many there are.
        actual: u64,
    },
    /// Not the bytes that were written.
    #[error("the file was altered or damaged: its checksum is wrong")]
    Checksum,
    /// A text that is no UTF-8, or no alphabet's.
    #[error("the file's {0} is not text as it should be")]
    Text(&'static str),
    /// Letters or folds that are none.
    #[error("the file's alphabet is none")]
    Alphabet(#[from] InvalidAlphabet),
    /// Nodes that are no graph.
    #[error("the file's nodes are no word graph")]
    Graph(#[from] InvalidGraph),
    /// Words that make no lexicon.
    #[error("the file's words make no lexicon")]
    Words(#[from] InvalidLexicon),
    /// Other words than those that the header names.
    #[error("the file's words are not those that its header names by count and content hash")]
    Content,
}

/// Why a lexicon could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file could not be read.
    #[error("could not read the file")]
    Read(#[from] io::Error),
    /// It is no lexicon.
    #[error(transparent)]
    Invalid(#[from] InvalidLexiconFile),
}

impl Lexicon {
    /// As the bytes of a file. The same lexicon always gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let alphabet = alphabet_text(self.alphabet());
        let graph = self.graph();
        let mut bytes = Vec::with_capacity(
            HEADER_BYTES
                + self.name().len()
                + alphabet.len()
                + 4 * graph.nodes().len()
                + CHECKSUM_BYTES,
        );
        bytes.extend_from_slice(&MAGIC);
        for number in [
            FORMAT_VERSION,
            // Names, alphabets, nodes and words are bounded far below 32 bits.
            self.name().len() as u32,
            alphabet.len() as u32,
            graph.nodes().len() as u32,
            graph.dawg().place(),
            graph.gaddag().place(),
            self.word_count() as u32,
        ] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(self.content_hash().as_bytes());
        bytes.extend_from_slice(self.name().as_bytes());
        bytes.extend_from_slice(alphabet.as_bytes());
        bytes.extend(graph.nodes().iter().flat_map(|node| node.to_le_bytes()));
        let checksum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&checksum);
        bytes
    }

    /// From the bytes of a file.
    ///
    /// # Errors
    /// [`InvalidLexiconFile`] tells a file that is cut short, altered, foreign or newer from one that
    /// is forged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidLexiconFile> {
        let mut rest = checked(bytes)?;
        // `checked` has seen to it that all of these are there.
        let header = Header::take(&mut rest);
        let name = text(take(&mut rest, header.name_bytes), "name")?;
        let alphabet = alphabet(text(take(&mut rest, header.alphabet_bytes), "alphabet")?)?;
        let (nodes, _) = take(&mut rest, 4 * header.nodes).as_chunks();
        let nodes = nodes.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        let graph = Graph::from_nodes(nodes, header.dawg, header.gaddag, alphabet.len())?;
        let lexicon = Self::of_graph(name, alphabet, graph)?;
        let found = (lexicon.word_count(), lexicon.content_hash());
        if found != (header.words, header.content_hash) {
            return Err(InvalidLexiconFile::Content);
        }
        Ok(lexicon)
    }

    /// From a file.
    ///
    /// # Errors
    /// [`LoadError`]
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let mut bytes = Vec::new();
        File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(Self::from_bytes(&bytes)?)
    }
}

/// What stands between the format version and the name.
struct Header {
    name_bytes: usize,
    alphabet_bytes: usize,
    nodes: usize,
    dawg: u32,
    gaddag: u32,
    words: usize,
    content_hash: ContentHash,
}

impl Header {
    /// From [`HEADER_BYTES`] bytes at least.
    fn take(bytes: &mut &[u8]) -> Self {
        take(bytes, MAGIC.len() + 4);
        Self {
            name_bytes: number(bytes) as usize,
            alphabet_bytes: number(bytes) as usize,
            nodes: number(bytes) as usize,
            dawg: number(bytes),
            gaddag: number(bytes),
            words: number(bytes) as usize,
            content_hash: ContentHash::from_bytes(array(bytes)),
        }
    }

    /// How long the file is that it heads.
    fn file_bytes(&self) -> u64 {
        let parts = [HEADER_BYTES, self.name_bytes, self.alphabet_bytes, CHECKSUM_BYTES];
        parts.iter().map(|bytes| *bytes as u64).sum::<u64>() + 4 * self.nodes as u64
    }
}

/// The bytes before the checksum, once the file is one of ours, whole and unaltered.
fn checked(bytes: &[u8]) -> Result<&[u8], InvalidLexiconFile> {
    let actual = bytes.len() as u64;
    let mut rest = bytes;
    if bytes.is_empty() || !MAGIC.starts_with(take(&mut rest, MAGIC.len())) {
        return Err(InvalidLexiconFile::Foreign);
    }
    if rest.len() >= 4 {
        let version = number(&mut rest);
        if version != FORMAT_VERSION {
            return Err(InvalidLexiconFile::Version(version));
        }
    }
    if bytes.len() < HEADER_BYTES {
        return Err(InvalidLexiconFile::Truncated { expected: HEADER_BYTES as u64, actual });
    }
    let expected = Header::take(&mut { bytes }).file_bytes();
    if actual < expected {
        return Err(InvalidLexiconFile::Truncated { expected, actual });
    }
    if actual > expected {
        return Err(InvalidLexiconFile::TooLong { expected, actual });
    }
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
    if Sha256::digest(content).as_slice() != checksum {
        return Err(InvalidLexiconFile::Checksum);
    }
    Ok(content)
}

/// The next bytes; fewer where there are no more.
fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(count.min(bytes.len()));
    *bytes = rest;
    taken
}

fn array<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    take(bytes, N).try_into().expect("the length was checked before")
}

fn number(bytes: &mut &[u8]) -> u32 {
    u32::from_le_bytes(array(bytes))
}

fn text<'a>(bytes: &'a [u8], what: &'static str) -> Result<&'a str, InvalidLexiconFile> {
    std::str::from_utf8(bytes).map_err(|_| InvalidLexiconFile::Text(what))
}

fn alphabet_text(alphabet: &Alphabet) -> String {
    let letters: Vec<&str> = alphabet.letters().map(|letter| alphabet.text(letter)).collect();
    let mut text = letters.join(" ");
    for (from, to) in alphabet.folds() {
        text.extend(["\n", from, " ", to]);
    }
    text
}

fn alphabet(text: &str) -> Result<Alphabet, InvalidLexiconFile> {
    let mut lines = text.split('\n');
    let letters = lines.next().unwrap_or_default().split(' ');
    let folds: Option<Vec<(&str, &str)>> = lines.map(|line| line.split_once(' ')).collect();
    Ok(Alphabet::new(letters, folds.ok_or(InvalidLexiconFile::Text("alphabet"))?)?)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
