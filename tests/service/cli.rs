//! The program as an operator meets it: arguments, configuration, exit codes, and what is said.
//!
//! Owns the way in which tests run the real binary. What it does once it serves is in `boot`.

use std::process::{Command, Output, Stdio};

use scrabble_backend::config::Config;

/// The DSN as the platform has it.
const PLATFORM_DSN: &str =
    "postgres://postgres:dev@localhost:5432/postgres?search_path=backend&sslmode=disable";

const EXIT_USAGE: i32 = 64;

/// The real binary, with these variables and no others of the test's own environment.
pub(crate) fn program(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scrabble-backend"));
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a finished run said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    program(arguments, variables).output().unwrap().into()
}

#[test]
fn serving_without_a_database_says_which_variable_is_missing_and_that_dev_needs_none() {
    for arguments in [&["serve"][..], &[], &["migrate"], &["--check-config"]] {
        let said = run(arguments, &[]);
        assert_eq!((said.code, said.out.as_str()), (Some(EXIT_USAGE), ""), "{arguments:?}");
        assert!(said.err.contains("BACKEND_POSTGRES_DSN: is not set"), "{}", said.err);
        assert!(said.err.contains("scrabble-backend dev"), "{}", said.err);
    }
    // A base image may set it to nothing.
    let said = run(&["serve"], &[("BACKEND_POSTGRES_DSN", "")]);
    assert_eq!(said.code, Some(EXIT_USAGE));
    assert!(said.err.contains("BACKEND_POSTGRES_DSN: is not set"), "{}", said.err);
}

#[test]
fn all_mistakes_are_in_one_report_and_the_password_is_not() {
    let variables = [
        ("BACKEND_POSTGRES_DSN", "postgres://ann:hunter2@db:5432/scrabble?sslmode=perhaps"),
        ("BACKEND_HTTP_ADDR", "127.0.0.1:70000"),
        ("BACKEND_POSTGRES_OPERATION_TIMEOUT", "5 parsecs"),
        ("BACKEND_POSTGRES_MAX_OPEN_CONNS", "0"),
        ("BACKEND_LOG_LEVEL", "loud"),
        ("BACKEND_HTTP_ADR", ":8080"),
        ("BACKEND_COLOUR", "red"),
    ];
    for arguments in [&["serve"][..], &[], &["--check-config"], &["migrate"]] {
        let said = run(arguments, &variables);
        assert_eq!((said.code, said.out.as_str()), (Some(EXIT_USAGE), ""), "{arguments:?}");
        for mistake in [
            "BACKEND_POSTGRES_DSN: sslmode \"perhaps\" is not one of disable, prefer, require",
            "BACKEND_POSTGRES_DSN: does not pin the schema: add search_path=backend",
            "BACKEND_HTTP_ADDR: \"127.0.0.1:70000\" is not an address to listen on",
            "BACKEND_POSTGRES_OPERATION_TIMEOUT: \"5 parsecs\" has an unknown unit",
            "BACKEND_POSTGRES_MAX_OPEN_CONNS: \"0\" is out of range; expected a whole number from 1",
            "BACKEND_LOG_LEVEL: \"loud\" is not one of debug, info, warn, error",
            "BACKEND_HTTP_ADR: is not a known variable; did you mean BACKEND_HTTP_ADDR?",
            "BACKEND_COLOUR: is not a known variable",
        ] {
            assert!(said.err.contains(mistake), "{mistake} is not in\n{}", said.err);
        }
        assert!(!said.err.contains("hunter2"), "{}", said.err);
    }
}

#[test]
fn the_effective_configuration_is_printed_whole_with_the_password_masked() {
    let variables =
        [("BACKEND_POSTGRES_DSN", PLATFORM_DSN), ("BACKEND_POSTGRES_OPERATION_TIMEOUT", "1500ms")];
    let said = run(&["--check-config"], &variables);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let names: Vec<&str> = said.out.lines().map(|line| line.split_once('=').unwrap().0).collect();
    let known: Vec<&str> = Config::variables().iter().map(|variable| variable.name).collect();
    assert_eq!(names, known);
    let dsn = "BACKEND_POSTGRES_DSN=postgres://postgres:***@localhost:5432/postgres?\
               sslmode=disable&search_path=backend";
    for line in [dsn, "BACKEND_POSTGRES_OPERATION_TIMEOUT=1.5s", "BACKEND_HTTP_ADDR=:8080"] {
        assert!(said.out.lines().any(|printed| printed == line), "{line} is not in\n{}", said.out);
    }
    // What is printed is what can be set, but for the password.
    let again: Vec<(&str, &str)> =
        said.out.lines().map(|line| line.split_once('=').unwrap()).collect();
    assert_eq!(run(&["--check-config"], &again).out, said.out);
}

#[test]
fn dev_is_checked_without_a_database() {
    let said = run(&["--check-config", "dev"], &[("BACKEND_HTTP_ADDR", "127.0.0.1:0")]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("BACKEND_HTTP_ADDR=127.0.0.1:0\n"), "{}", said.out);
    let said = run(&["--check-config", "dev"], &[("BACKEND_HTTP_ADDR", "here")]);
    assert_eq!(said.code, Some(EXIT_USAGE));
}

#[test]
fn a_reader_that_goes_away_is_no_failure_of_ours() {
    let variables = [("BACKEND_POSTGRES_DSN", PLATFORM_DSN)];
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = program(&["--check-config"], &variables).stdout(writer).output().unwrap();
    let said = Said::from(output);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
}

#[test]
fn help_and_version_are_answered_on_standard_output() {
    let version = run(&["--version"], &[]);
    assert_eq!(version.code, Some(0));
    assert_eq!(version.out, format!("scrabble-backend {}\n", env!("CARGO_PKG_VERSION")));
    let help = run(&["--help"], &[]);
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    for word in ["serve", "dev", "migrate", "account", "--check-config", "BACKEND_POSTGRES_DSN"] {
        assert!(help.out.contains(word), "{word} is not in\n{}", help.out);
    }
}

#[test]
fn an_argument_that_is_not_known_is_the_callers_mistake() {
    for (arguments, word) in [
        (&["--fast"][..], "--fast"),
        (&["fly"], "fly"),
        (&["serve", "twice"], "twice"),
        (&["account"], "set-role"),
        (&["account", "set-role", "42", "operator"], "42"),
        (&["account", "set-role", "0190163d-8694-739b-aea5-966c26f8ad91", "king"], "king"),
    ] {
        let said = run(arguments, &[("BACKEND_POSTGRES_DSN", PLATFORM_DSN)]);
        assert_eq!((said.code, said.out.as_str()), (Some(EXIT_USAGE), ""), "{arguments:?}");
        assert!(said.err.contains(word), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn an_address_that_is_taken_is_a_failed_start_that_says_so() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let variables = [("BACKEND_POSTGRES_DSN", PLATFORM_DSN), ("BACKEND_HTTP_ADDR", &addr)];
    let said = run(&["serve"], &variables);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains(&format!("listening on {addr} failed")), "{}", said.err);
}

#[test]
fn the_readme_lists_every_variable_with_its_default() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    for variable in Config::variables() {
        let default = variable.default.map_or("—".to_owned(), |text| format!("`{text}`"));
        let row = format!("| `{}` | {default} | ", variable.name);
        assert!(readme.lines().any(|line| line.starts_with(&row)), "README.md lacks {row}…");
    }
    let named = readme.lines().filter_map(|line| line.strip_prefix("| `BACKEND_"));
    for name in named.map(|rest| format!("BACKEND_{}", rest.split('`').next().unwrap())) {
        let is_read = Config::variables().iter().any(|variable| variable.name == name);
        let is_read_elsewhere = name.starts_with("BACKEND_PG_")
            || name.starts_with("BACKEND_DEV_")
            || name.starts_with("BACKEND_TEST_");
        assert!(is_read || is_read_elsewhere, "README.md lists {name}, which nothing reads");
    }
}
