//! What is logged, and what a line says.

use std::io;

use http::StatusCode;
use scrabble_backend::config::{Exporter, LogLevel};
use scrabble_backend::telemetry::traces::record_response;
use scrabble_backend::telemetry::{RequestId, Telemetry, log_panics, request_id};
use serde_json::Value as Json;
use tracing::dispatcher;
use tracing::instrument::WithSubscriber;

use crate::support::{Captured, UNUSED_ENDPOINT, begin_span, build, config, headers};

#[test]
fn a_log_line_says_when_how_bad_where_and_what() {
    let (telemetry, captured) = build(Exporter::None, UNUSED_ENDPOINT);
    let error = io::Error::other("the disk\nis \"full\"");
    dispatcher::with_default(telemetry.dispatch(), || {
        tracing::info!(
            target: "scrabble_backend::test",
            count = 3_u64,
            below = -3,
            ratio = 0.5,
            nothing = f64::NAN,
            done = true,
            name = ?"quoted",
            level = "mine",
            error = &error as &(dyn std::error::Error + 'static),
            "a {} message",
            "plain"
        );
    });
    let [line] = captured.lines().try_into().unwrap();
    let timestamp = line["timestamp"].as_str().unwrap();
    assert_eq!(timestamp.len(), "2026-11-24T12:00:00.123456Z".len(), "{timestamp}");
    assert!(timestamp.parse::<jiff::Timestamp>().is_ok() && timestamp.ends_with('Z'));
    let expected = serde_json::json!({
        "timestamp": timestamp,
        "level": "INFO",
        "target": "scrabble_backend::test",
        "message": "a plain message",
        "count": 3,
        "below": -3,
        "ratio": 0.5,
        "nothing": null,
        "done": true,
        "name": "\"quoted\"",
        "field.level": "mine",
        "error": "the disk\nis \"full\"",
    });
    assert_eq!(line, expected);
}

#[test]
fn libraries_are_heard_from_warn_on_and_we_from_the_level_on() {
    let captured = Captured::default();
    let sink = Box::new(captured.clone());
    let none = config(Exporter::None, UNUSED_ENDPOINT);
    let debug = Telemetry::build(&none, LogLevel::Debug, sink.clone()).unwrap();
    let error = Telemetry::build(&none, LogLevel::Error, sink).unwrap();
    let log = || {
        tracing::debug!(target: "scrabble_backend", "ours, debug");
        tracing::trace!(target: "scrabble_backend", "ours, trace");
        tracing::warn!(target: "scrabble_backend_else", "a library's, warn");
        tracing::info!(target: "hyper::proto", "a library's, info");
        tracing::error!(target: "h2", "a library's, error");
        tracing::error!(name: "PeriodicReader.ExportError", target: "opentelemetry_sdk", "noise");
    };
    let messages = |telemetry: &Telemetry| {
        captured.0.lock().unwrap().clear();
        dispatcher::with_default(telemetry.dispatch(), log);
        captured.lines().into_iter().map(|line| line["message"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(messages(&debug), ["ours, debug", "a library's, warn", "a library's, error"]);
    assert_eq!(messages(&error), ["a library's, error"]);
}

#[tokio::test]
async fn a_log_line_names_the_request_it_belongs_to() {
    let (telemetry, captured) = build(Exporter::None, UNUSED_ENDPOINT);
    let id = RequestId::parse("request-7").unwrap();
    let work = async {
        tracing::info!(target: "scrabble_backend", "inside");
        tokio::task::yield_now().await;
        tracing::info!(target: "scrabble_backend", "still inside");
    };
    let whole = async {
        request_id::scope(id, work).await;
        tracing::info!(target: "scrabble_backend", "outside");
    };
    whole.with_subscriber(telemetry.dispatch().clone()).await;
    let ids: Vec<Json> = captured.lines().iter().map(|line| line["request_id"].clone()).collect();
    assert_eq!(ids, [Json::from("request-7"), Json::from("request-7"), Json::Null]);
}

#[test]
fn a_value_that_logs_while_it_is_logged_makes_two_lines() {
    struct Chatty;
    impl std::fmt::Debug for Chatty {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            tracing::info!(target: "scrabble_backend", "inner");
            formatter.write_str("chatty")
        }
    }
    let (telemetry, captured) = build(Exporter::None, UNUSED_ENDPOINT);
    dispatcher::with_default(telemetry.dispatch(), || {
        tracing::info!(target: "scrabble_backend", value = ?Chatty, "outer");
    });
    // The dispatcher itself may refuse the inner event; it must neither hang nor spoil the outer.
    let outer = captured.lines().pop().unwrap();
    assert_eq!((&outer["message"], &outer["value"]), (&"outer".into(), &"chatty".into()));
}

#[test]
fn a_panic_is_a_log_line() {
    let (telemetry, captured) = build(Exporter::None, UNUSED_ENDPOINT);
    let before = std::panic::take_hook();
    log_panics();
    dispatcher::with_default(telemetry.dispatch(), || {
        std::panic::catch_unwind(|| panic!("boom {}", 7)).unwrap_err();
    });
    std::panic::set_hook(before);
    let [line] = captured.lines().try_into().unwrap();
    assert_eq!((&line["level"], &line["panic"]), (&"ERROR".into(), &"boom 7".into()));
    assert!(line["location"].as_str().unwrap().contains("logs.rs:"), "{line}");
}

#[test]
fn without_a_trace_exporter_spans_are_disabled() {
    let (telemetry, _captured) = build(Exporter::None, UNUSED_ENDPOINT);
    dispatcher::with_default(telemetry.dispatch(), || {
        let span = begin_span(&headers("01"));
        assert!(span.is_disabled());
        record_response(&span, StatusCode::OK);
        let mut evaluated = false;
        let any = tracing::error_span!(target: "scrabble_backend", "any", value = { evaluated = true; 1 });
        assert!(any.is_disabled() && !evaluated);
    });
}
