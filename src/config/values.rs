//! The values that a setting can have when a plain number, text or duration would say too little.
//!
//! Owns their spelling, in both directions. Ranges, and which variable holds which value, are not
//! known here.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Where the service listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddr {
    /// The address of one interface; `None` means all of them.
    pub host: Option<IpAddr>,
    /// The TCP port; 0 lets the system choose one.
    pub port: u16,
}

impl ListenAddr {
    /// The socket addresses to try in order; the first that can be bound is the one.
    ///
    /// For all interfaces it is `[::]`, which takes IPv4 too, and then `0.0.0.0` for machines
    /// without IPv6.
    #[must_use]
    pub fn candidates(&self) -> Vec<SocketAddr> {
        match self.host {
            Some(host) => vec![SocketAddr::new(host, self.port)],
            None => vec![
                SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), self.port),
                SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), self.port),
            ],
        }
    }
}

impl FromStr for ListenAddr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match text.strip_prefix(':') {
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().ok().map(|port| Self { host: None, port })
            }
            Some(_) => None,
            None => text
                .parse::<SocketAddr>()
                .ok()
                .map(|address| Self { host: Some(address.ip()), port: address.port() }),
        };
        parsed.ok_or_else(|| {
            "is not an address to listen on; expected :8080, 127.0.0.1:8080 or [::1]:8080"
                .to_owned()
        })
    }
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            Some(host) => SocketAddr::new(host, self.port).fmt(f),
            None => write!(f, ":{}", self.port),
        }
    }
}

/// A closed set of words, spelt once for reading, printing and complaining.
macro_rules! words {
    (
        $(#[$docs:meta])*
        $name:ident { $($(#[$variant_docs:meta])* $variant:ident = $word:literal,)+ }
    ) => {
        $(#[$docs])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_docs])* $variant,)+
        }

        impl $name {
            /// All words that are understood, the way an operator writes them.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word for this value.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("is not one of {}", Self::WORDS.join(", "))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}
pub(super) use words;

words! {
    /// How much is logged.
    LogLevel {
        /// Everything, for a developer.
        Debug = "debug",
        /// What an operator may want to know.
        Info = "info",
        /// What an operator should look into.
        Warn = "warn",
        /// What needs an operator.
        Error = "error",
    }
}

words! {
    /// Where traces or metrics go.
    Exporter {
        /// Nowhere; nothing is collected.
        None = "none",
        /// To standard output, for a developer.
        Stdout = "stdout",
        /// To an OpenTelemetry collector over HTTP.
        Otlp = "otlp",
    }
}

/// The base URL of an OpenTelemetry collector: `http://host[:port][/path]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpEndpoint(String);

impl OtlpEndpoint {
    /// The URL without a slash at its end, so that `/v1/traces` can be appended.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OtlpEndpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usable = text.strip_prefix("http://").is_some_and(|rest| {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let (host, port) = match authority.rsplit_once(':') {
                Some((host, port)) if !port.ends_with(']') => (host, port),
                _ => (authority, "80"),
            };
            // An @ is no part of a host: credentials in a URL would end up in logs, and collectors
            // take them in headers.
            let host_char = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
            !host.is_empty()
                && host.chars().all(host_char)
                && port.parse::<u16>().is_ok_and(|port| port != 0)
                && !path.contains(['?', '#', ' '])
        });
        if !usable {
            return Err("is not a collector's URL; expected http://host:port (https is not built \
                 in; put a collector nearby)"
                .to_owned());
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for OtlpEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
