//! What may be a token has the SHA-256 that the whole world computes, and nothing else has a hash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrabble_backend::session::TokenHash;
use sha2::{Digest, Sha256};

fuzz_target!(|text: &str| {
    let may_be_one = text.len() == 48 && text.starts_with("scrs_");
    let hash = TokenHash::of(text);
    assert_eq!(hash.is_some(), may_be_one);
    if let Some(hash) = hash {
        assert_eq!(hash.as_bytes()[..], Sha256::digest(text)[..]);
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        assert_eq!(TokenHash::is_well_formed(text), text.bytes().skip(5).all(is_base64url));
    }
});
