//! The secrets by which the service knows its gateway and side services.
//!
//! Owns their form, and that they are never printed. How a request shows one, and how it is compared,
//! is the HTTP edge's affair.

use std::fmt;
use std::str::FromStr;

/// A shorter one could be guessed.
const BYTES_MIN: usize = 16;

/// More than any generator of secrets makes; a header's size is bounded too.
const BYTES_MAX: usize = 256;

/// A rotation needs two.
const SECRETS_MAX: usize = 8;

/// The secrets of which a request must carry one; none at all where nothing is to be carried.
#[derive(Clone, Default)]
pub struct GatewaySecrets(Vec<Box<str>>);

impl GatewaySecrets {
    /// Whether none is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them, to be compared and not to be told.
    pub fn expose(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|secret| secret.as_bytes())
    }
}

impl FromStr for GatewaySecrets {
    type Err = String;

    /// Reads them with commas between. What is wrong is told without a word of them.
    fn from_str(text: &str) -> Result<Self, String> {
        let secrets: Vec<Box<str>> = text.split(',').map(Box::from).collect();
        let is_secret = |secret: &str| {
            (BYTES_MIN..=BYTES_MAX).contains(&secret.len())
                && secret.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if secrets.len() > SECRETS_MAX || !secrets.iter().all(|secret| is_secret(secret)) {
            return Err(format!(
                "its value (not shown) is no list of secrets; expected 1 to {SECRETS_MAX} with \
                 commas between, each of {BYTES_MIN} to {BYTES_MAX} visible ASCII characters"
            ));
        }
        Ok(Self(secrets))
    }
}

impl fmt::Display for GatewaySecrets {
    /// How many there are, and nothing else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&vec!["***"; self.0.len()].join(","))
    }
}

impl fmt::Debug for GatewaySecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GatewaySecrets({self})")
    }
}
