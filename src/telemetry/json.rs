//! One log line as a JSON object, written straight into a buffer.
//!
//! Owns escaping, the names that an event's fields may take, and the bound on a value's length.
//! Ignores where lines go.

use std::error::Error;
use std::fmt::{self, Write};

use tracing::field::{Field, Visit};

use super::chain::Chain;

/// Names that the line itself uses; an event's field of such a name is put behind `field.`, for a
/// name that stands twice in an object is read differently by every reader.
const RESERVED_NAMES: [&str; 6] =
    ["timestamp", "level", "target", "request_id", "trace_id", "span_id"];

/// The longest text of a value; what is beyond is cut off and marked with an ellipsis.
const VALUE_BYTES_MAX: usize = 16 * 1024;

/// A JSON object in the making, in a buffer that the caller reuses.
pub(super) struct Line<'a> {
    buffer: &'a mut String,
}

impl<'a> Line<'a> {
    /// Begins an object in the emptied buffer.
    pub(super) fn begin(buffer: &'a mut String) -> Self {
        buffer.clear();
        buffer.push('{');
        Self { buffer }
    }

    /// Adds a member whose value is text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.display(name, format_args!("{value}"));
    }

    /// Adds a member whose value is what `value` displays.
    pub(super) fn display(&mut self, name: &str, value: fmt::Arguments<'_>) {
        self.name(name);
        self.buffer.push('"');
        let mut escaped = Escaped { buffer: self.buffer, bytes_left: VALUE_BYTES_MAX };
        // It fails only when the value's own formatting does; what it wrote until then stays.
        let _ = escaped.write_fmt(value);
        self.buffer.push('"');
    }

    /// Ends the object and the line.
    pub(super) fn end(self) {
        self.buffer.push_str("}\n");
    }

    /// Adds a member whose value is no text: a number, a truth value or null.
    fn literal(&mut self, name: &str, value: fmt::Arguments<'_>) {
        self.name(name);
        let _ = self.buffer.write_fmt(value);
    }

    fn name(&mut self, name: &str) {
        if self.buffer.len() > 1 {
            self.buffer.push(',');
        }
        self.buffer.push('"');
        let mut escaped = Escaped { buffer: self.buffer, bytes_left: VALUE_BYTES_MAX };
        let _ = escaped.write_str(name);
        self.buffer.push_str("\":");
    }
}

/// Adds the fields of an event to its line.
pub(super) struct Fields<'a, 'b>(pub(super) &'a mut Line<'b>);

impl Visit for Fields<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        match value.is_finite() {
            true => with_name(field, |name| self.0.literal(name, format_args!("{value}"))),
            // JSON has no word for them.
            false => with_name(field, |name| self.0.literal(name, format_args!("null"))),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        with_name(field, |name| self.0.literal(name, format_args!("{value}")));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        with_name(field, |name| self.0.literal(name, format_args!("{value}")));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        with_name(field, |name| self.0.literal(name, format_args!("{value}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        with_name(field, |name| self.0.text(name, value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        with_name(field, |name| self.0.display(name, format_args!("{}", Chain(value))));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        with_name(field, |name| self.0.display(name, format_args!("{value:?}")));
    }
}

fn with_name(field: &Field, add: impl FnOnce(&str)) {
    match field.name() {
        name if RESERVED_NAMES.contains(&name) => add(&format!("field.{name}")),
        name => add(name.strip_prefix("r#").unwrap_or(name)),
    }
}

/// Escapes what is written to it, up to a bound.
struct Escaped<'a> {
    buffer: &'a mut String,
    bytes_left: usize,
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.bytes_left == 0 {
            return Ok(());
        }
        let kept = &text[..text.floor_char_boundary(self.bytes_left)];
        let mut plain_from = 0;
        for (index, byte) in kept.bytes().enumerate() {
            if byte >= b' ' && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.buffer.push_str(&kept[plain_from..index]);
            plain_from = index + 1;
            match byte {
                b'"' => self.buffer.push_str("\\\""),
                b'\\' => self.buffer.push_str("\\\\"),
                b'\n' => self.buffer.push_str("\\n"),
                b'\r' => self.buffer.push_str("\\r"),
                b'\t' => self.buffer.push_str("\\t"),
                control => write!(self.buffer, "\\u{control:04x}")?,
            }
        }
        self.buffer.push_str(&kept[plain_from..]);
        if kept.len() < text.len() {
            self.buffer.push('\u{2026}');
            self.bytes_left = 0;
        } else {
            self.bytes_left -= kept.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(buffer: &str) -> serde_json::Value {
        serde_json::from_str(buffer).unwrap()
    }

    #[test]
    fn any_text_reads_back_as_it_was() {
        let every: String = (0..=0x2ff_u32).filter_map(char::from_u32).collect();
        for text in ["", "plain", "\"\\\n\r\t\u{0}\u{1b}[31m\u{7f}", "\u{1f3b2}\u{2028}", &every] {
            let mut buffer = "left over".to_owned();
            let mut line = Line::begin(&mut buffer);
            line.text("text", text);
            line.literal("number", format_args!("7"));
            line.end();
            assert_eq!(buffer.matches('\n').count(), 1, "one line each");
            assert_eq!(read(&buffer), serde_json::json!({ "text": text, "number": 7 }));
        }
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let mut buffer = String::new();
        let mut line = Line::begin(&mut buffer);
        line.text("text", &format!("x{}", "\u{e4}".repeat(VALUE_BYTES_MAX)));
        line.end();
        let value = read(&buffer)["text"].as_str().unwrap().to_owned();
        assert!(value.len() <= VALUE_BYTES_MAX + '\u{2026}'.len_utf8(), "{}", value.len());
        assert!(value.ends_with("\u{e4}\u{2026}"));
    }

    #[test]
    fn a_value_written_in_pieces_is_bounded_as_a_whole() {
        let mut buffer = String::new();
        let mut line = Line::begin(&mut buffer);
        line.display("list", format_args!("{:?}", vec![1; VALUE_BYTES_MAX]));
        line.end();
        assert!(read(&buffer)["list"].as_str().unwrap().len() <= VALUE_BYTES_MAX + 3);
    }

    #[test]
    fn an_error_is_told_with_its_sources() {
        #[derive(Debug, thiserror::Error)]
        #[error("opening the door")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("the key is lost"));
        assert_eq!(Chain(&error).to_string(), "opening the door: the key is lost");
    }
}
