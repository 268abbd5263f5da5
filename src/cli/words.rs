//! What a search for plays is to go by: rules, words, and the worth of what is kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use scrabble_backend::game::{Leaves, RuleSet};
use scrabble_backend::lexicon::Lexicon;

use super::Failure;
use super::file::read_text;
use super::lexicon::LexiconArg;

/// Some million leaves: all of a rack of seven English tiles.
const LEAVES_BYTES_MAX: usize = 64 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct WordsArgs {
    #[command(flatten)]
    lexicon: LexiconArg,
    /// A built-in rule set, or a file that ends in .toml; English where nothing else is named.
    #[arg(long, value_name = "RULES")]
    rules: Option<String>,
    /// A file of leave values, `TILES,POINTS` a line; without it only scores count.
    #[arg(long, value_name = "FILE")]
    leaves: Option<PathBuf>,
}

/// All of it, read and fitting together.
pub(crate) struct Words {
    pub(crate) rules: RuleSet,
    pub(crate) lexicon: Arc<Lexicon>,
    pub(crate) leaves: Option<Leaves>,
}

impl WordsArgs {
    /// Whether an option names the rules.
    pub(crate) const fn names_rules(&self) -> bool {
        self.rules.is_some()
    }

    /// By the rules that an option names, or else those that come with the work itself.
    pub(crate) fn open(&self, named: Option<&'static RuleSet>) -> Result<Words, Failure> {
        let rules = match (&self.rules, named) {
            (None, Some(named)) => named.clone(),
            (option, _) => super::rules::find(option.as_deref().unwrap_or("english"))?,
        };
        let lexicon = self.lexicon.lexicon.open()?;
        let admitted = rules.admits(lexicon.alphabet());
        admitted.map_err(|error| Failure::input("--lexicon", error))?;
        let leaves = self.leaves.as_ref().map(|path| read_leaves(path, &rules)).transpose()?;
        Ok(Words { rules, lexicon, leaves })
    }
}

fn read_leaves(path: &Path, rules: &RuleSet) -> Result<Leaves, Failure> {
    let text = read_text(path, LEAVES_BYTES_MAX)?;
    Leaves::parse(&text, &rules.alphabet).map_err(|error| Failure::input(path.display(), error))
}
