//! Where the database is, as whom to reach it, and how: a libpq URL, parsed.
//!
//! Owns the DSN's types and how it is printed: the password never is. It knows no driver; what
//! libpq accepts and we cannot honour is refused while parsing, not ignored.

mod parse;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use super::values::words;

/// The port of a server that names none.
const DEFAULT_PORT: u16 = 5432;

/// A parsed DSN. `Debug` and `Display` print it as a URL with the password as `***`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dsn {
    /// The servers to try, in order; at least one.
    pub endpoints: Vec<Endpoint>,
    /// The role to log in as.
    pub user: String,
    /// Its password, when the server asks for one.
    pub password: Option<Password>,
    /// The database on that server; the user's name when the URL says none.
    pub database: String,
    /// Whether to use TLS over TCP. As in libpq, Unix sockets go without.
    pub ssl_mode: SslMode,
    /// The authorities that vouch for the server; `None` means the system's, where they are asked.
    pub ssl_root_cert: Option<RootCert>,
    /// What `pg_stat_activity` shows.
    pub application_name: Option<String>,
    /// Bounds an attempt to connect to one address; `None` when zero or absent.
    pub connect_timeout: Option<Duration>,
    /// Server options like `-c geqo=off`, as libpq hands them over.
    pub options: Option<String>,
    /// Which kind of server will do.
    pub target_session_attrs: TargetSessionAttrs,
    /// TCP keep-alive.
    pub keepalives: Keepalives,
    /// How long sent data may stay unacknowledged; `None` leaves it to the system.
    pub tcp_user_timeout: Option<Duration>,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// Over TCP.
    Tcp {
        /// A name or an IP address, without brackets.
        host: String,
        /// Never 0.
        port: u16,
    },
    /// Over a Unix socket.
    Unix {
        /// The directory of the socket; absolute.
        directory: PathBuf,
        /// The number at the end of the socket's name; never 0.
        port: u16,
    },
}

/// A password. It has no `Display`, and its `Debug` is `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Vec<u8>);

/// Where the certificates of trusted authorities are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootCert {
    /// In the system's store.
    System,
    /// In a PEM file.
    File(PathBuf),
}

words! {
    /// Whether a connection is encrypted, and what the server must prove.
    SslMode {
        /// Never encrypt.
        Disable = "disable",
        /// Encrypt when the server can; prove nothing.
        Prefer = "prefer",
        /// Encrypt or fail; prove nothing, unless `sslrootcert` is given: then like `verify-ca`.
        Require = "require",
        /// The server's certificate is from a trusted authority.
        VerifyCa = "verify-ca",
        /// And it is for the host that was asked for.
        VerifyFull = "verify-full",
    }
}

words! {
    /// Which kind of server will do.
    TargetSessionAttrs {
        /// Every one.
        Any = "any",
        /// One that takes writes.
        ReadWrite = "read-write",
        /// One that takes none.
        ReadOnly = "read-only",
    }
}

/// TCP keep-alive; `None` leaves a value to the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keepalives {
    /// Whether probes are sent at all.
    pub enabled: bool,
    /// Silence before the first probe.
    pub idle: Option<Duration>,
    /// Time between probes.
    pub interval: Option<Duration>,
    /// Lost probes until the connection counts as dead.
    pub count: Option<u32>,
}

impl Dsn {
    /// Parses a `postgres://` or `postgresql://` URL as libpq and pgx take it.
    ///
    /// It must name a host, a user, and `search_path=backend`.
    ///
    /// # Errors
    ///
    /// All problems at once, each a sentence that can follow the variable's name. None contains a
    /// part of the password, also when the URL is so broken that it is unclear where that is.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        parse::parse(text)
    }
}

impl Password {
    /// The bytes to prove to the server; never to be logged.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Endpoint {
    /// As in a URL, but a socket's directory stays legible: `[::1]:5432`, `/run/postgresql:5432`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix { directory, port } => write!(f, "{}:{port}", directory.display()),
        }
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dsn({self})")
    }
}

impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}", encoded(&self.user))?;
        if self.password.is_some() {
            f.write_str(":***")?;
        }
        let mut separator = '@';
        for endpoint in &self.endpoints {
            match endpoint {
                Endpoint::Tcp { .. } => write!(f, "{separator}{endpoint}")?,
                Endpoint::Unix { directory, port } => {
                    write!(f, "{separator}{}:{port}", encoded(&directory.display().to_string()))?;
                }
            }
            separator = ',';
        }
        write!(f, "/{}", encoded(&self.database))?;
        let mut separator = '?';
        for (name, value) in self.parameters() {
            write!(f, "{separator}{name}={}", encoded_value(&value))?;
            separator = '&';
        }
        Ok(())
    }
}

impl Dsn {
    /// The parameters that differ from their defaults, `sslmode` and `search_path` always.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("sslmode", self.ssl_mode.to_string())];
        let mut add = |name, value: Option<String>| {
            parameters.extend(value.map(|value| (name, value)));
        };
        add(
            "sslrootcert",
            self.ssl_root_cert.as_ref().map(|root| match root {
                RootCert::System => "system".to_owned(),
                RootCert::File(path) => path.display().to_string(),
            }),
        );
        add("application_name", self.application_name.clone());
        add("connect_timeout", self.connect_timeout.map(|time| time.as_secs().to_string()));
        add("options", self.options.clone());
        let attrs = self.target_session_attrs;
        add("target_session_attrs", (attrs != TargetSessionAttrs::Any).then(|| attrs.to_string()));
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs().to_string());
        add("keepalives", (!self.keepalives.enabled).then(|| "0".to_owned()));
        add("keepalives_idle", seconds(self.keepalives.idle));
        add("keepalives_interval", seconds(self.keepalives.interval));
        add("keepalives_count", self.keepalives.count.map(|count| count.to_string()));
        add("tcp_user_timeout", self.tcp_user_timeout.map(|time| time.as_millis().to_string()));
        add("search_path", Some(parse::SEARCH_PATH.to_owned()));
        parameters
    }
}

/// Percent-encodes a part before the query.
fn encoded(text: &str) -> String {
    encoded_except(text, b"-._~")
}

/// Percent-encodes a parameter's value, where slashes and commas may stay, and are easier to read.
fn encoded_value(text: &str) -> String {
    encoded_except(text, b"-._~/,")
}

fn encoded_except(text: &str, plain: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
