//! `verify-game`: checks a finished game's record, for whoever does not want to take our word.

use std::path::PathBuf;

use scrabble_backend::game::{Commitment, Record, RecordFault, RuleSet};

use super::lexicon::LexiconArg;
use super::{Failure, file, print_lines};

/// The most bytes of a record that is read; a long game has some 30,000.
const RECORD_BYTES_MAX: usize = 1 << 22;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The game's record, a file of JSON.
    #[arg(value_name = "FILE")]
    record: PathBuf,
    #[command(flatten)]
    lexicon: LexiconArg,
    /// A built-in rule set, or a file that ends in .toml; without it, the built-in one that the
    /// record names.
    #[arg(long, value_name = "RULES")]
    rules: Option<String>,
    /// The commitment that was published before the game, 64 hexadecimal digits. Without it only the
    /// record's own is checked, which fits a game that was made up afterwards as well.
    #[arg(long, value_name = "HEX")]
    commitment: Option<Commitment>,
}

/// Says what was checked, or fails with the first difference.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let text = file::read_text(&args.record, RECORD_BYTES_MAX)?;
    let record =
        Record::from_json(&text).map_err(|error| Failure::input(args.record.display(), error))?;
    let rules = rules(args, &record)?;
    let lexicon = args.lexicon.lexicon.open()?;
    let published = args.commitment.as_ref();
    let verified = record.verify(&rules, &lexicon, published).map_err(|fault| match fault {
        RecordFault::Foreign { .. } | RecordFault::Format(_) => {
            Failure::input(args.record.display(), fault)
        }
        _ => Failure::work(args.record.display(), fault),
    })?;
    let commitment = verified.commitment;
    let shuffles = match verified.shuffles {
        1 => "the only shuffle".to_owned(),
        shuffles => format!("{shuffles} shuffles"),
    };
    let seed = match published {
        Some(_) => "The seed is the one that was committed to before the game.".to_owned(),
        None => format!(
            "The seed is the one that this commitment was made for: {commitment}\n\
             Compare it with the one that was published before the game, or name that one by \
             --commitment."
        ),
    };
    print_lines([
        seed,
        format!("The racks and all draws of {shuffles} follow from it."),
        format!(
            "All {} commands in {} turns were legal, with their words, scores and totals.",
            verified.commands, verified.turns
        ),
        "The result is right.".to_owned(),
    ])
}

/// A record comes from a stranger, so that the name in it never opens a file.
fn rules(args: &Args, record: &Record) -> Result<RuleSet, Failure> {
    match &args.rules {
        Some(name) => super::rules::find(name),
        None => RuleSet::named(record.rules()).cloned().ok_or_else(|| {
            let (file, name) = (args.record.display(), record.rules());
            Failure::Input(format!(
                "{file}: the record names the rules {name:?}; give them by --rules"
            ))
        }),
    }
}
