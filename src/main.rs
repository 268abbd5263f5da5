//! The command line: arguments, configuration, telemetry, then the work, until a signal.
//!
//! Exits 64 on a mistake of whoever called it (`EX_USAGE`), 1 when the work fails.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use scrabble_backend::app::{self, App};
use scrabble_backend::config::{Config, Environment};
use scrabble_backend::dev;
use scrabble_backend::routes;
use scrabble_backend::telemetry::{self, Telemetry};
use scrabble_backend::time::Clock;

use cli::{AccountCommand, Cli, Command, Failure};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::answer_usage(&error),
    };
    let environment = Environment::from_process();
    match run(&cli, &environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(cli: &Cli, environment: &Environment) -> Result<(), Failure> {
    if cli.check_config {
        // `dev` needs no DSN, so that it is checked with one that stands for its own.
        let stand_in = matches!(cli.command, Some(Command::Dev)).then_some(cli::DEV_DSN);
        cli::print_effective(&Config::from_environment(environment, stand_in)?);
        return Ok(());
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::start)?;
    runtime.block_on(async {
        match &cli.command {
            None | Some(Command::Serve) => {
                serve(Config::from_environment(environment, None)?).await
            }
            Some(Command::Openapi) => {
                cli::print_contract(routes::contract().text());
                Ok(())
            }
            Some(Command::Dev) => develop(environment).await,
            Some(Command::Tool(tool)) => tool.run(),
            Some(Command::Migrate) => migrate(&Config::from_environment(environment, None)?).await,
            Some(Command::Verify(args)) => {
                let config = Config::from_environment(environment, None)?;
                let games = app::games(&config, Clock::system()).map_err(Failure::start)?;
                args.run(&games).await
            }
            Some(Command::Account { command: AccountCommand::SetRole { account_id, role } }) => {
                let config = Config::from_environment(environment, None)?;
                let administration =
                    app::administration(&config, Clock::system()).map_err(Failure::start)?;
                let changed = administration.set_role(*account_id, *role).await;
                changed.map(|account| cli::print_role(&account)).map_err(Failure::start)
            }
        }
    })
}

async fn serve(config: Config) -> Result<(), Failure> {
    let signals = cli::Signals::listen().map_err(Failure::start)?;
    let telemetry = start_telemetry(&config)?;
    let app =
        App::build(config, &telemetry.metrics(), Clock::system()).await.map_err(Failure::start)?;
    tracing::info!(address = %app.local_addr(), version = env!("CARGO_PKG_VERSION"), "listening");
    let outcome = app.run(signals.received()).await;
    telemetry.shutdown().await;
    outcome.map_err(Failure::start)
}

async fn migrate(config: &Config) -> Result<(), Failure> {
    let telemetry = start_telemetry(config)?;
    let outcome = app::migrate(config).await;
    telemetry.shutdown().await;
    cli::print_migrated(outcome.map_err(Failure::start)?);
    Ok(())
}

/// As `serve`, on a PostgreSQL of its own unless the environment names one.
async fn develop(environment: &Environment) -> Result<(), Failure> {
    let signals = cli::Signals::listen().map_err(Failure::start)?;
    // Before PostgreSQL is started: a mistake elsewhere is told at once.
    let telemetry = start_telemetry(&Config::from_environment(environment, Some(cli::DEV_DSN))?)?;
    let needs_cluster = environment.get("BACKEND_POSTGRES_DSN").is_none_or(str::is_empty);
    let cluster = if needs_cluster { Some(start_cluster().await?) } else { None };
    let outcome = develop_on(environment, cluster.as_ref(), &telemetry, signals).await;
    // The database goes last, when nothing writes to it any more.
    if let Some(cluster) = cluster {
        cluster.stop().await;
    }
    telemetry.shutdown().await;
    outcome
}

async fn develop_on(
    environment: &Environment,
    cluster: Option<&dev::Cluster>,
    telemetry: &Telemetry,
    signals: cli::Signals,
) -> Result<(), Failure> {
    let dsn = cluster.map(|cluster| cluster.dsn("postgres"));
    let mut config = Config::from_environment(environment, dsn.as_deref())?;
    config.mail.is_printed = true;
    let app =
        App::build(config, &telemetry.metrics(), Clock::system()).await.map_err(Failure::start)?;
    let (addr, readiness) = (app.local_addr(), app.readiness());
    let greeting = async {
        readiness.opened().await;
        cli::print_greeting(
            addr,
            dsn.as_deref(),
            cluster.map(|cluster| cluster.url("postgres")).as_deref(),
        );
        std::future::pending::<()>().await;
    };
    tokio::select! {
        outcome = app.run(signals.received()) => outcome.map_err(Failure::start),
        () = greeting => Ok(()),
    }
}

async fn start_cluster() -> Result<dev::Cluster, Failure> {
    let options = dev::ClusterOptions::from_environment(|name| std::env::var_os(name))
        .map_err(Failure::start)?;
    dev::Cluster::start(options).await.map_err(Failure::start)
}

fn start_telemetry(config: &Config) -> Result<Telemetry, Failure> {
    let telemetry =
        Telemetry::start(&config.telemetry, config.log_level, Box::new(std::io::stderr()))
            .map_err(Failure::start)?;
    telemetry::log_panics();
    Ok(telemetry)
}
