//! Where mail goes, and from whom: a relay's URL, and a mailbox.
//!
//! Owns their spelling, in both directions. No message made here has a part of the password in it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use lettre::message::Mailbox;
use url::Url;

use super::values::words;

/// The server that takes our mail: `smtp://user:password@host:587?tls=required`, or `smtps://…`.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    /// The server's name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is kept secret.
    pub tls: SmtpTls,
    /// Who we are to it.
    pub credentials: Option<SmtpCredentials>,
    /// A file of root certificates to trust instead of the system's.
    pub root_cert: Option<PathBuf>,
}

/// The name and the password that the server wants.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpCredentials {
    /// The name.
    pub user: String,
    password: String,
}

words! {
    /// How the way to the server is kept secret.
    SmtpTls {
        /// TLS before the first word: `smtps://`.
        Implicit = "implicit",
        /// STARTTLS, or no mail.
        Required = "required",
        /// Not at all: for a relay on the same machine.
        None = "none",
    }
}

/// Who mail is from, such as `Scrabble <no-reply@example.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFrom(Mailbox);

impl SmtpCredentials {
    /// The password itself, to be proved to the server; never to be logged.
    #[must_use]
    pub fn expose_password(&self) -> &str {
        &self.password
    }
}

impl FromStr for SmtpUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "smtp" | "smtps"));
        let url = url.ok_or(
            "is not a mail server's URL; expected something like \
             smtp://user:password@mail.example.com:587, or smtps://… for TLS from the first word",
        )?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        if host.is_empty() || !host.chars().all(is_host) {
            return Err("names no host; expected smtp://mail.example.com".to_owned());
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(
                "goes on behind the host; expected only parameters there (write @ as %40, \
                        / as %2F, ? as %3F and # as %23 in the user's name and the password)"
                    .to_owned(),
            );
        }
        let mut tls = if url.scheme() == "smtps" { SmtpTls::Implicit } else { SmtpTls::Required };
        let mut root_cert = None;
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("tls", "required") if tls != SmtpTls::Implicit => tls = SmtpTls::Required,
                ("tls", "none") if tls != SmtpTls::Implicit => tls = SmtpTls::None,
                ("tls", _) => {
                    return Err(
                        "has a tls that is not required or none (and none with smtps)".to_owned()
                    );
                }
                ("tlsrootcert", path) => root_cert = Some(PathBuf::from(path)),
                _ => return Err("has a parameter that is not tls or tlsrootcert".to_owned()),
            }
        }
        let credentials = credentials(&url)?;
        if tls == SmtpTls::None && (credentials.is_some() || root_cert.is_some()) {
            return Err("has a password or tlsrootcert, which need TLS, and tls=none".to_owned());
        }
        let default_port = if tls == SmtpTls::Implicit { 465 } else { 587 };
        Ok(Self { host, port: url.port().unwrap_or(default_port), tls, credentials, root_cert })
    }
}

fn credentials(url: &Url) -> Result<Option<SmtpCredentials>, String> {
    let decoded = |part: &str| {
        // The parser of forms decodes as well, but for the plus sign, which here is itself.
        let part = format!("={}", part.replace('+', "%2B"));
        let decoded = url::form_urlencoded::parse(part.as_bytes()).next();
        decoded.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    match (decoded(url.username()), url.password().map(decoded)) {
        (user, None) if user.is_empty() => Ok(None),
        (user, Some(password)) if !user.is_empty() => Ok(Some(SmtpCredentials { user, password })),
        _ => Err("has a user without a password, or a password without a user".to_owned()),
    }
}

impl fmt::Display for SmtpUrl {
    /// As it can be set, but for the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, tls) = match self.tls {
            SmtpTls::Implicit => ("smtps", None),
            SmtpTls::Required | SmtpTls::None => ("smtp", Some(self.tls.word())),
        };
        write!(f, "{scheme}://")?;
        if let Some(credentials) = &self.credentials {
            let mut user = String::new();
            for part in url::form_urlencoded::byte_serialize(credentials.user.as_bytes()) {
                user.push_str(if part == "+" { "%20" } else { part });
            }
            write!(f, "{user}:***@")?;
        }
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port)?,
            false => write!(f, "{}:{}", self.host, self.port)?,
        }
        let mut parameters = url::form_urlencoded::Serializer::new(String::new());
        parameters.extend_pairs(tls.map(|tls| ("tls", tls)));
        let root_cert = self.root_cert.as_ref().map(|path| path.display().to_string());
        parameters.extend_pairs(root_cert.map(|path| ("tlsrootcert", path)));
        let parameters = parameters.finish();
        if parameters.is_empty() { Ok(()) } else { write!(f, "?{parameters}") }
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpUrl({self})")
    }
}

impl fmt::Debug for SmtpCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpCredentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl MailFrom {
    /// The mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &Mailbox {
        &self.0
    }
}

impl FromStr for MailFrom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            "is not a mailbox; expected no-reply@example.com or Scrabble <no-reply@example.com>"
                .to_owned()
        })
    }
}

impl fmt::Display for MailFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_that_operators_have_are_understood() {
        for (text, canonical) in [
            ("smtp://mail.example.com", "smtp://mail.example.com:587?tls=required"),
            ("smtp://localhost:25?tls=none", "smtp://localhost:25?tls=none"),
            ("smtps://u:p@mail.example.com", "smtps://u:***@mail.example.com:465"),
            (
                "smtp://ann%40x.y:p%2F%40+%C3%A9@[::1]:2525?tls=required",
                "smtp://ann%40x.y:***@[::1]:2525?tls=required",
            ),
            ("smtps://h?tlsrootcert=/etc/ca.pem", "smtps://h:465?tlsrootcert=%2Fetc%2Fca.pem"),
        ] {
            let url: SmtpUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), canonical);
            let again: SmtpUrl = canonical.parse().unwrap();
            assert_eq!(again.to_string(), canonical);
        }
        let url: SmtpUrl = "smtp://ann%40x.y:p%2F%40+%C3%A9@h".parse().unwrap();
        let credentials = url.credentials.unwrap();
        assert_eq!(
            (credentials.user.as_str(), credentials.expose_password()),
            ("ann@x.y", "p/@+é")
        );
    }

    #[test]
    fn what_cannot_be_used_says_why_without_the_password() {
        for (text, expected) in [
            ("mail.example.com:587", "expected something like smtp://"),
            ("http://u:hunter2@h", "expected something like smtp://"),
            ("smtp://u:hunter2@", "expected something like smtp://"),
            ("smtp:///x", "names no host"),
            ("smtp://u:hun/ter2@h", "expected something like smtp://"),
            ("smtp://u@h/hunter2", "goes on behind the host"),
            ("smtp://u:hunter2@h?tls=opportunistic", "has a tls that is not required or none"),
            ("smtps://u:hunter2@h?tls=none", "has a tls that is not required or none"),
            ("smtp://u:hunter2@h?password=hunter2", "a parameter that is not tls or tlsrootcert"),
            ("smtp://u:hunter2@h?tls=none", "which need TLS"),
            ("smtp://u@h", "a user without a password"),
            ("smtp://:hunter2@h", "a user without a password"),
        ] {
            let problem = text.parse::<SmtpUrl>().expect_err(text);
            assert!(problem.contains(expected), "{text}: {problem}");
            assert!(!problem.contains("hunter2"), "{text}: {problem}");
        }
    }

    #[test]
    fn who_mail_is_from_is_a_mailbox_with_or_without_a_name() {
        for text in ["no-reply@example.com", "Scrabble <no-reply@example.com>"] {
            assert_eq!(text.parse::<MailFrom>().unwrap().to_string(), text);
        }
        for text in ["", "Scrabble", "a@b, c@d", "Scrabble <no-reply@example.com>\r\nBcc: x@y"] {
            assert!(text.parse::<MailFrom>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "(smtps?://)?[a-z@:/?&=%,\\[\\]0-9.é]{0,60}") {
            if let Ok(url) = text.parse::<SmtpUrl>() {
                let shown = url.to_string();
                prop_assert_eq!(shown.parse::<SmtpUrl>().unwrap().to_string(), shown);
            }
        }
    }
}
