//! What one process tells the others about sessions that it has revoked.

use super::token::TokenHash;

/// The channel of NOTIFY that it goes through.
pub(super) const CHANNEL: &str = "session_revoked";

/// A hash in hex.
const HEX_CHARS: usize = 64;

/// How many hashes an announcement holds: PostgreSQL takes less than 8000 bytes.
const HASHES_MAX: usize = 100;

/// The announcements that these sessions are revoked.
pub(super) fn of(token_hashes: &[TokenHash]) -> impl Iterator<Item = String> {
    token_hashes.chunks(HASHES_MAX).map(|chunk| {
        let mut text = String::with_capacity(HEX_CHARS * chunk.len());
        for byte in chunk.iter().flat_map(TokenHash::as_bytes) {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
            }
        }
        text
    })
}

/// The sessions that an announcement names. What can't be read, because somebody else has sent it, is
/// told to the log and otherwise ignored.
pub(super) fn read(announcement: &str) -> impl Iterator<Item = TokenHash> {
    let (hashes, rest) = announcement.as_bytes().as_chunks::<HEX_CHARS>();
    if !rest.is_empty() {
        tracing::warn!(bytes = announcement.len(), "an announcement that is none of ours");
    }
    hashes.iter().filter_map(|hex| {
        let mut bytes = [0; HEX_CHARS / 2];
        for (byte, digits) in bytes.iter_mut().zip(hex.as_chunks::<2>().0) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(TokenHash::from_bytes(bytes))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_announced_is_read_in_full(hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..250)) {
            let hashes: Vec<_> = hashes.into_iter().map(TokenHash::from_bytes).collect();
            let announced: Vec<_> = of(&hashes).collect();
            prop_assert!(announced.iter().all(|text| text.len() < 8000));
            let heard: Vec<_> = announced.iter().flat_map(|text| read(text)).collect();
            prop_assert_eq!(heard, hashes);
        }

        #[test]
        fn what_somebody_else_announces_harms_nobody(text in ".{0,200}") {
            read(&text).for_each(drop);
        }
    }
}
