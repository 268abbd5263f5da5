//! An e-mail address, in the one spelling that stands for all that mean the same mailbox.
//!
//! Owns what is an address, and when two are one. Whether it is anybody's is found out by a mail to it.

use std::fmt;
use std::str::FromStr;

use lettre::Address;
use unicode_normalization::UnicodeNormalization;

/// RFC 5321, section 4.5.3.1.3: a path has 256 bytes with its brackets.
pub(crate) const ADDRESS_BYTES_MAX: usize = 254;

/// An address in normalisation form C, in lower case, its domain in ASCII, in at most 254 bytes. It
/// shows itself only by [`as_str`](Self::as_str), so that no log tells whom it speaks of.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// A text that is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an e-mail address such as ann@example.com, of at most {ADDRESS_BYTES_MAX} bytes")]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An address that was parsed before it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, InvalidEmailAddress> {
        // Normalising can't shorten a text by more than this, so no more is worth the work.
        if text.len() > ADDRESS_BYTES_MAX * 4 {
            return Err(InvalidEmailAddress);
        }
        let lower: String = text.nfc().collect::<String>().to_lowercase().nfc().collect();
        let (local, domain) = lower.rsplit_once('@').ok_or(InvalidEmailAddress)?;
        // What stands in quotes may hold spaces, and every mailbox has a name without.
        if local.starts_with('"') {
            return Err(InvalidEmailAddress);
        }
        // The parser decodes what is encoded as in a URL, which an address never is.
        if domain.contains('%') {
            return Err(InvalidEmailAddress);
        }
        // Of a name in another script and its form in ASCII, mail servers know the latter.
        let Ok(url::Host::Domain(domain)) = url::Host::parse(domain) else {
            return Err(InvalidEmailAddress);
        };
        // A relay would complete a name without a dot to one of its own network.
        if !domain.contains('.') {
            return Err(InvalidEmailAddress);
        }
        let address = Address::new(local, domain).map_err(|_| InvalidEmailAddress)?;
        let address: &str = address.as_ref();
        if address.len() > ADDRESS_BYTES_MAX {
            return Err(InvalidEmailAddress);
        }
        Ok(Self(address.to_owned()))
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EmailAddress(***)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let parsed = text.parse::<EmailAddress>().ok();
        assert_eq!(parsed.as_ref().map(EmailAddress::as_str), expected, "{text:?}");
    }

    #[test]
    fn spellings_of_one_mailbox_are_one_address() {
        check("ann@example.com", Some("ann@example.com"));
        check("Ann.Lee+games@Example.COM", Some("ann.lee+games@example.com"));
        check("Zoe\u{0308}@example.com", Some("zo\u{00EB}@example.com"));
        check("ann@B\u{00FC}cher.example", Some("ann@xn--bcher-kva.example"));
        check("ann@xn--bcher-kva.example", Some("ann@xn--bcher-kva.example"));
    }

    #[test]
    fn what_no_mail_can_reach_is_no_address() {
        for text in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@localhost",
            "ann@example.com.",
            "ann@127.0.0.1",
            "ann@[127.0.0.1]",
            "ann@[IPv6:::1]",
            "\"ann lee\"@example.com",
            "ann lee@example.com",
            "ann@exa mple.com",
            "ann@example.com\r\nBcc: bob@example.com",
            "ann@example.com,bob@example.com",
            "ann@bob@example.com",
            "<ann@example.com>",
            "ann@%65xample.com",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn an_address_has_at_most_254_bytes_and_64_before_its_domain() {
        let domain = format!("{}.example", ["d".repeat(60).as_str(); 3].join("."));
        let of = |bytes: usize| format!("{}@{domain}", "a".repeat(bytes - domain.len() - 1));
        check(&of(254), Some(&of(254)));
        check(&of(255), None);
        check(&format!("{}@example.com", "a".repeat(65)), None);
        check(&format!("{}@example.com", "a".repeat(100_000)), None);
    }

    #[test]
    fn an_address_never_shows_in_debug_output() {
        let address: EmailAddress = "ann@example.com".parse().unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(***)");
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(text in "\\PC{0,40}(@\\PC{0,20})?|[a-zA-Z.+é]{1,9}@[a-zÄ.-]{1,12}") {
            if let Ok(address) = text.parse::<EmailAddress>() {
                prop_assert_eq!(address.as_str().parse::<EmailAddress>(), Ok(address.clone()));
                prop_assert!(!address.as_str().contains(|c: char| c.is_whitespace() || c.is_control()));
            }
        }
    }
}
