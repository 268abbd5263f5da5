//! The bag: tiles in an order that follows from a secret seed, so that anybody can check it
//! afterwards.
//!
//! Before the first draw the *commitment* is published, and after the last the *seed*. Whoever has the
//! seed and the game's events can compute every draw; that the commitment fits shows that nobody chose
//! the seed, and so the tiles, while the game ran. This is the whole construction, for a stranger with
//! any language; `‖` joins bytes, texts are ASCII:
//!
//! ```text
//! seed          32 bytes, random, secret
//! commitment    SHA-256("scrabble-backend commitment v1" ‖ seed)
//!
//! shuffle s     (s = 1 for the full set, then one more each time)
//!   tiles       all tiles of the bag in canonical order: blanks first, then by the alphabet;
//!               tiles[0] … tiles[n−1]
//!   numbers     block c = HMAC-SHA-256(key: seed, "scrabble-backend bag v1" ‖ s ‖ c), c = 0, 1, 2 …,
//!               s and c of 4 bytes, big-endian; each block is eight numbers of 4 bytes, big-endian
//!   Fisher–Yates, for i = n−1 down to 1:
//!               take the next number r; while r ≥ ⌊2³² ÷ (i+1)⌋ · (i+1), take the next one instead
//!               exchange tiles[i] with tiles[r mod (i+1)]
//!
//! draw          the last tile of the order, as often as tiles are drawn
//! return        (after an exchange, whose new tiles are drawn before; after a play is taken back)
//!               the tiles go in, then the next shuffle
//! ```
//!
//! Players draw in the order of their seats at the start, a whole rack each.
//!
//! What it comes to for the seed of the bytes 0, 1, 2 … 31 and the 100 English tiles, drawn one after
//! the other:
//!
//! ```text
//! commitment    92ef35476dc2be237fd473ed8ff2365381b26ba2cad7d0437a7d58cbafa0ec2d
//! shuffle 1     TUPAHNJRATATVNQZ?ALOXFELNEEEDNTOSYUMIBLSESDEAINTER
//!               DEP?IOOLCAIBCYAEROOEHWVKIONTUUAWOEGRIAIFMIRRISDEGG
//! shuffle 2, once the first seven are drawn and put back
//!               EIHSPINNJIOLGWULICSNAIAN?AEETIIDKMGUEOODATHTPEERFO
//!               BSTTRBRFAOQYOYOAIAOCUEERDDN?EINVSEMGAWLLRTEVXUREAZ
//! ```

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{Rack, SET_TILES_MAX, Tile, TileCounts};

/// The length of a seed and of a commitment.
pub const SEED_BYTES: usize = 32;

const COMMITMENT_LABEL: &[u8] = b"scrabble-backend commitment v1";
const SHUFFLE_LABEL: &[u8] = b"scrabble-backend bag v1";
const NUMBERS_PER_BLOCK: usize = 8;

/// What a bag's order follows from. It shows itself to nobody but by [`expose`](Self::expose).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; SEED_BYTES]);

/// What is published of a seed before the first draw.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Commitment([u8; SEED_BYTES]);

/// Why a text is no seed and no commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hexadecimal digits")]
pub struct InvalidHexadecimal;

/// The tiles that nobody has drawn, in their secret order.
#[derive(Clone, PartialEq, Eq)]
pub struct Bag {
    seed: Seed,
    /// How often it was shuffled.
    shuffles: u32,
    /// Blanks past the length, so that equal bags are equal.
    order: [Tile; SET_TILES_MAX],
    length: u8,
}

impl Seed {
    /// From bytes that nobody can guess.
    #[must_use]
    pub const fn new(bytes: [u8; SEED_BYTES]) -> Self {
        Self(bytes)
    }

    /// The secret itself, for storage, and for everybody once the game is over.
    #[must_use]
    pub const fn expose(&self) -> &[u8; SEED_BYTES] {
        &self.0
    }

    /// What may be known of it at once.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        let hash = Sha256::new().chain_update(COMMITMENT_LABEL).chain_update(self.0).finalize();
        Commitment(hash.into())
    }
}

/// From 64 hexadecimal digits, as a game's record has them.
impl FromStr for Seed {
    type Err = InvalidHexadecimal;

    fn from_str(text: &str) -> Result<Self, InvalidHexadecimal> {
        from_hexadecimal(text).map(Self)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seed(***)")
    }
}

impl Commitment {
    /// From what [`as_bytes`](Self::as_bytes) gave.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; SEED_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SEED_BYTES] {
        &self.0
    }
}

/// As 64 hexadecimal digits, which [`FromStr`] reads.
impl fmt::Display for Commitment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Commitment({self})")
    }
}

impl FromStr for Commitment {
    type Err = InvalidHexadecimal;

    fn from_str(text: &str) -> Result<Self, InvalidHexadecimal> {
        from_hexadecimal(text).map(Self)
    }
}

fn from_hexadecimal(text: &str) -> Result<[u8; SEED_BYTES], InvalidHexadecimal> {
    let mut bytes = [0; SEED_BYTES];
    if text.len() != 2 * SEED_BYTES || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
        return Err(InvalidHexadecimal);
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| InvalidHexadecimal)?;
    }
    Ok(bytes)
}

impl Bag {
    /// A full set, shuffled for the first time. Tiles past [`SET_TILES_MAX`] are left out, which a
    /// rule set does not have.
    #[must_use]
    pub fn new(seed: Seed, set: &TileCounts) -> Self {
        let mut bag = Self { seed, shuffles: 0, order: [Tile::BLANK; SET_TILES_MAX], length: 0 };
        bag.put_back(set.tiles());
        bag
    }

    /// From its parts, as storage has them, with the tile that is drawn last first. Nothing where
    /// there are too many tiles.
    pub(super) fn from_parts(
        seed: Seed,
        shuffles: u32,
        tiles: impl Iterator<Item = Tile>,
    ) -> Option<Self> {
        let mut bag = Self { seed, shuffles, order: [Tile::BLANK; SET_TILES_MAX], length: 0 };
        for tile in tiles {
            *bag.order.get_mut(usize::from(bag.length))? = tile;
            bag.length += 1;
        }
        Some(bag)
    }

    /// What its order follows from.
    #[must_use]
    pub const fn seed(&self) -> &Seed {
        &self.seed
    }

    /// How often it was shuffled.
    #[must_use]
    pub const fn shuffles(&self) -> u32 {
        self.shuffles
    }

    /// Its tiles, the one that is drawn next last.
    #[must_use]
    pub fn tiles(&self) -> &[Tile] {
        &self.order[..self.len()]
    }

    /// How many tiles it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length as usize
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Takes the next tile out.
    pub fn draw(&mut self) -> Option<Tile> {
        let last = self.len().checked_sub(1)?;
        self.length -= 1;
        Some(std::mem::replace(&mut self.order[last], Tile::BLANK))
    }

    /// Takes as many tiles out as there are, up to a number that a rack has room for.
    #[must_use]
    pub fn draw_rack(&mut self, tiles: usize) -> Rack {
        let mut rack = Rack::EMPTY;
        while rack.len() < tiles && rack.has_room() {
            let Some(tile) = self.draw() else { break };
            let _ = rack.add(tile);
        }
        rack
    }

    /// Puts tiles in, and shuffles. Tiles past [`SET_TILES_MAX`] are left out.
    pub fn put_back(&mut self, tiles: impl Iterator<Item = Tile>) {
        for tile in tiles {
            let Some(slot) = self.order.get_mut(usize::from(self.length)) else { break };
            *slot = tile;
            self.length += 1;
        }
        self.shuffle();
    }

    /// Puts another tile where one is; whether there was one.
    pub(super) fn replace(&mut self, old: Tile, new: Tile) -> bool {
        let length = self.len();
        match self.order[..length].iter_mut().rfind(|tile| **tile == old) {
            Some(tile) => {
                *tile = new;
                true
            }
            None => false,
        }
    }

    fn shuffle(&mut self) {
        self.shuffles = self.shuffles.wrapping_add(1);
        let mut numbers = Numbers::new(&self.seed, self.shuffles);
        let length = self.len();
        let tiles = &mut self.order[..length];
        tiles.sort_unstable();
        for last in (1..tiles.len()).rev() {
            let choices = last as u64 + 1;
            let limit = (1 << 32) / choices * choices;
            let number = loop {
                let number = u64::from(numbers.next());
                if number < limit {
                    break number;
                }
            };
            tiles.swap(last, (number % choices) as usize);
        }
    }
}

impl fmt::Debug for Bag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Bag({} tiles)", self.length)
    }
}

/// The numbers of one shuffle.
struct Numbers {
    /// Fed with all but the block's number.
    mac: Hmac<Sha256>,
    block: [u8; 4 * NUMBERS_PER_BLOCK],
    blocks: u32,
    used: usize,
}

impl Numbers {
    fn new(seed: &Seed, shuffle: u32) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(&seed.0).expect("a key may have any length");
        let mac = mac.chain_update(SHUFFLE_LABEL).chain_update(shuffle.to_be_bytes());
        Self { mac, block: [0; 4 * NUMBERS_PER_BLOCK], blocks: 0, used: NUMBERS_PER_BLOCK }
    }

    fn next(&mut self) -> u32 {
        if self.used == NUMBERS_PER_BLOCK {
            let mac = self.mac.clone().chain_update(self.blocks.to_be_bytes());
            self.block = mac.finalize().into_bytes().into();
            self.blocks = self.blocks.wrapping_add(1);
            self.used = 0;
        }
        let (number, _) = self.block[4 * self.used..].split_first_chunk().expect("four bytes each");
        self.used += 1;
        u32::from_be_bytes(*number)
    }
}

const _: () = assert!(SET_TILES_MAX <= u8::MAX as usize);

#[cfg(test)]
#[path = "bag_tests.rs"]
mod tests;
