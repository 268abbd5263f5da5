//! Logs: one JSON object a line.
//!
//! Owns which events are logged and what a line says about them: when, how bad, where from, what,
//! and of which request and trace. Deliberately ignores spans, so that without a trace exporter
//! nobody wants them and they cost next to nothing.

use std::cell::RefCell;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use opentelemetry::Context as OtelContext;
use opentelemetry::trace::TraceContextExt;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, Filter};

use super::json::{Fields, Line};
use super::request_id::RequestId;
use crate::config::LogLevel;

/// Where log lines go. Each line is one call of `write_all`.
pub type LogSink = Box<dyn Write + Send>;

/// A line's buffer that has grown beyond this is given back.
const BUFFER_BYTES_KEPT_MAX: usize = 64 * 1024;

/// Events of the OpenTelemetry SDK that come once a batch, once a span, or with a line of ours. What they
/// tell, we say now and then in our own words.
const NOISY_EVENTS: [&str; 4] = [
    "BatchSpanProcessor.ExportError",
    "BatchSpanProcessor.OnEnd.AfterShutdown",
    "BatchSpanProcessor.Shutdown.Timeout",
    "PeriodicReader.ExportError",
];

thread_local! {
    static BUFFER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Writes events as lines of JSON. Use it behind an [`EventFilter`].
pub(super) struct LogLayer {
    sink: Mutex<LogSink>,
}

impl LogLayer {
    pub(super) fn new(sink: LogSink) -> Self {
        Self { sink: Mutex::new(sink) }
    }

    fn write(&self, line: &str) {
        // A writer that panicked once may well write the next line.
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        // There is nowhere left to tell that logging fails.
        let _ = sink.write_all(line.as_bytes());
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        BUFFER.with(|buffer| match buffer.try_borrow_mut() {
            Ok(mut buffer) => {
                format_line(&mut buffer, event);
                self.write(&buffer);
                buffer.clear();
                buffer.shrink_to(BUFFER_BYTES_KEPT_MAX);
            }
            // A value that logs while it is being formatted comes here.
            Err(_) => {
                let mut buffer = String::new();
                format_line(&mut buffer, event);
                self.write(&buffer);
            }
        });
    }
}

/// Lets events through, never spans: ours from the level on, those of libraries from `warn` on.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventFilter {
    ours: LevelFilter,
}

impl EventFilter {
    pub(super) fn new(level: LogLevel) -> Self {
        Self { ours: level_filter(level) }
    }

    fn wants(self, metadata: &Metadata<'_>) -> bool {
        if !metadata.is_event() || NOISY_EVENTS.contains(&metadata.name()) {
            return false;
        }
        let least = match is_ours(metadata) {
            true => self.ours,
            false => self.ours.min(LevelFilter::WARN),
        };
        *metadata.level() <= least
    }

    fn interest(self, metadata: &Metadata<'_>) -> Interest {
        match self.wants(metadata) {
            true => Interest::always(),
            false => Interest::never(),
        }
    }
}

/// As a layer it decides for all others: where logs are everything, the rest is disabled.
impl<S: Subscriber> Layer<S> for EventFilter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.interest(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.ours)
    }
}

/// As a filter it decides for the log layer alone: other layers may want spans.
impl<S> Filter<S> for EventFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.interest(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.ours)
    }
}

/// Whether an event or span comes from this crate.
pub(super) fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata
        .target()
        .strip_prefix(env!("CARGO_CRATE_NAME"))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn level_filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    }
}

fn format_line(buffer: &mut String, event: &Event<'_>) {
    let metadata = event.metadata();
    let mut line = Line::begin(buffer);
    line.display("timestamp", format_args!("{:.6}", jiff::Timestamp::now()));
    line.text("level", metadata.level().as_str());
    line.text("target", metadata.target());
    event.record(&mut Fields(&mut line));
    if let Some(id) = RequestId::current() {
        line.text("request_id", id.as_str());
    }
    // The trace layer makes an entered span's context the current one.
    OtelContext::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        if span.is_valid() {
            line.display("trace_id", format_args!("{}", span.trace_id()));
            line.display("span_id", format_args!("{}", span.span_id()));
        }
    });
    line.end();
}
