//! The configuration of the service: from environment variables to values that cannot be wrong.
//!
//! Owns every setting's name, default, meaning and range, and reports all mistakes together. It
//! knows nothing of the libraries that the settings are for, and reads no file: what a path points
//! at is found out by those who open it. (lettre's reading of a mailbox is the one exception.)

pub mod dsn;
pub mod duration;
mod environment;
mod gateway_secrets;
mod mail;
mod mistake;
mod reader;
mod sections;
#[cfg(test)]
mod tests;
mod values;
mod variables;

use std::path::PathBuf;
use std::time::Duration;

pub use self::dsn::Dsn;
pub use self::environment::Environment;
pub use self::gateway_secrets::GatewaySecrets;
pub use self::mail::{MailFrom, SmtpCredentials, SmtpTls, SmtpUrl};
pub use self::mistake::{InvalidConfig, Mistake};
pub use self::values::{Exporter, ListenAddr, LogLevel, OtlpEndpoint};
pub use self::variables::Variable;

/// Everything that an operator can set.
#[derive(Debug, Clone)]
pub struct Config {
    /// The HTTP server and its limits.
    pub http: HttpConfig,
    /// How the process ends.
    pub shutdown: ShutdownConfig,
    /// How much is logged.
    pub log_level: LogLevel,
    /// The database and the pool of connections to it.
    pub postgres: PostgresConfig,
    /// How long sessions live.
    pub session: SessionConfig,
    /// How long who was reported is here.
    pub presence: PresenceConfig,
    /// The stream of events.
    pub events: EventsConfig,
    /// How mail leaves.
    pub mail: MailConfig,
    /// Where the operator's lexicons are.
    pub lexicon_dir: Option<PathBuf>,
    /// Traces and metrics.
    pub telemetry: TelemetryConfig,
}

/// The HTTP server and its limits.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where to listen.
    pub addr: ListenAddr,
    /// Connections open at once.
    pub connections_max: usize,
    /// Requests in flight at once, over all connections.
    pub requests_max: usize,
    /// Requests open at once on one HTTP/2 connection; at least 1.
    pub streams_max: u32,
    /// Bytes of a request's body.
    pub body_bytes_max: usize,
    /// Bytes of a request's head; at least 8192.
    pub header_bytes_max: usize,
    /// Time for a request's head to arrive whole.
    pub header_read_timeout: Duration,
    /// Time for a request's body to arrive whole.
    pub body_read_timeout: Duration,
    /// Time for a caller to take what is ready for it.
    pub write_timeout: Duration,
    /// Time after which a connection without a request is closed.
    pub idle_timeout: Duration,
    /// Time to answer a request.
    pub request_timeout: Duration,
    /// What the gateway and side services show; empty where nothing is asked of them.
    pub gateway_secrets: GatewaySecrets,
}

/// How the process ends after SIGTERM.
#[derive(Debug, Clone)]
pub struct ShutdownConfig {
    /// How long requests are still taken while readiness is red already; may be zero.
    pub delay: Duration,
    /// After the delay, how long requests in flight may take to finish; may be zero.
    pub timeout: Duration,
}

/// The database and the pool of connections to it.
#[derive(Debug, Clone)]
pub struct PostgresConfig {
    /// Which database, as whom, and how.
    pub dsn: Dsn,
    /// Pooled connections open at once; at least 1.
    pub connections_open_max: usize,
    /// Pooled connections kept while idle; at most `connections_open_max`, 0 keeps none.
    pub connections_idle_max: usize,
    /// Age at which a pooled connection is replaced.
    pub connection_lifetime_max: Duration,
    /// Bounds a connect attempt, a readiness ping and every statement.
    pub operation_timeout: Duration,
}

/// How long sessions live. No idle time is longer than the lifetime beside it.
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// A session ends when it has not been used for so long.
    pub idle_ttl: Duration,
    /// A session ends at this age, used or not.
    pub ttl: Duration,
    /// The same as `idle_ttl` for accounts with an operator role.
    pub operator_idle_ttl: Duration,
    /// The same as `ttl` for accounts with an operator role.
    pub operator_ttl: Duration,
    /// The cache is believed for so long without word from the database.
    pub staleness_max: Duration,
    /// How often the table is told when sessions were last used.
    pub last_seen_interval: Duration,
    /// How often sessions at their end are cleared away.
    pub purge_interval: Duration,
}

/// How long who was reported is here.
#[derive(Debug, Clone)]
pub struct PresenceConfig {
    /// So long after a gateway's last word.
    pub ttl: Duration,
}

/// The stream of events.
#[derive(Debug, Clone)]
pub struct EventsConfig {
    /// How long events are kept for those who have not read them.
    pub retention: Duration,
    /// How long a stream is silent at the most.
    pub heartbeat: Duration,
    /// Streams open at once; at least 1.
    pub streams_max: usize,
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// The server that passes it on; without one, what needs mail is refused.
    pub relay: Option<RelayConfig>,
    /// Without a server it is printed instead: what `dev` does.
    pub is_printed: bool,
}

/// The server that passes mail on.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// Where it is, and how it is spoken to.
    pub url: SmtpUrl,
    /// Who mail is from.
    pub from: MailFrom,
}

/// Traces and metrics.
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// OpenTelemetry's `service.name`.
    pub service_name: String,
    /// Where traces go.
    pub traces_exporter: Exporter,
    /// Where metrics go.
    pub metrics_exporter: Exporter,
    /// The collector that [`Exporter::Otlp`] means.
    pub otlp_endpoint: OtlpEndpoint,
}

impl Config {
    /// Reads all variables. `embedded_dsn` stands in when `BACKEND_POSTGRES_DSN` is not set: the
    /// `dev` command brings a database of its own.
    ///
    /// # Errors
    ///
    /// Every mistake in every variable, and every unknown variable whose name begins with
    /// `BACKEND_`, together.
    pub fn from_environment(
        environment: &Environment,
        embedded_dsn: Option<&str>,
    ) -> Result<Self, InvalidConfig> {
        let mut reader = reader::Reader::new(environment);
        let http = sections::http(&mut reader);
        let shutdown = sections::shutdown(&mut reader);
        let log_level = reader.value(&variables::LOG_LEVEL);
        let postgres = sections::postgres(&mut reader, embedded_dsn);
        let session = sections::session(&mut reader);
        let presence = sections::presence(&mut reader);
        let events = sections::events(&mut reader);
        let mail = sections::mail(&mut reader);
        let lexicon_dir = sections::lexicon_dir(&mut reader);
        let telemetry = sections::telemetry(&mut reader);
        reader.refuse_unknown_names();
        let config = move || {
            Some(Self {
                http: http?,
                shutdown: shutdown?,
                log_level: log_level?,
                postgres: postgres?,
                session: session?,
                presence: presence?,
                events: events?,
                mail: mail?,
                lexicon_dir: lexicon_dir?,
                telemetry: telemetry?,
            })
        };
        reader.finish(config())
    }

    /// Every variable that the service reads, in the order of the documentation.
    #[must_use]
    pub fn variables() -> &'static [Variable] {
        variables::VARIABLES
    }

    /// Every variable's name and effective value, secrets masked, in the order of
    /// [`Self::variables`].
    #[must_use]
    pub fn effective(&self) -> Vec<(&'static str, String)> {
        variables::VARIABLES.iter().map(|variable| (variable.name, (variable.show)(self))).collect()
    }
}
