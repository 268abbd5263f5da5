//! Lexicons, found by what they are called and by what they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::game::RuleSet;
use crate::lexicon::{ContentHash, Lexicon, LoadError};

use super::default_english;

/// Where lexicons for running games only are, in the operator's folder.
const RETIRED: &str = "retired";

/// What lexicons' files end in.
const EXTENSION: &str = "lex";

/// All lexicons of the process. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub struct Library {
    shelves: Arc<Shelves>,
}

#[derive(Debug)]
struct Shelves {
    offered: Vec<Arc<Lexicon>>,
    retired: Vec<Arc<Lexicon>>,
}

/// Why the lexicons can't be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder can't be read.
    #[error("reading {} failed", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A file is no lexicon.
    #[error("{} is no lexicon", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: LoadError,
    },
    /// Two have one name, so that nobody could say which is meant.
    #[error(
        "two lexicons are called {name:?}; put the one that is for running games only into `{RETIRED}`"
    )]
    SameName {
        /// Their name.
        name: String,
    },
}

impl Library {
    /// The lexicon that comes with the product, and those in a folder. Takes as long as reading and
    /// checking them does, some ten milliseconds each.
    ///
    /// # Errors
    /// [`OpenError`] names the first file that is wrong.
    pub fn open(folder: Option<&Path>) -> Result<Self, OpenError> {
        let mut offered = vec![default_english()];
        let mut retired = Vec::new();
        if let Some(folder) = folder {
            offered.extend(load_all(folder)?);
            let folder = folder.join(RETIRED);
            if folder.is_dir() {
                retired = load_all(&folder)?;
            }
        }
        let mut names: Vec<&str> = offered.iter().map(|lexicon| lexicon.name()).collect();
        names.sort_unstable();
        if let Some(pair) = names.array_windows().find(|[one, other]| one == other) {
            return Err(OpenError::SameName { name: pair[0].to_owned() });
        }
        Ok(Self { shelves: Arc::new(Shelves { offered, retired }) })
    }

    /// The lexicons that new games may be played with.
    #[must_use]
    pub fn offered(&self) -> &[Arc<Lexicon>] {
        &self.shelves.offered
    }

    /// Those of them that fit a rule set.
    pub fn fitting<'a>(&'a self, rules: &'a RuleSet) -> impl Iterator<Item = &'a Arc<Lexicon>> {
        self.offered().iter().filter(|lexicon| rules.admits(lexicon.alphabet()).is_ok())
    }

    /// The lexicon that is just this, offered or retired.
    #[must_use]
    pub fn find(&self, hash: ContentHash) -> Option<Arc<Lexicon>> {
        let Shelves { offered, retired } = &*self.shelves;
        offered.iter().chain(retired).find(|lexicon| lexicon.content_hash() == hash).cloned()
    }
}

/// All lexicons of a folder, in the order of their files' names.
fn load_all(folder: &Path) -> Result<Vec<Arc<Lexicon>>, OpenError> {
    let failed = |source| OpenError::Folder { folder: folder.to_owned(), source };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == EXTENSION));
    files.sort_unstable();
    files
        .into_iter()
        .map(|file| match Lexicon::load(&file) {
            Ok(lexicon) => Ok(Arc::new(lexicon)),
            Err(source) => Err(OpenError::File { file, source }),
        })
        .collect()
}
