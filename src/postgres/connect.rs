//! Opens connections to `PostgreSQL`, each within a bounded time.
//!
//! Owns the way from a DSN to a connected client: which servers and addresses are tried in which
//! order, when TLS is used, and what every session is told at its start. Pooling, retries and what
//! an error means to a caller are not known here.

use std::error::Error as _;
use std::fmt;
use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_postgres::config::{SslMode as DriverSslMode, TargetSessionAttrs as DriverAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connect_error::{Attempt, AttemptError, ConnectError};
use super::driver_error::DriverError;
use super::tls::TlsError;
use crate::config::Dsn;
use crate::config::dsn::{Endpoint, SslMode, TargetSessionAttrs};
use crate::telemetry::Chain;

/// What `pg_stat_activity` shows when the DSN does not say.
const APPLICATION_NAME: &str = "scrabble-backend";

/// Opens connections to the database of one DSN. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    dsn: Arc<Dsn>,
    tls: Option<MakeRustlsConnect>,
    operation_timeout: Duration,
    connect_timeout: Duration,
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionOptions {
    /// Short statements: the server itself ends a statement, and a transaction left idle, after the
    /// operation timeout, so that a client that vanished holds no locks.
    Pooled,
    /// Statements that may take long, like migrations and COPY; also listening.
    Unbounded,
}

/// A connected client, and the task that moves its messages.
///
/// The task ends when the client is dropped, or the connection is lost.
pub type Session = (Client, JoinHandle<()>);

/// Where announcements go.
pub(super) type Inbox = mpsc::Sender<String>;

impl Connector {
    /// Prepares connections; reads root certificates, once, and so blocks for a moment.
    ///
    /// `operation_timeout` bounds each call of [`Self::connect`], and statements of
    /// [`SessionOptions::Pooled`].
    ///
    /// # Errors
    ///
    /// When the DSN asks for TLS, and root certificates cannot be had.
    pub fn new(dsn: &Dsn, operation_timeout: Duration) -> Result<Self, TlsError> {
        let tls = super::tls::for_dsn(dsn)?;
        Ok(Self {
            dsn: Arc::new(dsn.clone()),
            tls,
            operation_timeout,
            connect_timeout: operation_timeout,
        })
    }

    /// What bounds a statement.
    pub(crate) const fn operation_timeout(&self) -> Duration {
        self.operation_timeout
    }

    /// The same, with another bound on each call of [`Self::connect`]; sessions keep theirs.
    pub(super) fn within(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// Connects to the first server that answers, and spawns the task that serves the connection.
    ///
    /// Each server and address gets an equal share of the time left, so that one that swallows
    /// packets does not keep us from the next; what is left over passes on.
    ///
    /// # Errors
    ///
    /// When no server could be connected to within the operation timeout: what happened at each.
    pub async fn connect(&self, options: SessionOptions) -> Result<Session, ConnectError> {
        self.connect_with(options, None).await
    }

    /// As [`Self::connect`]; what is announced by NOTIFY goes into `inbox`, and the connection ends
    /// when that is full.
    pub(super) async fn listen(&self, inbox: Inbox) -> Result<Client, ConnectError> {
        let (client, _) = self.connect_with(SessionOptions::Unbounded, Some(inbox)).await?;
        Ok(client)
    }

    async fn connect_with(
        &self,
        options: SessionOptions,
        inbox: Option<Inbox>,
    ) -> Result<Session, ConnectError> {
        let deadline = Instant::now() + self.connect_timeout;
        let mut attempts = Vec::new();
        let mut endpoints_left = u32::try_from(self.dsn.endpoints.len()).unwrap_or(u32::MAX);
        for endpoint in &self.dsn.endpoints {
            let endpoint_deadline = Instant::now() + share(deadline, endpoints_left);
            endpoints_left -= 1;
            let addresses = match addresses(endpoint, endpoint_deadline).await {
                Ok(addresses) => addresses,
                Err(reason) => {
                    attempts.push(Attempt { target: endpoint.to_string(), reason });
                    continue;
                }
            };
            let mut addresses_left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
            for address in addresses {
                let budget = share(endpoint_deadline, addresses_left);
                let budget = self.dsn.connect_timeout.map_or(budget, |limit| limit.min(budget));
                addresses_left -= 1;
                let attempt = self.attempt(endpoint, address, options, inbox.clone());
                let reason = match timeout(budget, attempt).await {
                    Ok(Ok(session)) => return Ok(session),
                    Ok(Err(error)) => AttemptError::Driver(error.into()),
                    Err(_) => AttemptError::TimedOut(budget),
                };
                attempts.push(Attempt { target: target(endpoint, address), reason });
            }
        }
        Err(ConnectError { attempts })
    }

    /// All but the servers.
    fn session_config(&self, options: SessionOptions) -> tokio_postgres::Config {
        let dsn = &*self.dsn;
        let mut config = tokio_postgres::Config::new();
        config.user(&dsn.user).dbname(&dsn.database);
        config.application_name(dsn.application_name.as_deref().unwrap_or(APPLICATION_NAME));
        config.options(self.server_options(options));
        config.ssl_mode(match dsn.ssl_mode {
            SslMode::Disable => DriverSslMode::Disable,
            SslMode::Prefer => DriverSslMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => DriverSslMode::Require,
        });
        config.target_session_attrs(match dsn.target_session_attrs {
            TargetSessionAttrs::Any => DriverAttrs::Any,
            TargetSessionAttrs::ReadWrite => DriverAttrs::ReadWrite,
            TargetSessionAttrs::ReadOnly => DriverAttrs::ReadOnly,
        });
        if let Some(password) = &dsn.password {
            config.password(password.expose());
        }
        config.keepalives(dsn.keepalives.enabled);
        if let Some(idle) = dsn.keepalives.idle {
            config.keepalives_idle(idle);
        }
        if let Some(interval) = dsn.keepalives.interval {
            config.keepalives_interval(interval);
        }
        if let Some(count) = dsn.keepalives.count {
            config.keepalives_retries(count);
        }
        if let Some(time) = dsn.tcp_user_timeout {
            config.tcp_user_timeout(time);
        }
        config
    }

    /// The operator's options and then ours, for the server lets the last one win.
    ///
    /// The driver does not know `search_path` in a URL; as an option it is also what RESET and
    /// DISCARD fall back to.
    fn server_options(&self, options: SessionOptions) -> String {
        let mut text = self.dsn.options.clone().unwrap_or_default();
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str("-c search_path=backend");
        if options == SessionOptions::Pooled {
            // Zero would switch the timeouts off.
            let milliseconds = self.operation_timeout.as_millis().max(1);
            text.push_str(&format!(
                " -c statement_timeout={milliseconds} \
                 -c idle_in_transaction_session_timeout={milliseconds}"
            ));
        }
        text
    }

    /// Connects to one address, with TLS as the DSN has it.
    async fn attempt(
        &self,
        endpoint: &Endpoint,
        address: Option<IpAddr>,
        options: SessionOptions,
        inbox: Option<Inbox>,
    ) -> Result<Session, tokio_postgres::Error> {
        let mut config = self.session_config(options);
        add_endpoint(&mut config, endpoint);
        if let Some(address) = address {
            config.hostaddr(address);
        }
        let tls = match (&self.tls, endpoint) {
            (Some(tls), Endpoint::Tcp { .. }) => tls.clone(),
            // PostgreSQL has no TLS on Unix sockets, and libpq does not ask for it whatever
            // sslmode says; the driver would ask, and fail.
            (None, _) | (_, Endpoint::Unix { .. }) => return connect_plain(config, inbox).await,
        };
        match config.connect(tls).await {
            Ok((client, connection)) => Ok(drive(client, connection, inbox)),
            Err(error) if self.dsn.ssl_mode == SslMode::Prefer && is_about_tls(&error) => {
                tracing::debug!(%endpoint, error = %Chain(&DriverError::from(error)), "TLS failed, going without");
                connect_plain(config, inbox).await
            }
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("dsn", &self.dsn)
            .field("operation_timeout", &self.operation_timeout)
            .finish_non_exhaustive()
    }
}

/// An equal part of the time that is left.
fn share(deadline: Instant, among: u32) -> Duration {
    deadline.saturating_duration_since(Instant::now()) / among.max(1)
}

/// The addresses of a server; `None` stands for its Unix socket.
async fn addresses(
    endpoint: &Endpoint,
    deadline: Instant,
) -> Result<Vec<Option<IpAddr>>, AttemptError> {
    let Endpoint::Tcp { host, port } = endpoint else { return Ok(vec![None]) };
    let budget = share(deadline, 1);
    match timeout(budget, tokio::net::lookup_host((host.as_str(), *port))).await {
        Err(_) => Err(AttemptError::TimedOut(budget)),
        Ok(Err(error)) => Err(AttemptError::Unresolved(error)),
        Ok(Ok(found)) => {
            let addresses: Vec<_> = found.map(|address| Some(address.ip())).collect();
            if addresses.is_empty() {
                return Err(AttemptError::Unresolved(std::io::ErrorKind::NotFound.into()));
            }
            Ok(addresses)
        }
    }
}

fn add_endpoint(config: &mut tokio_postgres::Config, endpoint: &Endpoint) {
    match endpoint {
        Endpoint::Tcp { host, port } => config.host(host).port(*port),
        Endpoint::Unix { directory, port } => config.host_path(directory).port(*port),
    };
}

/// `host:port`, with the address where the name does not say it.
fn target(endpoint: &Endpoint, address: Option<IpAddr>) -> String {
    match (endpoint, address) {
        (Endpoint::Tcp { host, .. }, Some(address)) if *host != address.to_string() => {
            format!("{endpoint} ({address})")
        }
        _ => endpoint.to_string(),
    }
}

async fn connect_plain(
    mut config: tokio_postgres::Config,
    inbox: Option<Inbox>,
) -> Result<Session, tokio_postgres::Error> {
    config.ssl_mode(DriverSslMode::Disable);
    let (client, connection) = config.connect(NoTls).await?;
    Ok(drive(client, connection, inbox))
}

/// Whether libpq's `prefer` would try again without TLS: the handshake failed, or the server's
/// `pg_hba.conf` has no entry for an encrypted connection.
fn is_about_tls(error: &tokio_postgres::Error) -> bool {
    let handshake = error
        .source()
        .and_then(|cause| cause.downcast_ref::<std::io::Error>())
        .and_then(|error| error.get_ref())
        .is_some_and(|cause| cause.is::<rustls::Error>());
    handshake || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

/// Spawns the task that moves a connection's messages until the client is dropped.
fn drive<S, T>(client: Client, mut connection: Connection<S, T>, inbox: Option<Inbox>) -> Session
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let task = tokio::spawn(async move {
        while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
            match (message, &inbox) {
                (Ok(AsyncMessage::Notification(announced)), Some(inbox)) => {
                    if inbox.try_send(announced.payload().to_owned()).is_err() {
                        return;
                    }
                }
                (Ok(_), _) => {}
                (Err(error), _) => {
                    // Whoever waits for an answer gets an error of their own; this is for the curious.
                    let error = DriverError::from(error);
                    tracing::debug!(error = %Chain(&error), "a PostgreSQL connection has ended");
                    return;
                }
            }
        }
    });
    (client, task)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connector(parameters: &str, hosts: &str) -> Connector {
        let dsn = format!("postgres://u:secret@{hosts}/d?search_path=backend&{parameters}");
        Connector::new(&Dsn::parse(&dsn).unwrap(), Duration::from_millis(500)).unwrap()
    }

    #[test]
    fn our_options_follow_the_operators_so_that_they_win() {
        let connector = connector("options=-c%20geqo%3Doff", "h");
        let options = |kind| connector.session_config(kind).get_options().map(ToOwned::to_owned);
        assert_eq!(
            options(SessionOptions::Unbounded).as_deref(),
            Some("-c geqo=off -c search_path=backend")
        );
        assert_eq!(
            options(SessionOptions::Pooled).as_deref(),
            Some(
                "-c geqo=off -c search_path=backend -c statement_timeout=500 \
                 -c idle_in_transaction_session_timeout=500"
            )
        );
        assert!(!format!("{connector:?}").contains("secret"));
    }

    #[tokio::test]
    async fn a_silent_server_does_not_keep_us_from_the_next() {
        // It takes connections and never says a word.
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let silent_port = silent.local_addr().unwrap().port();
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed_port = closed.local_addr().unwrap().port();
        drop(closed);
        let hosts = format!("127.0.0.1:{silent_port},127.0.0.1:{closed_port}");
        for mode in ["disable", "prefer", "require"] {
            let before = Instant::now();
            let connector = connector(&format!("sslmode={mode}"), &hosts);
            let error = connector.connect(SessionOptions::Pooled).await.unwrap_err();
            assert!(before.elapsed() < Duration::from_secs(1), "{mode}");
            assert_eq!(error.attempts.len(), 2);
            assert!(matches!(error.attempts[0].reason, AttemptError::TimedOut(_)), "{error}");
            assert!(error.to_string().contains("refused"), "{error}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_root_certificate_that_cannot_be_read_is_named() {
        for (path, expected) in [
            ("/nowhere/ca.pem", "/nowhere/ca.pem: cannot be read"),
            ("/dev/null", "/dev/null: holds no PEM"),
        ] {
            let dsn = format!(
                "postgres://u@h/d?search_path=backend&sslmode=verify-full&sslrootcert={path}"
            );
            let error =
                Connector::new(&Dsn::parse(&dsn).unwrap(), Duration::from_secs(1)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
