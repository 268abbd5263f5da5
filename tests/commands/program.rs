//! A run of the real binary, and what it said.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// `EX_USAGE`: whoever called the program made the mistake.
pub(crate) const EXIT_USAGE: i32 = 64;

/// What a finished run said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What it printed, if it succeeded and complained of nothing.
    pub(crate) fn expect_success(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// What it complained of, if it ended with this exit code.
    pub(crate) fn expect_failure(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self.err
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Runs the real binary in a directory, with nothing of the test's own environment.
pub(crate) fn run_in(directory: &Path, arguments: &[&str]) -> Said {
    run_with(directory, arguments, Stdio::null())
}

/// The same with something on standard input.
pub(crate) fn run_with(directory: &Path, arguments: &[&str], stdin: Stdio) -> Said {
    Command::new(env!("CARGO_BIN_EXE_scrabble-backend"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .stdin(stdin)
        .output()
        .unwrap()
        .into()
}
