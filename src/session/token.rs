//! The secret that a player's device keeps, and its hash, which is all that we keep.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};

use sha2::block_api::compress256;

use crate::id::random_bytes;
use crate::telemetry::TOKEN_PREFIX;

/// 32 bytes in base64url without padding.
const SECRET_CHARS: usize = 43;
/// 48: one block of SHA-256 takes up to 55.
pub(super) const TOKEN_BYTES: usize = TOKEN_PREFIX.len() + SECRET_CHARS;

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A token: `scrs_` and 256 random bits in base64url. It shows itself to nobody but by
/// [`expose`](Self::expose), which is called only to answer the one who opened the session.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token that nobody can guess.
    #[must_use]
    pub fn generate() -> Self {
        let secret: [u8; 32] = random_bytes();
        let mut text = String::with_capacity(TOKEN_BYTES);
        text.push_str(TOKEN_PREFIX);
        for chunk in secret.chunks(3) {
            let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            for place in 0..=chunk.len() {
                text.push(char::from(BASE64URL[(bits >> (18 - 6 * place) & 63) as usize]));
            }
        }
        Self(text)
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The hash under which the session is kept.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        let bytes = self.0.as_bytes().try_into().expect("a token is of one length");
        TokenHash(sha256(bytes))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(***)")
    }
}

/// SHA-256 of a token. 256 random bits need neither salt nor stretching.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of what a caller shows; `None` where it can't be a token for its length or prefix,
    /// which needs no hashing to see.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let bytes: &[u8; TOKEN_BYTES] = text.as_bytes().try_into().ok()?;
        bytes.starts_with(TOKEN_PREFIX.as_bytes()).then(|| Self(sha256(bytes)))
    }

    /// Whether a text that has a hash is a token in every character. Only what is in no cache is
    /// asked this, before the database is.
    #[must_use]
    pub fn is_well_formed(text: &str) -> bool {
        text.strip_prefix(TOKEN_PREFIX)
            .is_some_and(|secret| secret.bytes().all(|byte| BASE64URL.contains(&byte)))
    }

    /// The hash of a token that is one in every character.
    #[must_use]
    pub fn of_well_formed(text: &str) -> Option<Self> {
        Self::of(text).filter(|_| Self::is_well_formed(text))
    }

    /// From the 32 bytes that the database holds.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash as the database holds it.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// SHA-256 of what is as long as a token, without the buffer that a text of unknown length needs: a
/// quarter faster, and on the path of every request.
fn sha256(text: &[u8; TOKEN_BYTES]) -> [u8; 32] {
    // FIPS 180-4, 5.3.3 and 5.1.1: the initial value; the text, a one bit, zeros, the length in bits.
    let mut state = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a, //
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    let mut block = [0; 64];
    block[..TOKEN_BYTES].copy_from_slice(text);
    block[TOKEN_BYTES] = 0x80;
    block[56..].copy_from_slice(&(8 * TOKEN_BYTES as u64).to_be_bytes());
    compress256(&mut state, &[block]);
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenHash(***)")
    }
}

impl Hash for TokenHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_ne_bytes([a, b, c, d, e, f, g, h]));
    }
}

/// A digest is uniform already: its first bytes are its hash in a map. Nobody can choose them, since
/// a token is chosen by us and an attacker would have to break SHA-256.
#[derive(Debug, Clone, Copy, Default)]
pub struct DigestHasher(u64);

impl BuildHasher for DigestHasher {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for DigestHasher {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a token's hash writes one word");
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_has_a_prefix_256_random_bits_and_fits_one_block() {
        let token = Token::generate();
        assert!(token.expose().starts_with("scrs_"), "{}", token.expose());
        assert!(token.expose().len() <= 55);
        assert_eq!(TokenHash::of(token.expose()), Some(token.hash()));
        assert!(TokenHash::is_well_formed(token.expose()));
        assert_ne!(token, Token::generate());
    }

    #[test]
    fn a_token_never_shows_in_debug_output() {
        let token = Token::generate();
        assert_eq!(format!("{token:?} {:?}", token.hash()), "Token(***) TokenHash(***)");
    }

    proptest! {
        #[test]
        fn the_hash_is_the_sha256_that_everybody_computes(secret in "[A-Za-z0-9_-]{43}") {
            use sha2::{Digest, Sha256};
            let text = format!("{TOKEN_PREFIX}{secret}");
            let expected: [u8; 32] = Sha256::digest(&text).into();
            prop_assert_eq!(TokenHash::of(&text), Some(TokenHash(expected)));
        }

        #[test]
        fn what_is_no_token_has_no_hash_or_is_not_well_formed(text in "(scrs_)?.{0,60}") {
            let is_token = TokenHash::of(&text).is_some() && TokenHash::is_well_formed(&text);
            let is_one = text.len() == 48 && text.strip_prefix("scrs_").is_some_and(|secret| {
                secret.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            });
            prop_assert_eq!(is_token, is_one);
        }
    }
}
