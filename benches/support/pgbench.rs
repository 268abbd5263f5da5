//! PostgreSQL's own bench, with a script of ours: what the database can do for as many who each wait for it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// A script, run by so many clients at a time.
pub(crate) struct Pgbench {
    program: PathBuf,
    script: tempfile::NamedTempFile,
    url: String,
    variables: Vec<(&'static str, String)>,
}

/// What a run came to.
pub(crate) struct Run {
    /// How many were processed.
    pub(crate) transactions: u64,
    pub(crate) per_second: f64,
    pub(crate) mean_ms: f64,
}

impl Pgbench {
    /// `program` is where PostgreSQL's binaries are.
    pub(crate) fn new(
        program: PathBuf,
        url: String,
        script: &str,
        variables: Vec<(&'static str, String)>,
    ) -> Self {
        let file = tempfile::NamedTempFile::new().expect("there is room for a script");
        std::fs::write(file.path(), script).expect("the script is written");
        Self { program, script: file, url, variables }
    }

    /// Runs it for so many seconds, its statements prepared; `number` is the script's variable `run`.
    pub(crate) fn run(&self, clients: usize, length: Duration, number: usize) -> Run {
        let mut command = Command::new(&self.program);
        command.args(["--no-vacuum", "--protocol=prepared", "--jobs=1"]);
        command.arg(format!("--client={clients}"));
        command.arg(format!("--time={}", length.as_secs()));
        command.arg(format!("--file={}", self.script.path().display()));
        command.arg(format!("--define=run={number}"));
        for (name, value) in &self.variables {
            command.arg(format!("--define={name}={value}"));
        }
        let output = command.arg(&self.url).output().expect("pgbench is there");
        let text = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        let figure = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let value: Option<f64> =
                line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
            value.unwrap_or_else(|| panic!("pgbench tells {name:?}: {text}{complaint}"))
        };
        assert!(output.status.success(), "{complaint}");
        Run {
            transactions: figure("number of transactions actually processed: ") as u64,
            per_second: figure("tps = "),
            mean_ms: figure("latency average = "),
        }
    }
}
