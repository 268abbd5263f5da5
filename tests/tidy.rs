//! The shape of the code: who may import whom, where SQL and HTTP live, how files begin.
//!
//! Reads the sources as text, so it needs nothing and is done at once. A change to [`IMPORTS`] is a
//! change to the architecture, and a commit of its own.
#![expect(clippy::unwrap_used, reason = "a source that can't be read fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the library, and what each may import of ours.
const IMPORTS: &[(&str, &[&str])] = &[
    // The base.
    ("id", &["time"]),
    ("descriptors", &[]),
    ("time", &[]),
    ("config", &[]),
    ("email_address", &[]),
    ("telemetry", &["config"]),
    ("task", &["telemetry"]),
    // Pure: no clock, no task, no database.
    ("lexicon", &[]),
    ("game", &["lexicon"]),
    // The edges. `http` knows how a failing database is answered, so that every feature need not.
    ("dev", &[]),
    ("postgres", &["config", "telemetry", "time"]),
    ("http", &["config", "id", "postgres", "telemetry"]),
    ("openapi", &["http", "id", "telemetry"]),
    // Features.
    ("idempotency", &["http", "id", "openapi", "postgres", "task", "telemetry", "time"]),
    ("account", &["email_address", "http", "id", "openapi", "postgres", "time"]),
    ("mail", &["config", "email_address", "id", "postgres", "task", "telemetry", "time"]),
    (
        "email_code",
        &[
            "account",
            "email_address",
            "http",
            "id",
            "idempotency",
            "mail",
            "openapi",
            "postgres",
            "task",
            "telemetry",
            "time",
        ],
    ),
    ("events", &["config", "http", "id", "openapi", "postgres", "task", "telemetry", "time"]),
    (
        "session",
        &[
            "account",
            "config",
            "descriptors",
            "email_code",
            "http",
            "id",
            "idempotency",
            "openapi",
            "postgres",
            "task",
            "telemetry",
            "time",
        ],
    ),
    ("rating", &["account", "game", "http", "id", "openapi", "postgres", "time"]),
    ("block", &["account", "http", "id", "openapi", "postgres", "time"]),
    (
        "closure",
        &[
            "account",
            "block",
            "email_code",
            "http",
            "id",
            "idempotency",
            "lobby",
            "matchmaking",
            "openapi",
            "postgres",
            "presence",
            "rating",
            "runtime",
            "session",
            "task",
            "telemetry",
            "time",
        ],
    ),
    (
        "admin",
        &[
            "account",
            "closure",
            "http",
            "id",
            "idempotency",
            "lobby",
            "matchmaking",
            "openapi",
            "postgres",
            "presence",
            "session",
            "task",
            "time",
        ],
    ),
    ("library", &["game", "lexicon"]),
    (
        "runtime",
        &[
            "account",
            "events",
            "game",
            "http",
            "id",
            "idempotency",
            "lexicon",
            "library",
            "openapi",
            "postgres",
            "rating",
            "task",
            "telemetry",
            "time",
        ],
    ),
    (
        "lobby",
        &[
            "account",
            "block",
            "events",
            "game",
            "http",
            "id",
            "idempotency",
            "library",
            "matchmaking",
            "openapi",
            "postgres",
            "rating",
            "runtime",
            "task",
            "time",
        ],
    ),
    (
        "matchmaking",
        &[
            "account",
            "block",
            "events",
            "http",
            "id",
            "idempotency",
            "library",
            "openapi",
            "postgres",
            "rating",
            "runtime",
            "task",
            "telemetry",
            "time",
        ],
    ),
    (
        "presence",
        &[
            "account",
            "block",
            "config",
            "events",
            "http",
            "id",
            "lobby",
            "matchmaking",
            "openapi",
            "postgres",
            "task",
            "telemetry",
            "time",
        ],
    ),
    // What runs the process.
    ("health", &["http", "openapi", "postgres", "session", "telemetry"]),
    (
        "routes",
        &[
            "account",
            "admin",
            "block",
            "closure",
            "email_code",
            "events",
            "health",
            "http",
            "idempotency",
            "lobby",
            "matchmaking",
            "openapi",
            "presence",
            "rating",
            "runtime",
            "session",
        ],
    ),
    ("figures", &["events", "lobby", "mail", "matchmaking", "postgres", "session", "telemetry"]),
    (
        "features",
        &[
            "account",
            "admin",
            "block",
            "closure",
            "config",
            "email_code",
            "events",
            "idempotency",
            "library",
            "lobby",
            "matchmaking",
            "postgres",
            "presence",
            "rating",
            "runtime",
            "session",
            "time",
        ],
    ),
    ("boot", &["postgres", "runtime", "session", "telemetry"]),
    (
        "app",
        &[
            "account",
            "admin",
            "block",
            "boot",
            "closure",
            "config",
            "descriptors",
            "email_code",
            "events",
            "features",
            "figures",
            "health",
            "http",
            "idempotency",
            "library",
            "lobby",
            "mail",
            "matchmaking",
            "postgres",
            "presence",
            "rating",
            "routes",
            "runtime",
            "session",
            "task",
            "telemetry",
            "time",
        ],
    ),
];

/// A library and the only places that may name it.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("tokio_postgres", &["postgres/", "store.rs"]),
    ("deadpool", &["postgres/"]),
    ("refinery", &["postgres/"]),
    ("hyper", &["http/", "telemetry/otlp.rs"]),
    ("hyper_util", &["http/", "telemetry/otlp.rs"]),
    ("matchit", &["http/"]),
    ("opentelemetry", &["telemetry/"]),
    ("ring", &["idempotency/kept.rs"]),
    ("lettre", &["mail/smtp.rs", "config/mail.rs", "email_address.rs"]),
    ("papaya", &["session/cache/", "telemetry/metrics.rs"]),
    ("toml", &["game/rules/"]),
    ("clap", &["cli/", "main.rs", "account/types.rs"]),
];

/// A file longer than this is to be split by a noun.
const FILE_LINES_MAX: usize = 420;

struct Source {
    /// Below `src/`, with slashes.
    path: String,
    text: String,
}

impl Source {
    /// Its lines that are code, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        lines.filter(|(_, line)| !line.starts_with("//"))
    }

    /// The module of the library that it belongs to.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }
}

#[test]
fn modules_import_only_what_the_architecture_allows() {
    let mut faults = Vec::new();
    for source in sources() {
        if ["lib", "main", "cli"].contains(&source.module()) {
            continue;
        }
        let module = source.module();
        let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("src/{}: `{module}` stands in no row of IMPORTS", source.path));
            continue;
        };
        for (line, code) in source.code() {
            for rest in code.split("crate::").skip(1) {
                let imported: String =
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let is_known = imported == module || allowed.contains(&imported.as_str());
                // `$crate` in a macro is resolved where it is used; `queries!` names postgres.
                if !is_known && !code.contains("$crate") && !code.starts_with("pub(crate) use") {
                    faults.push(format!(
                        "src/{}:{line}: `{module}` may not import `{imported}`",
                        source.path
                    ));
                }
            }
            if code.contains("super::super") {
                faults.push(format!(
                    "src/{}:{line}: write the path from crate:: instead",
                    source.path
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_library_is_named_only_where_it_belongs() {
    let mut faults = Vec::new();
    for source in sources() {
        for (line, code) in source.code() {
            for (library, places) in LIBRARIES {
                let is_named =
                    [format!("{library}::"), format!("use {library};")].iter().any(|name| {
                        code.match_indices(name.as_str()).any(|(at, _)| !is_inside_word(code, at))
                    });
                if is_named && !places.iter().any(|place| source.path.contains(place)) {
                    faults.push(format!(
                        "src/{}:{line}: `{library}` belongs in {places:?}",
                        source.path
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn features_enter_each_other_only_through_their_services() {
    let mut faults = Vec::new();
    for source in sources() {
        let is_http = source.path.ends_with("http.rs");
        for (line, code) in source.code() {
            for part in ["::store::", "::store;", "::cache::"] {
                if code.contains("crate::") && code.contains(part) {
                    faults.push(format!("src/{}:{line}: another feature's {part}", source.path));
                }
            }
            if is_http && code.contains("store::") {
                faults.push(format!("src/{}:{line}: HTTP goes through the service", source.path));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_file_says_what_it_is_and_is_of_a_size_to_read() {
    let mut faults = Vec::new();
    for source in sources() {
        let opening = if source.path.ends_with(".rs") { "//! " } else { "# " };
        if !source.text.starts_with(opening) {
            faults.push(format!("src/{}: does not open with {opening:?}", source.path));
        }
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("src/{}: {lines} lines; split it by a noun", source.path));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn migrations_are_numbered_without_gaps_and_say_what_they_do() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let names: BTreeSet<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    assert!(!names.is_empty());
    for (index, name) in names.iter().enumerate() {
        let (number, rest) = name.split_once("__").expect("V0001__verb_object.sql");
        assert_eq!(number, format!("V{:04}", index + 1), "{name}");
        let words = rest.strip_suffix(".sql").expect("a migration is SQL");
        assert!(
            words.contains('_') && words.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name}"
        );
    }
}

fn is_inside_word(text: &str, at: usize) -> bool {
    text[..at]
        .chars()
        .next_back()
        .is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(found.len() > 20, "the sources are where this test looks");
    found
}

fn collect(root: &Path, directory: &Path, found: &mut Vec<Source>) {
    let entries: BTreeSet<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in entries {
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.push(Source { path: relative, text: fs::read_to_string(&path).unwrap() });
        }
    }
}
