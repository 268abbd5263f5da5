//! The environment, taken once and as text.
//!
//! Owns what the process was given; judges nothing. Names that are not UTF-8 are left out: none of
//! ours can be meant. An empty value counts as not set, as in most container tools, which cannot
//! unset a variable of a base image.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

/// A snapshot of environment variables.
#[derive(Clone, Default)]
pub struct Environment {
    values: BTreeMap<String, String>,
    /// Variables whose value is not UTF-8. Their values are lost, their names are reported.
    not_utf8: BTreeSet<String>,
}

impl Environment {
    /// Takes the environment of this process.
    #[must_use]
    pub fn from_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The value of a variable that is set to something.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether a variable is set to something that is not UTF-8.
    pub(super) fn is_not_utf8(&self, name: &str) -> bool {
        self.not_utf8.contains(name)
    }

    /// The names of all variables that are set to something, in no order of meaning.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().chain(&self.not_utf8).map(String::as_str)
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let mut environment = Self::default();
        for (name, value) in variables {
            let Ok(name) = name.into().into_string() else { continue };
            match value.into().into_string() {
                Ok(value) if value.is_empty() => {}
                Ok(value) => {
                    environment.values.insert(name, value);
                }
                Err(_) => {
                    environment.not_utf8.insert(name);
                }
            }
        }
        environment
    }
}
