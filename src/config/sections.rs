//! From variables to settings: one small function a section.
//!
//! Owns the sensible range of each setting and how settings bound each other. Names and defaults
//! are in `variables.rs`.

use std::path::PathBuf;
use std::time::Duration;

use super::dsn::Dsn;
use super::gateway_secrets::GatewaySecrets;
use super::reader::Reader;
use super::variables as var;
use super::{
    EventsConfig, HttpConfig, MailConfig, MailFrom, PostgresConfig, PresenceConfig, RelayConfig,
    SessionConfig, ShutdownConfig, SmtpUrl, TelemetryConfig,
};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// A bound against slips of the keyboard, not a recommendation.
const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

pub(super) fn http(reader: &mut Reader<'_>) -> Option<HttpConfig> {
    let waiting = MILLISECOND * 100..=MINUTE * 10;
    let addr = reader.value(&var::HTTP_ADDR);
    let connections_max = reader.number(&var::HTTP_CONNECTIONS_MAX, 1..=1_000_000);
    let requests_max = reader.number(&var::HTTP_REQUESTS_MAX, 1..=1_000_000);
    let streams_max = reader.number(&var::HTTP_STREAMS_MAX, 1..=100_000);
    let body_bytes_max = reader.number(&var::HTTP_BODY_BYTES_MAX, 1024..=64 << 20);
    // hyper refuses to work with a read buffer below 8192 bytes.
    let header_bytes_max = reader.number(&var::HTTP_HEADER_BYTES_MAX, 8192..=1 << 20);
    let header_read_timeout = reader.duration(&var::HTTP_HEADER_READ_TIMEOUT, waiting.clone());
    let body_read_timeout = reader.duration(&var::HTTP_BODY_READ_TIMEOUT, waiting.clone());
    let write_timeout = reader.duration(&var::HTTP_WRITE_TIMEOUT, waiting.clone());
    let idle_timeout = reader.duration(&var::HTTP_IDLE_TIMEOUT, MILLISECOND * 100..=HOUR * 24);
    let request_timeout = reader.duration(&var::HTTP_REQUEST_TIMEOUT, waiting);
    let gateway_secrets = gateway_secrets(reader);
    Some(HttpConfig {
        addr: addr?,
        connections_max: connections_max?,
        requests_max: requests_max?,
        streams_max: u32::try_from(streams_max?).ok()?,
        body_bytes_max: body_bytes_max?,
        header_bytes_max: header_bytes_max?,
        header_read_timeout: header_read_timeout?,
        body_read_timeout: body_read_timeout?,
        write_timeout: write_timeout?,
        idle_timeout: idle_timeout?,
        request_timeout: request_timeout?,
        gateway_secrets: gateway_secrets?,
    })
}

pub(super) fn shutdown(reader: &mut Reader<'_>) -> Option<ShutdownConfig> {
    let delay = reader.duration(&var::SHUTDOWN_DELAY, Duration::ZERO..=MINUTE * 10);
    let timeout = reader.duration(&var::SHUTDOWN_TIMEOUT, Duration::ZERO..=HOUR);
    Some(ShutdownConfig { delay: delay?, timeout: timeout? })
}

pub(super) fn postgres(
    reader: &mut Reader<'_>,
    embedded_dsn: Option<&str>,
) -> Option<PostgresConfig> {
    let dsn = dsn(reader, embedded_dsn);
    let open_max = reader.number(&var::POSTGRES_MAX_OPEN_CONNS, 1..=10_000);
    let idle_max = reader.number(&var::POSTGRES_MAX_IDLE_CONNS, 0..=10_000);
    let idle_max = reader.at_most(
        (&var::POSTGRES_MAX_IDLE_CONNS, idle_max),
        (&var::POSTGRES_MAX_OPEN_CONNS, open_max),
    );
    let lifetime_max = reader.duration(&var::POSTGRES_CONN_MAX_LIFETIME, SECOND..=HOUR * 168);
    let operation_timeout =
        reader.duration(&var::POSTGRES_OPERATION_TIMEOUT, MILLISECOND * 10..=MINUTE * 10);
    Some(PostgresConfig {
        dsn: dsn?,
        connections_open_max: open_max?,
        connections_idle_max: idle_max?,
        connection_lifetime_max: lifetime_max?,
        operation_timeout: operation_timeout?,
    })
}

pub(super) fn session(reader: &mut Reader<'_>) -> Option<SessionConfig> {
    let living = SECOND..=TEN_YEARS;
    let idle_ttl = reader.duration(&var::SESSION_IDLE_TTL, living.clone());
    let ttl = reader.duration(&var::SESSION_TTL, living.clone());
    let idle_ttl = reader.at_most((&var::SESSION_IDLE_TTL, idle_ttl), (&var::SESSION_TTL, ttl));
    let operator_idle_ttl = reader.duration(&var::SESSION_OPERATOR_IDLE_TTL, living.clone());
    let operator_ttl = reader.duration(&var::SESSION_OPERATOR_TTL, living);
    let operator_idle_ttl = reader.at_most(
        (&var::SESSION_OPERATOR_IDLE_TTL, operator_idle_ttl),
        (&var::SESSION_OPERATOR_TTL, operator_ttl),
    );
    let staleness_max = reader.duration(&var::SESSION_STALENESS_MAX, MILLISECOND * 100..=HOUR);
    let last_seen_interval =
        reader.duration(&var::SESSION_LAST_SEEN_INTERVAL, MILLISECOND * 100..=HOUR);
    let purge_interval =
        reader.duration(&var::SESSION_PURGE_INTERVAL, MILLISECOND * 100..=HOUR * 24);
    Some(SessionConfig {
        idle_ttl: idle_ttl?,
        ttl: ttl?,
        operator_idle_ttl: operator_idle_ttl?,
        operator_ttl: operator_ttl?,
        staleness_max: staleness_max?,
        last_seen_interval: last_seen_interval?,
        purge_interval: purge_interval?,
    })
}

pub(super) fn presence(reader: &mut Reader<'_>) -> Option<PresenceConfig> {
    let ttl = reader.duration(&var::PRESENCE_TTL, SECOND..=HOUR);
    Some(PresenceConfig { ttl: ttl? })
}

pub(super) fn events(reader: &mut Reader<'_>) -> Option<EventsConfig> {
    let retention = reader.duration(&var::EVENTS_RETENTION, MINUTE..=TEN_YEARS);
    let heartbeat = reader.duration(&var::EVENTS_HEARTBEAT, MILLISECOND * 100..=MINUTE * 10);
    let streams_max = reader.number(&var::EVENTS_STREAMS_MAX, 1..=10_000);
    Some(EventsConfig { retention: retention?, heartbeat: heartbeat?, streams_max: streams_max? })
}

/// A folder may be left out, but one that is named is there: games would miss their words otherwise.
pub(super) fn lexicon_dir(reader: &mut Reader<'_>) -> Option<Option<PathBuf>> {
    if !reader.is_set(&var::LEXICON_DIR) {
        return Some(None);
    }
    let folder = reader.parsed(&var::LEXICON_DIR, |text| {
        let folder = PathBuf::from(text);
        if folder.is_dir() { Ok(folder) } else { Err("is no folder".to_owned()) }
    });
    folder.map(Some)
}

pub(super) fn mail(reader: &mut Reader<'_>) -> Option<MailConfig> {
    let url = smtp_url(reader);
    let from: Option<Option<MailFrom>> = match reader.is_set(&var::MAIL_FROM) {
        true => reader.value(&var::MAIL_FROM).map(Some),
        false => Some(None),
    };
    let relay = match (url?, from?) {
        (Some(url), Some(from)) => Some(RelayConfig { url, from }),
        (None, None) => None,
        (Some(_), None) => {
            reader.mistake(
                &var::MAIL_FROM,
                "is not set, and BACKEND_SMTP_URL is; expected a mailbox like \
                 Scrabble <no-reply@example.com>",
            );
            return None;
        }
        (None, Some(_)) => {
            reader.mistake(&var::MAIL_FROM, "is set, and BACKEND_SMTP_URL is not");
            return None;
        }
    };
    Some(MailConfig { relay, is_printed: false })
}

/// The URL never appears in a message, because it holds a password.
fn smtp_url(reader: &mut Reader<'_>) -> Option<Option<SmtpUrl>> {
    if !reader.is_set(&var::SMTP_URL) {
        return Some(None);
    }
    let parsed = reader.text(&var::SMTP_URL)?.parse();
    parsed.map(Some).map_err(|problem: String| reader.mistake(&var::SMTP_URL, problem)).ok()
}

pub(super) fn telemetry(reader: &mut Reader<'_>) -> Option<TelemetryConfig> {
    let service_name = reader.parsed(&var::SERVICE_NAME, service_name);
    let traces_exporter = reader.value(&var::OTEL_TRACES_EXPORTER);
    let metrics_exporter = reader.value(&var::OTEL_METRICS_EXPORTER);
    let otlp_endpoint = reader.value(&var::OTLP_ENDPOINT);
    Some(TelemetryConfig {
        service_name: service_name?,
        traces_exporter: traces_exporter?,
        metrics_exporter: metrics_exporter?,
        otlp_endpoint: otlp_endpoint?,
    })
}

/// Without a value nobody is asked for one; a wrong value is never quoted.
fn gateway_secrets(reader: &mut Reader<'_>) -> Option<GatewaySecrets> {
    if !reader.is_set(&var::GATEWAY_SECRET) {
        return Some(GatewaySecrets::default());
    }
    let secrets = reader.text(&var::GATEWAY_SECRET)?.parse();
    secrets.map_err(|problem: String| reader.mistake(&var::GATEWAY_SECRET, problem)).ok()
}

/// The DSN never appears in a message, because it holds a password.
fn dsn(reader: &mut Reader<'_>, embedded_dsn: Option<&str>) -> Option<Dsn> {
    let set = reader.is_set(&var::POSTGRES_DSN);
    let text = match reader.text(&var::POSTGRES_DSN) {
        Some(text) => text,
        // Set, but not as text: that is noted already.
        None if set => return None,
        None => match embedded_dsn {
            Some(text) => text,
            None => {
                reader.mistake(
                    &var::POSTGRES_DSN,
                    "is not set; expected something like \
                     postgres://user:password@host:5432/scrabble?search_path=backend \
                     (`scrabble-backend dev` needs none: it brings a database of its own)",
                );
                return None;
            }
        },
    };
    match Dsn::parse(text) {
        Ok(dsn) => Some(dsn),
        Err(problems) => {
            for problem in problems {
                reader.mistake(&var::POSTGRES_DSN, problem);
            }
            None
        }
    }
}

fn service_name(text: &str) -> Result<String, String> {
    if text.len() > 255 || text.chars().any(char::is_control) {
        return Err(
            "is not a name; expected at most 255 bytes without control characters".to_owned()
        );
    }
    Ok(text.to_owned())
}
