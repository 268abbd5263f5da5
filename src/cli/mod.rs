//! What the command line takes and prints.
//!
//! Owns the words on the terminal, the exit codes and the signals. What the commands do is in `main`.
#![expect(clippy::print_stdout, reason = "this is the program's voice on the terminal")]

mod autoplay;
mod file;
mod lexicon;
mod plays;
mod progress;
mod replay;
mod rules;
mod suggest;
mod verify;
mod verify_game;
mod words;

use std::error::Error;
use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use scrabble_backend::account::{Account, Role};
use scrabble_backend::config::{Config, InvalidConfig};
use scrabble_backend::id::AccountId;
use scrabble_backend::postgres::MigrationOutcome;
use scrabble_backend::telemetry::Chain;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Stands for the DSN that `dev` makes, where one is needed before its PostgreSQL runs.
pub(crate) const DEV_DSN: &str =
    "postgres://postgres@%2Fdev:5432/postgres?search_path=backend&sslmode=disable";

/// `EX_USAGE` of sysexits.h: whoever called the program made the mistake.
const EXIT_USAGE: u8 = 64;

/// The internal backend of a Scrabble platform.
///
/// Configured by environment variables, which README lists and --check-config shows.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// Print the effective configuration, secrets masked, or every mistake in it, and exit.
    #[arg(long)]
    pub(crate) check_config: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve (the default); needs `BACKEND_POSTGRES_DSN`.
    Serve,
    /// Serve on a PostgreSQL of its own, which needs no preparation.
    Dev,
    /// Bring the database's schema up to date, and exit.
    Migrate,
    /// Hold every game of the database against what its steps come to, and print all that differs. The
    /// service may run meanwhile. Fails if anything differs.
    Verify(verify::Args),
    /// Print the contract, an OpenAPI 3.1 document in JSON, and exit.
    Openapi,
    /// Change an account.
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// What needs no service and no database.
    #[command(flatten)]
    Tool(Tool),
}

/// Commands for whoever works with words and games, or wants to check ours.
#[derive(Debug, Subcommand)]
pub(crate) enum Tool {
    /// List the rule sets, or print one.
    Rules(rules::Args),
    /// Build, look into and ask lexicons.
    Lexicon {
        #[command(subcommand)]
        command: lexicon::LexiconCommand,
    },
    /// Print the plays of a position.
    Plays(plays::Args),
    /// Print the best command for a game, which standard input has as the API shows it to whoever is on turn.
    Suggest(suggest::Args),
    /// Play a recorded game in GCG through the rules, and tell the first difference.
    Replay(replay::Args),
    /// Play games of best plays, and tell how fast.
    Autoplay(autoplay::Args),
    /// Check a finished game's record: its seed, draws, commands, scores and result.
    VerifyGame(verify_game::Args),
}

impl Tool {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Rules(args) => rules::run(args),
            Self::Lexicon { command } => lexicon::run(command),
            Self::Plays(args) => plays::run(args),
            Self::Suggest(args) => suggest::run(args),
            Self::Replay(args) => replay::run(args),
            Self::Autoplay(args) => autoplay::run(args),
            Self::VerifyGame(args) => verify_game::run(args),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Give an account a role; its sessions end.
    SetRole {
        /// The account's id.
        account_id: AccountId,
        /// The role.
        role: Role,
    },
}

/// Why the program ends with an error.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The configuration is wrong.
    Config(InvalidConfig),
    /// What was handed over cannot be worked with.
    Input(String),
    /// The work failed.
    Work(Box<dyn Error>),
}

impl Failure {
    /// From what is wrong with what was handed over, such as a file.
    pub(crate) fn input(what: impl Display, error: impl Error + 'static) -> Self {
        Self::Input(format!("{what}: {}", Chain(&error)))
    }

    /// From whatever failed.
    pub(crate) fn start(error: impl Error + 'static) -> Self {
        Self::Work(Box::new(error))
    }

    /// From work on something, such as a file, that failed.
    pub(crate) fn work(what: impl Display, error: impl Error + 'static) -> Self {
        Self::Work(format!("{what}: {}", Chain(&error)).into())
    }

    /// Says it, with all its causes, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Config(mistakes) => {
                complain(format_args!("scrabble-backend: the configuration is wrong:\n{mistakes}"));
                ExitCode::from(EXIT_USAGE)
            }
            Self::Input(mistake) => {
                complain(format_args!("scrabble-backend: {mistake}"));
                ExitCode::from(EXIT_USAGE)
            }
            Self::Work(error) => {
                complain(format_args!("scrabble-backend: {}", Chain(&*error)));
                ExitCode::FAILURE
            }
        }
    }
}

impl From<InvalidConfig> for Failure {
    fn from(mistakes: InvalidConfig) -> Self {
        Self::Config(mistakes)
    }
}

/// Answers `--help`, `--version` and wrong arguments.
pub(crate) fn answer_usage(error: &clap::Error) -> ExitCode {
    // Nothing can be done where the terminal is gone.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS }
}

/// Prints lines, as many as the reader takes: one such as `head` may be gone before the end.
pub(crate) fn print_lines(lines: impl IntoIterator<Item = impl Display>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written =
        lines.into_iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::start(error)),
        _ => Ok(()),
    }
}

/// Says something on stderr. Nothing can be done where that is gone or full.
pub(crate) fn complain(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

pub(crate) fn print_effective(config: &Config) {
    let lines: Vec<String> =
        config.effective().iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    // A reader such as `head` may be gone before the end.
    let _ = io::stdout().write_all(lines.concat().as_bytes());
}

pub(crate) fn print_contract(text: &[u8]) {
    let _ = io::stdout().write_all(&[text, b"\n"].concat());
}

pub(crate) fn print_migrated(outcome: MigrationOutcome) {
    println!("schema version {}, {} migrations applied", outcome.version, outcome.applied);
}

pub(crate) fn print_role(account: &Account) {
    println!("account {} ({}) is now {}", account.id, account.display_name, account.role.as_str());
}

/// What `dev` says once it is ready: where it is, and the first things to try.
pub(crate) fn print_greeting(addr: SocketAddr, dsn: Option<&str>, url: Option<&str>) {
    let ip = if addr.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { addr.ip() };
    let base = format!("http://{}", SocketAddr::new(ip, addr.port()));
    println!("\nscrabble-backend is ready on {base}\n\n  curl {base}/readyz");
    println!(
        "  curl {base}/api/v1/internal/sessions -H 'content-type: application/json' \\\n    \
         -d '{{\"identity\":{{\"kind\":\"platform\",\"provider\":\"telegram\",\"subject\":\"42\"}}}}'"
    );
    println!(
        "  curl {base}/api/v1/internal/sessions/resolve -H \"authorization: Bearer $TOKEN\"\n"
    );
    if let (Some(dsn), Some(url)) = (dsn, url) {
        println!("Its database, for as long as it runs:\n\n  psql '{url}'");
        println!("  export BACKEND_POSTGRES_DSN='{dsn}'\n");
    }
    println!("Ctrl-C ends both.\n");
}

/// SIGTERM and Ctrl-C. From the moment this is made they no longer end the process by themselves.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Ends when the process is asked to end.
    pub(crate) async fn received(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
