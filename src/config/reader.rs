//! Reads variables one by one and collects what is wrong with them.
//!
//! Owns how a mistake is phrased, and the check for names that nobody reads. Which variables there
//! are, and what they must be, is not known here.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::environment::Environment;
use super::mistake::Mistake;
use super::variables::{READ_ELSEWHERE, TEST_PREFIX, VARIABLES, Variable};
use super::{InvalidConfig, duration};

/// The prefix that makes a name ours, so that nobody else can have meant it.
const PREFIX: &str = "BACKEND_";

/// An environment and the mistakes found in it so far.
///
/// Each reading returns `None` after noting a mistake, so that all variables are looked at before
/// the first `?`.
pub(super) struct Reader<'a> {
    environment: &'a Environment,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self { environment, mistakes: Vec::new() }
    }

    /// Notes a mistake in a variable.
    pub(super) fn mistake(&mut self, variable: &Variable, problem: impl Into<String>) {
        self.mistakes.push(Mistake { variable: variable.name.to_owned(), problem: problem.into() });
    }

    /// Whether the operator has set a variable, rightly or wrongly.
    pub(super) fn is_set(&self, variable: &Variable) -> bool {
        self.environment.get(variable.name).is_some() || self.environment.is_not_utf8(variable.name)
    }

    /// The text of a variable or its default; `None` also when it has neither, which is no mistake
    /// yet.
    pub(super) fn text(&mut self, variable: &Variable) -> Option<&'a str> {
        if self.environment.is_not_utf8(variable.name) {
            self.mistake(variable, "is not UTF-8 text");
            return None;
        }
        self.environment.get(variable.name).or(variable.default)
    }

    /// A value that a function makes from the text.
    pub(super) fn parsed<T>(
        &mut self,
        variable: &Variable,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(variable)?;
        parse(text)
            .map_err(|problem| self.mistake(variable, format!("{} {problem}", quoted(text))))
            .ok()
    }

    /// A value that knows its own spelling.
    pub(super) fn value<T: FromStr<Err = String>>(&mut self, variable: &Variable) -> Option<T> {
        self.parsed(variable, str::parse)
    }

    /// A whole number within a range.
    pub(super) fn number(
        &mut self,
        variable: &Variable,
        range: RangeInclusive<usize>,
    ) -> Option<usize> {
        self.parsed(variable, |text| {
            let expected =
                format!("expected a whole number from {} to {}", range.start(), range.end());
            // The check of digits refuses a plus sign, which Rust would take.
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            match text.parse() {
                Ok(number) if digits => {
                    within(number, &range).ok_or(format!("is out of range; {expected}"))
                }
                _ if digits => Err(format!("is out of range; {expected}")),
                _ => Err(format!("is not a number; {expected}")),
            }
        })
    }

    /// A duration within a range.
    pub(super) fn duration(
        &mut self,
        variable: &Variable,
        range: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        self.parsed(variable, |text| {
            let expected = format!(
                "expected a duration like 30m, 1h30m or 500ms, from {} to {}",
                duration::format(*range.start()),
                duration::format(*range.end())
            );
            let value =
                duration::parse(text).map_err(|problem| format!("{problem}; {expected}"))?;
            within(value, &range).ok_or(format!("is out of range; {expected}"))
        })
    }

    /// Checks that one setting does not exceed another; what is only a default gives way silently.
    ///
    /// So an operator who sets a low bound alone is not asked for a second variable.
    pub(super) fn at_most<T: Ord + Copy + Shown>(
        &mut self,
        (variable, value): (&Variable, Option<T>),
        (bound_variable, bound): (&Variable, Option<T>),
    ) -> Option<T> {
        let (value, bound) = (value?, bound?);
        if value <= bound {
            return Some(value);
        }
        if !self.is_set(variable) {
            return Some(bound);
        }
        let problem = format!(
            "{} is more than {}, which is {}",
            value.shown(),
            bound_variable.name,
            bound.shown()
        );
        self.mistake(variable, problem);
        None
    }

    /// Notes every variable that has our prefix and no reader: most likely a typing error.
    pub(super) fn refuse_unknown_names(&mut self) {
        let known = || VARIABLES.iter().map(|variable| variable.name).chain(READ_ELSEWHERE);
        for name in self.environment.names() {
            let ours = name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX);
            if !ours || is_injected(name) || known().any(|known| known == name) {
                continue;
            }
            let nearest = known().min_by_key(|known| edits(known, name));
            let problem = match nearest.filter(|nearest| edits(nearest, name) <= 3) {
                Some(nearest) => format!("is not a known variable; did you mean {nearest}?"),
                None => "is not a known variable; see `scrabble-backend --check-config`".to_owned(),
            };
            self.mistakes.push(Mistake { variable: name.to_owned(), problem });
        }
    }

    /// The configuration that was read, or everything that is wrong.
    pub(super) fn finish<T>(self, config: Option<T>) -> Result<T, InvalidConfig> {
        match config {
            Some(config) if self.mistakes.is_empty() => Ok(config),
            _ => Err(InvalidConfig { mistakes: self.mistakes }),
        }
    }
}

/// What [`Reader::at_most`] can compare and print.
pub(super) trait Shown {
    fn shown(&self) -> String;
}

impl Shown for usize {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for Duration {
    fn shown(&self) -> String {
        duration::format(*self)
    }
}

fn within<T: PartialOrd>(value: T, range: &RangeInclusive<T>) -> Option<T> {
    range.contains(&value).then_some(value)
}

/// A value in a message. One with an `@` may be a URL with credentials, so it is not shown.
fn quoted(text: &str) -> String {
    if text.contains('@') { "its value (not shown)".to_owned() } else { format!("{text:?}") }
}

/// How many letters must be typed, removed or changed to make one name from another.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (deleted, a) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = deleted + 1;
        for (column, b) in to.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

/// Whether Kubernetes sets such a variable in every pod when a service of the namespace is called
/// `backend`; nobody has mistyped it.
fn is_injected(name: &str) -> bool {
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    rest == "PORT"
        || rest == "SERVICE_HOST"
        || rest.starts_with("PORT_")
        || rest.starts_with("SERVICE_PORT")
}
