//! The table of variables: each one's name, default and meaning stand here, and only here.
//!
//! README's table, `--check-config` and the readers in `sections.rs` all take them from here. How a
//! value is read and what range it must have is not known here.

use std::fmt;

use super::{Config, duration};

/// One environment variable.
#[derive(Clone, Copy)]
pub struct Variable {
    /// Its name in the environment.
    pub name: &'static str,
    /// The text that stands in for it when it is not set; `None` where there is none: what is then, its
    /// meaning says.
    pub default: Option<&'static str>,
    /// What it does, with units and relations to others, in one line.
    pub meaning: &'static str,
    /// The effective value as an operator would write it, secrets masked.
    pub(super) show: fn(&Config) -> String,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Variables with our prefix that others read: the `dev` command and the tests.
pub(super) const READ_ELSEWHERE: [&str; 2] = ["BACKEND_PG_BINDIR", "BACKEND_DEV_DATA_DIR"];

/// The prefix of variables that only tests read.
pub(super) const TEST_PREFIX: &str = "BACKEND_TEST_";

macro_rules! table {
    ($($constant:ident: $name:literal, $default:expr, $meaning:literal, $show:expr;)+) => {
        $(pub(super) const $constant: Variable = Variable {
            name: $name,
            default: $default,
            meaning: $meaning,
            show: $show,
        };)+

        /// All variables in the order in which they are documented and printed.
        pub(super) const VARIABLES: &[Variable] = &[$($constant),+];
    };
}

table! {
    HTTP_ADDR: "BACKEND_HTTP_ADDR", Some(":8080"),
        "Where to listen: `:8080` is every interface, `127.0.0.1:0` one with a free port, `[::1]:8080` IPv6.",
        |config| config.http.addr.to_string();
    HTTP_CONNECTIONS_MAX: "BACKEND_HTTP_CONNECTIONS_MAX", Some("10000"),
        "Connections open at once; further ones wait to be accepted. The limit of open files is raised as far as it goes, and counts if it is lower.",
        |config| config.http.connections_max.to_string();
    HTTP_REQUESTS_MAX: "BACKEND_HTTP_REQUESTS_MAX", Some("1024"),
        "Requests in flight at once; further ones get a fast 503.",
        |config| config.http.requests_max.to_string();
    HTTP_STREAMS_MAX: "BACKEND_HTTP_STREAMS_MAX", Some("128"),
        "Requests open at once on one HTTP/2 connection; further ones are refused, unanswered.",
        |config| config.http.streams_max.to_string();
    HTTP_BODY_BYTES_MAX: "BACKEND_HTTP_BODY_BYTES_MAX", Some("65536"),
        "Bytes of a request's body; a longer one gets a 413.",
        |config| config.http.body_bytes_max.to_string();
    HTTP_HEADER_BYTES_MAX: "BACKEND_HTTP_HEADER_BYTES_MAX", Some("16384"),
        "Bytes of a request's head; a longer one gets a 431. At least 8192.",
        |config| config.http.header_bytes_max.to_string();
    HTTP_HEADER_READ_TIMEOUT: "BACKEND_HTTP_HEADER_READ_TIMEOUT", Some("10s"),
        "Time for a request's head to arrive whole, once the one before is answered.",
        |config| duration::format(config.http.header_read_timeout);
    HTTP_BODY_READ_TIMEOUT: "BACKEND_HTTP_BODY_READ_TIMEOUT", Some("10s"),
        "Time for a request's body to arrive whole.",
        |config| duration::format(config.http.body_read_timeout);
    HTTP_WRITE_TIMEOUT: "BACKEND_HTTP_WRITE_TIMEOUT", Some("10s"),
        "Time for a caller to take what is ready for it.",
        |config| duration::format(config.http.write_timeout);
    HTTP_IDLE_TIMEOUT: "BACKEND_HTTP_IDLE_TIMEOUT", Some("2m"),
        "Time after which a connection without a request is closed. Keep it above the gateway's own.",
        |config| duration::format(config.http.idle_timeout);
    HTTP_REQUEST_TIMEOUT: "BACKEND_HTTP_REQUEST_TIMEOUT", Some("15s"),
        "Time to answer a request.",
        |config| duration::format(config.http.request_timeout);
    GATEWAY_SECRET: "BACKEND_GATEWAY_SECRET", None,
        "Every request but the probes must carry it in `X-Gateway-Secret`. Several, with commas between, while it is rotated; each at least 16 visible ASCII characters. Optional: without it nobody is asked.",
        |config| config.http.gateway_secrets.to_string();
    SHUTDOWN_DELAY: "BACKEND_SHUTDOWN_DELAY", Some("0s"),
        "After SIGTERM, how long requests are still taken while `/readyz` is red already.",
        |config| duration::format(config.shutdown.delay);
    SHUTDOWN_TIMEOUT: "BACKEND_SHUTDOWN_TIMEOUT", Some("20s"),
        "After that delay, how long requests in flight may take to finish.",
        |config| duration::format(config.shutdown.timeout);
    LOG_LEVEL: "BACKEND_LOG_LEVEL", Some("info"),
        "`debug`, `info`, `warn` or `error`.",
        |config| config.log_level.to_string();
    POSTGRES_DSN: "BACKEND_POSTGRES_DSN", None,
        "The database: a `postgres://` URL with `search_path=backend`. Required by `serve`; `dev` brings its own.",
        |config| config.postgres.dsn.to_string();
    POSTGRES_MAX_OPEN_CONNS: "BACKEND_POSTGRES_MAX_OPEN_CONNS", Some("25"),
        "Pooled connections open at once.",
        |config| config.postgres.connections_open_max.to_string();
    POSTGRES_MAX_IDLE_CONNS: "BACKEND_POSTGRES_MAX_IDLE_CONNS", Some("5"),
        "Pooled connections kept while idle; at most as many as may be open.",
        |config| config.postgres.connections_idle_max.to_string();
    POSTGRES_CONN_MAX_LIFETIME: "BACKEND_POSTGRES_CONN_MAX_LIFETIME", Some("30m"),
        "Age at which a pooled connection is replaced.",
        |config| duration::format(config.postgres.connection_lifetime_max);
    POSTGRES_OPERATION_TIMEOUT: "BACKEND_POSTGRES_OPERATION_TIMEOUT", Some("5s"),
        "Bounds a connect attempt, the `/readyz` ping and every statement.",
        |config| duration::format(config.postgres.operation_timeout);
    SESSION_IDLE_TTL: "BACKEND_SESSION_IDLE_TTL", Some("168h"),
        "A session ends when it has not been used for so long.",
        |config| duration::format(config.session.idle_ttl);
    SESSION_TTL: "BACKEND_SESSION_TTL", Some("720h"),
        "A session ends at this age, used or not.",
        |config| duration::format(config.session.ttl);
    SESSION_OPERATOR_IDLE_TTL: "BACKEND_SESSION_OPERATOR_IDLE_TTL", Some("1h"),
        "An operator's session ends when it has not been used for so long.",
        |config| duration::format(config.session.operator_idle_ttl);
    SESSION_OPERATOR_TTL: "BACKEND_SESSION_OPERATOR_TTL", Some("24h"),
        "An operator's session ends at this age, used or not.",
        |config| duration::format(config.session.operator_ttl);
    SESSION_STALENESS_MAX: "BACKEND_SESSION_STALENESS_MAX", Some("30s"),
        "Without word from the database for so long, sessions resolve with 503.",
        |config| duration::format(config.session.staleness_max);
    SESSION_LAST_SEEN_INTERVAL: "BACKEND_SESSION_LAST_SEEN_INTERVAL", Some("30s"),
        "How often the database is told when sessions were last used.",
        |config| duration::format(config.session.last_seen_interval);
    SESSION_PURGE_INTERVAL: "BACKEND_SESSION_PURGE_INTERVAL", Some("10m"),
        "How often sessions at their end are cleared out of the database.",
        |config| duration::format(config.session.purge_interval);
    PRESENCE_TTL: "BACKEND_PRESENCE_TTL", Some("1m"),
        "Who is not reported by any gateway for so long is gone.",
        |config| duration::format(config.presence.ttl);
    EVENTS_RETENTION: "BACKEND_EVENTS_RETENTION", Some("24h"),
        "How long events are kept for a reader that comes again; a later one gets a 410.",
        |config| duration::format(config.events.retention);
    EVENTS_HEARTBEAT: "BACKEND_EVENTS_HEARTBEAT", Some("15s"),
        "How long a stream of events is silent at the most. Keep it below the idle timeouts of what is in between.",
        |config| duration::format(config.events.heartbeat);
    EVENTS_STREAMS_MAX: "BACKEND_EVENTS_STREAMS_MAX", Some("32"),
        "Streams of events open at once; further ones get a 503.",
        |config| config.events.streams_max.to_string();
    SMTP_URL: "BACKEND_SMTP_URL", None,
        "The mail server: `smtp://user:password@host:587` (STARTTLS, or no mail), `smtps://…`; `tls=none` for one on the same machine, `tlsrootcert` for a file of root certificates. Without it `dev` prints mail, and `serve` refuses what needs it.",
        |config| config.mail.relay.as_ref().map(|relay| relay.url.to_string()).unwrap_or_default();
    MAIL_FROM: "BACKEND_MAIL_FROM", None,
        "Who mail is from, such as `Scrabble <no-reply@example.com>`. Required with `BACKEND_SMTP_URL`.",
        |config| config.mail.relay.as_ref().map(|relay| relay.from.to_string()).unwrap_or_default();
    LEXICON_DIR: "BACKEND_LEXICON_DIR", None,
        "A folder of lexicons (`*.lex`, made by `lexicon build`) for games beside the English one; those in its folder `retired` are for games that began with them. Optional.",
        |config| config.lexicon_dir.as_ref().map(|dir| dir.display().to_string()).unwrap_or_default();
    SERVICE_NAME: "BACKEND_SERVICE_NAME", Some("scrabble-backend"),
        "OpenTelemetry's `service.name`.",
        |config| config.telemetry.service_name.clone();
    OTEL_TRACES_EXPORTER: "BACKEND_OTEL_TRACES_EXPORTER", Some("none"),
        "Where traces go: `none`, `stdout` or `otlp`.",
        |config| config.telemetry.traces_exporter.to_string();
    OTEL_METRICS_EXPORTER: "BACKEND_OTEL_METRICS_EXPORTER", Some("none"),
        "Where metrics go: `none`, `stdout` or `otlp`.",
        |config| config.telemetry.metrics_exporter.to_string();
    OTLP_ENDPOINT: "OTEL_EXPORTER_OTLP_ENDPOINT", Some("http://127.0.0.1:4318"),
        "The collector's base URL for `otlp`: OTLP over HTTP, `http://` only.",
        |config| config.telemetry.otlp_endpoint.to_string();
}
