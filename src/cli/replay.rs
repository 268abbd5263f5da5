//! `replay`: plays a recorded game through the rules, and tells the first difference.

use std::path::PathBuf;

use scrabble_backend::game::RuleSet;
use scrabble_backend::game::gcg::{
    BYTES_MAX, Difference, Extent, Game, Mode, Move, Reading, Replay, Source, Turn,
};

use super::lexicon::LexiconChoice;
use super::{Failure, complain, file, print_lines, rules};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The game, in GCG.
    file: PathBuf,
    /// A built-in rule set, or a file that ends in .toml; without it the one that the game's
    /// #tile-distribution or #lexicon tells, or english.
    #[arg(long, value_name = "RULES")]
    rules: Option<String>,
    /// The lexicon's file, or `default`, the English one that comes with the program; without it no
    /// word is checked.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<LexiconChoice>,
    /// Go on where the meaning is clear, and where only racks differ, with warnings.
    #[arg(long)]
    lenient: bool,
}

/// In what a record differs, and where.
#[derive(Debug, thiserror::Error)]
#[error("{file}: line {line}: {difference}")]
struct Differs {
    file: String,
    line: usize,
    difference: Difference,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let file = args.file.display().to_string();
    let mode = if args.lenient { Mode::Lenient } else { Mode::Strict };
    let bytes = file::read(&args.file, BYTES_MAX)?;
    let source = Source::decode(&bytes, mode).map_err(|error| Failure::input(&file, error))?;
    let named = named_rules(args, &source)?;
    let rules = named.clone().map_or_else(|| rules::find("english"), Ok)?;
    let lexicon = args.lexicon.as_ref().map(LexiconChoice::open).transpose()?;
    if let Some(lexicon) = &lexicon {
        let admitted = rules.admits(lexicon.alphabet());
        admitted.map_err(|error| Failure::input("--lexicon", error))?;
    }
    let reading = Game::read(&source, &rules, mode).map_err(|error| match named {
        Some(_) => Failure::input(&file, error),
        None => Failure::Input(format!(
            "{file}: {error}; the file names no rules, so that english was assumed: --rules names others"
        )),
    })?;
    for warning in &reading.warnings {
        complain(format_args!("{file}: {warning}"));
    }
    let mut replay = Replay::new(&reading.game, &rules, lexicon.as_deref(), mode);
    let (lines, differs) = play(&mut replay, &reading, &rules, &file);
    print_lines(lines)?;
    match differs {
        Some(differs) => Err(Failure::start(differs)),
        None => print_lines([summary(&reading.game, replay.extent())]),
    }
}

/// The rules that an option names, or the file itself.
fn named_rules(args: &Args, source: &Source) -> Result<Option<RuleSet>, Failure> {
    match &args.rules {
        Some(name) => rules::find(name).map(Some),
        None => match source.rules() {
            Ok(told) => Ok(told.cloned()),
            Err(error) => Err(Failure::input(args.file.display(), error)),
        },
    }
}

/// The lines to print, and where the record differs.
fn play(
    replay: &mut Replay<'_>,
    reading: &Reading,
    rules: &RuleSet,
    file: &str,
) -> (Vec<String>, Option<Differs>) {
    let mut lines = Vec::new();
    let width = |one: &Move| one.action.display(&rules.alphabet).chars().count();
    let action_width = reading.game.moves.iter().map(width).max().unwrap_or(0);
    let names = reading.game.players.iter().map(|player| player.nickname.as_str());
    let name_width = names.map(|name| name.chars().count()).max().unwrap_or(0);
    for (index, turn) in replay.enumerate() {
        let (one, line) = (&reading.game.moves[index], reading.lines[index]);
        let turn = match turn {
            Ok(turn) => turn,
            Err(difference) => {
                return (lines, Some(Differs { file: file.to_owned(), line, difference }));
            }
        };
        for warning in &turn.warnings {
            complain(format_args!("{file}: line {line}: {warning}"));
        }
        let name = reading.game.players[one.seat].nickname.as_str();
        let action = one.action.display(&rules.alphabet);
        let sign = if one.score < 0 || one.action.is_loss() { '-' } else { '+' };
        let score = format!("{sign}{}", one.score.unsigned_abs());
        lines.push(format!(
            "{:>3}  {name:name_width$}  {action:action_width$}  {score:>5}  {:>5}{}",
            index + 1,
            one.total,
            invalid(&turn)
        ));
    }
    (lines, None)
}

fn invalid(turn: &Turn) -> String {
    if turn.invalid.is_empty() {
        return String::new();
    }
    format!("  not valid: {}", turn.invalid.join(", "))
}

fn summary(game: &Game, extent: Extent) -> String {
    let total = |seat: usize| {
        game.moves.iter().rev().find(|one| one.seat == seat).map_or(0, |one| one.total)
    };
    let totals: Vec<String> = (0..)
        .zip(&game.players)
        .map(|(seat, player)| format!("{} {}", player.nickname, total(seat)))
        .collect();
    let rest = match extent {
        Extent::Settled => "",
        Extent::Unsettled => "; nothing tells of the tiles that were left",
        Extent::Unfinished => "; the game is not over",
    };
    let moves = match game.moves.len() {
        1 => "the only move is right".to_owned(),
        count => format!("all {count} moves are right"),
    };
    format!("{moves}: {}{rest}", totals.join(", "))
}
