//! `verify`: holds all games of a database against what their steps come to.

use std::time::Instant;

use scrabble_backend::id::GameId;
use scrabble_backend::runtime::{Finding, Games, Verified};
use scrabble_backend::telemetry::Chain;

use super::progress::Progress;
use super::{Failure, print_lines};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Verify this game only.
    #[arg(long, value_name = "ID")]
    game: Option<GameId>,
}

impl Args {
    /// Prints everything that differs, and what was looked at; fails if anything differs.
    pub(crate) async fn run(&self, games: &Games) -> Result<(), Failure> {
        let began = Instant::now();
        let (verified, differences) = match self.game {
            None => verify_all(games).await?,
            Some(id) => verify_one(games, id).await?,
        };
        let (count, steps) = (verified.games, verified.steps);
        let seconds = began.elapsed().as_secs_f64();
        print_lines([format!("{count} games, {steps} steps, {seconds:.1} s")])?;
        match differences {
            0 => Ok(()),
            1 => Err(Failure::Work("1 difference".into())),
            _ => Err(Failure::Work(format!("{differences} differences").into())),
        }
    }
}

/// The figures of all portions together, and how many differences there were.
async fn verify_all(games: &Games) -> Result<(Verified, usize), Failure> {
    let expected = games.estimate_count().await.map_err(Failure::start)?;
    let mut progress = Progress::of("verifying games");
    let (mut all, mut differences) = (Verified::default(), 0);
    let mut after = Some(GameId::MIN);
    while let Some(place) = after {
        let portion = games.verify_after(place).await.map_err(Failure::start)?;
        print_findings(&portion.findings)?;
        all.games += portion.games;
        all.steps += portion.steps;
        differences += portion.findings.len();
        after = portion.next;
        if let Some(expected) = expected {
            // There may be more than that, and games begin meanwhile.
            progress.tell((all.games as f64 / expected as f64).min(1.0));
        }
    }
    Ok((all, differences))
}

async fn verify_one(games: &Games, id: GameId) -> Result<(Verified, usize), Failure> {
    let verified = games.verify_one(id).await.map_err(Failure::start)?;
    if verified.games == 0 && verified.findings.is_empty() {
        return Err(Failure::Work(format!("there is no game {id}").into()));
    }
    print_findings(&verified.findings)?;
    let differences = verified.findings.len();
    Ok((verified, differences))
}

fn print_findings(findings: &[Finding]) -> Result<(), Failure> {
    let line = |finding: &Finding| format!("game {}: {}", finding.game, Chain(&finding.difference));
    print_lines(findings.iter().map(line))
}
