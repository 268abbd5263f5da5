//! The values of a challenge: what its requester holds, what is sent, and what is kept.
//!
//! A challenge and a code are both needed. The challenge goes to who asks, the code to who reads the
//! mail, and to the table go a hash of the one and a keyed hash of the other.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::email_address::EmailAddress;
use crate::id::random_bytes;
use crate::time::Timestamp;

/// 160 random bits. Shorter than a block of SHA-256, which matters: HMAC replaces a longer key by its
/// hash, and that is what the table holds.
const CHALLENGE_BYTES: usize = 20;

const CODE_DIGITS: usize = 6;
const CODES: u32 = 10_u32.pow(CODE_DIGITS as u32);

/// What whoever asks for a code must show with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Challenge([u8; CHALLENGE_BYTES]);

/// What is sent: six digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

/// A text that is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the {CODE_DIGITS} digits that were sent")]
pub struct InvalidCode;

/// SHA-256 of a challenge, under which it is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ChallengeHash([u8; 32]);

/// A code that is on its way.
#[derive(Debug)]
pub struct Requested {
    /// To be shown with it.
    pub challenge: Challenge,
    /// When it is none any more.
    pub expires_at: Timestamp,
}

/// Proof that a code was right: only the check gives it. It is used up by whoever acts on it.
#[derive(Debug, Clone)]
pub struct Confirmed {
    pub(super) hash: ChallengeHash,
    pub(super) address: EmailAddress,
}

/// SHA-256 of who is throttled: the table tells nobody who has asked, or for whom.
pub(super) type Subject = [u8; 32];

/// Where a client is, as far as one subscriber reaches: an IPv4 address, or 64 bits of an IPv6 one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpAddr);

impl Challenge {
    pub(super) fn generate() -> Self {
        Self(random_bytes())
    }

    /// Reads what a caller shows; `None` for what can't be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; CHALLENGE_BYTES];
        let digits = text.as_bytes().as_chunks::<2>();
        if digits.0.len() != CHALLENGE_BYTES || !digits.1.is_empty() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.0) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
        }
        Some(Self(bytes))
    }

    /// The secret itself, as text.
    #[must_use]
    pub fn expose(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn hash(&self) -> ChallengeHash {
        ChallengeHash(Sha256::digest(self.0).into())
    }

    /// What is kept of a code. Without the challenge a million codes can't be tried on it.
    pub(super) fn mac_of(&self, code: &Code) -> [u8; 32] {
        self.keyed(code).finalize().into_bytes().into()
    }

    /// Compares in a time that tells nothing.
    pub(super) fn is_mac_of(&self, code: &Code, mac: &[u8]) -> bool {
        self.keyed(code).verify_slice(mac).is_ok()
    }

    fn keyed(&self, code: &Code) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(code.0.as_bytes());
        mac
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Challenge(***)")
    }
}

impl ChallengeHash {
    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ChallengeHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ChallengeHash(***)")
    }
}

impl Code {
    /// One of a million, each as likely.
    pub(super) fn generate() -> Self {
        // What is left of 2³² beyond whole millions would make the first codes likelier.
        const BOUND: u32 = u32::MAX - u32::MAX % CODES;
        loop {
            let number = u32::from_ne_bytes(random_bytes());
            if number < BOUND {
                return Self(format!("{:0CODE_DIGITS$}", number % CODES));
            }
        }
    }

    /// The secret itself, for the mail.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Code {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let is_code = text.len() == CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_code { Ok(Self(text.to_owned())) } else { Err(InvalidCode) }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Code(***)")
    }
}

impl Confirmed {
    /// The address whose mail the caller can read.
    #[must_use]
    pub const fn address(&self) -> &EmailAddress {
        &self.address
    }
}

/// The subject that requests for an address count for.
pub(super) fn subject_of_address(address: &EmailAddress) -> Subject {
    Sha256::digest(format!("address {}", address.as_str())).into()
}

/// The subject that requests from a network count for.
pub(super) fn subject_of_network(network: Network) -> Subject {
    Sha256::digest(format!("network {network}")).into()
}

impl Network {
    /// The network of a client's address.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self(IpAddr::V4(ip)),
            IpAddr::V6(ip) => {
                let network = u128::from(ip) >> 64 << 64;
                Self(IpAddr::V6(Ipv6Addr::from(network)))
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(ip) => write!(formatter, "{ip}/32"),
            IpAddr::V6(ip) => write!(formatter, "{ip}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_challenge_reads_back_from_its_text_and_nothing_else_does() {
        let challenge = Challenge::generate();
        let text = challenge.expose();
        assert_eq!(Challenge::parse(&text), Some(challenge));
        assert_ne!(Challenge::generate(), challenge);
        for text in ["", &text[1..], &format!("{text}0"), &format!("{text}00"), &"g".repeat(40)] {
            assert_eq!(Challenge::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_is_six_digits() {
        for _ in 0..1000 {
            let code = Code::generate();
            assert_eq!(code.expose().parse(), Ok(code));
        }
        for text in ["", "12345", "1234567", "12345a", " 12345", "+12345", "١٢٣٤٥٦"] {
            assert_eq!(text.parse::<Code>(), Err(InvalidCode), "{text}");
        }
    }

    #[test]
    fn only_the_challenge_and_the_code_together_fit_what_is_kept() {
        let (challenge, code) = (Challenge::generate(), Code::generate());
        let mac = challenge.mac_of(&code);
        assert!(challenge.is_mac_of(&code, &mac));
        assert!(!Challenge::generate().is_mac_of(&code, &mac));
        let other = if code.expose() == "000000" { "000001" } else { "000000" };
        assert!(!challenge.is_mac_of(&other.parse().unwrap(), &mac));
        // What a thief of the table has in place of the challenge is no key.
        let mut stolen = Hmac::<Sha256>::new_from_slice(challenge.hash().as_bytes()).unwrap();
        stolen.update(code.expose().as_bytes());
        assert!(stolen.verify_slice(&mac).is_err());
    }

    #[test]
    fn secrets_never_show_in_debug_output() {
        let (challenge, code) = (Challenge::generate(), Code::generate());
        let shown = format!("{challenge:?} {code:?} {:?}", challenge.hash());
        assert_eq!(shown, "Challenge(***) Code(***) ChallengeHash(***)");
    }

    #[test]
    fn a_network_is_what_one_subscriber_has() {
        for (ip, network) in [
            ("203.0.113.7", "203.0.113.7/32"),
            ("::ffff:203.0.113.7", "203.0.113.7/32"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(Network::of(ip.parse().unwrap()).to_string(), network);
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in ".{0,60}|[0-9a-fA-F]{38,42}") {
            let _ = (Challenge::parse(&text), text.parse::<Code>());
        }
    }
}
