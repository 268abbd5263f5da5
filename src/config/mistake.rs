//! What is wrong with a configuration, said to the operator.
//!
//! Owns the shape of the report. Its texts are made where a value is read; none of them holds a
//! secret.

use std::fmt;

/// One thing that is wrong with one variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The variable's name, as in the environment.
    pub variable: String,
    /// What is wrong and what was expected, to be read after the name and a colon. It quotes the
    /// value unless the value may be secret.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.problem)
    }
}

/// Everything that is wrong with a configuration: one line a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidConfig {
    /// At least one mistake, in the order of the table of variables, unknown names last.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, mistake) in self.mistakes.iter().enumerate() {
            let line_break = if position == 0 { "" } else { "\n" };
            write!(f, "{line_break}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidConfig {}
