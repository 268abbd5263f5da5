//! One mail in one conversation with the server that passes it on.
//!
//! Every mail has a connection of its own: nothing that is left of one, as when its time is over, can
//! be taken for the answer to another. Owns which answers are final. What the server says beside its
//! numbers is not told on, for it repeats addresses.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use super::types::LeasedMail;
use crate::config::{RelayConfig, SmtpTls};
use crate::time::Timestamp;

/// The longest that a conversation takes, from the connection to the server's last word.
pub(super) const CONVERSATION_MAX: Duration = Duration::from_secs(30);

/// How long the server may take to say good-bye, when the mail is gone already.
const QUIT_MAX: Duration = Duration::from_secs(1);

/// The server that passes mail on, and how it is spoken to.
pub(super) struct Relay {
    host: String,
    port: u16,
    tls: SmtpTls,
    tls_parameters: Option<TlsParameters>,
    credentials: Option<Credentials>,
    from: Mailbox,
    hello: ClientId,
}

/// Why mail can't be sent as configured.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The file of `tlsrootcert` can't be read.
    #[error("tlsrootcert {}: cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no certificate in the file of `tlsrootcert`.
    #[error("tlsrootcert {}: holds no PEM certificate", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
    },
    /// TLS can't be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] lettre::transport::smtp::Error),
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("nobody wants it any more")]
    Expired,
    #[error("it can't be written as a message")]
    Unwritable(#[source] lettre::error::Error),
    #[error("the server has no SMTPUTF8, which the address needs")]
    NeedsSmtpUtf8,
    #[error("the server refused the mail with {0}")]
    Refused(u16),
    #[error("{0}: the server answered {1}")]
    Answered(&'static str, u16),
    #[error("{0}")]
    Failed(&'static str, #[source] Trouble),
    #[error("the conversation did not end within {CONVERSATION_MAX:?}")]
    TimedOut,
}

/// What went wrong on the way, without what the server said.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the server's answer is none of SMTP")]
    NoSmtp,
    #[error(transparent)]
    Other(lettre::transport::smtp::Error),
}

impl Error {
    /// Whether trying again can't help.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Expired | Self::Unwritable(_) | Self::NeedsSmtpUtf8 | Self::Refused(_) => true,
            Self::Answered(..) | Self::Failed(..) | Self::TimedOut => false,
        }
    }

    /// Trouble with the server itself: it may pass, or be mended by an operator.
    fn at(doing: &'static str) -> impl FnOnce(lettre::transport::smtp::Error) -> Self {
        move |error| match error.status() {
            Some(code) => Self::Answered(doing, code.into()),
            None if error.is_response() => Self::Failed(doing, Trouble::NoSmtp),
            None => Self::Failed(doing, Trouble::Other(error)),
        }
    }

    /// The same, but a lasting refusal is one of this very mail.
    fn of_mail(doing: &'static str) -> impl FnOnce(lettre::transport::smtp::Error) -> Self {
        move |error| match error.status() {
            Some(code) if error.is_permanent() => Self::Refused(code.into()),
            _ => Self::at(doing)(error),
        }
    }
}

impl Relay {
    pub(super) fn new(config: &RelayConfig) -> Result<Self, SetUpError> {
        let url = &config.url;
        let tls_parameters = match url.tls {
            SmtpTls::None => None,
            SmtpTls::Required | SmtpTls::Implicit => {
                Some(tls_parameters(&url.host, url.root_cert.as_deref())?)
            }
        };
        let from = config.from.mailbox().clone();
        Ok(Self {
            host: url.host.clone(),
            port: url.port,
            tls: url.tls,
            tls_parameters,
            credentials: url.credentials.as_ref().map(|credentials| {
                Credentials::new(credentials.user.clone(), credentials.expose_password().to_owned())
            }),
            hello: ClientId::Domain(from.email.domain().to_owned()),
            from,
        })
    }

    /// Sends a mail; it is gone when this is.
    pub(super) async fn send(&self, mail: &LeasedMail) -> Result<(), Error> {
        let message = self.message(mail).map_err(Error::Unwritable)?;
        let formatted = message.formatted();
        let conversation = self.converse(message.envelope(), &formatted);
        let mut connection = tokio::time::timeout(CONVERSATION_MAX, conversation)
            .await
            .map_err(|_| Error::TimedOut)??;
        // The mail is the server's now, whatever comes of the good-bye.
        let _ = tokio::time::timeout(QUIT_MAX, connection.quit()).await;
        Ok(())
    }

    async fn converse(
        &self,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<AsyncSmtpConnection, Error> {
        let mut connection = self.connect().await?;
        let supports = |extension| connection.server_info().supports_feature(extension);
        let mut parameters = Vec::new();
        // The text is encoded, so that only addresses can be anything but ASCII.
        if !message.is_ascii() {
            if !supports(Extension::SmtpUtfEight) {
                return Err(Error::NeedsSmtpUtf8);
            }
            parameters.push(MailParameter::SmtpUtfEight);
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let from = Mail::new(envelope.from().cloned(), parameters);
        connection.command(from).await.map_err(Error::at("MAIL"))?;
        for to in envelope.to() {
            let to = Rcpt::new(to.clone(), Vec::new());
            connection.command(to).await.map_err(Error::of_mail("RCPT"))?;
        }
        connection.command(Data).await.map_err(Error::of_mail("DATA"))?;
        connection.message(message).await.map_err(Error::of_mail("the message"))?;
        Ok(connection)
    }

    /// A connection on which mail can be sent: secret, and known to the server.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let implicit = self.tls_parameters.clone().filter(|_| self.tls == SmtpTls::Implicit);
        let server = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            server,
            Some(CONVERSATION_MAX),
            &self.hello,
            implicit,
            None,
        )
        .await
        .map_err(Error::at("connecting"))?;
        if let Some(parameters) = &self.tls_parameters
            && self.tls == SmtpTls::Required
        {
            let secured = connection.starttls(parameters.clone(), &self.hello).await;
            secured.map_err(Error::at("STARTTLS"))?;
        }
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let known = connection.auth(&mechanisms, credentials).await;
            known.map_err(Error::at("AUTH"))?;
        }
        Ok(connection)
    }

    /// The message: the same at every attempt, so that who gets it twice can tell.
    fn message(&self, mail: &LeasedMail) -> Result<Message, lettre::error::Error> {
        let to = mail.to.as_str().parse().map_err(|_| lettre::error::Error::MissingTo)?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.clone())
            .date(system_time(mail.created_at))
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body.clone())
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Relay({}:{})", self.host, self.port)
    }
}

/// RFC 3834: nobody is to answer to it, least of all a machine.
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn tls_parameters(host: &str, root_cert: Option<&Path>) -> Result<TlsParameters, SetUpError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = root_cert {
        let pem = std::fs::read(path)
            .map_err(|source| SetUpError::Unreadable { path: path.to_owned(), source })?;
        let unusable = || SetUpError::Unusable { path: path.to_owned() };
        let certificate = Certificate::from_pem(&pem).map_err(|_| unusable())?;
        builder =
            builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(SetUpError::Tls)
}

fn system_time(moment: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(moment.as_micros().unsigned_abs())
}
