//! From a libpq URL to a [`Dsn`], with all its problems at once.
//!
//! Owns the grammar: `postgres://[user[:password]@][host[:port],…][/database][?name=value&…]`,
//! parameters winning over the parts before them, as in libpq. Every message is made such that no
//! part of a password can be in it; that is why an `@` that is not encoded ends the work at once:
//! with it, nobody can say where the password ends.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::{
    DEFAULT_PORT, Dsn, Endpoint, Keepalives, Password, RootCert, SslMode, TargetSessionAttrs,
};

/// The schema that holds everything of ours.
pub(super) const SEARCH_PATH: &str = "backend";

/// Every parameter that we honour, in the order in which it is listed to operators.
const PARAMETERS: [&str; 17] = [
    "host",
    "port",
    "user",
    "password",
    "dbname",
    "sslmode",
    "sslrootcert",
    "application_name",
    "connect_timeout",
    "options",
    "search_path",
    "target_session_attrs",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
];

pub(super) fn parse(text: &str) -> Result<Dsn, Vec<String>> {
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
    let Some(rest) = rest else {
        return Err(vec![
            "is not a postgres:// URL; expected something like \
             postgres://user:password@host:5432/scrabble?search_path=backend"
                .to_owned(),
        ]);
    };
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    if rest[authority_end..].contains('@') || rest[..authority_end].matches('@').count() > 1 {
        return Err(vec![
            "has an @ in the wrong place; write @ as %40, / as %2F and ? as %3F in the user's \
             name, the password and the parameters"
                .to_owned(),
        ]);
    }
    let (head, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = head.split_once('/').unwrap_or((head, ""));
    let (user_info, hosts) = match authority.split_once('@') {
        Some((user_info, hosts)) => (user_info, hosts),
        None => ("", authority),
    };
    let mut parser = Parser { parameters: BTreeMap::new(), problems: Vec::new() };
    parser.read_parameters(query);
    let dsn = parser.dsn(user_info, hosts, database);
    match dsn {
        Some(dsn) if parser.problems.is_empty() => Ok(dsn),
        _ => Err(parser.problems),
    }
}

/// The parameters not yet used, and the problems found so far.
struct Parser {
    parameters: BTreeMap<&'static str, Vec<u8>>,
    problems: Vec<String>,
}

impl Parser {
    fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Splits and decodes the query. Only names that we know are ever repeated in a message when a
    /// password is among the parameters: a `&` in it makes the rest of it look like a name.
    fn read_parameters(&mut self, query: &str) {
        let password_among_them = query.split('&').any(|pair| pair.starts_with("password"));
        for (position, pair) in query.split('&').enumerate() {
            if pair.is_empty() {
                continue;
            }
            let unnamed = format!("parameter number {}", position + 1);
            let Some((name, value)) = pair.split_once('=') else {
                self.problem(format!("{unnamed} lacks a =; expected name=value"));
                continue;
            };
            let Some(known) = PARAMETERS.into_iter().find(|known| *known == name) else {
                let shown = if password_among_them { unnamed } else { format!("{name:?}") };
                self.problem(format!(
                    "has a parameter that is not known here, {shown}; known are {}",
                    PARAMETERS.join(", ")
                ));
                continue;
            };
            match percent_decoded(value) {
                None => self.problem(format!(
                    "{known} has a % that two hexadecimal digits do not follow, or %00"
                )),
                Some(value) => {
                    if self.parameters.insert(known, value).is_some() {
                        // libpq takes the last, pgx the first.
                        self.problem(format!("{known} is given twice"));
                    }
                }
            }
        }
    }

    fn dsn(&mut self, user_info: &str, hosts: &str, database: &str) -> Option<Dsn> {
        let (user, password) = self.credentials(user_info);
        let endpoints = self.endpoints(hosts);
        let database = self.decoded("the database's name", database);
        let database = match self.text("dbname") {
            Some(name) => Some(name),
            None => database.filter(|name| !name.is_empty()).or_else(|| user.clone()),
        };
        let (ssl_mode, ssl_root_cert) = self.tls();
        let connect_timeout = self.seconds("connect_timeout");
        let target_session_attrs = self.word("target_session_attrs");
        let keepalives = self.keepalives();
        let tcp_user_timeout =
            self.number("tcp_user_timeout").map(|ms| Duration::from_millis(u64::from(ms)));
        let application_name = self.text("application_name");
        let options = self.text("options");
        self.check_search_path();
        Some(Dsn {
            endpoints,
            user: user?,
            password,
            database: database?,
            ssl_mode,
            ssl_root_cert,
            application_name,
            connect_timeout,
            options,
            target_session_attrs: target_session_attrs.unwrap_or(TargetSessionAttrs::Any),
            keepalives,
            tcp_user_timeout: tcp_user_timeout.filter(|time| !time.is_zero()),
        })
    }

    fn credentials(&mut self, user_info: &str) -> (Option<String>, Option<Password>) {
        let (user, password) = match user_info.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (user_info, None),
        };
        let in_authority = self.decoded("the user's name", user).filter(|user| !user.is_empty());
        let user = self.text("user").or(in_authority);
        if user.is_none() {
            self.problem("names no user; expected postgres://user:password@host…");
        }
        let in_authority = password.and_then(|password| {
            let decoded = percent_decoded(password);
            if decoded.is_none() {
                self.problem(
                    "the password has a % that two hexadecimal digits do not follow, or %00; \
                     write % as %25",
                );
            }
            decoded
        });
        let password = self.parameters.remove("password").or(in_authority);
        (user, password.filter(|password| !password.is_empty()).map(Password))
    }

    /// The servers: of the parameters `host` and `port`, or else of the authority.
    fn endpoints(&mut self, authority: &str) -> Vec<Endpoint> {
        let from_parameter = self.text("host");
        let mut hosts: Vec<(String, Option<String>)> = match from_parameter {
            Some(hosts) => hosts.split(',').map(|host| (host.to_owned(), None)).collect(),
            None => authority.split(',').filter_map(|item| self.authority_host(item)).collect(),
        };
        if let Some(ports) = self.text("port") {
            let ports: Vec<&str> = ports.split(',').collect();
            if ports.len() != 1 && ports.len() != hosts.len() {
                self.problem(format!(
                    "has {} hosts, but {} ports; expected one port, or one a host",
                    hosts.len(),
                    ports.len()
                ));
            }
            for (position, host) in hosts.iter_mut().enumerate() {
                let port = if ports.len() == 1 { ports.first() } else { ports.get(position) };
                host.1 = port.map(|port| (*port).to_owned());
            }
        }
        hosts.into_iter().filter_map(|(host, port)| self.endpoint(host, port.as_deref())).collect()
    }

    /// One `host[:port]` of the authority; IPv6 addresses stand in brackets.
    fn authority_host(&mut self, item: &str) -> Option<(String, Option<String>)> {
        let (host, port) = match item.strip_prefix('[') {
            Some(rest) => {
                let Some((address, after)) = rest.split_once(']') else {
                    self.problem("has a [ without its ] in a host");
                    return None;
                };
                if address.parse::<Ipv6Addr>().is_err() {
                    self.problem(format!(
                        "has [{address}] as a host, which is not an IPv6 address"
                    ));
                    return None;
                }
                match after.strip_prefix(':') {
                    None if !after.is_empty() => {
                        self.problem("has something other than a port after the ] of a host");
                        return None;
                    }
                    port => (address.to_owned(), port),
                }
            }
            None => {
                let (host, port) = match item.split_once(':') {
                    Some((host, port)) => (host, Some(port)),
                    None => (item, None),
                };
                (self.decoded("a host", host)?, port)
            }
        };
        Some((host, port.map(ToOwned::to_owned)))
    }

    /// Ports are never repeated in a message: in `postgres://user:password`, where the host was
    /// forgotten, the password stands in the port's place.
    fn endpoint(&mut self, host: String, port: Option<&str>) -> Option<Endpoint> {
        let port = match port {
            None | Some("") => Some(DEFAULT_PORT),
            Some(port) => digits(port).filter(|port| *port != 0),
        };
        if port.is_none() {
            self.problem(format!(
                "the port of host {host:?} is not a number from 1 to 65535 (an IPv6 address needs \
                 brackets)"
            ));
        }
        if host.is_empty() {
            self.problem(
                "names no host; expected one like …@127.0.0.1:5432/… or ?host=/run/postgresql",
            );
            return None;
        }
        if host.starts_with('@') {
            self.problem("has an abstract Unix socket as a host, which is not supported");
            return None;
        }
        if host.starts_with('/') {
            return Some(Endpoint::Unix { directory: PathBuf::from(host), port: port? });
        }
        let name = host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        if !name && host.parse::<IpAddr>().is_err() {
            self.problem(format!("{host:?} is neither a host's name nor an address nor a path"));
            return None;
        }
        Some(Endpoint::Tcp { host, port: port? })
    }

    fn tls(&mut self) -> (SslMode, Option<RootCert>) {
        let root = self.text("sslrootcert").map(|path| match path.as_str() {
            "system" => RootCert::System,
            _ => RootCert::File(PathBuf::from(path)),
        });
        let mode = self.word("sslmode");
        // libpq: everyone can get a certificate from one of the system's authorities, so that
        // trusting them all proves nothing unless the name is checked too.
        if root == Some(RootCert::System) {
            if mode.is_some_and(|mode| mode != SslMode::VerifyFull) {
                self.problem("sslrootcert=system needs sslmode=verify-full, as in libpq");
            }
            return (SslMode::VerifyFull, root);
        }
        (mode.unwrap_or(SslMode::Prefer), root)
    }

    fn keepalives(&mut self) -> Keepalives {
        Keepalives {
            enabled: self.number("keepalives") != Some(0),
            idle: self.seconds("keepalives_idle"),
            interval: self.seconds("keepalives_interval"),
            count: self.number("keepalives_count").filter(|count| *count != 0),
        }
    }

    fn check_search_path(&mut self) {
        match self.text("search_path") {
            Some(path) if path == SEARCH_PATH => {}
            Some(path) => self.problem(format!(
                "search_path is {path:?}; it must be exactly {SEARCH_PATH}: add search_path=backend"
            )),
            None => self.problem("does not pin the schema: add search_path=backend"),
        }
    }

    /// A parameter's text; an empty one counts as absent, as in libpq.
    fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.parameters.remove(name).filter(|value| !value.is_empty())?;
        let text = String::from_utf8(value);
        if text.is_err() {
            self.problem(format!("{name} is not UTF-8 text"));
        }
        text.ok()
    }

    fn word<T: FromStr<Err = String>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        text.parse().map_err(|problem| self.problem(format!("{name} {text:?} {problem}"))).ok()
    }

    fn number(&mut self, name: &'static str) -> Option<u32> {
        let text = self.text(name)?;
        // The greatest number that libpq and the sockets take.
        let number = digits(&text).filter(|number: &u32| i32::try_from(*number).is_ok());
        if number.is_none() {
            self.problem(format!("{name} {text:?} is not a whole number from 0 to {}", i32::MAX));
        }
        number
    }

    /// Whole seconds, where 0 means what `None` means.
    fn seconds(&mut self, name: &'static str) -> Option<Duration> {
        let seconds = self.number(name).filter(|seconds| *seconds != 0)?;
        Some(Duration::from_secs(u64::from(seconds)))
    }

    /// A part of the URL before the query; never the password.
    fn decoded(&mut self, what: &str, part: &str) -> Option<String> {
        let Some(bytes) = percent_decoded(part) else {
            self.problem(format!(
                "{what} has a % that two hexadecimal digits do not follow, or %00"
            ));
            return None;
        };
        let text = String::from_utf8(bytes);
        if text.is_err() {
            self.problem(format!("{what} is not UTF-8 text"));
        }
        text.ok()
    }
}

/// A number of digits only: no sign, no space.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// `None` for a `%` without two hexadecimal digits, and for a NUL, which `PostgreSQL` cannot take. A
/// plus sign is itself, as in libpq.
fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        };
        if byte == 0 {
            return None;
        }
        decoded.push(byte);
    }
    Some(decoded)
}
