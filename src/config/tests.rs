//! The configuration as an operator meets it: defaults, ranges, and every mistake at once.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::ffi::OsStringExt;

use super::*;

const DSN: (&str, &str) = ("BACKEND_POSTGRES_DSN", "postgres://u:hunter2@h/d?search_path=backend");

fn read(variables: &[(&str, &str)]) -> Result<Config, InvalidConfig> {
    let environment = variables.iter().copied().chain([DSN]).collect();
    Config::from_environment(&environment, None)
}

/// The one mistake that a setting must make, as the operator reads it.
fn mistake(name: &str, value: &str) -> String {
    let report = read(&[(name, value)]).expect_err(value);
    assert_eq!(report.mistakes.len(), 1, "{report}");
    report.to_string()
}

#[test]
fn a_dsn_alone_is_a_configuration() {
    let config = read(&[]).unwrap();
    for (variable, (name, value)) in Config::variables().iter().zip(config.effective()) {
        assert_eq!(variable.name, name);
        match variable.default {
            Some(default) => assert_eq!(value, default, "{name}"),
            None if name == "BACKEND_POSTGRES_DSN" => assert!(value.contains("u:***@h"), "{value}"),
            None => assert_eq!(value, "", "{name}"),
        }
    }
    assert_eq!(config.postgres.connections_open_max, 25);
    assert_eq!(config.session.idle_ttl, Duration::from_secs(7 * 24 * 3600));
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn what_is_effective_is_what_was_set() {
    let config = read(&[
        ("BACKEND_HTTP_ADDR", "[::1]:80"),
        ("BACKEND_SHUTDOWN_DELAY", "90s"),
        ("BACKEND_OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/base/"),
        ("BACKEND_SERVICE_NAME", ""),
        ("BACKEND_TEST_ANYTHING", "x"),
        ("BACKEND_PORT", "tcp://10.0.0.1:8080"),
        ("BACKEND_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("BACKEND_SERVICE_HOST", "10.0.0.1"),
        ("BACKEND_SERVICE_PORT_HTTP", "8080"),
        ("BACKEND_PG_BINDIR", "/usr/bin"),
        ("UNRELATED", "x"),
    ])
    .unwrap();
    let effective: std::collections::BTreeMap<_, _> = config.effective().into_iter().collect();
    assert_eq!(effective["BACKEND_HTTP_ADDR"], "[::1]:80");
    assert_eq!(effective["BACKEND_SHUTDOWN_DELAY"], "1m30s");
    assert_eq!(effective["BACKEND_OTEL_TRACES_EXPORTER"], "otlp");
    assert_eq!(effective["OTEL_EXPORTER_OTLP_ENDPOINT"], "http://collector:4318/base");
    assert_eq!(effective["BACKEND_SERVICE_NAME"], "scrabble-backend");
}

#[test]
fn an_embedded_database_stands_in_for_a_missing_dsn_only() {
    let embedded = "postgres:///d?host=/tmp&user=u&search_path=backend";
    let nothing = Environment::default();
    let config = Config::from_environment(&nothing, Some(embedded)).unwrap();
    assert_eq!(config.postgres.dsn.database, "d");

    let config = Config::from_environment(&[DSN].into_iter().collect(), Some(embedded)).unwrap();
    assert_eq!(config.postgres.dsn.user, "u");
    assert!(config.postgres.dsn.password.is_some());

    let report = Config::from_environment(&nothing, None).unwrap_err().to_string();
    assert!(report.starts_with("BACKEND_POSTGRES_DSN: is not set; expected"), "{report}");
    assert!(report.contains("scrabble-backend dev"), "{report}");
}

#[test]
fn all_mistakes_are_reported_together_one_a_line() {
    let not_utf8 = OsString::from_vec(vec![b'4', 0xff]);
    let mut variables: Vec<(OsString, OsString)> = [
        ("BACKEND_HTTP_ADDR", "localhost"),
        ("BACKEND_LOG_LEVEL", "loud"),
        ("BACKEND_POSTGRES_DSN", "postgres://u:secret@h:0/d"),
        ("BACKEND_POSTGRES_MAX_OPEN_CONS", "3"),
        ("BACKEND_GREETING", "hello"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .to_vec();
    variables.push(("BACKEND_HTTP_REQUESTS_MAX".into(), not_utf8));
    let report =
        Config::from_environment(&variables.into_iter().collect(), None).unwrap_err().to_string();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(
        lines,
        [
            "BACKEND_HTTP_ADDR: \"localhost\" is not an address to listen on; expected :8080, \
             127.0.0.1:8080 or [::1]:8080",
            "BACKEND_HTTP_REQUESTS_MAX: is not UTF-8 text",
            "BACKEND_LOG_LEVEL: \"loud\" is not one of debug, info, warn, error",
            "BACKEND_POSTGRES_DSN: the port of host \"h\" is not a number from 1 to 65535 (an \
             IPv6 address needs brackets)",
            "BACKEND_POSTGRES_DSN: does not pin the schema: add search_path=backend",
            "BACKEND_GREETING: is not a known variable; see `scrabble-backend --check-config`",
            "BACKEND_POSTGRES_MAX_OPEN_CONS: is not a known variable; did you mean \
             BACKEND_POSTGRES_MAX_OPEN_CONNS?",
        ]
    );
}

#[test]
fn values_out_of_range_say_what_was_expected() {
    for (name, value, expected) in [
        (
            "BACKEND_POSTGRES_MAX_OPEN_CONNS",
            "0",
            "\"0\" is out of range; expected a whole number from 1 to 10000",
        ),
        ("BACKEND_POSTGRES_MAX_OPEN_CONNS", "-1", "\"-1\" is not a number"),
        ("BACKEND_POSTGRES_MAX_OPEN_CONNS", "99999999999999999999", "is out of range"),
        ("BACKEND_HTTP_HEADER_BYTES_MAX", "8191", "from 8192"),
        ("BACKEND_POSTGRES_OPERATION_TIMEOUT", "5", "\"5\" lacks a unit"),
        ("BACKEND_POSTGRES_OPERATION_TIMEOUT", "0", "from 10ms to 10m"),
        ("BACKEND_SESSION_TTL", "-1h", "has a sign"),
        (
            "BACKEND_POSTGRES_MAX_IDLE_CONNS",
            "26",
            "26 is more than BACKEND_POSTGRES_MAX_OPEN_CONNS, which is 25",
        ),
        (
            "BACKEND_SESSION_IDLE_TTL",
            "721h",
            "721h is more than BACKEND_SESSION_TTL, which is 720h",
        ),
        ("BACKEND_OTEL_METRICS_EXPORTER", "prometheus", "is not one of none, stdout, otlp"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector", "expected http://host:port"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:0", "expected http://host:port"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://", "expected http://host:port"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:p@collector", "its value (not shown)"),
    ] {
        let report = mistake(name, value);
        assert!(report.starts_with(&format!("{name}: ")) && report.contains(expected), "{report}");
    }
}

#[test]
fn gateway_secrets_are_read_and_never_shown() {
    const NAME: &str = "BACKEND_GATEWAY_SECRET";
    let config = read(&[(NAME, "correct-horse-1!,battery-staple-2")]).unwrap();
    let secrets: Vec<&[u8]> = config.http.gateway_secrets.expose().collect();
    assert_eq!(secrets, [b"correct-horse-1!".as_slice(), b"battery-staple-2"]);
    assert!(config.effective().contains(&(NAME, "***,***".to_owned())));
    assert!(!format!("{config:?}").contains("horse"));
    assert!(read(&[(NAME, "")]).unwrap().http.gateway_secrets.is_empty());

    let long = "s".repeat(257);
    let many = ["correct-horse-1!"; 9].join(",");
    for wrong in [
        "correct-horse-1",
        "correct-horse-1!,",
        ",correct-horse-1!",
        "correct-horse-1!,short",
        "correct-horse-1!, battery-staple-2",
        "correct-hörse-1!!",
        "correct-horse-1!\n",
        &long,
        &many,
    ] {
        let report = mistake(NAME, wrong);
        assert!(report.contains("is no list of secrets") && !report.contains("horse"), "{report}");
    }
}

#[test]
fn a_mail_server_and_a_sender_belong_together() {
    const URL: (&str, &str) = ("BACKEND_SMTP_URL", "smtps://u:hunter2@mail.example.com");
    const FROM: (&str, &str) = ("BACKEND_MAIL_FROM", "Scrabble <no-reply@example.com>");
    let config = read(&[URL, FROM]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let effective: std::collections::BTreeMap<_, _> = config.effective().into_iter().collect();
    assert_eq!(effective[URL.0], "smtps://u:***@mail.example.com:465");
    assert_eq!(effective[FROM.0], FROM.1);
    assert!(read(&[]).unwrap().mail.relay.is_none());
    for (variables, expected) in [
        (vec![URL], "BACKEND_MAIL_FROM: is not set, and BACKEND_SMTP_URL is; expected a mailbox"),
        (vec![FROM], "BACKEND_MAIL_FROM: is set, and BACKEND_SMTP_URL is not"),
        (vec![URL, (FROM.0, "Scrabble")], "BACKEND_MAIL_FROM: \"Scrabble\" is not a mailbox"),
        (vec![FROM, (URL.0, "http://u:hunter2@h")], "BACKEND_SMTP_URL: is not a mail server's URL"),
    ] {
        let report = read(&variables).unwrap_err().to_string();
        assert!(report.starts_with(expected) && report.lines().count() == 1, "{report}");
        assert!(!report.contains("hunter2"), "{report}");
    }
}

#[test]
fn a_default_gives_way_to_a_lower_bound_that_was_set() {
    let config =
        read(&[("BACKEND_POSTGRES_MAX_OPEN_CONNS", "2"), ("BACKEND_SESSION_TTL", "1h")]).unwrap();
    assert_eq!(config.postgres.connections_idle_max, 2);
    assert_eq!(config.session.idle_ttl, config.session.ttl);
}

#[test]
fn every_interface_means_ipv6_first_and_ipv4_when_there_is_none() {
    let all: ListenAddr = ":8080".parse().unwrap();
    assert_eq!(
        all.candidates().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["[::]:8080", "0.0.0.0:8080"]
    );
    let one: ListenAddr = "127.0.0.1:0".parse().unwrap();
    assert_eq!(one.host, Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    assert_eq!(one.candidates().len(), 1);
    for text in ["8080", ":", ":+80", ":65536", "localhost:80", "::1:80", "127.0.0.1"] {
        assert!(text.parse::<ListenAddr>().is_err(), "{text}");
    }
}
