//! An answer as it is kept: sealed by the key of whoever asked.
//!
//! Owns the sealing, and the parting of an answer from the session token in it, which is to be forgotten
//! sooner.

use std::ops::Range;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::id::random_bytes;

/// An answer that is to be given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// What the table has of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) answer: Vec<u8>,
    pub(super) token: Option<Vec<u8>>,
}

/// What is sealed of an answer with a token: where in the body it was, in quotes.
#[derive(Serialize, Deserialize)]
struct Parted {
    kept: Kept,
    token_at: Option<usize>,
}

/// Seals and opens by the key of whoever asks.
pub(super) struct Seal(LessSafeKey);

impl Seal {
    /// The seal of a caller's key.
    pub(super) fn of(key: &str) -> Self {
        let material =
            Salt::new(HKDF_SHA256, b"scrabble-backend idempotency").extract(key.as_bytes());
        let expanded = material
            .expand(&[b"answer"], &CHACHA20_POLY1305)
            .expect("a key is shorter than what can be expanded");
        Self(LessSafeKey::new(UnboundKey::from(expanded)))
    }

    pub(super) fn seal(&self, mut kept: Kept) -> Sealed {
        let quoted = token_in(&kept.body);
        let token = quoted.clone().map(|range| {
            let token = kept.body[range.clone()].to_owned();
            kept.body.replace_range(range, "");
            self.seal_bytes(token.into_bytes())
        });
        let parted = Parted { kept, token_at: quoted.map(|range| range.start) };
        let bytes = serde_json::to_vec(&parted).expect("text and numbers serialise");
        Sealed { answer: self.seal_bytes(bytes), token }
    }

    /// The answer, with `null` for a token that is kept no more. `None` where it was sealed by another
    /// key, or is damaged.
    pub(super) fn open(&self, sealed: Sealed) -> Option<Kept> {
        let Parted { mut kept, token_at } =
            serde_json::from_slice(&self.open_bytes(sealed.answer)?).ok()?;
        if let Some(at) = token_at {
            let token = match sealed.token {
                Some(token) => String::from_utf8(self.open_bytes(token)?).ok()?,
                None => "null".to_owned(),
            };
            kept.body.is_char_boundary(at).then(|| kept.body.insert_str(at, &token))?;
        }
        Some(kept)
    }

    fn seal_bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random_bytes();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes)
            .expect("an answer is shorter than what can be sealed");
        [nonce.as_slice(), &bytes].concat()
    }

    fn open_bytes(&self, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        Some(self.0.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?.to_vec())
    }
}

/// Where in an answer its token stands, with its quotes. Elsewhere a player may have written what looks
/// like one.
fn token_in(body: &str) -> Option<Range<usize>> {
    #[derive(Deserialize)]
    struct WithToken<'a> {
        #[serde(borrow)]
        token: Option<&'a RawValue>,
    }
    let token = serde_json::from_str::<WithToken<'_>>(body).ok()?.token?.get();
    // It was borrowed, so it is a part of the text.
    let start = token.as_ptr().addr() - body.as_ptr().addr();
    Some(start..start + token.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(body: &str) -> Kept {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Kept { status: 201, headers, body: body.to_owned() }
    }

    #[test]
    fn a_token_is_kept_apart_and_leaves_null_behind() {
        let answer = kept(r#"{"token":"scrs_abc","name":"Anna"}"#);
        let seal = Seal::of("a key of some length");
        let sealed = seal.seal(answer.clone());
        assert_eq!(seal.open(sealed.clone()), Some(answer));
        let forgotten = Sealed { token: None, ..sealed };
        assert_eq!(seal.open(forgotten), Some(kept(r#"{"token":null,"name":"Anna"}"#)));
    }

    #[test]
    fn what_only_looks_like_a_token_stays() {
        let seal = Seal::of("a key of some length");
        for (body, without_token) in [
            (r#"{"name":"scrs_\"x","token":"scrs_abc"}"#, r#"{"name":"scrs_\"x","token":null}"#),
            (r#"{"account":{"token":"scrs_x"}}"#, r#"{"account":{"token":"scrs_x"}}"#),
            (r#"{"name":"scrs_x"}"#, r#"{"name":"scrs_x"}"#),
        ] {
            let sealed = seal.seal(kept(body));
            assert_eq!(seal.open(sealed.clone()), Some(kept(body)));
            let forgotten = Sealed { token: None, ..sealed };
            assert_eq!(seal.open(forgotten), Some(kept(without_token)));
        }
    }

    proptest! {
        #[test]
        fn only_the_key_that_sealed_an_answer_opens_it(body in ".{0,200}", key in "[!-~]{16,40}", other in "[!-~]{16,40}") {
            let sealed = Seal::of(&key).seal(kept(&body));
            if other != key {
                prop_assert_eq!(Seal::of(&other).open(sealed.clone()), None);
            }
            prop_assert!(body.len() < 8 || !String::from_utf8_lossy(&sealed.answer).contains(&body));
            prop_assert_eq!(Seal::of(&key).open(sealed), Some(kept(&body)));
        }

        #[test]
        fn what_is_damaged_is_not_opened(answer in proptest::collection::vec(any::<u8>(), 0..80)) {
            let sealed = Sealed { answer, token: None };
            prop_assert_eq!(Seal::of("a key of some length").open(sealed), None);
        }
    }
}
